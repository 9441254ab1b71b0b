//! Whether a saved plan still holds.

use std::collections::BTreeMap;

use suimon_model::ResourceId;
use suimon_plan::{Change, Plan};

/// One way in which a saved plan does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The object, or `None` for the plan as a whole.
    pub id: Option<ResourceId>,
    /// What is different now, in one line.
    pub message: String,
}

/// What moved between a saved plan and the plan made now; empty when the saved one still holds.
///
/// `foreign` are the objects that a plan without `--adopt` refuses now. The saved plan takes them over
/// only when they were somebody else's already when it was made.
pub fn moved(saved: &Plan, now: &Plan, foreign: &[ResourceId]) -> Vec<Moved> {
    let mut moved = new_owners(saved, now, foreign);
    if saved.digest() == now.digest() && same_objects(saved, now) {
        return moved;
    }
    let mut whole = |what: &str, a: &str, b: &str| {
        if a != b {
            moved.push(Moved { id: None, message: format!("{what} was {a}, is {b}") });
        }
    };
    whole("the project", &saved.project, &now.project);
    whole("the environment", &saved.environment, &now.environment);
    let revision = |plan: &Plan| plan.revision.clone().unwrap_or_else(|| "uncommitted".to_owned());
    whole("the revision", &revision(saved), &revision(now));
    whole("the release", &saved.release_id, &now.release_id);
    let targets = |plan: &Plan| {
        let targets = plan.targets.iter().map(|t| format!("{} {}", t.provider, t.identity));
        let targets = targets.collect::<Vec<_>>().join(", ");
        if targets.is_empty() { "none".to_owned() } else { targets }
    };
    whole("the target", &targets(saved), &targets(now));
    whole("the policy", &saved.policy.to_string(), &now.policy.to_string());
    moved.extend(objects(saved, now));
    if moved.is_empty() {
        moved.push(Moved { id: None, message: "the order of the actions changed".to_owned() });
    }
    moved
}

/// Objects whose marks of ownership changed. What is foreign now was foreign then exactly when its
/// marks are the same, because a plan without `--adopt` has no action for a foreign object.
fn new_owners(saved: &Plan, now: &Plan, foreign: &[ResourceId]) -> Vec<Moved> {
    let marks = |plan: &Plan, id: &ResourceId| {
        let change = plan.changes.iter().find(|change| change.id == *id)?;
        let body = change.before.as_ref()?.value();
        let keys = ["labels", "annotations", "ownerReferences"];
        Some(keys.map(|key| body.pointer(&format!("/metadata/{key}")).cloned()))
    };
    let news = foreign.iter().filter(|id| marks(saved, id) != marks(now, id));
    news.map(|id| Moved {
        id: Some(id.clone()),
        message: "it carries another owner's mark now".to_owned(),
    })
    .collect()
}

fn same_objects(saved: &Plan, now: &Plan) -> bool {
    saved.changes.len() == now.changes.len()
        && saved.changes.iter().zip(&now.changes).all(|(a, b)| a.uid == b.uid)
}

fn objects(saved: &Plan, now: &Plan) -> Vec<Moved> {
    let index = |plan: &Plan| -> BTreeMap<ResourceId, Change> {
        plan.changes.iter().map(|change| (change.id.clone(), change.clone())).collect()
    };
    let (before, after) = (index(saved), index(now));
    let mut moved = Vec::new();
    for (id, old) in &before {
        let message = match after.get(id) {
            None => format!("{} is not needed any more", word(old)),
            Some(new) if new.action != old.action => {
                format!("{} was planned, {} would be needed now", word(old), word(new))
            }
            Some(new) if new.uid != old.uid => {
                "it is another object of the same name now".to_owned()
            }
            Some(new) if new.fields != old.fields || new.conflicts != old.conflicts => {
                format!("{} not as planned any more", differing(old, new))
            }
            Some(_) => continue,
        };
        moved.push(Moved { id: Some(id.clone()), message });
    }
    for (id, new) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
        moved.push(Moved {
            id: Some(id.clone()),
            message: format!("{} is needed now and was not planned", word(new)),
        });
    }
    moved
}

/// The fields in which two changes of one object differ; paths only, values may be secrets.
fn differing(old: &Change, new: &Change) -> String {
    let mut paths: Vec<&str> = Vec::new();
    for (these, those) in [(old, new), (new, old)] {
        let fields = these.fields.iter().filter(|field| !those.fields.contains(field));
        paths.extend(fields.map(|field| field.path.as_str()));
    }
    // A field that differs and is in conflict would be named twice.
    if paths.is_empty() {
        paths.extend(old.conflicts.iter().chain(&new.conflicts).map(|c| c.field.as_str()));
    }
    paths.sort_unstable();
    paths.dedup();
    match paths.as_slice() {
        [] => "the order of its fields is".to_owned(),
        [one] => format!("{one} is"),
        [first, second] => format!("{first} and {second} are"),
        [first, rest @ ..] => format!("{first} and {} more fields are", rest.len()),
    }
}

fn word(change: &Change) -> String {
    format!("{:?}", change.action).to_lowercase()
}
