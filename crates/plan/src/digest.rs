//! The digest that approvals and saved plans are bound to.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::canonical::canonical;
use crate::hex::hex;
use crate::{Change, Plan};

impl Plan {
    /// `sha256:` and 64 hexadecimal digits over the canonical JSON (RFC 8785) of what the plan does.
    ///
    /// The text is hashed piece by piece: as one value, a plan of a hundred thousand objects is
    /// gigabytes.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        let mut put = |text: &str| hasher.update(text.as_bytes());
        put("{\"actions\":[");
        for (at, change) in self.changes.iter().enumerate() {
            put(if at > 0 { "," } else { "" });
            put(&canonical(&action(change)));
        }
        put("]");
        let targets: Vec<Value> =
            self.targets.iter().map(|t| json!([t.provider, t.identity])).collect();
        for (key, value) in [
            ("environment", json!(self.environment)),
            ("policy", json!(self.policy)),
            ("project", json!(self.project)),
            ("release", json!(self.release_id)),
            ("revision", json!(self.revision)),
            ("targeted", json!(self.targeted)),
            ("targets", json!(targets)),
            ("version", json!(1)),
        ] {
            put(&format!(",\"{key}\":{}", canonical(&value)));
        }
        put("}");
        format!("sha256:{}", hex(&hasher.finalize()))
    }

    /// The digest of the exact list of objects that the plan destroys, in order.
    pub fn deletes_digest(&self) -> String {
        let list: Vec<Value> =
            self.deletes().map(|c| json!([c.id.to_string(), c.action, c.uid])).collect();
        hash(&json!({"version": 1, "environment": self.environment, "deletes": list}))
    }
}

fn action(change: &Change) -> Value {
    json!({
        "id": change.id.to_string(),
        "apiVersion": change.api_version,
        "action": change.action,
        "fields": change.fields,
        "conflicts": change.conflicts,
    })
}

/// `sha256:` and the hash of the canonical text.
pub(crate) fn hash(subject: &Value) -> String {
    format!("sha256:{}", hex(&Sha256::digest(canonical(subject).as_bytes())))
}

#[cfg(test)]
mod tests {
    use suimon_model::TargetIdentity;

    use super::*;
    use crate::{Action, FieldChange, Reason};

    #[test]
    fn the_pieces_are_the_canonical_text_of_the_whole() {
        let change = |name: &str| Change {
            id: format!("ConfigMap/web/{name}").parse().unwrap(),
            api_version: "v1".into(),
            action: Action::Update,
            reason: Reason::Changed,
            location: None,
            before: None,
            after: None,
            fields: vec![FieldChange {
                path: "/data/ä\u{1f600}".into(),
                before: Some(json!({"b": 1.5, "a": [true, null]})),
                after: None,
                unknown_after: true,
                sensitive: false,
                forces_replacement: false,
            }],
            conflicts: Vec::new(),
            uid: None,
            resource_version: None,
        };
        let plan = Plan {
            project: "shop".into(),
            environment: "prod".into(),
            revision: Some("4f0c".into()),
            release: Some("2026-11-22.3".into()),
            release_id: "sha256:1".into(),
            targets: vec![TargetIdentity {
                provider: "kubernetes".into(),
                identity: "sha256:2".into(),
                endpoint: "https://example.com".into(),
            }],
            changes: vec![change("b"), change("a")],
            unchanged: 3,
            declared: 5,
            drift: Vec::new(),
            unknown: Vec::new(),
            refused: Vec::new(),
            policy: json!({"protect": {"maxDeletes": 1}}),
            targeted: vec!["ConfigMap/web/a".parse().unwrap()],
        };
        let whole = json!({
            "version": 1,
            "project": "shop",
            "environment": "prod",
            "revision": "4f0c",
            "release": "sha256:1",
            "targets": [["kubernetes", "sha256:2"]],
            "actions": plan.changes.iter().map(action).collect::<Vec<_>>(),
            "policy": plan.policy,
            "targeted": plan.targeted,
        });
        assert_eq!(plan.digest(), hash(&whole));
        let empty = Plan { changes: Vec::new(), ..plan };
        assert_ne!(empty.digest(), hash(&whole));
    }
}
