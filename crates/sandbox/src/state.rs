//! What one sandbox holds.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{
    api::write::WriteOptions,
    clock::Clock,
    fault::Faults,
    resource::{Registry, Resource},
    sandbox::Request,
    store::Store,
};

/// The API's memory. Everything that reads or writes it holds its lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) clock: Clock,
    /// Whether the sandbox plays the controllers too.
    pub(crate) controllers: bool,
    seed: [u8; 16],
    counter: u64,
    pub(crate) next_address: u32,
    pub(crate) next_node_port: u32,
}

impl State {
    pub(crate) fn new(clock: Clock, controllers: bool) -> Self {
        let mut seed = [0; 16];
        for half in seed.chunks_mut(8) {
            half.copy_from_slice(&RandomState::new().build_hasher().finish().to_le_bytes());
        }
        let mut state = Self {
            store: Store::default(),
            registry: Registry::builtin(),
            clock,
            controllers,
            seed,
            counter: 0,
            next_address: 10,
            next_node_port: 30_000,
        };
        state.bootstrap();
        state
    }

    /// A fresh UUID.
    pub(crate) fn uid(&mut self) -> String {
        let hex = self.hex();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    /// A fresh suffix for a generated name.
    pub(crate) fn suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        self.hex()
            .bytes()
            .take(10)
            .collect::<Vec<_>>()
            .chunks(2)
            .map(|pair| {
                let n = pair.iter().fold(0_usize, |n, b| n * 31 + usize::from(*b));
                LETTERS.get(n % LETTERS.len()).copied().map_or('x', char::from)
            })
            .collect()
    }

    fn hex(&mut self) -> String {
        self.counter += 1;
        let digest = Sha256::new()
            .chain_update(self.seed)
            .chain_update(self.counter.to_le_bytes())
            .finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn resource(&self, group: &str, plural: &str) -> Option<Arc<Resource>> {
        self.registry.by_table(&format!("{group}/{plural}")).cloned()
    }

    /// What every cluster has from its start.
    fn bootstrap(&mut self) {
        let options = WriteOptions::by("kube-apiserver");
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            self.seed_object("", "namespaces", "", &json!({"metadata": {"name": name}}), &options);
        }
        let service = json!({
            "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.0.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
        });
        self.seed_object("", "services", "default", &service, &options);
        for (name, value) in [
            ("system-cluster-critical", 2_000_000_000_i64),
            ("system-node-critical", 2_000_001_000),
        ] {
            let class = json!({"metadata": {"name": name}, "value": value});
            self.seed_object("scheduling.k8s.io", "priorityclasses", "", &class, &options);
        }
        if self.controllers {
            let class = json!({
                "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
                "provisioner": "sandbox.suimon.dev/memory",
            });
            self.seed_object("storage.k8s.io", "storageclasses", "", &class, &options);
            for namespace in ["default", "kube-node-lease", "kube-public", "kube-system"] {
                let account = json!({"metadata": {"name": "default"}});
                self.seed_object("", "serviceaccounts", namespace, &account, &options);
            }
        }
    }

    fn seed_object(
        &mut self,
        group: &str,
        plural: &str,
        namespace: &str,
        object: &Value,
        options: &WriteOptions,
    ) {
        if let Some(resource) = self.resource(group, plural) {
            // What is seeded is valid: a test creates the same objects through the API.
            if let Err(error) = self.create(&resource, namespace, object, options) {
                tracing::error!(body = %error.body(), "seeding failed");
            }
        }
    }
}

/// What the server, the controllers and the handle share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// The resource version of the last write, for those who wait for writes.
    pub(crate) written: watch::Sender<u64>,
    /// How far the controllers have come.
    pub(crate) settled: watch::Sender<u64>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) requests: Mutex<Vec<Request>>,
    pub(crate) record: bool,
    /// Whether requests need a bearer token as EKS wants it.
    pub(crate) eks_token: bool,
}

impl Shared {
    pub(crate) fn new(state: State, record: bool, eks_token: bool) -> Self {
        let rv = state.store.rv();
        Self {
            state: Mutex::new(state),
            written: watch::Sender::new(rv),
            settled: watch::Sender::new(0),
            faults: Mutex::default(),
            requests: Mutex::default(),
            record,
            eks_token,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on the state and tells those who wait when it wrote.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let (result, rv) = {
            let mut state = self.lock();
            let result = work(&mut state);
            (result, state.store.rv())
        };
        self.written.send_if_modified(|seen| std::mem::replace(seen, rv) != rv);
        result
    }
}
