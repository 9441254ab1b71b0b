//! `UpdateNodegroupConfig` and `UpdateNodegroupVersion`.

use serde_json::{Map, Value, json};

use crate::{
    aws::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    value::{items, text},
};

use super::{
    Eks,
    cluster_config::only,
    cluster_version::minor,
    error::{About, in_use, invalid_parameter},
    input,
    nodegroup::{check_scaling, check_version, release},
    part::{Change, Part},
};

impl Eks {
    pub(super) fn update_nodegroup_config(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        let part = self.nodegroup_mut(body)?;
        if let Some(update) = part.started_by(body) {
            return Ok(json!({ "update": update.doc }));
        }
        let about = about(body)?;
        check_active(&about, part)?;
        let change = config(&about, &part.doc, body)?;
        Ok(part.begin(context, body, change))
    }

    pub(super) fn update_nodegroup_version(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?.version().to_owned();
        let part = self.nodegroup_mut(body)?;
        if let Some(update) = part.started_by(body) {
            return Ok(json!({ "update": update.doc }));
        }
        let about = about(body)?;
        check_active(&about, part)?;
        let change = version(&about, &part.doc, body, &cluster)?;
        Ok(part.begin(context, body, change))
    }
}

fn about(body: &Value) -> Result<[(&'static str, &str); 2], AwsError> {
    let name = input::required(body, "clusterName")?;
    Ok([("clusterName", name), ("nodegroupName", input::required(body, "nodegroupName")?)])
}

fn check_active(about: About<'_>, part: &Part) -> Result<(), AwsError> {
    match part.status() {
        "ACTIVE" | "DEGRADED" => Ok(()),
        _ => {
            Err(in_use(about, "Nodegroup cannot be updated as it is currently not in Active State"))
        }
    }
}

fn config(about: About<'_>, doc: &Value, body: &Value) -> Result<Change, AwsError> {
    let mut change = Change { kind: "ConfigUpdate", ..Change::default() };
    if let Some(asked) = body.get("scalingConfig").filter(|asked| !asked.is_null()) {
        let mut scaling = doc.get("scalingConfig").cloned().unwrap_or_default();
        input::take(&mut scaling, asked, &["minSize", "maxSize", "desiredSize"]);
        check_scaling(about, &scaling)?;
        for (member, param) in
            [("minSize", "MinSize"), ("maxSize", "MaxSize"), ("desiredSize", "DesiredSize")]
        {
            if let Some(size) = asked.get(member).filter(|size| !size.is_null()) {
                change.params.push((param, size.to_string()));
            }
        }
        change.members.insert("scalingConfig".to_owned(), scaling);
    }
    if let Some(asked) = body.get("labels").filter(|asked| !asked.is_null()) {
        let labels = labels(doc, asked, &mut change)?;
        change.members.insert("labels".to_owned(), labels);
    }
    if let Some(asked) = body.get("taints").filter(|asked| !asked.is_null()) {
        let taints = taints(doc, asked, &mut change);
        change.members.insert("taints".to_owned(), taints);
    }
    for (member, param) in [
        ("updateConfig", "MaxUnavailable"),
        ("nodeRepairConfig", "NodeRepairConfig"),
        ("warmPoolConfig", "WarmPoolEnabled"),
    ] {
        if let Some(asked) = body.get(member).filter(|asked| !asked.is_null()) {
            change.params.push((param, asked.to_string()));
            change.members.insert(member.to_owned(), asked.clone());
        }
    }
    if change.members.is_empty() {
        return Err(invalid_parameter(
            about,
            "No changes needed: the request has no node group config.",
        ));
    }
    Ok(change)
}

fn labels(doc: &Value, asked: &Value, change: &mut Change) -> Result<Value, AwsError> {
    let mut labels: Map<String, Value> =
        doc.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(add) = input::object(asked, "addOrUpdateLabels")? {
        labels.extend(add.clone());
        change.params.push(("LabelsToAdd", Value::Object(add.clone()).to_string()));
    }
    if let Some(remove) = input::texts(asked, "removeLabels")? {
        labels.retain(|key, _| !remove.contains(&key.as_str()));
        change.params.push(("LabelsToRemove", json!(remove).to_string()));
    }
    Ok(Value::Object(labels))
}

fn taints(doc: &Value, asked: &Value, change: &mut Change) -> Value {
    // A taint is the same one as another with its key and effect.
    let same = |one: &Value, other: &Value| {
        one.get("key") == other.get("key") && one.get("effect") == other.get("effect")
    };
    let mut taints = items(doc, "/taints").to_vec();
    let (add, remove) = (items(asked, "/addOrUpdateTaints"), items(asked, "/removeTaints"));
    taints.retain(|taint| !remove.iter().chain(add).any(|other| same(taint, other)));
    taints.extend(add.iter().cloned());
    for (param, list) in [("TaintsToAdd", add), ("TaintsToRemove", remove)] {
        if !list.is_empty() {
            change.params.push((param, json!(list).to_string()));
        }
    }
    taints.into()
}

fn version(about: About<'_>, doc: &Value, body: &Value, cluster: &str) -> Result<Change, AwsError> {
    let old = text(doc, "/version");
    let wanted = input::text(body, "version")?.unwrap_or(cluster);
    check_version(about, cluster, wanted)?;
    if minor(wanted) < minor(old) {
        return Err(invalid_parameter(
            about,
            format!("Nodegroup version can't be rolled back from {old} to {wanted}"),
        ));
    }
    let latest = release(wanted);
    let released = input::text(body, "releaseVersion")?.unwrap_or(&latest);
    if !released.starts_with(&format!("{wanted}.")) {
        return Err(invalid_parameter(
            about,
            format!(
                "Requested Nodegroup release version {released} is invalid. Allowed release version is {latest}"
            ),
        ));
    }
    let template = body.get("launchTemplate").filter(|template| !template.is_null());
    if template.is_some() && doc.get("launchTemplate").is_none() {
        return Err(invalid_parameter(
            about,
            "You can't specify a launch template for a node group that was not created with one.",
        ));
    }
    let unchanged = (wanted, released) == (old, text(doc, "/releaseVersion"))
        && template.is_none_or(|template| doc.get("launchTemplate") == Some(template));
    if unchanged {
        return Err(invalid_parameter(
            about,
            "No changes needed for the nodegroup version provided",
        ));
    }
    let mut members = only(&[("version", wanted.into()), ("releaseVersion", released.into())]);
    let mut params = vec![("Version", wanted.to_owned()), ("ReleaseVersion", released.to_owned())];
    if let Some(template) = template {
        params.push(("LaunchTemplateVersion", text(template, "/version").to_owned()));
        members.insert("launchTemplate".to_owned(), template.clone());
    }
    Ok(Change { kind: "VersionUpdate", params, members })
}
