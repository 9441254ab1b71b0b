//! Tags of all resources.

use serde_json::{Value, json};

use super::{
    super::error::{AwsError, AwsResult},
    Ecs, invalid, list,
    model::ServiceStatus,
    name_of, text, texts,
};

/// How many tags a resource may have.
const MOST: usize = 50;

impl Ecs {
    pub(super) fn tag(&mut self, body: &Value) -> AwsResult {
        let new = read(body)?;
        let tags = self.tags_of_resource(text(body, "resourceArn"))?;
        let mut merged = tags.clone();
        for tag in new {
            match merged.iter_mut().find(|old| text(old, "key") == text(&tag, "key")) {
                Some(old) => *old = tag,
                None => merged.push(tag),
            }
        }
        check_count(&merged)?;
        *tags = merged;
        Ok(json!({}))
    }

    pub(super) fn untag(&mut self, body: &Value) -> AwsResult {
        let keys = texts(body, "tagKeys");
        let tags = self.tags_of_resource(text(body, "resourceArn"))?;
        tags.retain(|tag| !keys.contains(&text(tag, "key")));
        Ok(json!({}))
    }

    pub(super) fn list_tags(&mut self, body: &Value) -> AwsResult {
        Ok(json!({ "tags": self.tags_of_resource(text(body, "resourceArn"))? }))
    }

    fn tags_of_resource(&mut self, arn: &str) -> Result<&mut Vec<Value>, AwsError> {
        let resource = arn.splitn(6, ':').nth(5).filter(|_| arn.starts_with("arn:"));
        let Some((kind, name)) = resource.and_then(|resource| resource.split_once('/')) else {
            return Err(invalid("The ARN provided is invalid."));
        };
        let missing = |what: &str| {
            invalid(format!(
                "The specified {what} is inactive. Specify an active {what} and try again."
            ))
        };
        match kind {
            "cluster" => self
                .clusters
                .get_mut(name)
                .filter(|cluster| cluster.active && cluster.arn == arn)
                .map(|cluster| &mut cluster.tags)
                .ok_or_else(|| AwsError::client("ClusterNotFoundException", "Cluster not found.")),
            "service" => {
                let (cluster, name) = name.split_once('/').unwrap_or(("default", name));
                self.services
                    .get_mut(&(cluster.to_owned(), name.to_owned()))
                    .filter(|service| service.status == ServiceStatus::Active && service.arn == arn)
                    .map(|service| &mut service.tags)
                    .ok_or_else(|| missing("service"))
            }
            "task-definition" => {
                let (family, number) = super::definitions::split(name);
                number
                    .and_then(|number| self.definition_mut(family, number))
                    .filter(|definition| definition.arn == arn)
                    .map(|definition| &mut definition.tags)
                    .ok_or_else(|| {
                        invalid("The specified task definition was not found. Specify a valid task definition and try again.")
                    })
            }
            _ if name_of(arn, kind).is_empty() => Err(invalid("The ARN provided is invalid.")),
            _ => Err(AwsError::client(
                "ResourceNotFoundException",
                "The specified resource wasn't found.",
            )),
        }
    }
}

/// The tags of a request.
///
/// # Errors
///
/// As the API words them: too many, a key twice, a reserved or an oversized key or value.
pub(super) fn read(body: &Value) -> Result<Vec<Value>, AwsError> {
    let tags = list(body, "tags");
    check_count(tags)?;
    for (index, tag) in tags.iter().enumerate() {
        let (key, value) = (text(tag, "key"), text(tag, "value"));
        if key.is_empty() || key.chars().count() > 128 {
            return Err(invalid("Tag key must be between 1 and 128 characters long."));
        }
        if value.chars().count() > 256 {
            return Err(invalid("Tag value must be at most 256 characters long."));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys beginning with 'aws:' are reserved."));
        }
        if tags[..index].iter().any(|other| text(other, "key") == key) {
            return Err(invalid(format!("Duplicate tag keys found: {key}")));
        }
    }
    Ok(tags
        .iter()
        .map(|tag| json!({ "key": text(tag, "key"), "value": text(tag, "value") }))
        .collect())
}

fn check_count(tags: &[Value]) -> Result<(), AwsError> {
    if tags.len() > MOST {
        return Err(invalid(format!(
            "Tags cannot exceed {MOST}. Reduce the number of tags and try again."
        )));
    }
    Ok(())
}
