//! Objects that are live and perhaps not as declared.

use serde_json::Value;
use suimon_model::Body;

use super::case::{Subject, refusal};
use super::{Draft, assigned, conflicts, deferred, drift};
use crate::diff::{any_leaf, diff_with, is_deferred};
use crate::path::pattern;
use crate::split::split;
use crate::strip::strip;
use crate::{
    Action, Change, Conflict, Difference, Drift, FieldChange, LiveObject, Preview, Reason,
    is_masked,
};

impl<'a> Draft<'a> {
    pub(super) fn moved(
        &mut self,
        live: &LiveObject,
        subject: &Subject<'a>,
        differences: &[Difference],
    ) {
        let drifted = |differences: &[Difference]| -> Vec<_> {
            drift::of(live, &subject.value, differences).map(drift::field).collect()
        };
        let id = &live.id;
        let mut change = match self.inputs.previews.get(id) {
            Some(Preview::Failed { reason }) => return self.unknown(id, reason),
            Some(Preview::Rejected { .. }) if self.schema_changes(id) => {
                local(live, subject, differences)
            }
            Some(Preview::Rejected { message }) => return self.rejected(subject, message),
            Some(Preview::RolledBack { message }) => return self.rolled_back(subject, message),
            Some(Preview::Immutable { fields, message }) => {
                if !live.owned && !self.inputs.adopt {
                    return self.refused.push(replaces_a_stranger(subject, message));
                }
                replaced(live, subject, differences, fields)
            }
            Some(Preview::Stored { object, conflicts }) => {
                let mut stored = object.body.value();
                let before = live.body.value();
                assigned::defer(id, &mut stored, &subject.value, Some(&before));
                let fields = stored_fields(&before, &stored, object);
                if fields.is_empty() && live.owned {
                    self.unchanged += 1;
                    return;
                }
                let after = deferred::after(strip(&stored));
                let conflicts = conflicts::told(conflicts, live, &subject.value);
                Change { fields, conflicts, ..update(live, subject, after) }
            }
            None if subject.deferred => local(live, subject, differences),
            None if self.inputs.drift_only && drifted(differences).is_empty() => return,
            None => return self.unknown(id, "no dry run was made"),
        };
        let real: Vec<Difference> =
            differences.iter().filter(|d| is_seen(d, &change.fields)).cloned().collect();
        let fields = drifted(&real);
        if self.inputs.drift_only && fields.is_empty() {
            return;
        }
        if change.action == Action::Update {
            change.reason = match (live.owned, fields.len()) {
                (false, _) => Reason::Adopted,
                (true, 0) => Reason::Changed,
                (true, some) if some < real.len() => Reason::ChangedAndDrifted,
                (true, _) => Reason::Drifted,
            };
        }
        if !fields.is_empty() {
            self.drift.push(Drift { id: id.clone(), fields });
        }
        self.changes.push(change);
    }
}

/// What the dry run would store, against what is live. The version that an object is written in is
/// not stored with it.
fn stored_fields(live: &Value, stored: &Value, answer: &LiveObject) -> Vec<FieldChange> {
    let before = strip(live);
    let after = strip(stored);
    let managers = split(answer.body.as_str()).map(|(_, fields)| fields);
    let mut fields = diff_with(Some(&before), Some(&after), managers.as_ref().map(|m| &m.root));
    fields.retain(|field| field.path != "/apiVersion");
    fields
}

fn update(live: &LiveObject, subject: &Subject<'_>, after: Body) -> Change {
    let manifest = subject.declared.manifest;
    Change {
        id: live.id.clone(),
        api_version: manifest.api_version.to_string(),
        action: Action::Update,
        reason: Reason::Changed,
        location: Some(manifest.origin.location()),
        before: Some(Body::new(&strip(&live.body.value()))),
        after: Some(after),
        fields: Vec::new(),
        conflicts: Vec::<Conflict>::new(),
        uid: Some(live.uid.clone()),
        resource_version: Some(live.resource_version.clone()),
    }
}

/// An update that no dry run can show, because it waits for a deferred value or for another schema.
fn local(live: &LiveObject, subject: &Subject<'_>, differences: &[Difference]) -> Change {
    let after = deferred::after(strip(&subject.value));
    Change { fields: declared_fields(differences), ..update(live, subject, after) }
}

fn replaced(
    live: &LiveObject,
    subject: &Subject<'_>,
    differences: &[Difference],
    immutable: &[String],
) -> Change {
    let mut fields = declared_fields(differences);
    let named = |field: &FieldChange| immutable.iter().any(|name| is_below(&field.path, name));
    let any = fields.iter().any(named);
    for field in &mut fields {
        field.forces_replacement = !any || named(field);
    }
    let reason = Reason::ImmutableField;
    let after = deferred::after(strip(&subject.value));
    Change { action: Action::Replace, reason, fields, ..update(live, subject, after) }
}

/// Differences as changes.
fn declared_fields(differences: &[Difference]) -> Vec<FieldChange> {
    let mut fields: Vec<FieldChange> = differences
        .iter()
        .map(|difference| {
            let (before, after) = (difference.live.clone(), difference.declared.clone());
            let sides: Vec<&Value> = [&before, &after].into_iter().flatten().collect();
            let sensitive = sides.iter().any(|value| any_leaf(value, &is_masked));
            let unknown_after = after.as_ref().is_some_and(|after| any_leaf(after, &is_deferred));
            FieldChange {
                path: difference.path.clone(),
                before,
                after: after.filter(|_| !unknown_after),
                unknown_after,
                sensitive,
                forces_replacement: false,
            }
        })
        .collect();
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    fields
}

/// Whether a difference is among what really changes. For what is missing, how a list's items are
/// told apart may have been a guess, and without managed fields nothing tells: there any item counts.
fn is_seen(difference: &Difference, fields: &[FieldChange]) -> bool {
    let overlap = |a: &str, b: &str| within(a, b) || within(b, a);
    fields.iter().any(|field| overlap(&difference.path, &field.path))
        || ((difference.live.is_none() || is_positional(&difference.path)) && {
            let here = pattern(&difference.path);
            fields.iter().any(|field| overlap(&here, &pattern(&field.path)))
        })
}

/// Whether items of a list on the way are told apart by their place only.
fn is_positional(path: &str) -> bool {
    path.split('/').any(|step| !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit()))
}

fn within(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a pointer is at or below a field as the API names it: `spec.selector`, `spec.ports[0]`.
fn is_below(pointer: &str, name: &str) -> bool {
    let mut of = String::new();
    for part in name.trim_start_matches('.').split('.') {
        let (key, items) =
            part.split_once('[').map_or((part, 0), |(key, _)| (key, part.matches('[').count()));
        of.push('/');
        of.push_str(key);
        of.push_str(&"/*".repeat(items));
    }
    let pointer = pattern(pointer);
    within(&pointer, &of) || within(&of, &pointer)
}

fn replaces_a_stranger(subject: &Subject<'_>, message: &str) -> crate::Refusal {
    let message = format!("it is not ours, and would have to be replaced: {message}");
    let help = "declare it as it is, delete it by hand, or take it over with `--adopt`";
    refusal(subject, "replaces-another", message, help)
}
