//! The steps of bringing one live secret to what is declared; each does nothing when there is nothing to do.

use std::time::Duration;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use suimon_plan::Conflict;
use suimon_provider::{Error, Result};

use super::generate::random_hex;
use super::normal::declares_rotation;
use super::seen::{self, Seen};
use crate::call::call;
use crate::context::Context;
use crate::marks::{self, Tags};
use crate::prepare::hex;
use crate::resource::{Declared, Live};

/// How often what lags behind a write is looked at again.
const LOOKS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// What stands in the way of a write while a rotation runs.
pub(super) async fn conflict(context: &Context, arn: &str, pending: &str) -> Conflict {
    let since = seen::made(context, arn, pending).await;
    let since = since.map(|time| format!(" since {time}")).unwrap_or_default();
    Conflict {
        field: "rotation".to_owned(),
        manager: format!("Secrets Manager rotation{since}"),
        ours: None,
        theirs: None,
        repairs_drift: false,
    }
}

/// Refuses to write while a rotation runs: what it has made would be lost.
///
/// # Errors
/// [`Error::Conflict`]; it holds also for a write with force.
pub(super) async fn refuse_rotation(context: &Context, seen: &Seen) -> Result<()> {
    match seen.pending() {
        Some(pending) => Err(Error::Conflict(vec![conflict(context, seen.arn(), pending).await])),
        None => Ok(()),
    }
}

/// Takes a secret back that is to be deleted.
pub(super) async fn restore(context: &Context, seen: Seen) -> Result<Seen> {
    if seen.deletion().is_none() {
        return Ok(seen);
    }
    let arn = seen.arn().to_owned();
    let body = json!({"SecretId": arn});
    call!(context.session, secretsmanager, RestoreSecret, Repeatable, restore_secret(), body)?;
    again(context, &arn, |seen| seen.deletion().is_none()).await
}

/// Looks at a secret until it is as a write left it.
///
/// # Errors
/// It stays away, or a look failed.
pub(super) async fn again(context: &Context, id: &str, is: impl Fn(&Seen) -> bool) -> Result<Seen> {
    for look in 1..=LOOKS {
        match seen::describe(context, id).await? {
            Some(seen) if is(&seen) || look == LOOKS => return Ok(seen),
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(Error::Transient(format!("the secret `{id}` was just written and cannot be read yet")))
}

/// Description and key.
pub(super) async fn metadata(
    context: &Context,
    seen: &Seen,
    live: &Live,
    wanted: &Value,
) -> Result<()> {
    let mut body = Map::new();
    for (field, member, default) in
        [("description", "Description", ""), ("kmsKeyId", "KmsKeyId", "alias/aws/secretsmanager")]
    {
        let text = |spec: &Value| spec.get(field).and_then(Value::as_str).map(str::to_owned);
        let (there, wanted) = (text(&live.spec), text(wanted));
        if there != wanted {
            body.insert(member.to_owned(), wanted.unwrap_or_else(|| default.to_owned()).into());
        }
    }
    if body.is_empty() {
        return Ok(());
    }
    body.insert("SecretId".to_owned(), seen.arn().into());
    body.insert("ClientRequestToken".to_owned(), random_hex::<16>()?.as_str().into());
    let body = Value::Object(body);
    call!(context.session, secretsmanager, UpdateSecret, Repeatable, update_secret(), body)?;
    Ok(())
}

/// The resource policy.
pub(super) async fn policy(
    context: &Context,
    declared: &Declared,
    live: &Live,
    wanted: &Value,
) -> Result<()> {
    let (there, wanted) = (live.spec.get("resourcePolicy"), wanted.get("resourcePolicy"));
    match wanted {
        _ if there == wanted => {}
        Some(policy) => {
            // A policy for everybody is refused unless somebody asked for one.
            let block = declared.spec.get("blockPublicPolicy").and_then(Value::as_bool);
            let text = policy.as_str().map_or_else(|| policy.to_string(), str::to_owned);
            let body = json!({
                "SecretId": live.arn, "ResourcePolicy": text, "BlockPublicPolicy": block.unwrap_or(true),
            });
            call!(
                context.session,
                secretsmanager,
                PutResourcePolicy,
                Repeatable,
                put_resource_policy(),
                body
            )?;
        }
        None => {
            let body = json!({"SecretId": live.arn});
            call!(
                context.session,
                secretsmanager,
                DeleteResourcePolicy,
                Repeatable,
                delete_resource_policy(),
                body
            )?;
        }
    }
    Ok(())
}

/// Replicas as a list of regions and keys of the API.
pub(super) fn added(replicas: &[&Value]) -> Vec<Value> {
    let one = |replica: &&Value| {
        let mut out = Map::new();
        for (field, member) in [("region", "Region"), ("kmsKeyId", "KmsKeyId")] {
            if let Some(value) = replica.get(field) {
                out.insert(member.to_owned(), value.clone());
            }
        }
        Value::Object(out)
    };
    replicas.iter().map(one).collect()
}

/// The replicas: those that differ are removed and made again, as the API cannot change one.
pub(super) async fn replicas(
    context: &Context,
    declared: &Declared,
    live: &Live,
    wanted: &Value,
) -> Result<()> {
    let of = |spec: &Value| -> Vec<Value> {
        spec.get("replicaRegions").and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let (there, wanted) = (of(&live.spec), of(wanted));
    let gone: Vec<&Value> = there.iter().filter(|one| !wanted.contains(one)).collect();
    let new: Vec<&Value> = wanted.iter().filter(|one| !there.contains(one)).collect();
    let regions: Vec<&Value> = gone.iter().filter_map(|one| one.get("region")).collect();
    remove_regions(context, &live.arn, &regions).await?;
    if new.is_empty() {
        return Ok(());
    }
    let force = declared.spec.get("forceOverwriteReplicaSecret").and_then(Value::as_bool);
    let body = json!({
        "SecretId": live.arn, "AddReplicaRegions": added(&new),
        "ForceOverwriteReplicaSecret": force.unwrap_or_default(),
    });
    call!(
        context.session,
        secretsmanager,
        ReplicateSecretToRegions,
        Repeatable,
        replicate_secret_to_regions(),
        body
    )?;
    Ok(())
}

async fn remove_regions(context: &Context, arn: &str, regions: &[&Value]) -> Result<()> {
    if regions.is_empty() {
        return Ok(());
    }
    let body = json!({"SecretId": arn, "RemoveReplicaRegions": regions});
    call!(
        context.session,
        secretsmanager,
        RemoveRegionsFromReplication,
        Repeatable,
        remove_regions_from_replication(),
        body
    )?;
    let left = |seen: &Seen| {
        let replicas = seen.replicas();
        let mut there = replicas.iter().filter_map(|replica| replica.get("Region"));
        !there.any(|region| regions.contains(&region))
    };
    again(context, arn, left).await.map(drop)
}

/// Removes all replicas: a secret that has some cannot be deleted.
pub(super) async fn remove_replicas(context: &Context, seen: &Seen) -> Result<()> {
    let replicas = seen.replicas();
    let regions: Vec<&Value> =
        replicas.iter().filter_map(|replica| replica.get("Region")).collect();
    remove_regions(context, seen.arn(), &regions).await
}

/// Our marks and the declared tags; tags of others stay when none are declared.
pub(super) async fn tags(
    context: &Context,
    declared: &Declared,
    seen: &Seen,
    wanted: &Tags,
) -> Result<()> {
    let there = seen.tags();
    let set: Tags = wanted
        .iter()
        .filter(|(key, value)| there.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let visible = marks::visible(&there);
    let remove: Vec<String> = there
        .keys()
        .filter(|key| !wanted.contains_key(*key))
        .filter(|key| match visible.contains_key(*key) {
            true => declared.tags().is_some(),
            false => key.starts_with(marks::PREFIX),
        })
        .cloned()
        .collect();
    tag(context, seen.arn(), &set, &remove).await
}

/// Sets and removes tags.
pub(super) async fn tag(context: &Context, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    if !set.is_empty() {
        let body = json!({"SecretId": arn, "Tags": listed(set)});
        call!(context.session, secretsmanager, TagResource, Repeatable, tag_resource(), body)?;
    }
    if !remove.is_empty() {
        let body = json!({"SecretId": arn, "TagKeys": remove});
        call!(context.session, secretsmanager, UntagResource, Repeatable, untag_resource(), body)?;
    }
    Ok(())
}

/// Tags as a list of the API.
pub(super) fn listed(tags: &Tags) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Rotation; it comes last, as nothing else is written while it runs.
pub(super) async fn rotation(
    context: &Context,
    declared: &Declared,
    live: &Live,
    wanted: &Value,
) -> Result<()> {
    let (there, wanted) = (live.spec.get("rotation"), wanted.get("rotation"));
    if super::same(there.unwrap_or(&Value::Null), wanted.unwrap_or(&Value::Null)) {
        return Ok(());
    }
    if !declares_rotation(&declared.spec) {
        let body = json!({"SecretId": live.arn});
        call!(
            context.session,
            secretsmanager,
            CancelRotateSecret,
            Repeatable,
            cancel_rotate_secret(),
            body
        )?;
        return Ok(());
    }
    let of = |field: &str| wanted.and_then(|wanted| wanted.get(field)).filter(|v| !v.is_null());
    let asked = declared.spec.pointer("/rotation/rotateImmediately").and_then(Value::as_bool);
    // The id of the version that the rotation makes: another one for each state that it starts from.
    let state = json!([live.arn, live.spec, live.status, declared.digest]);
    let mut body = json!({
        "SecretId": live.arn,
        "ClientRequestToken": hex(&Sha256::digest(format!("suimon rotate {state}"))),
        // New rules of a rotation that is on are no reason to rotate now.
        "RotateImmediately": asked.unwrap_or(there.is_none()),
    });
    if let Value::Object(body) = &mut body {
        if let Some(function) = of("rotationLambdaArn") {
            body.insert("RotationLambdaARN".to_owned(), function.clone());
        }
        if let Some(rules) = of("rotationRules").and_then(Value::as_object) {
            let upper = |field: &str| match field {
                "automaticallyAfterDays" => "AutomaticallyAfterDays",
                "duration" => "Duration",
                _ => "ScheduleExpression",
            };
            let rules: Map<String, Value> =
                rules.iter().map(|(field, v)| (upper(field).to_owned(), v.clone())).collect();
            body.insert("RotationRules".to_owned(), Value::Object(rules));
        }
    }
    call!(context.session, secretsmanager, RotateSecret, Repeatable, rotate_secret(), body)?;
    Ok(())
}
