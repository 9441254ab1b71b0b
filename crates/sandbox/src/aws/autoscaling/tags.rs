//! Tags of scalable targets.

use serde_json::{Map, Value, json};

use super::{
    super::error::{AwsError, AwsResult},
    Autoscaling, invalid, text,
};

/// How many tags a target may have.
const MOST: usize = 50;

impl Autoscaling {
    pub(super) fn tag(&mut self, body: &Value) -> AwsResult {
        let new = read(body.get("Tags"))?;
        let target = self.target_by_arn(text(body, "ResourceARN"))?;
        let mut merged = target.tags.clone();
        merged.extend(new);
        if merged.len() > MOST {
            return Err(AwsError {
                extra: json!({ "ResourceName": target.arn }),
                ..AwsError::client("TooManyTagsException", "The request contains too many tags.")
            });
        }
        target.tags = merged;
        Ok(json!({}))
    }

    pub(super) fn untag(&mut self, body: &Value) -> AwsResult {
        let keys = body.get("TagKeys").and_then(Value::as_array).cloned().unwrap_or_default();
        let target = self.target_by_arn(text(body, "ResourceARN"))?;
        target.tags.retain(|key, _| !keys.iter().any(|gone| gone == key));
        Ok(json!({}))
    }

    pub(super) fn list_tags(&mut self, body: &Value) -> AwsResult {
        let target = self.target_by_arn(text(body, "ResourceARN"))?;
        Ok(json!({ "Tags": target.tags }))
    }
}

pub(super) fn read(tags: Option<&Value>) -> Result<Map<String, Value>, AwsError> {
    let tags = tags.and_then(Value::as_object).cloned().unwrap_or_default();
    if tags.len() > MOST {
        return Err(invalid(format!("The number of tags must be at most {MOST}.")));
    }
    for (key, value) in &tags {
        let length = value.as_str().map_or(usize::MAX, |value| value.chars().count());
        if key.is_empty() || key.chars().count() > 128 || length > 256 {
            return Err(invalid(format!("The tag '{key}' is too long or has no key.")));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys beginning with 'aws:' are reserved."));
        }
    }
    Ok(tags)
}
