//! The handle of a running sandbox.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, PoisonError},
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    clock::Clock,
    controllers,
    fault::Fault,
    http::serve::serve,
    state::{Shared, State},
};

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is taken, or no port can be had.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port that was asked for; 0 for any.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

/// How a sandbox runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; `None` takes a free one.
    pub port: Option<u16>,
    /// Whether controllers run: deployments, jobs and claims become healthy, owned objects are collected.
    pub controllers: bool,
    /// What objects are stamped with.
    pub clock: Clock,
    /// Whether [`Sandbox::requests`] remembers requests.
    pub record_requests: bool,
    /// Whether requests need a bearer token as [`eks_token_caller`](crate::eks_token_caller) reads it; the version and
    /// the health are told without one.
    pub require_eks_token: bool,
}

impl Default for Options {
    /// A free port, controllers, the machine's clock, no record, no authentication.
    fn default() -> Self {
        Self {
            port: None,
            controllers: true,
            clock: Clock::system(),
            record_requests: false,
            require_eks_token: false,
        }
    }
}

/// A request that the sandbox answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query without its `?`, as it was sent.
    pub query: String,
    /// The HTTP status; 0 when the connection was reset by a fault.
    pub status: u16,
}

/// A Kubernetes API on loopback, in memory. Dropping it stops everything.
///
/// Guarantees: it listens on 127.0.0.1 only and forgets everything when it stops; each sandbox is another cluster
/// (the UID of its `kube-system` namespace differs). Caveats: there is no authorization, and no authentication unless
/// [`Options::require_eks_token`].
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    port: u16,
    tasks: Vec<JoinHandle<()>>,
    _stop: watch::Sender<()>,
}

impl Sandbox {
    /// Starts a sandbox; it is ready when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] when the port is taken.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let port = options.port.unwrap_or(0);
        let listen = |source| Error::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        let state = State::new(options.clock, options.controllers);
        let shared =
            Arc::new(Shared::new(state, options.record_requests, options.require_eks_token));
        let (stop, stopped) = watch::channel(());
        let mut tasks = vec![tokio::spawn(serve(listener, shared.clone(), stopped))];
        if options.controllers {
            tasks.push(tokio::spawn(controllers::run(shared.clone())));
        }
        Ok(Self { shared, port, tasks, _stop: stop })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The text of a kubeconfig with the one context `sandbox`.
    #[must_use]
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: sandbox\n  cluster:\n    server: {}\nusers:\n- name: sandbox\n  user: {{}}\ncontexts:\n- name: sandbox\n  context:\n    cluster: sandbox\n    user: sandbox\ncurrent-context: sandbox\n",
            self.url()
        )
    }

    /// The requests so far, oldest first; empty unless [`Options::record_requests`].
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits until the controllers have nothing left to do; returns at once without controllers.
    pub async fn settle(&self) {
        if !self.shared.lock().controllers {
            return;
        }
        let mut settled = self.shared.settled.subscribe();
        loop {
            let now = self.shared.lock().store.rv();
            if *settled.borrow_and_update() >= now {
                return;
            }
            if settled.changed().await.is_err() {
                return;
            }
        }
    }

    /// Arms a fault. Of several that hit a request, the one armed first takes effect.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).arm(fault);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets the history, as etcd does when it is compacted: old continue tokens and watches are answered 410.
    pub fn compact(&self) {
        self.shared.lock().store.compact();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
