//! Reading clusters in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Value, json};

use super::super::json::{is_open, list, tail, text, texts, unusable};
use super::{KIND, live};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::{Declared, Found};

/// How many one `DescribeClusters` takes.
const AT_ONCE: usize = 100;

/// What reading clusters found.
pub(in super::super) struct Clusters {
    pub(in super::super) found: Vec<Found>,
    /// The names of those that are there.
    pub(in super::super) names: Vec<String>,
}

/// Reads what is declared and, unless `targeted`, all that there are.
pub(in super::super) async fn read(
    context: &Context,
    declared: &[Arc<Declared>],
    targeted: bool,
) -> Clusters {
    let mut found = Vec::new();
    let mut names: BTreeSet<String> =
        declared.iter().map(|d| d.text("name").to_owned()).filter(|name| !is_open(name)).collect();
    if !targeted {
        match list_all(context).await {
            Ok(listed) => names.extend(listed),
            Err(error) => {
                let reason = error.to_string();
                found.push(Found::UnknownKind { kind: KIND, reason });
            }
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    let mut there = Vec::new();
    let mut unread: Option<String> = None;
    for (name, answer) in describe(context, &names).await {
        match answer {
            Ok(Some(cluster)) if text(&cluster, "status") != "INACTIVE" => {
                found.push(Found::live(KIND, live(&cluster)));
                there.push(name);
            }
            Ok(_) => {}
            Err(error) => {
                let reason = error.to_string();
                match declared.iter().find(|d| d.text("name") == name) {
                    Some(declared) => {
                        let id = declared.id.clone();
                        found.push(Found::Unknown { id, reason });
                    }
                    None => unread = Some(reason),
                }
                there.push(name);
            }
        }
    }
    if let Some(reason) = unread {
        found.push(Found::UnknownKind { kind: KIND, reason });
    }
    Clusters { found, names: there }
}

/// The names of all clusters.
pub(in super::super) async fn list_all(context: &Context) -> Result<Vec<String>, ApiError> {
    let mut names = Vec::new();
    let mut body = json!({"maxResults": 100});
    loop {
        let answer = call!(context.session, ecs, ListClusters, Read, list_clusters(), body)?;
        names.extend(texts(&answer, "clusterArns").into_iter().map(|arn| tail(arn).to_owned()));
        match text(&answer, "nextToken") {
            "" => return Ok(names),
            next => body["nextToken"] = next.into(),
        }
    }
}

/// Clusters by name: described, not there, or why that is not known.
pub(super) async fn describe(
    context: &Context,
    names: &[String],
) -> BTreeMap<String, Result<Option<Value>, ApiError>> {
    let parts = names.chunks(AT_ONCE).map(|part| async move {
        let body = json!({"clusters": part, "include": ["SETTINGS", "TAGS", "CONFIGURATIONS"]});
        let answer = call!(context.session, ecs, DescribeClusters, Read, describe_clusters(), body);
        (part, answer)
    });
    let mut found = BTreeMap::new();
    for (part, answer) in join_all(parts).await {
        match answer {
            Ok(answer) => found.extend(part.iter().map(|name| (name.clone(), pick(&answer, name)))),
            Err(error) => {
                found.extend(part.iter().map(|name| (name.clone(), Err(error.clone()))));
            }
        }
    }
    found
}

/// One cluster of an answer. Neither described nor missing is not known.
fn pick(answer: &Value, name: &str) -> Result<Option<Value>, ApiError> {
    let described = list(answer, "clusters").iter().find(|c| text(c, "clusterName") == name);
    if let Some(cluster) = described {
        return Ok(Some(cluster.clone()));
    }
    let failure = list(answer, "failures").iter().find(|f| tail(text(f, "arn")) == name);
    match failure.map(|failure| text(failure, "reason")) {
        Some("MISSING") => Ok(None),
        Some(reason) => Err(unusable("DescribeClusters", format!("{name}: {reason}"))),
        None => Err(unusable("DescribeClusters", format!("the answer leaves {name} out"))),
    }
}
