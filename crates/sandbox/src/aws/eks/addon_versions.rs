//! Which add-ons there are, in which versions: `DescribeAddonVersions`.

use serde_json::{Value, json};

use crate::aws::error::AwsResult;

use super::{cluster_version::minor, input};

/// Name, owner, type, default namespace, and versions, newest first. `kube-proxy` has versions of its own.
const ADDONS: &[(&str, &str, &str, &str, &[&str])] = &[
    (
        "vpc-cni",
        "aws",
        "networking",
        "kube-system",
        &["v1.20.1-eksbuild.1", "v1.19.2-eksbuild.1", "v1.18.3-eksbuild.1"],
    ),
    (
        "coredns",
        "aws",
        "networking",
        "kube-system",
        &["v1.12.2-eksbuild.4", "v1.11.4-eksbuild.2", "v1.11.1-eksbuild.4"],
    ),
    ("kube-proxy", "aws", "networking", "kube-system", &[]),
    (
        "eks-pod-identity-agent",
        "aws",
        "security",
        "kube-system",
        &["v1.3.8-eksbuild.2", "v1.3.2-eksbuild.2"],
    ),
    (
        "aws-ebs-csi-driver",
        "aws",
        "storage",
        "kube-system",
        &["v1.44.0-eksbuild.1", "v1.35.0-eksbuild.1"],
    ),
    ("aws-efs-csi-driver", "aws", "storage", "kube-system", &["v2.1.9-eksbuild.1"]),
    ("aws-fsx-csi-driver", "aws", "storage", "kube-system", &["v1.5.1-eksbuild.1"]),
    ("aws-mountpoint-s3-csi-driver", "aws", "storage", "kube-system", &["v2.0.0-eksbuild.1"]),
    ("snapshot-controller", "aws", "storage", "kube-system", &["v8.3.0-eksbuild.1"]),
    ("adot", "aws", "observability", "opentelemetry-operator-system", &["v0.117.0-eksbuild.1"]),
    (
        "amazon-cloudwatch-observability",
        "aws",
        "observability",
        "amazon-cloudwatch",
        &["v4.3.0-eksbuild.1", "v2.1.2-eksbuild.1"],
    ),
    ("aws-guardduty-agent", "aws", "security", "amazon-guardduty", &["v1.11.0-eksbuild.4"]),
    ("eks-node-monitoring-agent", "aws", "observability", "kube-system", &["v1.4.0-eksbuild.2"]),
    ("metrics-server", "community", "observability", "kube-system", &["v0.8.0-eksbuild.2"]),
    (
        "kube-state-metrics",
        "community",
        "observability",
        "kube-state-metrics",
        &["v2.16.0-eksbuild.1"],
    ),
    (
        "prometheus-node-exporter",
        "community",
        "observability",
        "prometheus-node-exporter",
        &["v1.9.1-eksbuild.3"],
    ),
    ("cert-manager", "community", "security", "cert-manager", &["v1.18.2-eksbuild.2"]),
    ("external-dns", "community", "networking", "external-dns", &["v0.18.0-eksbuild.1"]),
];

/// The oldest and the newest Kubernetes minor version that add-ons are made for.
const MINORS: std::ops::RangeInclusive<u32> = 28..=36;

/// How far `kube-proxy` may be behind its cluster.
const PROXY_SKEW: u32 = 3;

pub(super) fn is_known(name: &str) -> bool {
    ADDONS.iter().any(|addon| addon.0 == name)
}

pub(super) fn namespace(name: &str) -> &'static str {
    ADDONS.iter().find(|addon| addon.0 == name).map_or("kube-system", |addon| addon.3)
}

/// The version that a cluster of this Kubernetes version gets by default.
pub(super) fn default(name: &str, kubernetes: &str) -> String {
    if name == "kube-proxy" {
        return format!("v{kubernetes}.3-eksbuild.2");
    }
    let newest = ADDONS.iter().find(|addon| addon.0 == name).and_then(|addon| addon.4.first());
    newest.copied().unwrap_or("v1.0.0-eksbuild.1").to_owned()
}

/// Whether a version has the form of an EKS build and, for `kube-proxy`, fits the cluster.
///
/// Other versions than the listed ones are taken too, as there are more than anybody could list.
pub(super) fn fits(name: &str, version: &str, kubernetes: &str) -> bool {
    let Some(numbers) = version.strip_prefix('v').and_then(|rest| rest.split_once("-eksbuild."))
    else {
        return false;
    };
    let parts: Vec<Option<u32>> = numbers.0.split('.').map(|part| part.parse().ok()).collect();
    let ([Some(major), Some(own), Some(_)], Ok(_)) = (parts.as_slice(), numbers.1.parse::<u32>())
    else {
        return false;
    };
    if name != "kube-proxy" {
        return true;
    }
    *major == 1
        && minor(kubernetes).is_some_and(|cluster| *own <= cluster && cluster <= own + PROXY_SKEW)
}

/// `DescribeAddonVersions`.
pub(super) fn describe(body: &Value) -> AwsResult {
    let name = input::text(body, "addonName")?;
    let kubernetes = input::text(body, "kubernetesVersion")?;
    let one_of = |member: &str, value: &str| -> Result<bool, _> {
        input::texts(body, member).map(|all| all.is_none_or(|all| all.contains(&value)))
    };
    let mut found = Vec::new();
    for (addon, owner, kind, namespace, versions) in ADDONS {
        let wanted = name.is_none_or(|name| name == *addon)
            && one_of("owners", owner)?
            && one_of("types", kind)?
            && one_of("publishers", "eks")?;
        let versions = listed(addon, versions, kubernetes);
        if wanted && !versions.is_empty() {
            found.push((
                *addon,
                json!({
                    "addonName": addon, "type": kind, "publisher": "eks", "owner": owner,
                    "defaultNamespace": namespace, "addonVersions": versions,
                }),
            ));
        }
    }
    found.sort_by_key(|(name, _)| *name);
    input::page_of(body, "addons", found.into_iter())
}

/// The versions of an add-on, each with the Kubernetes versions it is for.
fn listed(addon: &str, versions: &[&str], kubernetes: Option<&str>) -> Vec<Value> {
    let of_proxy = |own: u32| {
        let last = (own + PROXY_SKEW).min(*MINORS.end());
        (format!("v1.{own}.3-eksbuild.2"), (own..=last).collect::<Vec<u32>>())
    };
    let all: Vec<(String, Vec<u32>)> = match addon {
        "kube-proxy" => MINORS.rev().map(of_proxy).collect(),
        _ => versions.iter().map(|v| ((*v).to_owned(), MINORS.collect())).collect(),
    };
    let for_this = |minors: &[u32]| {
        kubernetes.is_none_or(|version| minor(version).is_some_and(|minor| minors.contains(&minor)))
    };
    all.into_iter()
        .filter(|(_, minors)| for_this(minors))
        .map(|(version, minors)| {
            let compatible: Vec<Value> = minors
                .iter()
                .map(|minor| format!("1.{minor}"))
                .filter(|cluster| kubernetes.is_none_or(|wanted| wanted == cluster))
                .map(|cluster| {
                    json!({
                        "clusterVersion": cluster, "platformVersions": ["*"],
                        "defaultVersion": version == default(addon, &cluster),
                    })
                })
                .collect();
            json!({
                "addonVersion": version, "architecture": ["amd64", "arm64"],
                "computeTypes": ["ec2", "fargate", "auto", "hybrid"],
                "compatibilities": compatible, "requiresConfiguration": false,
                "requiresIamPermissions": false,
            })
        })
        .collect()
}
