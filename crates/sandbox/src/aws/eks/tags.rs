//! Tags of everything that has an ARN.

use serde_json::{Map, Value, json};

use crate::{
    aws::error::{AwsError, AwsResult},
    value::text,
};

use super::{Cluster, Eks, input};

impl Eks {
    pub(super) fn tag(&mut self, body: &Value) -> AwsResult {
        let Some(new) = input::object(body, "tags")?.cloned() else {
            return Err(bad("The request needs tags."));
        };
        let doc = self.tagged(body)?;
        let mut tags = tags(doc);
        tags.extend(new);
        input::check_tags(&tags).map_err(|error| bad(&error.message))?;
        crate::value::put(doc, "tags", Some(Value::Object(tags)));
        Ok(json!({}))
    }

    pub(super) fn untag(&mut self, body: &Value) -> AwsResult {
        let keys: Vec<String> = input::texts(body, "tagKeys")?
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect();
        if keys.is_empty() {
            return Err(bad("The request needs tagKeys."));
        }
        let doc = self.tagged(body)?;
        let mut tags = tags(doc);
        tags.retain(|key, _| !keys.contains(key));
        crate::value::put(doc, "tags", Some(Value::Object(tags)));
        Ok(json!({}))
    }

    pub(super) fn list_tags(&mut self, body: &Value) -> AwsResult {
        Ok(json!({ "tags": tags(self.tagged(body)?) }))
    }

    /// The description of what a call's ARN means.
    fn tagged(&mut self, body: &Value) -> Result<&mut Value, AwsError> {
        let arn = input::required(body, "resourceArn").map_err(|error| bad(&error.message))?;
        if !arn.starts_with("arn:") || arn.split(':').nth(2) != Some("eks") {
            return Err(bad(&format!("Invalid resource arn: {arn}")));
        }
        self.clusters
            .values_mut()
            .find_map(|cluster| cluster.named(arn))
            .ok_or_else(|| AwsError::new(404, "NotFoundException", "Resource was not found"))
    }
}

impl Cluster {
    fn named(&mut self, arn: &str) -> Option<&mut Value> {
        let parts = |map| std::collections::BTreeMap::values_mut(map);
        let docs = std::iter::once(&mut self.own)
            .chain(parts(&mut self.nodegroups))
            .chain(parts(&mut self.profiles))
            .chain(parts(&mut self.addons))
            .chain(parts(&mut self.associations))
            .map(|part| &mut part.doc)
            .chain(self.entries.values_mut().map(|entry| &mut entry.doc));
        let members = [
            "/arn",
            "/nodegroupArn",
            "/fargateProfileArn",
            "/addonArn",
            "/associationArn",
            "/accessEntryArn",
        ];
        docs.into_iter().find(|doc| members.iter().any(|member| text(doc, member) == arn))
    }
}

fn tags(doc: &Value) -> Map<String, Value> {
    doc.get("tags").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn bad(message: &str) -> AwsError {
    AwsError::client("BadRequestException", message)
}
