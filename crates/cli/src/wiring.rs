//! Which adapters an environment gets: the only place that names them.

use std::path::PathBuf;
use std::sync::Arc;

use suimon_model::{DesiredState, Diagnostic, KubernetesTarget, Manifest};
use suimon_provider::{ClusterAccess, Provider, Registry};
use suimon_provider_aws::{Aws, EksAccess};
use suimon_provider_kubernetes::{Kubernetes, Options};

use crate::failure::Failure;

/// The providers of an environment.
pub(crate) async fn registry(state: &DesiredState, parallelism: u16) -> Result<Registry, Failure> {
    let (project, environment) = (&state.project, &state.environment);
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    let mut access: Option<Arc<dyn ClusterAccess>> = None;
    if let Some(target) = &environment.targets.aws {
        let options = suimon_provider_aws::Options {
            run: run_name(&environment.name),
            cache_dir: cache_dir(),
            concurrency: usize::from(parallelism),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..suimon_provider_aws::Options::new(target.clone(), project, &environment.name)
        };
        let aws = Aws::new(options)
            .await
            .map_err(|error| suimon_engine::Error::Target { provider: "aws", error })?;
        if let Some(KubernetesTarget::EksCluster(name)) = &environment.targets.kubernetes {
            access = Some(Arc::new(EksAccess::new(&aws, name)));
        }
        providers.push(Arc::new(aws));
    }
    if environment.targets.kubernetes.is_some() {
        let options = Options {
            cluster_uid: environment.targets.cluster_uid.clone(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            concurrency: usize::from(parallelism),
            access,
            cluster_declared: suimon_graph::declares_target(
                &state.manifests,
                environment.targets.kubernetes.as_ref(),
            ),
            ..Options::new(environment.targets.kubernetes.clone(), project, &environment.name)
        };
        let kubernetes = Kubernetes::new(options)
            .await
            .map_err(|error| suimon_engine::Error::Target { provider: "kubernetes", error })?;
        providers.push(Arc::new(kubernetes));
    }
    Ok(Registry::new(providers))
}

/// Names a run in the sessions of assumed roles: `suimon-dev-20261122T143000Z`.
fn run_name(environment: &str) -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    format!("suimon-{environment}-{now}")
}

/// `SUIMON_CACHE_DIR`, else `suimon` in the user's cache folder.
fn cache_dir() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("SUIMON_CACHE_DIR")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("suimon")))
        .or_else(|| Some(std::env::home_dir()?.join(".cache/suimon")))
}

/// What is wrong with a declaration, as far as its adapter can tell without the API.
pub(crate) fn check(manifest: &Manifest) -> Vec<Diagnostic> {
    if manifest.id.is_aws() { suimon_provider_aws::check(manifest) } else { Vec::new() }
}
