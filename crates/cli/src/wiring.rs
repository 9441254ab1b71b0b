//! Which adapters an environment gets: the only place that names them.

use std::path::PathBuf;
use std::sync::Arc;

use suimon_model::{AwsTarget, DesiredState, Diagnostic, KubernetesTarget, Manifest};
use suimon_provider::{ClusterAccess, Provider, Registry};
use suimon_provider_aws::{Aws, EksAccess};
use suimon_provider_kubernetes::{Kubernetes, Options};

use crate::failure::Failure;

/// The providers of an environment.
pub(crate) async fn registry(state: &DesiredState, parallelism: u16) -> Result<Registry, Failure> {
    let (project, environment) = (&state.project, &state.environment);
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    let target = environment.targets.aws.as_ref();
    let eks = match &environment.targets.kubernetes {
        Some(KubernetesTarget::EksCluster(name)) => Some(name),
        _ => None,
    };
    let aws = match (target, eks) {
        (Some(target), _) => {
            let aws = aws(state, target.clone(), parallelism).await;
            Some(aws.map_err(|error| suimon_engine::Error::Target { provider: "aws", error })?)
        }
        // Whatever account the credentials at hand are of; without a region there is the kubeconfig.
        (None, Some(_)) => aws(state, AwsTarget::default(), parallelism).await.ok(),
        (None, None) => None,
    };
    let access = aws
        .as_ref()
        .zip(eks)
        .map(|(aws, name)| -> Arc<dyn ClusterAccess> { Arc::new(EksAccess::new(aws, name)) });
    providers
        .extend(aws.filter(|_| target.is_some()).map(|aws| -> Arc<dyn Provider> { Arc::new(aws) }));
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

async fn aws(
    state: &DesiredState,
    target: AwsTarget,
    parallelism: u16,
) -> suimon_provider::Result<Aws> {
    let environment = &state.environment.name;
    let options = suimon_provider_aws::Options {
        run: run_name(environment),
        cache_dir: cache_dir(),
        concurrency: usize::from(parallelism),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..suimon_provider_aws::Options::new(target, &state.project, environment)
    };
    Aws::new(options).await
}

/// Names a run in the sessions of assumed roles: `suimon-dev-20261122T143000Z`.
fn run_name(environment: &str) -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    format!("suimon-{environment}-{now}")
}

/// `SUIMON_CACHE_DIR`, else `suimon` in the user's cache folder when it is AWS that answers.
fn cache_dir() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("SUIMON_CACHE_DIR") {
        return Some(folder);
    }
    // A server that is not AWS may begin anew, and give the same ARNs to other things.
    let elsewhere = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("AWS_ENDPOINT_URL");
    if std::env::vars_os().any(|(name, value)| elsewhere(&name) && !value.is_empty()) {
        return None;
    }
    set("XDG_CACHE_HOME")
        .map(|cache| cache.join("suimon"))
        .or_else(|| Some(std::env::home_dir()?.join(".cache/suimon")))
}

/// What is wrong with a declaration, as far as its adapter can tell without the API.
pub(crate) fn check(manifest: &Manifest) -> Vec<Diagnostic> {
    if manifest.id.is_aws() { suimon_provider_aws::check(manifest) } else { Vec::new() }
}
