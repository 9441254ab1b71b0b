//! [`Cluster`]: a server to test against.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use suimon_model::{KubernetesTarget, Manifest};
use suimon_provider::{Observation, Provider, Scope, Write};
use suimon_provider_kubernetes::{Kubernetes, Options, Policy};
use suimon_sandbox::Sandbox;
use suimon_sandbox::envtest::ApiServer;
use tempfile::TempDir;

/// A server to test against, and how to reach it.
pub(crate) struct Cluster {
    pub(crate) kubeconfig: PathBuf,
    pub(crate) context: &'static str,
    sandbox: Option<(Sandbox, TempDir)>,
    _real: Option<ApiServer>,
}

impl Cluster {
    /// A fresh sandbox without controllers.
    pub(crate) async fn sandbox() -> Self {
        let options = suimon_sandbox::Options {
            controllers: false,
            record_requests: true,
            ..Default::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("config");
        std::fs::write(&kubeconfig, sandbox.kubeconfig()).unwrap();
        Self { kubeconfig, context: "sandbox", sandbox: Some((sandbox, folder)), _real: None }
    }

    /// A real API server, where its programs are installed.
    pub(crate) fn real() -> Option<Self> {
        let server = ApiServer::start().unwrap()?;
        let kubeconfig = server.kubeconfig_path();
        Some(Self { kubeconfig, context: "envtest", sandbox: None, _real: Some(server) })
    }

    pub(crate) fn faulty(&self) -> &Sandbox {
        &self.sandbox.as_ref().unwrap().0
    }

    /// Options for one environment; retries follow at once.
    pub(crate) fn options(&self, environment: &str) -> Options {
        let target = Some(KubernetesTarget::Context(self.context.to_owned()));
        Options {
            kubeconfig: Some(self.kubeconfig.clone()),
            policy: Policy { backoff: Duration::from_millis(1), ..Policy::default() },
            ..Options::new(target, "shop", environment)
        }
    }

    /// A connected adapter.
    pub(crate) async fn provider(&self, environment: &str) -> Kubernetes {
        let provider = Kubernetes::new(self.options(environment)).await.unwrap();
        provider.connect().await.unwrap();
        provider
    }

    /// Applies an object as somebody else.
    pub(crate) async fn apply_as(&self, manager: &str, object: &Value) -> Value {
        let namespace = object["metadata"]["namespace"].as_str();
        let path = match (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap())
        {
            ("v1", "Namespace") => "/api/v1/namespaces".to_owned(),
            ("v1", "ConfigMap") => format!("/api/v1/namespaces/{}/configmaps", namespace.unwrap()),
            other => panic!("no path for {other:?}"),
        };
        let name = object["metadata"]["name"].as_str().unwrap();
        let request =
            http::Request::patch(format!("{path}/{name}?fieldManager={manager}&force=true"))
                .header("content-type", "application/apply-patch+yaml")
                .body(object.to_string().into_bytes())
                .unwrap();
        self.client().await.request(request).await.unwrap()
    }

    /// Reads one object as it is.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        self.client().await.request(request).await.unwrap()
    }

    async fn client(&self) -> kube::Client {
        let file = kube::config::Kubeconfig::read_from(&self.kubeconfig).unwrap();
        kube::Client::try_from(kube::Config::try_from(file).unwrap()).unwrap()
    }

    /// Makes a namespace of this name.
    pub(crate) async fn namespace(&self, name: &str) {
        let object = serde_json::json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
        });
        self.apply_as("test", &object).await;
    }
}

/// Prepares declarations like the engine does.
pub(crate) fn prepare(provider: &Kubernetes, manifests: &[Manifest]) -> Vec<Manifest> {
    manifests.iter().map(|manifest| provider.prepare(manifest).unwrap()).collect()
}

/// Everything that one observation tells, in the order of ids.
pub(crate) async fn observe(provider: &Kubernetes, declared: &[Manifest]) -> Vec<Observation> {
    let mut found = Vec::new();
    let scope = Scope { manifests: declared, targeted: false };
    provider.observe(scope, &mut |observation| found.push(observation)).await.unwrap();
    found.sort_by_key(describe);
    found
}

/// One observation in a line.
pub(crate) fn describe(observation: &Observation) -> String {
    match observation {
        Observation::Live(object) => match (&object.foreign_owner, object.owned) {
            (Some(owner), _) => format!("{} is live, of {owner}", object.id),
            (None, true) => format!("{} is live, ours", object.id),
            (None, false) => format!("{} is live", object.id),
        },
        Observation::Absent(id) => format!("{id} is absent"),
        Observation::KindNotServed(id) => format!("{id} is not served"),
        Observation::Unknown(read) => match &read.id {
            Some(id) => format!("{id} is unknown: {}", read.reason),
            None => format!("{} is unknown: {}", read.group_kind, read.reason),
        },
    }
}

/// The same as one text.
pub(crate) async fn observed(provider: &Kubernetes, declared: &[Manifest]) -> String {
    let found = observe(provider, declared).await;
    found.iter().map(describe).collect::<Vec<_>>().join("\n")
}

/// A write of a prepared declaration.
pub(crate) fn write(manifest: &Manifest) -> Write {
    Write {
        id: manifest.id.clone(),
        body: manifest.body.clone(),
        resource_version: None,
        force: false,
    }
}
