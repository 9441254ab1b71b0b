//! What the ledger is told about a run: health, and what the environment owns.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use serde_json::json;
use suimon_apply::{End, Report};
use suimon_engine::{Options, Planned, apply, health, inventory, plan};
use suimon_gate::{Facts, Known, Trusted, Verdict, authorize};
use suimon_model::{
    Body, DesiredState, Environment, GateFiles, Health, HealthStatus, Inventory, InventoryEntry,
    Location, Manifest, Origin, Platform, Protect, Release, ResourceId, Targets,
};
use suimon_provider::{FakeProvider, Provider, Registry};

fn id(name: &str) -> ResourceId {
    format!("ConfigMap/web/{name}").parse().unwrap()
}

fn body(name: &str, value: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "web"},
        "data": {"value": value},
    })
}

fn desired(names: &[&str]) -> DesiredState {
    let manifest = |name: &&str| Manifest {
        id: id(name),
        api_version: "v1".into(),
        body: Body::new(&body(name, "1")),
        origin: Origin { file: Arc::from("all.yaml"), line: 1, instance: None },
        refs: Vec::new(),
    };
    DesiredState {
        project: "shop".to_owned(),
        environment: Environment {
            name: "dev".to_owned(),
            platform: Platform::Kubernetes,
            targets: Targets::default(),
            protect: Protect::default(),
            gate: None,
            location: Location::new("envs/dev/environment.yaml", 1, 1),
        },
        revision: Some("c".repeat(40)),
        release: Release::default(),
        modules_tree: "t".repeat(40),
        manifests: names.iter().map(manifest).collect(),
        gate_files: GateFiles::default(),
    }
}

struct Stage {
    provider: Arc<FakeProvider>,
    registry: Registry,
}

impl Stage {
    fn new() -> Self {
        let provider = Arc::new(FakeProvider::new());
        let registry = Registry::new(vec![Arc::clone(&provider) as Arc<dyn Provider>]);
        Self { provider, registry }
    }

    async fn plan(&self, names: &[&str], targets: &[&str]) -> Planned {
        let targets = targets.iter().map(|name| id(name)).collect();
        let options = Options { adopt: false, drift_only: false, targets, parallelism: 4 };
        plan(desired(names), &self.registry, &options).await.unwrap()
    }

    async fn apply(&self, planned: &Planned) -> Report {
        let facts = Facts {
            trusted: Trusted::First,
            holds: Known::Known(None),
            pin: Known::Known(None),
            ..planned.facts.clone()
        };
        let approved = match authorize(planned.plan.clone(), &facts) {
            Verdict::Open(approved) => approved,
            closed => panic!("{closed:?}"),
        };
        let options = suimon_apply::Options { wait: false, ..<_>::default() };
        let (_keep, stop) = suimon_apply::stop_channel();
        apply(planned, &approved, &self.registry, &options, stop, &|_| {}).await
    }
}

fn owned(inventory: &Inventory) -> Vec<(String, String)> {
    let entries = inventory.entries.iter();
    entries.map(|(id, entry)| (id.name.clone(), entry.uid.clone())).collect()
}

#[tokio::test]
async fn the_health_is_that_of_everything_declared_changed_or_not() {
    let stage = Stage::new();
    stage.apply(&stage.plan(&["a", "b", "c"], &[]).await).await;
    let planned = stage.plan(&["a", "b", "c"], &[]).await;
    assert!(planned.plan.is_empty(), "{:?}", planned.plan.changes);
    assert!(health(&planned, &stage.registry).await.is_healthy());
    let cases = [
        (HealthStatus::InProgress, HealthStatus::Failed),
        (HealthStatus::Unknown, HealthStatus::Unknown),
        (HealthStatus::InProgress, HealthStatus::InProgress),
    ];
    for (of_b, worst) in cases {
        stage.provider.script_health(&id("b"), [Health::new(of_b, "b")]);
        stage.provider.script_health(&id("c"), [Health::new(worst, "c")]);
        let summary = health(&planned, &stage.registry).await;
        assert_eq!(summary.status, Some(worst));
        let names: Vec<&str> =
            summary.not_current.iter().map(|(id, ..)| id.name.as_str()).collect();
        assert_eq!(names, ["b", "c"]);
    }
}

#[tokio::test]
async fn the_inventory_is_what_is_owned_after_the_run() {
    let stage = Stage::new();
    let planned = stage.plan(&["a", "b"], &[]).await;
    let report = stage.apply(&planned).await;
    assert_eq!(report.end, End::Complete);
    let first = inventory(&planned, &report, &stage.registry, None).await;
    assert_eq!(owned(&first).len(), 2);
    assert!(owned(&first).iter().all(|(_, uid)| uid.starts_with("uid-")), "{first:?}");
    // One is made, one stays, one goes.
    let planned = stage.plan(&["b", "c"], &[]).await;
    let report = stage.apply(&planned).await;
    let second = inventory(&planned, &report, &stage.registry, Some(&first)).await;
    let names: Vec<String> = owned(&second).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(second.entries.get(&id("b")), first.entries.get(&id("b")));
}

#[tokio::test]
async fn what_a_target_leaves_out_is_owned_as_before() {
    let stage = Stage::new();
    let other = InventoryEntry { api_version: "v1".to_owned(), uid: "u".to_owned() };
    let before = Inventory { entries: [(id("other"), other)].into() };
    let planned = stage.plan(&["a", "b"], &["a"]).await;
    let report = stage.apply(&planned).await;
    let after = inventory(&planned, &report, &stage.registry, Some(&before)).await;
    let names: Vec<String> = owned(&after).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "other"]);
}
