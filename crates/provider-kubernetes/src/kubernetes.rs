//! [`Kubernetes`]: the adapter.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;
use suimon_model::{Body, Manifest, ResourceId, TargetIdentity};
use suimon_plan::{LiveObject, Mask};
use suimon_provider::{ClusterAccess, Error, Result};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::applyset::{ApplySet, PARENT_NAMESPACE};
use crate::connect::Connection;
use crate::discovery::discover;
use crate::live::live_object;
use crate::object::{group_of, version_of};
use crate::owners::Owners;
use crate::pending::Pending;
use crate::resource::Resource;
use crate::resources::Lookup;
use crate::schemas::Schemas;
use crate::session::{Namespaces, Session, config_map_resource, get};
use crate::transport::{Transport, not_connected};
use crate::{Options, connect, eks, pending};

/// How long an observation may build on what connecting read.
const FRESH: Duration = Duration::from_secs(10);

/// The Kubernetes adapter: one cluster, one environment.
///
/// # Guarantees
/// See [`Provider`](suimon_provider::Provider). TLS is always verified.
///
/// # Caveats
/// [`connect`](suimon_provider::Provider::connect) comes first; everything else answers
/// [`Error::Config`] before it. Clones share the connection.
#[derive(Clone)]
pub struct Kubernetes(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) transport: Transport,
    pub(crate) applyset: ApplySet,
    pub(crate) owners: Owners,
    pub(crate) session: RwLock<Option<Arc<Session>>>,
    /// For a cluster that comes with the apply.
    pub(crate) pending: Pending,
    discovering: Mutex<()>,
    /// What connecting read of the live state, and when, for an observation right after it.
    first_look: RwLock<Option<(Instant, Look)>>,
    /// Whether the last observation saw everything that is owned.
    pub(crate) saw_all: AtomicBool,
    /// The CRDs that we wrote.
    pub(crate) schemas: Schemas,
    /// The ApplySet's parent as we last wrote or read it.
    pub(crate) parent: RwLock<Option<Value>>,
}

/// The cluster that a connection leads to.
pub(crate) struct Found {
    pub(crate) session: Arc<Session>,
    identity: TargetIdentity,
    look: Look,
}

/// What every observation begins with.
pub(crate) struct Look {
    pub(crate) namespaces: Namespaces,
    /// The ApplySet's parent; `None` when there is none.
    pub(crate) parent: Result<Option<Value>>,
}

impl Kubernetes {
    /// Reads the kubeconfig and makes the client; a credential plugin runs, and nothing else is
    /// sent. An EKS cluster with [`Options::access`] needs none of this before connecting.
    ///
    /// # Errors
    /// [`Error::Config`] when there is no target, no such context, or TLS would not be verified;
    /// [`Error::Unauthenticated`] when a credential plugin fails.
    pub async fn new(options: Options) -> Result<Self> {
        let transport = Transport::new(&options);
        if eks::access(&options).is_none() {
            transport.lead_to(connect::connect(&options).await?);
        }
        Ok(Self::with_transport(transport, options))
    }

    /// The adapter on a client made elsewhere.
    pub fn from_client(client: kube::Client, options: Options) -> Self {
        let transport = Transport::new(&options);
        transport.lead_to(Connection {
            client,
            endpoint: "the API server".to_owned(),
            credentials: "the given client".to_owned(),
            bearer: None,
        });
        Self::with_transport(transport, options)
    }

    fn with_transport(transport: Transport, options: Options) -> Self {
        let applyset = ApplySet::new(&options.project, &options.environment, &options.tool_version);
        Self(Arc::new(Inner {
            options,
            transport,
            applyset,
            owners: Owners::default(),
            session: RwLock::new(None),
            pending: Pending::default(),
            discovering: Mutex::new(()),
            first_look: RwLock::new(None),
            saw_all: AtomicBool::new(false),
            schemas: Schemas::default(),
            parent: RwLock::new(None),
        }))
    }
}

impl Inner {
    /// Connects, and says where to. An EKS cluster that is not there yet is no error where the
    /// environment declares it.
    pub(crate) async fn connect(&self) -> Result<TargetIdentity> {
        self.pending.reset().await;
        if let Some(access) = eks::access(&self.options)
            && !self.lead_to(access).await?
        {
            if self.options.cluster_declared {
                return Ok(self.wait_for_cluster(access.cluster()));
            }
            return Err(Error::Config(format!(
                "{}; create it, or declare it in this environment as a \
                 Cluster.eks.services.k8s.aws, or correct targets.kubernetes.eksCluster",
                access.absence()
            )));
        }
        let found = self.identify().await?;
        put(&self.session, Some(found.session));
        put(&self.first_look, Some((Instant::now(), found.look)));
        Ok(found.identity)
    }

    /// Asks where an EKS cluster is, and leads there; false when it has no endpoint.
    pub(crate) async fn lead_to(&self, access: &Arc<dyn ClusterAccess>) -> Result<bool> {
        let Some(endpoint) = access.endpoint().await? else { return Ok(false) };
        self.transport.lead_to(eks::connect(access, &endpoint, &self.options).await?);
        Ok(true)
    }

    /// Discovery, all namespaces and the ApplySet's parent, at once.
    pub(crate) async fn identify(&self) -> Result<Found> {
        let (resources, look) = futures::join!(discover(&self.transport), self.look());
        let (resources, look) = (resources?, look?);
        let uid = look.namespaces.cluster_uid(&self.transport).await?;
        if let Some(pinned) = self.options.cluster_uid.as_ref().filter(|pinned| **pinned != uid) {
            return Err(Error::WrongTarget(format!(
                "the cluster at {} ({}) has the UID {uid}, and the environment `{}` is pinned to \
                 {pinned}",
                self.transport.endpoint(),
                self.transport.credentials(),
                self.options.environment
            )));
        }
        let identity = TargetIdentity {
            provider: "kubernetes".to_owned(),
            identity: crate::digest::identity(&uid),
            endpoint: self.transport.endpoint(),
        };
        let mask = Mask::new(&uid);
        let session = Arc::new(Session { pending: false, uid, mask, resources });
        Ok(Found { session, identity, look })
    }

    /// The namespaces and the parent as they are now.
    async fn look(&self) -> Result<Look> {
        let (namespaces, parent) = futures::join!(
            Namespaces::read(&self.transport, &self.applyset.id),
            self.read_parent()
        );
        Ok(Look { namespaces: namespaces?, parent })
    }

    /// What connecting has just read, once; read again after that.
    pub(crate) async fn fresh_look(&self) -> Result<Look> {
        match self.take_first_look() {
            Some((read, look)) if read.elapsed() < FRESH => Ok(look),
            _ => self.look().await,
        }
    }

    /// What connecting read is of no use once something was written.
    pub(crate) fn take_first_look(&self) -> Option<(Instant, Look)> {
        self.first_look.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The ApplySet's parent; `None` when there is none.
    pub(crate) async fn read_parent(&self) -> Result<Option<Value>> {
        let resource = config_map_resource();
        let path = resource.object(Some(PARENT_NAMESPACE), &self.applyset.parent);
        get(&self.transport, &resource, &path).await
    }

    /// What is known of the cluster, which is there.
    pub(crate) fn session(&self) -> Result<Arc<Session>> {
        let session = self.any_session()?;
        if session.pending { Err(not_connected()) } else { Ok(session) }
    }

    /// The same of a cluster that may not be there yet.
    pub(crate) fn any_session(&self) -> Result<Arc<Session>> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        session.clone().ok_or_else(not_connected)
    }

    /// Whether the cluster is not there yet, and comes with the apply.
    pub(crate) fn is_pending(&self) -> bool {
        self.any_session().is_ok_and(|session| session.pending)
    }

    /// Discovers the kinds once more, unless somebody else has done it since `seen`.
    pub(crate) async fn rediscover(&self, seen: &Arc<Session>) -> Result<Arc<Session>> {
        let _one_at_a_time = self.discovering.lock().await;
        let before = self.session()?;
        if !Arc::ptr_eq(&before, seen) {
            return Ok(before);
        }
        let resources = discover(&self.transport).await?;
        let session = Arc::new(Session {
            pending: false,
            uid: before.uid.clone(),
            mask: before.mask.clone(),
            resources,
        });
        put(&self.session, Some(Arc::clone(&session)));
        Ok(session)
    }

    /// Where the objects of a kind are served.
    ///
    /// # Errors
    /// [`Error::KindNotServed`], or the server could not say.
    pub(crate) fn resource(
        session: &Session,
        id: &ResourceId,
        api_version: &str,
    ) -> Result<Resource> {
        let (group, version) = (group_of(api_version), version_of(api_version));
        match session.resources.find(group, version, &id.kind) {
            Lookup::Served(resource) => Ok(resource),
            Lookup::NotServed => {
                let served = session.resources.versions(group, &id.kind);
                let served: Vec<String> = served.iter().map(Resource::api_version).collect();
                let instead = match served.as_slice() {
                    [] => String::new(),
                    served => format!(" (it serves {})", served.join(", ")),
                };
                Err(Error::KindNotServed(format!("{api_version} {}{instead}", id.kind)))
            }
            Lookup::Unknown => Err(Error::Transient(stale(group))),
        }
    }

    pub(crate) fn live(&self, session: &Session, object: Value) -> LiveObject {
        live_object(object, &session.mask, &self.applyset.id)
    }

    /// What a kind is served as, preferred version first.
    pub(crate) fn served_versions(&self, id: &ResourceId) -> Vec<String> {
        let Ok(session) = self.session() else { return Vec::new() };
        let versions = session.resources.versions(&id.group, &id.kind);
        versions.iter().map(Resource::api_version).collect()
    }

    /// The declaration, masked like live objects are.
    pub(crate) fn mask(&self, manifest: &Manifest) -> Body {
        let mut value = manifest.body.value();
        match self.session() {
            Ok(session) => session.mask.object(&mut value),
            // Without the cluster's key nothing can be compared; nothing may be shown either.
            Err(_) => value = pending::masked(value),
        }
        Body::new(&value)
    }
}

/// What is said of a group whose aggregated API is down.
pub(crate) fn stale(group: &str) -> String {
    format!("the API group {group} does not answer discovery")
}

pub(crate) fn put<T>(slot: &RwLock<T>, value: T) {
    *slot.write().unwrap_or_else(PoisonError::into_inner) = value;
}
