//! [`plan`]: declarations, live objects and dry runs to a [`Plan`].

mod assigned;
mod candidates;
mod case;
mod conflicts;
mod deferred;
mod drift;
mod inputs;
mod moved;
mod prune;
mod selection;

use serde_json::Value;
use suimon_model::{ResourceId, UnknownRead};

use crate::diff::diff;
use crate::strip::strip;
use crate::{Action, Change, Drift, Plan, Reason, Refusal};
use case::{Case, Cases, Subject, is_crd, refusal, served_by};

pub use candidates::candidates;
pub use inputs::{Declared, Inputs, Preview};

/// What would be done.
///
/// Changes come in the order of the graph; what is to be forgotten and deleted follows, dependents
/// first. Every declared object that is selected is a change, is counted unchanged, is refused or is
/// unknown.
///
/// # Guarantees
/// A pure function: equal inputs give equal plans and digests. Nothing is deleted or forgotten while
/// anything is unknown, with targets, or when only drift is repaired.
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let selection = selection::Selection::of(*inputs);
    let mut draft = Draft::new(*inputs, &selection);
    let cases = Cases::new(*inputs);
    for id in selection.ids() {
        draft.declared(id, cases.of(id));
    }
    if inputs.targets.is_empty() && !inputs.drift_only && draft.unknown.is_empty() {
        let removals = prune::removals(inputs);
        draft.changes.extend(removals.changes);
        draft.refused.extend(removals.refused);
    }
    draft.into_plan(selection.into_targeted())
}

/// A plan that is being made.
pub(crate) struct Draft<'a> {
    inputs: Inputs<'a>,
    changes: Vec<Change>,
    unchanged: usize,
    drift: Vec<Drift>,
    unknown: Vec<UnknownRead>,
    refused: Vec<Refusal>,
}

impl<'a> Draft<'a> {
    fn new(inputs: Inputs<'a>, selection: &selection::Selection<'_>) -> Self {
        Self {
            inputs,
            changes: Vec::new(),
            unchanged: 0,
            drift: Vec::new(),
            unknown: selection.unknown(),
            refused: selection.unknown_targets(),
        }
    }

    fn declared(&mut self, id: &ResourceId, case: Case<'a>) {
        match case {
            Case::Unknown => self.unread(id),
            Case::Same | Case::Ignored => self.unchanged += 1,
            Case::Refused(refusal) => self.refused.push(refusal),
            Case::New(..) | Case::Leaving(..) if self.inputs.drift_only => {}
            Case::New(reason, subject) => self.create(&subject, reason),
            Case::Leaving(live, subject) => {
                let change = create(&subject, Reason::BeingDeleted, &subject.value);
                let (uid, version) = (live.uid.clone(), live.resource_version.clone());
                let resource_version = Some(version);
                self.changes.push(Change { uid: Some(uid), resource_version, ..change });
            }
            Case::Moved(live, subject, differences) => self.moved(live, &subject, &differences),
        }
    }

    fn create(&mut self, subject: &Subject<'a>, reason: Reason) {
        use crate::Preview::{Failed, Immutable, Rejected, RolledBack, Stored};
        let id = &subject.declared.manifest.id;
        match self.inputs.previews.get(id) {
            Some(Stored { object, .. }) => {
                let mut stored = object.body.value();
                assigned::defer(id, &mut stored, &subject.value, None);
                self.changes.push(create(subject, reason, &stored));
            }
            Some(Rejected { .. }) if self.schema_changes(id) => {
                self.changes.push(create(subject, reason, &subject.value));
            }
            Some(Rejected { message } | Immutable { message, .. }) => {
                self.rejected(subject, message);
            }
            Some(RolledBack { message }) => self.rolled_back(subject, message),
            Some(Failed { reason }) => self.unknown(id, reason),
            None => self.changes.push(create(subject, reason, &subject.value)),
        }
    }

    /// Whether this plan changes the CRD of an object's kind before it: what the API says by the old
    /// schema does not count then.
    fn schema_changes(&self, id: &ResourceId) -> bool {
        let crds = self.changes.iter().filter(|change| is_crd(&change.id));
        let mut kinds = crds.filter_map(|change| served_by(change.after.as_ref()?));
        kinds.any(|(group, kind)| (&group, &kind) == (&id.group, &id.kind))
    }

    fn rejected(&mut self, subject: &Subject<'_>, message: &str) {
        self.refused.push(refusal(subject, "rejected", message.to_owned(), ""));
    }

    /// What failed once with this very declaration is not tried again.
    fn rolled_back(&mut self, subject: &Subject<'_>, message: &str) {
        let help =
            "commit a declaration that works; as it is declared now, it is not applied again";
        self.refused.push(refusal(subject, "rolled-back", message.to_owned(), help));
    }

    /// An object that could not be read; whoever read it may have said so already.
    fn unread(&mut self, id: &ResourceId) {
        let kind = id.group_kind();
        let told = |unknown: &UnknownRead| match &unknown.id {
            Some(known) => known == id,
            None => unknown.group_kind == kind,
        };
        if !self.unknown.iter().any(told) {
            self.unknown(id, "it was not read");
        }
    }

    fn unknown(&mut self, id: &ResourceId, reason: &str) {
        let (group_kind, reason) = (id.group_kind(), reason.to_owned());
        self.unknown.push(UnknownRead { id: Some(id.clone()), group_kind, reason });
    }

    fn into_plan(self, targeted: Vec<ResourceId>) -> Plan {
        let Self { inputs, changes, unchanged, drift, mut unknown, refused } = self;
        unknown.sort_by(|a, b| (&a.group_kind, &a.id).cmp(&(&b.group_kind, &b.id)));
        unknown.dedup();
        Plan {
            project: inputs.project.to_owned(),
            environment: inputs.environment.to_owned(),
            revision: inputs.revision.map(str::to_owned),
            release: inputs.release.map(str::to_owned),
            release_id: inputs.release_id.to_owned(),
            targets: inputs.observed.targets.clone(),
            changes,
            unchanged,
            declared: inputs.order.len(),
            drift,
            unknown,
            refused,
            policy: inputs.policy.clone(),
            targeted,
        }
    }
}

fn create(subject: &Subject<'_>, reason: Reason, stored: &Value) -> Change {
    let stored = strip(stored);
    let manifest = subject.declared.manifest;
    Change {
        id: manifest.id.clone(),
        api_version: manifest.api_version.to_string(),
        action: Action::Create,
        reason,
        location: Some(manifest.origin.location()),
        before: None,
        fields: diff(None, Some(&stored)),
        after: Some(deferred::after(stored)),
        conflicts: Vec::new(),
        uid: None,
        resource_version: None,
    }
}
