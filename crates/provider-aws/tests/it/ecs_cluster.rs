//! ECS clusters.

use serde_json::json;
use suimon_model::{HealthStatus, Manifest};
use suimon_provider::{Error, Provider};
use suimon_sandbox::AwsFault;

use crate::support::{
    Server, apply, assert_unchanged, delete, differences, dry_run, health, manifest, observe,
    other_hands, problems, provider, round_trip, write,
};

fn cluster(name: &str, spec: &serde_json::Value) -> Manifest {
    manifest("ecs", "Cluster", name, spec)
}

fn everything() -> Manifest {
    cluster(
        "web",
        &json!({
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "configuration": {"executeCommandConfiguration": {
                "logging": "OVERRIDE",
                "logConfiguration": {"cloudWatchLogGroupName": "exec", "s3EncryptionEnabled": false}}},
            "capacityProviders": ["FARGATE_SPOT", "FARGATE"],
            "defaultCapacityProviderStrategy": [
                {"capacityProvider": "FARGATE_SPOT", "weight": 3},
                {"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
            "tags": [{"key": "team", "value": "shop"}, {"key": "cost", "value": "1"}],
        }),
    )
}

#[tokio::test]
async fn nothing_is_to_do_after_a_cluster_was_made() {
    for server in Server::all().await {
        round_trip(&server, &[cluster("plain", &json!({})), everything()]).await;
    }
}

#[tokio::test]
async fn a_cluster_is_the_same_however_it_is_written() {
    for server in Server::all().await {
        let aws = provider(&server).await;
        let seen = apply(&server, &aws, &[everything()]).await.unwrap();
        let other = cluster(
            "web",
            &json!({
                "clusterName": "web",
                "Settings": [{"name": "containerInsights", "value": "enabled"}],
                "configuration": {"executeCommandConfiguration": {
                    "logging": "OVERRIDE",
                    "logConfiguration": {"cloudWatchLogGroupName": "exec"}}},
                "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
                "defaultCapacityProviderStrategy": [
                    {"capacityProvider": "FARGATE", "weight": "1", "base": 1},
                    {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0}],
                "tags": {"cost": "1", "team": "shop"},
            }),
        );
        assert_eq!(differences(&aws, &seen, &other), "", "{}", server.name());
    }
}

#[tokio::test]
async fn every_field_is_changed_and_taken_back() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[everything()]).await.unwrap();
    let less = cluster(
        "web",
        &json!({"capacityProviders": ["FARGATE"], "settings": [
                {"name": "containerInsights", "value": "disabled"}],
            "serviceConnectDefaults": {"namespace": "internal"}, "tags": {"team": "web"}}),
    );
    let seen = observe(&aws, std::slice::from_ref(&less)).await;
    insta::assert_snapshot!(differences(&aws, &seen, &less), @r#"
    /spec/capacityProviders: ["FARGATE","FARGATE_SPOT"] -> ["FARGATE"]
    /spec/configuration: {"executeCommandConfiguration":{"logConfiguration":{"cloudWatchLogGroupName":"exec"},"logging":"OVERRIDE"}} -> null
    /spec/defaultCapacityProviderStrategy: [{"base":1,"capacityProvider":"FARGATE","weight":1},{"capacityProvider":"FARGATE_SPOT","weight":3}] -> null
    /spec/settings/0/value: "enabled" -> "disabled"
    /spec/tags/cost: "1" -> null
    /spec/tags/team: "shop" -> "web"
    /spec/serviceConnectDefaults: null -> {"namespace":"internal"}
    "#);
    apply(&server, &aws, std::slice::from_ref(&less)).await.unwrap();
    assert_unchanged(&server, &[less]).await;
    apply(&server, &aws, &[everything()]).await.unwrap();
    assert_unchanged(&server, &[everything()]).await;
}

#[tokio::test]
async fn an_update_makes_only_the_calls_that_are_needed() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let seen = apply(&server, &aws, &[everything()]).await.unwrap();
    server.take_operations();
    write(&aws, &seen, &everything()).await.unwrap();
    assert_eq!(server.take_operations(), ["ecs DescribeClusters"]);
    let mut body = everything().body.value();
    body["spec"]["tags"] = json!({"team": "shop"});
    let tagged = cluster("web", &body["spec"]);
    write(&aws, &seen, &tagged).await.unwrap();
    let told = server.take_operations().join("\n");
    insta::assert_snapshot!(told, @r#"
    ecs DescribeClusters
    ecs UntagResource
    ecs TagResource
    "#);
}

#[tokio::test]
async fn what_others_change_is_a_difference_and_what_the_account_decides_is_not() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let plain = cluster("web", &json!({}));
    apply(&server, &aws, std::slice::from_ref(&plain)).await.unwrap();
    let others = other_hands(&server).await;
    let insights = aws_sdk_ecs::types::ClusterSetting::builder()
        .name(aws_sdk_ecs::types::ClusterSettingName::ContainerInsights)
        .value("enhanced")
        .build();
    others.update_cluster_settings().cluster("web").settings(insights).send().await.unwrap();
    let seen = observe(&aws, std::slice::from_ref(&plain)).await;
    assert_eq!(differences(&aws, &seen, &plain), "");
    let put = others.put_cluster_capacity_providers().cluster("web");
    let put =
        put.capacity_providers("FARGATE").set_default_capacity_provider_strategy(Some(vec![]));
    put.send().await.unwrap();
    let seen = observe(&aws, std::slice::from_ref(&plain)).await;
    insta::assert_snapshot!(differences(&aws, &seen, &plain), @r#"/spec/capacityProviders: ["FARGATE"] -> null"#);
    apply(&server, &aws, std::slice::from_ref(&plain)).await.unwrap();
    assert_unchanged(&server, &[plain]).await;
}

#[tokio::test]
async fn a_deleted_cluster_is_absent_and_can_be_made_again() {
    for server in Server::all().await {
        let aws = provider(&server).await;
        let web = everything();
        let seen = apply(&server, &aws, std::slice::from_ref(&web)).await.unwrap();
        delete(&aws, &seen, &web.id).await.unwrap();
        assert_eq!(health(&aws, &web.id).await.status, HealthStatus::NotFound);
        // Gone already is fine.
        delete(&aws, &seen, &web.id).await.unwrap();
        let seen = observe(&aws, std::slice::from_ref(&web)).await;
        assert_eq!(seen.absent, std::slice::from_ref(&web.id), "{}", server.name());
        apply(&server, &aws, std::slice::from_ref(&web)).await.unwrap();
        assert_unchanged(&server, &[web]).await;
    }
}

#[tokio::test]
async fn a_cluster_with_services_is_not_deleted() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let web = cluster("web", &json!({}));
    let seen = apply(&server, &aws, std::slice::from_ref(&web)).await.unwrap();
    let others = other_hands(&server).await;
    let container =
        aws_sdk_ecs::types::ContainerDefinition::builder().name("api").image("i").memory(64);
    let task = others.register_task_definition().family("api");
    task.container_definitions(container.build()).send().await.unwrap();
    let service = others.create_service().cluster("web").service_name("api");
    service.task_definition("api").desired_count(0).send().await.unwrap();
    let told = delete(&aws, &seen, &web.id).await.unwrap_err();
    insta::assert_snapshot!(told, @"ecs DeleteCluster: ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.");
}

#[tokio::test]
async fn what_nobody_declares_any_more_is_found_and_that_of_others_is_not_ours() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[cluster("mine", &json!({})), cluster("gone", &json!({}))])
        .await
        .unwrap();
    other_hands(&server).await.create_cluster().cluster_name("theirs").send().await.unwrap();
    let seen = observe(&aws, &[cluster("mine", &json!({})), cluster("theirs", &json!({}))]).await;
    let told: Vec<_> =
        seen.live.values().map(|live| format!("{} {}", live.id, live.owned)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    Cluster.ecs.services.k8s.aws/gone true
    Cluster.ecs.services.k8s.aws/mine true
    Cluster.ecs.services.k8s.aws/theirs false
    "#);
}

#[tokio::test]
async fn a_name_cannot_change_in_place() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[cluster("web", &json!({}))]).await.unwrap();
    let renamed = cluster("web", &json!({"name": "shop"}));
    let seen = observe(&aws, std::slice::from_ref(&renamed)).await;
    let error = dry_run(&aws, &seen, &renamed).await.unwrap_err();
    assert!(
        matches!(&error, Error::Immutable { fields, .. } if fields == &["spec.name"]),
        "{error}"
    );
}

#[tokio::test]
async fn what_could_not_be_read_is_unknown_and_not_absent() {
    for (operation, expected) in [("DescribeClusters", 1), ("ListClusters", 1)] {
        let server = Server::sandbox().await;
        let aws = provider(&server).await;
        let fault = AwsFault::error(operation, 400, "AccessDeniedException", "no", 99);
        server.as_sandbox().fault(fault);
        let seen = observe(&aws, &[cluster("web", &json!({}))]).await;
        assert!(seen.unknown.len() >= expected, "{operation}: {seen:?}");
        assert!(seen.absent.is_empty(), "{operation}: {seen:?}");
    }
}

#[tokio::test]
async fn attributes_are_told_before_and_after() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let web = cluster("web", &json!({"name": "shop"}));
    let seen = apply(&server, &aws, std::slice::from_ref(&web)).await.unwrap();
    let reference = |attribute: &str| suimon_model::DeferredRef {
        pointer: "/x".into(),
        target: web.id.clone(),
        attribute: attribute.into(),
    };
    let prepared = aws.prepare(&web).unwrap();
    assert_eq!(aws.declared_attribute(&prepared, &reference("name")).as_deref(), Some("shop"));
    assert_eq!(aws.declared_attribute(&prepared, &reference("arn")), None);
    let arn = "arn:aws:ecs:us-east-1:123456789012:cluster/shop";
    for attribute in ["arn", "clusterArn"] {
        let told = aws.attribute(&seen.live[&web.id], &reference(attribute));
        assert_eq!(told.as_deref(), Some(arn));
    }
}

#[test]
fn everything_that_is_wrong_is_told() {
    let wrong = cluster(
        "a b",
        &json!({"settings": [{"name": "containerInsights", "value": "on"}],
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]}),
    );
    insta::assert_snapshot!(problems(&wrong), @r#"
    invalid-resource: Cluster.ecs.services.k8s.aws/a b: spec.name: `a b` is not a name of up to 255 letters, digits, `-` and `_`
    invalid-resource: Cluster.ecs.services.k8s.aws/a b: spec.settings[0].value: `on` is not a value of containerInsights (it has enabled, disabled, enhanced)
    invalid-resource: Cluster.ecs.services.k8s.aws/a b: spec.defaultCapacityProviderStrategy[0].capacityProvider: the capacity provider `FARGATE_SPOT` is not among the cluster's (list it in spec.capacityProviders)
    "#);
}
