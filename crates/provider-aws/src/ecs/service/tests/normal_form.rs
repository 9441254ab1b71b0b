use serde_json::{Map, Value, json};

use super::{described, normal};
use crate::marks::Tags;

/// What is left of a declaration's spec.
fn left(spec: &Value) -> Value {
    Value::Object(normal::of_declared(spec))
}

#[test]
fn what_the_api_fills_in_is_left_out() {
    let cases: &[(&str, Value, Value)] = &[
        ("replicas are usual", json!({"schedulingStrategy": "REPLICA"}), json!({})),
        (
            "daemons are not",
            json!({"schedulingStrategy": "DAEMON"}),
            json!({"schedulingStrategy": "DAEMON"}),
        ),
        (
            "daemons have no count",
            json!({"schedulingStrategy": "DAEMON", "desiredCount": 3}),
            json!({"schedulingStrategy": "DAEMON"}),
        ),
        ("the controller is ECS", json!({"deploymentController": {"type": "ECS"}}), json!({})),
        (
            "another controller",
            json!({"deploymentController": {"type": "EXTERNAL"}}),
            json!({"deploymentController": {"type": "EXTERNAL"}}),
        ),
        ("LATEST", json!({"platformVersion": "LATEST"}), json!({})),
        (
            "a platform version",
            json!({"platformVersion": "1.4.0"}),
            json!({"platformVersion": "1.4.0"}),
        ),
        ("no platform version", json!({"platformVersion": ""}), json!({})),
        ("no launch type", json!({"launchType": ""}), json!({})),
        ("a launch type", json!({"launchType": "FARGATE"}), json!({"launchType": "FARGATE"})),
        ("no role", json!({"role": ""}), json!({})),
        ("no propagation", json!({"propagateTags": "NONE"}), json!({})),
        ("empty propagation", json!({"propagateTags": ""}), json!({})),
        ("propagation", json!({"propagateTags": "SERVICE"}), json!({"propagateTags": "SERVICE"})),
        ("no managed tags", json!({"enableECSManagedTags": false}), json!({})),
        (
            "managed tags",
            json!({"enableECSManagedTags": true}),
            json!({"enableECSManagedTags": true}),
        ),
        ("no exec", json!({"enableExecuteCommand": false}), json!({})),
        ("no grace", json!({"healthCheckGracePeriodSeconds": 0}), json!({})),
        (
            "grace",
            json!({"healthCheckGracePeriodSeconds": 30}),
            json!({"healthCheckGracePeriodSeconds": 30}),
        ),
        (
            "empty lists",
            json!({"loadBalancers": [], "serviceRegistries": [], "placementConstraints": [], "placementStrategy": []}),
            json!({}),
        ),
        ("nulls", json!({"networkConfiguration": null, "loadBalancers": null}), json!({})),
        (
            "empty maps",
            json!({"deploymentConfiguration": {}, "networkConfiguration": {"awsvpcConfiguration": {}}}),
            json!({}),
        ),
        (
            "a cluster's ARN",
            json!({"cluster": "arn:aws:ecs:us-east-1:1:cluster/main"}),
            json!({"cluster": "main"}),
        ),
        (
            "no public address",
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "DISABLED", "securityGroups": []}}}),
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"]}}}),
        ),
        (
            "a public address",
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "ENABLED"}}}),
            json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["a"], "assignPublicIp": "ENABLED"}}}),
        ),
        (
            "providers by name",
            json!({"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}, {"capacityProvider": "FARGATE", "weight": 0}]}),
            json!({"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}, {"capacityProvider": "FARGATE_SPOT", "weight": 1}]}),
        ),
        (
            "unused balancer names",
            json!({"loadBalancers": [{"targetGroupArn": "t", "loadBalancerName": "", "containerName": "c", "containerPort": 80}]}),
            json!({"loadBalancers": [{"targetGroupArn": "t", "containerName": "c", "containerPort": 80}]}),
        ),
        (
            "Service Connect that is off",
            json!({"serviceConnectConfiguration": {"enabled": false, "namespace": "n"}}),
            json!({}),
        ),
        (
            "no metrics",
            json!({"monitoring": {"metricConfigurations": [{"metricNames": ["CPUUtilization"], "resolutionSeconds": 60}]}}),
            json!({}),
        ),
        ("tags stay", json!({"tags": {"b": "2", "a": ""}}), json!({"tags": {"a": "", "b": "2"}})),
        (
            "random has no field",
            json!({"placementStrategy": [{"type": "random", "field": "x"}]}),
            json!({"placementStrategy": [{"type": "random"}]}),
        ),
        (
            "a host is an instance",
            json!({"placementStrategy": [{"type": "spread", "field": "host"}]}),
            json!({"placementStrategy": [{"type": "spread", "field": "instanceId"}]}),
        ),
        (
            "CPU in capitals",
            json!({"placementStrategy": [{"type": "binpack", "field": "CPU"}]}),
            json!({"placementStrategy": [{"type": "binpack", "field": "cpu"}]}),
        ),
        (
            "strategies keep their order",
            json!({"placementStrategy": [{"type": "spread", "field": "host"}, {"type": "binpack", "field": "cpu"}]}),
            json!({"placementStrategy": [{"type": "spread", "field": "instanceId"}, {"type": "binpack", "field": "cpu"}]}),
        ),
        (
            "constraints have none",
            json!({"placementConstraints": [{"type": "memberOf", "expression": "x"}, {"type": "distinctInstance"}]}),
            json!({"placementConstraints": [{"expression": "x", "type": "memberOf"}, {"type": "distinctInstance"}]}),
        ),
        (
            "xfs",
            json!({"volumeConfigurations": [{"name": "v", "managedEBSVolume": {"filesystemType": "xfs", "roleArn": "r"}}]}),
            json!({"volumeConfigurations": [{"name": "v", "managedEBSVolume": {"roleArn": "r"}}]}),
        ),
    ];
    for (what, spec, expected) in cases {
        assert_eq!(left(spec), *expected, "{what}");
    }
}

#[test]
fn usual_deployment_configurations_are_left_out() {
    let cases: &[(&str, Value, Value)] = &[
        ("200/100", json!({"maximumPercent": 200, "minimumHealthyPercent": 100}), json!({})),
        (
            "150/50",
            json!({"maximumPercent": 150, "minimumHealthyPercent": 50}),
            json!({"maximumPercent": 150, "minimumHealthyPercent": 50}),
        ),
        (
            "no breaker",
            json!({"deploymentCircuitBreaker": {"enable": false, "rollback": false}}),
            json!({}),
        ),
        (
            "a roll-back of no breaker",
            json!({"deploymentCircuitBreaker": {"enable": false, "rollback": true}}),
            json!({}),
        ),
        (
            "a breaker",
            json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true, "resetOnHealthyTask": true, "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50}}}),
            json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}}),
        ),
        (
            "a breaker with a threshold",
            json!({"deploymentCircuitBreaker": {"enable": true, "rollback": false, "thresholdConfiguration": {"type": "COUNT", "value": 5}}}),
            json!({"deploymentCircuitBreaker": {"enable": true, "thresholdConfiguration": {"type": "COUNT", "value": 5}}}),
        ),
        (
            "alarms that are off",
            json!({"alarms": {"alarmNames": [], "enable": false, "rollback": false}}),
            json!({}),
        ),
        (
            "alarms by name",
            json!({"alarms": {"alarmNames": ["b", "a"], "enable": true, "rollback": false}}),
            json!({"alarms": {"alarmNames": ["a", "b"], "enable": true}}),
        ),
        ("rolling", json!({"strategy": "ROLLING", "bakeTimeInMinutes": 0}), json!({})),
        (
            "blue and green",
            json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}),
            json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}),
        ),
        (
            "a usual canary",
            json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 5, "canaryBakeTimeInMinutes": 10}}),
            json!({"strategy": "CANARY"}),
        ),
        (
            "a canary",
            json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 10}}),
            json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.0}}),
        ),
        (
            "usual steps",
            json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}}),
            json!({"strategy": "LINEAR"}),
        ),
        (
            "what is left of a canary",
            json!({"strategy": "ROLLING", "canaryConfiguration": {"canaryPercent": 20.0}}),
            json!({}),
        ),
        (
            "a hook",
            json!({"strategy": "BLUE_GREEN", "lifecycleHooks": [{"targetType": "AWS_LAMBDA", "hookTargetArn": "f", "roleArn": "r", "lifecycleStages": ["PRE_SCALE_UP", "POST_SCALE_UP"]}]}),
            json!({"strategy": "BLUE_GREEN", "lifecycleHooks": [{"hookTargetArn": "f", "roleArn": "r", "lifecycleStages": ["POST_SCALE_UP", "PRE_SCALE_UP"]}]}),
        ),
        (
            "a pause",
            json!({"strategy": "BLUE_GREEN", "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"], "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"}}]}),
            json!({"strategy": "BLUE_GREEN", "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}]}),
        ),
        ("no early success", json!({"earlySuccessCriteria": {"enable": false}}), json!({})),
    ];
    for (what, configuration, expected) in cases {
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
