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
pub fn moved(saved: &Plan, now: &Plan) -> Vec<Moved> {
    if saved.digest() == now.digest() && same_objects(saved, now) {
        return Vec::new();
    }
    let mut moved = Vec::new();
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
        targets.collect::<Vec<_>>().join(", ")
    };
    whole("the target", &targets(saved), &targets(now));
    whole("the policy", &saved.policy.to_string(), &now.policy.to_string());
    moved.extend(objects(saved, now));
    if moved.is_empty() {
        moved.push(Moved { id: None, message: "the order of the actions changed".to_owned() });
    }
    moved
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
                "the live object or its declaration changed".to_owned()
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

fn word(change: &Change) -> String {
    format!("{:?}", change.action).to_lowercase()
}
