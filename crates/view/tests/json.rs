//! JSON documents against their schemas.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{change, conflict, drift, drifted, field, id, masked, plan, unknown, update};
use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_apply::{End, Entry, Event, Report};
use suimon_gate::{Finding, Verdict};
use suimon_model::{
    DeferredRef, Diagnostic, Diagnostics, Health, HealthStatus, Location, Outcome, UnknownRead,
};
use suimon_plan::{Action, FieldChange, Plan, Refusal};
use suimon_view::{GateView, json as view};

const PLAN_SCHEMA: &str = include_str!("../../../docs/plan.schema.json");
const REPORT_SCHEMA: &str = include_str!("../../../docs/report.schema.json");

fn assert_valid(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A plan in which nothing is empty.
fn rich() -> Plan {
    let mut updated = update(
        json!({"spec": {"containers": [{"name": "api", "env": [{"name": "T", "value": "hunter2"}]}]}}),
        json!({"spec": {"arn": DeferredRef::marker_for(&id("Secret/db"), "arn"), "containers": [{"name": "api", "env": [{"name": "T", "value": "hunter3"}]}]}}),
        vec![
            unknown("/spec/arn", Value::Null),
            FieldChange {
                sensitive: true,
                ..field(
                    "/spec/containers/[name=api]/env/[name=T]/value",
                    json!("hunter2"),
                    json!("hunter3"),
                )
            },
        ],
    );
    updated.conflicts = vec![conflict(".spec.x", json!(1), Value::Null, false)];
    let secret = |old: char| json!({"data": {"a/b": masked(old)}, "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}}});
    let mut secret = change("Secret/web/db", Action::Update, Some(secret('a')), Some(secret('b')));
    secret.fields = vec![field("/data/a~1b", masked('a'), masked('b'))];
    secret.conflicts = vec![conflict(".data.a", json!("hunter2"), json!("hunter2"), true)];
    let body = || json!({"data": {}});
    let mut plan = plan(vec![
        updated,
        secret,
        change("Namespace/web", Action::Create, None, Some(body())),
        change("ConfigMap/web/r", Action::Replace, Some(body()), Some(body())),
        change("ConfigMap/web/f", Action::Forget, Some(body()), None),
        change("ConfigMap/web/d", Action::Delete, Some(body()), None),
        change("ConfigMap/web/n", Action::NoOp, None, None),
    ]);
    plan.drift = vec![
        drift("ConfigMap/web/r", vec![drifted("/data/a", json!(1), Value::Null)]),
        drift("Secret/web/db", vec![drifted("/data/p", json!("hunter2"), masked('c'))]),
    ];
    plan.unknown = vec![
        UnknownRead {
            id: None,
            group_kind: "Secret".into(),
            reason: format!("x {} y", masked('d').as_str().unwrap()),
        },
        UnknownRead {
            id: Some(id("Secret/web/x")),
            group_kind: "Secret".into(),
            reason: "x".into(),
        },
    ];
    plan.refused = vec![Refusal {
        id: id("ConfigMap/web/x"),
        code: "rejected".into(),
        message: "no".into(),
        help: None,
        location: Some(Location::file("a.yaml")),
    }];
    plan.targeted = vec![id("Namespace/web")];
    plan
}

#[test]
fn plans_are_as_the_schema_says() {
    let findings = vec![Finding { rule: "max-deletes".into(), message: "4".into(), help: None }];
    for verdict in [Verdict::Held(findings.clone()), Verdict::Denied(findings)] {
        assert_valid(PLAN_SCHEMA, &view::plan(&rich(), &GateView::from(&verdict)));
    }
    let mut empty = plan(Vec::new());
    (empty.revision, empty.release) = (None, None);
    let document = view::plan(&empty, &GateView::open());
    assert_valid(PLAN_SCHEMA, &document);
    assert_eq!(document["digest"], empty.digest());
    assert_eq!(
        document["summary"],
        json!({"add": 0, "change": 0, "destroy": 0, "forget": 0, "unchanged": 7})
    );
}

#[test]
fn the_schema_refuses_what_it_does_not_name() {
    let schema: Value = serde_json::from_str(PLAN_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let good = view::plan(&rich(), &GateView::open());
    for pointer in
        ["", "/changes/0", "/changes/0/fields/0", "/drift/0/fields/0", "/gate", "/summary"]
    {
        let mut bad = good.clone();
        bad.pointer_mut(pointer).unwrap()["surprise"] = json!(1);
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
}

#[test]
fn secrets_and_unknown_values_are_marked_and_not_shown() {
    let document = view::plan(&rich(), &GateView::open());
    let text = document.to_string();
    assert!(!text.contains("hunter"), "{text}");
    for digit in ["aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd", "SUIMONREF"] {
        assert!(!text.contains(digit), "{digit} in {text}");
    }
}

#[test]
fn a_change_has_its_parts_and_what_is_hidden_reads_so() {
    let mut document = view::plan(&rich(), &GateView::open());
    let before = document["changes"][0]["before"].take();
    assert_eq!(before["spec"]["containers"][0]["env"][0]["value"], "(sensitive value)");
    assert_snapshot!(serde_json::to_string_pretty(&document["changes"][0]).unwrap(), @r#"
    {
      "action": "update",
      "after": {
        "spec": {
          "arn": "(known after apply)",
          "containers": [
            {
              "env": [
                {
                  "name": "T",
                  "value": "(sensitive value)"
                }
              ],
              "name": "api"
            }
          ]
        }
      },
      "api_version": "v1",
      "before": null,
      "conflicts": [
        {
          "field": ".spec.x",
          "manager": "kubectl-edit",
          "ours": 1,
          "repairs_drift": false,
          "theirs": null
        }
      ],
      "fields": [
        {
          "after": null,
          "before": null,
          "forces_replacement": false,
          "path": "/spec/arn",
          "sensitive": false,
          "unknown_after": true
        },
        {
          "after": "(sensitive value)",
          "before": "(sensitive value)",
          "forces_replacement": false,
          "path": "/spec/containers/[name=api]/env/[name=T]/value",
          "sensitive": true,
          "unknown_after": false
        }
      ],
      "group": "apps",
      "id": "Deployment.apps/web/api",
      "kind": "Deployment",
      "location": {
        "column": 1,
        "file": "modules/web/kubernetes/app.yaml.tera",
        "line": 1
      },
      "name": "api",
      "namespace": "web",
      "reason": "changed",
      "sensitive": [
        "/spec/containers/[name=api]/env/[name=T]/value"
      ],
      "unknown_after": [
        "/spec/arn"
      ]
    }
    "#);
}

#[test]
fn secrets_are_named_by_their_paths() {
    let document = view::plan(&rich(), &GateView::open());
    let secret = &document["changes"][1];
    assert_eq!(
        secret["sensitive"],
        json!([
            "/data/a~1b",
            "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"
        ])
    );
    assert_eq!(secret["after"]["data"], json!({"a/b": "(sensitive value)"}));
    assert_eq!(document["unknown"][0]["reason"], "x (sensitive value) y");
}

fn entry(action: Action, outcome: Outcome) -> Entry {
    Entry {
        id: id("Deployment.apps/web/api"),
        location: Some(Location::new("envs/dev/manifests/a.yaml", 3, 1)),
        action,
        outcome,
        reason: Some(format!("x {}", masked('a').as_str().unwrap())),
        conflicts: vec![conflict(".spec.replicas", json!(1), json!(2), false)],
        health: Some(Health::new(HealthStatus::InProgress, "1 of 3")),
    }
}

#[test]
fn reports_are_as_the_schema_says() {
    let outcomes = [
        Outcome::Created,
        Outcome::Configured,
        Outcome::Unchanged,
        Outcome::Deleted,
        Outcome::Skipped,
        Outcome::Failed,
    ];
    for end in [End::Complete, End::Partial, End::Interrupted] {
        let mut entries: Vec<Entry> = outcomes.iter().map(|o| entry(Action::Update, *o)).collect();
        entries[0].health = None;
        entries[0].reason = None;
        let report = Report {
            environment: "prod".into(),
            digest: "sha256:aa".into(),
            end,
            entries,
            problems: vec!["p".into()],
        };
        let document = view::report(&report);
        assert_valid(REPORT_SCHEMA, &document);
        assert!(!document.to_string().contains("aaaaaaaa"));
        assert_eq!(
            document["summary"],
            json!({"added": 1, "changed": 1, "destroyed": 1, "forgotten": 0, "unchanged": 1, "failed": 1, "skipped": 1})
        );
    }
}

#[test]
fn events_are_one_object_each() {
    let time = "2026-11-22T10:00:00Z";
    let started = Event::Started { id: id("Namespace/web"), action: Action::Create };
    assert_snapshot!(view::event(&started, time), @r#"{"@level":"info","@message":"Namespace/web: Creating...","@timestamp":"2026-11-22T10:00:00Z","format_version":"1.0","hook":{"action":"create","id":"Namespace/web"},"type":"apply_start"}"#);
    let waiting = Event::Waiting { id: id("Namespace/web"), health: Health::current() };
    assert_snapshot!(view::event(&waiting, time), @r#"{"@level":"info","@message":"Healthy","@timestamp":"2026-11-22T10:00:00Z","format_version":"1.0","hook":{"health":{"message":"current","status":"Current"},"id":"Namespace/web"},"type":"apply_progress"}"#);
    let kinds: Vec<Value> = [Outcome::Created, Outcome::Failed, Outcome::Skipped]
        .iter()
        .map(|outcome| view::event(&Event::Finished(entry(Action::Create, *outcome)), time))
        .map(|event| json!([event["@level"], event["type"], event["@message"]]))
        .collect();
    assert_snapshot!(json!(kinds), @r#"[["info","apply_complete","Deployment.apps/web/api: Creation complete"],["error","apply_errored","Deployment.apps/web/api: Failed: x (sensitive value)"],["warn","apply_skipped","Deployment.apps/web/api: Not started: x (sensitive value)"]]"#);
}

#[test]
fn diagnostics_say_whether_the_project_is_valid() {
    let found = Diagnostics::from(
        Diagnostic::warning("odd", "odd")
            .at(Location::new("a.yaml", 1, 2))
            .related(Location::file("b"), "here"),
    );
    assert_snapshot!(view::diagnostics(&found), @r#"{"diagnostics":[{"code":"odd","detail":null,"help":null,"location":{"column":2,"file":"a.yaml","line":1},"related":[{"location":{"column":0,"file":"b","line":0},"message":"here"}],"severity":"warning","summary":"odd"}],"format_version":"1.0","valid":true}"#);
}
