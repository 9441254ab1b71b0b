//! The truth about deployments.

use std::slice::from_ref;

use serde_json::json;
use suimon_model::HealthStatus;
use suimon_provider::Error;
use suimon_sandbox::AwsFault;

use crate::service_support::{api, client, cluster, definition, seen};
use crate::support::{
    Server, apply, assert_unchanged, differences, dry_run, health, observe, provider, wait, write,
};

fn guarded(more: &serde_json::Value) -> serde_json::Value {
    let mut spec = json!({"desiredCount": 1, "deploymentConfiguration":
        {"deploymentCircuitBreaker": {"enable": true, "rollback": true}}});
    spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    spec
}

/// Ids and times are others in each run.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(' ') {
        let (core, tail) = match word.find([';', ':', ',', ')']) {
            Some(at) if !word.starts_with("20") => word.split_at(at),
            _ => (word, ""),
        };
        let bare = core.trim_start_matches('(');
        let id = bare.starts_with("ecs-svc/")
            || (bare.len() == 21 && bare.chars().all(char::is_alphanumeric));
        let time = bare.starts_with("20") && bare.contains('T');
        let core = if id {
            core.replace(bare, "ID")
        } else if time {
            "TIME,".into()
        } else {
            core.into()
        };
        out.push_str(&format!("{core}{tail} "));
    }
    out.trim_end().to_owned()
}

#[tokio::test]
async fn what_was_rolled_back_is_not_applied_again_until_git_changes() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (good, bad) = (definition(&client, "api:1").await, definition(&client, "api:fail").await);
    let aws = provider(&server).await;
    apply(&server, &aws, &[api(&good, &guarded(&json!({})))]).await.unwrap();

    let broken = api(&bad, &guarded(&json!({})));
    let before = observe(&aws, from_ref(&broken)).await;
    write(&aws, &before, &broken).await.unwrap();
    let failed = wait(&server, &aws, &broken.id).await;
    assert_eq!(failed.status, HealthStatus::Failed);
    insta::assert_snapshot!(masked(&failed.message), @"the deployment ID was rolled back: Service deployment rolled back because the circuit breaker threshold was exceeded; (service api) rolling back to deployment ID; (service api) (deployment ID) deployment failed: tasks failed to start; tasks stopped: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref api:fail: not found");
    for _ in 0..50 {
        server.settle().await;
    }
    assert_eq!(seen(&client).await.task_definition.unwrap(), good);

    // Another run: nothing is written, whatever drifted.
    let again = provider(&server).await;
    client.update_service().cluster("main").service("api").desired_count(2).send().await.unwrap();
    let now = observe(&again, from_ref(&broken)).await;
    assert!(differences(&again, &now, &broken).contains("taskDefinition"));
    server.take_operations();
    let refused = dry_run(&again, &now, &broken).await.unwrap_err();
    assert!(matches!(refused, Error::RolledBack(_)), "{refused:?}");
    insta::assert_snapshot!(masked(&refused.to_string()), @"the deployment ID of api:2, begun TIME, was rolled back: Service deployment rolled back because the circuit breaker threshold was exceeded; (service api) rolling back to deployment ID; (service api) (deployment ID) deployment failed: tasks failed to start; tasks stopped: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref api:fail: not found. It is not tried again until the declaration or the task definition changes");
    let calls = server.take_operations();
    assert!(
        calls.iter().all(|call| call.contains(" List") || call.contains(" Describe")),
        "{calls:?}"
    );
    assert_eq!(health(&again, &broken.id).await.status, HealthStatus::Failed);

    // Another declaration of the same, and another task definition, are tried.
    let patient = api(&bad, &guarded(&json!({"healthCheckGracePeriodSeconds": 60})));
    assert!(dry_run(&again, &now, &patient).await.is_ok());
    let better = definition(&client, "api:3").await;
    let fixed = api(&better, &guarded(&json!({})));
    let now = observe(&again, from_ref(&fixed)).await;
    assert!(dry_run(&again, &now, &fixed).await.is_ok());
    apply(&server, &again, from_ref(&fixed)).await.unwrap();
    assert_unchanged(&server, &[fixed]).await;

    // And the way back to what was good before is free.
    let back = api(&good, &guarded(&json!({})));
    apply(&server, &again, from_ref(&back)).await.unwrap();
    assert_unchanged(&server, &[back]).await;
}

#[tokio::test]
async fn a_run_that_died_between_marks_and_update_is_completed() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (good, bad) = (definition(&client, "api:1").await, definition(&client, "api:fail").await);
    let aws = provider(&server).await;
    apply(&server, &aws, &[api(&good, &guarded(&json!({})))]).await.unwrap();
    let broken = api(&bad, &guarded(&json!({})));
    let now = observe(&aws, from_ref(&broken)).await;
    write(&aws, &now, &broken).await.unwrap();
    assert_eq!(wait(&server, &aws, &broken.id).await.status, HealthStatus::Failed);
    for _ in 0..50 {
        server.settle().await;
    }

    // The same task definition, declared otherwise; the update does not get through.
    let other = api(&bad, &guarded(&json!({"healthCheckGracePeriodSeconds": 60})));
    let fault = AwsFault::error("UpdateService", 400, "AccessDeniedException", "no", 1);
    server.as_sandbox().fault(fault);
    let now = observe(&aws, from_ref(&other)).await;
    let stopped = write(&aws, &now, &other).await.unwrap_err();
    assert!(stopped.to_string().contains("UpdateService"), "{stopped}");

    // What was rolled back before is not taken for this one.
    let aws = provider(&server).await;
    let now = observe(&aws, from_ref(&other)).await;
    assert!(differences(&aws, &now, &other).contains("taskDefinition"));
    assert!(dry_run(&aws, &now, &other).await.is_ok());
    write(&aws, &now, &other).await.unwrap();
    assert_eq!(wait(&server, &aws, &other.id).await.status, HealthStatus::Failed);
    for _ in 0..50 {
        server.settle().await;
    }
    let now = observe(&aws, from_ref(&other)).await;
    let refused = dry_run(&aws, &now, &other).await;
    assert!(matches!(refused, Err(Error::RolledBack(_))), "{refused:?}");
}

#[tokio::test]
async fn without_a_roll_back_it_fails_and_stays() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let bad = definition(&client, "api:fail").await;
    let service = api(
        &bad,
        &json!({"desiredCount": 1, "deploymentConfiguration":
        {"deploymentCircuitBreaker": {"enable": true, "rollback": false}}}),
    );
    let aws = provider(&server).await;
    let now = observe(&aws, from_ref(&service)).await;
    let written = write(&aws, &now, &service).await.unwrap();
    assert_eq!(written.health.status, HealthStatus::InProgress);
    let failed = wait(&server, &aws, &service.id).await;
    assert_eq!(failed.status, HealthStatus::Failed);
    insta::assert_snapshot!(masked(&failed.message), @"the deployment ID of api:1 failed: ECS deployment circuit breaker: tasks failed to start; (service api) (deployment ID) deployment failed: tasks failed to start; tasks stopped: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref api:fail: not found");
    assert_unchanged(&server, &[service]).await;
}

#[tokio::test]
async fn an_error_is_no_success() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
    let staged = |definition: &str| {
        api(
            definition,
            &json!({"desiredCount": 1, "deploymentConfiguration":
            {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}}),
        )
    };
    let aws = provider(&server).await;
    apply(&server, &aws, &[staged(&one)]).await.unwrap();
    let denied = AwsFault::error("ListServiceDeployments", 400, "AccessDeniedException", "no", 1);
    let now = observe(&aws, &[staged(&two)]).await;
    server.as_sandbox().fault(denied.clone());
    assert!(matches!(write(&aws, &now, &staged(&two)).await, Err(Error::Forbidden(_))));
    write(&aws, &now, &staged(&two)).await.unwrap();
    assert_eq!(wait(&server, &aws, &staged(&two).id).await.status, HealthStatus::Current);
    server.as_sandbox().fault(denied);
    assert_eq!(health(&aws, &staged(&two).id).await.status, HealthStatus::Unknown);
    let throttled = AwsFault::error("DescribeServices", 400, "ThrottlingException", "slow", 2);
    server.as_sandbox().fault(throttled);
    assert_eq!(health(&aws, &staged(&two).id).await.status, HealthStatus::Current);
}

#[tokio::test]
async fn blue_and_green_succeed_pause_and_go_back() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
    for strategy in [
        json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}),
        json!({"strategy": "CANARY", "bakeTimeInMinutes": 1, "canaryConfiguration": {"canaryPercent": 10}}),
        json!({"strategy": "LINEAR", "bakeTimeInMinutes": 1, "linearConfiguration": {"stepPercent": 50}}),
    ] {
        let mut paused = strategy.clone();
        paused["lifecycleHooks"] =
            json!([{"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}]);
        let (plain, paused) = (
            json!({"desiredCount": 1, "deploymentConfiguration": strategy}),
            json!({"desiredCount": 1, "deploymentConfiguration": paused}),
        );
        let aws = provider(&server).await;
        apply(&server, &aws, &[api(&one, &plain)]).await.unwrap();
        assert_unchanged(&server, &[api(&one, &plain)]).await;

        let green = api(&two, &paused);
        let now = observe(&aws, from_ref(&green)).await;
        write(&aws, &now, &green).await.unwrap();
        for _ in 0..50 {
            server.settle().await;
        }
        let waiting = health(&aws, &green.id).await;
        assert_eq!(waiting.status, HealthStatus::InProgress, "{waiting:?}");
        assert!(waiting.message.starts_with("POST_TEST_TRAFFIC_SHIFT: "), "{waiting:?}");
        assert!(waiting.message.contains("; paused by the hook "), "{waiting:?}");

        let sent = client.list_service_deployments().cluster("main").service("api").send().await;
        let arn = sent.unwrap().service_deployments.unwrap_or_default().remove(0);
        let arn = arn.service_deployment_arn.unwrap();
        client.stop_service_deployment().service_deployment_arn(arn).send().await.unwrap();
        assert_eq!(wait(&server, &aws, &green.id).await.status, HealthStatus::Failed);
        for _ in 0..50 {
            server.settle().await;
        }
        let aws = provider(&server).await;
        let now = observe(&aws, from_ref(&green)).await;
        let refused = dry_run(&aws, &now, &green).await;
        assert!(matches!(refused, Err(Error::RolledBack(_))), "{refused:?}");
    }
}
