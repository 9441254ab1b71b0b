use serde_json::{Value, json};
use suimon_model::{DeferredRef, ResourceId};

use super::{Service, manifest};
use crate::prepare::prepare;

fn told(spec: &Value) -> String {
    let (_, problems) = prepare(&Service, &manifest(spec));
    let told = problems.into_iter().map(|problem| {
        let text = problem.summary.replace("Service.ecs.services.k8s.aws/api: ", "");
        problem.help.map_or(text.clone(), |help| format!("{text} ({help})"))
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    insta::assert_snapshot!(told(&json!({
        "name": "a b", "serviceName": "other", "cluster": "my cluster", "clientToken": "x", "desiredCount": -1,
        "launchType": "FARGATTE", "propagateTags": "SERVICES",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "base": 1, "weight": 2000}, {"base": 1}],
        "deploymentConfiguration": {"strategy": "BLUEGREEN", "minimumHealthyPercent": 150, "maximumPercent": 50,
            "canaryConfiguration": {"canaryPercent": 0}, "alarms": {"enable": true},
            "lifecycleHooks": [{"lifecycleStages": ["POST_SCALEUP"]}, {"targetType": "PAUSE"}]},
        "loadBalancers": [{"containerName": "c"}],
        "serviceConnectConfiguration": {"namespace": "n"},
        "placementStrategy": [{"type": "bin"}],
    })), @r"
    spec.name: `a b` is not a name: up to 255 letters, digits, hyphens and underscores
    spec.serviceName: `other` is not the `name`, which is `a b`; they mean the same (leave one out)
    spec.cluster: `my cluster` is neither the name nor the ARN of a cluster
    spec.clientToken: it is not for declarations: suimon makes one for each creation (leave it out)
    spec.launchType: there is no `FARGATTE` here: EC2, EXTERNAL, FARGATE, MANAGED_INSTANCES (did you mean `FARGATE`?)
    spec.propagateTags: there is no `SERVICES` here: NONE, SERVICE, TASK_DEFINITION (did you mean `SERVICE`?)
    spec.deploymentConfiguration.strategy: there is no `BLUEGREEN` here: BLUE_GREEN, CANARY, LINEAR, ROLLING (did you mean `BLUE_GREEN`?)
    spec.placementStrategy[0].type: there is no `bin` here: binpack, random, spread
    spec.deploymentConfiguration.lifecycleHooks[0].lifecycleStages: there is no `POST_SCALEUP` here: POST_PRODUCTION_TRAFFIC_SHIFT, POST_SCALE_UP, POST_TEST_TRAFFIC_SHIFT, PRE_PRODUCTION_TRAFFIC_SHIFT, PRE_SCALE_UP, PRODUCTION_TRAFFIC_SHIFT, RECONCILE_SERVICE, TEST_TRAFFIC_SHIFT (did you mean `POST_SCALE_UP`?)
    spec.desiredCount: it cannot be negative
    spec.launchType: a service has a launch type or a capacity provider strategy, not both (leave `launchType` or `capacityProviderStrategy` out)
    spec.capacityProviderStrategy: only one capacity provider may have a `base`
    spec.capacityProviderStrategy[0].weight: 2000 is not between 0 and 1000
    spec.capacityProviderStrategy[1]: it has no `capacityProvider`
    spec.networkConfiguration.awsvpcConfiguration.subnets: tasks on Fargate need subnets
    spec.deploymentConfiguration.minimumHealthyPercent: 150 is not between 0 and 100
    spec.deploymentConfiguration.maximumPercent: 50 is not between 100 and 1000
    spec.deploymentConfiguration.canaryConfiguration.canaryPercent: 0 is not between 0.1 and 100
    spec.deploymentConfiguration.maximumPercent: 50 is not above minimumHealthyPercent, 150: no task could ever be replaced
    spec.deploymentConfiguration.canaryConfiguration: it is for the strategy CANARY only
    spec.deploymentConfiguration.lifecycleHooks[0].hookTargetArn: a hook that calls a function needs its ARN
    spec.deploymentConfiguration.lifecycleHooks[1].lifecycleStages: a hook needs the stages at which it runs
    spec.deploymentConfiguration.alarms.alarmNames: alarms that are on need names
    spec.loadBalancers[0]: it needs either a `targetGroupArn` or, for a Classic Load Balancer, a `loadBalancerName`
    spec.loadBalancers[0].containerPort: it is missing
    spec.serviceConnectConfiguration.enabled: it is missing (`true` or `false`)
    spec.taskDefinition: it is missing (`taskDefinitionRef: {from: {name: NAME}}`, or its ARN or family)
    ");
}

#[test]
fn what_does_not_go_together_is_told() {
    insta::assert_snapshot!(told(&json!({
        "taskDefinition": "a", "schedulingStrategy": "DAEMON", "desiredCount": 1, "launchType": "FARGATE",
        "deploymentController": {"type": "CODE_DEPLOY"}, "deploymentConfiguration": {"strategy": "CANARY"},
    })), @r"
    spec.desiredCount: a DAEMON service has one task on each instance and no count (leave it out)
    spec.networkConfiguration.awsvpcConfiguration.subnets: tasks on Fargate need subnets
    spec.schedulingStrategy: tasks on Fargate cannot be scheduled as DAEMON
    spec.schedulingStrategy: DAEMON services cannot have the deployment controller CODE_DEPLOY
    spec.deploymentConfiguration.strategy: CANARY is for the deployment controller ECS, not CODE_DEPLOY
    ");
    insta::assert_snapshot!(told(&json!({
        "taskDefinition": "a", "launchType": "EC2", "platformVersion": "1.4.0",
        "networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["a", "b", "c", "d", "e", "f"]}},
        "deploymentConfiguration": {"maximumPercent": 100}, "serviceRegistries": [{}, {}],
    })), @r"
    spec.networkConfiguration.awsvpcConfiguration.securityGroups: 6 are too many: the API takes 5
    spec.serviceRegistries: 2 are too many: the API takes 1
    spec.networkConfiguration.awsvpcConfiguration.subnets: it needs subnets
    spec.platformVersion: only Fargate has platform versions; the launch type is EC2 (leave it out)
    spec.deploymentConfiguration.maximumPercent: 100 is not above minimumHealthyPercent, 100: no task could ever be replaced
    ");
}

#[test]
fn good_ones_are_fine() {
    let id = ResourceId::new("ecs.services.k8s.aws", "Cluster", None, "main");
    let marker = DeferredRef::marker_for(&id, "name");
    for spec in [
        json!({"taskDefinition": "api"}),
        json!({"taskDefinition": "api", "serviceName": "web"}),
        json!({"taskDefinition": "api", "name": "web", "serviceName": "web", "cluster": marker}),
        json!({"taskDefinition": "api", "cluster": "arn:aws:ecs:us-east-1:1:cluster/main"}),
        json!({"deploymentController": {"type": "EXTERNAL"}}),
        json!({"clusterRef": {"from": {"name": "main"}}, "taskDefinitionRef": {"from": {"name": "api"}}}),
        json!({"taskDefinition": "api", "schedulingStrategy": "DAEMON", "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0}}),
        json!({"taskDefinition": "api", "deploymentConfiguration": {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0.1}}}),
        json!({"taskDefinition": "api", "desiredCount": "2", "enableEcsManagedTags": true, "tags": [{"key": "a", "value": "b"}]}),
    ] {
        assert_eq!(told(&spec), "", "{spec}");
    }
}
