//! Creating a secret, or changing it to what is declared.

use serde_json::{Map, Value, json};
use suimon_provider::{Error, Result};

use super::generate::random_hex;
use super::normal::{self, GENERATED, KEYS, POLICY, VALUE, WINDOW};
use super::put::{self, Wish};
use super::seen::{self, Seen};
use super::value::{self, Declaration};
use super::{asks_policy, health, steps};
use crate::context::Context;
use crate::marks::Tags;
use crate::resource::{Declared, Done};

/// Looks, and makes the calls that are needed. Stopped between two of them, the next run makes the others.
pub(super) async fn write(context: &Context, declared: &Declared) -> Result<Done> {
    let declaration = value::read(&declared.spec).ok().flatten();
    let name = declared.text("name");
    let seen = match seen::describe(context, name).await? {
        Some(seen) => seen,
        None => create(context, declared, declaration.as_ref()).await?,
    };
    if context.live(&declared.id).is_none() && !seen.is_ours(context) {
        // The plan was to create it, and somebody else has done so since.
        return Err(Error::Stale);
    }
    steps::refuse_rotation(context, &seen).await?;
    let mut seen = steps::restore(context, seen).await?;
    if asks_policy(declared, &seen) {
        seen::add_policy(context, &mut seen).await?;
    }
    change(context, declared, declaration.as_ref(), &seen).await?;
    let mut seen = steps::again(context, seen.arn(), |_| true).await?;
    if asks_policy(declared, &seen) {
        seen::add_policy(context, &mut seen).await?;
    }
    let health = health::of(&seen);
    Ok(Done { live: normal::live(context, Some(declared), &seen), health, more: false })
}

async fn change(
    context: &Context,
    declared: &Declared,
    declaration: Option<&Declaration>,
    seen: &Seen,
) -> Result<()> {
    let live = normal::live(context, Some(declared), seen);
    let rotations = normal::is_rotations(declared, &live);
    let wish = match declaration.filter(|_| !rotations) {
        Some(declaration) => Some(Wish::new(context, declared, declaration).await?),
        None => None,
    };
    let wanted = normal::wanted(context, declared, Some(&live));
    steps::metadata(context, seen, &live, &wanted).await?;
    steps::policy(context, declared, &live, &wanted).await?;
    if let Some(wish) = &wish
        && !wish.is_current(declared, seen)
    {
        wish.put(context, seen).await?;
    }
    let mut tags = marks(context, declared, wish.as_ref());
    if rotations {
        let there = seen.tags();
        let kept = [GENERATED, KEYS, VALUE].into_iter().filter_map(|key| there.get_key_value(key));
        tags.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
    }
    steps::tags(context, declared, seen, &tags).await?;
    steps::replicas(context, declared, &live, &wanted).await?;
    steps::rotation(context, declared, &live, &wanted).await
}

/// The declared tags, and everything that we remember in tags.
fn marks(context: &Context, declared: &Declared, wish: Option<&Wish<'_>>) -> Tags {
    let mut tags = declared.marked_tags(context);
    tags.extend(wish.map(Wish::tags).unwrap_or_default());
    if declared.spec.get("resourcePolicy").is_some() {
        tags.insert(POLICY.to_owned(), "declared".to_owned());
    }
    match declared.spec.get("recoveryWindowInDays").and_then(Value::as_i64) {
        Some(days) if days != 30 => drop(tags.insert(WINDOW.to_owned(), days.to_string())),
        _ => {}
    }
    tags
}

/// Makes it, with value, marks and replicas in one call. That it is there already is as good: another run was
/// faster, or an answer was lost.
async fn create(
    context: &Context,
    declared: &Declared,
    declaration: Option<&Declaration>,
) -> Result<Seen> {
    let name = declared.text("name");
    let wish = match declaration {
        Some(declaration) => Some(Wish::new(context, declared, declaration).await?),
        None => None,
    };
    let wanted = normal::wanted(context, declared, None);
    let mut members = json!({
        "Name": name,
        "Tags": steps::listed(&marks(context, declared, wish.as_ref())),
    });
    if let Value::Object(members) = &mut members {
        fill(members, declared, &wanted);
        let token = match &wish {
            Some(wish) => wish.token.clone(),
            None => random_hex::<16>()?.as_str().to_owned(),
        };
        members.insert("ClientRequestToken".to_owned(), token.into());
    }
    let content = wish.as_ref().map(Wish::first).transpose()?;
    match put::create(context, &members, content.as_ref()).await? {
        Ok(_) => {}
        Err(error) if error.code() == "ResourceExistsException" => {}
        Err(error) if error.message.contains("scheduled for deletion") => {}
        Err(error) => return Err(error.into()),
    }
    steps::again(context, name, |_| true).await
}

fn fill(members: &mut Map<String, Value>, declared: &Declared, wanted: &Value) {
    for (field, member) in [("description", "Description"), ("kmsKeyId", "KmsKeyId")] {
        if let Some(value) = wanted.get(field) {
            members.insert(member.to_owned(), value.clone());
        }
    }
    let replicas: Vec<&Value> =
        wanted.get("replicaRegions").and_then(Value::as_array).into_iter().flatten().collect();
    if !replicas.is_empty() {
        members.insert("AddReplicaRegions".to_owned(), steps::added(&replicas).into());
        let force = declared.spec.get("forceOverwriteReplicaSecret").and_then(Value::as_bool);
        members.insert(
            "ForceOverwriteReplicaSecret".to_owned(),
            Value::Bool(force.unwrap_or_default()),
        );
    }
}
