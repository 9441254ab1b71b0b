//! Servers, manifests, and a provider that is driven as the engine drives it.
#![allow(dead_code)] // not every server is asked for everything

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use suimon_model::{
    AssumedRole, AwsTarget, Body, Health, HealthStatus, Manifest, Origin, ResourceId, Sensitive,
};
use suimon_plan::LiveObject;
use suimon_provider::{Delete, DryRun, Error, Observation, Provider, Scope, Write, Written};
use suimon_provider_aws::{Aws, Options};
use suimon_sandbox::awstest::{AwsServer, SKIPPED};
use suimon_sandbox::{Aws as Sandbox, AwsOptions};
use tokio::sync::OnceCell;

pub(crate) const REGION: &str = "us-east-1";

/// How long a resource may take to become current on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One of the servers that speak the AWS protocols, and an account of it that no other test uses.
#[derive(Clone)]
pub(crate) enum Server {
    /// Ours: of this test alone, records requests, makes progress only when it is told to.
    Sandbox(Arc<Sandbox>),
    /// Shared by all tests.
    Moto { url: String, account: String },
    /// Shared by all tests.
    Ministack { url: String, account: String },
}

impl Server {
    /// A sandbox that moves only in [`Server::settle`].
    pub(crate) async fn sandbox() -> Self {
        Self::sandbox_with(AwsOptions {
            controllers: false,
            record_requests: true,
            ..AwsOptions::default()
        })
        .await
    }

    /// A sandbox of these options.
    pub(crate) async fn sandbox_with(options: AwsOptions) -> Self {
        Self::Sandbox(Arc::new(Sandbox::start(options).await.unwrap()))
    }

    /// moto, where it is installed.
    pub(crate) async fn moto() -> Option<Self> {
        static SERVER: OnceCell<Option<AwsServer>> = OnceCell::const_new();
        let server = SERVER.get_or_init(|| async { AwsServer::moto().await.unwrap() }).await;
        let Some(server) = server else {
            println!("{SKIPPED}");
            return None;
        };
        Some(Self::Moto { url: server.url().to_owned(), account: fresh_account() })
    }

    /// ministack, where it is installed.
    pub(crate) async fn ministack() -> Option<Self> {
        static SERVER: OnceCell<Option<AwsServer>> = OnceCell::const_new();
        let server = SERVER.get_or_init(|| async { AwsServer::ministack().await.unwrap() }).await;
        let Some(server) = server else {
            println!("{SKIPPED}");
            return None;
        };
        Some(Self::Ministack { url: server.url().to_owned(), account: fresh_account() })
    }

    /// All that are there.
    pub(crate) async fn all() -> Vec<Self> {
        let others = [Self::moto().await, Self::ministack().await];
        std::iter::once(Self::sandbox().await).chain(others.into_iter().flatten()).collect()
    }

    /// For messages of assertions.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sandbox(_) => "sandbox",
            Self::Moto { .. } => "moto",
            Self::Ministack { .. } => "ministack",
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sandbox(sandbox) => sandbox.url(),
            Self::Moto { url, .. } | Self::Ministack { url, .. } => url.clone(),
        }
    }

    /// The account that [`options`] leads to.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Sandbox(_) => "123456789012",
            Self::Moto { account, .. } | Self::Ministack { account, .. } => account,
        }
    }

    /// The sandbox itself, for faults and recorded requests.
    pub(crate) fn as_sandbox(&self) -> &Sandbox {
        match self {
            Self::Sandbox(sandbox) => sandbox,
            _ => panic!("{} is not the sandbox", self.name()),
        }
    }

    /// Lets the sandbox do what it would do by itself.
    pub(crate) async fn settle(&self) {
        match self {
            Self::Sandbox(sandbox) => sandbox.settle().await,
            _ => tokio::task::yield_now().await,
        }
    }

    /// The operations that the sandbox answered since the last call, in order: `ecs DescribeServices`.
    pub(crate) fn take_operations(&self) -> Vec<String> {
        let sandbox = self.as_sandbox();
        let told = sandbox.requests().into_iter().filter(|request| request.service != "sts");
        let told = told.map(|request| format!("{} {}", request.service, request.operation));
        let told = told.collect();
        sandbox.clear_requests();
        told
    }
}

/// Twelve digits that no other test of this process uses.
fn fresh_account() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(100_000_000_000);
    NEXT.fetch_add(1, Ordering::Relaxed).to_string()
}

/// Options of the project `shop`, environment `dev`, in the account of this server.
pub(crate) fn options(server: &Server) -> Options {
    let account = server.account();
    let role = AssumedRole {
        role_arn: format!("arn:aws:iam::{account}:role/deployer"),
        external_id: None,
    };
    let assume_role = if matches!(server, Server::Sandbox(_)) { vec![] } else { vec![role] };
    let target = AwsTarget {
        region: Some(REGION.to_owned()),
        account_id: Some(account.to_owned()),
        assume_role,
        profile: None,
    };
    let mut options = Options::new(target, "shop", "dev");
    options.endpoint_url = Some(server.url());
    let key = ("123456789012".to_owned(), Arc::new(Sensitive::new("secret".to_owned())));
    options.static_credentials = Some(key);
    options
}

/// The SDK's own client of the sandbox, for what others do to it.
pub(crate) async fn other_hands(server: &Server) -> aws_sdk_ecs::Client {
    aws_sdk_ecs::Client::new(&sdk(server).await)
}

/// The SDK's configuration for the sandbox.
pub(crate) async fn sdk(server: &Server) -> aws_config::SdkConfig {
    let crypto = aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(crypto))
        .build_https();
    let key = aws_credential_types::Credentials::new("123456789012", "secret", None, None, "test");
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(http)
        .region(aws_config::Region::new(REGION))
        .endpoint_url(server.as_sandbox().url())
        .credentials_provider(key)
        .load()
        .await
}

/// A provider that is connected.
pub(crate) async fn provider(server: &Server) -> Aws {
    connect(options(server)).await
}

/// A provider with these options that is connected.
pub(crate) async fn connect(options: Options) -> Aws {
    let aws = Aws::new(options).await.unwrap();
    aws.connect().await.unwrap();
    aws
}

/// A manifest of a group such as `ecs`.
pub(crate) fn manifest(api: &str, kind: &str, name: &str, spec: &Value) -> Manifest {
    let group = format!("{api}.services.k8s.aws");
    let body = serde_json::json!({
        "apiVersion": format!("{group}/v1alpha1"), "kind": kind,
        "metadata": {"name": name}, "spec": spec,
    });
    Manifest {
        id: ResourceId::new(group.clone(), kind, None, name),
        api_version: format!("{group}/v1alpha1").into(),
        body: Body::new(&body),
        origin: Origin { file: "a.yaml".into(), line: 1, instance: None },
        refs: Vec::new(),
    }
}

/// The manifest with one annotation more.
pub(crate) fn annotated(manifest: &Manifest, key: &str, value: &str) -> Manifest {
    let mut body = manifest.body.value();
    body["metadata"]["annotations"][key] = Value::String(value.to_owned());
    Manifest { body: Body::new(&body), ..manifest.clone() }
}

/// What `check` says, one problem a line, with its help.
pub(crate) fn problems(manifest: &Manifest) -> String {
    let told = suimon_provider_aws::check(manifest).into_iter().map(|problem| {
        let help = problem.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", problem.code, problem.summary)
    });
    told.collect::<Vec<_>>().join("\n")
}

/// What was observed.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Declared or ours.
    pub(crate) live: BTreeMap<ResourceId, LiveObject>,
    pub(crate) absent: Vec<ResourceId>,
    /// `Kind.group` or id, and why.
    pub(crate) unknown: Vec<(String, String)>,
}

/// Prepares and looks, everything or only what is declared.
pub(crate) async fn look(aws: &Aws, manifests: &[Manifest], targeted: bool) -> Seen {
    let manifests: Vec<_> = manifests.iter().map(|m| aws.prepare(m).unwrap()).collect();
    let mut seen = Seen::default();
    let scope = Scope { manifests: &manifests, targeted };
    aws.observe(scope, &mut |observation| match observation {
        Observation::Live(live) => drop(seen.live.insert(live.id.clone(), *live)),
        Observation::Absent(id) | Observation::KindNotServed(id) => seen.absent.push(id),
        Observation::Unknown(read) => {
            let what = read.id.map_or(read.group_kind, |id| id.to_string());
            seen.unknown.push((what, read.reason));
        }
    })
    .await
    .unwrap();
    seen
}

/// Prepares and looks at everything.
pub(crate) async fn observe(aws: &Aws, manifests: &[Manifest]) -> Seen {
    look(aws, manifests, false).await
}

/// A manifest as it is written: prepared, with the values of other resources that are known.
pub(crate) fn resolved(aws: &Aws, seen: &Seen, manifest: &Manifest) -> Manifest {
    let prepared = aws.prepare(manifest).unwrap();
    let references = prepared.refs.clone();
    prepared.resolve(|target, attribute| {
        let reference = references.iter().find(|r| r.target == *target && r.attribute == attribute);
        aws.attribute(seen.live.get(target)?, reference?)
    })
}

/// How a declaration and what is live differ: `/spec/cpu: "256" -> "512"`, live first, one a line. Empty
/// when they are equal: null, `{}`, `[]` and absent are alike.
pub(crate) fn differences(aws: &Aws, seen: &Seen, manifest: &Manifest) -> String {
    let wanted = aws.mask(&resolved(aws, seen, manifest)).value();
    let Some(live) = seen.live.get(&manifest.id) else { return "absent".to_owned() };
    let live = live.body.value();
    let mut told = Vec::new();
    differ("/spec", &live["spec"], &wanted["spec"], &mut told);
    told.join("\n")
}

/// How two values differ; see [`differences`].
pub(crate) fn differ(path: &str, live: &Value, wanted: &Value, told: &mut Vec<String>) {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            let keys = live.keys().chain(wanted.keys().filter(|key| !live.contains_key(*key)));
            for key in keys {
                let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differ(&format!("{path}/{key}"), &of(live), &of(wanted), told);
            }
        }
        (Value::Array(live), Value::Array(wanted)) if live.len() == wanted.len() => {
            for (at, (live, wanted)) in live.iter().zip(wanted).enumerate() {
                differ(&format!("{path}/{at}"), live, wanted, told);
            }
        }
        (live, wanted) if live == wanted || (is_nothing(live) && is_nothing(wanted)) => {}
        (live, wanted) => told.push(format!("{path}: {live} -> {wanted}")),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_nothing),
        Value::Object(map) => map.values().all(is_nothing),
        _ => false,
    }
}

fn write_of(manifest: &Manifest) -> Write {
    Write {
        id: manifest.id.clone(),
        body: manifest.body.clone(),
        resource_version: None,
        force: false,
    }
}

/// What a write would store; look first.
pub(crate) async fn dry_run(aws: &Aws, seen: &Seen, manifest: &Manifest) -> Result<DryRun, Error> {
    aws.dry_run(&write_of(&resolved(aws, seen, manifest))).await
}

/// Writes once and does not wait; look first.
pub(crate) async fn write(aws: &Aws, seen: &Seen, manifest: &Manifest) -> Result<Written, Error> {
    aws.write(&write_of(&resolved(aws, seen, manifest))).await
}

/// Writes one after the other, in this order, and waits until each is current.
pub(crate) async fn apply(
    server: &Server,
    aws: &Aws,
    manifests: &[Manifest],
) -> Result<Seen, Error> {
    let mut seen = observe(aws, manifests).await;
    assert_eq!(seen.unknown, [], "{}", server.name());
    for manifest in manifests {
        loop {
            let written = write(aws, &seen, manifest).await?;
            seen.live.insert(manifest.id.clone(), written.object);
            let health = wait(server, aws, &manifest.id).await;
            assert_eq!(health.status, HealthStatus::Current, "{}: {health:?}", server.name());
            if !written.more {
                break;
            }
        }
        let now = observe(aws, manifests).await;
        seen.live.extend(now.live);
    }
    Ok(seen)
}

/// Waits until a resource is current, failed or gone.
pub(crate) async fn wait(server: &Server, aws: &Aws, id: &ResourceId) -> Health {
    let begun = Instant::now();
    loop {
        let health = health(aws, id).await;
        let done = matches!(
            health.status,
            HealthStatus::Current | HealthStatus::Failed | HealthStatus::NotFound
        );
        if done || begun.elapsed() > PATIENCE {
            return health;
        }
        server.settle().await;
    }
}

/// How a resource is.
pub(crate) async fn health(aws: &Aws, id: &ResourceId) -> Health {
    let asked = (id.clone(), format!("{}/v1alpha1", id.group));
    aws.health(&[asked]).await.unwrap().remove(0)
}

/// Asserts that a fresh look finds nothing to do.
pub(crate) async fn assert_unchanged(server: &Server, manifests: &[Manifest]) {
    let aws = provider(server).await;
    let seen = observe(&aws, manifests).await;
    assert_eq!(seen.unknown, [], "{}", server.name());
    for manifest in manifests {
        let told = differences(&aws, &seen, manifest);
        assert_eq!(told, "", "{}: {}", server.name(), manifest.id);
        assert!(seen.live[&manifest.id].owned, "{}: {}", server.name(), manifest.id);
    }
    let extra: Vec<_> =
        seen.live.keys().filter(|id| manifests.iter().all(|m| m.id != **id)).collect();
    assert!(extra.is_empty(), "{}: {extra:?}", server.name());
}

/// Creates from nothing, looks again with a fresh provider: nothing to do; returns what is live.
pub(crate) async fn round_trip(server: &Server, manifests: &[Manifest]) -> Seen {
    let aws = provider(server).await;
    let seen = observe(&aws, manifests).await;
    assert_eq!(seen.absent.len(), manifests.len(), "{}: {seen:?}", server.name());
    apply(server, &aws, manifests).await.unwrap();
    assert_unchanged(server, manifests).await;
    observe(&aws, manifests).await
}

/// Deletes what was seen under an id.
pub(crate) async fn delete(aws: &Aws, seen: &Seen, id: &ResourceId) -> Result<(), Error> {
    let live = &seen.live[id];
    let (api_version, uid) = (live.api_version.clone(), live.uid.clone());
    aws.delete(&Delete { id: id.clone(), api_version, uid }).await
}
