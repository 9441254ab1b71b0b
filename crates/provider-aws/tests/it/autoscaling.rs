//! Scalable targets, scaling policies and scheduled actions.

use serde_json::{Value, json};
use suimon_model::{HealthStatus, Manifest};
use suimon_provider::{Error, Provider};
use suimon_sandbox::AwsFault;

use crate::support::{
    Server, apply, assert_unchanged, delete, differences, dry_run, health, manifest, observe,
    other_hands, problems, provider, round_trip, write,
};

const API: &str = "applicationautoscaling";

fn target(spec: &Value) -> Manifest {
    let mut whole = json!({"resourceID": "service/main/web", "minCapacity": 1, "maxCapacity": 4});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    manifest(API, "ScalableTarget", "web", &whole)
}

fn policy(name: &str, spec: &Value) -> Manifest {
    let mut whole = json!({"scalableTargetRef": {"from": {"name": "web"}}});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    manifest(API, "ScalingPolicy", name, &whole)
}

fn tracking(percent: &Value) -> Manifest {
    policy(
        "cpu",
        &json!({"targetTrackingScalingPolicyConfiguration": {
        "targetValue": percent, "scaleInCooldown": 60,
        "predefinedMetricSpecification": {
            "predefinedMetricType": "ECSServiceAverageCPUUtilization"}}}),
    )
}

fn night(capacity: &Value) -> Manifest {
    policy(
        "night",
        &json!({"policyType": "ScheduledAction", "schedule": "cron(0 20 * * ? *)",
        "timezone": "Asia/Tokyo", "startTime": "2030-01-01T09:00:00+09:00",
        "scalableTargetAction": capacity}),
    )
}

fn step() -> Manifest {
    policy(
        "step",
        &json!({"policyName": "by steps", "stepScalingPolicyConfiguration": {
        "adjustmentType": "ChangeInCapacity", "cooldown": 300,
        "stepAdjustments": [{"metricIntervalLowerBound": 0, "scalingAdjustment": 1}]}}),
    )
}

fn everything() -> [Manifest; 4] {
    let suspended = json!({"suspendedState": {"scheduledScalingSuspended": true},
        "tags": {"team": "shop"}});
    [target(&suspended), tracking(&json!(75)), night(&json!({"minCapacity": 0})), step()]
}

/// A sandbox with the service.
async fn sandbox() -> Server {
    let server = Server::sandbox().await;
    let aws = other_hands(&server).await;
    aws.create_cluster().cluster_name("main").send().await.unwrap();
    let container =
        aws_sdk_ecs::types::ContainerDefinition::builder().name("web").image("i").memory(64);
    let task = aws.register_task_definition().family("web");
    task.container_definitions(container.build()).send().await.unwrap();
    let service = aws.create_service().cluster("main").service_name("web");
    service.task_definition("web").desired_count(1).send().await.unwrap();
    server
}

async fn raw(server: &Server) -> aws_sdk_applicationautoscaling::Client {
    aws_sdk_applicationautoscaling::Client::new(&crate::support::sdk(server).await)
}

async fn set_capacities(server: &Server, min: i32, max: i32) {
    use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};
    raw(server)
        .await
        .register_scalable_target()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id("service/main/web")
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .min_capacity(min)
        .max_capacity(max)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_to_do_after_everything_was_made() {
    let server = sandbox().await;
    round_trip(&server, &everything()).await;
}

#[tokio::test]
async fn a_plain_target_needs_no_list_of_policies() {
    let server = sandbox().await;
    let plain = target(&json!({}));
    round_trip(&server, std::slice::from_ref(&plain)).await;
    let aws = provider(&server).await;
    server.take_operations();
    observe(&aws, &[plain]).await;
    let told: Vec<_> = server
        .take_operations()
        .into_iter()
        .filter(|told| told.starts_with("application-autoscaling"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    application-autoscaling DescribeScalableTargets
    application-autoscaling ListTagsForResource
    "#);
}

#[tokio::test]
async fn every_field_is_changed_and_taken_back() {
    let server = sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &everything()).await.unwrap();
    let mut other = everything();
    other[0] = target(&json!({"minCapacity": 2, "maxCapacity": 8, "tags": {}}));
    other[1] = tracking(&json!(50.5));
    other[2] = policy(
        "night",
        &json!({"schedule": "rate(1 day)",
        "scalableTargetAction": {"maxCapacity": 2}}),
    );
    let seen = observe(&aws, &other).await;
    let told: Vec<_> = other.iter().map(|one| differences(&aws, &seen, one)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    /spec/maxCapacity: 4 -> 8
    /spec/minCapacity: 1 -> 2
    /spec/suspendedState: {"scheduledScalingSuspended":true} -> null
    /spec/tags: {"team":"shop"} -> null
    /spec/targetTrackingScalingPolicyConfiguration/targetValue: 75 -> 50.5
    /spec/scalableTargetAction/minCapacity: 0 -> null
    /spec/scalableTargetAction/maxCapacity: null -> 2
    /spec/schedule: "cron(0 20 * * ? *)" -> "rate(1 day)"
    /spec/startTime: "2030-01-01T00:00:00Z" -> null
    /spec/timezone: "Asia/Tokyo" -> null
    "#);
    apply(&server, &aws, &other).await.unwrap();
    assert_unchanged(&server, &other).await;
    apply(&server, &aws, &everything()).await.unwrap();
    assert_unchanged(&server, &everything()).await;
}

#[tokio::test]
async fn a_scheduled_action_that_ran_is_no_drift() {
    let server = sandbox().await;
    let aws = provider(&server).await;
    let all = [target(&json!({})), night(&json!({"minCapacity": 0, "maxCapacity": 0}))];
    apply(&server, &aws, &all).await.unwrap();
    set_capacities(&server, 0, 0).await;
    assert_unchanged(&server, &all).await;
    // And a write leaves it.
    let seen = observe(&aws, &all).await;
    write(&aws, &seen, &all[0]).await.unwrap();
    let seen = observe(&aws, &all).await;
    assert_eq!(seen.live[&all[0].id].body.value()["spec"]["maxCapacity"], 0);
    set_capacities(&server, 0, 3).await;
    let seen = observe(&aws, &all).await;
    assert_eq!(differences(&aws, &seen, &all[0]), "/spec/maxCapacity: 3 -> 4");
}

#[tokio::test]
async fn a_policy_without_a_target_is_refused() {
    let server = sandbox().await;
    let aws = provider(&server).await;
    let alone = policy(
        "night",
        &json!({"schedule": "rate(1 day)", "scalableTargetAction": {"maxCapacity": 2}}),
    );
    let mut body = alone.body.value();
    body["spec"]["resourceId"] = json!("service/main/web");
    body["spec"].as_object_mut().unwrap().remove("scalableTargetRef");
    let alone = manifest(API, "ScalingPolicy", "night", &body["spec"]);
    let seen = observe(&aws, std::slice::from_ref(&alone)).await;
    insta::assert_snapshot!(write(&aws, &seen, &alone).await.unwrap_err(), @"no scalable target is registered for service/main/web");
}

#[tokio::test]
async fn what_nobody_declares_any_more_is_found_and_deleted() {
    let server = sandbox().await;
    let aws = provider(&server).await;
    let all = everything();
    apply(&server, &aws, &all).await.unwrap();
    let aws = provider(&server).await;
    let seen = observe(&aws, &all[..1]).await;
    let told: Vec<_> =
        seen.live.values().map(|live| format!("{} {}", live.id, live.owned)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    ScalableTarget.applicationautoscaling.services.k8s.aws/web true
    ScalingPolicy.applicationautoscaling.services.k8s.aws/cpu true
    ScalingPolicy.applicationautoscaling.services.k8s.aws/night true
    ScalingPolicy.applicationautoscaling.services.k8s.aws/step true
    "#);
    for one in all.iter().rev() {
        delete(&aws, &seen, &one.id).await.unwrap();
        assert_eq!(health(&aws, &one.id).await.status, HealthStatus::NotFound, "{}", one.id);
        // Gone already is fine.
        delete(&aws, &seen, &one.id).await.unwrap();
    }
    assert_eq!(observe(&aws, &all).await.absent.len(), all.len());
    round_trip(&server, &all).await;
}

#[tokio::test]
async fn what_is_scaled_cannot_change_in_place() {
    let server = sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &everything()).await.unwrap();
    let mut moved = everything();
    moved[0] = target(&json!({"resourceID": "service/main/other"}));
    moved[3] = policy(
        "step",
        &json!({"policyName": "other", "schedule": "rate(1 day)",
        "scalableTargetAction": {"maxCapacity": 2}}),
    );
    let seen = observe(&aws, &moved).await;
    let mut told = Vec::new();
    for one in [&moved[0], &moved[3]] {
        match dry_run(&aws, &seen, one).await {
            Err(Error::Immutable { fields, .. }) => told.push(fields.join(" ")),
            other => panic!("{other:?}"),
        }
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    spec.resourceId
    spec.policyName spec.policyType
    "#);
}

#[tokio::test]
async fn what_could_not_be_read_is_unknown_and_not_absent() {
    for operation in ["DescribeScalableTargets", "ListTagsForResource", "DescribeScalingPolicies"] {
        let server = sandbox().await;
        let aws = provider(&server).await;
        let all = everything();
        apply(&server, &aws, &all).await.unwrap();
        let fault = AwsFault::error(operation, 400, "AccessDeniedException", "no", 99);
        server
            .as_sandbox()
            .fault(AwsFault { service: Some("application-autoscaling".into()), ..fault });
        let seen = observe(&aws, &all).await;
        assert!(!seen.unknown.is_empty(), "{operation}: {seen:?}");
        assert!(seen.absent.is_empty(), "{operation}: {seen:?}");
    }
}

#[tokio::test]
async fn where_the_api_is_not_served_nothing_of_it_is_missed() {
    let Some(server) = Server::ministack().await else { return };
    let aws = provider(&server).await;
    assert_eq!(observe(&aws, &[]).await.unknown, []);
    let seen = observe(&aws, &[target(&json!({}))]).await;
    assert!(seen.absent.is_empty() && !seen.unknown.is_empty(), "{seen:?}");
}

#[tokio::test]
async fn a_service_says_what_is_scaled() {
    let server = sandbox().await;
    let aws = provider(&server).await;
    let target = manifest(
        API,
        "ScalableTarget",
        "web",
        &json!({
        "resourceRef": {"from": {"name": "web"}}, "minCapacity": 1, "maxCapacity": 2}),
    );
    assert_eq!(problems(&target), "");
    let service = manifest(
        "ecs",
        "Service",
        "web",
        &json!({"name": "web", "cluster": "main",
        "taskDefinition": "web", "desiredCount": 1}),
    );
    let prepared = aws.prepare(&target).unwrap();
    let service = aws.prepare(&service).unwrap();
    let told = aws.declared_attribute(&service, &prepared.refs[0]);
    assert_eq!(told.as_deref(), Some("service/main/web"));
}

#[test]
fn everything_that_is_wrong_is_told() {
    let wrong = [
        manifest(API, "ScalableTarget", "t", &json!({"minCapacity": -1})),
        manifest(
            API,
            "ScalableTarget",
            "t",
            &json!({"resourceId": "web", "minCapacity": 3, "maxCapacity": 2}),
        ),
        policy("p", &json!({})),
        policy("p", &json!({"policyType": "Tracking"})),
        policy(
            "p",
            &json!({"schedule": "rate(1 day)", "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 0, "predefinedMetricSpecification": {"predefinedMetricType": "CPU"}}}),
        ),
        policy("p", &json!({"stepScalingPolicyConfiguration": {"adjustmentType": "More"}})),
        policy(
            "p",
            &json!({"schedule": "0 20 * * *", "startTime": "soon", "endTime": 1,
            "scalableTargetAction": {}}),
        ),
    ];
    let told: Vec<_> = wrong.iter().map(problems).collect();
    insta::assert_snapshot!(told.join("\n--\n"), @r#"
    invalid-resource: ScalableTarget.applicationautoscaling.services.k8s.aws/t: spec.resourceId: it does not say what is scaled (name a service: `resourceRef: {from: {name: NAME}}`)
    invalid-resource: ScalableTarget.applicationautoscaling.services.k8s.aws/t: spec.minCapacity: it must not be negative
    invalid-resource: ScalableTarget.applicationautoscaling.services.k8s.aws/t: spec.maxCapacity: a target has both capacities
    --
    invalid-resource: ScalableTarget.applicationautoscaling.services.k8s.aws/t: spec.resourceId: `web` is not of the form service/CLUSTER/NAME
    invalid-resource: ScalableTarget.applicationautoscaling.services.k8s.aws/t: spec.minCapacity: 3 is more than maxCapacity, 2
    --
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.policyType: it does not say which type of policy it is (it has TargetTrackingScaling, StepScaling, PredictiveScaling, ScheduledAction)
    --
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.policyType: `Tracking` is not a type of policy (it has TargetTrackingScaling, StepScaling, PredictiveScaling, ScheduledAction)
    --
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.schedule: a policy of the type TargetTrackingScaling has no such thing
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.targetTrackingScalingPolicyConfiguration.targetValue: it must be more than 0
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType: `CPU` is not a metric of ECS services (it has ECSServiceAverageCPUUtilization, ECSServiceAverageMemoryUtilization, ALBRequestCountPerTarget)
    --
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.stepScalingPolicyConfiguration.adjustmentType: `More` is not a type of adjustment (it has ChangeInCapacity, PercentChangeInCapacity, ExactCapacity)
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.stepScalingPolicyConfiguration.stepAdjustments: there must be a step
    --
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.schedule: `0 20 * * *` is not a schedule (it is `cron(0 20 * * ? *)`, `rate(1 hour)` or `at(2030-01-01T00:00:00)`)
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.startTime: "soon" is not a time (for example "2030-01-01T09:00:00+09:00")
    invalid-resource: ScalingPolicy.applicationautoscaling.services.k8s.aws/p: spec.scalableTargetAction: there must be minCapacity or maxCapacity
    "#);
}
