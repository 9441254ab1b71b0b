//! Reads which kinds an API server serves: two requests where discovery is aggregated.

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use suimon_provider::{Error, Result};

use crate::call::Call;
use crate::redact::Redaction;
use crate::resource::{Resource, encode};
use crate::resources::Resources;
use crate::status::Status;
use crate::transport::Transport;

/// Aggregated where the server can; the plain form otherwise.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

#[derive(Deserialize)]
struct Aggregated {
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    version: String,
    #[serde(default)]
    freshness: String,
    #[serde(default)]
    resources: Vec<Served>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    resource: String,
    response_kind: Option<GroupVersionKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct GroupVersionKind {
    kind: String,
}

/// `APIVersions` of `/api`.
#[derive(Deserialize)]
struct CoreVersions {
    versions: Vec<String>,
}

/// `APIGroupList` of `/apis`.
#[derive(Deserialize)]
struct GroupList {
    groups: Vec<LegacyGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyGroup {
    name: String,
    versions: Vec<LegacyVersion>,
    preferred_version: Option<LegacyVersion>,
}

#[derive(Clone, PartialEq, Deserialize)]
struct LegacyVersion {
    version: String,
}

#[derive(Deserialize)]
struct ResourceList {
    resources: Vec<LegacyResource>,
}

#[derive(Deserialize)]
struct LegacyResource {
    name: String,
    kind: String,
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

/// Which kinds are served.
///
/// # Errors
/// The server does not answer, or not with discovery documents. A group that cannot be read is
/// noted and is no error.
pub(crate) async fn discover(transport: &Transport) -> Result<Resources> {
    let (core, groups) =
        futures::try_join!(discover_at(transport, "/api"), discover_at(transport, "/apis"))?;
    let mut resources = core;
    resources.merge(groups);
    Ok(resources)
}

async fn discover_at(transport: &Transport, root: &'static str) -> Result<Resources> {
    let body = fetch(transport, root, ACCEPT).await?;
    let kind: Kind = parse(&body, root)?;
    match kind.kind.as_str() {
        "APIGroupDiscoveryList" => Ok(aggregated(parse(&body, root)?)),
        "APIVersions" => {
            let versions: CoreVersions = parse(&body, root)?;
            let pairs = versions.versions.into_iter().map(|version| (String::new(), version));
            legacy(transport, pairs.collect()).await
        }
        "APIGroupList" => {
            let groups: GroupList = parse(&body, root)?;
            legacy(transport, groups.groups.into_iter().flat_map(preferred_first).collect()).await
        }
        other => Err(Error::Malformed(format!("{root} answered with a `{other}`"))),
    }
}

fn aggregated(list: Aggregated) -> Resources {
    let mut resources = Resources::default();
    for group in list.items {
        for version in group.versions {
            if version.freshness == "Stale" {
                resources.add_stale(&group.metadata.name);
            }
            for served in version.resources {
                let Some(kind) = served.response_kind else { continue };
                resources.add(Resource {
                    group: group.metadata.name.clone(),
                    version: version.version.clone(),
                    kind: kind.kind,
                    plural: served.resource,
                    namespaced: served.scope == "Namespaced",
                    listable: served.verbs.iter().any(|verb| verb == "list"),
                });
            }
        }
    }
    resources
}

fn preferred_first(group: LegacyGroup) -> Vec<(String, String)> {
    let mut versions = group.versions;
    versions.sort_by_key(|version| Some(version) != group.preferred_version.as_ref());
    versions.into_iter().map(|version| (group.name.clone(), version.version)).collect()
}

/// One request for each group and version, for servers without aggregated discovery.
async fn legacy(transport: &Transport, versions: Vec<(String, String)>) -> Result<Resources> {
    let parts: Vec<Resources> = stream::iter(versions)
        .map(|(group, version)| legacy_version(transport, group, version))
        .buffered(16)
        .try_collect()
        .await?;
    let mut resources = Resources::default();
    parts.into_iter().for_each(|part| resources.merge(part));
    Ok(resources)
}

async fn legacy_version(
    transport: &Transport,
    group: String,
    version: String,
) -> Result<Resources> {
    let path = match group.as_str() {
        "" => format!("/api/{}", encode(&version)),
        group => format!("/apis/{}/{}", encode(group), encode(&version)),
    };
    let mut resources = Resources::default();
    let list: ResourceList = match fetch(transport, &path, "application/json").await {
        Ok(body) => parse(&body, &path)?,
        Err(error @ (Error::Unauthenticated { .. } | Error::Unreachable { .. })) => {
            return Err(error);
        }
        // An aggregated API that is down takes only its own kinds with it.
        Err(_) => {
            resources.add_stale(&group);
            return Ok(resources);
        }
    };
    for served in list.resources.into_iter().filter(|served| !served.name.contains('/')) {
        resources.add(Resource {
            group: group.clone(),
            version: version.clone(),
            kind: served.kind,
            plural: served.name,
            namespaced: served.namespaced,
            listable: served.verbs.iter().any(|verb| verb == "list"),
        });
    }
    Ok(resources)
}

async fn fetch(transport: &Transport, path: &str, accept: &'static str) -> Result<bytes::Bytes> {
    let call = Call::get(path).accepting(accept);
    let reply = transport.send(&call).await.map_err(|gone| gone.error)?;
    if reply.status == 200 {
        return Ok(reply.body);
    }
    let status = Status::read(reply.status, &reply.body);
    if reply.status == 404 {
        return Err(Error::Malformed(format!(
            "{} is no Kubernetes API: {path} is not there",
            transport.endpoint()
        )));
    }
    Err(crate::classify::classify(&status, path, &Redaction::default(), transport))
}

fn parse<T: DeserializeOwned>(body: &[u8], path: &str) -> Result<T> {
    serde_json::from_slice(body)
        .map_err(|error| Error::Malformed(format!("{path} is no discovery document: {error}")))
}
