//! Scaling policies, and scheduled actions as policies of the type `ScheduledAction`.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::{Map, Value, json};
use suimon_model::{Health, HealthStatus, ResourceId};
use suimon_provider::{Error, Result};

use super::api::{self, List, Scaled, text, to_api};
use super::policy_check::{SCHEDULED, TYPES, check};
use super::target::{KIND as TARGET, SERVICE, complete, moved};
use super::{GROUP, marks, normal, schedule};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::marks::Tags;
use crate::resource::{Declared, Done, Kind, Live, Reference};
use crate::shape::{Problem, Shape};

/// Scaling policies.
pub(super) struct ScalingPolicy;

pub(super) const KIND: &str = "ScalingPolicy";

/// How often and how long to look for the target: it may be registered beside this.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

static SHAPE: Shape = Shape::text(
    "name policyName serviceNamespace resourceId scalableDimension policyType \
     targetTrackingScalingPolicyConfiguration{targetValue:number \
       predefinedMetricSpecification{predefinedMetricType resourceLabel} \
       customizedMetricSpecification{metricName namespace dimensions[{name value}] statistic unit \
         metrics[{expression id label metricStat{metric{dimensions[{name value}] metricName \
           namespace} stat unit} returnData:bool}]} \
       scaleOutCooldown:int scaleInCooldown:int disableScaleIn:bool} \
     stepScalingPolicyConfiguration{adjustmentType stepAdjustments[{ \
         metricIntervalLowerBound:number metricIntervalUpperBound:number scalingAdjustment:int}] \
       minAdjustmentMagnitude:int cooldown:int metricAggregationType} \
     predictiveScalingPolicyConfiguration:json schedule timezone startTime endTime \
     scalableTargetAction{minCapacity:int maxCapacity:int}",
);

#[async_trait]
impl Kind for ScalingPolicy {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn references(&self) -> &'static [Reference] {
        &[
            SERVICE,
            Reference {
                field: "scalableTargetRef",
                into: "resourceId",
                target: (GROUP, TARGET),
                attribute: "resourceId",
            },
        ]
    }

    fn complete(&self, id: &ResourceId, spec: &mut Map<String, Value>) {
        complete(spec);
        let name = spec.remove("name").unwrap_or_else(|| id.name.as_str().into());
        spec.entry("policyName").or_insert(name);
        let told = TYPES.iter().find(|(_, member)| spec.contains_key(*member));
        if let Some((kind, _)) = told {
            spec.entry("policyType").or_insert_with(|| (*kind).into());
        }
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        check(spec)
    }

    fn key(&self, declared: &Declared) -> String {
        key(&declared.spec)
    }

    fn wanted(&self, _context: &Context, declared: &Declared, _live: Option<&Live>) -> Value {
        wanted(&declared.spec)
    }

    fn immutable(&self, live: &Value, wanted: &Value) -> Vec<String> {
        moved(live, wanted, &["policyName", "policyType"])
    }

    async fn write(&self, context: &Context, declared: &Declared, _force: bool) -> Result<Done> {
        let Some(value) = marks::value(context, declared) else {
            let what = format!("{}: its name is too long for the tag that marks it", declared.id);
            return Err(Error::Rejected(what));
        };
        let target = registered(context, &Scaled::of(&declared.spec)).await?;
        let arn = text(&target, "scalableTargetARN");
        let tags = api::tags(context, arn).await?;
        let mark = marks::key(is_scheduled(&declared.spec), text(&declared.spec, "policyName"));
        let set = Tags::from([(mark.clone(), value.clone())]);
        let marked = tags.get(&mark) == Some(&value);
        let mut now = look(context, &declared.spec).await?;
        if now.is_none() && !marked {
            // Before it is there, so that it is ours from the beginning.
            api::tag(context, arn, &set, &[]).await?;
        }
        if now.as_ref().map(|now| &now.spec) != Some(&wanted(&declared.spec)) {
            put(context, declared, now.as_ref()).await?;
            let is = look(context, &declared.spec).await?;
            if now.is_some() && !marked {
                api::tag(context, arn, &set, &[]).await?;
            }
            now = is;
        } else if !marked {
            api::tag(context, arn, &set, &[]).await?;
        }
        let Some(mut now) = now else {
            let what = format!("{} is not seen yet", text(&declared.spec, "policyName"));
            return Err(Error::Transient(what));
        };
        now.tags = marks::marks(&value);
        Ok(Done { live: now, health: Health::current(), more: false })
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<()> {
        match remove(context, &live.spec).await {
            Err(error) if error.code() != "ObjectNotFoundException" => return Err(error.into()),
            _ => {}
        }
        unmark(context, live).await
    }

    /// The marks are one tag of the target: it goes as a whole.
    async fn tag(
        &self,
        context: &Context,
        live: &Live,
        _set: &Tags,
        remove: &[String],
    ) -> Result<()> {
        match remove.is_empty() {
            true => Ok(()),
            false => unmark(context, live).await,
        }
    }

    async fn health(&self, context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
        let all = wanted.iter().map(|(id, _)| async move {
            let spec = match (context.live(id), context.declared(id)) {
                (Some(live), _) => live.spec.clone(),
                (None, Some(declared)) => declared.spec.clone(),
                (None, None) => return Health::new(HealthStatus::NotFound, "it is not there"),
            };
            match look(context, &spec).await {
                Ok(Some(_)) => Health::current(),
                Ok(None) => Health::new(HealthStatus::NotFound, "it is not there"),
                Err(error) => Health::new(HealthStatus::Unknown, error.to_string()),
            }
        });
        join_all(all).await
    }

    fn declared_attribute(&self, spec: &Value, name: &str) -> Option<String> {
        let known = matches!(name, "name" | "policyName" | "spec.policyName");
        known.then(|| text(spec, "policyName").to_owned()).filter(|name| !name.is_empty())
    }
}

fn is_scheduled(spec: &Value) -> bool {
    text(spec, "policyType") == SCHEDULED
}

/// Tells a policy from others.
fn key(spec: &Value) -> String {
    let kind = if is_scheduled(spec) { "action" } else { "policy" };
    format!("{}#{kind}/{}", Scaled::of(spec).key(), text(spec, "policyName"))
}

fn wanted(spec: &Value) -> Value {
    let mut out = normal::policy(spec);
    out.insert("policyName".to_owned(), text(spec, "policyName").into());
    Value::Object(out)
}

/// The registered target of a policy.
async fn registered(context: &Context, scaled: &Scaled) -> Result<Value> {
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        if let Some(target) = api::target(context, scaled).await? {
            return Ok(target);
        }
        if !is_declared(context, scaled) {
            break;
        }
    }
    let what = format!("no scalable target is registered for {}", scaled.resource);
    Err(Error::Rejected(what))
}

/// Whether a target may be about to be registered.
fn is_declared(context: &Context, scaled: &Scaled) -> bool {
    let targets = context.declared_of(GROUP, TARGET);
    targets.iter().map(|t| Scaled::of(&t.spec)).any(|other| other.is_open() || other == *scaled)
}

async fn look(context: &Context, spec: &Value) -> Result<Option<Live>, ApiError> {
    let (list, names) = match is_scheduled(spec) {
        true => (List::Actions, "ScheduledActionNames"),
        false => (List::Policies, "PolicyNames"),
    };
    let mut body = Scaled::of(spec).body();
    body.insert(names.to_owned(), json!([text(spec, "policyName")]));
    let found = api::all(context, list, Value::Object(body)).await?;
    let lives = found.iter().map(|policy| live(policy, list, Tags::new()));
    Ok(lives.into_iter().find(|live| live.key == key(spec)))
}

/// A described policy or action, as every kind reports what is live.
pub(super) fn live(policy: &Value, list: List, tags: Tags) -> Live {
    let mut spec = policy.clone();
    let mut arn = text(policy, "policyARN");
    if list == List::Actions {
        spec["policyType"] = SCHEDULED.into();
        spec["policyName"] = text(policy, "scheduledActionName").into();
        arn = text(policy, "scheduledActionARN");
    }
    Live {
        key: key(&spec),
        arn: arn.to_owned(),
        made: policy.get("creationTime").map(ToString::to_string).unwrap_or_default(),
        spec: wanted(&spec),
        status: json!({"alarms": policy.get("alarms")}),
        tags,
        terminating: false,
        failed: false,
    }
}

/// The marks of a described policy or action, from the tags of its target.
pub(super) fn marks_of(policy: &Value, list: List, tags: &Tags) -> Tags {
    let name = match list {
        List::Actions => text(policy, "scheduledActionName"),
        _ => text(policy, "policyName"),
    };
    let key = marks::key(list == List::Actions, name);
    tags.get(&key).map(String::as_str).map(marks::marks).unwrap_or_default()
}

/// Creates it or replaces what it says.
async fn put(context: &Context, declared: &Declared, now: Option<&Live>) -> Result<(), ApiError> {
    let spec = &declared.spec;
    let mut body = Scaled::of(spec).body();
    let name = text(spec, "policyName");
    if !is_scheduled(spec) {
        body.insert("PolicyName".to_owned(), name.into());
        body.insert("PolicyType".to_owned(), text(spec, "policyType").into());
        for (_, member) in TYPES {
            let Some(value) = spec.get(*member) else { continue };
            body.extend(
                to_api(&json!({ *member: value })).as_object().cloned().unwrap_or_default(),
            );
        }
        let body = Value::Object(body);
        return call!(
            context.session,
            autoscaling,
            PutScalingPolicy,
            Repeatable,
            put_scaling_policy(),
            body
        )
        .map(drop);
    }
    let capacity = |spec: &Value, member: &str| {
        spec.get("scalableTargetAction").is_some_and(|action| action.get(member).is_some())
    };
    let lost = |member: &str| {
        now.is_some_and(|now| capacity(&now.spec, member)) && !capacity(spec, member)
    };
    // What is not said of an action that is there stays, but for its times.
    if ["minCapacity", "maxCapacity"].iter().any(|member| lost(member)) {
        match remove(context, spec).await {
            Err(error) if error.code() != "ObjectNotFoundException" => return Err(error),
            _ => {}
        }
    }
    body.insert("ScheduledActionName".to_owned(), name.into());
    body.insert("Schedule".to_owned(), text(spec, "schedule").into());
    let zone = spec.get("timezone").cloned().unwrap_or_else(|| "UTC".into());
    body.insert("Timezone".to_owned(), zone);
    for (member, of) in [("StartTime", "startTime"), ("EndTime", "endTime")] {
        let time = spec.get(of).and_then(schedule::moment);
        body.extend(time.map(|time| (member.to_owned(), time.as_second().into())));
    }
    if let Some(action) = spec.get("scalableTargetAction") {
        body.insert("ScalableTargetAction".to_owned(), to_api(action));
    }
    let body = Value::Object(body);
    call!(
        context.session,
        autoscaling,
        PutScheduledAction,
        Repeatable,
        put_scheduled_action(),
        body
    )
    .map(drop)
}

async fn remove(context: &Context, spec: &Value) -> Result<(), ApiError> {
    let mut body = Scaled::of(spec).body();
    let name = text(spec, "policyName");
    let session = &context.session;
    match is_scheduled(spec) {
        true => {
            body.insert("ScheduledActionName".to_owned(), name.into());
            let body = Value::Object(body);
            call!(
                session,
                autoscaling,
                DeleteScheduledAction,
                Repeatable,
                delete_scheduled_action(),
                body
            )
        }
        false => {
            body.insert("PolicyName".to_owned(), name.into());
            let body = Value::Object(body);
            call!(
                session,
                autoscaling,
                DeleteScalingPolicy,
                Repeatable,
                delete_scaling_policy(),
                body
            )
        }
    }
    .map(drop)
}

/// Takes the mark off the target, where that is still there.
async fn unmark(context: &Context, live: &Live) -> Result<()> {
    let scaled = Scaled::of(&live.spec);
    let Some(target) = api::target(context, &scaled).await? else { return Ok(()) };
    let key = marks::key(is_scheduled(&live.spec), text(&live.spec, "policyName"));
    let arn = text(&target, "scalableTargetARN");
    match api::tag(context, arn, &Tags::new(), &[key]).await {
        // It was deregistered meanwhile, and its tags with it.
        Err(error) if error.code() == "ResourceNotFoundException" => Ok(()),
        answer => Ok(answer?),
    }
}
