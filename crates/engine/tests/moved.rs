//! What moved between a saved plan and now.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use suimon_engine::moved;
use suimon_model::{Body, ResourceId, TargetIdentity};
use suimon_plan::{Action, Change, FieldChange, Plan, Reason};

fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

fn change(text: &str, action: Action, value: &str) -> Change {
    let field = FieldChange {
        path: "/data/value".into(),
        before: Some("0".into()),
        after: Some(value.into()),
        unknown_after: false,
        sensitive: false,
        forces_replacement: false,
    };
    Change {
        id: id(text),
        api_version: "v1".into(),
        action,
        reason: Reason::Changed,
        location: None,
        before: Some(Body::new(&json!({"metadata": {"labels": {"a": "b"}}}))),
        after: None,
        fields: vec![field],
        conflicts: Vec::new(),
        uid: Some("u1".into()),
        resource_version: Some("7".into()),
    }
}

fn plan() -> Plan {
    let target = |identity: &str| TargetIdentity {
        provider: "kubernetes".into(),
        identity: identity.into(),
        endpoint: "https://c1".into(),
    };
    Plan {
        project: "p".into(),
        environment: "dev".into(),
        revision: Some("c1".into()),
        release: None,
        release_id: "r1".into(),
        targets: vec![target("sha256:1")],
        changes: vec![
            change("ConfigMap/w/a", Action::Update, "1"),
            change("ConfigMap/w/b", Action::Delete, "1"),
        ],
        unchanged: 3,
        declared: 4,
        drift: Vec::new(),
        unknown: Vec::new(),
        refused: Vec::new(),
        policy: Value::Null,
        targeted: Vec::new(),
    }
}

/// What is said when the plan made now is the saved one after `edit`.
fn said(edit: impl FnOnce(&mut Plan)) -> String {
    let mut now = plan();
    edit(&mut now);
    let lines = moved(&plan(), &now, &[]).into_iter().map(|moved| match moved.id {
        Some(id) => format!("{id}: {}", moved.message),
        None => moved.message,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_does_not_matter() {
    assert_eq!(said(|_| {}), "");
    assert_eq!(said(|now| now.unchanged = 90), "");
    assert_eq!(said(|now| now.changes[0].resource_version = Some("8".into())), "");
    assert_eq!(said(|now| now.changes[0].before = None), "", "somebody else's label");
}

#[test]
fn what_moved_is_named() {
    insta::assert_snapshot!(said(|now| {
        now.project = "q".into();
        now.environment = "stg".into();
        now.revision = None;
        now.release_id = "r2".into();
        now.targets.clear();
        now.policy = json!({"protect": 1});
    }), @r#"
    the project was p, is q
    the environment was dev, is stg
    the revision was c1, is uncommitted
    the release was r1, is r2
    the target was kubernetes sha256:1, is none
    the policy was null, is {"protect":1}
    "#);
    insta::assert_snapshot!(said(|now| now.changes[0].uid = Some("u2".into())), @"ConfigMap/w/a: it is another object of the same name now");
    insta::assert_snapshot!(said(|now| now.changes[0].action = Action::Replace), @"ConfigMap/w/a: update was planned, replace would be needed now");
    insta::assert_snapshot!(said(|now| now.changes[0].fields[0].after = Some("2".into())), @"ConfigMap/w/a: /data/value is not as planned any more");
    insta::assert_snapshot!(said(|now| now.changes[0].fields[0].path = "/data/other".into()), @"ConfigMap/w/a: /data/other and /data/value are not as planned any more");
    insta::assert_snapshot!(said(|now| now.changes.swap(0, 1)), @"the order of the actions changed");
    insta::assert_snapshot!(said(|now| now.changes[1].id = id("ConfigMap/w/c")), @r"
    ConfigMap/w/b: delete is not needed any more
    ConfigMap/w/c: delete is needed now and was not planned
    ");
}

#[test]
fn a_new_owner_matters_and_an_old_one_does_not() {
    let foreign = [id("ConfigMap/w/a")];
    assert_eq!(moved(&plan(), &plan(), &foreign), []);
    for metadata in [
        json!({"labels": {"a": "b", "flux": "mine"}}),
        json!({"labels": {"a": "b"}, "annotations": {"argo": "mine"}}),
        json!({"labels": {"a": "b"}, "ownerReferences": [{"controller": true}]}),
    ] {
        let mut now = plan();
        now.changes[0].before = Some(Body::new(&json!({"metadata": metadata})));
        let moved = moved(&plan(), &now, &foreign);
        assert_eq!(moved.len(), 1, "{moved:?}");
        assert_eq!(moved[0].message, "it carries another owner's mark now");
    }
}
