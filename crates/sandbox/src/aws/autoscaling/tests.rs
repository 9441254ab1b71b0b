//! Each operation, without the wire.
#![allow(clippy::needless_pass_by_value)]

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    super::{
        context::{Context, Ids},
        ecs::Ecs,
        error::{AwsError, AwsResult},
    },
    Autoscaling,
};

struct Account {
    autoscaling: Autoscaling,
    ecs: Ecs,
    ids: Ids,
}

impl Account {
    /// With the service `api` of two tasks in the cluster `c1`.
    fn new() -> Self {
        let mut account =
            Self { autoscaling: Autoscaling::default(), ecs: Ecs::default(), ids: Ids::seeded(3) };
        let container = json!({ "name": "app", "image": "nginx:1", "memory": 64 });
        for (operation, body) in [
            ("CreateCluster", json!({ "clusterName": "c1" })),
            (
                "RegisterTaskDefinition",
                json!({ "family": "web", "containerDefinitions": [container] }),
            ),
            (
                "CreateService",
                json!({
                    "cluster": "c1", "serviceName": "api", "taskDefinition": "web", "desiredCount": 2,
                }),
            ),
        ] {
            account.with(|_, ecs, context| ecs.call(context, operation, &body)).unwrap();
        }
        account
    }

    fn with<T>(
        &mut self,
        what: impl FnOnce(&mut Autoscaling, &mut Ecs, &mut Context<'_>) -> T,
    ) -> T {
        let mut context = Context {
            account: "123456789012",
            region: "eu-west-1",
            caller: "arn:aws:iam::123456789012:user/sandbox",
            now: Timestamp::UNIX_EPOCH,
            ids: &mut self.ids,
            clusters: &[],
        };
        what(&mut self.autoscaling, &mut self.ecs, &mut context)
    }

    fn call(&mut self, operation: &str, body: &Value) -> AwsResult {
        self.with(|autoscaling, ecs, context| autoscaling.call(context, ecs, operation, body))
    }

    fn ok(&mut self, operation: &str, body: Value) -> Value {
        self.call(operation, &body).unwrap_or_else(|error| panic!("{operation} {body}: {error:?}"))
    }

    fn error(&mut self, operation: &str, body: Value) -> AwsError {
        match self.call(operation, &body) {
            Err(error) => error,
            Ok(answer) => panic!("{operation} {body}: {answer}"),
        }
    }

    fn register(&mut self, min: i64, max: i64) -> Value {
        self.ok("RegisterScalableTarget", target(json!({ "MinCapacity": min, "MaxCapacity": max })))
    }

    fn desired(&self) -> i64 {
        self.ecs.desired_count("c1", "api").unwrap()
    }

    fn step(&mut self) -> bool {
        self.with(|autoscaling, ecs, context| autoscaling.step(context, ecs))
    }
}

/// A request about the service `api`.
fn target(more: Value) -> Value {
    let mut body = json!({
        "ServiceNamespace": "ecs", "ResourceId": "service/c1/api",
        "ScalableDimension": "ecs:service:DesiredCount",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn tracking(value: f64) -> Value {
    target(json!({
        "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": value,
            "PredefinedMetricSpecification": { "PredefinedMetricType": "ECSServiceAverageCPUUtilization" },
        },
    }))
}

#[test]
fn a_target_is_registered_changed_and_described() {
    let mut account = Account::new();
    let arn = account.register(1, 4)["ScalableTargetARN"].clone();
    let suspended = json!({ "SuspendedState": { "ScheduledScalingSuspended": true } });
    let again = account.ok("RegisterScalableTarget", target(suspended));
    assert_eq!(again["ScalableTargetARN"], arn);
    let described = account.ok("DescribeScalableTargets", json!({ "ServiceNamespace": "ecs" }));
    assert_eq!(
        described["ScalableTargets"],
        json!([{
            "ServiceNamespace": "ecs", "ResourceId": "service/c1/api",
            "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 1, "MaxCapacity": 4,
            "RoleARN": "arn:aws:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService",
            "CreationTime": 0.0, "ScalableTargetARN": arn,
            "SuspendedState": {
                "DynamicScalingInSuspended": false, "DynamicScalingOutSuspended": false,
                "ScheduledScalingSuspended": true,
            },
        }])
    );
    let other = json!({ "ServiceNamespace": "ecs", "ResourceIds": ["service/c1/other"] });
    assert_eq!(account.ok("DescribeScalableTargets", other)["ScalableTargets"], json!([]));
}

#[test]
fn the_desired_count_is_kept_within_the_capacities() {
    let mut account = Account::new();
    for (min, max, desired) in [(1, 4, 2), (3, 4, 3), (1, 1, 1), (1, 4, 1)] {
        account.register(min, max);
        account.step();
        assert_eq!(account.desired(), desired, "{min} to {max}");
        assert!(!account.step(), "once is enough");
    }
    let body = json!({ "ServiceNamespace": "ecs" });
    let activities = account.ok("DescribeScalingActivities", body)["ScalingActivities"].clone();
    let told: Vec<&str> =
        activities.as_array().unwrap().iter().map(|a| a["Description"].as_str().unwrap()).collect();
    assert_eq!(told, ["Setting desired count to 1.", "Setting desired count to 3."]);
}

#[test]
fn a_suspended_target_does_not_scale() {
    let mut account = Account::new();
    account.register(5, 6);
    let suspended = json!({ "SuspendedState": { "DynamicScalingOutSuspended": true } });
    account.ok("RegisterScalableTarget", target(suspended));
    assert!(!account.step());
    assert_eq!(account.desired(), 2);
}

#[test]
fn policies_are_put_described_and_deleted() {
    let mut account = Account::new();
    account.register(1, 4);
    let put = account.ok("PutScalingPolicy", tracking(50.0));
    assert_eq!(put["Alarms"].as_array().unwrap().len(), 2);
    let again = account.ok("PutScalingPolicy", tracking(60.0));
    assert_eq!(again["PolicyARN"], put["PolicyARN"]);
    let body = json!({ "ServiceNamespace": "ecs", "PolicyNames": ["cpu"] });
    let policies = account.ok("DescribeScalingPolicies", body)["ScalingPolicies"].clone();
    let policy = &policies[0];
    assert_eq!(policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"], 60.0);
    assert!(
        put["PolicyARN"].as_str().unwrap().ends_with(":resource/ecs/service/c1/api:policyName/cpu")
    );
    account.ok("DeleteScalingPolicy", target(json!({ "PolicyName": "cpu" })));
    let gone = account.error("DeleteScalingPolicy", target(json!({ "PolicyName": "cpu" })));
    assert_eq!(gone.code, "ObjectNotFoundException");
}

#[test]
fn scheduled_actions_are_put_described_and_deleted() {
    let mut account = Account::new();
    account.register(1, 4);
    let action = |more: Value| {
        let mut body = target(json!({ "ScheduledActionName": "night" }));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let capacities = json!({ "MinCapacity": 0, "MaxCapacity": 1 });
    let body = json!({ "Schedule": "cron(0 22 * * ? *)", "Timezone": "Asia/Tokyo", "ScalableTargetAction": capacities });
    account.ok("PutScheduledAction", action(body));
    account.ok(
        "PutScheduledAction",
        action(json!({ "Schedule": "rate(1 hour)", "ScalableTargetAction": capacities })),
    );
    let listed = json!({ "ServiceNamespace": "ecs", "ResourceId": "service/c1/api" });
    let actions = account.ok("DescribeScheduledActions", listed)["ScheduledActions"].clone();
    assert_eq!(
        (&actions[0]["Schedule"], actions[0].get("Timezone")),
        (&json!("rate(1 hour)"), None)
    );
    account.ok("DeleteScheduledAction", action(json!({})));
    let gone = account.error("DeleteScheduledAction", action(json!({})));
    assert_eq!(gone.code, "ObjectNotFoundException");
}

#[test]
fn what_belongs_to_a_target_goes_with_it() {
    let mut account = Account::new();
    account.register(1, 4);
    account.ok("PutScalingPolicy", tracking(50.0));
    account.ok("DeregisterScalableTarget", target(json!({})));
    let policies = account.ok("DescribeScalingPolicies", json!({ "ServiceNamespace": "ecs" }));
    assert_eq!(policies["ScalingPolicies"], json!([]));
}

#[test]
fn targets_have_tags() {
    let mut account = Account::new();
    let arn = account.register(1, 4)["ScalableTargetARN"].clone();
    account.ok("TagResource", json!({ "ResourceARN": arn, "Tags": { "a": "1", "b": "2" } }));
    account.ok("UntagResource", json!({ "ResourceARN": arn, "TagKeys": ["a"] }));
    let tags = account.ok("ListTagsForResource", json!({ "ResourceARN": arn }));
    assert_eq!(tags["Tags"], json!({ "b": "2" }));
    let missing = account.error("ListTagsForResource", json!({ "ResourceARN": "none" }));
    assert_eq!(
        (missing.code.as_str(), &missing.extra["ResourceName"]),
        ("ResourceNotFoundException", &json!("none"))
    );
}

#[test]
fn bad_requests_are_refused() {
    let mut account = Account::new();
    let missing = account.error("PutScalingPolicy", tracking(50.0));
    assert_eq!(missing.code, "ObjectNotFoundException");
    account.register(1, 4);
    let mut elsewhere = target(json!({ "MinCapacity": 1, "MaxCapacity": 2 }));
    elsewhere["ResourceId"] = "service/c1/none".into();
    let mut dimension = elsewhere.clone();
    dimension["ScalableDimension"] = "ecs:service:Other".into();
    let messages: Vec<String> = [
        ("RegisterScalableTarget", elsewhere),
        ("RegisterScalableTarget", dimension),
        ("RegisterScalableTarget", target(json!({ "MinCapacity": 5 }))),
        ("PutScalingPolicy", tracking(0.0)),
        ("PutScalingPolicy", target(json!({ "PolicyName": "p", "PolicyType": "Other" }))),
        ("PutScalingPolicy", target(json!({ "PolicyName": "p" }))),
        ("PutScheduledAction", target(json!({ "ScheduledActionName": "a", "Schedule": "daily" }))),
        ("DescribeScalableTargets", json!({ "ServiceNamespace": "moon" })),
        ("DescribeScalableTargets", json!({ "ServiceNamespace": "ecs", "MaxResults": 51 })),
    ]
    .into_iter()
    .map(|(operation, body)| {
        let error = account.error(operation, body);
        format!("{}: {}", error.code, error.message)
    })
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    ValidationException: ECS service doesn't exist: service/c1/none
    ValidationException: Unsupported service namespace, resource type or scalable dimension
    ValidationException: Maximum capacity cannot be less than minimum capacity
    ValidationException: Target value must be greater than 0
    ValidationException: 1 validation error detected: Value 'Other' at 'policyType' failed to satisfy constraint: Member must satisfy enum value set: [PredictiveScaling, StepScaling, TargetTrackingScaling]
    ValidationException: Policy type StepScaling requires StepScalingPolicyConfiguration to be specified
    ValidationException: Invalid schedule expression: daily
    ValidationException: 1 validation error detected: Value 'moon' at 'serviceNamespace' failed to satisfy constraint: Member must satisfy enum value set: [workspaces, cassandra, ec2, dynamodb, neptune, kafka, ecs, elasticmapreduce, rds, sagemaker, comprehend, elasticache, lambda, appstream, custom-resource]
    ValidationException: MaxResults must be between 1 and 50.
    ");
}
