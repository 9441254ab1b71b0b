//! The checks that every adapter must pass, whatever API it talks to.
//!
//! Run on a live API (a sandbox, or a server of one's own) with objects that nothing else uses; it
//! leaves nothing behind when it passes.

use suimon_model::{HealthStatus, Manifest, ResourceId};
use suimon_plan::{Action, Change, LiveObject, Reason};

use crate::{Delete, Error, Membership, Observation, Provider, Scope, Write};

/// What the suite works on.
#[derive(Debug, Clone)]
pub struct Subjects {
    /// An object that is not there yet.
    pub object: Manifest,
    /// The same object with another content that can be changed in place.
    pub changed: Manifest,
    /// An object whose content holds [`secret_text`](Self::secret_text).
    pub secret: Manifest,
    /// What may be seen nowhere; any encoding of it counts that the caller lists.
    pub secret_text: Vec<String>,
}

/// A guarantee of [`Provider`] that does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A call failed that had to succeed.
    #[error("{step}: {source}")]
    Call {
        /// What was tried.
        step: &'static str,
        /// Why it failed.
        source: Error,
    },
    /// A call answered something that it must not.
    #[error("{step}: {found}")]
    Answer {
        /// What was tried.
        step: &'static str,
        /// What came.
        found: String,
    },
}

type Checked<T = ()> = Result<T, Violation>;

/// Runs the whole suite.
///
/// # Errors
/// The first [`Violation`].
pub async fn check(provider: &dyn Provider, subjects: &Subjects) -> Checked {
    let suite = Suite { provider, subjects };
    suite.connecting().await?;
    let object = suite.prepared(&subjects.object)?;
    let changed = suite.prepared(&subjects.changed)?;
    let secret = suite.prepared(&subjects.secret)?;
    suite.nothing_there(&object).await?;
    suite.open(&[&object, &secret]).await?;
    let live = suite.creating(&object).await?;
    let live = suite.changing(&object, &changed, &live).await?;
    suite.health(&object).await?;
    suite.pruning(&object, &live).await?;
    suite.secrets(&secret).await?;
    suite.forgetting(&object).await?;
    suite.close().await
}

struct Suite<'a> {
    provider: &'a dyn Provider,
    subjects: &'a Subjects,
}

impl Suite<'_> {
    async fn connecting(&self) -> Checked {
        let first = call("connect", self.provider.connect().await)?;
        let second = call("connect again", self.provider.connect().await)?;
        ensure("connect again", first == second, || format!("{first:?}, then {second:?}"))
    }

    /// Preparing once more changes nothing.
    fn prepared(&self, manifest: &Manifest) -> Checked<Manifest> {
        let once = call("prepare", self.provider.prepare(manifest))?;
        let twice = call("prepare again", self.provider.prepare(&once))?;
        ensure("prepare again", once == twice, || "another declaration".to_owned())?;
        ensure("serves", self.provider.serves(&once.id), || format!("not {}", once.id))?;
        Ok(once)
    }

    async fn nothing_there(&self, object: &Manifest) -> Checked {
        self.is_absent("observe before the first write", object).await?;
        let dry = call("dry run of a create", self.provider.dry_run(&write(object)).await)?;
        ensure("dry run of a create", dry.conflicts.is_empty(), || format!("{:?}", dry.conflicts))?;
        self.is_absent("observe after a dry run", object).await
    }

    async fn open(&self, manifests: &[&Manifest]) -> Checked {
        let objects = manifests.iter().map(|m| (m.id.clone(), m.api_version.to_string())).collect();
        let membership = Membership { objects };
        call("open", self.provider.open(&membership).await)?;
        call("open again", self.provider.open(&membership).await)
    }

    async fn close(&self) -> Checked {
        call("close", self.provider.close(&Membership::default()).await)
    }

    async fn creating(&self, object: &Manifest) -> Checked<LiveObject> {
        let step = "write of a new object";
        let written = call(step, self.provider.write(&write(object)).await)?.object;
        ensure(step, written.id == object.id, || format!("answered with {}", written.id))?;
        ensure(step, written.owned, || "it is not marked as ours".to_owned())?;
        let again = call("the same write again", self.provider.write(&write(object)).await)?.object;
        ensure("the same write again", again.resource_version == written.resource_version, || {
            "it changed something".to_owned()
        })?;
        self.live("observe after a write", object).await
    }

    async fn changing(
        &self,
        object: &Manifest,
        changed: &Manifest,
        live: &LiveObject,
    ) -> Checked<LiveObject> {
        let on =
            |version: &str| Write { resource_version: Some(version.to_owned()), ..write(changed) };
        let step = "dry run of a change";
        let dry = call(step, self.provider.dry_run(&write(changed)).await)?.object;
        ensure(step, dry.body != live.body, || "shows no change".to_owned())?;
        let still = self.live("observe after a dry run", object).await?;
        ensure(step, still == *live, || "it changed something".to_owned())?;
        let step = "write on the version that was seen";
        let after = call(step, self.provider.write(&on(&live.resource_version)).await)?.object;
        ensure(step, after.uid == live.uid, || "another object".to_owned())?;
        let step = "write on a version that is gone";
        let back = Write { body: object.body.clone(), ..on(&live.resource_version) };
        match self.provider.write(&back).await {
            Err(Error::Stale) => Ok(after),
            other => Err(answer(step, format!("{other:?}"))),
        }
    }

    async fn health(&self, object: &Manifest) -> Checked {
        let nobody =
            ResourceId { name: format!("{}-not-there", object.id.name), ..object.id.clone() };
        let version = object.api_version.to_string();
        let asked = [(nobody, version.clone()), (object.id.clone(), version)];
        let found = call("health", self.provider.health(&asked).await)?;
        let statuses: Vec<HealthStatus> = found.iter().map(|health| health.status).collect();
        let fits = statuses.len() == 2
            && statuses[0] == HealthStatus::NotFound
            && !matches!(statuses[1], HealthStatus::NotFound | HealthStatus::Unknown);
        ensure("health", fits, || format!("{statuses:?}"))
    }

    /// What is ours and no longer declared is found, and deleted by its UID only.
    async fn pruning(&self, object: &Manifest, live: &LiveObject) -> Checked {
        let step = "observe what is no longer declared";
        let found = self.observe(step, &[]).await?;
        let is_it = |seen: &Observation| matches!(seen, Observation::Live(o) if o.uid == live.uid);
        ensure(step, found.iter().any(is_it), || format!("{found:?}"))?;
        let delete = |uid: &str| Delete {
            id: object.id.clone(),
            api_version: live.api_version.clone(),
            uid: uid.to_owned(),
        };
        let step = "delete of another object of this name";
        match self.provider.delete(&delete("00000000-0000-4000-8000-000000000000")).await {
            Err(Error::Stale) => {}
            other => return Err(answer(step, format!("{other:?}"))),
        }
        self.live(step, object).await?;
        call("delete", self.provider.delete(&delete(&live.uid)).await)?;
        call("delete again", self.provider.delete(&delete(&live.uid)).await)?;
        self.is_absent("observe after a delete", object).await
    }

    async fn secrets(&self, secret: &Manifest) -> Checked {
        let step = "a secret value";
        let mut seen = self.provider.mask(secret).as_str().to_owned();
        let dry = call(step, self.provider.dry_run(&write(secret)).await)?.object;
        let written = call(step, self.provider.write(&write(secret)).await)?.object;
        let live = self.live(step, secret).await?;
        for object in [&dry, &written, &live] {
            seen.push_str(object.body.as_str());
        }
        let texts = self.subjects.secret_text.iter();
        let leaked = texts.filter(|text| seen.contains(*text)).count();
        ensure(step, leaked == 0, || "it is shown".to_owned())?;
        let delete = Delete { id: live.id, api_version: live.api_version, uid: live.uid };
        call(step, self.provider.delete(&delete).await)
    }

    /// What is forgotten stays, and is not ours.
    async fn forgetting(&self, object: &Manifest) -> Checked {
        let step = "forget";
        let written = call(step, self.provider.write(&write(object)).await)?.object;
        let change = forget(object, &written);
        call(step, self.provider.forget(&change).await)?;
        call("forget again", self.provider.forget(&change).await)?;
        let left = self.live(step, object).await?;
        ensure(step, left.uid == written.uid && !left.owned, || "it is still ours".to_owned())?;
        let found = self.observe(step, &[]).await?;
        ensure(step, found.is_empty(), || format!("still found: {found:?}"))?;
        let delete = Delete { id: left.id, api_version: left.api_version, uid: left.uid };
        call(step, self.provider.delete(&delete).await)
    }

    async fn observe(
        &self,
        step: &'static str,
        declared: &[Manifest],
    ) -> Checked<Vec<Observation>> {
        let mut found = Vec::new();
        let mut sink = |observation| found.push(observation);
        let scope = Scope { manifests: declared, targeted: false };
        call(step, self.provider.observe(scope, &mut sink).await)?;
        Ok(found)
    }

    async fn live(&self, step: &'static str, manifest: &Manifest) -> Checked<LiveObject> {
        let found = self.observe(step, std::slice::from_ref(manifest)).await?;
        let live = found.iter().find_map(|observation| match observation {
            Observation::Live(object) if object.id == manifest.id => Some((**object).clone()),
            _ => None,
        });
        live.ok_or_else(|| answer(step, format!("{found:?}")))
    }

    async fn is_absent(&self, step: &'static str, manifest: &Manifest) -> Checked {
        let found = self.observe(step, std::slice::from_ref(manifest)).await?;
        let absent = Observation::Absent(manifest.id.clone());
        ensure(step, found.contains(&absent), || format!("{found:?}"))
    }
}

fn write(manifest: &Manifest) -> Write {
    Write {
        id: manifest.id.clone(),
        body: manifest.body.clone(),
        resource_version: None,
        force: false,
    }
}

fn forget(manifest: &Manifest, live: &LiveObject) -> Change {
    Change {
        id: manifest.id.clone(),
        api_version: live.api_version.clone(),
        action: Action::Forget,
        reason: Reason::KeptOnRemoval,
        location: None,
        before: Some(live.body.clone()),
        after: None,
        fields: Vec::new(),
        conflicts: Vec::new(),
        uid: Some(live.uid.clone()),
        resource_version: Some(live.resource_version.clone()),
    }
}

fn call<T>(step: &'static str, result: crate::Result<T>) -> Checked<T> {
    result.map_err(|source| Violation::Call { step, source })
}

fn ensure(step: &'static str, holds: bool, found: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(answer(step, found())) }
}

fn answer(step: &'static str, found: String) -> Violation {
    Violation::Answer { step, found }
}
