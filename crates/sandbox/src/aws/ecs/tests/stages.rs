use serde_json::{Value, json};

use super::{Account, web};

/// The service `api` that deploys `web:3` by this configuration.
fn deploying(configuration: Value) -> Account {
    let mut account = Account::with_service(json!({}));
    account.ok("RegisterTaskDefinition", web("nginx:3"));
    account.update(json!({ "taskDefinition": "web:3", "deploymentConfiguration": configuration }));
    account
}

/// The stages and weights that are seen until nothing happens.
fn walk(account: &mut Account) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let rollout = account.rollout();
        let weight = &rollout["targetServiceRevision"]["requestedProductionTrafficWeight"];
        seen.push(format!("{} {weight}", rollout["lifecycleStage"].as_str().unwrap()));
        if !account.step() {
            seen.dedup();
            return seen;
        }
    }
}

#[test]
fn blue_green_passes_all_stages() {
    let mut account = deploying(json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 }));
    insta::assert_snapshot!(walk(&mut account).join("\n"), @r"
    RECONCILE_SERVICE 0.0
    PRE_SCALE_UP 0.0
    SCALE_UP 0.0
    POST_SCALE_UP 0.0
    TEST_TRAFFIC_SHIFT 0.0
    POST_TEST_TRAFFIC_SHIFT 0.0
    PRODUCTION_TRAFFIC_SHIFT 0.0
    PRODUCTION_TRAFFIC_SHIFT 100.0
    POST_PRODUCTION_TRAFFIC_SHIFT 100.0
    BAKE_TIME 100.0
    CLEAN_UP 100.0
    ");
    assert_eq!(account.rollout()["status"], "SUCCESSFUL");
    let service = account.service();
    assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
    assert_eq!((&service["runningCount"], &service["pendingCount"]), (&json!(3), &json!(0)));
}

#[test]
fn traffic_shifts_as_the_strategy_says() {
    for (configuration, weights) in [
        (
            json!({ "strategy": "CANARY", "canaryConfiguration": { "canaryPercent": 20.0 } }),
            vec!["0.0", "20.0", "100.0"],
        ),
        (
            json!({ "strategy": "LINEAR", "linearConfiguration": { "stepPercent": 40.0 } }),
            vec!["0.0", "40.0", "80.0", "100.0"],
        ),
    ] {
        let mut account = deploying(configuration.clone());
        let seen = walk(&mut account);
        let shifts = seen.iter().filter_map(|line| line.strip_prefix("PRODUCTION_TRAFFIC_SHIFT "));
        assert_eq!(shifts.collect::<Vec<_>>(), weights, "{configuration}");
        assert_eq!(account.rollout()["status"], "SUCCESSFUL");
    }
}

#[test]
fn old_tasks_run_until_the_last_stage() {
    let mut account = deploying(json!({ "strategy": "BLUE_GREEN" }));
    while account.rollout()["lifecycleStage"] != "CLEAN_UP" {
        let service = account.service();
        assert_eq!(service["deployments"][1]["runningCount"], 3);
        assert!(account.step());
    }
}

#[test]
fn a_failing_green_rolls_back_by_the_circuit_breaker() {
    let mut account = Account::with_service(json!({
        "strategy": "BLUE_GREEN", "deploymentCircuitBreaker": { "enable": true, "rollback": true },
    }));
    account.update(json!({ "taskDefinition": "web:2" }));
    account.settle();
    assert_eq!(account.rollout()["status"], "ROLLBACK_SUCCESSFUL");
    let service = account.service();
    assert!(service["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    assert_eq!(service["runningCount"], 3);
}

fn pausing(timeout: Value) -> Account {
    deploying(json!({
        "strategy": "BLUE_GREEN",
        "lifecycleHooks": [{
            "targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
            "timeoutConfiguration": timeout,
        }],
    }))
}

#[test]
fn a_pause_waits_for_an_answer() {
    for (action, status) in [("CONTINUE", "SUCCESSFUL"), ("ROLLBACK", "ROLLBACK_SUCCESSFUL")] {
        let mut account = pausing(Value::Null);
        account.settle();
        let rollout = account.rollout();
        assert_eq!(rollout["lifecycleStage"], "POST_TEST_TRAFFIC_SHIFT");
        let hook = &rollout["lifecycleHookDetails"][0];
        assert_eq!(hook["status"], "AWAITING_ACTION");
        let mut body = json!({
            "serviceDeploymentArn": rollout["serviceDeploymentArn"], "hookId": "none", "action": action,
        });
        assert_eq!(
            account.error("ContinueServiceDeployment", body.clone()).code,
            "InvalidParameterException"
        );
        body["hookId"] = hook["hookId"].clone();
        account.ok("ContinueServiceDeployment", body);
        account.settle();
        assert_eq!(account.rollout()["status"], status);
    }
}

#[test]
fn a_pause_times_out() {
    for (action, status) in [("CONTINUE", "SUCCESSFUL"), ("ROLLBACK", "ROLLBACK_SUCCESSFUL")] {
        let mut account = pausing(json!({ "timeoutInMinutes": 10, "action": action }));
        account.settle();
        account.advance(599);
        account.settle();
        assert_eq!(account.rollout()["status"], "IN_PROGRESS");
        account.advance(1);
        account.settle();
        assert_eq!(account.rollout()["status"], status);
    }
}
