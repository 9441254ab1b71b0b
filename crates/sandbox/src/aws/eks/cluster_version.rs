//! Kubernetes versions: `UpdateClusterVersion` and `DescribeClusterVersions`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::aws::{
    context::{Context, stamp},
    error::{AwsError, AwsResult},
};

use super::{
    Cluster, Eks,
    cluster_config::only,
    error::{About, invalid_parameter, invalid_state},
    input,
    part::Change,
};

/// The minor versions that clusters can have.
const MINORS: std::ops::RangeInclusive<u32> = 28..=36;

/// The oldest minor version in standard support.
const STANDARD: u32 = 33;

/// What a cluster without a version gets.
pub(super) const DEFAULT: &str = "1.34";

/// For how many days a version can be rolled back.
const ROLL_BACK_DAYS: i64 = 7;

/// The minor version of `1.MINOR`.
pub(super) fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.parse().ok()
}

pub(super) fn is_supported(version: &str) -> bool {
    minor(version).is_some_and(|minor| MINORS.contains(&minor))
}

pub(super) fn platform(version: &str) -> String {
    format!("eks.{}", 60_u32.saturating_sub(minor(version).unwrap_or_default()))
}

impl Eks {
    pub(super) fn update_version(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let wanted = input::required(body, "version")?;
        let cluster = self.cluster_mut(body, "name")?;
        if let Some(update) = cluster.own.started_by(body) {
            return Ok(json!({ "update": update.doc }));
        }
        cluster.check_active()?;
        let name = cluster.name().to_owned();
        let about = [("clusterName", name.as_str())];
        cluster.check_idle("VersionUpdate")?;
        let kind = kind(&about, cluster, wanted, body, context)?;
        check_nodegroups(&about, cluster)?;
        let force = input::flag(body, "force")?.unwrap_or(false);
        if cluster.own.fails_at("insights") && !force {
            return Err(invalid_state(
                &about,
                "Amazon EKS detected upgrade readiness issues. Call the ListInsights API to view detected upgrade blocking issues. Pass the force flag when updating to override upgrade readiness errors.",
            ));
        }
        let change = Change {
            kind,
            params: vec![("Version", wanted.to_owned()), ("PlatformVersion", platform(wanted))],
            members: only(&[
                ("version", wanted.into()),
                ("platformVersion", platform(wanted).into()),
            ]),
        };
        Ok(cluster.own.begin(context, body, change))
    }
}

/// The kind of update: one minor version up, or back to the one that was left a few days ago.
fn kind(
    about: About<'_>,
    cluster: &Cluster,
    wanted: &str,
    body: &Value,
    context: &Context<'_>,
) -> Result<&'static str, AwsError> {
    let from = cluster.version();
    if !is_supported(wanted) {
        return Err(invalid_parameter(about, "unsupported Kubernetes version"));
    }
    let (old, new) = (minor(from).unwrap_or_default(), minor(wanted).unwrap_or_default());
    let asks_back = body.get("rollbackConfig").is_some_and(|config| !config.is_null());
    if new == old + 1 {
        return Ok("VersionUpdate");
    }
    if new + 1 == old && asks_back && came_from(cluster, from, context) {
        return Ok("VersionRollback");
    }
    Err(invalid_parameter(
        about,
        format!("Unsupported Kubernetes minor version update from {from} to {wanted}"),
    ))
}

/// Whether the cluster has been updated to `version` in the last days.
fn came_from(cluster: &Cluster, version: &str, context: &Context<'_>) -> bool {
    let since = stamp(context.now - SignedDuration::from_hours(24 * ROLL_BACK_DAYS));
    cluster.own.updates.iter().any(|update| {
        let to = crate::value::items(&update.doc, "/params").iter().any(|param| {
            param.get("type").is_some_and(|kind| kind == "Version")
                && param.get("value").is_some_and(|value| value == version)
        });
        let recent = update.doc.get("createdAt").and_then(Value::as_f64) >= since.as_f64();
        to && recent && update.succeeded() && update.kind() == "VersionUpdate"
    })
}

/// Managed node groups must have the cluster's version before it changes.
fn check_nodegroups(about: About<'_>, cluster: &Cluster) -> Result<(), AwsError> {
    let version = cluster.version();
    let other: Vec<&str> = cluster
        .nodegroups
        .iter()
        .filter(|(_, group)| crate::value::text(&group.doc, "/version") != version)
        .map(|(name, _)| name.as_str())
        .collect();
    if other.is_empty() {
        return Ok(());
    }
    Err(invalid_parameter(
        about,
        format!(
            "Nodegroups {} must be updated to match cluster version {version} before updating cluster version",
            other.join(", ")
        ),
    ))
}

/// `DescribeClusterVersions`.
pub(super) fn describe(body: &Value) -> AwsResult {
    let wanted = input::texts(body, "clusterVersions")?.unwrap_or_default();
    let default_only = input::flag(body, "defaultOnly")?.unwrap_or(false);
    let versions: Vec<Value> = MINORS
        .rev()
        .map(|minor| (minor, format!("1.{minor}")))
        .filter(|(_, version)| wanted.is_empty() || wanted.contains(&version.as_str()))
        .filter(|(_, version)| !default_only || version == DEFAULT)
        .map(|(minor, version)| {
            let (status, new) = match minor >= STANDARD {
                true => ("standard-support", "STANDARD_SUPPORT"),
                false => ("extended-support", "EXTENDED_SUPPORT"),
            };
            json!({
                "clusterVersion": version, "clusterType": "eks", "defaultVersion": version == DEFAULT,
                "defaultPlatformVersion": platform(&version), "status": status, "versionStatus": new,
            })
        })
        .collect();
    Ok(json!({ "clusterVersions": versions }))
}
