//! [`Options`]: what the adapter is told, and [`Policy`]: how patient it is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use suimon_model::KubernetesTarget;
use suimon_provider::ClusterAccess;

/// What the adapter is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// How to reach the cluster; `None` is an error when connecting.
    pub target: Option<KubernetesTarget>,
    /// The UID that the cluster's `kube-system` namespace must have, where it is pinned.
    pub cluster_uid: Option<String>,
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
    /// suimon's version, for the ApplySet's `tooling` annotation and the user agent.
    pub tool_version: String,
    /// Most requests in flight at once.
    pub concurrency: usize,
    /// Deadlines and retries.
    pub policy: Policy,
    /// Reads this kubeconfig instead of `$KUBECONFIG` or `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// How to reach the EKS cluster that is the target, without a kubeconfig; `None` looks for the
    /// context that `aws eks update-kubeconfig` makes.
    pub access: Option<Arc<dyn ClusterAccess>>,
    /// The environment itself declares that EKS cluster: that it is not there yet is no error then.
    pub cluster_declared: bool,
}

impl Options {
    /// The defaults for one environment: 32 requests in flight, the default [`Policy`].
    pub fn new(
        target: Option<KubernetesTarget>,
        project: impl Into<String>,
        environment: impl Into<String>,
    ) -> Self {
        Self {
            target,
            cluster_uid: None,
            project: project.into(),
            environment: environment.into(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            concurrency: 32,
            policy: Policy::default(),
            kubeconfig: None,
            access: None,
            cluster_declared: false,
        }
    }
}

/// How patient the adapter is with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Longest time for one request and its whole answer.
    pub deadline: Duration,
    /// No retry begins later than this after the first try.
    pub budget: Duration,
    /// Most tries of one request, the first one included.
    pub tries: u32,
    /// Most tries while nothing accepts the connection.
    pub connect_tries: u32,
    /// Mean wait before the second try; doubles with each further one.
    pub backoff: Duration,
    /// Longest single wait between two tries.
    pub max_backoff: Duration,
    /// How long a write waits for its kind to be served (its CRD was just applied).
    pub discovery_wait: Duration,
    /// How long the first write waits for a cluster that the same run created: its API server is
    /// found and lets us in a while after the cluster is said to be active.
    pub cluster_wait: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            budget: Duration::from_secs(30),
            tries: 6,
            connect_tries: 3,
            backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(5),
            discovery_wait: Duration::from_secs(30),
            cluster_wait: Duration::from_secs(120),
        }
    }
}
