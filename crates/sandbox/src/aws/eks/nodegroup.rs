//! Managed node groups: create, describe, list, delete.

use serde_json::{Map, Value, json};

use crate::{
    aws::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    value,
};

use super::{
    Cluster, Eks,
    cluster_version::minor,
    error::{About, in_use, invalid_parameter, not_found},
    input,
    part::Part,
};

impl Eks {
    pub(super) fn create_nodegroup(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        let group = input::required(body, "nodegroupName")?;
        let name = cluster.name().to_owned();
        let about = [("clusterName", name.as_str()), ("nodegroupName", group)];
        if let Some(there) = cluster.nodegroups.get(group) {
            if there.is_asked_again(body) {
                return Ok(json!({ "nodegroup": there.doc }));
            }
            return Err(in_use(
                &about,
                format!("NodeGroup already exists with name {group} and cluster name {name}"),
            ));
        }
        cluster.check_active()?;
        check(&about, cluster, body)?;
        let doc = describe(context, cluster, group, body)?;
        let part = Part::new(doc, body, Map::new());
        let answer = json!({ "nodegroup": part.doc });
        cluster.admit_nodes(context, input::required(body, "nodeRole")?, "EC2_LINUX");
        cluster.nodegroups.insert(group.to_owned(), part);
        Ok(answer)
    }

    pub(super) fn describe_nodegroup(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        let group = input::required(body, "nodegroupName")?;
        let part = cluster.nodegroups.get(group).ok_or_else(|| absent(cluster.name(), group))?;
        Ok(json!({ "nodegroup": part.doc }))
    }

    pub(super) fn list_nodegroups(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        input::page(body, "nodegroups", cluster.nodegroups.keys().map(String::as_str))
    }

    pub(super) fn delete_nodegroup(&mut self, body: &Value) -> AwsResult {
        let part = self.nodegroup_mut(body)?;
        part.begin_delete();
        Ok(json!({ "nodegroup": part.doc }))
    }

    pub(super) fn nodegroup_mut(&mut self, body: &Value) -> Result<&mut Part, AwsError> {
        let group = input::required(body, "nodegroupName")?;
        let cluster = self.cluster_mut(body, "clusterName")?;
        let name = cluster.name().to_owned();
        cluster.nodegroups.get_mut(group).ok_or_else(|| absent(&name, group))
    }
}

pub(super) fn absent(cluster: &str, group: &str) -> AwsError {
    not_found(
        &[("clusterName", cluster), ("nodegroupName", group)],
        format!("No node group found for name: {group}."),
    )
}

/// The AMI's release for a Kubernetes version.
pub(super) fn release(version: &str) -> String {
    format!("{version}.4-20260105")
}

fn check(about: About<'_>, cluster: &Cluster, body: &Value) -> Result<(), AwsError> {
    let role = input::required(body, "nodeRole")?;
    if !role.starts_with("arn:aws") || !role.contains(":role/") {
        return Err(invalid_parameter(about, format!("Invalid node role arn: {role}")));
    }
    if input::texts(body, "subnets")?.unwrap_or_default().is_empty() {
        return Err(invalid_parameter(about, "Subnets are required."));
    }
    let template = input::object(body, "launchTemplate")?;
    if template.is_some() && body.get("diskSize").is_some_and(|size| !size.is_null()) {
        return Err(invalid_parameter(
            about,
            "Disk size must be specified within the launch template.",
        ));
    }
    if template.is_some() && input::object(body, "remoteAccess")?.is_some() {
        return Err(invalid_parameter(
            about,
            "Remote access configuration cannot be specified with a launch template.",
        ));
    }
    if let Some(version) = input::text(body, "version")? {
        check_version(about, cluster.version(), version)?;
    }
    check_scaling(about, body.get("scalingConfig").unwrap_or(&Value::Null))
}

/// A node group is never ahead of its cluster.
pub(super) fn check_version(about: About<'_>, cluster: &str, wanted: &str) -> Result<(), AwsError> {
    match (minor(wanted), minor(cluster)) {
        (Some(wanted), Some(cluster)) if wanted <= cluster => Ok(()),
        (Some(_), _) => Err(invalid_parameter(
            about,
            format!(
                "Nodegroup version {wanted} can't be greater than the cluster's version {cluster}"
            ),
        )),
        _ => Err(invalid_parameter(about, "unsupported Kubernetes version")),
    }
}

/// Sizes in the order minimum, desired, maximum.
pub(super) fn check_scaling(about: About<'_>, scaling: &Value) -> Result<(), AwsError> {
    let size = |name: &str| match scaling.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(AwsError::serialization),
    };
    let (min, max, desired) = (size("minSize")?, size("maxSize")?, size("desiredSize")?);
    if [min, desired].into_iter().flatten().any(|size| size < 0) || max.is_some_and(|max| max < 1) {
        return Err(invalid_parameter(
            about,
            "minSize and desiredSize can't be less than 0, and maxSize can't be less than 1",
        ));
    }
    if let (Some(min), Some(desired)) = (min, desired)
        && min > desired
    {
        return Err(invalid_parameter(
            about,
            format!("Minimum capacity {min} can't be greater than desired size {desired}"),
        ));
    }
    if let (Some(max), Some(desired)) = (max, desired)
        && desired > max
    {
        return Err(invalid_parameter(
            about,
            format!("Maximum capacity {max} can't be less than desired size {desired}"),
        ));
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return Err(invalid_parameter(
            about,
            format!("Minimum capacity {min} can't be greater than maximum capacity {max}"),
        ));
    }
    Ok(())
}

fn describe(context: &mut Context<'_>, cluster: &Cluster, group: &str, body: &Value) -> AwsResult {
    let name = cluster.name();
    let id = context.ids.uuid();
    let version = input::text(body, "version")?.unwrap_or(cluster.version());
    let mut doc = json!({
        "nodegroupName": group, "clusterName": name,
        "nodegroupArn": context.arn("eks", &format!("nodegroup/{name}/{group}/{id}")),
        "version": version, "releaseVersion": release(version), "status": "CREATING",
        "createdAt": context.stamp(), "modifiedAt": context.stamp(),
        "capacityType": "ON_DEMAND", "labels": {}, "taints": [],
        "scalingConfig": { "minSize": 1, "maxSize": 2, "desiredSize": 2 },
        "resources": { "autoScalingGroups": [{ "name": format!("eks-{group}-{id}") }] },
        "health": { "issues": [] }, "updateConfig": { "maxUnavailable": 1 },
        "tags": input::tags(body)?,
    });
    if input::object(body, "launchTemplate")?.is_none() {
        value::put(&mut doc, "diskSize", Some(20.into()));
        value::put(&mut doc, "instanceTypes", Some(json!(["t3.medium"])));
    }
    let old = minor(version).is_some_and(|minor| minor < 30);
    let ami = if old { "AL2_x86_64" } else { "AL2023_x86_64_STANDARD" };
    value::put(&mut doc, "amiType", Some(ami.into()));
    input::take(
        &mut doc,
        body,
        &[
            "subnets",
            "nodeRole",
            "instanceTypes",
            "amiType",
            "diskSize",
            "remoteAccess",
            "labels",
            "taints",
            "launchTemplate",
            "updateConfig",
            "nodeRepairConfig",
            "capacityType",
            "releaseVersion",
            "warmPoolConfig",
        ],
    );
    let asked = body.get("scalingConfig").unwrap_or(&Value::Null);
    if let Some(scaling) = doc.get_mut("scalingConfig") {
        input::take(scaling, asked, &["minSize", "maxSize", "desiredSize"]);
    }
    Ok(doc)
}
