//! A plan as JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use suimon_plan::{Change, Drift, Plan, Refusal};

use super::fields::{conflict, drifted, field, identity, location};
use super::gate::of_plan;
use super::{PLAN_VERSION, optional, text_of};
use crate::GateView;
use crate::mask::{self, Veil};

/// A plan and what its gate says, as `docs/plan.schema.json` defines it.
pub fn plan(plan: &Plan, gate: &GateView<'_>) -> Value {
    let counts = plan.summary();
    json!({
        "format_version": PLAN_VERSION,
        "digest": plan.digest(),
        "project": plan.project,
        "environment": plan.environment,
        "revision": plan.revision,
        "release": {"name": plan.release, "id": plan.release_id},
        "targets": plan.targets.iter().map(|target| json!({
            "provider": target.provider,
            "identity": target.identity,
            "endpoint": text_of(&target.endpoint),
        })).collect::<Vec<_>>(),
        "targeted": plan.targeted.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "changes": plan.changes.iter().map(change).collect::<Vec<_>>(),
        "drift": plan.drift.iter().map(drift).collect::<Vec<_>>(),
        "unknown": plan.unknown.iter().map(|read| json!({
            "id": read.id.as_ref().map(ToString::to_string),
            "group_kind": read.group_kind,
            "reason": text_of(&read.reason),
        })).collect::<Vec<_>>(),
        "refused": plan.refused.iter().map(refusal).collect::<Vec<_>>(),
        "gate": of_plan(gate),
        "summary": {
            "add": counts.add,
            "change": counts.change,
            "destroy": counts.destroy,
            "forget": counts.forget,
            "unchanged": counts.unchanged,
        },
        "deletes_digest": plan.deletes_digest(),
    })
}

fn change(change: &Change) -> Value {
    let veil = Veil::of(&change.id);
    let mut marks = Marks::of(change);
    let before = change.before.as_ref().map(|body| body.value());
    let after = change.after.as_ref().map(|body| body.value());
    for body in [&before, &after].into_iter().flatten() {
        marks.collect(body, veil, &mut Vec::new());
    }
    let sensitive: Vec<Vec<String>> = change
        .fields
        .iter()
        .filter(|f| f.sensitive)
        .map(|f| crate::path::tokens(&f.path))
        .collect();
    let body = |value: Option<Value>| {
        value.map(|mut value| {
            value = mask::clean(&value, veil, &mut Vec::new());
            for tokens in &sensitive {
                hide(&mut value, tokens);
            }
            value
        })
    };
    let mut map = identity(&change.id);
    map.insert("api_version".into(), change.api_version.clone().into());
    map.insert("action".into(), json!(change.action));
    map.insert("reason".into(), json!(change.reason));
    map.insert("location".into(), location(change.location.as_ref()));
    map.insert("before".into(), json!(body(before)));
    map.insert("after".into(), json!(body(after)));
    map.insert("fields".into(), change.fields.iter().map(|f| field(f, veil)).collect());
    map.insert("unknown_after".into(), json!(marks.unknown));
    map.insert("sensitive".into(), json!(marks.sensitive));
    map.insert("conflicts".into(), change.conflicts.iter().map(|c| conflict(c, veil)).collect());
    Value::Object(map)
}

fn drift(drift: &Drift) -> Value {
    let veil = Veil::of(&drift.id);
    let mut map = identity(&drift.id);
    map.insert("fields".into(), drift.fields.iter().map(|f| drifted(f, veil)).collect());
    Value::Object(map)
}

fn refusal(refusal: &Refusal) -> Value {
    let mut map = identity(&refusal.id);
    map.insert("code".into(), refusal.code.clone().into());
    map.insert("message".into(), text_of(&refusal.message).into());
    map.insert("help".into(), optional(refusal.help.as_ref()));
    map.insert("location".into(), location(refusal.location.as_ref()));
    Value::Object(map)
}

/// Replaces what a path leads to.
fn hide(value: &mut Value, tokens: &[String]) {
    let mut at = value;
    for token in tokens {
        let next = match at {
            Value::Array(items) => {
                let found = items.iter().position(|item| crate::path::matches(item, token));
                found.or_else(|| token.parse().ok()).and_then(|index| items.get_mut(index))
            }
            Value::Object(map) => map.get_mut(token),
            _ => None,
        };
        let Some(next) = next else { return };
        at = next;
    }
    if !at.is_null() {
        *at = mask::SENSITIVE.into();
    }
}

/// Where the secret and the unknown values of a change are.
struct Marks {
    sensitive: BTreeSet<String>,
    unknown: BTreeSet<String>,
    seek_unknown: bool,
}

impl Marks {
    fn of(change: &Change) -> Self {
        let unknown: BTreeSet<String> = change.unknown_after().into_iter().map(text_of).collect();
        let sensitive = change.fields.iter().filter(|f| f.sensitive);
        Self {
            sensitive: sensitive.map(|f| text_of(&f.path)).collect(),
            seek_unknown: unknown.is_empty(),
            unknown,
        }
    }

    fn collect(&mut self, value: &Value, veil: Veil, path: &mut Vec<String>) {
        let mut inside = |marks: &mut Self, token: String, item: &Value| {
            path.push(token);
            marks.collect(item, veil, path);
            path.pop();
        };
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, item)| inside(self, key.clone(), item));
            }
            Value::Array(items) => {
                let numbered = items.iter().enumerate();
                numbered.for_each(|(index, item)| inside(self, index.to_string(), item));
            }
            Value::Null => {}
            scalar => {
                let text = scalar.as_str();
                if veil.hides(path) || text.is_some_and(mask::is_masked) {
                    self.sensitive.insert(pointer(path));
                } else if self.seek_unknown && text.is_some_and(mask::is_deferred) {
                    self.unknown.insert(pointer(path));
                }
            }
        }
    }
}

fn pointer(tokens: &[String]) -> String {
    let escaped = tokens.iter().map(|t| text_of(t).replace('~', "~0").replace('/', "~1"));
    escaped.map(|token| format!("/{token}")).collect()
}
