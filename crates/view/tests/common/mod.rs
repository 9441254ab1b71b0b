//! Plans to look at.
#![allow(dead_code, unreachable_pub)]

use serde_json::{Value, json};
use suimon_model::{Body, Location, ResourceId, TargetIdentity};
use suimon_plan::{Action, Change, Conflict, Drift, DriftedField, FieldChange, Plan, Reason};

/// A keyed digest as masks leave it.
pub fn masked(digit: char) -> Value {
    json!(format!("(sensitive value) {}", digit.to_string().repeat(64)))
}

pub fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

/// An empty plan of one environment.
pub fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        project: "medical-ai".into(),
        environment: "prod".into(),
        revision: Some("4f0c2a".into()),
        release: Some("2026-11-22.3".into()),
        release_id: "sha256:aa".into(),
        targets: vec![TargetIdentity {
            provider: "kubernetes".into(),
            identity: "sha256:bb".into(),
            endpoint: "https://10.0.0.1".into(),
        }],
        declared: changes.len(),
        changes,
        unchanged: 7,
        drift: Vec::new(),
        unknown: Vec::new(),
        refused: Vec::new(),
        policy: json!({}),
        targeted: Vec::new(),
    }
}

/// One change, declared in line 1 of a template unless it removes.
pub fn change(name: &str, action: Action, before: Option<Value>, after: Option<Value>) -> Change {
    let (reason, declared) = match action {
        Action::Create => (Reason::NotLive, true),
        Action::Update => (Reason::Changed, true),
        Action::Replace => (Reason::ImmutableField, true),
        Action::Delete => (Reason::NoLongerDeclared, false),
        Action::Forget => (Reason::KeptOnRemoval, false),
        Action::NoOp => (Reason::Unchanged, true),
    };
    Change {
        id: id(name),
        api_version: "v1".into(),
        action,
        reason,
        location: declared.then(|| Location::new("modules/web/kubernetes/app.yaml.tera", 1, 1)),
        before: before.map(|value| Body::new(&value)),
        after: after.map(|value| Body::new(&value)),
        fields: Vec::new(),
        conflicts: Vec::new(),
        uid: Some("u1".into()),
        resource_version: Some("41".into()),
    }
}

/// An update of a Deployment in which these fields differ.
pub fn update(before: Value, after: Value, fields: Vec<FieldChange>) -> Change {
    let mut change = change("Deployment.apps/web/api", Action::Update, Some(before), Some(after));
    change.fields = fields;
    change
}

/// A leaf that differs; `null` stands for absent.
pub fn field(path: &str, before: Value, after: Value) -> FieldChange {
    FieldChange {
        path: path.into(),
        before: Some(before).filter(|value| !value.is_null()),
        after: Some(after).filter(|value| !value.is_null()),
        unknown_after: false,
        sensitive: false,
        forces_replacement: false,
    }
}

pub fn unknown(path: &str, before: Value) -> FieldChange {
    FieldChange { unknown_after: true, ..field(path, before, Value::Null) }
}

pub fn conflict(field: &str, ours: Value, theirs: Value, repairs_drift: bool) -> Conflict {
    Conflict {
        field: field.into(),
        manager: "kubectl-edit".into(),
        ours: Some(ours),
        theirs: Some(theirs),
        repairs_drift,
    }
}

pub fn drift(name: &str, fields: Vec<DriftedField>) -> Drift {
    Drift { id: id(name), fields }
}

pub fn drifted(path: &str, declared: Value, live: Value) -> DriftedField {
    DriftedField {
        path: path.into(),
        declared: Some(declared).filter(|value| !value.is_null()),
        live: Some(live).filter(|value| !value.is_null()),
        manager: Some("kubectl-edit".into()),
        time: Some("2026-11-22T10:00:00Z".into()),
        sensitive: false,
    }
}
