//! Whether declared versions go with those of the cluster and its nodes.

use futures::future::join_all;
use serde_json::Value;

use super::part::{GROUP, Part as _, split};
use super::rules::text;
use super::version::{Minor, cluster_move, nodes_move};
use super::{cluster, nodegroup};
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::Live;

/// Why EKS will not bring a cluster to its declared version.
pub(super) async fn of_cluster(
    context: &Context,
    spec: &Value,
    live: &Live,
) -> Result<Option<String>, ApiError> {
    let at = |spec: &Value| Minor::parse(text(spec, "version"));
    let (Some(from), Some(to)) = (at(&live.spec), at(spec)) else { return Ok(None) };
    if from == to {
        return Ok(None);
    }
    if let Some(why) = cluster_move(&live.key, from, to, &[]) {
        return Ok(Some(why));
    }
    let nodes = node_versions(context, &live.key).await?;
    Ok(cluster_move(&live.key, from, to, &nodes))
}

/// The versions of the node groups of a cluster, by name.
async fn node_versions(context: &Context, cluster: &str) -> Result<Vec<(String, Minor)>, ApiError> {
    let keys = nodegroup::keys(context, cluster).await?;
    let found = join_all(keys.iter().map(|key| nodegroup::known(context, key))).await;
    let mut versions = Vec::new();
    for (key, raw) in keys.iter().zip(found) {
        if let Some(minor) = raw?.and_then(|raw| Minor::parse(text(&raw, "version"))) {
            versions.push((split(key).1.to_owned(), minor));
        }
    }
    versions.sort();
    Ok(versions)
}

/// Why EKS will not bring a node group to its declared version.
pub(super) async fn of_nodegroup(
    context: &Context,
    spec: &Value,
    live: Option<&Live>,
) -> Result<Option<String>, ApiError> {
    let at = |spec: &Value| Minor::parse(text(spec, "version"));
    let Some(to) = at(spec) else { return Ok(None) };
    let from = live.and_then(|live| at(&live.spec));
    if from == Some(to) {
        return Ok(None);
    }
    let name = text(spec, "clusterName");
    let declared = context.declared_of(GROUP, "Cluster");
    let declared = declared.iter().find(|declared| cluster::Cluster.key(&declared.spec) == name);
    // The cluster is brought to its declared version before its node groups are looked at.
    let version = match declared.and_then(|declared| at(&declared.spec)) {
        Some(version) => Some(version),
        None => cluster::known(context, name).await?.and_then(|raw| at(&raw)),
    };
    Ok(version.and_then(|version| nodes_move(text(spec, "name"), from, to, (name, version))))
}
