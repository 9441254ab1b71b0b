//! Clusters: create, describe, list, delete.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    aws::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    value,
};

use super::{
    Cluster, Eks, cluster_config,
    cluster_version::{self, platform},
    error::{in_use, invalid_parameter, invalid_request, no_cluster},
    input,
    part::Part,
};

impl Eks {
    /// The cluster that a call names under `member`.
    pub(super) fn cluster(&self, body: &Value, member: &str) -> Result<&Cluster, AwsError> {
        let name = input::required(body, member)?;
        self.clusters.get(name).ok_or_else(|| no_cluster(name))
    }

    pub(super) fn cluster_mut(
        &mut self,
        body: &Value,
        member: &str,
    ) -> Result<&mut Cluster, AwsError> {
        let name = input::required(body, member)?;
        self.clusters.get_mut(name).ok_or_else(|| no_cluster(name))
    }

    pub(super) fn create_cluster(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let name = input::required(body, "name")?;
        if let Some(there) = self.clusters.get(name) {
            if there.own.is_asked_again(body) {
                return Ok(json!({ "cluster": there.own.doc }));
            }
            let about = [("clusterName", name)];
            return Err(in_use(&about, format!("Cluster already exists with name: {name}")));
        }
        check(name, body)?;
        let own = Part::new(describe(context, name, body)?, body, ready(context, name, body));
        let answer = json!({ "cluster": own.doc });
        let mut cluster = Cluster {
            own,
            nodegroups: BTreeMap::new(),
            profiles: BTreeMap::new(),
            addons: BTreeMap::new(),
            entries: BTreeMap::new(),
            associations: BTreeMap::new(),
        };
        cluster.admit_creator(context);
        self.clusters.insert(name.to_owned(), cluster);
        Ok(answer)
    }

    pub(super) fn describe_cluster(&self, body: &Value) -> AwsResult {
        Ok(json!({ "cluster": self.cluster(body, "name")?.own.doc }))
    }

    pub(super) fn list_clusters(&self, body: &Value) -> AwsResult {
        input::page(body, "clusters", self.clusters.keys().map(String::as_str))
    }

    pub(super) fn delete_cluster(&mut self, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "name")?;
        let name = cluster.name().to_owned();
        let about = [("clusterName", name.as_str())];
        if value::text(&cluster.own.doc, "/status") != "DELETING" {
            if !cluster.nodegroups.is_empty() {
                return Err(in_use(&about, "Cluster has nodegroups attached"));
            }
            if !cluster.profiles.is_empty() {
                return Err(in_use(
                    &about,
                    "Cluster has Fargate Profiles in ACTIVE/CREATING state",
                ));
            }
            if cluster.own.running().is_some() {
                return Err(in_use(
                    &about,
                    format!(
                        "Cannot delete because cluster {name} currently has an update in progress"
                    ),
                ));
            }
            if cluster.own.doc.get("deletionProtection").is_some_and(|on| on == true) {
                return Err(invalid_request(
                    &about,
                    format!("Cannot delete cluster {name} because deletion protection is enabled"),
                ));
            }
            cluster.own.begin_delete();
        }
        Ok(json!({ "cluster": cluster.own.doc }))
    }
}

impl Cluster {
    pub(super) fn name(&self) -> &str {
        value::text(&self.own.doc, "/name")
    }

    pub(super) fn version(&self) -> &str {
        value::text(&self.own.doc, "/version")
    }

    /// Refuses what needs a cluster that is there; one that is being updated will do.
    pub(super) fn check_active(&self) -> Result<(), AwsError> {
        let name = self.name();
        match self.own.status() {
            "ACTIVE" | "UPDATING" => Ok(()),
            _ => Err(invalid_request(
                &[("clusterName", name)],
                format!("Cluster '{name}' is not in ACTIVE status"),
            )),
        }
    }
}

fn check(name: &str, body: &Value) -> Result<(), AwsError> {
    let about = [("clusterName", name)];
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.len() > 100
        || !name.chars().all(legal)
        || !name.starts_with(|c: char| c.is_ascii_alphanumeric())
    {
        return Err(invalid_parameter(
            &about,
            "The cluster name must match ^[0-9A-Za-z][A-Za-z0-9\\-_]* and have at most 100 characters.",
        ));
    }
    if let Some(version) = input::text(body, "version")?
        && !cluster_version::is_supported(version)
    {
        return Err(invalid_parameter(&about, "unsupported Kubernetes version"));
    }
    let role = input::required(body, "roleArn")?;
    if !role.starts_with("arn:aws") || !role.contains(":role/") {
        return Err(invalid_parameter(&about, format!("Invalid role arn: {role}")));
    }
    let vpc = body.get("resourcesVpcConfig").unwrap_or(&Value::Null);
    let subnets = input::texts(vpc, "subnetIds")?.unwrap_or_default();
    if subnets.len() < 2 {
        return Err(invalid_parameter(
            &about,
            "Subnets specified must be in at least two different AZs",
        ));
    }
    cluster_config::check_endpoints(&about, vpc)?;
    cluster_config::check_auto_mode(&about, body)
}

/// The description of a cluster that has just been asked for.
fn describe(context: &mut Context<'_>, name: &str, body: &Value) -> AwsResult {
    let version = input::text(body, "version")?.unwrap_or(cluster_version::DEFAULT);
    let mut vpc = json!({
        "subnetIds": [], "securityGroupIds": [],
        "clusterSecurityGroupId": format!("sg-{}", context.ids.hex(17)), "vpcId": format!("vpc-{}", context.ids.hex(17)),
        "endpointPublicAccess": true, "endpointPrivateAccess": false,
        "publicAccessCidrs": ["0.0.0.0/0"],
    });
    let asked = body.get("resourcesVpcConfig").unwrap_or(&Value::Null);
    input::take(
        &mut vpc,
        asked,
        &[
            "subnetIds",
            "securityGroupIds",
            "endpointPublicAccess",
            "endpointPrivateAccess",
            "publicAccessCidrs",
            "controlPlaneEgressMode",
        ],
    );
    let mut access = json!({
        "bootstrapClusterCreatorAdminPermissions": true, "authenticationMode": "CONFIG_MAP",
    });
    let asked = body.get("accessConfig").unwrap_or(&Value::Null);
    input::take(
        &mut access,
        asked,
        &["bootstrapClusterCreatorAdminPermissions", "authenticationMode"],
    );
    let mut network = json!({
        "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4",
        "elasticLoadBalancing": { "enabled": false },
    });
    let asked = body.get("kubernetesNetworkConfig").unwrap_or(&Value::Null);
    input::take(&mut network, asked, &["serviceIpv4Cidr", "ipFamily", "elasticLoadBalancing"]);
    let mut doc = json!({
        "name": name, "arn": context.arn("eks", &format!("cluster/{name}")),
        "createdAt": context.stamp(), "version": version, "status": "CREATING",
        "roleArn": input::required(body, "roleArn")?, "resourcesVpcConfig": vpc,
        "kubernetesNetworkConfig": network, "accessConfig": access,
        "logging": cluster_config::logging(None, body.get("logging").unwrap_or(&Value::Null))?,
        "certificateAuthority": {}, "platformVersion": platform(version),
        "tags": input::tags(body)?, "health": { "issues": [] },
        "upgradePolicy": { "supportType": "EXTENDED" }, "deletionProtection": false,
        "computeConfig": { "enabled": false, "nodePools": [] },
        "storageConfig": { "blockStorage": { "enabled": false } },
    });
    input::take(
        &mut doc,
        body,
        &[
            "clientRequestToken",
            "encryptionConfig",
            "outpostConfig",
            "upgradePolicy",
            "zonalShiftConfig",
            "remoteNetworkConfig",
            "computeConfig",
            "storageConfig",
            "deletionProtection",
            "controlPlaneScalingConfig",
            "kubeApiServerConfig",
            "kubeSchedulerConfig",
            "kubeControllerManagerConfig",
        ],
    );
    Ok(doc)
}

/// What a cluster has once it is active.
fn ready(context: &mut Context<'_>, name: &str, body: &Value) -> Map<String, Value> {
    let real = context.clusters.iter().find(|cluster| cluster.name == name);
    let id = context.ids.hex(32).to_uppercase();
    let region = context.region;
    let (endpoint, authority) = match real {
        Some(real) => (real.endpoint.clone(), real.certificate_authority.clone()),
        None => (
            format!("https://{id}.gr7.{region}.eks.amazonaws.com"),
            BASE64_STANDARD.encode(format!(
                "-----BEGIN CERTIFICATE-----\nno real cluster {name}\n-----END CERTIFICATE-----\n"
            )),
        ),
    };
    let issuer = format!("https://oidc.eks.{region}.amazonaws.com/id/{id}");
    let mut ready = json!({
        "endpoint": endpoint, "certificateAuthority": { "data": authority },
        "identity": { "oidc": { "issuer": issuer } },
    });
    if let Some(outpost) = body.get("outpostConfig").filter(|config| !config.is_null()) {
        value::put(&mut ready, "outpostConfig", Some(outpost.clone()));
    }
    ready.as_object().cloned().unwrap_or_default()
}
