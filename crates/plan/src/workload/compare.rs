//! Two environments' workloads, side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::{Container, Workload, size};

/// What two workloads differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// One side has no such workload.
    Workload,
    /// One side has no such container.
    Container,
    /// Image name.
    Image,
    /// Digest or tag.
    Version,
    /// Entry point and arguments.
    Command,
    /// Names of plain environment variables.
    Environment,
    /// Names of secret environment variables.
    Secrets,
    /// Ports.
    Ports,
    /// CPU.
    Cpu,
    /// Memory.
    Memory,
    /// Health check.
    HealthCheck,
    /// IAM role.
    Role,
}

impl Field {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Container => "container",
            Self::Image => "image",
            Self::Version => "version",
            Self::Command => "command",
            Self::Environment => "environment",
            Self::Secrets => "secrets",
            Self::Ports => "ports",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::HealthCheck => "health check",
            Self::Role => "role",
        }
    }
}

/// One difference between two environments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkloadDifference {
    /// The workload's name.
    pub workload: String,
    /// The container, where it is one's.
    pub container: Option<String>,
    /// In what.
    pub field: Field,
    /// What the first has; `None` for nothing.
    pub left: Option<String>,
    /// What the second has.
    pub right: Option<String>,
}

/// What differs between the workloads of two environments, by name.
///
/// Where each side has one container only, they are compared whatever their names. A size of Fargate equals what is asked for on
/// the other side when it is the smallest that holds it.
pub fn compare_workloads(
    left: &BTreeMap<String, Workload>,
    right: &BTreeMap<String, Workload>,
) -> Vec<WorkloadDifference> {
    let mut found = Vec::new();
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    for name in names {
        match (left.get(name), right.get(name)) {
            (Some(left), Some(right)) => pair(name, left, right, &mut found),
            (left, right) => found.push(WorkloadDifference {
                workload: name.clone(),
                container: None,
                field: Field::Workload,
                left: left.map(|one| one.id.kind.clone()),
                right: right.map(|one| one.id.kind.clone()),
            }),
        }
    }
    found
}

fn pair(name: &str, left: &Workload, right: &Workload, found: &mut Vec<WorkloadDifference>) {
    let mut note = |container: Option<&str>, field, left: Option<String>, right: Option<String>| {
        if left != right {
            let (workload, container) = (name.to_owned(), container.map(str::to_owned));
            found.push(WorkloadDifference { workload, container, field, left, right });
        }
    };
    note(None, Field::Role, left.role.clone(), right.role.clone());
    let alone = |one: &Workload| one.containers.len() == 1;
    if alone(left) && alone(right) {
        if let (Some((_, a)), Some((_, b))) =
            (left.containers.first_key_value(), right.containers.first_key_value())
        {
            containers(None, (left, a), (right, b), &mut note);
        }
        return;
    }
    let names: BTreeSet<&String> = left.containers.keys().chain(right.containers.keys()).collect();
    for name in names {
        match (left.containers.get(name), right.containers.get(name)) {
            (Some(a), Some(b)) => containers(Some(name), (left, a), (right, b), &mut note),
            (a, b) => {
                let image = |one: Option<&Container>| one.map(|one| one.image.clone());
                note(Some(name), Field::Container, image(a), image(b));
            }
        }
    }
}

fn containers(
    name: Option<&str>,
    left: (&Workload, &Container),
    right: (&Workload, &Container),
    note: &mut impl FnMut(Option<&str>, Field, Option<String>, Option<String>),
) {
    let (a, b) = (left.1, right.1);
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    note(name, Field::Image, some(&a.image), some(&b.image));
    note(name, Field::Version, some(&a.version), some(&b.version));
    note(name, Field::Command, some(&a.command.join(" ")), some(&b.command.join(" ")));
    for (field, a, b) in [
        (Field::Environment, &a.environment, &b.environment),
        (Field::Secrets, &a.secrets, &b.secrets),
        (Field::Ports, &a.ports, &b.ports),
    ] {
        let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
            let only: Vec<&str> = these.difference(those).map(String::as_str).collect();
            some(&only.join(", "))
        };
        note(name, field, only(a, b), only(b, a));
    }
    if !same_size(left, right) {
        let cpu = |one: &Container| one.cpu.map(|cpu| format!("{cpu}m"));
        let memory = |one: &Container| one.memory.map(|memory| format!("{memory}Mi"));
        note(name, Field::Cpu, cpu(a), cpu(b));
        note(name, Field::Memory, memory(a), memory(b));
    }
    note(name, Field::HealthCheck, a.health_check.clone(), b.health_check.clone());
}

fn same_size(left: (&Workload, &Container), right: (&Workload, &Container)) -> bool {
    let fits = |size: &Container, asked: &Container| {
        let asked = size::fargate(asked.cpu.unwrap_or(0), asked.memory.unwrap_or(0));
        size.cpu.zip(size.memory) == asked
    };
    match (left.0.fargate, right.0.fargate) {
        (true, false) => fits(left.1, right.1),
        (false, true) => fits(right.1, left.1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use suimon_model::{Body, Manifest, Origin};

    use super::super::workloads;
    use super::*;

    fn manifest(id: &str, body: &Value) -> Manifest {
        Manifest {
            id: id.parse().unwrap(),
            api_version: "v1".into(),
            body: Body::new(body),
            origin: Origin { file: Arc::from("f"), line: 1, instance: None },
            refs: Vec::new(),
        }
    }

    fn ecs(container: Value) -> Vec<Manifest> {
        let mut container = container;
        container["name"] = json!("server");
        vec![
            manifest(
                "Service.ecs.services.k8s.aws/api",
                &json!({"spec": {"taskDefinitionRef": {"from": {"name": "api"}}}}),
            ),
            manifest(
                "TaskDefinition.ecs.services.k8s.aws/api",
                &json!({"spec": {"family": "x-api", "cpu": "256", "memory": "512",
                    "requiresCompatibilities": ["FARGATE"], "taskRoleARN": "arn:role",
                    "containerDefinitions": [
                        {"name": "migrate", "image": "i", "essential": false}, container]}}),
            ),
        ]
    }

    fn kubernetes(container: Value) -> Vec<Manifest> {
        let mut container = container;
        container["name"] = json!("main");
        vec![
            manifest(
                "Deployment.apps/web/api",
                &json!({"spec": {"template": {"spec": {"serviceAccountName": "api", "containers": [container]}}}}),
            ),
            manifest("ConfigMap/web/api", &json!({"data": {"LOG": "x"}})),
            manifest(
                "ServiceAccount/web/api",
                &json!({"metadata": {"annotations": {"eks.amazonaws.com/role-arn": "arn:role"}}}),
            ),
        ]
    }

    fn told(left: &[Manifest], right: &[Manifest]) -> String {
        let found = compare_workloads(&workloads(left), &workloads(right));
        let lines = found.into_iter().map(|d| {
            let side = |side: Option<String>| side.unwrap_or_else(|| "-".into());
            format!("{} {}: {} | {}", d.workload, d.field.name(), side(d.left), side(d.right))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_same_service_on_both_platforms_is_the_same() {
        let left = ecs(json!({"image": "r/api@sha256:ab", "command": ["/app", "run"],
            "environment": [{"name": "PORT", "value": "8080"}, {"name": "LOG", "value": "x"}],
            "secrets": [{"name": "DB", "valueFrom": "arn"}],
            "portMappings": [{"containerPort": 8080}],
            "healthCheck": {"command": ["CMD-SHELL", "curl http://localhost:8080/healthz"]}}));
        let right =
            kubernetes(json!({"image": "r/api@sha256:ab", "command": ["/app"], "args": ["run"],
            "env": [{"name": "PORT", "value": "8080"},
                {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "api", "key": "DB"}}}],
            "envFrom": [{"configMapRef": {"name": "api"}}],
            "ports": [{"name": "http", "containerPort": 8080}],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}}}));
        assert_eq!(told(&left, &right), "");
    }

    #[test]
    fn every_difference_is_told() {
        let left = ecs(json!({"image": "r/api:1", "environment": [{"name": "A", "value": "1"}]}));
        let mut right = kubernetes(json!({"image": "q/api:2", "command": ["x"],
            "envFrom": [{"secretRef": {"name": "s"}}], "ports": [{"containerPort": 1}],
            "resources": {"requests": {"cpu": "2"}}, "livenessProbe": {"tcpSocket": {"port": 1}}}));
        right.pop();
        right.push(manifest(
            "CronJob.batch/web/nightly",
            &json!({"spec": {"jobTemplate": {"spec":
            {"template": {"spec": {"containers": []}}}}}}),
        ));
        insta::assert_snapshot!(told(&left, &right), @r"
        api role: arn:role | -
        api image: r/api | q/api
        api version: 1 | 2
        api command: - | x
        api environment: A | -
        api secrets: - | * of s
        api ports: - | 1/tcp
        api cpu: 250m | 2000m
        api memory: 512Mi | -
        api health check: - | tcp :1
        nightly workload: - | CronJob
        ");
    }
}
