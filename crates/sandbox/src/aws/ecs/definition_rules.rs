//! What a task definition must fulfil to be registered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::error::AwsError, client, definitions::is_family, given, list, task_sizes, text, texts,
};

/// The largest task definition, in bytes.
const LARGEST: usize = 65_536;

/// Checks what can be checked without knowing other resources.
pub(super) fn check(body: &Value) -> Result<(), AwsError> {
    let family = text(body, "family");
    if family.is_empty() {
        return Err(client("Family should not be null or empty."));
    }
    if !is_family(family) {
        return Err(client(
            "Family contains invalid characters. The family must consist of up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores.",
        ));
    }
    let containers = list(body, "containerDefinitions");
    if containers.is_empty() {
        return Err(client("Container list cannot be empty."));
    }
    let length = body.to_string().len();
    if length > LARGEST {
        return Err(client(format!(
            "Actual length: '{length}'. Max allowed length is '{LARGEST}' bytes."
        )));
    }
    let fargate = texts(body, "requiresCompatibilities").contains(&"FARGATE");
    check_sizes(body, fargate)?;
    check_modes(body, fargate)?;
    check_roles(body, fargate)?;
    let mut names = BTreeSet::new();
    let volumes: BTreeSet<&str> = list(body, "volumes").iter().map(|v| text(v, "name")).collect();
    for container in containers {
        check_container(container, body)?;
        let name = text(container, "name");
        if !names.insert(name) {
            return Err(client(format!(
                "Container name {name} is used more than once. Container names must be unique within a task definition."
            )));
        }
        for mount in list(container, "mountPoints") {
            let volume = text(mount, "sourceVolume");
            if !volume.is_empty() && !volumes.contains(volume) {
                return Err(client(format!("Unknown volume '{volume}'.")));
            }
        }
    }
    let essential = |c: &Value| c.get("essential").and_then(Value::as_bool).unwrap_or(true);
    if !containers.iter().any(essential) {
        return Err(client(
            "Invalid 'essential' setting: at least one container must be marked as essential.",
        ));
    }
    check_dependencies(containers)
}

fn check_sizes(body: &Value, fargate: bool) -> Result<(), AwsError> {
    let size = |member: &str, read: fn(&str) -> Option<i64>| match given(body, member) {
        None => Ok(None),
        Some(value) => read(value.as_str().unwrap_or_default())
            .map(Some)
            .ok_or_else(|| client(format!("Invalid '{member}' setting for task."))),
    };
    let cpu = size("cpu", task_sizes::cpu)?;
    let memory = size("memory", task_sizes::memory)?;
    if !fargate {
        return Ok(());
    }
    let missing = |member: &str| {
        client(format!("Fargate requires that '{member}' be defined at the task level."))
    };
    let (cpu, memory) =
        (cpu.ok_or_else(|| missing("cpu"))?, memory.ok_or_else(|| missing("memory"))?);
    task_sizes::check_fargate(cpu, memory)?;
    let storage = body.pointer("/ephemeralStorage/sizeInGiB").and_then(Value::as_i64);
    match storage {
        Some(..21) => Err(client("EphemeralStorage size should be at least 21")),
        Some(201..) => Err(client("EphemeralStorage size should be at most 200")),
        _ => Ok(()),
    }
}

fn check_modes(body: &Value, fargate: bool) -> Result<(), AwsError> {
    let mode = text(body, "networkMode");
    if !matches!(mode, "" | "awsvpc" | "bridge" | "host" | "none" | "default") {
        return Err(client(format!("Invalid network mode: {mode}")));
    }
    if !fargate {
        return Ok(());
    }
    if mode != "awsvpc" {
        return Err(client("Fargate only supports network mode 'awsvpc'."));
    }
    let pid = text(body, "pidMode");
    if !matches!(pid, "" | "task") {
        return Err(client(format!(
            "Tasks using the Fargate launch type do not support pidMode '{pid}'. The supported value for pidMode is 'task'."
        )));
    }
    if !list(body, "placementConstraints").is_empty() {
        return Err(client("Fargate does not support placement constraints."));
    }
    Ok(())
}

/// What needs the execution role.
fn check_roles(body: &Value, fargate: bool) -> Result<(), AwsError> {
    for member in ["executionRoleArn", "taskRoleArn"] {
        let role = text(body, member);
        // A name is taken for a role of the account.
        if role.contains(':') && !(role.starts_with("arn:aws") && role.contains(":role/")) {
            return Err(client("Role is not valid"));
        }
    }
    if !text(body, "executionRoleArn").is_empty() {
        return Ok(());
    }
    for container in list(body, "containerDefinitions") {
        let log_secrets = container.pointer("/logConfiguration/secretOptions");
        let secrets = !list(container, "secrets").is_empty()
            || log_secrets.and_then(Value::as_array).is_some_and(|options| !options.is_empty());
        if secrets {
            return Err(client(
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
            ));
        }
        if fargate && text(container, "image").contains(".dkr.ecr.") {
            return Err(client(
                "Fargate requires task definition to have execution role ARN to support ECR images.",
            ));
        }
        let driver = container.pointer("/logConfiguration/logDriver").and_then(Value::as_str);
        if fargate && driver == Some("awslogs") {
            return Err(client(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
            ));
        }
    }
    Ok(())
}

fn check_container(container: &Value, task: &Value) -> Result<(), AwsError> {
    let name = text(container, "name");
    if name.is_empty() {
        return Err(client("Container.name should not be null or empty."));
    }
    if !is_family(name) {
        return Err(client(
            "Container.name contains invalid characters. Up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores are allowed.",
        ));
    }
    if text(container, "image").is_empty() {
        return Err(client("Container.image should not be null or empty."));
    }
    let hard = container.get("memory").and_then(Value::as_i64);
    let soft = container.get("memoryReservation").and_then(Value::as_i64);
    if given(task, "memory").is_none() && hard.is_none() && soft.is_none() {
        return Err(client(format!(
            "Invalid setting for container '{name}'. At least one of 'memory' or 'memoryReservation' must be specified."
        )));
    }
    if hard.is_some_and(|hard| hard < 6) {
        return Err(client(format!(
            "Invalid setting for container '{name}'. 'memory' must be at least 6 MiB."
        )));
    }
    if let (Some(hard), Some(soft)) = (hard, soft)
        && soft >= hard
    {
        return Err(client(format!(
            "Invalid setting for container '{name}'. 'memory' must be greater than 'memoryReservation'."
        )));
    }
    let awsvpc = text(task, "networkMode") == "awsvpc";
    for port in list(container, "portMappings") {
        let inner = port.get("containerPort").and_then(Value::as_i64);
        let outer = port.get("hostPort").and_then(Value::as_i64).filter(|port| *port != 0);
        if awsvpc && outer.is_some() && outer != inner {
            return Err(client(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
            ));
        }
    }
    for (member, what) in [("environment", "environment variable"), ("secrets", "secret")] {
        if list(container, member).iter().any(|item| text(item, "name").is_empty()) {
            return Err(client(format!("The name of the {what} must not be null or empty.")));
        }
    }
    let plain: BTreeSet<&str> =
        list(container, "environment").iter().map(|item| text(item, "name")).collect();
    match list(container, "secrets").iter().find(|item| plain.contains(text(item, "name"))) {
        Some(secret) => Err(client(format!(
            "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '{}'.",
            text(secret, "name")
        ))),
        None => Ok(()),
    }
}

fn check_dependencies(containers: &[Value]) -> Result<(), AwsError> {
    for container in containers {
        for dependency in list(container, "dependsOn") {
            let wanted = text(dependency, "containerName");
            let Some(found) = containers.iter().find(|other| text(other, "name") == wanted) else {
                return Err(client(format!(
                    "Container '{}' depends on container '{wanted}', which is not in the task definition.",
                    text(container, "name")
                )));
            };
            if text(dependency, "condition") == "HEALTHY" && given(found, "healthCheck").is_none() {
                return Err(client(format!(
                    "Container '{wanted}' must have a health check, since container '{}' depends on it being HEALTHY.",
                    text(container, "name")
                )));
            }
        }
    }
    Ok(())
}
