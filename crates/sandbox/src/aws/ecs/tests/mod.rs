//! Each operation, without the wire.
#![allow(clippy::needless_pass_by_value)]

mod clusters;
mod definitions;
mod rollbacks;
mod rollouts;
mod services;
mod stages;
mod tasks;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    super::{
        context::{Context, Ids},
        error::{AwsError, AwsResult},
    },
    Ecs,
};

/// ECS in account 123456789012, with a clock that stands still.
struct Account {
    ecs: Ecs,
    ids: Ids,
    now: Timestamp,
}

impl Account {
    fn new() -> Self {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        Self { ecs: Ecs::default(), ids: Ids::seeded(7), now }
    }

    /// With the cluster `c1`, and the task definition `web:1` for Fargate.
    fn with_cluster() -> Self {
        let mut account = Self::new();
        account.ok("CreateCluster", json!({ "clusterName": "c1" }));
        account.ok("RegisterTaskDefinition", web("nginx:1"));
        account
    }

    /// With the service `api` of three tasks that completed, and `web:2` that fails.
    fn with_service(configuration: Value) -> Self {
        let mut account = Self::with_cluster();
        let mut service = api();
        service["deploymentConfiguration"] = configuration;
        account.ok("CreateService", service);
        account.settle();
        account.ok("RegisterTaskDefinition", web("nginx:fail"));
        account
    }

    fn with<T>(&mut self, what: impl FnOnce(&mut Ecs, &mut Context<'_>) -> T) -> T {
        let mut context = Context {
            account: "123456789012",
            region: "eu-west-1",
            caller: "arn:aws:iam::123456789012:user/sandbox",
            now: self.now,
            ids: &mut self.ids,
            clusters: &[],
        };
        what(&mut self.ecs, &mut context)
    }

    fn call(&mut self, operation: &str, body: &Value) -> AwsResult {
        self.with(|ecs, context| ecs.call(context, operation, body))
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

    fn step(&mut self) -> bool {
        self.with(Ecs::step)
    }

    /// Steps until nothing happens; how many steps that took.
    fn settle(&mut self) -> usize {
        (0..1000).find(|_| !self.step()).expect("it settles")
    }

    fn advance(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    /// The service `api` as it is described.
    fn service(&mut self) -> Value {
        let body = json!({ "cluster": "c1", "services": ["api"], "include": ["TAGS"] });
        self.ok("DescribeServices", body)["services"][0].clone()
    }

    /// The newest service deployment of `api` as it is described.
    fn rollout(&mut self) -> Value {
        let listed =
            self.ok("ListServiceDeployments", json!({ "cluster": "c1", "service": "api" }));
        let arn = newest(&listed);
        let body = json!({ "serviceDeploymentArns": [arn] });
        self.ok("DescribeServiceDeployments", body)["serviceDeployments"][0].clone()
    }

    fn update(&mut self, change: Value) -> Value {
        let mut body = json!({ "cluster": "c1", "service": "api" });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.ok("UpdateService", body)["service"].clone()
    }

    /// The messages of the events, the oldest first, with their ids taken out.
    fn events(&mut self) -> String {
        let service = self.service();
        let events = service["events"].as_array().unwrap();
        let lines = events.iter().rev().map(|event| event["message"].as_str().unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The service deployment that was made last.
fn newest(listed: &Value) -> String {
    listed["serviceDeployments"][0]["serviceDeploymentArn"].as_str().unwrap().to_owned()
}

fn web(image: &str) -> Value {
    json!({
        "family": "web", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "256", "memory": "512",
        "containerDefinitions": [
            { "name": "app", "image": image, "portMappings": [{ "containerPort": 80 }] }
        ],
    })
}

fn api() -> Value {
    json!({
        "cluster": "c1", "serviceName": "api", "taskDefinition": "web", "desiredCount": 3,
        "launchType": "FARGATE",
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-1"] } },
    })
}

/// The code and the message of an error.
fn told(error: &AwsError) -> String {
    assert_eq!(error.status, 400);
    format!("{}: {}", error.code, error.message)
}

/// The members of an object, one a line.
fn lines(object: &Value) -> String {
    let members = object.as_object().unwrap().iter();
    members.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

/// Replaces what differs between deployments and tasks.
macro_rules! snapshot {
    ($value:expr, @$snapshot:literal) => {
        insta::with_settings!({ filters => vec![
            (r"ecs-svc/\d{19}", "ecs-svc/N"),
            (r"\(task [0-9a-f]{32}\)", "(task T)"),
        ] }, {
            insta::assert_snapshot!($value, @$snapshot);
        });
    };
}
use snapshot;
