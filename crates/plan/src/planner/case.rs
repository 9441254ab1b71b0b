//! [`Case`]: how one declared object stands to what is live.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Value;
use suimon_model::{Body, REF_MARKER_PREFIX, ResourceId};

use super::deferred;
use crate::marks::{LeaveAlone, leave_alone};
use crate::{
    Comparison, Declared, Difference, Inputs, LiveObject, Presence, Reason, Refusal, compare,
};

/// How one declared object stands to what is live.
pub(crate) enum Case<'a> {
    /// Nobody knows.
    Unknown,
    /// As declared.
    Same,
    /// To be left alone.
    Ignored,
    /// To be created.
    New(Reason, Subject<'a>),
    /// To be created once the live object, which is being deleted, is gone.
    Leaving(&'a LiveObject, Subject<'a>),
    /// Perhaps not as declared.
    Moved(&'a LiveObject, Subject<'a>, Vec<Difference>),
    /// Against the rules.
    Refused(Refusal),
}

/// A declaration that is looked at.
pub(crate) struct Subject<'a> {
    /// The declaration.
    pub(crate) declared: Declared<'a>,
    /// Masked, with the markers of deferred values in the clear.
    pub(crate) value: Value,
    /// Whether values are known only once something else is live.
    pub(crate) deferred: bool,
}

/// Tells the cases of one run apart.
pub(crate) struct Cases<'a> {
    inputs: Inputs<'a>,
    coming: OnceCell<BTreeSet<(String, String)>>,
}

impl<'a> Cases<'a> {
    /// The cases of one run.
    pub(crate) fn new(inputs: Inputs<'a>) -> Self {
        Self { inputs, coming: OnceCell::new() }
    }

    /// The case of one declared object.
    pub(crate) fn of(&self, id: &ResourceId) -> Case<'a> {
        let presence = match self.inputs.observed.declared.get(id) {
            None | Some(Presence::Unknown) => return Case::Unknown,
            Some(Presence::Unchanged { .. }) if !self.is_swept_away(id) => return Case::Same,
            Some(presence) => presence,
        };
        let Some(declared) = (self.inputs.declared)(id) else { return Case::Unknown };
        let deferred = declared.manifest.body.as_str().contains(REF_MARKER_PREFIX);
        let value = deferred::in_the_clear(&declared, deferred);
        let subject = Subject { declared, value, deferred };
        let alone = leave_alone(&subject.value);
        match presence {
            Presence::Live(live) => self.live(live, subject, alone),
            _ if alone == Some(LeaveAlone::Always) => Case::Ignored,
            Presence::KindNotServed if !self.is_coming(id) => {
                Case::Refused(kind_not_served(id, &subject))
            }
            Presence::KindNotServed => Case::New(Reason::KindNotServedYet, subject),
            Presence::Unchanged { .. } => Case::New(Reason::BeingDeleted, subject),
            _ => Case::New(Reason::NotLive, subject),
        }
    }

    fn live(
        &self,
        live: &'a LiveObject,
        subject: Subject<'a>,
        alone: Option<LeaveAlone>,
    ) -> Case<'a> {
        if alone.or_else(|| leave_alone(&live.body.value())).is_some() {
            return Case::Ignored;
        }
        if let (Some(owner), false) = (&live.foreign_owner, self.inputs.adopt) {
            return Case::Refused(owned_by_another(owner, &subject));
        }
        if live.terminating || self.is_swept_away(&live.id) {
            return Case::Leaving(live, subject);
        }
        match compare(&subject.value, live) {
            Comparison::Equal => Case::Same,
            Comparison::Differs(differences) => Case::Moved(live, subject, differences),
        }
    }

    /// Whether the declared namespace of an object is being deleted, and the object with it.
    fn is_swept_away(&self, id: &ResourceId) -> bool {
        let Some(name) = &id.namespace else { return false };
        let namespace = ResourceId::new("", "Namespace", None, name.as_str());
        let presence = self.inputs.observed.declared.get(&namespace);
        matches!(presence, Some(Presence::Live(live)) if live.terminating)
    }

    /// Whether a CRD among the declared objects brings this kind.
    fn is_coming(&self, id: &ResourceId) -> bool {
        let coming = self.coming.get_or_init(|| {
            let ids = self.inputs.order.nodes().iter();
            let crds = ids.filter(|id| is_crd(id));
            crds.filter_map(|id| served_by(&(self.inputs.declared)(id)?.masked)).collect()
        });
        coming.contains(&(id.group.clone(), id.kind.clone()))
    }
}

/// Whether an id is that of a CRD.
pub(crate) fn is_crd(id: &ResourceId) -> bool {
    id.kind == "CustomResourceDefinition" && id.group == "apiextensions.k8s.io"
}

/// Group and kind that a CRD brings.
pub(crate) fn served_by(crd: &Body) -> Option<(String, String)> {
    let crd = crd.value();
    let spec = crd.get("spec")?;
    let kind = spec.get("names")?.get("kind")?.as_str()?;
    Some((spec.get("group")?.as_str()?.to_owned(), kind.to_owned()))
}

/// A refusal at the place of a declaration.
pub(crate) fn refusal(subject: &Subject<'_>, code: &str, message: String, help: &str) -> Refusal {
    let manifest = subject.declared.manifest;
    Refusal {
        id: manifest.id.clone(),
        code: code.to_owned(),
        message,
        help: Some(help.to_owned()).filter(|help| !help.is_empty()),
        location: Some(manifest.origin.location()),
    }
}

fn kind_not_served(id: &ResourceId, subject: &Subject<'_>) -> Refusal {
    let version = &subject.declared.manifest.api_version;
    let message = format!("the API server does not serve kind {} of {version}", id.kind);
    let help = "install its CustomResourceDefinition first, or declare it in this environment; \
                check the apiVersion for versions that the API server no longer has";
    refusal(subject, "kind-not-served", message, help)
}

fn owned_by_another(owner: &str, subject: &Subject<'_>) -> Refusal {
    let message = format!("the live object belongs to {owner}");
    let help = "stop managing it there, or take it over with `--adopt`";
    refusal(subject, "owned-by-another", message, help)
}
