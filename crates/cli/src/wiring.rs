//! Which adapters an environment gets: the only place that names them.

use std::sync::Arc;

use suimon_model::Environment;
use suimon_provider::{Provider, Registry};
use suimon_provider_kubernetes::{Kubernetes, Options};

use crate::failure::Failure;

/// The providers of an environment.
pub(crate) async fn registry(
    project: &str,
    environment: &Environment,
    parallelism: u16,
) -> Result<Registry, Failure> {
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    if environment.targets.kubernetes.is_some() {
        let options = Options {
            cluster_uid: environment.targets.cluster_uid.clone(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            concurrency: usize::from(parallelism),
            ..Options::new(environment.targets.kubernetes.clone(), project, &environment.name)
        };
        let kubernetes = Kubernetes::new(options)
            .await
            .map_err(|error| suimon_engine::Error::Target { provider: "kubernetes", error })?;
        providers.push(Arc::new(kubernetes));
    }
    Ok(Registry::new(providers))
}
