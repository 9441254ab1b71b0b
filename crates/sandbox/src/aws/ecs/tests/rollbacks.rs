use serde_json::{Value, json};

use super::{Account, api, snapshot, web};

fn breaker(rollback: bool) -> Value {
    json!({ "deploymentCircuitBreaker": { "enable": true, "rollback": rollback } })
}

#[test]
fn the_circuit_breaker_rolls_back_to_what_last_completed() {
    let mut account = Account::with_service(breaker(true));
    let good = account.service()["deployments"][0]["id"].clone();
    let tasks = json!({ "cluster": "c1", "serviceName": "api" });
    let running = account.ok("ListTasks", tasks.clone());
    account.update(json!({ "taskDefinition": "web:2" }));
    let started = account.rollout();
    assert_eq!(started["status"], "PENDING");
    let mut statuses = Vec::new();
    let mut reasons = Vec::new();
    while account.step() {
        statuses.push(account.rollout()["status"].as_str().unwrap().to_owned());
        for deployment in account.service()["deployments"].as_array().unwrap() {
            let of = |member: &str| deployment[member].as_str().unwrap().to_owned();
            reasons.push(format!(
                "{} {}: {}",
                of("status"),
                of("rolloutState"),
                of("rolloutStateReason")
            ));
        }
    }
    statuses.dedup();
    assert_eq!(statuses, ["IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]);
    reasons.sort();
    reasons.dedup();
    snapshot!(reasons.join("\n"), @r"
    ACTIVE COMPLETED: ECS deployment ecs-svc/N completed.
    ACTIVE FAILED: ECS deployment circuit breaker: tasks failed to start.
    PRIMARY COMPLETED: ECS deployment ecs-svc/N completed.
    PRIMARY IN_PROGRESS: ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/N.
    PRIMARY IN_PROGRESS: ECS deployment ecs-svc/N in progress.
    ");
    let service = account.service();
    assert!(service["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
    let primary = &service["deployments"][0];
    assert_eq!(primary["rolloutState"], "COMPLETED");
    assert_ne!(primary["id"], good, "the roll-back is a deployment of its own");
    assert_eq!(account.ok("ListTasks", tasks), running, "the good tasks never stopped");
    snapshot!(account.events(), @r"
    (service api) has started 3 tasks: (task T) (task T) (task T).
    (service api) (deployment ecs-svc/N) deployment completed.
    (service api) has reached a steady state.
    (service api) has started 3 tasks: (task T) (task T) (task T).
    (service api) (deployment ecs-svc/N) deployment failed: tasks failed to start.
    (service api) rolling back to deployment ecs-svc/N.
    (service api) (deployment ecs-svc/N) deployment completed.
    (service api) has reached a steady state.
    ");
    let rollout = account.rollout();
    assert_eq!(
        rollout["deploymentCircuitBreaker"],
        json!({ "status": "TRIGGERED", "failureCount": 3, "threshold": 3 })
    );
    assert_eq!(rollout["statusReason"], rollout["rollback"]["reason"]);
    assert_eq!(
        rollout["rollback"]["serviceRevisionArn"],
        rollout["sourceServiceRevisions"][0]["arn"]
    );
    snapshot!(rollout["statusReason"].as_str().unwrap(), @"Service deployment rolled back because the circuit breaker threshold was exceeded.");
}

#[test]
fn without_roll_back_the_deployment_stays_failed() {
    let mut account = Account::with_service(breaker(false));
    account.update(json!({ "taskDefinition": "web:2" }));
    account.settle();
    let service = account.service();
    assert_eq!(service["deployments"][0]["rolloutState"], "FAILED");
    assert!(service["taskDefinition"].as_str().unwrap().ends_with("web:2"));
    assert_eq!(service["deployments"][1]["runningCount"], 3, "the old tasks go on");
    assert_eq!(account.rollout()["status"], "STOPPED");
    account.advance(3600);
    account.step();
    assert_eq!(account.service()["deployments"][0]["pendingCount"], 0, "it starts no more tasks");
    account.ok("RegisterTaskDefinition", web("nginx:3"));
    account.update(json!({ "taskDefinition": "web:3" }));
    account.settle();
    assert_eq!(account.service()["deployments"][0]["rolloutState"], "COMPLETED");
}

#[test]
fn a_first_deployment_has_nothing_to_roll_back_to() {
    let mut account = Account::with_cluster();
    account.ok("RegisterTaskDefinition", web("nginx:fail"));
    let mut body = api();
    body["deploymentConfiguration"] = breaker(true);
    account.ok("CreateService", body);
    account.settle();
    let rollout = account.rollout();
    assert_eq!(rollout["status"], "ROLLBACK_FAILED");
    assert_eq!(rollout["statusReason"], "No rollback candidate was found to run the rollback.");
    assert_eq!(account.service()["deployments"][0]["rolloutState"], "FAILED");
    account.ok("RegisterTaskDefinition", web("nginx:3"));
    account.update(json!({ "taskDefinition": "web:3" }));
    account.settle();
    assert_eq!(account.rollout()["status"], "SUCCESSFUL");
}

#[test]
fn without_a_circuit_breaker_it_keeps_trying_and_waits_longer() {
    let mut account = Account::with_service(json!({}));
    account.update(json!({ "taskDefinition": "web:2" }));
    account.settle();
    let failed = |account: &mut Account| {
        account.service()["deployments"][0]["failedTasks"].as_i64().unwrap()
    };
    let first = failed(&mut account);
    assert!(first >= 3, "{first}");
    assert!(account.events().contains("is unable to consistently start tasks successfully"));
    account.advance(400);
    account.settle();
    assert!(failed(&mut account) > first);
    let service = account.service();
    assert_eq!(service["deployments"][0]["rolloutState"], "IN_PROGRESS");
    assert_eq!(service["deployments"][1]["runningCount"], 3, "the old tasks go on");
    assert_eq!(account.rollout()["status"], "IN_PROGRESS");
}

#[test]
fn the_threshold_follows_the_desired_count_and_what_is_configured() {
    for (desired, configuration, threshold) in [
        (1, Value::Null, 3),
        (10, Value::Null, 5),
        (1000, Value::Null, 200),
        (10, json!({ "type": "COUNT", "value": 7 }), 7),
        (10, json!({ "type": "BOUNDED_PERCENT", "value": 10 }), 3),
        (10, json!({ "type": "UNBOUNDED_PERCENT", "value": 10 }), 1),
    ] {
        let mut body = api();
        body["desiredCount"] = desired.into();
        body["deploymentConfiguration"] = breaker(true);
        if !configuration.is_null() {
            body["deploymentConfiguration"]["deploymentCircuitBreaker"]["thresholdConfiguration"] =
                configuration.clone();
        }
        let mut account = Account::with_cluster();
        account.ok("CreateService", body);
        assert_eq!(
            account.rollout()["deploymentCircuitBreaker"]["threshold"],
            threshold,
            "{desired} {configuration}"
        );
    }
}

#[test]
fn every_mark_makes_tasks_fail() {
    let marked = |member: &str, value: Value| {
        let mut body = web("nginx:1");
        body["containerDefinitions"][0][member] = value;
        body
    };
    for (body, code) in [
        (web("registry/app-fail:1"), "TaskFailedToStart"),
        (
            marked("dockerLabels", json!({ "sandbox.suimon.dev/fail": "true" })),
            "EssentialContainerExited",
        ),
        (
            marked("environment", json!([{ "name": "SANDBOX_FAIL", "value": "true" }])),
            "EssentialContainerExited",
        ),
    ] {
        let mut account = Account::with_service(breaker(true));
        account.ok("RegisterTaskDefinition", body.clone());
        account.update(json!({ "taskDefinition": "web:3" }));
        account.settle();
        assert_eq!(account.rollout()["status"], "ROLLBACK_SUCCESSFUL", "{body}");
        let stopped = json!({ "cluster": "c1", "serviceName": "api", "desiredStatus": "STOPPED" });
        let arns = account.ok("ListTasks", stopped)["taskArns"].clone();
        let tasks = account.ok("DescribeTasks", json!({ "cluster": "c1", "tasks": arns }));
        assert_eq!(tasks["tasks"][0]["stopCode"], code, "{body}");
        assert!(!tasks["tasks"][0]["stoppedReason"].as_str().unwrap().is_empty());
    }
    let unmarked = [
        web("fail.example.com/app:1"),
        marked("environment", json!([{ "name": "SANDBOX_FAIL", "value": "false" }])),
    ];
    for body in unmarked {
        let mut account = Account::with_service(breaker(true));
        account.ok("RegisterTaskDefinition", body.clone());
        account.update(json!({ "taskDefinition": "web:3" }));
        account.settle();
        assert_eq!(account.rollout()["status"], "SUCCESSFUL", "{body}");
    }
}
