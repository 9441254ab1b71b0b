//! Tests at the level of calls.

mod access;
mod addons;
mod clusters;
mod nodes;
mod routes;
mod shapes;
mod upgrade;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::aws::{
    EksEndpoint,
    context::{Context, Ids},
};

use super::Eks;

const ROLE: &str = "arn:aws:iam::123456789012:role/eks";

/// EKS in one account and region, with a clock and repeatable ids.
struct Bench {
    eks: Eks,
    ids: Ids,
    now: Timestamp,
    clusters: Vec<EksEndpoint>,
}

impl Bench {
    fn new() -> Self {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        Self { eks: Eks::default(), ids: Ids::seeded(1), now, clusters: Vec::new() }
    }

    /// With the active cluster `c` of version 1.29.
    fn with_cluster() -> Self {
        let mut bench = Self::new();
        bench.ok("CreateCluster", cluster("c"));
        bench.settle();
        bench
    }

    fn context<'a>(ids: &'a mut Ids, now: Timestamp, clusters: &'a [EksEndpoint]) -> Context<'a> {
        Context {
            account: "123456789012",
            region: "us-east-1",
            caller: "arn:aws:sts::123456789012:assumed-role/deployer/session",
            now,
            ids,
            clusters,
        }
    }

    /// Calls; an error is `Code: message`.
    #[expect(clippy::needless_pass_by_value, reason = "the tables below read better without &")]
    fn call(&mut self, operation: &str, body: Value) -> Result<Value, String> {
        let mut context = Self::context(&mut self.ids, self.now, &self.clusters);
        self.eks
            .call(&mut context, operation, &body)
            .map_err(|error| format!("{} {}: {}", error.status, error.code, error.message))
    }

    fn ok(&mut self, operation: &str, body: Value) -> Value {
        self.call(operation, body).unwrap()
    }

    fn error(&mut self, operation: &str, body: Value) -> String {
        self.call(operation, body).unwrap_err()
    }

    /// The errors of one operation, one a line.
    fn errors<const N: usize>(&mut self, operation: &str, bodies: [Value; N]) -> String {
        bodies.map(|body| self.error(operation, body)).join("\n")
    }

    fn step(&mut self) -> bool {
        let mut context = Self::context(&mut self.ids, self.now, &self.clusters);
        self.eks.step(&mut context)
    }

    fn settle(&mut self) {
        while self.step() {}
    }

    /// Starts an update, lets it end, and gives it as it is then.
    fn update(&mut self, operation: &str, body: Value) -> Value {
        let name = body.get("name").or(body.get("clusterName")).cloned();
        let part = |member: &str| body.get(member).cloned().unwrap_or(Value::Null);
        let (group, addon) = (part("nodegroupName"), part("addonName"));
        let started = self.ok(operation, body);
        assert_eq!(started["update"]["status"], "InProgress");
        self.settle();
        let id = &started["update"]["id"];
        let asked =
            json!({"name": name, "updateId": id, "nodegroupName": group, "addonName": addon});
        self.ok("DescribeUpdate", asked)["update"].clone()
    }
}

/// The request for a cluster of version 1.29.
fn cluster(name: &str) -> Value {
    json!({
        "name": name, "version": "1.29", "roleArn": ROLE,
        "resourcesVpcConfig": {"subnetIds": ["subnet-a", "subnet-b"]},
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
    })
}

/// The request for a node group of cluster `c`.
fn nodegroup(name: &str) -> Value {
    json!({"clusterName": "c", "nodegroupName": name, "nodeRole": ROLE, "subnets": ["subnet-a"]})
}

/// `value` with the members of `more`.
fn with(mut value: Value, more: &Value) -> Value {
    for (key, member) in more.as_object().unwrap() {
        value[key] = member.clone();
    }
    value
}
