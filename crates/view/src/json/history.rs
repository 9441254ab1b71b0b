//! Records as JSON.

use serde_json::{Map, Value, json};
use suimon_ledger::{Event, History, Record, Recorded, Verification};

use super::{FORMAT_VERSION, text_of};
use crate::mask::{SENSITIVE, Veil};

/// Records as they are, oldest first, each with the id of its commit, as `docs/history.schema.json`
/// defines them.
///
/// With a limit only the last ones.
pub fn history(project: &str, environment: &str, history: &History, limit: Option<usize>) -> Value {
    let all = history.records.len();
    let skipped = all - all.min(limit.unwrap_or(usize::MAX));
    json!({
        "format_version": FORMAT_VERSION,
        "project": project,
        "environment": environment,
        "records": history.iter().skip(skipped).map(record).collect::<Vec<_>>(),
    })
}

/// Whether a ledger is what it says, as `docs/verification.schema.json` defines it.
pub fn verification(project: &str, environment: &str, found: &Verification) -> Value {
    json!({
        "format_version": FORMAT_VERSION,
        "project": project,
        "environment": environment,
        "valid": found.problems.is_empty(),
        "records": found.records,
        "signed": found.signed,
        "last": found.tip,
        "problems": found.problems.iter().map(|problem| json!({
            "record": problem.record,
            "number": problem.number,
            "message": text_of(&problem.what),
        })).collect::<Vec<_>>(),
    })
}

fn record(logged: &Recorded) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), logged.id.clone().into());
    // Every key of a record is text, so it always becomes an object.
    if let Ok(Value::Object(fields)) = serde_json::to_value(veiled(&logged.record)) {
        map.extend(fields.into_iter().map(|(key, value)| (key, redact(value))));
    }
    // What a record leaves out because it is empty is there all the same.
    map.entry("witnessed").or_insert_with(|| json!({}));
    if let Some(Value::Object(attempt)) = map.get_mut("event").and_then(|e| e.get_mut("attempt")) {
        fill(attempt, &["targeted", "approvals"], &json!([]));
        fill(attempt, &["break_glass"], &Value::Null);
        each(attempt.get_mut("conditions"), |condition| {
            fill(condition, &["help"], &Value::Null);
            fill(condition, &["who"], &json!([]));
        });
    }
    let report = map.get_mut("event").and_then(|event| event.get_mut("report"));
    if let Some(report) = report {
        each(report.get_mut("entries"), |entry| fill(entry, &["conflicts"], &json!([])));
    }
    Value::Object(map)
}

fn each(list: Option<&mut Value>, change: impl Fn(&mut Map<String, Value>)) {
    let items = list.and_then(Value::as_array_mut).into_iter().flatten();
    items.filter_map(Value::as_object_mut).for_each(change);
}

fn fill(map: &mut Map<String, Value>, keys: &[&str], value: &Value) {
    for key in keys {
        map.entry(*key).or_insert_with(|| value.clone());
    }
}

/// Records are masked before they are written; what is never shown is not, whoever wrote it.
fn veiled(record: &Record) -> Record {
    let mut record = record.clone();
    if let Event::Closed { report, .. } = &mut record.event {
        for entry in &mut report.entries {
            let veil = Veil::of(&entry.id);
            for conflict in &mut entry.conflicts {
                if veil.hides_field(&conflict.field) {
                    for side in [&mut conflict.ours, &mut conflict.theirs].into_iter().flatten() {
                        *side = SENSITIVE.into();
                    }
                }
            }
        }
    }
    record
}

fn redact(value: Value) -> Value {
    match value {
        Value::String(text) => text_of(&text).into(),
        Value::Array(items) => items.into_iter().map(redact).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (text_of(&key), redact(value))).collect()
        }
        other => other,
    }
}
