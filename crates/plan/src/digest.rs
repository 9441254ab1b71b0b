//! The digest that approvals and saved plans are bound to.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::canonical::canonical;
use crate::hex::hex;
use crate::{Change, Plan};

impl Plan {
    /// `sha256:` and 64 hexadecimal digits over the canonical JSON (RFC 8785) of what the plan does.
    pub fn digest(&self) -> String {
        let subject = json!({
            "version": 1,
            "project": self.project,
            "environment": self.environment,
            "revision": self.revision,
            "release": self.release_id,
            "targets": self.targets.iter().map(|t| json!([t.provider, t.identity])).collect::<Vec<_>>(),
            "actions": self.changes.iter().map(action).collect::<Vec<_>>(),
            "policy": self.policy,
            "targeted": self.targeted,
        });
        hash(&subject)
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
