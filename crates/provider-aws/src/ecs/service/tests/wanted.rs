use std::sync::Arc;

use serde_json::{Value, json};
use suimon_model::ResourceId;

use super::super::wanted::{first_count, immutable, is_scaled, latest_note, target_note, wanted};
use super::{context, declare, live};
use crate::resource::Declared;

const DEFINITION: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/api:3";

/// The field of what is wanted when this is declared and that is live.
async fn field(declared: Value, is_live: Value, pointer: &str) -> Value {
    let mut spec = json!({"cluster": "main", "taskDefinition": DEFINITION});
    let (Some(map), Value::Object(more)) = (spec.as_object_mut(), declared) else { return spec };
    map.extend(more);
    let wanted = wanted(&context().await, &declare(&spec), Some(&live(&is_live)));
    wanted.pointer(pointer).cloned().unwrap_or_default()
}

#[tokio::test]
async fn what_is_not_declared_and_the_service_decides_is_taken_from_it() {
    let fargate = json!({"launchType": "FARGATE"});
    let spot = json!({"capacityProviderStrategy": [{"capacityProvider": "spot", "weight": 1}]});
    let cases = [
        (json!({}), json!({"desiredCount": 7}), "/desiredCount", json!(7)),
        (json!({"desiredCount": 2}), json!({"desiredCount": 7}), "/desiredCount", json!(2)),
        (json!({}), fargate.clone(), "/launchType", json!("FARGATE")),
        (json!({}), spot.clone(), "/capacityProviderStrategy/0/capacityProvider", json!("spot")),
        (spot, fargate.clone(), "/launchType", Value::Null),
        (
            json!({}),
            json!({"availabilityZoneRebalancing": "ENABLED"}),
            "/availabilityZoneRebalancing",
            json!("ENABLED"),
        ),
        (
            json!({"availabilityZoneRebalancing": "DISABLED"}),
            json!({"availabilityZoneRebalancing": "ENABLED"}),
            "/availabilityZoneRebalancing",
            json!("DISABLED"),
        ),
        (
            json!({}),
            json!({"role": "arn:aws:iam::1:role/mine"}),
            "/role",
            json!("arn:aws:iam::1:role/mine"),
        ),
        (
            json!({"role": "mine"}),
            json!({"role": "arn:aws:iam::1:role/lb/mine"}),
            "/role",
            json!("arn:aws:iam::1:role/lb/mine"),
        ),
        (
            json!({"role": "other"}),
            json!({"role": "arn:aws:iam::1:role/mine"}),
            "/role",
            json!("other"),
        ),
        (json!({}), json!({"tags": {"a": "1"}}), "/tags/a", json!("1")),
        (json!({"tags": {}}), json!({"tags": {"a": "1"}}), "/tags/a", Value::Null),
        (json!({}), json!({"enableExecuteCommand": true}), "/enableExecuteCommand", Value::Null),
        (json!({"taskDefinition": "api:3"}), json!({}), "/taskDefinition", json!(DEFINITION)),
        (
            json!({"taskDefinition": "api:4"}),
            json!({}),
            "/taskDefinition",
            json!(DEFINITION.replace(":3", ":4")),
        ),
        (
            json!({"taskDefinition": "api"}),
            json!({"taskDefinition": DEFINITION}),
            "/taskDefinition",
            json!("api"),
        ),
    ];
    for (declared, is_live, pointer, expected) in cases {
        let told = format!("{declared} over {is_live}");
        assert_eq!(field(declared, is_live, pointer).await, expected, "{told}");
    }
}

#[tokio::test]
async fn defaults_that_the_api_does_not_tell_are_taken_from_it() {
    let cases = [
        (
            json!({"deploymentConfiguration": {"strategy": "CANARY"}}),
            json!({"deploymentConfiguration": {"strategy": "CANARY", "bakeTimeInMinutes": 5}}),
            "/deploymentConfiguration/bakeTimeInMinutes",
            json!(5),
        ),
        (
            json!({"deploymentConfiguration": {"strategy": "CANARY"}}),
            json!({"deploymentConfiguration": {"strategy": "LINEAR", "bakeTimeInMinutes": 5}}),
            "/deploymentConfiguration/bakeTimeInMinutes",
            Value::Null,
        ),
        (
            json!({"serviceConnectConfiguration": {"enabled": true, "services": [{"portName": "web", "clientAliases": [{"port": 80}]}]}}),
            json!({"serviceConnectConfiguration": {"enabled": true, "namespace": "shop", "services": [{"portName": "web", "clientAliases": [{"port": 80, "dnsName": "web.shop"}]}]}}),
            "/serviceConnectConfiguration",
            json!({"enabled": true, "namespace": "shop", "services": [{"portName": "web", "clientAliases": [{"port": 80, "dnsName": "web.shop"}]}]}),
        ),
        (
            json!({"volumeConfigurations": [{"name": "v", "managedEBSVolume": {"roleArn": "r"}}]}),
            json!({"volumeConfigurations": [{"name": "v", "managedEBSVolume": {"roleArn": "r", "volumeType": "gp3", "iops": 3000}}]}),
            "/volumeConfigurations/0/managedEBSVolume",
            json!({"roleArn": "r", "volumeType": "gp3", "iops": 3000}),
        ),
    ];
    for (declared, is_live, pointer, expected) in cases {
        let told = format!("{declared} over {is_live}");
        assert_eq!(field(declared, is_live, pointer).await, expected, "{told}");
    }
}

#[tokio::test]
async fn a_family_means_its_latest_revision() {
    let context = context().await;
    context.note(latest_note("api"), json!(DEFINITION));
    let declared = declare(&json!({"cluster": "main", "taskDefinition": "api"}));
    let wanted = wanted(&context, &declared, Some(&live(&json!({"taskDefinition": DEFINITION}))));
    assert_eq!(wanted["taskDefinition"], DEFINITION);
}

#[tokio::test]
async fn other_controllers_keep_what_they_decide() {
    let controller = json!({"type": "CODE_DEPLOY"});
    let declared = json!({
        "deploymentController": controller, "enableExecuteCommand": true,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}},
    });
    let is_live = json!({
        "deploymentController": controller, "taskDefinition": "arn:aws:ecs:r:1:task-definition/api:9",
        "platformVersion": "1.4.0", "loadBalancers": [{"targetGroupArn": "green"}],
    });
    for (pointer, expected) in [
        ("/taskDefinition", json!("arn:aws:ecs:r:1:task-definition/api:9")),
        ("/platformVersion", json!("1.4.0")),
        ("/loadBalancers/0/targetGroupArn", json!("green")),
        ("/networkConfiguration", Value::Null),
        ("/enableExecuteCommand", json!(true)),
    ] {
        assert_eq!(field(declared.clone(), is_live.clone(), pointer).await, expected, "{pointer}");
    }
}

fn target(spec: Value) -> Arc<Declared> {
    let id =
        ResourceId::new("applicationautoscaling.services.k8s.aws", "ScalableTarget", None, "t");
    let of = declare(&json!({"cluster": "main", "taskDefinition": "x"}));
    Arc::new(Declared { id, spec, ..of })
}

#[tokio::test]
async fn the_count_is_left_to_autoscaling() {
    let declared =
        declare(&json!({"cluster": "main", "taskDefinition": DEFINITION, "desiredCount": 2}));
    let is_live = live(&json!({"desiredCount": 9, "taskDefinition": DEFINITION}));

    let context = context().await;
    assert!(!is_scaled(&context, &declared));
    context.declare(target(json!({"resourceID": "service/main/other", "minCapacity": 4})));
    assert!(!is_scaled(&context, &declared));

    context.declare(target(json!({"resourceID": "service/main/api", "minCapacity": 4})));
    assert!(is_scaled(&context, &declared));
    assert_eq!(wanted(&context, &declared, Some(&is_live))["desiredCount"], 9);
    assert_eq!(first_count(&context, &declared), 2);
    let open = declare(&json!({"cluster": "main", "taskDefinition": DEFINITION}));
    assert_eq!(first_count(&context, &open), 4);
    // It is made again: it begins with what it had.
    context.saw(&declared.id, Some(Arc::new(is_live)));
    assert_eq!(first_count(&context, &declared), 9);
}

#[tokio::test]
async fn a_target_is_known_by_reference_and_when_it_is_only_live() {
    let declared = declare(&json!({"cluster": "main", "taskDefinition": DEFINITION}));
    let context = context().await;
    let marker = suimon_model::DeferredRef::marker_for(&declared.id, "resourceID");
    context.declare(target(json!({"resourceId": marker})));
    assert!(is_scaled(&context, &declared));

    let context = super::context().await;
    assert_eq!(first_count(&context, &declared), 1);
    context.note(target_note("service/main/api"), json!(true));
    assert!(is_scaled(&context, &declared));
}

#[test]
fn what_cannot_change_in_place_is_named() {
    let cases = [
        (json!({"name": "a"}), json!({"name": "b"}), vec!["spec.name"]),
        (json!({"cluster": "a"}), json!({"cluster": "b"}), vec!["spec.cluster"]),
        (json!({}), json!({"schedulingStrategy": "DAEMON"}), vec!["spec.schedulingStrategy"]),
        (json!({"role": "a"}), json!({"role": "b"}), vec!["spec.role"]),
        (json!({"launchType": "EC2"}), json!({"launchType": "FARGATE"}), vec!["spec.launchType"]),
        (json!({"launchType": "EC2"}), json!({"capacityProviderStrategy": [{}]}), vec![]),
        (json!({"capacityProviderStrategy": [{}]}), json!({"launchType": "EC2"}), vec![]),
        (json!({"deploymentController": {"type": "CODE_DEPLOY"}}), json!({}), vec![]),
        (
            json!({}),
            json!({"deploymentController": {"type": "CODE_DEPLOY"}}),
            vec!["spec.deploymentController"],
        ),
        (json!({"networkConfiguration": {"a": 1}}), json!({}), vec!["spec.networkConfiguration"]),
        (
            json!({"networkConfiguration": {"a": 1}}),
            json!({"networkConfiguration": {"a": 2}}),
            vec![],
        ),
        (
            json!({"loadBalancers": [1], "serviceRegistries": [1], "propagateTags": "SERVICE"}),
            json!({}),
            vec![],
        ),
    ];
    for (is_live, wanted, expected) in cases {
        assert_eq!(immutable(&is_live, &wanted), expected, "{is_live} {wanted}");
    }
}

#[tokio::test]
async fn what_is_exported_is_declared_without_a_change() {
    use super::Service;
    use crate::resource::Kind;

    let is_live = live(&json!({
        "desiredCount": 3, "launchType": "FARGATE", "taskDefinition": DEFINITION,
        "availabilityZoneRebalancing": "ENABLED", "tags": {"team": "shop"},
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["b", "a"], "assignPublicIp": "DISABLED"}},
        "deploymentConfiguration": {"maximumPercent": 150, "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": true, "rollback": true}},
    }));
    let spec = Service.export(&is_live);
    assert_eq!(spec.get("availabilityZoneRebalancing"), None);
    assert_eq!(spec["deploymentConfiguration"].get("minimumHealthyPercent"), None);
    let again = wanted(&context().await, &declare(&spec), Some(&is_live));
    assert_eq!(again, is_live.spec);
}
