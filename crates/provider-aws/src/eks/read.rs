//! Reading: EKS has no batches, so every resource is one call, and none is made twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join_all;
use serde_json::Value;
use suimon_provider::{Error, Result};

use super::access_entry::{self, AccessEntry};
use super::addon::Addon;
use super::api::{forbidden, not_served};
use super::cluster::Cluster;
use super::fargate::FargateProfile;
use super::nodegroup::Nodegroup;
use super::part::{Part, live, split};
use super::pod_identity::PodIdentityAssociation;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks;
use crate::resource::{Declared, Found};
use crate::shape::is_deferred;

/// Everything that is in a cluster.
const CHILDREN: &[&dyn Part] =
    &[&AccessEntry, &Nodegroup, &FargateProfile, &PodIdentityAssociation, &Addon];

/// Declarations of one kind.
struct Own<'a> {
    by_key: BTreeMap<String, &'a Arc<Declared>>,
    /// Some have a key that is not known yet: they are found by their marks, if they are there.
    unkeyed: bool,
}

/// What is declared, and, unless the look is targeted, all clusters and what is in those that are ours or have
/// anything declared in them.
pub(super) async fn read(
    context: &Context,
    declared: &[Arc<Declared>],
    targeted: bool,
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let clusters = clusters(context, &own(&Cluster, declared), targeted, &mut found).await?;
    // A cluster that anything is declared in may have more of ours than what is declared.
    let inhabited: BTreeSet<String> = CHILDREN
        .iter()
        .flat_map(|part| own(*part, declared).by_key.into_keys())
        .map(|key| split(&key).0.to_owned())
        .filter(|_| !targeted)
        .collect();
    let reads = CHILDREN.iter().map(|part| {
        let own = own(*part, declared);
        let (clusters, inhabited) = (&clusters, &inhabited);
        async move {
            let mut names: BTreeSet<&str> = own.by_key.keys().map(|key| split(key).0).collect();
            names.extend(inhabited.iter().map(String::as_str));
            children(context, *part, &own, clusters, (names, targeted)).await
        }
    });
    for more in join_all(reads).await {
        found.extend(more);
    }
    Ok(found)
}

fn own<'a>(part: &dyn Part, declared: &'a [Arc<Declared>]) -> Own<'a> {
    let such = declared.iter().filter(|declared| declared.id.kind == part.kind());
    let mut by_key: BTreeMap<String, &Arc<Declared>> =
        such.map(|declared| (part.key(&declared.spec), declared)).collect();
    let all = by_key.len();
    by_key.retain(|key, _| !is_deferred(&Value::String(key.clone())));
    Own { unkeyed: by_key.len() < all, by_key }
}

/// What is known of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is not there.
    Absent,
    /// It is ours or declared: everything in it is looked at.
    Ours,
    /// It is somebody else's.
    Other,
}

/// Reads the clusters; how each stands that was looked at.
async fn clusters(
    context: &Context,
    own: &Own<'_>,
    targeted: bool,
    found: &mut Vec<Found>,
) -> Result<BTreeMap<String, Standing>> {
    let mut names: BTreeSet<String> = own.by_key.keys().cloned().collect();
    if !targeted {
        match Cluster.list(context, "").await {
            Ok(listed) => names.extend(listed),
            Err(error) if forbidden(&error) || not_served(&error) => {
                found.push(Found::UnknownKind { kind: "Cluster", reason: reason(&error) });
            }
            Err(error) => return Err(error.into()),
        }
    }
    let reads = names.into_iter().map(|name| async move {
        let raw = Cluster.describe(context, &name).await;
        (name, raw)
    });
    let mut standings = BTreeMap::new();
    for (name, raw) in join_all(reads).await {
        let standing = match raw {
            Ok(None) => Standing::Absent,
            Ok(Some(raw)) => {
                let live = live(&Cluster, &raw);
                let ours =
                    own.by_key.contains_key(&name) || marks::is_ours(&context.options, &live.tags);
                found.push(Found::live("Cluster", live));
                if ours { Standing::Ours } else { Standing::Other }
            }
            Err(error) => {
                unread("Cluster", own, &name, &error, found);
                Standing::Other
            }
        };
        standings.insert(name, standing);
    }
    Ok(standings)
}

/// Reads all of one kind that are in clusters.
async fn children(
    context: &Context,
    part: &dyn Part,
    own: &Own<'_>,
    clusters: &BTreeMap<String, Standing>,
    (mut names, targeted): (BTreeSet<&str>, bool),
) -> Vec<Found> {
    if !targeted {
        let ours = clusters.iter().filter(|(_, standing)| **standing == Standing::Ours);
        names.extend(ours.map(|(name, _)| name.as_str()));
    }
    let there = names.into_iter().filter(|name| clusters.get(*name) != Some(&Standing::Absent));
    let reads = there.map(|cluster| in_cluster(context, part, own, cluster, targeted));
    join_all(reads).await.into_iter().flatten().collect()
}

async fn in_cluster(
    context: &Context,
    part: &dyn Part,
    own: &Own<'_>,
    cluster: &str,
    targeted: bool,
) -> Vec<Found> {
    let mut found = Vec::new();
    let declared: Vec<&String> = own.by_key.keys().filter(|key| split(key).0 == cluster).collect();
    let mut keys: BTreeSet<String> = declared.iter().map(|key| (*key).clone()).collect();
    if !targeted {
        match part.list(context, cluster).await {
            Ok(listed) => keys.extend(listed),
            Err(error) if nothing_there(&error) => return found,
            // A server that does not have the kind has nothing of it.
            Err(error) if not_served(&error) && declared.is_empty() => return found,
            Err(error) if declared.is_empty() => {
                found.push(Found::UnknownKind { kind: part.kind(), reason: reason(&error) });
                return found;
            }
            // What is declared is looked at all the same; nothing else of the kind is known.
            Err(error) => {
                tracing::debug!(cluster, kind = part.kind(), "not listed: {error}");
            }
        }
    }
    let reads = keys.into_iter().map(|key| async move {
        let raw = part.describe(context, &key).await;
        (key, raw)
    });
    for (key, raw) in join_all(reads).await {
        match raw {
            Ok(None) => {}
            Ok(Some(raw)) => found.push(Found::live(part.kind(), self::live(part, &raw))),
            Err(error) if nothing_there(&error) => {}
            Err(error) => unread(part.kind(), own, &key, &error, &mut found),
        }
    }
    found
}

/// Whether an error says that there can be none.
fn nothing_there(error: &ApiError) -> bool {
    error.code() == "ResourceNotFoundException" || access_entry::has_none(error)
}

/// With its code, and in the words of all adapters.
fn reason(error: &ApiError) -> String {
    Error::from(error.clone()).to_string()
}

/// One that could not be read: unknown, and not absent. Somebody else's that we may not read is left alone.
fn unread(kind: &'static str, own: &Own<'_>, key: &str, error: &ApiError, found: &mut Vec<Found>) {
    let reason = reason(error);
    match own.by_key.get(key) {
        Some(declared) => found.push(Found::Unknown { id: declared.id.clone(), reason }),
        None if forbidden(error) && !own.unkeyed => {
            tracing::debug!(kind, "not ours to read: {reason}");
        }
        None => found.push(Found::UnknownKind { kind, reason }),
    }
}
