use serde_json::{Map, Value, json};

use super::{described, normal, rows};
use crate::marks::Tags;

/// What is left of a declaration's spec.
fn left(spec: &Value) -> Value {
    Value::Object(normal::of_declared(spec))
}

/// What it is about, what is declared, what is left of it.
const SPECS: &str = r#"
["replicas are usual", {"schedulingStrategy": "REPLICA"}, {}]
["daemons are not", {"schedulingStrategy": "DAEMON"}, {"schedulingStrategy": "DAEMON"}]
["daemons have no count", {"schedulingStrategy": "DAEMON", "desiredCount": 3}, {"schedulingStrategy": "DAEMON"}]
["the controller is ECS", {"deploymentController": {"type": "ECS"}}, {}]
["another controller", {"deploymentController": {"type": "EXTERNAL"}}, {"deploymentController": {"type": "EXTERNAL"}}]
["LATEST", {"platformVersion": "LATEST"}, {}]
["a platform version", {"platformVersion": "1.4.0"}, {"platformVersion": "1.4.0"}]
["no platform version", {"platformVersion": ""}, {}]
["no launch type", {"launchType": ""}, {}]
["a launch type", {"launchType": "FARGATE"}, {"launchType": "FARGATE"}]
["no role", {"role": ""}, {}]
["no propagation", {"propagateTags": "NONE"}, {}]
["empty propagation", {"propagateTags": ""}, {}]
["propagation", {"propagateTags": "SERVICE"}, {"propagateTags": "SERVICE"}]
["no managed tags", {"enableECSManagedTags": false}, {}]
["managed tags", {"enableECSManagedTags": true}, {"enableECSManagedTags": true}]
["no exec", {"enableExecuteCommand": false}, {}]
["no grace", {"healthCheckGracePeriodSeconds": 0}, {}]
["grace", {"healthCheckGracePeriodSeconds": 30}, {"healthCheckGracePeriodSeconds": 30}]
["empty lists", {"loadBalancers": [], "serviceRegistries": [], "placementConstraints": [], "placementStrategy": []}, {}]
["nulls", {"networkConfiguration": null, "loadBalancers": null}, {}]
["empty maps", {"deploymentConfiguration": {}, "networkConfiguration": {"awsvpcConfiguration": {}}}, {}]
["a cluster's ARN", {"cluster": "arn:aws:ecs:us-east-1:1:cluster/main"}, {"cluster": "main"}]
["no public address", {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "DISABLED", "securityGroups": []}}}, {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}}]
["a public address", {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "ENABLED"}}}, {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "ENABLED"}}}]
["providers by name", {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}, {"capacityProvider": "FARGATE", "weight": 0}]}, {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT", "weight": 1}]}]
["unused balancer names", {"loadBalancers": [{"targetGroupArn": "t", "loadBalancerName": "", "containerName": "c", "containerPort": 80}]}, {"loadBalancers": [{"targetGroupArn": "t", "containerName": "c", "containerPort": 80}]}]
["Service Connect that is off", {"serviceConnectConfiguration": {"enabled": false, "namespace": "n"}}, {}]
["no metrics", {"monitoring": {"metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 60}]}}, {}]
["tags stay", {"tags": {"b": "2", "a": ""}}, {"tags": {"a": "", "b": "2"}}]
["random has no field", {"placementStrategy": [{"type": "random", "field": "x"}]}, {"placementStrategy": [{"type": "random"}]}]
["a host is an instance", {"placementStrategy": [{"type": "spread", "field": "host"}]}, {"placementStrategy": [{"type": "spread", "field": "instanceId"}]}]
["CPU in capitals", {"placementStrategy": [{"type": "binpack", "field": "CPU"}]}, {"placementStrategy": [{"type": "binpack", "field": "cpu"}]}]
["strategies keep their order", {"placementStrategy": [{"type": "spread", "field": "host"}, {"type": "binpack", "field": "cpu"}]}, {"placementStrategy": [{"type": "spread", "field": "instanceId"}, {"type": "binpack", "field": "cpu"}]}]
["constraints have none", {"placementConstraints": [{"type": "memberOf", "expression": "x"}, {"type": "distinctInstance"}]}, {"placementConstraints": [{"expression": "x", "type": "memberOf"}, {"type": "distinctInstance"}]}]
["xfs", {"volumeConfigurations": [{"name": "v", "managedEBSVolume": {"filesystemType": "xfs", "roleArn": "r"}}]}, {"volumeConfigurations": [{"name": "v", "managedEBSVolume": {"roleArn": "r"}}]}]
"#;

/// What it is about, the configuration that is declared, what is left of it.
const CONFIGURATIONS: &str = r#"
["200/100", {"maximumPercent": 200, "minimumHealthyPercent": 100}, {}]
["150/50", {"maximumPercent": 150, "minimumHealthyPercent": 50}, {"maximumPercent": 150, "minimumHealthyPercent": 50}]
["no breaker", {"deploymentCircuitBreaker": {"enable": false, "rollback": false}}, {}]
["a roll-back of no breaker", {"deploymentCircuitBreaker": {"enable": false, "rollback": true}}, {}]
["a breaker", {"deploymentCircuitBreaker": {"enable": true, "rollback": true, "resetOnHealthyTask": true, "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50}}}, {"deploymentCircuitBreaker": {"enable": true, "rollback": true}}]
["a breaker with a threshold", {"deploymentCircuitBreaker": {"enable": true, "rollback": false, "thresholdConfiguration": {"type": "COUNT", "value": 5}}}, {"deploymentCircuitBreaker": {"enable": true, "thresholdConfiguration": {"type": "COUNT", "value": 5}}}]
["alarms that are off", {"alarms": {"alarmNames": [], "enable": false, "rollback": false}}, {}]
["alarms by name", {"alarms": {"alarmNames": ["b", "a"], "enable": true, "rollback": false}}, {"alarms": {"alarmNames": ["a", "b"], "enable": true}}]
["rolling", {"strategy": "ROLLING", "bakeTimeInMinutes": 0}, {}]
["blue and green", {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}, {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}]
["a usual canary", {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5, "canaryBakeTimeInMinutes": 10}}, {"strategy": "CANARY"}]
["a canary", {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 10}}, {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.0}}]
["usual steps", {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}}, {"strategy": "LINEAR"}]
["what is left of a canary", {"strategy": "ROLLING", "canaryConfiguration": {"canaryPercent": 20.0}}, {}]
["a hook", {"strategy": "BLUE_GREEN", "lifecycleHooks": [{"targetType": "AWS_LAMBDA", "hookTargetArn": "f", "roleArn": "r", "lifecycleStages": ["PRE_SCALE_UP", "POST_SCALE_UP"]}]}, {"strategy": "BLUE_GREEN", "lifecycleHooks": [{"hookTargetArn": "f", "roleArn": "r", "lifecycleStages": ["POST_SCALE_UP", "PRE_SCALE_UP"]}]}]
["a pause", {"strategy": "BLUE_GREEN", "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"], "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"}}]}, {"strategy": "BLUE_GREEN", "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}]}]
["no early success", {"earlySuccessCriteria": {"enable": false}}, {}]
"#;

#[test]
fn what_the_api_fills_in_is_left_out() {
    for row in rows(SPECS) {
        let [what, spec, expected] = &row;
        assert_eq!(left(spec), *expected, "{what}");
    }
}

#[test]
fn usual_deployment_configurations_are_left_out() {
    for row in rows(CONFIGURATIONS) {
        let [what, configuration, expected] = &row;
        let mut expected_spec = Map::new();
        if *expected != json!({}) {
            expected_spec.insert("deploymentConfiguration".into(), expected.clone());
        }
        let spec = left(&json!({"deploymentConfiguration": configuration}));
        assert_eq!(spec, Value::Object(expected_spec), "{what}");
    }
    let daemon = json!({
        "schedulingStrategy": "DAEMON",
        "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0},
    });
    assert_eq!(left(&daemon), json!({"schedulingStrategy": "DAEMON"}));
    let replica =
        json!({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0}});
    assert_eq!(left(&replica), replica);
}

#[test]
fn service_connect_is_read_with_its_defaults() {
    let connect = |services: Value| json!({"serviceConnectConfiguration": {"enabled": true, "services": services}});
    let spec = connect(json!([
        {"portName": "web", "discoveryName": "web", "ingressPortOverride": 0, "clientAliases": [{"port": 80}]},
        {"portName": "admin", "discoveryName": "console"},
    ]));
    let expected = connect(json!([
        {"portName": "web", "clientAliases": [{"port": 80}]},
        {"portName": "admin", "discoveryName": "console"},
    ]));
    let expected = left(&expected);
    assert_eq!(left(&spec), expected);
    assert_eq!(expected["serviceConnectConfiguration"]["services"][0]["portName"], "web");
}

#[test]
fn what_is_described_is_read_in_the_shape_of_a_declaration() {
    let service = described(&json!({
        "desiredCount": 2, "launchType": "FARGATE", "platformVersion": "LATEST", "platformFamily": "Linux",
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:1",
        "roleArn": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "schedulingStrategy": "REPLICA", "availabilityZoneRebalancing": "ENABLED",
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING",
            "deploymentCircuitBreaker": {"enable": false, "rollback": false}, "bakeTimeInMinutes": 0},
        "deploymentController": {"type": "ECS"}, "somethingNew": {"x": 1},
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["b", "a"], "securityGroups": [], "assignPublicIp": "DISABLED"}},
        "deployments": [
            {"status": "ACTIVE", "serviceConnectConfiguration": {"enabled": true, "namespace": "old"}},
            {"status": "PRIMARY", "serviceConnectConfiguration": {"enabled": true, "namespace": "new"},
             "volumeConfigurations": []},
        ],
        "events": [], "runningCount": 2, "pendingCount": 0, "createdBy": "me",
    }));
    let tags = Tags::from([
        ("team".to_owned(), "shop".to_owned()),
        ("suimon.dev/applied".to_owned(), "x".to_owned()),
        ("aws:cloudformation:stack-name".to_owned(), "s".to_owned()),
    ]);
    assert_eq!(
        normal::of_live(&service, &tags),
        json!({
            "name": "api", "cluster": "main", "desiredCount": 2, "launchType": "FARGATE",
            "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:1",
            "availabilityZoneRebalancing": "ENABLED",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a", "b"]}},
            "serviceConnectConfiguration": {"enabled": true, "namespace": "new"},
            "tags": {"team": "shop"},
        })
    );
}

#[test]
fn a_strategy_hides_the_launch_type_and_a_custom_role_stays() {
    let service = described(&json!({
        "launchType": "EC2", "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
        "roleArn": "arn:aws:iam::123456789012:role/lb/mine",
    }));
    assert_eq!(
        normal::of_live(&service, &Tags::new()),
        json!({
            "name": "api", "cluster": "main", "role": "arn:aws:iam::123456789012:role/lb/mine",
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        })
    );
}

#[test]
fn what_task_sets_run_is_read_from_the_primary_one() {
    let service = described(&json!({
        "deploymentController": {"type": "CODE_DEPLOY"}, "desiredCount": 1,
        "taskSets": [
            {"status": "ACTIVE", "taskDefinition": "old"},
            {"status": "PRIMARY", "taskDefinition": "new", "launchType": "FARGATE", "platformVersion": "1.4.0"},
        ],
    }));
    let spec = normal::of_live(&service, &Tags::new());
    assert_eq!(spec["taskDefinition"], "new");
    assert_eq!(spec["launchType"], "FARGATE");
    assert_eq!(spec["deploymentController"], json!({"type": "CODE_DEPLOY"}));
}
