use serde_json::{Value, json};
use suimon_model::HealthStatus::{Current, Failed, InProgress, NotFound, Terminating};

use super::super::health::{Ours, Verdict, decide, judge, without_records};
use super::super::rollout::Rollout;
use super::described;

const OLD: &str = "arn:aws:ecs:us-east-1:1:task-definition/api:1";
const NEW: &str = "arn:aws:ecs:us-east-1:1:task-definition/api:2";

fn deployment(id: &str, status: &str, definition: &str, state: &str, created: f64) -> Value {
    json!({"id": id, "status": status, "taskDefinition": definition, "rolloutState": state,
        "rolloutStateReason": "", "createdAt": created, "runningCount": 1})
}

fn service(deployments: &[Value], running: i64) -> Value {
    described(&json!({
        "desiredCount": 2, "runningCount": running, "pendingCount": 2 - running, "deployments": deployments,
        "events": [
            {"createdAt": 20.0, "message": "(service api) was unable to place a task (task 0f)."},
            {"createdAt": 19.0, "message": "(service api) was unable to place a task (task 1e)."},
            {"createdAt": 18.0, "message": "(service api) has started 1 tasks: (task 2d)."},
            {"createdAt": 17.0, "message": "(service api) failed container health checks."},
            {"createdAt": 1.0, "message": "(service api) was out of memory."},
        ],
    }))
}

fn ours(id: &str) -> Ours {
    Ours { id: id.into(), created: 10.0, before: "r0".into() }
}

fn rollout(id: &str, status: &str) -> Rollout {
    Rollout {
        arn: format!("arn:aws:ecs:us-east-1:1:service-deployment/main/api/{id}"),
        status: status.into(),
        reason: "The circuit breaker tripped.".into(),
        target: "t".into(),
        created: 10.0,
    }
}

#[test]
fn a_description_tells_most() {
    let one = |state: &str| deployment("d1", "PRIMARY", NEW, state, 10.0);
    let old = deployment("d0", "ACTIVE", OLD, "COMPLETED", 5.0);
    let blue = |mut service: Value| {
        service["deploymentConfiguration"] = json!({"strategy": "BLUE_GREEN"});
        service
    };
    let mine = ours("d1");
    let cases = [
        ("completed", service(&[one("COMPLETED")], 2), Some(&mine), Some(Current)),
        (
            "completed, a task is missing",
            service(&[one("COMPLETED")], 1),
            Some(&mine),
            Some(InProgress),
        ),
        (
            "under way",
            service(&[one("IN_PROGRESS"), old.clone()], 2),
            Some(&mine),
            Some(InProgress),
        ),
        ("failed", service(&[one("FAILED")], 0), Some(&mine), Some(Failed)),
        ("no state, alone", service(&[one("")], 2), Some(&mine), Some(Current)),
        ("no state, not alone", service(&[one(""), old.clone()], 2), Some(&mine), Some(InProgress)),
        (
            "what was before ours",
            service(&[deployment("d0", "PRIMARY", OLD, "COMPLETED", 5.0)], 2),
            Some(&mine),
            Some(InProgress),
        ),
        (
            "what came after ours",
            service(&[deployment("d2", "PRIMARY", OLD, "COMPLETED", 15.0)], 2),
            Some(&mine),
            None,
        ),
        ("nothing written, as applied", service(&[one("COMPLETED")], 2), None, Some(Current)),
        (
            "nothing written, another one runs",
            service(&[deployment("d2", "PRIMARY", OLD, "COMPLETED", 15.0)], 2),
            None,
            None,
        ),
        (
            "blue and green are told by records only",
            blue(service(&[one("COMPLETED")], 2)),
            Some(&mine),
            None,
        ),
        ("gone", described(&json!({"status": "INACTIVE"})), Some(&mine), Some(NotFound)),
        (
            "going",
            described(&json!({"status": "DRAINING", "runningCount": 2})),
            None,
            Some(Terminating),
        ),
        ("no deployment", service(&[], 2), None, Some(Current)),
    ];
    for (what, service, ours, expected) in cases {
        let status = match judge(&service, ours, NEW) {
            Verdict::Known(health) => Some(health.status),
            Verdict::Ask => None,
        };
        assert_eq!(status, expected, "{what}");
    }
}

#[test]
fn records_tell_the_rest() {
    let back = service(&[deployment("d2", "PRIMARY", OLD, "COMPLETED", 15.0)], 2);
    let running = service(&[deployment("d1", "PRIMARY", NEW, "IN_PROGRESS", 10.0)], 1);
    let mine = ours("d1");
    let told = |service: &Value, newest: Option<Rollout>| {
        let health = decide(service, Some(&mine), newest.as_ref(), &Value::Null);
        format!("{:?}: {}", health.status, health.message)
    };
    let told_without = |service: &Value| {
        let health = without_records(service, Some(&mine));
        format!("{:?}: {}", health.status, health.message)
    };
    insta::assert_snapshot!([
        told(&back, Some(rollout("r1", "ROLLBACK_SUCCESSFUL"))),
        told(&back, Some(rollout("r1", "ROLLBACK_IN_PROGRESS"))),
        told(&running, Some(rollout("r1", "STOPPED"))),
        told(&back, Some(rollout("r2", "SUCCESSFUL"))),
        told(&running, Some(rollout("r1", "IN_PROGRESS"))),
        told(&running, None),
        told_without(&back),
    ].join("\n"), @r"
    Failed: the deployment r1 was rolled back: The circuit breaker tripped; (service api) was unable to place a task (task 0f); (service api) failed container health checks
    Failed: the deployment r1 was rolled back: The circuit breaker tripped; (service api) was unable to place a task (task 0f); (service api) failed container health checks
    Failed: the deployment r1 was stopped: The circuit breaker tripped; (service api) was unable to place a task (task 0f); (service api) failed container health checks
    Failed: the deployment d1 was replaced by d2 of api:1, which this run did not begin
    InProgress: 1 of 2 tasks are running, 1 pending: (service api) was unable to place a task (task 0f)
    InProgress: 1 of 2 tasks are running, 1 pending: (service api) was unable to place a task (task 0f)
    Failed: the deployment d1 was replaced by d2 of api:1, which this run did not begin
    ");
}

#[test]
fn a_stage_and_a_pause_are_told() {
    let running = service(&[deployment("d1", "PRIMARY", NEW, "IN_PROGRESS", 10.0)], 1);
    let detail = json!({"lifecycleStage": "POST_TEST_TRAFFIC_SHIFT",
        "lifecycleHookDetails": [{"hookId": "h7", "status": "AWAITING_ACTION"}]});
    let health = decide(&running, Some(&ours("d1")), Some(&rollout("r1", "IN_PROGRESS")), &detail);
    insta::assert_snapshot!(health.message, @"POST_TEST_TRAFFIC_SHIFT: 1 of 2 tasks are running, 1 pending: (service api) was unable to place a task (task 0f); paused by the hook h7");
}

#[test]
fn a_failure_says_why_each_thing_once() {
    let mut deployment = deployment("ecs-svc/1", "PRIMARY", NEW, "FAILED", 10.0);
    deployment["rolloutStateReason"] =
        json!("ECS deployment circuit breaker: tasks failed to start.");
    let Verdict::Known(health) = judge(&service(&[deployment], 0), Some(&ours("ecs-svc/1")), NEW)
    else {
        panic!("it is known")
    };
    insta::assert_snapshot!(health.message, @"the deployment ecs-svc/1 of api:2 failed: ECS deployment circuit breaker: tasks failed to start; (service api) was unable to place a task (task 0f); (service api) failed container health checks");
}
