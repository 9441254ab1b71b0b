use serde_json::{Value, json};

use super::super::body::{create, deploys, update};
use super::{context, declare, rows};

/// What is live, what is wanted, what is sent, and whether it deploys.
const UPDATES: &str = r#"
[{"taskDefinition": "a"}, {"taskDefinition": "b"}, {"taskDefinition": "b"}, true]
[{"desiredCount": 1}, {"desiredCount": 2}, {"desiredCount": 2}, false]
[{"name": "a", "launchType": "EC2", "tags": {"a": "1"}}, {}, {}, false]
[{"loadBalancers": [1], "serviceRegistries": [1]}, {}, {"loadBalancers": [], "serviceRegistries": []}, true]
[{"serviceConnectConfiguration": {"enabled": true}}, {}, {"serviceConnectConfiguration": {"enabled": false}}, true]
[{"volumeConfigurations": [1], "vpcLatticeConfigurations": [1]}, {}, {"volumeConfigurations": [], "vpcLatticeConfigurations": []}, true]
[{"placementConstraints": [1], "placementStrategy": [1]}, {}, {"placementConstraints": [], "placementStrategy": []}, false]
[{"platformVersion": "1.4.0"}, {}, {"platformVersion": "LATEST"}, true]
[{"enableECSManagedTags": true, "enableExecuteCommand": true, "propagateTags": "SERVICE"}, {}, {"enableECSManagedTags": false, "enableExecuteCommand": false, "propagateTags": "NONE"}, false]
[{"healthCheckGracePeriodSeconds": 5}, {}, {"healthCheckGracePeriodSeconds": 0}, false]
[{"monitoring": {}}, {}, {"monitoring": {"metricConfigurations": []}}, false]
[{"deploymentController": {"type": "CODE_DEPLOY"}}, {}, {"deploymentController": {"type": "ECS"}}, false]
[{"capacityProviderStrategy": [1]}, {"launchType": "FARGATE"}, {"capacityProviderStrategy": [], "forceNewDeployment": true}, true]
[{"networkConfiguration": {"a": 1}}, {}, {}, false]
"#;

#[test]
fn only_what_differs_is_sent_and_what_is_gone_is_undone() {
    for [live, wanted, expected, deploying] in rows(UPDATES) {
        let body = update(&live, &wanted);
        assert_eq!(json!(deploys(&body)), deploying, "{live} {wanted}");
        assert_eq!(Value::Object(body), expected, "{live} {wanted}");
    }
}

#[test]
fn a_deployment_configuration_is_sent_whole() {
    let send = |live: Value, wanted: Value| {
        let (live, wanted) =
            (json!({"deploymentConfiguration": live}), json!({"deploymentConfiguration": wanted}));
        update(&live, &wanted)["deploymentConfiguration"].clone()
    };
    let cases = [
        (
            json!({}),
            json!({"maximumPercent": 150}),
            json!({"maximumPercent": 150, "minimumHealthyPercent": 100}),
        ),
        (
            json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}}),
            json!({}),
            json!({"maximumPercent": 200, "minimumHealthyPercent": 100, "deploymentCircuitBreaker": {"enable": false, "rollback": false}}),
        ),
        (
            json!({}),
            json!({"deploymentCircuitBreaker": {"enable": true}}),
            json!({"maximumPercent": 200, "minimumHealthyPercent": 100, "deploymentCircuitBreaker": {"enable": true, "rollback": false}}),
        ),
        (
            json!({"alarms": {"alarmNames": ["a"], "enable": true}}),
            json!({}),
            json!({"maximumPercent": 200, "minimumHealthyPercent": 100, "alarms": {"alarmNames": [], "enable": false, "rollback": false}}),
        ),
        (
            json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5, "lifecycleHooks": [{}]}),
            json!({}),
            json!({"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING", "bakeTimeInMinutes": 0, "lifecycleHooks": []}),
        ),
        (
            json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 20.0}}),
            json!({"strategy": "CANARY"}),
            json!({"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}}),
        ),
    ];
    for (live, wanted, expected) in cases {
        let told = format!("{live} {wanted}");
        assert_eq!(send(live, wanted), expected, "{told}");
    }
}

#[tokio::test]
async fn a_creation_has_a_token_of_its_own_and_all_marks() {
    let context = context().await;
    let spec = json!({"cluster": "main", "taskDefinition": "api:1", "tags": {"team": "x"},
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true}}});
    let body = create(&context, &declare(&spec), "");
    assert_eq!(body["serviceName"], "api");
    assert_eq!(body["desiredCount"], 1);
    assert_eq!(body["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"], false);
    assert!(body.get("name").is_none());
    let keys: Vec<_> =
        body["tags"].as_array().unwrap().iter().map(|t| t["key"].as_str().unwrap()).collect();
    insta::assert_snapshot!(keys.join(" "), @"suimon.dev/applied suimon.dev/environment suimon.dev/project suimon.dev/resource suimon.dev/task-definition team");

    let token = |spec: &Value, before: &str| {
        create(&context, &declare(spec), before)["clientToken"].clone()
    };
    let first = token(&spec, "");
    assert_eq!(first.as_str().unwrap().len(), 32);
    assert_eq!(first, token(&spec, ""));
    assert_ne!(first, token(&spec, "1700000000.5"), "after it was deleted");
    let mut other = spec.clone();
    other["taskDefinition"] = json!("api:2");
    assert_ne!(first, token(&other, ""), "another declaration");

    let daemon =
        json!({"cluster": "main", "taskDefinition": "api:1", "schedulingStrategy": "DAEMON"});
    assert!(create(&context, &declare(&daemon), "").get("desiredCount").is_none());
}
