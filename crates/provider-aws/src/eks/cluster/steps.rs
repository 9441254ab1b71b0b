//! The updates that bring a cluster to what is declared; EKS takes one kind of change at a time.

use serde_json::{Value, json};

use super::super::part::Step;
use super::super::rules::{get, text};

const LOGS: &[&str] = &["api", "audit", "authenticator", "controllerManager", "scheduler"];

/// What one update changes.
type Update = (&'static [&'static str], fn(&Value, &Value) -> Value);

/// In this order: who may come in, the network, the rest; the version last.
const UPDATES: &[Update] = &[
    (&["accessConfig.authenticationMode"], access),
    (
        &[
            "resourcesVpcConfig.endpointPublicAccess",
            "resourcesVpcConfig.endpointPrivateAccess",
            "resourcesVpcConfig.publicAccessCidrs",
        ],
        |_, wanted| {
            vpc(wanted, &["endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs"])
        },
    ),
    (&["resourcesVpcConfig.subnetIds", "resourcesVpcConfig.securityGroupIds"], |_, wanted| {
        vpc(wanted, &["subnetIds", "securityGroupIds"])
    }),
    (&["resourcesVpcConfig.controlPlaneEgressMode"], |_, wanted| {
        vpc(wanted, &["controlPlaneEgressMode"])
    }),
    (&["logging"], |_, wanted| logging(wanted)),
    (&["upgradePolicy"], |_, wanted| {
        let kind = get(wanted, "upgradePolicy.supportType").cloned();
        json!({"upgradePolicy": {"supportType": kind.unwrap_or_else(|| json!("EXTENDED"))}})
    }),
    (
        &["zonalShiftConfig"],
        |_, wanted| json!({"zonalShiftConfig": {"enabled": is_on(wanted, "zonalShiftConfig.enabled")}}),
    ),
    (
        &["deletionProtection"],
        |_, wanted| json!({"deletionProtection": is_on(wanted, "deletionProtection")}),
    ),
    (&["remoteNetworkConfig"], |_, wanted| {
        let list = |path| get(wanted, path).cloned().unwrap_or_else(|| json!([]));
        json!({"remoteNetworkConfig": {
            "remoteNodeNetworks": list("remoteNetworkConfig.remoteNodeNetworks"),
            "remotePodNetworks": list("remoteNetworkConfig.remotePodNetworks"),
        }})
    }),
    (&["controlPlaneScalingConfig"], |_, wanted| {
        let tier = get(wanted, "controlPlaneScalingConfig.tier").cloned();
        json!({"controlPlaneScalingConfig": {"tier": tier.unwrap_or_else(|| json!("standard"))}})
    }),
    (
        &["computeConfig", "storageConfig", "kubernetesNetworkConfig.elasticLoadBalancing"],
        |_, wanted| auto_mode(wanted),
    ),
    (&["kubeApiServerConfig", "kubeSchedulerConfig", "kubeControllerManagerConfig"], components),
];

/// The updates, in their order.
pub(super) fn steps(live: &Value, wanted: &Value) -> Vec<Step> {
    let differs = |path: &str| get(live, path) != get(wanted, path);
    let mut steps: Vec<Step> = UPDATES
        .iter()
        .filter(|(paths, _)| paths.iter().any(|path| differs(path)))
        .map(|(_, body)| Step { operation: "UpdateClusterConfig", body: body(live, wanted) })
        .collect();
    // From the config map alone, access entries are first made possible and then made the only way.
    let mode = |spec| text(spec, "accessConfig.authenticationMode");
    if (mode(live), mode(wanted)) == ("CONFIG_MAP", "API") {
        let body = json!({"accessConfig": {"authenticationMode": "API"}});
        steps.insert(1, Step { operation: "UpdateClusterConfig", body });
    }
    if let (None, Some(config)) = (get(live, "encryptionConfig"), get(wanted, "encryptionConfig")) {
        let body = json!({"encryptionConfig": config});
        steps.push(Step { operation: "AssociateEncryptionConfig", body });
    }
    if let Some(version) = get(wanted, "version").filter(|_| differs("version")) {
        steps.push(Step { operation: "UpdateClusterVersion", body: json!({"version": version}) });
    }
    steps
}

fn is_on(spec: &Value, path: &str) -> bool {
    get(spec, path).and_then(Value::as_bool).unwrap_or(false)
}

fn access(live: &Value, wanted: &Value) -> Value {
    let mode = |spec| text(spec, "accessConfig.authenticationMode").to_owned();
    let mode = match (mode(live).as_str(), mode(wanted).as_str()) {
        ("CONFIG_MAP", "API") => "API_AND_CONFIG_MAP".to_owned(),
        (_, wanted) => wanted.to_owned(),
    };
    json!({"accessConfig": {"authenticationMode": mode}})
}

fn vpc(wanted: &Value, fields: &[&str]) -> Value {
    let config = get(wanted, "resourcesVpcConfig");
    let fields = fields.iter().filter_map(|field| {
        let value = config?.get(*field)?.clone();
        Some(((*field).to_owned(), value))
    });
    json!({"resourcesVpcConfig": fields.collect::<serde_json::Map<_, _>>()})
}

fn logging(wanted: &Value) -> Value {
    let on = wanted.pointer("/logging/clusterLogging/0/types").and_then(Value::as_array);
    let on: Vec<&str> = on.into_iter().flatten().filter_map(Value::as_str).collect();
    let off: Vec<&str> = LOGS.iter().copied().filter(|log| !on.contains(log)).collect();
    let setups = [(on, true), (off, false)];
    let setups = setups.into_iter().filter(|(types, _)| !types.is_empty());
    let setups: Vec<Value> =
        setups.map(|(types, enabled)| json!({"types": types, "enabled": enabled})).collect();
    json!({"logging": {"clusterLogging": setups}})
}

/// The three switches are turned together.
fn auto_mode(wanted: &Value) -> Value {
    let mut compute = get(wanted, "computeConfig").cloned().unwrap_or_else(|| json!({}));
    compute["enabled"] = json!(is_on(wanted, "computeConfig.enabled"));
    let balancing = "kubernetesNetworkConfig.elasticLoadBalancing";
    let mut balancing = get(wanted, balancing).cloned().unwrap_or_else(|| json!({}));
    balancing["enabled"] = json!(is_on(&balancing, "enabled"));
    json!({
        "computeConfig": compute,
        "storageConfig": {"blockStorage": {
            "enabled": is_on(wanted, "storageConfig.blockStorage.enabled"),
        }},
        "kubernetesNetworkConfig": {"elasticLoadBalancing": balancing},
    })
}

/// Those components that differ.
fn components(live: &Value, wanted: &Value) -> Value {
    let names = ["kubeApiServerConfig", "kubeSchedulerConfig", "kubeControllerManagerConfig"];
    let differ = names.iter().filter(|name| get(live, name) != get(wanted, name));
    let differ = differ.filter_map(|name| Some(((*name).to_owned(), get(wanted, name)?.clone())));
    Value::Object(differ.collect())
}
