//! Resource policies.

use serde_json::{Value, json};

use crate::aws::error::{AwsError, AwsResult};

use super::{Secrets, input};

impl Secrets {
    pub(super) fn put_policy(&mut self, body: &Value) -> AwsResult {
        let text = input::required(body, "ResourcePolicy")?.to_owned();
        let block = input::flag(body, "BlockPublicPolicy")?;
        self.read(body)?;
        let policy = parse(&text)?;
        if block && is_public(&policy) {
            return Err(AwsError::client(
                "PublicPolicyException",
                "You can't attach a resource policy that allows broad access to the secret while BlockPublicPolicy is true.",
            ));
        }
        let secret = self.write(body)?;
        secret.policy = Some(text);
        Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
    }

    pub(super) fn get_policy(&self, body: &Value) -> AwsResult {
        let secret = self.read(body)?;
        let mut answer = json!({ "ARN": secret.arn, "Name": secret.name });
        if let Some(policy) = &secret.policy {
            crate::value::put(&mut answer, "ResourcePolicy", Some(policy.as_str().into()));
        }
        Ok(answer)
    }

    pub(super) fn delete_policy(&mut self, body: &Value) -> AwsResult {
        let secret = self.write(body)?;
        secret.policy = None;
        Ok(json!({ "ARN": secret.arn, "Name": secret.name }))
    }
}

/// `ValidateResourcePolicy`.
pub(super) fn validate(body: &Value) -> AwsResult {
    let policy = parse(input::required(body, "ResourcePolicy")?)?;
    let errors = match is_public(&policy) {
        true => json!([{
            "CheckName": "public_policy_check",
            "ErrorMessage": "The resource policy allows broad access to the secret.",
        }]),
        false => json!([]),
    };
    Ok(json!({ "PolicyValidationPassed": !is_public(&policy), "ValidationErrors": errors }))
}

fn parse(text: &str) -> AwsResult {
    let malformed = |message: &str| AwsError::client("MalformedPolicyDocumentException", message);
    let policy: Value = serde_json::from_str(text)
        .map_err(|_| malformed("This resource policy contains invalid Json."))?;
    let statements = statements(&policy);
    let whole = |statement: &&Value| {
        ["Effect", "Principal", "Action", "Resource"]
            .iter()
            .all(|key| statement.get(key).or_else(|| statement.get(format!("Not{key}"))).is_some())
    };
    if statements.is_empty() || !statements.iter().all(whole) {
        return Err(malformed(
            "This resource policy contains a syntax error: each statement needs Effect, Principal, Action and Resource.",
        ));
    }
    Ok(policy)
}

fn statements(policy: &Value) -> Vec<&Value> {
    match policy.get("Statement") {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    }
}

/// Whether a statement allows something to everybody without a condition.
fn is_public(policy: &Value) -> bool {
    let everybody = |principal: &Value| match principal {
        Value::String(text) => text == "*",
        Value::Object(map) => map.get("AWS").is_some_and(|who| match who {
            Value::String(text) => text == "*",
            Value::Array(all) => all.iter().any(|one| one == "*"),
            _ => false,
        }),
        _ => false,
    };
    statements(policy).iter().any(|statement| {
        statement.get("Effect").is_some_and(|effect| effect == "Allow")
            && statement.get("Principal").is_some_and(everybody)
            && statement.get("Condition").is_none()
    })
}
