//! The plan as a whole, as text.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{change, conflict, drift, drifted, field, id, masked, plan, update};
use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_model::{Location, UnknownRead};
use suimon_plan::{Action, DriftedField, Plan, Reason, Refusal};
use suimon_view::{Style, text};

fn shown(plan: &Plan) -> String {
    text::plan(plan, &Style::PLAIN).replace(&plan.digest(), "DIGEST")
}

fn config(name: &str, action: Action) -> suimon_plan::Change {
    let body = json!({"data": {"a": "1"}});
    match action {
        Action::Create => change(name, action, None, Some(body)),
        Action::Delete | Action::Forget => change(name, action, Some(body), None),
        _ => {
            let mut made =
                change(name, action, Some(body.clone()), Some(json!({"data": {"a": "2"}})));
            made.fields = vec![field("/data/a", json!("1"), json!("2"))];
            made
        }
    }
}

fn refusal(code: &str, message: &str) -> Refusal {
    Refusal {
        id: id("Deployment.apps/web/api"),
        code: code.into(),
        message: message.into(),
        help: Some("remove it there, or run with --adopt".into()),
        location: Some(Location::new("modules/web/kubernetes/app.yaml.tera", 3, 1)),
    }
}

#[test]
fn no_changes() {
    let mut empty = plan(Vec::new());
    assert_eq!(shown(&empty), "No changes. Live state matches the configuration.\n");
    empty.changes = vec![config("ConfigMap/web/a", Action::NoOp)];
    assert_eq!(shown(&empty), "No changes. Live state matches the configuration.\n");
    empty.targeted = vec![id("ConfigMap/web/a")];
    assert_snapshot!(shown(&empty), @r"
    No changes. Live state of the targets matches the configuration.
    The plan is limited to 1 object by --target, with what they depend on; the rest was not looked at.
    ");
}

#[test]
fn every_action_is_in_the_legend_the_list_and_the_summary() {
    let all = plan(vec![
        config("ConfigMap/web/a", Action::Create),
        config("ConfigMap/web/b", Action::Update),
        config("ConfigMap/web/c", Action::Replace),
        config("ConfigMap/web/e", Action::Forget),
        config("ConfigMap/web/d", Action::Delete),
    ]);
    assert_snapshot!(shown(&all), @r#"
    suimon compared the declaration with the live state. Actions are indicated with the following symbols:
      + create
      ~ update in-place
    -/+ destroy and then create replacement
      - destroy
      . forget

    suimon will perform the following actions:

      # ConfigMap/web/a will be created
      # (because it is declared and not live)
      # modules/web/kubernetes/app.yaml.tera:1:1
      + ConfigMap/web/a:
      +   data:
      +     a: "1"

      # ConfigMap/web/b will be updated in-place
      # (because the declaration changed)
      # modules/web/kubernetes/app.yaml.tera:1:1
      ~ ConfigMap/web/b:
          data:
      ~     a: "1" -> "2"

      # ConfigMap/web/c must be replaced
      # (because a field that cannot change in place changes)
      # modules/web/kubernetes/app.yaml.tera:1:1
    -/+ ConfigMap/web/c:
          data:
      ~     a: "1" -> "2"

      # ConfigMap/web/e will be forgotten
      # (because it is no longer declared and marked to be kept: suimon stops managing it, the object stays)
      . ConfigMap/web/e

      # ConfigMap/web/d will be destroyed
      # (because it is no longer declared)
      - ConfigMap/web/d:
      -   data:
      -     a: "1"

    Plan: 2 to add, 1 to change, 2 to destroy, 1 to forget.

    Plan digest: DIGEST
    "#);
}

/// Two objects that something else wrote to, and one that is gone.
fn with_drift() -> Plan {
    let mut changed = update(
        json!({"spec": {"replicas": 5}}),
        json!({"spec": {"replicas": 2}}),
        vec![field("/spec/replicas", json!(5), json!(2))],
    );
    changed.reason = Reason::Drifted;
    let mut plan = plan(vec![changed, config("ConfigMap/web/gone", Action::Create)]);
    plan.drift = vec![
        drift(
            "Deployment.apps/web/api",
            vec![
                drifted("/spec/replicas", json!(2), json!(5)),
                drifted(
                    "/spec/template/spec/containers/[name=api]/env/[name=A]/value",
                    json!("1"),
                    Value::Null,
                ),
                DriftedField {
                    manager: None,
                    time: None,
                    ..drifted("/metadata/labels/a.b~1c", Value::Null, json!("x"))
                },
                drifted("/spec/text", json!("a\nb\n"), json!("a\nc\n")),
                drifted("/spec/list", json!([1, 2]), json!([1, 3])),
            ],
        ),
        drift(
            "Secret/web/db",
            vec![
                DriftedField { sensitive: true, ..drifted("/data/p", masked('a'), masked('b')) },
                DriftedField {
                    manager: Some("evil\u{1b}[2J\nmanager".into()),
                    ..drifted("/data/q", json!("hunter2"), Value::Null)
                },
            ],
        ),
        drift("ConfigMap/web/gone", vec![]),
    ];
    plan
}

#[test]
fn drift_comes_first_with_manager_and_time() {
    let mut plan = with_drift();
    assert_snapshot!(shown(&plan), @r#"
    Note: Objects have changed outside of suimon

    suimon found the following changes that it did not make:

      # Deployment.apps/web/api has changed
      ~ Deployment.apps/web/api:
      ~   spec.replicas: 2 -> 5   # by kubectl-edit at 2026-11-22T10:00:00Z
      -   spec.template.spec.containers[name=api].env[name=A].value: "1"   # by kubectl-edit at 2026-11-22T10:00:00Z
      +   metadata.labels["a.b/c"]: x   # by an unknown manager
          spec.text: |   # by kubectl-edit at 2026-11-22T10:00:00Z
            a
      -     b
      +     c
          spec.list:   # by kubectl-edit at 2026-11-22T10:00:00Z
      -     - 2
      +     - 3
            # (1 unchanged item hidden)

      # Secret/web/db has changed
      ~ Secret/web/db:
      ~   data.p: (sensitive value) -> (sensitive value)   # changes, by kubectl-edit at 2026-11-22T10:00:00Z
      -   data.q: (sensitive value)   # by evil\u{1b}[2J\u{a}manager at 2026-11-22T10:00:00Z

      # ConfigMap/web/gone has been deleted
      - ConfigMap/web/gone

    Unless the declaration now says the same, the plan below undoes these changes.

    --------------------------------------------------------------------------------

    suimon compared the declaration with the live state. Actions are indicated with the following symbols:
      + create
      ~ update in-place

    suimon will perform the following actions:

      # Deployment.apps/web/api will be updated in-place
      # (because it changed outside of suimon)
      # modules/web/kubernetes/app.yaml.tera:1:1
      ~ Deployment.apps/web/api:
          spec:
      ~     replicas: 5 -> 2

      # ConfigMap/web/gone will be created
      # (because it is declared and not live)
      # modules/web/kubernetes/app.yaml.tera:1:1
      + ConfigMap/web/gone:
      +   data:
      +     a: "1"

    Plan: 1 to add, 1 to change, 0 to destroy.

    Plan digest: DIGEST
    "#);
    assert_snapshot!(text::drift(&plan, &Style::PLAIN).lines().last().unwrap(), @"Drift: 3 objects changed.");
    plan.changes.clear();
    assert_snapshot!(shown(&plan).lines().last().unwrap(), @"No changes. The plan leaves the drift as it is.");
}

#[test]
fn drift_alone() {
    let mut plan = plan(Vec::new());
    assert_snapshot!(text::drift(&plan, &Style::PLAIN), @"No drift. Nothing has changed outside of suimon.");
    plan.unknown =
        vec![UnknownRead { id: None, group_kind: "Secret".into(), reason: "forbidden".into() }];
    assert_snapshot!(text::drift(&plan, &Style::PLAIN), @r"
    Error: The plan is incomplete

    Some live state could not be read. What is unknown is neither created nor changed, and nothing will be deleted:

      ? every Secret: forbidden

    No drift was seen in what could be read.
    ");
}

#[test]
fn what_is_unknown_or_refused_is_said_first_and_nothing_claims_to_match() {
    let mut plan = plan(vec![config("ConfigMap/web/a", Action::Create)]);
    plan.unknown = vec![
        UnknownRead {
            id: None,
            group_kind: "Secret".into(),
            reason: "forbidden: secrets is forbidden".into(),
        },
        UnknownRead {
            id: Some(id("Deployment.apps/web/api")),
            group_kind: "Deployment.apps".into(),
            reason: "timed out after 30 s".into(),
        },
    ];
    plan.refused = vec![refusal(
        "owned-by-another",
        "Argo CD owns it (tracking-id shop:apps/Deployment:web/api)",
    )];
    assert_snapshot!(shown(&plan), @r#"
    Error: The plan is incomplete

    Some live state could not be read. What is unknown is neither created nor changed, and nothing will be deleted:

      ? every Secret: forbidden: secrets is forbidden
      ? Deployment.apps/web/api: timed out after 30 s

    Error: The plan cannot be applied: 1 object is refused

      ! Deployment.apps/web/api (owned-by-another)
          Argo CD owns it (tracking-id shop:apps/Deployment:web/api)
          at modules/web/kubernetes/app.yaml.tera:3:1
          help: remove it there, or run with --adopt

    suimon compared the declaration with the live state. Actions are indicated with the following symbols:
      + create

    suimon will perform the following actions:

      # ConfigMap/web/a will be created
      # (because it is declared and not live)
      # modules/web/kubernetes/app.yaml.tera:1:1
      + ConfigMap/web/a:
      +   data:
      +     a: "1"

    Plan: 1 to add, 0 to change, 0 to destroy. The plan is incomplete: nothing will be deleted.

    Plan digest: DIGEST
    "#);
    plan.changes.clear();
    assert_snapshot!(shown(&plan).lines().last().unwrap(), @"No changes in what could be read. The plan is incomplete: nothing will be deleted.");
    plan.unknown.clear();
    assert_snapshot!(shown(&plan).lines().last().unwrap(), @"No changes apart from what is refused.");
}

#[test]
fn conflicts_that_stop_apply_are_announced() {
    let mut one = config("ConfigMap/web/a", Action::Update);
    one.conflicts = vec![conflict(".data.a", json!("2"), json!("1"), false)];
    let text = shown(&plan(vec![one]));
    assert_snapshot!(text.split("\n\nsuimon compared").next().unwrap(), @r"
    Warning: 1 object with conflicts

    Another manager wants a field with another value. Apply refuses before its first write, unless it is run with --force-conflicts.
    ");
}

#[test]
fn without_color_there_is_no_escape_and_with_it_the_words_are_the_same() {
    let all = plan(vec![
        config("ConfigMap/web/a", Action::Create),
        config("ConfigMap/web/c", Action::Replace),
        config("ConfigMap/web/d", Action::Delete),
    ]);
    let colored = text::plan(&all, &Style { color: true, width: Some(80), unicode: true });
    let plain = text::plan(&all, &Style { color: false, width: Some(80), unicode: true });
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[32m  +\u{1b}[0m"));
    let mut stripped = String::new();
    for (index, part) in colored.split("\u{1b}[").enumerate() {
        stripped.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn fifty_thousand_objects_come_in_pieces_and_the_summary_is_exact() {
    let changes = (0..50_000).map(|n| {
        let action = [Action::Create, Action::Update, Action::Delete, Action::NoOp][n % 4];
        config(&format!("ConfigMap/web/c{n}"), action)
    });
    let plan = plan(changes.collect());
    let mut headers = 0;
    let mut longest = 0;
    let mut last = String::new();
    for part in text::plan_parts(&plan, &Style::PLAIN) {
        headers += usize::from(part.starts_with("  # ConfigMap/web/c"));
        longest = longest.max(part.len());
        last = part;
    }
    assert_eq!(headers, 37_500);
    assert!(longest < 600, "{longest}");
    assert!(last.starts_with("Plan: 12500 to add, 12500 to change, 12500 to destroy.\n"), "{last}");
}
