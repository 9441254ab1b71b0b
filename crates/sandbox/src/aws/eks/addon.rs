//! Add-ons.

use serde_json::{Map, Value, json};

use crate::{
    aws::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    value::{self, text},
};

use super::{
    Cluster, Eks, addon_versions,
    error::{About, in_use, invalid_parameter, not_found},
    input,
    part::{Change, Part},
};

impl Eks {
    pub(super) fn create_addon(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        let addon = input::required(body, "addonName")?;
        let name = cluster.name().to_owned();
        let about = [("clusterName", name.as_str()), ("addonName", addon)];
        if let Some(there) = cluster.addons.get(addon) {
            if there.is_asked_again(body) {
                return Ok(json!({ "addon": there.doc }));
            }
            return Err(in_use(&about, "Addon already exists."));
        }
        cluster.check_active()?;
        if !addon_versions::is_known(addon) {
            return Err(invalid_parameter(&about, "Addon specified is not supported"));
        }
        check(&about, cluster, addon, body)?;
        let default = addon_versions::default(addon, cluster.version());
        let namespace = text(body, "/namespaceConfig/namespace");
        let namespace =
            if namespace.is_empty() { addon_versions::namespace(addon) } else { namespace };
        let id = context.ids.uuid();
        let mut doc = json!({
            "addonName": addon, "clusterName": name, "status": "CREATING",
            "addonVersion": default, "health": { "issues": [] },
            "addonArn": context.arn("eks", &format!("addon/{name}/{addon}/{id}")),
            "createdAt": context.stamp(), "modifiedAt": context.stamp(),
            "tags": input::tags(body)?, "namespaceConfig": { "namespace": namespace },
        });
        input::take(
            &mut doc,
            body,
            &["addonVersion", "serviceAccountRoleArn", "configurationValues"],
        );
        let identities = identities(context, &name, body);
        if let Some(identities) = identities {
            value::put(&mut doc, "podIdentityAssociations", Some(identities));
        }
        let part = Part::new(doc, body, Map::new());
        let answer = json!({ "addon": part.doc });
        cluster.addons.insert(addon.to_owned(), part);
        Ok(answer)
    }

    pub(super) fn describe_addon(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        let addon = input::required(body, "addonName")?;
        let part = cluster.addons.get(addon).ok_or_else(|| absent(cluster.name(), addon))?;
        Ok(json!({ "addon": part.doc }))
    }

    pub(super) fn list_addons(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        input::page(body, "addons", cluster.addons.keys().map(String::as_str))
    }

    pub(super) fn update_addon(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        let addon = input::required(body, "addonName")?;
        let name = cluster.name().to_owned();
        let about = [("clusterName", name.as_str()), ("addonName", addon)];
        let part = cluster.addons.get(addon).ok_or_else(|| absent(&name, addon))?;
        if let Some(update) = part.started_by(body) {
            return Ok(json!({ "update": update.doc }));
        }
        if let status @ ("CREATING" | "UPDATING" | "DELETING") = part.status() {
            return Err(in_use(
                &about,
                format!("Addon {addon} cannot be updated as it is currently in {status} state"),
            ));
        }
        check(&about, cluster, addon, body)?;
        let change = change(context, &name, body)?;
        let part = cluster.addons.get_mut(addon).ok_or_else(|| absent(&name, addon))?;
        Ok(part.begin(context, body, change))
    }

    pub(super) fn delete_addon(&mut self, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        let addon = input::required(body, "addonName")?;
        let name = cluster.name().to_owned();
        let part = cluster.addons.get_mut(addon).ok_or_else(|| absent(&name, addon))?;
        part.begin_delete();
        Ok(json!({ "addon": part.doc }))
    }
}

pub(super) fn absent(cluster: &str, addon: &str) -> AwsError {
    not_found(
        &[("clusterName", cluster), ("addonName", addon)],
        format!("No addon: {addon} found in cluster: {cluster}"),
    )
}

fn check(about: About<'_>, cluster: &Cluster, addon: &str, body: &Value) -> Result<(), AwsError> {
    if let Some(version) = input::text(body, "addonVersion")?
        && !addon_versions::fits(addon, version, cluster.version())
    {
        return Err(invalid_parameter(about, "Addon version specified is not supported"));
    }
    if let Some(way) = input::text(body, "resolveConflicts")?
        && !matches!(way, "OVERWRITE" | "NONE" | "PRESERVE")
    {
        return Err(invalid_parameter(about, format!("Invalid resolveConflicts: {way}")));
    }
    let Some(values) = input::text(body, "configurationValues")? else { return Ok(()) };
    let parsed = serde_saphyr::from_str::<Value>(values).ok();
    if values.trim().is_empty() || parsed.is_some_and(|values| values.is_object()) {
        return Ok(());
    }
    Err(invalid_parameter(
        about,
        "ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$: is not an object]",
    ))
}

/// The ARNs of the associations that the add-on itself makes.
fn identities(context: &mut Context<'_>, cluster: &str, body: &Value) -> Option<Value> {
    let asked = body.get("podIdentityAssociations").and_then(Value::as_array)?;
    let arns: Vec<Value> = asked
        .iter()
        .map(|_| {
            let id = context.ids.hex(17);
            context.arn("eks", &format!("podidentityassociation/{cluster}/a-{id}")).into()
        })
        .collect();
    Some(arns.into())
}

fn change(context: &mut Context<'_>, cluster: &str, body: &Value) -> Result<Change, AwsError> {
    let mut change = Change { kind: "AddonUpdate", ..Change::default() };
    for (member, param) in [
        ("addonVersion", "AddonVersion"),
        ("serviceAccountRoleArn", "ServiceAccountRoleArn"),
        ("resolveConflicts", "ResolveConflicts"),
        ("configurationValues", "ConfigurationValues"),
    ] {
        let Some(given) = input::text(body, member)? else { continue };
        change.params.push((param, given.to_owned()));
        if member != "resolveConflicts" {
            let new = if given.is_empty() { Value::Null } else { given.into() };
            change.members.insert(member.to_owned(), new);
        }
    }
    if let Some(arns) = identities(context, cluster, body) {
        let asked = body.get("podIdentityAssociations").map(Value::to_string);
        change.params.push(("PodIdentityAssociations", asked.unwrap_or_default()));
        change.members.insert("podIdentityAssociations".to_owned(), arns);
    }
    Ok(change)
}
