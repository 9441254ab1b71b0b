//! Whether the secrets that others refer to exist: names only.

use std::collections::BTreeSet;

use serde_json::json;
use suimon_model::{DeferredRef, ResourceId};
use suimon_provider::{Error, Result};

use super::content::{keys, resolve};
use super::key::Known;
use super::normal::KEYS;
use super::payload::taken;
use super::seen::{self, Seen};
use super::value;
use super::value::Declaration;
use crate::call::call;
use crate::context::Context;
use crate::resource::Declared;

/// What a `valueFrom` of a container names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    secret: Target,
    key: Option<String>,
    stage: Option<String>,
    version: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// A secret of this account and region, by its ARN.
    Arn(String),
    /// A secret that is declared beside it.
    Declared(ResourceId),
}

/// Which secrets, or keys of their JSON, these references of a task definition name and are not there: one line each.
/// What may not be looked at, and what is in another account or region, is taken to be there.
///
/// # Errors
/// A call failed otherwise.
pub(crate) async fn missing(context: &Context, references: &[String]) -> Result<Vec<String>> {
    let account = context.session.identity().await?.account.clone();
    let all: BTreeSet<&String> = references.iter().collect();
    let named = all.into_iter().filter_map(|text| named(text, &context.session.region, &account));
    let asked = named.map(|named| async move { lacks(context, &named).await });
    let mut told = BTreeSet::new();
    for lacking in futures::future::join_all(asked).await {
        told.extend(lacking?);
    }
    Ok(told.into_iter().collect())
}

/// Reads `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-xxxxxx[:key:stage:version]`, or the marker of a declared
/// secret in place of the ARN.
fn named(text: &str, region: &str, account: &str) -> Option<Named> {
    let (secret, rest) = match DeferredRef::find_markers(text).into_iter().next() {
        Some((range, target, _)) if range.start == 0 => (target.kind == super::KIND
            && target.group.starts_with("secretsmanager."))
        .then_some((Target::Declared(target), text.get(range.end..)?))?,
        Some(_) => return None,
        None => {
            let parts: Vec<&str> = text.splitn(8, ':').collect();
            let [arn, partition, "secretsmanager", place, owner, "secret", name, ..] = parts[..]
            else {
                return None;
            };
            if arn != "arn" || place != region || owner != account {
                return None;
            }
            let whole = format!("arn:{partition}:secretsmanager:{place}:{owner}:secret:{name}");
            let rest = text.get(whole.len()..)?;
            (Target::Arn(whole), rest)
        }
    };
    let mut parts = rest.strip_prefix(':').unwrap_or_default().split(':');
    let mut part = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
    Some(Named { secret, key: part(), stage: part(), version: part() })
}

async fn lacks(context: &Context, named: &Named) -> Result<Option<String>> {
    let declared = match &named.secret {
        Target::Declared(id) => context.declared(id),
        Target::Arn(arn) => {
            let all = context.declared_of("secretsmanager.services.k8s.aws", super::KIND);
            all.into_iter().find(|d| context.live(&d.id).is_some_and(|live| live.arn == *arn))
        }
    };
    let Some(key) = &named.key else {
        return match (&named.secret, declared) {
            (_, Some(_)) | (Target::Declared(_), None) => Ok(None),
            (Target::Arn(arn), None) => match there(context, arn).await? {
                Known::Absent => Ok(Some(format!("there is no secret `{}`", short(arn)))),
                _ => Ok(None),
            },
        };
    };
    let of = declared.as_deref();
    let managed = named.stage.is_none() && named.version.is_none();
    let known = match of.filter(|_| managed).and_then(|declared| declared_keys(context, declared)) {
        Some(known) => known,
        None => match (&named.secret, of.and_then(|declared| context.live(&declared.id))) {
            (_, Some(live)) => live_keys(context, &live.arn, named, of.is_some()).await?,
            (Target::Arn(arn), None) => live_keys(context, arn, named, false).await?,
            (Target::Declared(_), None) => Known::Unknown,
        },
    };
    let name = match (&named.secret, of) {
        (_, Some(declared)) => declared.text("name").to_owned(),
        (Target::Arn(arn), None) => short(arn).to_owned(),
        (Target::Declared(id), None) => id.name.clone(),
    };
    Ok(match known {
        Known::Keys(keys) if !keys.contains(key) => {
            Some(format!("the secret `{name}` has no JSON key `{key}`"))
        }
        Known::NoObject => {
            Some(format!("the secret `{name}` is not a JSON object: no key `{key}`"))
        }
        Known::Absent => Some(format!("there is no secret `{name}`")),
        Known::Keys(_) | Known::Unknown => None,
    })
}

/// `NAME-xxxxxx` of an ARN.
fn short(arn: &str) -> &str {
    arn.splitn(7, ':').nth(6).unwrap_or(arn)
}

/// The keys that a declared value has; `None` where its declaration does not tell.
fn declared_keys(context: &Context, declared: &Declared) -> Option<Known> {
    let declaration = value::read(&declared.spec).ok()??;
    let known = |keys: Option<Vec<String>>| match keys {
        Some(keys) => Known::Keys(keys.into_iter().collect()),
        None => Known::NoObject,
    };
    if matches!(declaration, Declaration::Binary(_)) {
        return Some(Known::NoObject);
    }
    // A source that cannot be read is told where the secret itself is planned.
    let resolved = resolve(&declaration, &context.options).ok()?;
    Some(known(resolved.keys()))
}

/// Whether a secret is there.
async fn there(context: &Context, arn: &str) -> Result<Known> {
    Ok(match describe(context, arn).await? {
        Some(Some(_)) | None => Known::Unknown,
        Some(None) => Known::Absent,
    })
}

/// `None` where it may not be looked at.
async fn describe(context: &Context, arn: &str) -> Result<Option<Option<Seen>>> {
    match seen::describe(context, arn).await {
        Ok(seen) => Ok(Some(seen.filter(|seen| seen.deletion().is_none()))),
        Err(error) => match Error::from(error) {
            Error::Forbidden(reason) => {
                tracing::debug!("a secret that is referred to is not checked: {reason}");
                Ok(None)
            }
            error => Err(error),
        },
    }
}

/// The keys of a live value: from our tag, or read here and forgotten.
async fn live_keys(context: &Context, arn: &str, named: &Named, ours: bool) -> Result<Known> {
    let version = format!("{arn} {:?} {:?}", named.stage, named.version);
    if let Some(known) = context.secrets.known(&version) {
        return Ok(known);
    }
    let plain = named.stage.is_none() && named.version.is_none();
    if ours && plain {
        let Some(seen) = describe(context, arn).await? else { return Ok(Known::Unknown) };
        let Some(seen) = seen else { return Ok(Known::Absent) };
        if let Some(keys) = seen.tags().get(KEYS) {
            return Ok(Known::Keys(keys.split(' ').map(str::to_owned).collect()));
        }
    }
    let mut body = json!({"SecretId": arn});
    for (member, value) in [("VersionStage", &named.stage), ("VersionId", &named.version)] {
        if let (Some(value), Some(body)) = (value, body.as_object_mut()) {
            body.insert(member.to_owned(), value.clone().into());
        }
    }
    let answer =
        call!(context.session, secretsmanager, GetSecretValue, Read, get_secret_value(), body);
    let known = match answer {
        Ok(answer) => match taken(answer).and_then(|content| keys(&content.bytes)) {
            Some(keys) => Known::Keys(keys.into_iter().collect()),
            None => Known::NoObject,
        },
        Err(error) if error.code() == "ResourceNotFoundException" => Known::Absent,
        Err(error) if error.code() == "InvalidRequestException" => Known::Absent,
        Err(error) => match Error::from(error) {
            Error::Forbidden(reason) => {
                tracing::debug!("the keys of a secret are not checked: {reason}");
                Known::Unknown
            }
            error => return Err(error),
        },
    };
    context.secrets.know(version, known.clone());
    Ok(known)
}
