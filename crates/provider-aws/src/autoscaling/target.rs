//! Scalable targets.

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::{Map, Value, json};
use suimon_model::{Health, HealthStatus, ResourceId};
use suimon_provider::{Error, Result};

use super::api::{self, Scaled, dimension, text, to_api};
use super::marks::PREFIX;
use super::normal;
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::{self, Tags};
use crate::resource::{Declared, Done, Kind, Live, Reference};
use crate::shape::{Problem, Shape, is_deferred};

/// Scalable targets.
pub(super) struct ScalableTarget;

pub(super) const KIND: &str = "ScalableTarget";

/// How often a creation without an answer is tried, when nothing is there after it.
const CREATIONS: u32 = 3;

static SHAPE: Shape = Shape::text(
    "serviceNamespace resourceId scalableDimension minCapacity:int maxCapacity:int roleARN \
     suspendedState{dynamicScalingInSuspended:bool dynamicScalingOutSuspended:bool \
     scheduledScalingSuspended:bool} tags:tags",
);

pub(super) const SERVICE: Reference = Reference {
    field: "resourceRef",
    into: "resourceId",
    target: ("ecs.services.k8s.aws", "Service"),
    attribute: "resourceID",
};

#[async_trait]
impl Kind for ScalableTarget {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn references(&self) -> &'static [Reference] {
        &[SERVICE]
    }

    fn complete(&self, _id: &ResourceId, spec: &mut Map<String, Value>) {
        complete(spec);
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        let mut problems = resource(spec);
        problems.extend(capacities(spec, "spec", true));
        problems
    }

    fn key(&self, declared: &Declared) -> String {
        Scaled::of(&declared.spec).key()
    }

    fn wanted(&self, context: &Context, declared: &Declared, live: Option<&Live>) -> Value {
        let mut out = normal::target(&declared.spec);
        if let Some(live) = live {
            for member in ["minCapacity", "maxCapacity"] {
                let now = live.spec.get(member);
                // A scheduled action that ran has set the capacity that it declares.
                if now != out.get(member)
                    && now.is_some_and(|now| scheduled(context, declared, member).contains(now))
                {
                    out.extend(now.map(|now| (member.to_owned(), now.clone())));
                }
            }
        }
        let tags = match declared.tags() {
            Some(tags) => tags,
            None => live.map(|live| marks::visible(&live.tags)).unwrap_or_default(),
        };
        if !tags.is_empty() {
            out.insert("tags".to_owned(), json!(tags));
        }
        Value::Object(out)
    }

    fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String> {
        moved(live, wanted, &[])
    }

    async fn write(&self, context: &Context, declared: &Declared, _force: bool) -> Result<Done> {
        let scaled = Scaled::of(&declared.spec);
        let mut now = look(context, &scaled).await?;
        for _ in 0..CREATIONS {
            if now.is_some() {
                break;
            }
            let made = create(context, declared).await;
            // Whether one is there whose answer was lost is for another look to say.
            now = look(context, &scaled).await?;
            match made {
                Ok(()) => break,
                Err(error) if error.is_unknown() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let Some(now) = now else {
            return Err(Error::Transient(format!("{} is not seen yet", scaled.resource)));
        };
        let wanted = self.wanted(context, declared, Some(&now));
        if normal::target(&wanted) != normal::target(&now.spec) {
            register(context, declared, &wanted, None).await?;
        }
        let mut tags = declared.tags().unwrap_or_else(|| marks::visible(&now.tags));
        tags.extend(declared.marks(context));
        let set = tags.iter().filter(|(key, value)| now.tags.get(*key) != Some(*value));
        let set: Tags = set.map(|(key, value)| (key.clone(), value.clone())).collect();
        let stale = |key: &&String| !tags.contains_key(*key) && !is_kept(key);
        let remove: Vec<String> = now.tags.keys().filter(stale).cloned().collect();
        api::tag(context, &now.arn, &set, &remove).await?;
        let mut done = now;
        done.tags.retain(|key, _| is_kept(key));
        done.tags.extend(tags);
        done.spec = wanted;
        Ok(Done { live: done, health: Health::current(), more: false })
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<()> {
        let body = Value::Object(Scaled::of(&live.spec).body());
        let answer = call!(
            context.session,
            autoscaling,
            DeregisterScalableTarget,
            Repeatable,
            deregister_scalable_target(),
            body
        );
        match answer {
            Err(error) if error.code() != "ObjectNotFoundException" => Err(error.into()),
            _ => Ok(()),
        }
    }

    async fn tag(
        &self,
        context: &Context,
        live: &Live,
        set: &Tags,
        remove: &[String],
    ) -> Result<()> {
        let remove: Vec<String> = remove.iter().filter(|key| !is_kept(key)).cloned().collect();
        Ok(api::tag(context, &live.arn, set, &remove).await?)
    }

    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
        let all = wanted.iter().map(|(id, _)| async move {
            let spec = match (context.live(id), context.declared(id)) {
                (Some(live), _) => live.spec.clone(),
                (None, Some(declared)) => declared.spec.clone(),
                (None, None) => return Health::new(HealthStatus::NotFound, "it is not registered"),
            };
            match api::target(context, &Scaled::of(&spec)).await {
                Ok(Some(_)) => Health::current(),
                Ok(None) => Health::new(HealthStatus::NotFound, "it is not registered"),
                Err(error) => Health::new(HealthStatus::Unknown, error.to_string()),
            }
        });
        join_all(all).await
    }

    fn attribute(&self, body: &Value, name: &str) -> Option<String> {
        let same = name.eq_ignore_ascii_case("resourceId");
        same.then(|| text(&body["spec"], "resourceId").to_owned())
    }

    fn declared_attribute(&self, spec: &Value, name: &str) -> Option<String> {
        let id = text(spec, "resourceId");
        let known = name.eq_ignore_ascii_case("resourceId") && !is_deferred(&Value::from(id));
        known.then(|| id.to_owned()).filter(|id| !id.is_empty())
    }
}

/// Marks of policies, and tags of AWS.
fn is_kept(key: &str) -> bool {
    key.starts_with(PREFIX) || key.starts_with("aws:")
}

/// What is meant where nothing is said.
pub(super) fn complete(spec: &mut Map<String, Value>) {
    let namespace = spec.entry("serviceNamespace").or_insert_with(|| "ecs".into());
    let dimension = dimension(namespace.as_str().unwrap_or_default());
    if !dimension.is_empty() {
        spec.entry("scalableDimension").or_insert_with(|| dimension.into());
    }
}

/// What is wrong with what is scaled.
pub(super) fn resource(spec: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let scaled = Scaled::of(spec);
    let parts: Vec<&str> = scaled.resource.split('/').collect();
    if scaled.resource.is_empty() {
        let problem = Problem::new("spec.resourceId", "it does not say what is scaled");
        problems.push(problem.help("name a service: `resourceRef: {from: {name: NAME}}`"));
    } else if scaled.namespace == "ecs"
        && !scaled.is_open()
        && !matches!(parts[..], ["service", cluster, name] if !cluster.is_empty() && !name.is_empty())
    {
        let what = format!("`{}` is not of the form service/CLUSTER/NAME", scaled.resource);
        problems.push(Problem::new("spec.resourceId", what));
    }
    if scaled.dimension.is_empty() {
        problems.push(Problem::new("spec.scalableDimension", "it does not say what is scaled"));
    }
    problems
}

/// What is wrong with capacities.
pub(super) fn capacities(spec: &Value, path: &str, required: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let of = |member: &str| spec.get(member).and_then(Value::as_i64);
    let (min, max) = (of("minCapacity"), of("maxCapacity"));
    for (member, capacity) in [("minCapacity", min), ("maxCapacity", max)] {
        let path = format!("{path}.{member}");
        match capacity {
            Some(..0) => problems.push(Problem::new(path, "it must not be negative")),
            None if required && spec.get(member).is_none() => {
                problems.push(Problem::new(path, "a target has both capacities"));
            }
            _ => {}
        }
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        let what = format!("{min} is more than maxCapacity, {max}");
        problems.push(Problem::new(format!("{path}.minCapacity"), what));
    }
    problems
}

/// What identifies a resource and has moved.
pub(super) fn moved(live: &Value, wanted: &Value, more: &[&str]) -> Vec<String> {
    let fixed = ["serviceNamespace", "resourceId", "scalableDimension"];
    let fixed = fixed.iter().chain(more);
    fixed.filter(|m| live.get(**m) != wanted.get(**m)).map(|m| format!("spec.{m}")).collect()
}

/// The capacities that scheduled actions of this target declare.
fn scheduled(context: &Context, declared: &Declared, member: &str) -> Vec<Value> {
    // What is scaled may be known in one of them and open in the other.
    let open = context.declared(&declared.id);
    let ids: Vec<&str> =
        open.iter().map(|d| d.text("resourceId")).chain([declared.text("resourceId")]).collect();
    let own = |text: &str| {
        let markers = suimon_model::DeferredRef::find_markers(text);
        ids.contains(&text) || markers.iter().any(|(_, target, _)| *target == declared.id)
    };
    context
        .declared_of(super::GROUP, super::policy::KIND)
        .iter()
        .filter(|policy| own(policy.text("resourceId")))
        .filter_map(|policy| policy.spec.get("scalableTargetAction")?.get(member).cloned())
        .collect()
}

async fn look(context: &Context, scaled: &Scaled) -> Result<Option<Live>, ApiError> {
    let Some(target) = api::target(context, scaled).await? else { return Ok(None) };
    let tags = api::tags(context, text(&target, "scalableTargetARN")).await?;
    Ok(Some(live(&target, tags)))
}

async fn create(context: &Context, declared: &Declared) -> Result<(), ApiError> {
    let tags = declared.marked_tags(context);
    register(context, declared, &Value::Object(normal::target(&declared.spec)), Some(&tags)).await
}

/// Registers it or sets its capacities.
async fn register(
    context: &Context,
    declared: &Declared,
    wanted: &Value,
    tags: Option<&Tags>,
) -> Result<(), ApiError> {
    let mut body = Scaled::of(&declared.spec).body();
    for (member, of) in [("MinCapacity", "minCapacity"), ("MaxCapacity", "maxCapacity")] {
        body.extend(wanted.get(of).map(|value| (member.to_owned(), value.clone())));
    }
    // What is not said stays: all three are said.
    let said = |member: &str| {
        let state = declared.spec.get("suspendedState").and_then(|state| state.get(member));
        state.and_then(Value::as_bool).unwrap_or_default()
    };
    let state =
        ["dynamicScalingInSuspended", "dynamicScalingOutSuspended", "scheduledScalingSuspended"];
    let state: Map<_, _> = state.into_iter().map(|m| (m.to_owned(), said(m).into())).collect();
    body.insert("SuspendedState".to_owned(), to_api(&Value::Object(state)));
    if let Some(role) = declared.spec.get("roleARN") {
        body.insert("RoleARN".to_owned(), role.clone());
    }
    if let Some(tags) = tags {
        body.insert("Tags".to_owned(), json!(tags));
    }
    let body = Value::Object(body);
    // With tags it is a creation, which is not to be repeated without looking.
    match tags {
        Some(_) => call!(
            context.session,
            autoscaling,
            RegisterScalableTarget,
            Once,
            register_scalable_target(),
            body
        ),
        None => call!(
            context.session,
            autoscaling,
            RegisterScalableTarget,
            Repeatable,
            register_scalable_target(),
            body
        ),
    }
    .map(drop)
}

/// A described target, as every kind reports what is live.
pub(super) fn live(target: &Value, tags: Tags) -> Live {
    let mut spec = normal::target(target);
    let visible = marks::visible(&tags);
    if !visible.is_empty() {
        spec.insert("tags".to_owned(), json!(visible));
    }
    Live {
        key: Scaled::of(target).key(),
        arn: text(target, "scalableTargetARN").to_owned(),
        made: target.get("creationTime").map(ToString::to_string).unwrap_or_default(),
        spec: Value::Object(spec),
        status: json!({"roleARN": text(target, "roleARN")}),
        tags,
        terminating: false,
        failed: false,
    }
}
