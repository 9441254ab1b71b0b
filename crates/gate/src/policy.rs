//! What of a gate is bound into a plan's digest.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use suimon_model::{Gate, GateFiles, Protect};

/// The value that goes into [`Plan::policy`](suimon_plan::Plan::policy): limits, gate, and digests of
/// the files that the gate is judged with.
///
/// An environment without a gate has its limits alone there.
pub fn policy_value(protect: &Protect, gate: Option<&Gate>, files: &GateFiles) -> Value {
    let mut value = Map::new();
    value.insert("protect".to_owned(), json!(protect));
    value.insert("gate".to_owned(), json!(gate));
    if gate.is_some() {
        let policies: Map<String, Value> =
            files.policies.iter().map(|(path, text)| (path.clone(), hash(text))).collect();
        value.insert(
            "signers".to_owned(),
            files.allowed_signers.as_deref().map_or(Value::Null, hash),
        );
        value.insert("revoked".to_owned(), files.revoked_keys.as_deref().map_or(Value::Null, hash));
        value.insert("policies".to_owned(), Value::Object(policies));
    }
    Value::Object(value)
}

fn hash(text: &str) -> Value {
    let hex: String =
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Value::String(format!("sha256:{hex}"))
}
