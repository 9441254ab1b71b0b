//! Creating and changing clusters.

use serde_json::{Map, Value, json};
use suimon_provider::{Error, Result};

use super::super::json::{tag_list, text};
use super::normal::{namespace_mark, namespace_name, normal, wanted};
use super::{NAMESPACE, health, live, read, tags};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::{Declared, Done};

/// Creates it or changes what differs; tags come last, since they say what was applied.
pub(super) async fn write(context: &Context, declared: &Declared) -> Result<Done> {
    let cluster = match look(context, declared).await? {
        Some(cluster) => cluster,
        None => create(context, declared).await?,
    };
    let cluster = change(context, declared, cluster).await?;
    let now = live(&cluster);
    let mut tags = tags::wanted(context, declared, &now.tags);
    let made = now.spec.pointer("/serviceConnectDefaults/namespace").and_then(Value::as_str);
    if let (Some(name), Some(made)) = (namespace_name(declared), made)
        && name != made
    {
        tags.insert(NAMESPACE.to_owned(), namespace_mark(name, made));
    }
    let mut now = live(&cluster);
    tags::sync(context, &now.arn, &now.tags, &tags, &[]).await?;
    let shown = crate::marks::visible(&tags);
    now.tags.retain(|key, _| key.starts_with("aws:"));
    now.tags.extend(tags);
    if let Value::Object(spec) = &mut now.spec {
        spec.remove("tags");
        spec.extend(super::tag_map(&shown).map(|shown| ("tags".to_owned(), shown)));
    }
    Ok(Done { live: now, health: health(&cluster), more: false })
}

async fn look(context: &Context, declared: &Declared) -> Result<Option<Value>> {
    let name = declared.text("name");
    match read::describe(context, &[name.to_owned()]).await.remove(name) {
        Some(Ok(cluster)) => Ok(cluster.filter(|c| text(c, "status") != "INACTIVE")),
        Some(Err(error)) => Err(error.into()),
        None => Err(Error::Malformed(format!("nothing is known of the cluster {name}"))),
    }
}

/// A cluster of this name that is there meanwhile is answered as it is.
async fn create(context: &Context, declared: &Declared) -> Result<Value> {
    let mut body = declared.spec.as_object().cloned().unwrap_or_default();
    body.remove("name");
    body.insert("clusterName".to_owned(), declared.text("name").into());
    body.insert("tags".to_owned(), tag_list(&declared.marked_tags(context)));
    let body = Value::Object(body);
    let mut answer = call!(context.session, ecs, CreateCluster, Repeatable, create_cluster(), body)
        .map_err(busy)?;
    let cluster = answer["cluster"].take();
    if text(&cluster, "clusterName") != declared.text("name") {
        return Err(Error::Malformed("ecs CreateCluster: an answer without the cluster".into()));
    }
    Ok(cluster)
}

/// Makes the calls for what differs.
async fn change(context: &Context, declared: &Declared, cluster: Value) -> Result<Value> {
    let now = live(&cluster);
    let wanted = wanted(declared, Some(&now));
    let differs = |member: &str| now.spec.get(member) != wanted.get(member);
    let mut update = Map::new();
    if differs("settings") {
        update.insert("settings".into(), wanted.get("settings").cloned().unwrap_or(json!([])));
    }
    if differs("configuration") {
        let declared = declared.spec.get("configuration").cloned();
        // What is not said stays: the defaults have to be said.
        let reset = json!({"executeCommandConfiguration": {"logging": "DEFAULT"},
            "managedStorageConfiguration": {}});
        update.insert("configuration".into(), declared.unwrap_or(reset));
    }
    if differs("serviceConnectDefaults") {
        let declared = declared.spec.get("serviceConnectDefaults").cloned();
        // An empty name removes the default.
        update.insert(
            "serviceConnectDefaults".into(),
            declared.unwrap_or_else(|| json!({"namespace": ""})),
        );
    }
    let mut changed = false;
    if !update.is_empty() {
        update.insert("cluster".into(), now.arn.as_str().into());
        let body = Value::Object(update);
        call!(context.session, ecs, UpdateCluster, Repeatable, update_cluster(), body)
            .map_err(busy)?;
        changed = true;
    }
    if differs("capacityProviders") || differs("defaultCapacityProviderStrategy") {
        let spec = Value::Object(normal(&declared.spec));
        let of = |member: &str| spec.get(member).cloned().unwrap_or(json!([]));
        let body = json!({
            "cluster": now.arn,
            "capacityProviders": of("capacityProviders"),
            "defaultCapacityProviderStrategy": of("defaultCapacityProviderStrategy"),
        });
        call!(
            context.session,
            ecs,
            PutClusterCapacityProviders,
            Repeatable,
            put_cluster_capacity_providers(),
            body
        )
        .map_err(busy)?;
        changed = true;
    }
    match changed {
        true => look(context, declared).await?.ok_or(Error::Stale),
        false => Ok(cluster),
    }
}

/// What is refused only while something else is under way can be tried again.
fn busy(error: ApiError) -> Error {
    match error.code() {
        "UpdateInProgressException" => Error::Transient(error.to_string()),
        _ => error.into(),
    }
}
