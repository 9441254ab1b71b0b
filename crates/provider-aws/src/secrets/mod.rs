//! Secrets Manager.
//!
//! A value is read from its source when it is compared or written, in memory that is wiped, and leaves this module
//! only towards Secrets Manager. What everything else sees of it is its version id: an HMAC that is the same for the
//! same value, so that an unchanged value is told from the list of secrets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use suimon_model::ResourceId;
use suimon_provider::{Error, Result};

use crate::context::Context;
use crate::resource::{Declared, Family, Found, Kind};

mod check;
mod content;
mod generate;
mod health;
mod key;
pub(crate) mod lookup;
mod normal;
mod payload;
mod policy;
mod put;
mod secret;
mod seen;
mod source;
mod steps;
#[cfg(test)]
mod tests;
mod token;
mod tracked;
mod value;
mod write;

pub(crate) use key::State;

use key::Answer;
use seen::Seen;

/// Up to how many secrets are looked up one by one rather than listed.
const FEW: usize = 20;

const KIND: &str = "Secret";

/// The `secretsmanager` API.
pub(crate) struct SecretsManager;

#[async_trait]
impl Family for SecretsManager {
    fn group(&self) -> &'static str {
        "secretsmanager.services.k8s.aws"
    }

    fn kinds(&self) -> &'static [&'static dyn Kind] {
        &[&secret::Secret]
    }

    async fn read(
        &self,
        context: &Context,
        declared: &[Arc<Declared>],
        targeted: bool,
    ) -> Result<Vec<Found>> {
        let values = declared.iter().any(|declared| needs_key(declared));
        let key = async {
            match values {
                true => key::ask(context).await,
                false => Answer::Unasked,
            }
        };
        let listed = async {
            match targeted && declared.len() <= FEW {
                true => Ok(Vec::new()),
                false => seen::list(context).await,
            }
        };
        let (key, listed) = futures::future::join(key, listed).await;
        let listed = listed?;
        let unreadable = match key {
            Answer::Unreadable(reason) => Some(reason),
            _ => None,
        };
        let mut by_name: HashMap<&str, &Seen> = HashMap::new();
        for seen in &listed {
            by_name.insert(seen.name(), seen);
        }
        let own = declared.iter().map(|declared| {
            let listed = by_name.get(declared.text("name")).copied();
            let unreadable = unreadable.as_ref().filter(|_| needs_key(declared));
            one(context, declared, listed, unreadable)
        });
        let names: HashSet<&str> = declared.iter().map(|declared| declared.text("name")).collect();
        let by_id: HashMap<&ResourceId, &Arc<Declared>> =
            declared.iter().map(|declared| (&declared.id, declared)).collect();
        let others = listed.iter().filter(|seen| {
            !targeted
                && !names.contains(seen.name())
                && seen.deletion().is_none()
                && seen.is_ours(context)
        });
        let others = others.map(|seen| other(context, seen, &by_id));
        let (own, others) = futures::future::join(
            futures::future::join_all(own),
            futures::future::join_all(others),
        )
        .await;
        Ok(own.into_iter().chain(others).flatten().collect())
    }
}

/// Whether the digest key is needed to tell whether the declared value is live.
fn needs_key(declared: &Declared) -> bool {
    matches!(value::read(&declared.spec), Ok(Some(declaration)) if declaration.needs_key())
}

/// A declared secret. A list may be minutes old: what it does not have, or has otherwise, is looked up.
async fn one(
    context: &Context,
    declared: &Arc<Declared>,
    listed: Option<&Seen>,
    unreadable: Option<&String>,
) -> Option<Found> {
    let id = declared.id.clone();
    if let Some(reason) = unreadable {
        return Some(Found::Unknown { id, reason: reason.clone() });
    }
    if let Some(listed) = listed
        && !listed.is_partial()
        && !asks_policy(declared, listed)
        && listed.is_ours(context)
    {
        let live = normal::live(context, Some(declared), listed);
        if same(&live.spec, &normal::wanted(context, declared, Some(&live))) {
            return Some(Found::live(KIND, live));
        }
    }
    match look(context, declared.text("name"), Some(declared)).await {
        Ok(Some(seen)) => Some(Found::live(KIND, normal::live(context, Some(declared), &seen))),
        Ok(None) => None,
        Err(error) => Some(Found::Unknown { id, reason: error.to_string() }),
    }
}

/// A secret that is ours and that nobody declares by this name.
async fn other(
    context: &Context,
    listed: &Seen,
    declared: &HashMap<&ResourceId, &Arc<Declared>>,
) -> Option<Found> {
    let id = listed.tags().get(crate::marks::RESOURCE).and_then(|id| id.parse().ok());
    let declared = id.and_then(|id: ResourceId| declared.get(&id).map(|declared| &***declared));
    match look(context, listed.arn(), declared).await {
        Ok(Some(seen)) if seen.deletion().is_none() && seen.is_ours(context) => {
            Some(Found::live(KIND, normal::live(context, declared, &seen)))
        }
        Ok(_) => None,
        Err(error) => Some(Found::UnknownKind { kind: KIND, reason: error.to_string() }),
    }
}

/// Looks one secret up, with its resource policy where that matters.
async fn look(context: &Context, id: &str, declared: Option<&Declared>) -> Result<Option<Seen>> {
    let Some(mut seen) = seen::describe(context, id).await? else { return Ok(None) };
    if declared.is_some_and(|declared| asks_policy(declared, &seen)) {
        seen::add_policy(context, &mut seen).await.map_err(Error::from)?;
    }
    Ok(Some(seen))
}

fn asks_policy(declared: &Declared, seen: &Seen) -> bool {
    declared.spec.get("resourcePolicy").is_some() || seen.tags().contains_key(normal::POLICY)
}

/// Whether two specs are the same: null, `{}`, `[]` and absent are alike.
fn same(one: &Value, other: &Value) -> bool {
    let nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(|value| same(value, &Value::Null)),
        _ => false,
    };
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let of = |map: &serde_json::Map<String, Value>, key: &str| {
                map.get(key).cloned().unwrap_or_default()
            };
            one.keys().chain(other.keys()).all(|key| same(&of(one, key), &of(other, key)))
        }
        (one, other) => one == other || (nothing(one) && nothing(other)),
    }
}
