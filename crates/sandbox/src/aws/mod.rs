//! AWS accounts on loopback, in memory.

mod auth;
mod autoscaling;
mod context;
mod ecs;
mod eks;
mod error;
mod fault;
mod http;
mod page;
mod rate;
mod secrets;
mod state;
mod sts;
mod uri;
mod xml;

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{clock::Clock, sandbox::Error};

pub use eks::{EksCaller, eks_token_caller};
pub use fault::{AwsEffect, AwsFault};
pub use rate::Rate;

use fault::Faults;
use rate::Buckets;
use state::World;

/// How AWS accounts run.
#[derive(Clone, Debug)]
pub struct AwsOptions {
    /// The port on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// The account that plain credentials belong to, twelve digits.
    pub account_id: String,
    /// The region that [`Aws::environment`] names.
    pub region: String,
    /// What resources are stamped with, and what signatures and buckets are measured by.
    pub clock: Clock,
    /// Whether deployments, clusters and the like make progress by themselves; else only in [`Aws::settle`].
    pub controllers: bool,
    /// Whether [`Aws::requests`] remembers requests.
    pub record_requests: bool,
    /// How many calls each service of an account takes; `None` takes all.
    pub rate: Option<Rate>,
    /// Where the EKS clusters of these names really are.
    pub clusters: Vec<EksEndpoint>,
}

impl Default for AwsOptions {
    /// A free port, account `123456789012` in `us-east-1`, the machine's clock, controllers, no record, no limit.
    fn default() -> Self {
        Self {
            port: None,
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            clock: Clock::system(),
            controllers: true,
            record_requests: false,
            rate: None,
            clusters: Vec::new(),
        }
    }
}

/// Which API server `DescribeCluster` reports for an EKS cluster of a name, also when it is created later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EksEndpoint {
    /// The cluster's name.
    pub name: String,
    /// The URL of the API server.
    pub endpoint: String,
    /// The PEM of its certificate authority in base64; empty when the URL needs none.
    pub certificate_authority: String,
}

/// A request that an account answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsRequest {
    /// The service as requests are signed for it, such as `ecs`.
    pub service: String,
    /// The operation, such as `DescribeServices`.
    pub operation: String,
    /// The HTTP status; 0 when the connection was reset by a fault.
    pub status: u16,
}

/// AWS accounts on loopback, in memory: STS, ECS, Application Auto Scaling, Secrets Manager and EKS. Dropping it
/// stops everything.
///
/// The access key decides the account: plain credentials belong to [`AwsOptions::account_id`], an access key id of
/// twelve digits means that account, and `AssumeRole` gives credentials of the role's account. Each account has its
/// own resources in each region.
///
/// Guarantees: it listens on 127.0.0.1 only and forgets everything when it stops. Caveats: signatures must be there,
/// for the right service and of about now, but any secret key will do, and there is no authorization; the access key
/// ids `INVALID` and `EXPIRED` are refused.
#[derive(Debug)]
pub struct Aws {
    shared: Arc<Shared>,
    port: u16,
    account: String,
    region: String,
    tasks: Vec<JoinHandle<()>>,
    _stop: watch::Sender<()>,
}

/// What the tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    faults: Mutex<Faults>,
    buckets: Mutex<Buckets>,
    requests: Mutex<Vec<AwsRequest>>,
    record_requests: bool,
    rate: Option<Rate>,
    clock: Clock,
    /// How many calls there were; wakes the controllers.
    called: watch::Sender<u64>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) -> bool {
        self.lock().step(self.clock.now())
    }
}

impl Aws {
    /// Starts the accounts; they are ready when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] when the port is taken.
    pub async fn start(options: AwsOptions) -> Result<Self, Error> {
        let port = options.port.unwrap_or(0);
        let listen = |source| Error::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(&options)),
            faults: Mutex::default(),
            buckets: Mutex::default(),
            requests: Mutex::default(),
            record_requests: options.record_requests,
            rate: options.rate,
            clock: options.clock,
            called: watch::Sender::new(0),
        });
        let (stop, stopped) = watch::channel(());
        let mut tasks = vec![tokio::spawn(http::serve(listener, shared.clone(), stopped))];
        if options.controllers {
            tasks.push(tokio::spawn(run(shared.clone())));
        }
        let (account, region) = (options.account_id, options.region);
        Ok(Self { shared, port, account, region, tasks, _stop: stop })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The environment variables with which an SDK or the `aws` command uses these accounts.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", self.region.clone()),
            // The first version of the `aws` command and boto3 read this one only.
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_ACCESS_KEY_ID", self.account.clone()),
            ("AWS_SECRET_ACCESS_KEY", "sandbox".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// The requests so far, oldest first; empty unless [`AwsOptions::record_requests`].
    #[must_use]
    pub fn requests(&self) -> Vec<AwsRequest> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Arms a fault. Of several that hit a call, the one armed first takes effect.
    pub fn fault(&self, fault: AwsFault) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).arm(fault);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Lets `ListSecrets` answer from now on as it would have before the last `writes` writes to secrets of its account
    /// and region, at most 100; 0 makes it current again. Every other operation stays current.
    pub fn stale_secret_lists(&self, writes: usize) {
        self.shared.lock().stale_lists = writes;
    }

    /// Lets everything happen that would happen by itself at this time, also without controllers. What waits for a
    /// later time keeps waiting.
    pub async fn settle(&self) {
        while self.shared.step() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Steps while something changes, and again after each call; looks once a second for what waits for a time.
async fn run(shared: Arc<Shared>) {
    const STEP: Duration = Duration::from_millis(50);
    const LOOK: Duration = Duration::from_secs(1);
    let mut called = shared.called.subscribe();
    loop {
        called.mark_unchanged();
        if shared.step() {
            tokio::time::sleep(STEP).await;
            continue;
        }
        if let Ok(Err(_)) = tokio::time::timeout(LOOK, called.changed()).await {
            return;
        }
        // What a call started is seen in its first state before it moves on.
        tokio::time::sleep(STEP).await;
    }
}
