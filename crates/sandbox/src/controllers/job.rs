//! Jobs complete at once.

use serde_json::{Value, json};

use crate::{
    resource::Resource,
    state::State,
    value::{int, items, put, text},
};

use super::{
    fails,
    status::{Condition, conditions},
};

pub(super) fn reconcile(state: &mut State, resource: &Resource, job: &Value) {
    let finished = items(job, "/status/conditions")
        .iter()
        .any(|c| matches!(text(c, "/type"), "Complete" | "Failed") && text(c, "/status") == "True");
    if finished {
        return;
    }
    let now = state.clock.stamp();
    if job.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        let condition = Condition {
            kind: "Suspended",
            status: true,
            reason: "JobSuspended",
            message: "Job suspended",
        };
        let list = probed(conditions(job, &[condition], &now, false), &now);
        state.set_status(resource, job, json!({"conditions": list}));
        return;
    }
    let completions =
        int(job, "/spec/completions").or_else(|| int(job, "/spec/parallelism")).unwrap_or(1);
    let start = match text(job, "/status/startTime") {
        "" => now.clone(),
        start => start.to_owned(),
    };
    let mut status =
        json!({"startTime": start, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}});
    let wanted = if fails(job) {
        put(&mut status, "failed", Some((int(job, "/spec/backoffLimit").unwrap_or(6) + 1).into()));
        let (reason, message) =
            ("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        ["FailureTarget", "Failed"].map(|kind| Condition { kind, status: true, reason, message })
    } else {
        put(&mut status, "succeeded", Some(completions.into()));
        put(&mut status, "completionTime", Some(now.clone().into()));
        let (reason, message) = ("CompletionsReached", "Reached expected number of succeeded pods");
        ["SuccessCriteriaMet", "Complete"].map(|kind| Condition {
            kind,
            status: true,
            reason,
            message,
        })
    };
    put(&mut status, "conditions", Some(probed(conditions(job, &wanted, &now, false), &now)));
    state.set_status(resource, job, status);
}

fn probed(mut list: Value, now: &str) -> Value {
    for condition in list.as_array_mut().into_iter().flatten() {
        put(condition, "lastProbeTime", Some(now.into()));
    }
    list
}
