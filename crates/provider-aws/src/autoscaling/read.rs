//! Reading targets with their tags, and policies.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Value, json};

use super::api::{self, List, Scaled, text};
use super::policy_check::SCHEDULED;
use super::{marks, policy, target};
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::Tags;
use crate::resource::{Declared, Found};

/// How many resources one description of targets takes.
const AT_ONCE: usize = 50;

/// The targets, each with its tags or why they are not known.
type Targets = HashMap<Scaled, Result<Tags, String>>;

/// Reads what is declared and, unless `targeted`, what is ours.
pub(super) async fn read(
    context: &Context,
    declared: &[Arc<Declared>],
    targeted: bool,
) -> Vec<Found> {
    let mut found = Vec::new();
    let described = match targets(context, declared, targeted).await {
        Ok(described) => described,
        // Where the API is not served there is nothing of it.
        Err(error) if declared.is_empty() && api::is_not_served(&error) => return found,
        Err(error) => {
            for kind in [target::KIND, policy::KIND] {
                found.push(Found::UnknownKind { kind, reason: error.to_string() });
            }
            return found;
        }
    };
    let tags = described.iter().map(|one| api::tags(context, text(one, "scalableTargetARN")));
    let tags = join_all(tags).await;
    let mut targets = Targets::new();
    for (one, tags) in described.iter().zip(tags) {
        let scaled = Scaled::of(one);
        context.note(format!("autoscaling/target/{}", scaled.resource), Value::Bool(true));
        let tags = match tags {
            Ok(tags) => {
                found.push(Found::live(target::KIND, target::live(one, tags.clone())));
                Ok(tags)
            }
            Err(error) => {
                found.push(unknown(declared, &scaled, &error));
                Err(error.to_string())
            }
        };
        targets.insert(scaled, tags);
    }
    found.extend(policies(context, declared, targeted, &targets).await);
    found
}

/// A target whose tags could not be read: it is not known whose it is.
fn unknown(declared: &[Arc<Declared>], scaled: &Scaled, error: &ApiError) -> Found {
    let own = declared.iter().find(|d| d.id.kind == target::KIND && Scaled::of(&d.spec) == *scaled);
    let reason = error.to_string();
    match own {
        Some(declared) => Found::Unknown { id: declared.id.clone(), reason },
        None => Found::UnknownKind { kind: target::KIND, reason },
    }
}

/// The namespaces that are read: what is declared, and ECS.
fn namespaces(declared: &[Arc<Declared>]) -> BTreeSet<String> {
    let all = declared.iter().map(|d| d.text("serviceNamespace").to_owned());
    all.chain(["ecs".to_owned()]).collect()
}

async fn targets(
    context: &Context,
    declared: &[Arc<Declared>],
    targeted: bool,
) -> Result<Vec<Value>, ApiError> {
    let mut bodies = Vec::new();
    if targeted {
        let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for scaled in declared.iter().map(|d| Scaled::of(&d.spec)).filter(|s| !s.is_open()) {
            ids.entry(scaled.namespace).or_default().insert(scaled.resource);
        }
        for (namespace, ids) in ids {
            let ids: Vec<String> = ids.into_iter().collect();
            let part = |ids: &[String]| json!({"ServiceNamespace": namespace, "ResourceIds": ids});
            bodies.extend(ids.chunks(AT_ONCE).map(part));
        }
    } else {
        let all = namespaces(declared).into_iter();
        bodies.extend(all.map(|namespace| json!({"ServiceNamespace": namespace})));
    }
    let all = bodies.into_iter().map(|body| api::all(context, List::Targets, body));
    let mut found = Vec::new();
    for answer in join_all(all).await {
        found.extend(answer?);
    }
    Ok(found)
}

/// Reads policies and scheduled actions where any are declared, or marked as ours.
async fn policies(
    context: &Context,
    declared: &[Arc<Declared>],
    targeted: bool,
    targets: &Targets,
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut asked = BTreeSet::new();
    for one in declared.iter().filter(|d| d.id.kind == policy::KIND) {
        let scaled = Scaled::of(&one.spec);
        let scheduled = one.text("policyType") == SCHEDULED;
        let resource = targeted.then_some(scaled.resource.clone());
        if !(targeted && scaled.is_open()) {
            asked.insert((scaled.namespace, resource, scheduled));
        }
    }
    if !targeted {
        for (scaled, tags) in targets {
            for scheduled in [false, true] {
                let prefix = marks::key(scheduled, "");
                let prefix = prefix.trim_end_matches('/');
                // Unknown tags may mark some.
                if tags.as_ref().is_ok_and(|t| t.keys().any(|key| key.starts_with(prefix))) {
                    asked.insert((scaled.namespace.clone(), None, scheduled));
                }
            }
        }
    }
    let reads = asked.into_iter().map(|(namespace, resource, scheduled)| async move {
        let mut body = json!({"ServiceNamespace": namespace});
        if let Some(resource) = resource {
            body["ResourceId"] = resource.into();
        }
        let list = if scheduled { List::Actions } else { List::Policies };
        (list, api::all(context, list, body).await)
    });
    for (list, answer) in join_all(reads).await {
        match answer {
            Ok(all) => found.extend(all.iter().map(|one| live(declared, one, list, targets))),
            Err(error) => {
                let reason = error.to_string();
                found.push(Found::UnknownKind { kind: policy::KIND, reason });
            }
        }
    }
    if let Some(Err(reason)) = targets.values().find(|tags| tags.is_err()) {
        let reason = reason.clone();
        found.push(Found::UnknownKind { kind: policy::KIND, reason });
    }
    found
}

fn live(declared: &[Arc<Declared>], one: &Value, list: List, targets: &Targets) -> Found {
    let none = Ok(Tags::new());
    match targets.get(&Scaled::of(one)).unwrap_or(&none) {
        Ok(tags) => {
            let marks = policy::marks_of(one, list, tags);
            Found::live(policy::KIND, policy::live(one, list, marks))
        }
        Err(reason) => {
            let live = policy::live(one, list, Tags::new());
            let kind = policy::ScalingPolicy;
            let own = declared.iter().find(|d| {
                d.id.kind == policy::KIND && crate::resource::Kind::key(&kind, d) == live.key
            });
            let reason = reason.clone();
            match own {
                Some(declared) => Found::Unknown { id: declared.id.clone(), reason },
                None => Found::UnknownKind { kind: policy::KIND, reason },
            }
        }
    }
}
