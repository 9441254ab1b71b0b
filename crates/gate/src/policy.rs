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
        value.insert("project".to_owned(), json!(files.project));
    }
    Value::Object(value)
}

fn hash(text: &str) -> Value {
    let hex: String =
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Value::String(format!("sha256:{hex}"))
}

#[cfg(test)]
mod tests {
    use suimon_model::{ApprovalRule, ProjectPolicy};

    use super::*;

    fn files() -> GateFiles {
        GateFiles {
            allowed_signers: Some("a".into()),
            revoked_keys: Some(String::new()),
            policies: [("policies/a.rego".to_owned(), "package main".to_owned())].into(),
            project: ProjectPolicy { upstream: Some("stg".into()), ..ProjectPolicy::default() },
        }
    }

    #[test]
    fn limits_gate_and_files_are_in_it() {
        let value = policy_value(&Protect::default(), Some(&Gate::default()), &files());
        insta::assert_snapshot!(value, @r#"{"gate":{},"policies":{"policies/a.rego":"sha256:512843855fcc92a51c810b1b58e0731c01eac9a6a23c157bfa02aad71edffbe7"},"project":{"ledger":{"allowedSigners":null,"remote":null},"upstream":"stg"},"protect":{"kinds":[],"max_deletes":null},"revoked":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","signers":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}"#);
        let bare = policy_value(&Protect::default(), None, &files());
        insta::assert_snapshot!(bare, @r#"{"gate":null,"protect":{"kinds":[],"max_deletes":null}}"#);
    }

    #[test]
    fn each_part_changes_it() {
        let value = |protect: &Protect, gate: &Gate, files: &GateFiles| {
            policy_value(protect, Some(gate), files)
        };
        let (protect, gate) = (Protect::default(), Gate::default());
        let now = value(&protect, &gate, &files());
        let rule = ApprovalRule {
            role: "peer".into(),
            required: 1,
            from: Vec::new(),
            expires_after: None,
        };
        let others = [
            value(&Protect { max_deletes: Some(1), ..Protect::default() }, &gate, &files()),
            value(&protect, &Gate { approvals: vec![rule], ..Gate::default() }, &files()),
            value(&protect, &gate, &GateFiles { allowed_signers: Some("b".into()), ..files() }),
            value(&protect, &gate, &GateFiles { allowed_signers: None, ..files() }),
            value(&protect, &gate, &GateFiles { revoked_keys: None, ..files() }),
            value(&protect, &gate, &GateFiles { policies: [].into(), ..files() }),
            value(&protect, &gate, &GateFiles { project: ProjectPolicy::default(), ..files() }),
            policy_value(&protect, None, &files()),
        ];
        for other in others {
            assert_ne!(other, now);
        }
    }
}
