//! What the API tells of a secret, and asking it.

use jiff::Timestamp;
use serde_json::{Value, json};
use suimon_provider::Result;

use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::{self, Tags};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const PENDING: &str = "AWSPENDING";

fn has(labels: &Value, label: &str) -> bool {
    labels.as_array().is_some_and(|labels| labels.iter().any(|one| one == label))
}

/// A secret, as `DescribeSecret` or `ListSecrets` tells it. Its value is not part of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    entry: Value,
    /// Its resource policy, where that was asked for.
    pub(super) policy: Option<String>,
}

impl Seen {
    pub(super) fn text(&self, field: &str) -> &str {
        self.entry.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.text("Name")
    }

    pub(super) fn arn(&self) -> &str {
        self.text("ARN")
    }

    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.entry.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn tags(&self) -> Tags {
        let items = self.get("Tags").and_then(Value::as_array).into_iter().flatten();
        let text = |tag: &Value, field: &str| tag.get(field)?.as_str().map(str::to_owned);
        items
            .filter_map(|t| Some((text(t, "Key")?, text(t, "Value").unwrap_or_default())))
            .collect()
    }

    pub(super) fn is_ours(&self, context: &Context) -> bool {
        marks::is_ours(&context.options, &self.tags())
    }

    /// When the recovery window ends, if it is to be deleted.
    pub(super) fn deletion(&self) -> Option<String> {
        self.get("DeletedDate").map(time)
    }

    /// The version with a label.
    fn labelled(&self, label: &str) -> Option<&str> {
        let (id, _) = self.stages()?.iter().find(|(_, labels)| has(labels, label))?;
        Some(id)
    }

    fn stages(&self) -> Option<&serde_json::Map<String, Value>> {
        let stages = self.get("VersionIdsToStages").or_else(|| self.get("SecretVersionsToStages"));
        stages?.as_object()
    }

    /// The current version.
    pub(super) fn current(&self) -> Option<&str> {
        self.labelled(CURRENT)
    }

    /// Whether it has a version with this id that a label is on.
    pub(super) fn has_version(&self, id: &str) -> bool {
        let labels = self.stages().and_then(|stages| stages.get(id)).and_then(Value::as_array);
        labels.is_some_and(|labels| !labels.is_empty())
    }

    /// The version of a rotation that is under way. A rotation that is done leaves its label on the version that it
    /// has made the current one.
    pub(super) fn pending(&self) -> Option<&str> {
        let pending = self.labelled(PENDING)?;
        let labels = self.stages()?.get(pending)?;
        (!has(labels, CURRENT) && !has(labels, PREVIOUS)).then_some(pending)
    }

    /// The version that a rotation, which is done, has left its label on.
    pub(super) fn left_behind(&self) -> Option<&str> {
        self.labelled(PENDING).filter(|_| self.pending().is_none())
    }

    pub(super) fn rotates(&self) -> bool {
        self.get("RotationEnabled").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Whether rotation has changed the value.
    pub(super) fn was_rotated(&self) -> bool {
        self.get("LastRotatedDate").is_some()
    }

    /// Its replicas, as `{Region, KmsKeyId, Status, StatusMessage}`.
    pub(super) fn replicas(&self) -> Vec<&Value> {
        self.get("ReplicationStatus").and_then(Value::as_array).into_iter().flatten().collect()
    }

    /// Whether it is a replica of a secret of another region.
    pub(super) fn replica_of(&self, region: &str) -> Option<&str> {
        Some(self.text("PrimaryRegion")).filter(|primary| !primary.is_empty() && *primary != region)
    }

    /// Whether a list leaves out something of it.
    pub(super) fn is_partial(&self) -> bool {
        self.get("PrimaryRegion").is_some() && self.get("ReplicationStatus").is_none()
    }
}

/// A time of an answer, in the form of RFC 3339.
pub(super) fn time(value: &Value) -> String {
    let seconds = value.as_f64().map(|seconds| {
        #[allow(clippy::cast_possible_truncation)] // a time that does not fit is told as it is
        Timestamp::from_second(seconds as i64)
    });
    match (seconds, value) {
        (Some(Ok(time)), _) => time.to_string(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

/// One secret by name or ARN, also one that is to be deleted; `None` when there is none.
///
/// # Errors
/// The call failed.
pub(super) async fn describe(context: &Context, id: &str) -> Result<Option<Seen>, ApiError> {
    let body = json!({"SecretId": id});
    let answer =
        call!(context.session, secretsmanager, DescribeSecret, Read, describe_secret(), body);
    match answer {
        Ok(entry) => Ok(Some(Seen { entry, policy: None })),
        Err(error) if error.code() == "ResourceNotFoundException" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds the resource policy.
///
/// # Errors
/// The call failed.
pub(super) async fn add_policy(context: &Context, seen: &mut Seen) -> Result<(), ApiError> {
    if seen.get("DeletedDate").is_some() {
        return Ok(());
    }
    let body = json!({"SecretId": seen.arn()});
    let answer = call!(
        context.session,
        secretsmanager,
        GetResourcePolicy,
        Read,
        get_resource_policy(),
        body
    )?;
    let policy = answer.get("ResourcePolicy").and_then(Value::as_str);
    seen.policy = policy.filter(|policy| !policy.is_empty()).map(str::to_owned);
    Ok(())
}

/// The secrets that carry our mark, also those that are to be deleted, page by page.
///
/// # Errors
/// A call failed.
pub(super) async fn list(context: &Context) -> Result<Vec<Seen>, ApiError> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let mut body = json!({
            "MaxResults": 100, "IncludePlannedDeletion": true,
            "Filters": [{"Key": "tag-key", "Values": [marks::PROJECT]}],
        });
        if let (Some(next), Value::Object(body)) = (next.take(), &mut body) {
            body.insert("NextToken".to_owned(), next);
        }
        let mut answer =
            call!(context.session, secretsmanager, ListSecrets, Read, list_secrets(), body)?;
        if let Some(Value::Array(page)) = answer.get_mut("SecretList").map(Value::take) {
            found.extend(page.into_iter().map(|entry| Seen { entry, policy: None }));
        }
        next = answer.get_mut("NextToken").map(Value::take).filter(Value::is_string);
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// When a version was made.
pub(super) async fn made(context: &Context, arn: &str, version: &str) -> Option<String> {
    let body = json!({"SecretId": arn, "MaxResults": 100});
    let answer = call!(
        context.session,
        secretsmanager,
        ListSecretVersionIds,
        Read,
        list_secret_version_ids(),
        body
    );
    let answer = answer
        .inspect_err(|error| tracing::debug!("the time of a version cannot be told: {error}"))
        .ok()?;
    let versions = answer.get("Versions")?.as_array()?;
    let version =
        versions.iter().find(|one| one.get("VersionId").is_some_and(|id| id == version))?;
    version.get("CreatedDate").map(time)
}
