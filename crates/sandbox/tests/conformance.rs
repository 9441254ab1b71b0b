//! The same requests to the sandbox and to a real API server: the answers are equal.
//!
//! The requests are data (`tests/cases/*.yaml`). Without the real server's programs only the sandbox answers, and each
//! answer's status is compared with the one in the file.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::fmt::Write as _;

use kube::{Client, Config, client::Body, config::Kubeconfig};
use serde::Deserialize;
use serde_json::Value;
use suimon_sandbox::{Options, Sandbox, envtest};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    steps: Vec<Step>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// `METHOD PATH`; `{ns}` is the case's namespace.
    request: String,
    /// The status.
    code: u16,
    body: Option<Value>,
    /// A content type other than JSON: apply, merge, json, strategic.
    patch: Option<String>,
    accept: Option<String>,
    /// Only the status is compared, because of this.
    only_code: Option<String>,
    /// Asked again until the status is this one: definitions take a moment.
    retry: Option<u16>,
    /// Asked again until the answer says this.
    wait: Option<Wait>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    path: String,
    is: Value,
}

impl Step {
    fn done(&self, code: u16, body: &Value) -> bool {
        self.retry.is_none_or(|wanted| code == wanted)
            && self.wait.as_ref().is_none_or(|wait| body.pointer(&wait.path) == Some(&wait.is))
    }
}

async fn client(kubeconfig: &str) -> Client {
    let options = kube::config::KubeConfigOptions::default();
    let mut config =
        Config::from_custom_kubeconfig(Kubeconfig::from_yaml(kubeconfig).unwrap(), &options)
            .await
            .unwrap();
    // Every answer counts, also those that a client would try again.
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// Sends a step, again while it is not done, and returns the status and the answer.
async fn send(client: &Client, step: &Step, namespace: &str, last_token: &str) -> (u16, Value) {
    const TRIES: usize = 3_000;
    for _ in 0..TRIES {
        let (code, body) = send_once(client, step, namespace, last_token).await;
        if step.done(code, &body) {
            return (code, body);
        }
    }
    panic!("{} never came to its end", step.request);
}

async fn send_once(
    client: &Client,
    step: &Step,
    namespace: &str,
    last_token: &str,
) -> (u16, Value) {
    let (method, path) = step.request.split_once(' ').unwrap();
    let path = path.replace("{ns}", namespace).replace("{continue}", last_token);
    let content = match step.patch.as_deref() {
        Some("apply") => "application/apply-patch+yaml",
        Some("merge") => "application/merge-patch+json",
        Some("json") => "application/json-patch+json",
        Some("strategic") => "application/strategic-merge-patch+json",
        Some(other) => other,
        None => "application/json",
    };
    let body = step
        .body
        .as_ref()
        .map(|body| body.to_string().replace("{ns}", namespace))
        .unwrap_or_default();
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", content)
        .header("accept", step.accept.as_deref().unwrap_or("application/json"))
        .header("user-agent", "tester/1")
        .body(Body::from(body.into_bytes()))
        .unwrap();
    let response = client.send(request).await.unwrap();
    let code = response.status().as_u16();
    let bytes = response.into_body().collect_bytes().await.unwrap();
    (code, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// Replaces what differs from run to run.
fn normalise(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // A hash of how the real server stores things.
            map.remove("storageVersionHash");
            for (key, child) in map.iter_mut() {
                match (key.as_str(), &child) {
                    ("uid" | "resourceVersion" | "clusterIP" | "continue", Value::String(text))
                        if !text.is_empty() && text != "None" =>
                    {
                        *child = Value::from(format!("<{key}>"));
                    }
                    ("clusterIPs" | "nodePort", _) => *child = Value::from(format!("<{key}>")),
                    ("remainingItemCount", _) => {}
                    (key, Value::String(_))
                        if key.ends_with("imestamp")
                            || matches!(key, "time" | "lastTransitionTime" | "lastUpdateTime") =>
                    {
                        *child = Value::from("<time>");
                    }
                    _ => normalise(child),
                }
            }
            if let Some(Value::Array(entries)) = map.get_mut("managedFields") {
                entries.sort_by_key(|entry| {
                    let text = |key: &str| {
                        entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
                    };
                    (text("operation"), text("manager"), text("apiVersion"), text("subresource"))
                });
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::String(text) => *text = without_uids(text),
        _ => {}
    }
}

/// UUIDs are five groups of hexadecimal digits.
fn without_uids(text: &str) -> String {
    let lengths = [8, 4, 4, 4, 12];
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let candidate = rest.get(..36).filter(|c| {
            let groups: Vec<&str> = c.split('-').collect();
            groups.len() == 5
                && groups
                    .iter()
                    .zip(lengths)
                    .all(|(g, n)| g.len() == n && g.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        if candidate.is_some() {
            out.push_str("<uid>");
            rest = &rest[36..];
        } else {
            let next = rest.chars().next().unwrap();
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

/// Every place where two answers differ.
fn differences(path: &str, sandbox: &Value, real: &Value, out: &mut String) {
    match (sandbox, real) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at = format!("{path}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differences(&at, a, b, out),
                    (a, b) => writeln!(
                        out,
                        "    {at}\n      sandbox: {}\n      real:    {}",
                        show(a),
                        show(b)
                    )
                    .unwrap(),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}/{index}"), a, b, out);
            }
        }
        (a, b) if a == b => {}
        (a, b) => writeln!(
            out,
            "    {path}\n      sandbox: {}\n      real:    {}",
            show(Some(a)),
            show(Some(b))
        )
        .unwrap(),
    }
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "(absent)".to_owned(), ToString::to_string)
}

fn cases() -> Vec<Case> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            let cases: Vec<Case> = serde_saphyr::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            cases
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_answers_as_the_real_server_does() {
    let sandbox =
        Sandbox::start(Options { controllers: false, ..Options::default() }).await.unwrap();
    let ours = client(&sandbox.kubeconfig()).await;
    let server = tokio::task::spawn_blocking(envtest::ApiServer::start).await.unwrap().unwrap();
    let real = match &server {
        Some(server) => Some(client(server.kubeconfig()).await),
        None => {
            eprintln!("{}", envtest::SKIPPED);
            None
        }
    };
    let only = std::env::var("CONFORMANCE_CASE").unwrap_or_default();
    let mut report = String::new();
    for (index, case) in cases().iter().enumerate().filter(|(_, case)| case.name.contains(&only)) {
        let namespace = format!("case-{index}");
        let create: Step = serde_json::from_value(serde_json::json!({
            "request": "POST /api/v1/namespaces", "code": 201,
            "body": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        }))
        .unwrap();
        let (mut our_token, mut real_token) = (String::new(), String::new());
        for (number, step) in std::iter::once(&create).chain(&case.steps).enumerate() {
            let token = |value: &Value| {
                value
                    .pointer("/metadata/continue")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let (code, mut body) = send(&ours, step, &namespace, &our_token).await;
            our_token = token(&body);
            let mut problems = String::new();
            if code != step.code {
                writeln!(problems, "    status {code}, expected {}: {body}", step.code).unwrap();
            }
            if let Some(real) = &real {
                let (real_code, mut real_body) = send(real, step, &namespace, &real_token).await;
                real_token = token(&real_body);
                if real_code != step.code {
                    writeln!(problems, "    the real server answers {real_code}: {real_body}")
                        .unwrap();
                }
                normalise(&mut body);
                normalise(&mut real_body);
                if step.only_code.is_none() {
                    differences("", &body, &real_body, &mut problems);
                }
            }
            if !problems.is_empty() {
                writeln!(report, "{} step {number}: {}\n{problems}", case.name, step.request)
                    .unwrap();
            }
        }
    }
    assert!(report.is_empty(), "\n{report}");
}
