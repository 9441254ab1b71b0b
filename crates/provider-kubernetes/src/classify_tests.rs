//! Bodies recorded from kube-apiserver 1.36, and what each means.

use serde_json::{Value, json};
use suimon_provider::Error;

use crate::classify::classify;
use crate::connect::Connection;
use crate::redact::Redaction;
use crate::status::Status;
use crate::transport::Transport;

fn transport() -> Transport {
    let service = tower::service_fn(|_: http::Request<kube::client::Body>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(kube::client::Body::empty()))
    });
    let client = kube::Client::new(service, "default");
    let options = crate::Options::new(None, "shop", "dev");
    let (endpoint, credentials) = ("https://k:6443".into(), "context `prod`".into());
    let transport = Transport::new(&options);
    transport.lead_to(Connection { client, endpoint, credentials, bearer: None });
    transport
}

fn meaning(status: &Value, kind: &str, sent: &Value) -> Error {
    let code = status["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap();
    let status = Status::read(code, status.to_string().as_bytes());
    classify(&status, kind, &Redaction::of(sent), &transport())
}

fn failure(code: u16, reason: &str, message: &str, details: &Value) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "code": code, "reason": reason, "message": message, "details": details})
}

fn cause(field: &str, message: &str) -> Value {
    json!({"reason": "FieldValueInvalid", "field": field, "message": message})
}

fn invalid(causes: &Value) -> Value {
    failure(422, "Invalid", "it is invalid", &json!({"name": "x", "kind": "X", "causes": causes}))
}

#[tokio::test]
async fn immutable_fields_are_told_from_bad_ones() {
    let immutable = [
        ("spec.selector", r#"Invalid value: {"matchLabels":{"a":"c"}}: field is immutable"#),
        ("spec.clusterIPs[0]", r#"Invalid value: ["None"]: may not change once set"#),
        (
            "spec",
            "Forbidden: spec is immutable after creation except resources.requests and \
             volumeAttributesClassName for bound claims\n@@ -10,7 +10,7 @@\n- \"a\"\n+ \"b\"\n",
        ),
        (
            "spec",
            "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', \
             'template' and 'minReadySeconds' are forbidden",
        ),
        (
            "spec",
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`",
        ),
        ("data", "Forbidden: field is immutable when `immutable` is set"),
        ("roleRef", r#"Invalid value: {"Kind":"Role","Name":"b"}: cannot change roleRef"#),
        ("parameters", "Forbidden: updates to parameters are forbidden."),
        ("value", "Forbidden: may not be changed in an update."),
    ];
    for (field, message) in immutable {
        match meaning(&invalid(&json!([cause(field, message)])), "v1 X", &Value::Null) {
            Error::Immutable { fields, message } => {
                assert_eq!(fields, [field]);
                assert!(!message.contains("@@"), "{message}");
            }
            other => panic!("{message}: {other:?}"),
        }
    }
    let bad = cause("spec.replicas", "Invalid value: -1: must be greater than or equal to 0");
    let mixed = invalid(&json!([cause("spec.selector", "field is immutable"), bad]));
    insta::assert_snapshot!(
        meaning(&mixed, "apps/v1 Deployment", &Value::Null),
        @"spec.selector: field is immutable; spec.replicas: Invalid value: -1: must be greater than or equal to 0"
    );
}

#[tokio::test]
async fn a_value_that_fills_a_screen_is_left_out() {
    let template =
        format!("Invalid value: {{\"labels\":\"{}\"}}: field is immutable", "x".repeat(900));
    let status = invalid(&json!([cause("spec.template", &template)]));
    insta::assert_snapshot!(
        meaning(&status, "batch/v1 Job", &Value::Null),
        @"immutable: spec.template"
    );
    match meaning(&status, "batch/v1 Job", &Value::Null) {
        Error::Immutable { message, .. } => {
            insta::assert_snapshot!(message, @"spec.template: Invalid value: …: field is immutable");
        }
        other => panic!("{other:?}"),
    }
}

/// Code, reason, message, details; and the error that it stands for.
const REFUSALS: [(u16, &str, &str, &str, &str); 22] = [
    (401, "Unauthorized", "Unauthorized", "{}", "Unauthenticated"),
    (
        403,
        "Forbidden",
        r#"pods is forbidden: User "u" cannot list resource "pods" in API group """#,
        "{}",
        "Forbidden",
    ),
    (403, "Forbidden", r#"pods "a" is forbidden: exceeded quota: q"#, "{}", "Rejected"),
    (403, "Forbidden", r#"pods "a" is forbidden: violates PodSecurity"#, "{}", "Rejected"),
    (
        403,
        "Forbidden",
        r#"namespaces "kube-system" is forbidden: this namespace may not be deleted"#,
        "{}",
        "Rejected",
    ),
    (
        403,
        "Forbidden",
        r#"admission webhook "w" denied the request: User "u" cannot"#,
        "{}",
        "Rejected",
    ),
    (
        403,
        "Forbidden",
        "x is forbidden: unable to create new content in namespace w because it is being terminated",
        r#"{"causes": [{"reason": "NamespaceTerminating"}]}"#,
        "NotFound",
    ),
    (
        404,
        "NotFound",
        r#"namespaces "nope" not found"#,
        r#"{"name": "nope", "kind": "namespaces"}"#,
        "NotFound",
    ),
    (
        404,
        "NotFound",
        r#"configmaps "c" not found"#,
        r#"{"name": "c", "kind": "configmaps"}"#,
        "NotFound",
    ),
    (404, "NotFound", "the server could not find the requested resource", "{}", "KindNotServed"),
    (409, "Conflict", r#"Operation cannot be fulfilled on configmaps "c""#, "{}", "Stale"),
    (409, "Conflict", r#"Operation cannot be fulfilled on resourcequotas "q""#, "{}", "Transient"),
    (409, "AlreadyExists", "object is being deleted: x already exists", "{}", "Transient"),
    (400, "BadRequest", r#"strict decoding error: unknown field "a""#, "{}", "Rejected"),
    (400, "BadRequest", r#"admission webhook "w" denied the request: no"#, "{}", "Rejected"),
    (413, "RequestEntityTooLarge", "too large", "{}", "Rejected"),
    (415, "UnsupportedMediaType", "no apply here", "{}", "Rejected"),
    (429, "TooManyRequests", "wait", "{}", "Transient"),
    (
        500,
        "",
        "failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.replicass: field not declared in schema",
        "{}",
        "Rejected",
    ),
    (
        500,
        "",
        "failed to convert new object (/x; /v1, Kind=Secret) to proper version: illegal base64 data",
        "{}",
        "Rejected",
    ),
    (500, "InternalError", r#"failed calling webhook "w": timeout"#, "{}", "Transient"),
    (503, "ServiceUnavailable", "starting", "{}", "Transient"),
];

#[tokio::test]
async fn refusals_mean_what_they_mean() {
    for (code, reason, message, details, expected) in REFUSALS {
        let status = failure(code, reason, message, &serde_json::from_str(details).unwrap());
        let error = format!("{:?}", meaning(&status, "v1 ConfigMap", &Value::Null));
        assert!(error.starts_with(expected), "{status}\nis {error}, not {expected}");
    }
}

#[tokio::test]
async fn what_is_no_status_is_quoted_in_one_line() {
    let status = Status::read(502, b"<html>\n<h1>Bad Gateway</h1>\n");
    insta::assert_snapshot!(status.text(), @"HTTP status 502: <html> <h1>Bad Gateway</h1>");
    insta::assert_snapshot!(Status::read(503, b" ").text(), @"HTTP status 503");
}

/// Recorded: the API server repeats what it cannot convert.
#[tokio::test]
async fn secret_values_are_taken_out_of_messages() {
    let sent = json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"k": 4_711_471}});
    let status = failure(
        500,
        "",
        "failed to create typed patch object (/x; /v1, Kind=Secret): .stringData.k: expected string, got &value.valueUnstructured{Value:4711471}",
        &json!({}),
    );
    insta::assert_snapshot!(meaning(&status, "v1 Secret", &sent), @"failed to create typed patch object (/x; /v1, Kind=Secret): .stringData.k: expected string, got &value.valueUnstructured{Value:(sensitive value)}");
}
