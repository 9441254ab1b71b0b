//! [`Project`] and [`Environment`]: the parts of their files that the rest of suimon acts on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Location;

/// `suimon.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Project {
    /// `metadata.name`.
    pub name: String,
    /// Environments in promotion order.
    pub pipeline: Vec<String>,
}

/// Which template folder of a module is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// `modules/<module>/kubernetes/`.
    Kubernetes,
    /// `modules/<module>/ecs/`.
    Ecs,
}

impl Platform {
    /// The template folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Ecs => "ecs",
        }
    }
}

/// How to reach the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KubernetesTarget {
    /// A context of the kubeconfig.
    Context(String),
    /// The service account of the pod suimon runs in.
    InCluster,
    /// An EKS cluster by name, in the environment's account and region.
    EksCluster(String),
}

/// A role that is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssumedRole {
    /// Its ARN.
    pub role_arn: String,
    /// The external id that its trust policy asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// The AWS account of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsTarget {
    /// Region, for example `ap-northeast-1`.
    pub region: Option<String>,
    /// Twelve digits; compared with the caller's account before the first read.
    pub account_id: Option<String>,
    /// Roles to assume, each with the credentials of the one before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assume_role: Vec<AssumedRole>,
    /// Named profile to start from.
    pub profile: Option<String>,
}

/// What an environment is applied to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// AWS, where there is any.
    pub aws: Option<AwsTarget>,
    /// Kubernetes, where there is any.
    pub kubernetes: Option<KubernetesTarget>,
    /// The cluster's UID (of the `kube-system` namespace), where it is pinned.
    pub cluster_uid: Option<String>,
}

/// Limits on what a plan may delete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protect {
    /// Most deletes (and replaces) of one plan; `None` is no limit.
    pub max_deletes: Option<u32>,
    /// `Kind` or `Kind.group` that must never be deleted.
    pub kinds: BTreeSet<String>,
}

/// `envs/<env>/environment.yaml`, without what only rendering needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Environment {
    /// `metadata.name`, the folder's name.
    pub name: String,
    /// Default platform of the instances.
    pub platform: Platform,
    /// What it is applied to.
    pub targets: Targets,
    /// Limits on deletes.
    pub protect: Protect,
    /// The `gate` block as written; the gate crate reads it.
    pub gate: Option<Value>,
    /// Where the file is, for messages.
    #[serde(skip)]
    pub location: Location,
}
