//! [`Aws`]: the adapter.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use suimon_model::{Body, Diagnostic, Manifest, ResourceId, UnknownRead};
use suimon_plan::{ADOPTED_ANNOTATION, APPLIED_ANNOTATION, LiveObject};
use suimon_provider::{Delete, DryRun, Error, Observation, Result, Scope, Write, Written};

use crate::Options;
use crate::context::Context;
use crate::kinds::{families, find};
use crate::marks;
use crate::prepare::{declared, hex, prepare};
use crate::resource::{Declared, Family, Found, Kind, Live};
use crate::session::Session;

/// The AWS adapter: one account and region, one environment.
///
/// # Guarantees
/// See [`Provider`](suimon_provider::Provider). The account is compared with the one that the environment pins
/// before anything else is read. Values of secrets leave the process only towards Secrets Manager.
///
/// # Caveats
/// [`connect`](suimon_provider::Provider::connect) comes first. Dry runs are made here, from what was
/// observed: AWS has none.
#[derive(Debug, Clone)]
pub struct Aws(pub(crate) Arc<Context>);

impl Aws {
    /// Reads the shared AWS configuration and the environment; sends nothing.
    ///
    /// # Errors
    /// [`Error::Config`] when no region is known.
    pub async fn new(options: Options) -> Result<Self> {
        let session = Session::new(&options).await?;
        Ok(Self(Arc::new(Context::new(session, options))))
    }
}

/// What is wrong with the declaration of an AWS resource, as far as can be told without AWS.
pub fn check(manifest: &Manifest) -> Vec<Diagnostic> {
    match find(&manifest.id) {
        Some(kind) => prepare(kind, manifest).1,
        None => vec![unknown_kind(manifest)],
    }
}

/// What to say of a kind that is not served.
pub(crate) fn no_such_kind(id: &ResourceId) -> String {
    let wanted = id.group_kind();
    let near = known_kinds()
        .into_iter()
        .map(|known| {
            (strsim::damerau_levenshtein(&wanted.to_lowercase(), &known.to_lowercase()), known)
        })
        .min()
        .filter(|(distance, _)| *distance <= 4);
    match near {
        Some((_, known)) => format!("there is no kind {wanted}; did you mean {known}?"),
        None => format!("there is no kind {wanted}; suimon has {}", known_kinds().join(", ")),
    }
}

fn known_kinds() -> Vec<String> {
    let of = |family: &&'static dyn Family| {
        let group = family.group();
        family.kinds().iter().map(|k| format!("{}.{group}", k.kind())).collect::<Vec<_>>()
    };
    families().iter().flat_map(of).collect()
}

fn unknown_kind(manifest: &Manifest) -> Diagnostic {
    let what = format!("{}: suimon has no such kind of AWS resource", manifest.id);
    Diagnostic::error("unknown-kind", what)
        .at(manifest.origin.location())
        .help(no_such_kind(&manifest.id))
}

impl Aws {
    pub(crate) fn prepare_one(&self, manifest: &Manifest) -> Result<Manifest> {
        let Some(kind) = find(&manifest.id) else {
            return Err(Error::Rejected(unknown_kind(manifest).summary));
        };
        let (prepared, problems) = prepare(kind, manifest);
        match problems.first() {
            Some(first) => Err(Error::Rejected(first.summary.clone())),
            None => Ok(prepared),
        }
    }

    pub(crate) fn masked(&self, manifest: &Manifest) -> Body {
        let body = manifest.body.value();
        let declared = declared(&manifest.id, &body);
        let Some(kind) = find(&manifest.id) else { return manifest.body.clone() };
        let live = self.0.live(&manifest.id);
        let wanted = kind.wanted(&self.0, &declared, live.as_deref());
        let spec = kind.masked(&self.0, &declared, wanted);
        Body::new(&object(&declared, &spec, &declared.digest))
    }

    pub(crate) async fn observe_all(
        &self,
        scope: Scope<'_>,
        sink: &mut (dyn FnMut(Observation) + Send),
    ) -> Result<()> {
        self.0.session.identity().await?;
        let all: Vec<Arc<Declared>> = scope
            .manifests
            .iter()
            .map(|manifest| Arc::new(declared(&manifest.id, &manifest.body.value())))
            .collect();
        all.iter().for_each(|declared| self.0.declare(Arc::clone(declared)));
        let reads = families().iter().map(|family| {
            let own: Vec<_> =
                all.iter().filter(|d| d.id.group == family.group()).cloned().collect();
            async move {
                // What nobody declared and a targeted look does not ask for costs no call.
                if own.is_empty() && scope.targeted {
                    return (*family, own, Ok(Vec::new()));
                }
                let found = family.read(&self.0, &own, scope.targeted).await;
                (*family, own, found)
            }
        });
        for (family, own, found) in futures::future::join_all(reads).await {
            self.family(family, &own, found, scope.targeted, sink);
        }
        Ok(())
    }

    /// What one API gave, matched with what is declared.
    fn family(
        &self,
        family: &dyn Family,
        own: &[Arc<Declared>],
        found: Result<Vec<Found>>,
        targeted: bool,
        sink: &mut (dyn FnMut(Observation) + Send),
    ) {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                for kind in family.kinds() {
                    let group_kind = format!("{}.{}", kind.kind(), family.group());
                    let declared = own.iter().any(|d| d.id.kind == kind.kind());
                    if declared || !targeted {
                        let reason = error.to_string();
                        sink(Observation::Unknown(UnknownRead { id: None, group_kind, reason }));
                    }
                }
                return;
            }
        };
        for kind in family.kinds() {
            let own: Vec<&Arc<Declared>> =
                own.iter().filter(|d| d.id.kind == kind.kind()).collect();
            self.kind(family, *kind, &own, &found, sink);
        }
    }

    fn kind(
        &self,
        family: &dyn Family,
        kind: &dyn Kind,
        own: &[&Arc<Declared>],
        found: &[Found],
        sink: &mut (dyn FnMut(Observation) + Send),
    ) {
        let mut lives: HashMap<&str, &Live> = HashMap::new();
        let mut unread: HashSet<&ResourceId> = HashSet::new();
        let mut whole = false;
        let group_kind = format!("{}.{}", kind.kind(), family.group());
        for one in found {
            match one {
                Found::Live { kind: name, live } if *name == kind.kind() => {
                    lives.insert(&live.key, live);
                }
                Found::Unknown { id, reason } if own.iter().any(|d| d.id == *id) => {
                    unread.insert(id);
                    let (id, group_kind) = (Some(id.clone()), group_kind.clone());
                    let reason = reason.clone();
                    sink(Observation::Unknown(UnknownRead { id, group_kind, reason }));
                }
                Found::UnknownKind { kind: name, reason } if *name == kind.kind() => {
                    whole = true;
                    let (group_kind, reason) = (group_kind.clone(), reason.clone());
                    sink(Observation::Unknown(UnknownRead { id: None, group_kind, reason }));
                }
                _ => {}
            }
        }
        let options = &self.0.options;
        let mut ours: HashMap<ResourceId, &Live> = HashMap::new();
        for live in lives.values().filter(|live| marks::is_ours(options, &live.tags)) {
            if let Some(id) = live.tags.get(marks::RESOURCE).and_then(|id| id.parse().ok()) {
                ours.insert(id, live);
            }
        }
        let mut taken: HashSet<&str> = HashSet::new();
        for declared in own {
            let key = kind.key(declared);
            let live = lives.get(key.as_str()).or_else(|| ours.get(&declared.id)).copied();
            match live {
                Some(live) => {
                    taken.insert(&live.key);
                    self.0.saw(&declared.id, Some(Arc::new(live.clone())));
                    let live = self.live_object(&declared.id, Some(declared), live);
                    sink(Observation::Live(Box::new(live)));
                }
                None if unread.contains(&declared.id) || whole => {
                    if whole && !unread.contains(&declared.id) {
                        let reason = "it is not among what could be read".to_owned();
                        let (id, group_kind) = (Some(declared.id.clone()), group_kind.clone());
                        sink(Observation::Unknown(UnknownRead { id, group_kind, reason }));
                    }
                }
                None => {
                    self.0.saw(&declared.id, None);
                    self.0.set_key(&declared.id, key);
                    sink(Observation::Absent(declared.id.clone()));
                }
            }
        }
        for (id, live) in ours.into_iter().filter(|(_, live)| !taken.contains(live.key.as_str())) {
            let id = if own.iter().any(|d| d.id == id) {
                ResourceId { name: format!("{}@{}", id.name, live.key), ..id }
            } else {
                id
            };
            self.0.saw(&id, Some(Arc::new(live.clone())));
            sink(Observation::Live(Box::new(self.live_object(&id, None, live))));
        }
    }

    /// A live resource as the rest of suimon looks at it.
    pub(crate) fn live_object(
        &self,
        id: &ResourceId,
        declared: Option<&Declared>,
        live: &Live,
    ) -> LiveObject {
        let applied = live.tags.get(marks::APPLIED).cloned().unwrap_or_default();
        let mut annotations = declared.map(|d| d.annotations.clone()).unwrap_or_default();
        // Whether it is kept is what its tag says, in the declaration's own words where they mean the same.
        let said =
            annotations.remove(marks::PRUNE).filter(|_| declared.is_some_and(Declared::is_kept));
        if let Some(keep) = live.tags.get(marks::PRUNE) {
            let said = said.unwrap_or_else(|| Value::String(keep.clone()));
            annotations.insert(marks::PRUNE.to_owned(), said);
        }
        if !applied.is_empty() {
            annotations.insert(APPLIED_ANNOTATION.to_owned(), Value::String(applied));
        }
        let mut foreign_owner = marks::foreign_owner(&self.0.options, &live.tags);
        if let Some(adopted) = live.tags.get(marks::ADOPTED) {
            annotations.insert(ADOPTED_ANNOTATION.to_owned(), Value::String(adopted.clone()));
            foreign_owner = foreign_owner.filter(|owner| marks::value(owner) != *adopted);
        }
        let api_version =
            declared.map_or_else(|| format!("{}/v1alpha1", id.group), |d| d.api_version.clone());
        let mut status = live.status.clone();
        if let Value::Object(status) = &mut status {
            status.insert("ackResourceMetadata".to_owned(), json!({"arn": live.arn}));
        }
        let body = json!({
            "apiVersion": api_version, "kind": id.kind,
            "metadata": metadata(&id.name, &annotations),
            "spec": live.spec, "status": status,
        });
        let version = json!([live.spec, live.tags]).to_string();
        let version = hex(&<sha2::Sha256 as sha2::Digest>::digest(version));
        LiveObject {
            id: id.clone(),
            api_version,
            uid: live.uid(),
            resource_version: version,
            body: Body::new(&body),
            owned: marks::is_ours(&self.0.options, &live.tags),
            foreign_owner,
            terminating: live.terminating,
            failed: live.failed,
        }
    }

    pub(crate) async fn dry(&self, write: &Write) -> Result<DryRun> {
        let kind = served(&write.id)?;
        let declared = declared(&write.id, &write.body.value());
        let live = self.0.live(&write.id);
        let conflicts = kind.preview(&self.0, &declared, live.as_deref()).await?;
        let wanted = kind.wanted(&self.0, &declared, live.as_deref());
        let wanted = kind.masked(&self.0, &declared, wanted);
        if let Some(live) = &live {
            let fields = kind.immutable(&live.spec, &wanted);
            if !fields.is_empty() {
                let message = format!("{} cannot change in place", fields.join(", "));
                return Err(Error::Immutable { fields, message });
            }
        }
        let mut stored = live.as_deref().cloned().unwrap_or_default();
        stored.spec = wanted;
        stored.tags.remove(marks::PRUNE);
        stored.tags.extend(declared.marks(&self.0));
        let object = self.live_object(&write.id, Some(&declared), &stored);
        Ok(DryRun { object, conflicts })
    }

    pub(crate) async fn write_one(&self, write: &Write) -> Result<Written> {
        let kind = served(&write.id)?;
        let declared = declared(&write.id, &write.body.value());
        self.0.declare(Arc::new(declared.clone()));
        self.0.set_key(&write.id, kind.key(&declared));
        let mut done = kind.write(&self.0, &declared, write.force).await?;
        if done.live.tags.contains_key(marks::PRUNE) && !declared.is_kept() {
            let (set, remove) = (marks::Tags::new(), [marks::PRUNE.to_owned()]);
            kind.tag(&self.0, &done.live, &set, &remove).await?;
            done.live.tags.remove(marks::PRUNE);
        }
        self.0.saw(&write.id, Some(Arc::new(done.live.clone())));
        let object = self.live_object(&write.id, Some(&declared), &done.live);
        Ok(Written { object, health: done.health, more: done.more })
    }

    pub(crate) async fn delete_one(&self, delete: &Delete) -> Result<()> {
        let kind = served(&delete.id)?;
        let Some(live) = self.0.live(&delete.id) else {
            return Err(Error::NotFound(format!("{} was not looked at", delete.id)));
        };
        if live.uid() != delete.uid {
            return Err(Error::Stale);
        }
        kind.delete(&self.0, &live).await
    }

    pub(crate) async fn forget_one(&self, id: &ResourceId) -> Result<()> {
        let kind = served(id)?;
        let Some(live) = self.0.live(id) else { return Ok(()) };
        let ours = live.tags.keys().filter(|key| key.starts_with(marks::PREFIX));
        let ours: Vec<String> = ours.cloned().collect();
        kind.tag(&self.0, &live, &marks::Tags::new(), &ours).await
    }
}

/// The kind of an id.
pub(crate) fn served(id: &ResourceId) -> Result<&'static dyn Kind> {
    find(id).ok_or_else(|| Error::KindNotServed(id.group_kind()))
}

/// A declaration as the rest of suimon looks at it.
fn object(declared: &Declared, spec: &Value, applied: &str) -> Value {
    let mut annotations: Map<String, Value> = declared.annotations.clone();
    annotations.insert(APPLIED_ANNOTATION.to_owned(), Value::String(applied.to_owned()));
    json!({
        "apiVersion": declared.api_version, "kind": declared.id.kind,
        "metadata": metadata(&declared.id.name, &annotations),
        "spec": spec,
    })
}

fn metadata(name: &str, annotations: &Map<String, Value>) -> Value {
    if annotations.is_empty() {
        return json!({"name": name});
    }
    json!({"name": name, "annotations": annotations})
}
