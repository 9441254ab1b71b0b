//! A secret in the shape of a declaration: as it is live, and as it is wanted.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::content::resolve;
use super::key::Answer;
use super::policy::parsed;
use super::seen::Seen;
use super::token::{masked, untold};
use super::value::{self, Declaration};
use crate::context::Context;
use crate::marks::{self, Tags};
use crate::prepare::hex;
use crate::resource::{Declared, Live};

/// How the made parts of the value are made: digest of their generators.
pub(super) const GENERATED: &str = "suimon.dev/generated";
/// The keys of a value that is a JSON object.
pub(super) const KEYS: &str = "suimon.dev/keys";
/// The version id that was last written: it tells a new declared value from one that somebody else set.
pub(super) const VALUE: &str = "suimon.dev/value";
/// A resource policy was declared.
pub(super) const POLICY: &str = "suimon.dev/policy";
/// Days between deletion and end, where they are not thirty.
pub(super) const WINDOW: &str = "suimon.dev/recovery-window";

const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

/// A live secret.
pub(super) fn live(context: &Context, declared: Option<&Declared>, seen: &Seen) -> Live {
    let declaration = declared.and_then(|declared| value::read(&declared.spec).ok().flatten());
    let mut tags = seen.tags();
    if let (Some(declared), Some(declaration)) = (declared, &declaration)
        && let Some(token) = token_of(context, declared, declaration)
        && tags.get(VALUE).is_some_and(|written| *written != token)
    {
        // Another value is declared than the one that was written: what differs is a change and no drift.
        tags.insert(marks::APPLIED.to_owned(), "another value".to_owned());
    }
    Live {
        key: seen.name().to_owned(),
        arn: seen.arn().to_owned(),
        made: seen.get("CreatedDate").map(super::seen::time).unwrap_or_default(),
        spec: live_spec(declared, declaration.as_ref(), seen, &tags),
        status: status(context, seen),
        tags,
        terminating: false,
        failed: false,
    }
}

fn live_spec(
    declared: Option<&Declared>,
    declaration: Option<&Declaration>,
    seen: &Seen,
    tags: &Tags,
) -> Value {
    let mut spec = Map::new();
    let mut put = |field: &str, value: Value| drop(spec.insert(field.to_owned(), value));
    put("name", seen.name().into());
    if !seen.text("Description").is_empty() {
        put("description", seen.text("Description").into());
    }
    let key = seen.text("KmsKeyId");
    if !is_default_key(key) {
        put("kmsKeyId", key.into());
    }
    put("tags", json!(marks::visible(tags)));
    if let Some(policy) = &seen.policy {
        let policy = Value::String(policy.clone());
        put("resourcePolicy", parsed(&policy).unwrap_or(policy));
    }
    if seen.rotates() {
        put("rotation", rotation(seen));
    }
    let replicas = replicas(seen);
    if replicas.as_array().is_none_or(|all| !all.is_empty()) {
        put("replicaRegions", replicas);
    }
    if let Some(days) = tags.get(WINDOW).and_then(|days| days.parse::<i64>().ok()) {
        put("recoveryWindowInDays", days.into());
    }
    if let Some(date) = seen.deletion() {
        put("deletionDate", date.into());
    }
    if let (Some(declared), Some(declaration), Some(current)) =
        (declared, declaration, seen.current())
    {
        let made = declaration.generator().filter(|_| is_made(declared, declaration, seen));
        let shown = made.map_or_else(|| masked(current), |generator| masked(&generator.digest()));
        put(declaration.field(), shown);
    }
    Value::Object(spec)
}

fn status(context: &Context, seen: &Seen) -> Value {
    json!({
        "versionId": seen.current(),
        "pendingVersionId": seen.pending(),
        "rotationEnabled": seen.rotates(),
        "wasRotated": seen.was_rotated(),
        "replicaOf": seen.replica_of(&context.session.region),
        "lastChangedDate": seen.get("LastChangedDate").map(super::seen::time),
    })
}

fn is_default_key(key: &str) -> bool {
    key.is_empty() || key.ends_with(DEFAULT_KEY)
}

fn rotation(seen: &Seen) -> Value {
    let rule = |field: &str| seen.get("RotationRules").and_then(|rules| rules.get(field)).cloned();
    let schedule = rule("ScheduleExpression");
    let mut rules = Map::new();
    // With a schedule, the days are worked out from it.
    if schedule.is_none()
        && let Some(days) = rule("AutomaticallyAfterDays")
    {
        rules.insert("automaticallyAfterDays".to_owned(), days);
    }
    for (field, value) in [("duration", rule("Duration")), ("scheduleExpression", schedule)] {
        if let Some(value) = value {
            rules.insert(field.to_owned(), value);
        }
    }
    json!({
        "enabled": true,
        "rotationLambdaArn": seen.get("RotationLambdaARN"),
        "rotationRules": rules,
    })
}

fn replicas(seen: &Seen) -> Value {
    let one = |replica: &Value| {
        let text = |field: &str| replica.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut out = json!({"region": text("Region")});
        if let Value::Object(out) = &mut out
            && !is_default_key(text("KmsKeyId"))
        {
            out.insert("kmsKeyId".to_owned(), text("KmsKeyId").into());
        }
        out
    };
    sorted(seen.replicas().into_iter().map(one).collect())
}

fn sorted(mut replicas: Vec<Value>) -> Value {
    let region = |one: &Value| one.get("region").and_then(Value::as_str).map(str::to_owned);
    replicas.sort_by_key(region);
    Value::Array(replicas)
}

/// Whether the current version is one that this generator made.
pub(super) fn is_made(declared: &Declared, declaration: &Declaration, seen: &Seen) -> bool {
    let Some(generator) = declaration.generator() else { return false };
    let digest = generator.digest();
    let made = made_prefix(declared.text("name"), &digest);
    seen.current().is_some_and(|current| {
        seen.tags().get(GENERATED) == Some(&digest) || current.starts_with(&made)
    })
}

/// How the version ids of what a generator makes begin: 32 letters, followed by as many random ones.
pub(super) fn made_prefix(name: &str, digest: &str) -> String {
    let mut made = hex(&Sha256::digest(format!("suimon made {name} {digest}")));
    made.truncate(32);
    made
}

/// The version id of the declared value, as far as it can be told now.
fn token_of(context: &Context, declared: &Declared, declaration: &Declaration) -> Option<String> {
    if !declaration.needs_key() {
        return None;
    }
    let Answer::Known(key) = context.secrets.key() else { return None };
    let resolved = resolve(declaration, &context.options).ok()?;
    resolved.token(&key, declared.text("name")).ok()
}

/// Whether the value is the business of rotation: the declared one was the first only.
pub(super) fn is_rotations(declared: &Declared, live: &Live) -> bool {
    let says = |field: &str| live.status.get(field).and_then(Value::as_bool).unwrap_or_default();
    declares_rotation(&declared.spec)
        && live.status.get("versionId").is_some_and(Value::is_string)
        && (says("rotationEnabled") || says("wasRotated"))
}

/// Whether rotation is declared, and on.
pub(super) fn declares_rotation(spec: &Value) -> bool {
    let enabled =
        |rotation: &Value| rotation.get("enabled").and_then(Value::as_bool).unwrap_or(true);
    spec.get("rotation").is_some_and(enabled)
}

/// What will be live.
pub(super) fn wanted(context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
    let spec = declared.spec.as_object().cloned().unwrap_or_default();
    let there = |field: &str| live.and_then(|live| live.spec.get(field));
    let mut wanted = Map::new();
    for (field, value) in spec {
        let value = match field.as_str() {
            "description" if value == "" => continue,
            "kmsKeyId" if value.as_str().is_some_and(is_default_key) => continue,
            "kmsKeyId" => same_key(value, there("kmsKeyId")),
            "resourcePolicy" => parsed(&value).unwrap_or(value),
            "rotation" if !declares_rotation(&declared.spec) => continue,
            "rotation" => wanted_rotation(&value, there("rotation")),
            "replicaRegions" => wanted_replicas(value, there("replicaRegions")),
            "recoveryWindowInDays" if value == 30 => continue,
            "name" | "description" | "tags" | "recoveryWindowInDays" => value,
            _ => continue,
        };
        wanted.insert(field, value);
    }
    if !wanted.contains_key("tags")
        && let Some(tags) = there("tags")
    {
        wanted.insert("tags".to_owned(), tags.clone());
    }
    if let Ok(Some(declaration)) = value::read(&declared.spec) {
        let field = declaration.field();
        let value = match live.filter(|live| is_rotations(declared, live)) {
            Some(live) => live.spec.get(field).cloned().unwrap_or_default(),
            None => wanted_value(context, declared, &declaration),
        };
        wanted.insert(field.to_owned(), value);
    }
    Value::Object(wanted)
}

fn wanted_value(context: &Context, declared: &Declared, declaration: &Declaration) -> Value {
    if let Some(generator) = declaration.generator() {
        return masked(&generator.digest());
    }
    let token = token_of(context, declared, declaration);
    context.secrets.plan(&declared.id, token.as_deref());
    match token {
        Some(token) => masked(&token),
        None => {
            let source = declared.spec.get(declaration.field()).unwrap_or(&Value::Null);
            untold(declared.text("name"), source)
        }
    }
}

/// The live spelling of the same key: an alias, its ARN and a key's id and ARN mean the same.
fn same_key(declared: Value, live: Option<&Value>) -> Value {
    match (declared.as_str(), live.and_then(Value::as_str)) {
        (Some(name), Some(arn))
            if arn.ends_with(&format!(":{name}")) || arn.ends_with(&format!("/{name}")) =>
        {
            Value::String(arn.to_owned())
        }
        _ => declared,
    }
}

fn wanted_rotation(declared: &Value, live: Option<&Value>) -> Value {
    let declares = |field: &str| declared.get(field).filter(|value| !value.is_null());
    let there = |field: &str| live.and_then(|live| live.get(field));
    let rules = declares("rotationRules").or_else(|| there("rotationRules"));
    json!({
        "enabled": true,
        "rotationLambdaArn": declares("rotationLambdaArn").or_else(|| there("rotationLambdaArn")),
        "rotationRules": rules,
    })
}

fn wanted_replicas(declared: Value, live: Option<&Value>) -> Value {
    let Value::Array(mut replicas) = declared else { return declared };
    let live = live.and_then(Value::as_array);
    for replica in &mut replicas {
        let there =
            live.and_then(|live| live.iter().find(|l| l.get("region") == replica.get("region")));
        let Value::Object(replica) = replica else { continue };
        match replica.remove("kmsKeyId") {
            Some(key) if !key.as_str().is_some_and(is_default_key) => {
                let key = same_key(key, there.and_then(|there| there.get("kmsKeyId")));
                replica.insert("kmsKeyId".to_owned(), key);
            }
            _ => {}
        }
    }
    sorted(replicas)
}
