//! The normal form of task definitions: without what the API fills in, and sorted where order says
//! nothing.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::json::{below, canonical, drop_defaults, items, prune, sort, texts};
use super::sizes;
use crate::prepare::hex;

/// What a description tells besides what was registered, and what is no content.
const BESIDE: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
    "tags",
];

/// The content of a declared or described task definition.
pub(super) fn normal(definition: &Value) -> Map<String, Value> {
    let mut out = definition.as_object().cloned().unwrap_or_default();
    out.retain(|member, value| !BESIDE.contains(&member.as_str()) && value != "");
    for (member, read) in
        [("cpu", sizes::cpu as fn(&str) -> Option<i64>), ("memory", sizes::memory)]
    {
        if let Some(units) = out.get(member).and_then(Value::as_str).and_then(read) {
            out.insert(member.to_owned(), units.to_string().into());
        }
    }
    let mode = out.get("networkMode").and_then(Value::as_str).unwrap_or("bridge").to_owned();
    let fargate = texts(definition, "requiresCompatibilities").contains(&"FARGATE");
    drop_defaults(
        &mut out,
        &[("networkMode", json!("bridge")), ("enableFaultInjection", json!(false))],
    );
    if fargate && let Some(platform) = below(&mut out, "runtimePlatform") {
        let usual = [("cpuArchitecture", "X86_64"), ("operatingSystemFamily", "LINUX")];
        drop_defaults(platform, &usual.map(|(member, value)| (member, json!(value))));
    }
    if let Some(proxy) = below(&mut out, "proxyConfiguration") {
        drop_defaults(proxy, &[("type", json!("APPMESH"))]);
        sort(proxy, "properties", &["name"]);
    }
    items(&mut out, "volumes").for_each(volume);
    items(&mut out, "containerDefinitions").for_each(|one| container(one, &mode));
    for (member, by) in [
        ("volumes", &["name"] as &[&str]),
        ("containerDefinitions", &["name"]),
        ("placementConstraints", &["type", "expression"]),
        ("requiresCompatibilities", &[]),
        ("inferenceAccelerators", &["deviceName"]),
    ] {
        sort(&mut out, member, by);
    }
    prune(&mut out);
    out
}

fn volume(volume: &mut Map<String, Value>) {
    drop_defaults(volume, &[("configuredAtLaunch", json!(false))]);
    if let Some(host) = below(volume, "host") {
        drop_defaults(host, &[("sourcePath", json!(""))]);
    }
    if let Some(docker) = below(volume, "dockerVolumeConfiguration") {
        let usual = [("scope", json!("task")), ("autoprovision", json!(false))];
        drop_defaults(docker, &usual);
    }
    if let Some(efs) = below(volume, "efsVolumeConfiguration") {
        let usual = [("rootDirectory", json!("/")), ("transitEncryption", json!("DISABLED"))];
        drop_defaults(efs, &usual);
        if let Some(authorization) = below(efs, "authorizationConfig") {
            drop_defaults(authorization, &[("iam", json!("DISABLED"))]);
        }
    }
}

fn container(container: &mut Map<String, Value>, mode: &str) {
    let off = [
        "interactive",
        "pseudoTerminal",
        "privileged",
        "readonlyRootFilesystem",
        "disableNetworking",
    ];
    drop_defaults(container, &off.map(|member| (member, json!(false))));
    drop_defaults(
        container,
        &[("cpu", json!(0)), ("essential", json!(true)), ("versionConsistency", json!("enabled"))],
    );
    items(container, "portMappings").for_each(|one| port(one, mode));
    for member in ["mountPoints", "volumesFrom"] {
        items(container, member).for_each(|one| drop_defaults(one, &[("readOnly", json!(false))]));
    }
    if let Some(check) = below(container, "healthCheck") {
        let usual = [("interval", 30), ("timeout", 5), ("retries", 3), ("startPeriod", 0)];
        drop_defaults(check, &usual.map(|(member, value)| (member, json!(value))));
    }
    if let Some(policy) = below(container, "restartPolicy") {
        let usual = [("enabled", json!(false)), ("restartAttemptPeriod", json!(300))];
        drop_defaults(policy, &usual);
    }
    if let Some(linux) = below(container, "linuxParameters") {
        drop_defaults(linux, &[("initProcessEnabled", json!(false))]);
        items(linux, "devices").for_each(|device| sort(device, "permissions", &[]));
        items(linux, "tmpfs").for_each(|tmpfs| sort(tmpfs, "mountOptions", &[]));
        sort(linux, "devices", &["hostPath", "containerPath"]);
        sort(linux, "tmpfs", &["containerPath"]);
        if let Some(capabilities) = below(linux, "capabilities") {
            sort(capabilities, "add", &[]);
            sort(capabilities, "drop", &[]);
        }
    }
    if let Some(log) = below(container, "logConfiguration") {
        sort(log, "secretOptions", &["name"]);
    }
    for (member, by) in [
        ("environment", &["name"] as &[&str]),
        ("secrets", &["name"]),
        ("portMappings", &["containerPort", "containerPortRange", "protocol", "hostPort"]),
        ("mountPoints", &["containerPath", "sourceVolume"]),
        ("volumesFrom", &["sourceContainer"]),
        ("dependsOn", &["containerName", "condition"]),
        ("ulimits", &["name"]),
        ("resourceRequirements", &["type", "value"]),
        ("systemControls", &["namespace"]),
        ("extraHosts", &["hostname", "ipAddress"]),
        ("dockerSecurityOptions", &[]),
        ("links", &[]),
    ] {
        sort(container, member, by);
    }
}

/// Under `awsvpc` and `host` the host's port is the container's; else 0 means any.
fn port(port: &mut Map<String, Value>, mode: &str) {
    drop_defaults(port, &[("protocol", json!("tcp")), ("hostPort", json!(0))]);
    if mode == "awsvpc" || mode == "host" {
        for (host, container) in
            [("hostPort", "containerPort"), ("hostPortRange", "containerPortRange")]
        {
            if port.contains_key(host) && port.get(host) == port.get(container) {
                port.remove(host);
            }
        }
    }
}

/// The content in the words of a revision where both say the same: a role may be declared by its
/// name, and is described by its ARN.
pub(super) fn aligned(declared: &Map<String, Value>, live: &Value) -> Map<String, Value> {
    let mut out = declared.clone();
    for member in ["taskRoleArn", "executionRoleArn"] {
        let (Some(name), Some(arn)) = (
            declared.get(member).and_then(Value::as_str),
            live.get(member).and_then(Value::as_str),
        ) else {
            continue;
        };
        let role = arn.split_once(":role/").map(|(_, role)| role.rsplit('/').next());
        if !name.contains(':') && role == Some(Some(name)) {
            out.insert(member.to_owned(), arn.into());
        }
    }
    out
}

/// Digest of a content in normal form.
pub(super) fn digest(content: &Map<String, Value>) -> String {
    hex(&Sha256::digest(canonical(&Value::Object(content.clone()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(container: &Value) -> Value {
        Value::Object(normal(
            &json!({"networkMode": "awsvpc", "containerDefinitions": [container]}),
        ))
    }

    #[test]
    fn what_the_api_fills_in_is_no_content() {
        for (declared, described) in [
            (
                json!({"name": "a"}),
                json!({"name": "a", "cpu": 0, "essential": true, "environment": [],
                    "portMappings": [], "mountPoints": [], "volumesFrom": [], "systemControls": [],
                    "privileged": false, "versionConsistency": "enabled", "linuxParameters": {}}),
            ),
            (
                json!({"portMappings": [{"containerPort": 9}, {"containerPort": 80},
                    {"containerPortRange": "90-99"}]}),
                json!({"portMappings": [
                    {"containerPortRange": "90-99", "hostPortRange": "90-99", "protocol": "tcp"},
                    {"containerPort": 80, "hostPort": 80, "protocol": "tcp"},
                    {"containerPort": 9, "hostPort": 9, "protocol": "tcp"}]}),
            ),
            (
                json!({"healthCheck": {"command": ["x"]}}),
                json!({"healthCheck": {"command": ["x"], "interval": 30, "timeout": 5,
                    "retries": 3, "startPeriod": 0}}),
            ),
            (
                json!({"linuxParameters": {"capabilities": {"add": ["B", "A"]}}}),
                json!({"linuxParameters": {"capabilities": {"add": ["A", "B"], "drop": []},
                    "devices": [], "initProcessEnabled": false}}),
            ),
        ] {
            assert_eq!(container(&declared), container(&described));
        }
    }

    #[test]
    fn what_says_something_is_content() {
        for (one, other) in [
            (json!({"command": ["a", "b"]}), json!({"command": ["b", "a"]})),
            (json!({"dockerLabels": {"a": ""}}), json!({"dockerLabels": {}})),
            (
                json!({"portMappings": [{"containerPort": 1, "protocol": "udp"}]}),
                json!({"portMappings": [{"containerPort": 1}]}),
            ),
            (json!({"environment": [{"name": "A", "value": ""}]}), json!({})),
            (json!({"stopTimeout": 30}), json!({})),
            (json!({"user": "0"}), json!({})),
        ] {
            assert_ne!(container(&one), container(&other));
        }
    }

    #[test]
    fn under_bridge_any_port_of_the_host_is_none() {
        let ports =
            |ports: Value| normal(&json!({"containerDefinitions": [{"portMappings": ports}]}));
        let any = ports(json!([{"containerPort": 80}]));
        assert_eq!(any, ports(json!([{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}])));
        assert_ne!(any, ports(json!([{"containerPort": 80, "hostPort": 80}])));
    }

    #[test]
    fn the_platform_is_the_usual_one_on_fargate_only() {
        let usual = json!({"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"});
        let of =
            |on: &str| normal(&json!({"requiresCompatibilities": [on], "runtimePlatform": usual}));
        assert!(!of("FARGATE").contains_key("runtimePlatform"));
        assert!(of("EC2").contains_key("runtimePlatform"));
    }

    #[test]
    fn a_role_by_its_name_is_the_role_by_its_arn() {
        let live = json!({"taskRoleArn": "arn:aws:iam::123456789012:role/path/task"});
        let declared = |name: &str| normal(&json!({"taskRoleArn": name}));
        let same = |name: &str| Value::Object(aligned(&declared(name), &live)) == live;
        assert_eq!(["task", "other", "arn:aws:iam::1:role/task"].map(same), [true, false, false]);
    }

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_keys() {
        let one = normal(&json!({"family": "a", "cpu": "1 vCPU"}));
        let other = normal(&json!({"cpu": "1024", "family": "a", "revision": 7, "tags": []}));
        assert_eq!(digest(&one), digest(&other));
    }
}
