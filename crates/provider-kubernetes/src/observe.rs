//! Reads the live state in batches: one LIST for each kind and set of namespaces.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use suimon_model::{ResourceId, UnknownRead};
use suimon_plan::LiveObject;
use suimon_provider::{Error, Observation, Result, Scope};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::applyset::Contents;
use crate::kind_read::{KindRead, Seen};
use crate::kubernetes::{Inner, Look, stale};
use crate::object::{group_of, version_of};
use crate::pending;
use crate::resource::Resource;
use crate::resources::Lookup;
use crate::session::{Namespace, Namespaces, Session, namespace_resource};

/// Pages that may wait for the sink; more would only fill memory.
const WAITING: usize = 2;

type Sink<'a> = &'a mut (dyn FnMut(Observation) + Send);

impl Inner {
    /// Reads what is declared and what is owned.
    pub(crate) async fn observe(self: &Arc<Self>, scope: Scope<'_>, sink: Sink<'_>) -> Result<()> {
        self.saw_all.store(false, Ordering::Release);
        if self.is_pending() {
            pending::observe(scope, sink);
            self.saw_all.store(!scope.targeted, Ordering::Release);
            return Ok(());
        }
        let mut unknown = false;
        self.look_at(scope, &mut |observation| {
            unknown |= matches!(observation, Observation::Unknown(_));
            sink(observation);
        })
        .await?;
        self.saw_all.store(!unknown && !scope.targeted, Ordering::Release);
        Ok(())
    }

    async fn look_at(self: &Arc<Self>, scope: Scope<'_>, sink: Sink<'_>) -> Result<()> {
        let session = self.session()?;
        let Look { namespaces, parent } = self.fresh_look().await?;
        let declared: HashSet<&ResourceId> = scope.manifests.iter().map(|m| &m.id).collect();
        let mut reads = BTreeMap::new();
        for manifest in scope.manifests {
            if let Some(told) = declare(&mut reads, &session, &manifest.id, &manifest.api_version) {
                sink(told);
            }
        }
        if !scope.targeted {
            match parent {
                Ok(Some(parent)) => {
                    let contents = self.applyset.read(&parent)?;
                    widen(&mut reads, &session, &contents, sink);
                    if contents.kinds.contains("Namespace")
                        && let Namespaces::Unlisted = namespaces
                    {
                        sink(Observation::Unknown(UnknownRead {
                            id: None,
                            group_kind: "Namespace".to_owned(),
                            reason: "forbidden: namespaces may not be listed".to_owned(),
                        }));
                    }
                    crate::kubernetes::put(&self.parent, Some(parent));
                }
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
        reads.values_mut().for_each(|read| read.keep_existing(&namespaces));
        let mut rest = Rest { declared, uids: HashSet::new(), extras: Vec::new() };
        match (&namespaces, reads.remove(&namespace_resource())) {
            (_, None) => {}
            (Namespaces::Listed(all), Some(read)) => {
                self.tell_namespaces(&session, all, &read, &mut rest, sink);
            }
            (Namespaces::Unlisted, Some(mut read)) => {
                read.without_list();
                reads.insert(namespace_resource(), read);
            }
        }
        self.run(&session, reads.into_values(), &mut rest, sink).await?;
        rest.tell_extras(scope.targeted, sink);
        Ok(())
    }

    /// Reads all kinds at once and hands on what they find.
    async fn run(
        self: &Arc<Self>,
        session: &Arc<Session>,
        reads: impl Iterator<Item = KindRead>,
        rest: &mut Rest<'_>,
        sink: Sink<'_>,
    ) -> Result<()> {
        let (sender, mut receiver) = mpsc::channel::<Vec<Seen>>(WAITING);
        let mut tasks = JoinSet::new();
        for read in reads {
            tasks.spawn(read.run(Arc::clone(self), Arc::clone(session), sender.clone()));
        }
        drop(sender);
        while let Some(batch) = receiver.recv().await {
            batch.into_iter().for_each(|seen| rest.take(seen, sink));
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|error| Error::Malformed(format!("a read broke off: {error}")))?;
        }
        Ok(())
    }

    /// Namespaces were all read when connecting.
    fn tell_namespaces(
        &self,
        session: &Session,
        all: &BTreeMap<String, Namespace>,
        read: &KindRead,
        rest: &mut Rest<'_>,
        sink: Sink<'_>,
    ) {
        for (name, namespace) in all {
            let id = ResourceId::new("", "Namespace", None, name.as_str());
            let declared = rest.declared.contains(&id);
            if namespace.ours || declared {
                let object = Box::new(self.live(session, namespace.body.value()));
                let seen = if declared { Seen::Declared(object) } else { Seen::Other(object) };
                rest.take(seen, sink);
            }
        }
        for id in read.declared.iter().filter(|id| !all.contains_key(&id.name)) {
            rest.take(Seen::Told(Observation::Absent(id.clone())), sink);
        }
    }
}

/// Notes a declared object for the read of its kind; what can be told at once is returned.
fn declare(
    reads: &mut BTreeMap<Resource, KindRead>,
    session: &Session,
    id: &ResourceId,
    api_version: &str,
) -> Option<Observation> {
    let (group, version) = (group_of(api_version), version_of(api_version));
    match session.resources.find(group, version, &id.kind) {
        Lookup::Served(resource) => {
            let read = reads.entry(resource).or_insert_with_key(|key| KindRead::new(key.clone()));
            read.namespaces.extend(id.namespace.clone());
            read.declared.insert(id.clone());
            None
        }
        Lookup::NotServed => Some(Observation::KindNotServed(id.clone())),
        Lookup::Unknown => Some(Observation::Unknown(UnknownRead {
            id: Some(id.clone()),
            group_kind: id.group_kind(),
            reason: stale(group),
        })),
    }
}

/// Adds the kinds and namespaces that the ApplySet's parent names: members may still be there.
fn widen(
    reads: &mut BTreeMap<Resource, KindRead>,
    session: &Session,
    contents: &Contents,
    sink: Sink<'_>,
) {
    for group_kind in &contents.kinds {
        let (kind, group) = group_kind.split_once('.').unwrap_or((group_kind, ""));
        let mut known = false;
        for (resource, read) in reads.iter_mut() {
            if resource.kind == kind && resource.group == group {
                read.namespaces.extend(contents.namespaces.iter().cloned());
                known = true;
            }
        }
        if known {
            continue;
        }
        match session.resources.preferred(group, kind) {
            Lookup::Served(resource) => {
                let mut read = KindRead::new(resource.clone());
                read.namespaces = contents.namespaces.clone();
                reads.insert(resource, read);
            }
            // The kind is gone, and its objects with it.
            Lookup::NotServed => {}
            Lookup::Unknown => sink(Observation::Unknown(UnknownRead {
                id: None,
                group_kind: group_kind.clone(),
                reason: stale(group),
            })),
        }
    }
}

/// What can be told only when everything is read.
struct Rest<'a> {
    declared: HashSet<&'a ResourceId>,
    /// UIDs of declared objects that are live.
    uids: HashSet<String>,
    /// Ours, and not declared under this id.
    extras: Vec<LiveObject>,
}

impl Rest<'_> {
    fn take(&mut self, seen: Seen, sink: Sink<'_>) {
        match seen {
            Seen::Told(observation) => sink(observation),
            // A list that began again shows an object twice.
            Seen::Declared(object) => {
                if self.uids.insert(object.uid.clone()) {
                    sink(Observation::Live(object));
                }
            }
            // Declared in another version, which has a read of its own.
            Seen::Other(object) if self.declared.contains(&object.id) => {}
            Seen::Other(object) => self.extras.push(*object),
        }
    }

    /// An object served under two groups is declared under either.
    fn tell_extras(self, targeted: bool, sink: Sink<'_>) {
        if targeted {
            return;
        }
        let mut told = BTreeSet::new();
        for object in self.extras {
            if !self.uids.contains(&object.uid) && told.insert(object.uid.clone()) {
                sink(Observation::Live(Box::new(object)));
            }
        }
    }
}
