//! [`Project`] and [`Environment`]: the parts of their files that the rest of suimon acts on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Gate, Location};

/// `suimon.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Project {
    /// `metadata.name`.
    pub name: String,
    /// Environments in promotion order.
    pub pipeline: Vec<String>,
    /// The protected branch: what a gated environment may be applied from, and what promotions are
    /// opened against; `None` leaves it to the repository.
    pub branch: Option<String>,
    /// The host of the repository, where it is not told by the remote's address.
    pub forge: Option<ForgeSettings>,
    /// Where the ledgers are.
    pub ledger: LedgerSettings,
}

impl Project {
    /// The environment that a release comes from before it enters this one; `None` for the first.
    pub fn upstream_of(&self, environment: &str) -> Option<&str> {
        let at = self.pipeline.iter().position(|name| name == environment)?;
        self.pipeline.get(at.checked_sub(1)?).map(String::as_str)
    }
}

/// `spec.forge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForgeSettings {
    /// Which API it speaks.
    pub kind: ForgeKind,
    /// Base address of its API, where it is not the public service.
    pub url: Option<String>,
    /// `owner/name` (GitLab: the full path of the project); the remote's by default.
    pub repository: Option<String>,
}

/// The API of a forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgeKind {
    /// Branches and files in the repository itself.
    Local,
    /// GitHub, also GitHub Enterprise Server.
    Github,
    /// GitLab.
    Gitlab,
    /// Gitea and Forgejo.
    Gitea,
}

/// `spec.ledger`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerSettings {
    /// Name of the Git remote that holds the ledgers; `None` is `origin` where there is one, else the
    /// repository itself. `local` is the repository itself.
    pub remote: Option<String>,
    /// A file in OpenSSH's `allowed_signers` format: every record must be signed by one of these.
    pub allowed_signers: Option<String>,
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
    /// The `gate` block; the gate crate judges by it.
    pub gate: Option<Gate>,
    /// Where the file is, for messages.
    #[serde(skip)]
    pub location: Location,
}
