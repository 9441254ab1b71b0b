//! Others, lost answers, and what cannot be read.

use std::slice::from_ref;

use serde_json::json;
use suimon_model::HealthStatus;
use suimon_provider::{Error, Provider, Write};
use suimon_sandbox::{AwsEffect, AwsFault};

use crate::service_support::{api, client, cluster, definition, seen};
use crate::support::{
    Server, apply, assert_unchanged, dry_run, observe, provider, resolved, wait, write,
};

fn lost(operation: &str) -> AwsFault {
    AwsFault {
        service: Some("ecs".to_owned()),
        operation: Some(operation.to_owned()),
        effect: AwsEffect::LoseReply,
        times: Some(1),
    }
}

#[tokio::test]
async fn a_deployment_of_somebody_else_is_not_cut_short() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
    let aws = provider(&server).await;
    apply(&server, &aws, &[api(&one, &json!({"desiredCount": 1}))]).await.unwrap();
    let theirs = definition(&client, "hotfix:1").await;
    let update = client.update_service().cluster("main").service("api");
    update.task_definition(&theirs).send().await.unwrap();

    let ours = api(&two, &json!({"desiredCount": 1}));
    let now = observe(&aws, from_ref(&ours)).await;
    let conflicts = dry_run(&aws, &now, &ours).await.unwrap().conflicts;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].field, "deployments");
    assert!(conflicts[0].manager.starts_with("ECS deployment ecs-svc/"), "{conflicts:?}");
    assert!(conflicts[0].manager.contains(" in progress since 20"), "{conflicts:?}");
    assert_eq!(conflicts[0].theirs, Some(json!(theirs)));
    assert!(!conflicts[0].repairs_drift);

    server.take_operations();
    assert!(matches!(write(&aws, &now, &ours).await, Err(Error::Conflict(_))));
    let calls = server.take_operations();
    assert!(
        calls.iter().all(|call| call.contains(" List") || call.contains(" Describe")),
        "{calls:?}"
    );
    let body = resolved(&aws, &now, &ours).body;
    let forced = Write { id: ours.id.clone(), body, resource_version: None, force: true };
    aws.write(&forced).await.unwrap();
    assert_eq!(wait(&server, &aws, &ours.id).await.status, HealthStatus::Current);
    assert_unchanged(&server, &[ours]).await;
}

#[tokio::test]
async fn our_own_deployment_gives_way_to_the_next() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
    let three = definition(&client, "api:3").await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[api(&one, &json!({"desiredCount": 1}))]).await.unwrap();
    let second = api(&two, &json!({"desiredCount": 1}));
    let now = observe(&aws, from_ref(&second)).await;
    write(&aws, &now, &second).await.unwrap();

    let aws = provider(&server).await;
    let third = api(&three, &json!({"desiredCount": 1}));
    let now = observe(&aws, from_ref(&third)).await;
    assert_eq!(dry_run(&aws, &now, &third).await.unwrap().conflicts, []);
    apply(&server, &aws, from_ref(&third)).await.unwrap();
    assert_unchanged(&server, &[third]).await;
}

#[tokio::test]
async fn a_deployment_that_others_replace_has_failed() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
    let aws = provider(&server).await;
    let service = api(&one, &json!({"desiredCount": 1}));
    let now = observe(&aws, from_ref(&service)).await;
    write(&aws, &now, &service).await.unwrap();
    let update = client.update_service().cluster("main").service("api");
    update.task_definition(&two).send().await.unwrap();
    let told = wait(&server, &aws, &service.id).await;
    assert_eq!(told.status, HealthStatus::Failed, "{told:?}");
    assert!(told.message.contains(" was replaced by ecs-svc/"), "{told:?}");
    assert!(told.message.contains(" of api:2, which this run did not begin"), "{told:?}");
}

#[tokio::test]
async fn lost_answers_make_one_service_and_one_deployment() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
    let aws = provider(&server).await;
    let first = api(&one, &json!({"desiredCount": 1}));
    let now = observe(&aws, from_ref(&first)).await;
    server.as_sandbox().fault(lost("CreateService"));
    write(&aws, &now, &first).await.unwrap();
    assert_eq!(wait(&server, &aws, &first.id).await.status, HealthStatus::Current);
    assert_unchanged(&server, &[first]).await;

    let second = api(&two, &json!({"desiredCount": 1}));
    let now = observe(&aws, from_ref(&second)).await;
    server.as_sandbox().fault(lost("UpdateService"));
    write(&aws, &now, &second).await.unwrap();
    assert_eq!(wait(&server, &aws, &second.id).await.status, HealthStatus::Current);
    let sent = client.list_service_deployments().cluster("main").service("api").send().await;
    assert_eq!(sent.unwrap().service_deployments.unwrap_or_default().len(), 2);
}

#[tokio::test]
async fn a_service_that_is_there_already_is_adopted_by_a_write() {
    for server in Server::all().await {
        let client = client(&server).await;
        cluster(&client).await;
        let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
        let made = client.create_service().cluster("main").service_name("api").desired_count(0);
        made.task_definition(&one).send().await.unwrap();
        server.settle().await;
        let aws = provider(&server).await;
        let ours = api(&two, &json!({"desiredCount": 0}));
        let now = observe(&aws, from_ref(&ours)).await;
        assert!(!now.live[&ours.id].owned, "{}", server.name());
        apply(&server, &aws, from_ref(&ours)).await.unwrap();
        assert_unchanged(&server, &[ours]).await;
        assert_eq!(seen(&client).await.task_definition.unwrap(), two, "{}", server.name());
    }
}

#[tokio::test]
async fn unknown_is_not_absent() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let one = definition(&client, "api:1").await;
    let service = api(&one, &json!({"desiredCount": 1}));
    let aws = provider(&server).await;
    apply(&server, &aws, from_ref(&service)).await.unwrap();
    for operation in ["DescribeServices", "ListServices"] {
        let denied = AwsFault::error(operation, 400, "AccessDeniedException", "no", 9);
        server.as_sandbox().fault(denied);
        let seen = observe(&aws, from_ref(&service)).await;
        assert_eq!(seen.absent, [], "{operation}");
        assert!(!seen.unknown.is_empty(), "{operation}");
        server.as_sandbox().clear_faults();
    }
    // A cluster that is not there has no services.
    let elsewhere = api(&one, &json!({"cluster": "nowhere"}));
    let seen = observe(&provider(&server).await, from_ref(&elsewhere)).await;
    assert_eq!(seen.unknown, []);
}
