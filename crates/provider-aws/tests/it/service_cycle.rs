//! Services from creation to deletion.

use std::slice::from_ref;

use serde_json::{Value, json};
use suimon_model::HealthStatus;
use suimon_provider::{Error, Provider};

use crate::service_support::{api, client, cluster, definition, seen, some};
use crate::support::{
    Server, annotated, apply, assert_unchanged, delete, differences, dry_run, health, look,
    manifest, observe, provider, round_trip, wait, write,
};

#[tokio::test]
async fn a_service_lives_and_is_made_again() {
    for server in Server::all().await {
        let client = client(&server).await;
        cluster(&client).await;
        let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
        let count = some(&server);
        let first = api(&one, &json!({"desiredCount": count}));
        round_trip(&server, from_ref(&first)).await;

        let aws = provider(&server).await;
        let second = api(&two, &json!({"desiredCount": count, "tags": {"team": "shop"}}));
        let before = observe(&aws, from_ref(&second)).await;
        let told = differences(&aws, &before, &second);
        assert!(told.contains("/spec/taskDefinition"), "{}: {told}", server.name());
        apply(&server, &aws, from_ref(&second)).await.unwrap();
        assert_unchanged(&server, from_ref(&second)).await;
        assert_eq!(seen(&client).await.task_definition.unwrap(), two, "{}", server.name());

        let live = observe(&aws, from_ref(&second)).await;
        delete(&aws, &live, &second.id).await.unwrap();
        assert_eq!(wait(&server, &aws, &second.id).await.status, HealthStatus::NotFound);
        // Deleted already is fine.
        delete(&aws, &live, &second.id).await.unwrap();

        let gone = observe(&aws, from_ref(&first)).await;
        assert_eq!(gone.absent, from_ref(&first.id), "{}", server.name());
        apply(&server, &aws, from_ref(&first)).await.unwrap();
        assert_unchanged(&server, from_ref(&first)).await;
        let stale = delete(&aws, &live, &first.id).await;
        if matches!(server, Server::Sandbox(_)) {
            assert_eq!(stale, Err(Error::Stale), "{}: another of the same name", server.name());
        }
    }
}

/// Everything that can be declared, as far as the server keeps it.
fn everything(server: &Server) -> Value {
    let mut spec = json!({
        "desiredCount": 2, "enableECSManagedTags": true, "propagateTags": "SERVICE",
        "enableExecuteCommand": true, "healthCheckGracePeriodSeconds": 30,
        "capacityProviderStrategy": [],
        "deploymentConfiguration": {"maximumPercent": 150, "minimumHealthyPercent": 50,
            "deploymentCircuitBreaker": {"enable": true, "rollback": true},
            "alarms": {"alarmNames": ["b", "a"], "enable": true, "rollback": true}},
        "loadBalancers": [{"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/t/1",
            "containerName": "api", "containerPort": "80"}],
        "serviceRegistries": [{"registryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1"}],
        "placementConstraints": [{"type": "memberOf", "expression": "attribute:x == y"}],
        "placementStrategy": [{"type": "spread", "field": "attribute:ecs.availability-zone"}, {"type": "binpack", "field": "CPU"}],
        "tags": [{"key": "team", "value": "shop"}],
    });
    if let Server::Ministack { .. } = server {
        // It drops these.
        for member in ["placementConstraints", "placementStrategy"] {
            spec.as_object_mut().unwrap().remove(member);
        }
    }
    if matches!(server, Server::Sandbox(_)) {
        spec["serviceConnectConfiguration"] = json!({"enabled": true, "namespace": "shop",
            "services": [{"portName": "web", "clientAliases": [{"port": 80, "dnsName": "web"}]}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}}});
        spec["availabilityZoneRebalancing"] = json!("DISABLED");
    }
    spec
}

#[tokio::test]
async fn everything_that_is_declared_comes_back_and_goes_again() {
    // moto drops most of it.
    let servers = Server::all().await.into_iter().filter(|s| !matches!(s, Server::Moto { .. }));
    for server in servers {
        let client = client(&server).await;
        cluster(&client).await;
        let one = definition(&client, "api:1").await;
        let full = api(&one, &everything(&server));
        let aws = provider(&server).await;
        apply(&server, &aws, from_ref(&full)).await.unwrap();
        assert_unchanged(&server, from_ref(&full)).await;
        if matches!(server, Server::Ministack { .. }) {
            // Its UpdateService takes only some of it.
            continue;
        }

        let bare = api(&one, &json!({"tags": {}}));
        apply(&server, &aws, from_ref(&bare)).await.unwrap();
        assert_unchanged(&server, from_ref(&bare)).await;
        let left = seen(&client).await;
        assert_eq!(left.load_balancers.unwrap_or_default().len(), 0, "{}", server.name());
        assert!(!left.enable_execute_command, "{}", server.name());
        assert_eq!(left.desired_count, 2, "{}: nobody declares another count", server.name());

        apply(&server, &aws, from_ref(&full)).await.unwrap();
        assert_unchanged(&server, &[full]).await;
    }
}

#[tokio::test]
async fn what_others_changed_is_seen_and_taken_back() {
    for server in Server::all().await {
        let client = client(&server).await;
        cluster(&client).await;
        let one = definition(&client, "api:1").await;
        let service = api(&one, &json!({"desiredCount": some(&server), "tags": {"team": "shop"}}));
        let aws = provider(&server).await;
        apply(&server, &aws, from_ref(&service)).await.unwrap();

        let update = client.update_service().cluster("main").service("api").desired_count(0);
        update.propagate_tags(aws_sdk_ecs::types::PropagateTags::Service).send().await.unwrap();
        let arn = seen(&client).await.service_arn.unwrap();
        let tag = aws_sdk_ecs::types::Tag::builder().key("owner").value("me").build();
        client.tag_resource().resource_arn(arn).tags(tag).send().await.unwrap();
        let drifted = observe(&aws, from_ref(&service)).await;
        let told = differences(&aws, &drifted, &service);
        assert!(told.contains("/spec/tags/owner: \"me\" -> null"), "{}: {told}", server.name());
        if !matches!(server, Server::Moto { .. }) {
            assert!(told.contains("/spec/desiredCount: 0 -> 2"), "{}: {told}", server.name());
        }
        if matches!(server, Server::Sandbox(_)) {
            assert!(told.contains("/spec/propagateTags"), "{}: {told}", server.name());
        }
        server.settle().await;
        apply(&server, &aws, from_ref(&service)).await.unwrap();
        assert_unchanged(&server, &[service]).await;
    }
}

#[tokio::test]
async fn a_name_that_is_draining_waits_and_is_not_made_twice() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let one = definition(&client, "api:1").await;
    let service = api(&one, &json!({"desiredCount": 2}));
    let aws = provider(&server).await;
    let live = apply(&server, &aws, from_ref(&service)).await.unwrap();
    delete(&aws, &live, &service.id).await.unwrap();

    let draining = observe(&aws, from_ref(&service)).await;
    assert!(draining.live[&service.id].terminating);
    let health = health(&aws, &service.id).await;
    assert_eq!(health.status, HealthStatus::Terminating);
    let refused = write(&aws, &draining, &service).await.unwrap_err();
    insta::assert_snapshot!(refused, @"the service api of the cluster main is draining: it was deleted and 2 of its tasks are still running; apply again when they have stopped");
    assert!(refused.is_retryable());

    assert_eq!(wait(&server, &aws, &service.id).await.status, HealthStatus::NotFound);
    apply(&server, &aws, from_ref(&service)).await.unwrap();
    assert_unchanged(&server, &[service]).await;
}

#[tokio::test]
async fn what_cannot_change_in_place_is_told_before() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let one = definition(&client, "api:1").await;
    let service = api(&one, &json!({"launchType": "EC2"}));
    let aws = provider(&server).await;
    apply(&server, &aws, &[service]).await.unwrap();
    let other = api(&one, &json!({"launchType": "EXTERNAL", "schedulingStrategy": "DAEMON"}));
    let seen = observe(&aws, from_ref(&other)).await;
    server.take_operations();
    let told = dry_run(&aws, &seen, &other).await.unwrap_err();
    insta::assert_snapshot!(told, @"immutable: spec.schedulingStrategy, spec.launchType");
    assert!(!server.take_operations().iter().any(|op| op.contains("Update") || op.contains("Tag")));
}

#[tokio::test]
async fn a_role_a_family_and_a_cluster_are_written_in_any_form() {
    for server in Server::all().await {
        let client = client(&server).await;
        cluster(&client).await;
        definition(&client, "api:1").await;
        let count = json!(some(&server));
        let arn = format!("arn:aws:ecs:us-east-1:{}:cluster/main", server.account());
        for (definition, cluster) in [("api:1", "main"), ("api", "main"), ("api:1", arn.as_str())] {
            let service = api(definition, &json!({"desiredCount": count, "cluster": cluster}));
            let aws = provider(&server).await;
            apply(&server, &aws, from_ref(&service)).await.unwrap();
            assert_unchanged(&server, &[service]).await;
        }
    }
}

#[tokio::test]
async fn attributes_are_known_before_and_after() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let one = definition(&client, "api:1").await;
    let service = api(&one, &json!({"name": "web"}));
    let aws = provider(&server).await;
    let seen = apply(&server, &aws, from_ref(&service)).await.unwrap();
    let ask = |attribute: &str| suimon_model::DeferredRef {
        pointer: String::new(),
        target: service.id.clone(),
        attribute: attribute.to_owned(),
    };
    let prepared = aws.prepare(&service).unwrap();
    let before = |attribute: &str| aws.declared_attribute(&prepared, &ask(attribute));
    assert_eq!(before("resourceID").unwrap(), "service/main/web");
    assert_eq!(before("name").unwrap(), "web");
    assert_eq!(before("arn"), None);
    let after = |attribute: &str| aws.attribute(&seen.live[&service.id], &ask(attribute)).unwrap();
    assert_eq!(after("resourceId"), "service/main/web");
    assert_eq!(after("name"), "web");
    assert_eq!(after("arn"), "arn:aws:ecs:us-east-1:123456789012:service/main/web");
}

#[tokio::test]
async fn many_are_read_with_few_calls() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let one = definition(&client, "api:1").await;
    let services: Vec<_> = (0..25)
        .map(|n| api(&one, &json!({"name": format!("s{n:02}"), "desiredCount": 0})))
        .enumerate()
        .map(|(n, mut m)| {
            m.id.name = format!("s{n:02}");
            m
        })
        .collect();
    let aws = provider(&server).await;
    apply(&server, &aws, &services).await.unwrap();
    let aws = provider(&server).await;
    server.take_operations();
    let seen = observe(&aws, &services).await;
    assert_eq!(seen.live.len(), 25);
    let calls = server.take_operations();
    let calls = |name: &str| calls.iter().filter(|call| call.ends_with(name)).count();
    assert_eq!((calls(" ListServices"), calls(" DescribeServices")), (1, 3));
    look(&aws, &services[..3], true).await;
    let calls = server.take_operations();
    assert!(!calls.contains(&"ecs ListServices".to_owned()), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| call.ends_with(" DescribeServices")).count(), 1);
}

#[tokio::test]
async fn what_is_no_longer_declared_is_found() {
    for server in Server::all().await {
        let client = client(&server).await;
        cluster(&client).await;
        let one = definition(&client, "api:1").await;
        let service = api(&one, &json!({"desiredCount": 0}));
        let kept = annotated(&service, "suimon.dev/prune", "false");
        let aws = provider(&server).await;
        apply(&server, &aws, from_ref(&kept)).await.unwrap();
        // The cluster is known by another service that is declared in it.
        let mut other = api(&one, &json!({"name": "other", "desiredCount": 0}));
        other.id.name = "other".into();
        let seen = observe(&provider(&server).await, &[other]).await;
        assert!(seen.live.contains_key(&service.id), "{}: {seen:?}", server.name());
    }
}

#[tokio::test]
async fn the_count_is_left_to_autoscaling() {
    let server = Server::sandbox().await;
    let client = client(&server).await;
    cluster(&client).await;
    let (one, two) = (definition(&client, "api:1").await, definition(&client, "api:2").await);
    let first = api(&one, &json!({"desiredCount": 2}));
    let capacities = json!({"resourceID": "service/main/api", "minCapacity": 1, "maxCapacity": 9});
    let target = manifest("applicationautoscaling", "ScalableTarget", "api", &capacities);
    let aws = provider(&server).await;
    apply(&server, &aws, &[first.clone(), target.clone()]).await.unwrap();
    assert_eq!(seen(&client).await.desired_count, 2, "a new service begins as declared");

    client.update_service().cluster("main").service("api").desired_count(5).send().await.unwrap();
    server.settle().await;
    assert_unchanged(&server, &[first, target.clone()]).await;
    let next = api(&two, &json!({"desiredCount": 2}));
    apply(&server, &provider(&server).await, &[next.clone(), target]).await.unwrap();
    assert_eq!(seen(&client).await.desired_count, 5);

    // The target is live, and nobody declares it any more.
    let aws = provider(&server).await;
    let now = observe(&aws, from_ref(&next)).await;
    assert_eq!(differences(&aws, &now, &next), "");

    // It is replaced: it begins with as many tasks as it had.
    let moved =
        api(&two, &json!({"desiredCount": 2, "schedulingStrategy": "REPLICA", "role": "lb"}));
    let now = observe(&aws, from_ref(&moved)).await;
    assert!(matches!(dry_run(&aws, &now, &moved).await, Err(Error::Immutable { .. })));
    delete(&aws, &now, &moved.id).await.unwrap();
    assert_eq!(wait(&server, &aws, &moved.id).await.status, HealthStatus::NotFound);
    write(&aws, &now, &moved).await.unwrap();
    assert_eq!(seen(&client).await.desired_count, 5);
}
