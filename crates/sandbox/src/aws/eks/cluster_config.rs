//! `UpdateClusterConfig`: one kind of change at a time.

use serde_json::{Map, Value, json};

use crate::aws::{
    context::Context,
    error::{AwsError, AwsResult},
};

use super::{
    Eks,
    error::{About, in_use, invalid_parameter},
    input,
    part::Change,
};

/// The kinds of control plane logs.
const LOGS: [&str; 5] = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/// The ways to authenticate, in the only order in which a cluster can change them.
const MODES: [&str; 3] = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];

/// Member of the request, kind of update, kind of parameter, and what errors call it. Members of one kind go together.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("logging", "LoggingUpdate", "ClusterLogging", "logging config"),
    ("accessConfig", "AccessConfigUpdate", "AuthenticationMode", "access config"),
    ("upgradePolicy", "UpgradePolicyUpdate", "UpgradePolicy", "upgrade policy"),
    ("zonalShiftConfig", "ZonalShiftConfigUpdate", "ZonalShiftConfig", "zonal shift config"),
    ("computeConfig", "AutoModeUpdate", "ComputeConfig", "EKS Auto Mode config"),
    (
        "kubernetesNetworkConfig",
        "AutoModeUpdate",
        "KubernetesNetworkConfig",
        "EKS Auto Mode config",
    ),
    ("storageConfig", "AutoModeUpdate", "StorageConfig", "EKS Auto Mode config"),
    (
        "remoteNetworkConfig",
        "RemoteNetworkConfigUpdate",
        "RemoteNetworkConfig",
        "remote network config",
    ),
    ("deletionProtection", "DeletionProtectionUpdate", "DeletionProtection", "deletion protection"),
    (
        "controlPlaneScalingConfig",
        "ControlPlaneScalingConfigUpdate",
        "UpdatedTier",
        "control plane scaling config",
    ),
    (
        "kubeApiServerConfig",
        "ControlPlaneComponentConfigUpdate",
        "KubeApiServerConfig",
        "control plane component config",
    ),
    (
        "kubeSchedulerConfig",
        "ControlPlaneComponentConfigUpdate",
        "KubeSchedulerConfig",
        "control plane component config",
    ),
    (
        "kubeControllerManagerConfig",
        "ControlPlaneComponentConfigUpdate",
        "KubeControllerManagerConfig",
        "control plane component config",
    ),
];

/// The same for the members of `resourcesVpcConfig`.
const VPC_KINDS: &[(&str, &str, &str)] = &[
    ("endpointPublicAccess", "EndpointAccessUpdate", "EndpointPublicAccess"),
    ("endpointPrivateAccess", "EndpointAccessUpdate", "EndpointPrivateAccess"),
    ("publicAccessCidrs", "EndpointAccessUpdate", "PublicAccessCidrs"),
    ("subnetIds", "VpcConfigUpdate", "Subnets"),
    ("securityGroupIds", "VpcConfigUpdate", "SecurityGroups"),
    ("controlPlaneEgressMode", "ControlPlaneEgressUpdate", "ControlPlaneEgressMode"),
];

impl Eks {
    pub(super) fn update_config(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "name")?;
        if let Some(update) = cluster.own.started_by(body) {
            return Ok(json!({ "update": update.doc }));
        }
        cluster.check_active()?;
        let name = cluster.name().to_owned();
        let about = [("clusterName", name.as_str())];
        let change = change(&about, &cluster.own.doc, body)?;
        cluster.check_idle(change.kind)?;
        Ok(cluster.own.begin(context, body, change))
    }
}

impl super::Cluster {
    /// Refuses an update while another one runs.
    pub(super) fn check_idle(&self, kind: &str) -> Result<(), AwsError> {
        let Some(update) = self.own.running() else { return Ok(()) };
        let name = self.name();
        Err(in_use(
            &[("clusterName", name)],
            format!(
                "Cannot {kind} because cluster {name} currently has update {} in progress",
                update.id()
            ),
        ))
    }
}

/// What a request changes.
fn change(about: About<'_>, doc: &Value, body: &Value) -> Result<Change, AwsError> {
    let mut change = Change::default();
    let mut called = "";
    let given = |member: &str| body.get(member).filter(|value| !value.is_null());
    let kinds = KINDS.iter().filter_map(|kind| given(kind.0).map(|value| (kind, value)));
    for ((member, kind, param, words), value) in kinds {
        one_kind(about, &mut change, kind)?;
        called = words;
        let new = match *member {
            "logging" => logging(doc.get("logging"), value)?,
            _ => merged(doc.get(*member).unwrap_or(&Value::Null), value),
        };
        change.params.push((param, shown(value)));
        change.members.insert((*member).to_owned(), new);
    }
    if let Some(vpc) = given("resourcesVpcConfig") {
        let kinds = VPC_KINDS.iter().filter(|kind| vpc.get(kind.0).is_some_and(|v| !v.is_null()));
        for (member, kind, param) in kinds {
            one_kind(about, &mut change, kind)?;
            called = "vpc config";
            change.params.push((param, shown(vpc.get(*member).unwrap_or(&Value::Null))));
        }
        let new = merged(doc.get("resourcesVpcConfig").unwrap_or(&Value::Null), vpc);
        check_endpoints(about, &new)?;
        change.members.insert("resourcesVpcConfig".to_owned(), new);
    }
    if change.kind.is_empty() {
        return Err(invalid_parameter(about, "No changes needed: the request has no config."));
    }
    check_access(about, doc, body)?;
    if change.kind == "AutoModeUpdate" {
        check_auto_mode(about, &Value::Object(change.members.clone()))?;
    }
    let same = |(member, new): (&String, &Value)| doc.get(member).unwrap_or(&Value::Null) == new;
    if change.members.iter().all(same) {
        return Err(no_change(about, change.kind, called, doc));
    }
    Ok(change)
}

fn one_kind(about: About<'_>, change: &mut Change, kind: &'static str) -> Result<(), AwsError> {
    if change.kind.is_empty() || change.kind == kind {
        change.kind = kind;
        return Ok(());
    }
    Err(invalid_parameter(about, "Only one type of update can be allowed."))
}

fn no_change(about: About<'_>, kind: &str, called: &str, doc: &Value) -> AwsError {
    if kind != "EndpointAccessUpdate" {
        return invalid_parameter(about, format!("No changes needed for the {called} provided"));
    }
    let vpc = |member: &str| doc.pointer(&format!("/resourcesVpcConfig/{member}"));
    let flag = |member: &str| vpc(member).is_some_and(|value| value == true);
    let cidrs: Vec<&str> = vpc("publicAccessCidrs")
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    invalid_parameter(
        about,
        format!(
            "Cluster is already at the desired configuration with endpointPrivateAccess: {} , endpointPublicAccess: {}, and Public Endpoint Restrictions: [{}]",
            flag("endpointPrivateAccess"),
            flag("endpointPublicAccess"),
            cidrs.join(", ")
        ),
    )
}

/// A parameter's value: text as it is, everything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The old value with the members that the new one has.
fn merged(old: &Value, new: &Value) -> Value {
    let mut out = old.clone();
    match (&mut out, new) {
        (Value::Object(members), Value::Object(new)) => {
            for (key, value) in new.iter().filter(|(_, value)| !value.is_null()) {
                let old = members.get(key).cloned().unwrap_or(Value::Null);
                members.insert(key.clone(), merged(&old, value));
            }
            out
        }
        _ => new.clone(),
    }
}

/// The logging of a cluster after a request: what is on, then what is off.
pub(super) fn logging(old: Option<&Value>, new: &Value) -> AwsResult {
    let mut on: Vec<&str> = Vec::new();
    for setup in [old.unwrap_or(&Value::Null), new]
        .into_iter()
        .flat_map(|logging| crate::value::items(logging, "/clusterLogging"))
    {
        let enabled = input::flag(setup, "enabled")?.unwrap_or(false);
        for kind in input::texts(setup, "types")?.unwrap_or_default() {
            let Some(kind) = LOGS.iter().find(|log| **log == kind) else {
                return Err(invalid_parameter(&[], format!("Invalid log type: {kind}")));
            };
            on.retain(|there| there != kind);
            if enabled {
                on.push(kind);
            }
        }
    }
    on.sort_unstable();
    let off: Vec<&str> = LOGS.iter().copied().filter(|log| !on.contains(log)).collect();
    let setups: Vec<Value> = [(on, true), (off, false)]
        .into_iter()
        .filter(|(types, _)| !types.is_empty())
        .map(|(types, enabled)| json!({ "types": types, "enabled": enabled }))
        .collect();
    Ok(json!({ "clusterLogging": setups }))
}

pub(super) fn check_endpoints(about: About<'_>, vpc: &Value) -> Result<(), AwsError> {
    let public = input::flag(vpc, "endpointPublicAccess")?.unwrap_or(true);
    let private = input::flag(vpc, "endpointPrivateAccess")?.unwrap_or(false);
    if public || private {
        return Ok(());
    }
    Err(invalid_parameter(about, "Private and public endpoint access cannot be false"))
}

fn check_access(about: About<'_>, doc: &Value, body: &Value) -> Result<(), AwsError> {
    let mode = |value: &Value| {
        let mode = value.pointer("/accessConfig/authenticationMode")?.as_str()?;
        Some((mode.to_owned(), MODES.iter().position(|known| *known == mode)))
    };
    match (mode(doc), mode(body)) {
        (_, Some((to, None))) => {
            Err(invalid_parameter(about, format!("Invalid authentication mode: {to}")))
        }
        (Some((from, Some(old))), Some((to, Some(new)))) if new < old => Err(invalid_parameter(
            about,
            format!("Unsupported authentication mode update from {from} to {to}"),
        )),
        _ => Ok(()),
    }
}

/// EKS Auto Mode is on for compute, storage and load balancing, or for none of them.
pub(super) fn check_auto_mode(about: About<'_>, members: &Value) -> Result<(), AwsError> {
    let on = |pointer: &str| members.pointer(pointer).is_some_and(|value| value == true);
    let all = [
        on("/computeConfig/enabled"),
        on("/kubernetesNetworkConfig/elasticLoadBalancing/enabled"),
        on("/storageConfig/blockStorage/enabled"),
    ];
    if all == [all[0]; 3] {
        return Ok(());
    }
    Err(invalid_parameter(
        about,
        "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.",
    ))
}

/// Nothing but the named members.
pub(super) fn only(members: &[(&str, Value)]) -> Map<String, Value> {
    members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}
