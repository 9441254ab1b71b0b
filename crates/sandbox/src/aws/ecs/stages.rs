//! The stages of blue/green, linear and canary deployments.
//!
//! Each stage takes a step; bake times pass at once. A stage with a hook that pauses waits for
//! `ContinueServiceDeployment`, or for the hook's timeout.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    super::context::{Context, stamp},
    Ecs,
    lifecycle::stop_tasks,
    list,
    model::{Rollout, Service},
    schedule::{other_tasks, others, primary_tasks},
    text,
};

/// The stages in their order.
const STAGES: [&str; 10] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
];

/// For how long a hook pauses unless it says so itself.
const DAY_MINUTES: i64 = 1440;

/// What became of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Waits,
    Acted,
    Done,
}

impl Ecs {
    /// One step of a deployment in stages; whether anything happened.
    pub(super) fn step_stage(
        &mut self,
        context: &mut Context<'_>,
        service: &mut Service,
        arn: &str,
    ) -> bool {
        let Some(stage) = self.rollouts.get(arn).and_then(|rollout| rollout.stage) else {
            return false;
        };
        if let Some(action) = self.pending_hook(context, arn) {
            if action == "ROLLBACK" {
                self.stop_by_hook(context, service);
                return true;
            }
            return action == "CONTINUE";
        }
        let outcome = match stage {
            "SCALE_UP" => self.scale_up(context, service),
            "PRODUCTION_TRAFFIC_SHIFT" => self.shift(arn),
            "CLEAN_UP" => {
                let left = other_tasks(service);
                if left > 0 {
                    let old = others(service);
                    stop_tasks(context, service, &old, left);
                    Outcome::Acted
                } else {
                    // The deployment completes with this stage.
                    Outcome::Waits
                }
            }
            _ => Outcome::Done,
        };
        if outcome == Outcome::Done {
            self.next_stage(context, arn, stage);
        }
        outcome != Outcome::Waits
    }

    fn scale_up(&mut self, context: &mut Context<'_>, service: &mut Service) -> Outcome {
        let (all, running) = primary_tasks(service);
        let waits = service
            .primary()
            .is_some_and(|primary| primary.retry.is_some_and(|retry| context.now < retry));
        match service.desired - all {
            1.. if waits => Outcome::Waits,
            missing @ 1.. => {
                self.start_tasks(context, service, missing);
                Outcome::Acted
            }
            _ if running >= service.desired => Outcome::Done,
            _ => Outcome::Waits,
        }
    }

    /// Shifts production traffic by what the strategy says.
    fn shift(&mut self, arn: &str) -> Outcome {
        let Some(rollout) = self.rollouts.get_mut(arn) else { return Outcome::Done };
        let percent = |pointer: &str, default: f64| {
            rollout.configuration.pointer(pointer).and_then(Value::as_f64).unwrap_or(default)
        };
        let weight = match text(&rollout.configuration, "strategy") {
            "CANARY" if rollout.weight == 0.0 => percent("/canaryConfiguration/canaryPercent", 5.0),
            "LINEAR" => {
                let step = percent("/linearConfiguration/stepPercent", 10.0).max(1.0);
                (rollout.weight + step).min(100.0)
            }
            _ => 100.0,
        };
        if rollout.weight >= 100.0 {
            return Outcome::Done;
        }
        rollout.weight = weight;
        Outcome::Acted
    }

    fn next_stage(&mut self, context: &mut Context<'_>, arn: &str, stage: &str) {
        let next = STAGES.iter().skip_while(|name| **name != stage).nth(1);
        let (now, Some(rollout), Some(next)) = (context.now, self.rollouts.get_mut(arn), next)
        else {
            return;
        };
        rollout.stage = Some(next);
        rollout.updated = now;
        let id = || context.ids.letters(21);
        rollout.hooks = hooks(rollout, next, now, id);
    }

    /// What a hook of the stage asks for: to wait (empty), `CONTINUE` or `ROLLBACK`; `None` when no hook is open.
    fn pending_hook(&mut self, context: &Context<'_>, arn: &str) -> Option<&'static str> {
        let rollout = self.rollouts.get_mut(arn)?;
        let hook = rollout
            .hooks
            .iter_mut()
            .find(|hook| matches!(text(hook, "status"), "AWAITING_ACTION" | "FAILED"))?;
        if text(hook, "status") == "FAILED" {
            return Some("ROLLBACK");
        }
        let expires = hook.get("expiresAt").and_then(Value::as_f64).unwrap_or(f64::MAX);
        if stamp(context.now).as_f64().unwrap_or_default() < expires {
            return Some("");
        }
        let continues = text(hook, "timeoutAction") == "CONTINUE";
        hook["status"] = "TIMED_OUT".into();
        Some(if continues { "CONTINUE" } else { "ROLLBACK" })
    }

    fn stop_by_hook(&mut self, context: &mut Context<'_>, service: &mut Service) {
        let words = (
            "ECS deployment lifecycle hook: the deployment was rolled back.",
            "deployment failed: a lifecycle hook failed.",
            "Service deployment rolled back because a lifecycle hook failed.",
        );
        self.fail(context, service, words, true);
    }
}

/// The hooks of a stage, as they are described. Hooks before the production traffic belong to the stage before it.
fn hooks(
    rollout: &Rollout,
    stage: &str,
    now: Timestamp,
    mut id: impl FnMut() -> String,
) -> Vec<Value> {
    let belongs = |hook_stage: &Value| match hook_stage.as_str() {
        Some("PRE_PRODUCTION_TRAFFIC_SHIFT") => stage == "POST_TEST_TRAFFIC_SHIFT",
        other => other == Some(stage),
    };
    list(&rollout.configuration, "lifecycleHooks")
        .iter()
        .filter(|hook| list(hook, "lifecycleStages").iter().any(belongs))
        .map(|hook| {
            if text(hook, "targetType") != "PAUSE" {
                // Functions are not run; they succeed.
                return json!({
                    "hookId": id(), "targetType": "AWS_LAMBDA", "targetArn": text(hook, "hookTargetArn"),
                    "status": "SUCCEEDED",
                });
            }
            let timeout = |member: &str| hook.pointer(&format!("/timeoutConfiguration/{member}"));
            let minutes = timeout("timeoutInMinutes").and_then(Value::as_i64).unwrap_or(DAY_MINUTES);
            let action = timeout("action").and_then(Value::as_str).unwrap_or("ROLLBACK");
            json!({
                "hookId": id(), "targetType": "PAUSE", "status": "AWAITING_ACTION",
                "expiresAt": stamp(now + SignedDuration::from_mins(minutes.clamp(0, 20_160))),
                "timeoutAction": action,
            })
        })
        .collect()
}
