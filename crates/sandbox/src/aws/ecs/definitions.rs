//! Task definitions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{
        context::Context,
        error::{AwsError, AwsResult},
        page::page,
    },
    Ecs, FAIL_LABEL, FAIL_VARIABLE, client,
    clusters::{tags_of, with_token},
    definition_rules, given, invalid, is_name, list,
    model::{TaskDefinition, TaskFailure},
    name_of, paging, tags, task_sizes, text, texts,
};

/// The members of a request that are echoed as they came.
const ECHOED: [&str; 11] = [
    "taskRoleArn",
    "executionRoleArn",
    "requiresCompatibilities",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
    "family",
];

const MISSING: &str = "The specified task definition does not exist. Specify a valid account, family, revision and try again.";

impl Ecs {
    /// Each call makes a revision, also with the content of the one before.
    pub(super) fn register(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        definition_rules::check(body)?;
        let new_tags = tags::read(body)?;
        let family = text(body, "family");
        let revisions = self.families.entry(family.to_owned()).or_default();
        let number = revisions.len() + 1;
        let arn = context.arn("ecs", &format!("task-definition/{family}:{number}"));
        let mut value = json!({
            "taskDefinitionArn": arn,
            "revision": number,
            "status": "ACTIVE",
            "containerDefinitions": containers(body),
            "volumes": list(body, "volumes").iter().map(volume).collect::<Vec<_>>(),
            "placementConstraints": list(body, "placementConstraints"),
            "networkMode": match text(body, "networkMode") { "" => "bridge", mode => mode },
            "requiresAttributes": attributes(body),
            "compatibilities": compatibilities(body),
            "registeredAt": context.stamp(),
            "registeredBy": context.caller,
        });
        for member in ECHOED {
            if let Some(given) = given(body, member) {
                value[member] = given.clone();
            }
        }
        let (cpu, memory) =
            (task_sizes::cpu(text(body, "cpu")), task_sizes::memory(text(body, "memory")));
        for (member, size) in [("cpu", cpu), ("memory", memory)] {
            if let Some(size) = size {
                value[member] = size.to_string().into();
            }
        }
        let failure = failure(body);
        revisions.push(TaskDefinition {
            arn,
            value: value.clone(),
            tags: new_tags.clone(),
            failure,
        });
        let mut answer = json!({ "taskDefinition": value });
        if !new_tags.is_empty() {
            answer["tags"] = new_tags.into();
        }
        Ok(answer)
    }

    pub(super) fn describe_definition(&self, body: &Value) -> AwsResult {
        let definition = self
            .definition(text(body, "taskDefinition"))
            .ok_or_else(|| client("Unable to describe task definition."))?;
        let mut answer = json!({ "taskDefinition": definition.value });
        if let Some(tags) = tags_of(body, &definition.tags) {
            answer["tags"] = tags;
        }
        Ok(answer)
    }

    pub(super) fn list_definitions(&self, body: &Value) -> AwsResult {
        let status = match text(body, "status") {
            "" => "ACTIVE",
            status => status,
        };
        let wanted = text(body, "familyPrefix");
        let mut arns: Vec<(String, String)> = self
            .families
            .iter()
            .filter(|(family, _)| wanted.is_empty() || *family == wanted)
            .flat_map(|(_, revisions)| revisions)
            .filter(|definition| definition.status() == status)
            .map(|definition| (definition.arn.clone(), definition.arn.clone()))
            .collect();
        if text(body, "sort") == "DESC" {
            arns.reverse();
        }
        let (arns, next) = page(arns, body, paging(100)).map_err(|error| error.ecs())?;
        Ok(with_token(json!({ "taskDefinitionArns": arns }), next))
    }

    /// `ACTIVE` families have an active revision, `INACTIVE` ones have inactive revisions only.
    pub(super) fn list_families(&self, body: &Value) -> AwsResult {
        let status = text(body, "status");
        let families = self
            .families
            .iter()
            .filter(|(family, _)| family.starts_with(text(body, "familyPrefix")))
            .filter(|(_, revisions)| {
                let has = |status: &str| revisions.iter().any(|d| d.status() == status);
                match status {
                    "ACTIVE" => has("ACTIVE"),
                    "INACTIVE" => has("INACTIVE") && !has("ACTIVE"),
                    _ => has("ACTIVE") || has("INACTIVE"),
                }
            })
            .map(|(family, _)| (family.clone(), family.clone()))
            .collect();
        let (families, next) = page(families, body, paging(100)).map_err(|error| error.ecs())?;
        Ok(with_token(json!({ "families": families }), next))
    }

    pub(super) fn deregister(&mut self, context: &Context<'_>, body: &Value) -> AwsResult {
        let (family, number) = split(name_of(text(body, "taskDefinition"), "task-definition"));
        let number =
            number.ok_or_else(|| invalid(format!("Invalid revision number. Number: {family}")))?;
        let arn = text(body, "taskDefinition").to_owned();
        let definition = self
            .definition_mut(family, number)
            .filter(|definition| !arn.starts_with("arn:") || definition.arn == arn)
            .ok_or_else(|| client("Unable to describe task definition."))?;
        if definition.status() == "ACTIVE" {
            definition.value["status"] = "INACTIVE".into();
            definition.value["deregisteredAt"] = context.stamp();
        }
        Ok(json!({ "taskDefinition": definition.value }))
    }

    /// Only inactive revisions can be deleted; ten at once.
    pub(super) fn delete_definitions(&mut self, context: &Context<'_>, body: &Value) -> AwsResult {
        let wanted = texts(body, "taskDefinitions");
        if wanted.is_empty() || wanted.len() > 10 {
            return Err(invalid("taskDefinitions can have at least 1 and at most 10 items"));
        }
        let used = self.used_definitions();
        let (mut done, mut failures) = (Vec::new(), Vec::new());
        for reference in wanted {
            let (family, number) = split(name_of(reference, "task-definition"));
            let definition = number.and_then(|number| self.definition_mut(family, number));
            let reason = match definition {
                None => MISSING,
                Some(definition) if definition.status() == "ACTIVE" => {
                    "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
                }
                Some(definition) => {
                    if definition.status() == "INACTIVE" {
                        definition.value["status"] = "DELETE_IN_PROGRESS".into();
                        definition.value["deleteRequestedAt"] = context.stamp();
                    }
                    done.push(definition.value.clone());
                    if !used.contains(&definition.arn) {
                        definition.value["status"] = "DELETED".into();
                    }
                    continue;
                }
            };
            failures.push(json!({ "arn": reference, "reason": reason }));
        }
        Ok(json!({ "taskDefinitions": done, "failures": failures }))
    }

    /// The ARNs that services and tasks use.
    fn used_definitions(&self) -> BTreeSet<String> {
        let services = self.services.values().flat_map(|service| {
            let tasks = service.tasks.values().map(|task| task.definition.clone());
            tasks.chain([service.text("taskDefinition").to_owned()])
        });
        services.chain(self.tasks.values().map(|task| task.definition.clone())).collect()
    }

    /// A task definition by ARN, by `family:revision`, or the latest active one of a family.
    pub(super) fn definition(&self, reference: &str) -> Option<&TaskDefinition> {
        let (family, number) = split(name_of(reference, "task-definition"));
        let revisions = self.families.get(family)?;
        let found = match number {
            Some(number) => revisions.get(number.checked_sub(1)?),
            None => revisions.iter().rev().find(|definition| definition.status() == "ACTIVE"),
        };
        found.filter(|definition| {
            definition.status() != "DELETED"
                && (!reference.starts_with("arn:") || definition.arn == reference)
        })
    }

    pub(super) fn definition_mut(
        &mut self,
        family: &str,
        number: usize,
    ) -> Option<&mut TaskDefinition> {
        let revisions = self.families.get_mut(family)?;
        revisions
            .get_mut(number.checked_sub(1)?)
            .filter(|definition| definition.status() != "DELETED")
    }

    /// A task definition for a service or a task to run.
    pub(super) fn runnable(&self, reference: &str) -> Result<&TaskDefinition, AwsError> {
        if reference.is_empty() {
            return Err(invalid("TaskDefinition can not be blank."));
        }
        match self.definition(reference) {
            None => Err(client("TaskDefinition not found.")),
            Some(definition) if definition.status() != "ACTIVE" => {
                Err(client("TaskDefinition is inactive"))
            }
            Some(definition) => Ok(definition),
        }
    }
}

/// Family and revision.
pub(super) fn split(name: &str) -> (&str, Option<usize>) {
    match name.rsplit_once(':') {
        Some((family, number)) => (family, Some(number.parse().unwrap_or(0))),
        None => (name, None),
    }
}

pub(super) fn is_family(name: &str) -> bool {
    is_name(name)
}

fn containers(body: &Value) -> Vec<Value> {
    let mode = text(body, "networkMode");
    list(body, "containerDefinitions").iter().map(|given| container(given, mode)).collect()
}

/// With the defaults that the API adds.
fn container(given: &Value, mode: &str) -> Value {
    let mut value = given.clone();
    let Some(members) = value.as_object_mut() else { return value };
    members.retain(|_, value| !value.is_null());
    members.entry("cpu").or_insert_with(|| 0.into());
    members.entry("essential").or_insert_with(|| true.into());
    for member in ["portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"] {
        members.entry(member).or_insert_with(|| json!([]));
    }
    for port in members.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten()
    {
        let inner = port.get("containerPort").cloned().unwrap_or_else(|| 0.into());
        let outer = if matches!(mode, "awsvpc" | "host") { inner } else { 0.into() };
        if let Some(port) = port.as_object_mut() {
            if port.get("containerPortRange").is_none() {
                let host = port.entry("hostPort").or_insert_with(|| outer.clone());
                if host.as_i64() == Some(0) {
                    *host = outer;
                }
            }
            port.entry("protocol").or_insert_with(|| "tcp".into());
        }
    }
    if let Some(check) = members.get_mut("healthCheck").and_then(Value::as_object_mut) {
        for (member, default) in [("interval", 30), ("timeout", 5), ("retries", 3)] {
            check.entry(member).or_insert_with(|| default.into());
        }
    }
    value
}

fn volume(given: &Value) -> Value {
    let mut value = given.clone();
    if let Some(efs) = value.get_mut("efsVolumeConfiguration").and_then(Value::as_object_mut) {
        efs.entry("rootDirectory").or_insert_with(|| "/".into());
    }
    value
}

/// What the task definition can be launched on.
fn compatibilities(body: &Value) -> Vec<&'static str> {
    let awsvpc = text(body, "networkMode") == "awsvpc";
    let sized = task_sizes::cpu(text(body, "cpu"))
        .zip(task_sizes::memory(text(body, "memory")))
        .is_some_and(|(cpu, memory)| task_sizes::check_fargate(cpu, memory).is_ok());
    let mut found = if awsvpc { vec!["EC2"] } else { vec!["EXTERNAL", "EC2"] };
    if awsvpc && sized {
        found.push("FARGATE");
    }
    found
}

/// What a container instance must have, as far as the usual features need it.
fn attributes(body: &Value) -> Vec<Value> {
    let mut names = BTreeSet::from(["com.amazonaws.ecs.capability.docker-remote-api.1.18"]);
    if !text(body, "taskRoleArn").is_empty() {
        names.insert("com.amazonaws.ecs.capability.task-iam-role");
    }
    if text(body, "networkMode") == "awsvpc" {
        names.insert("ecs.capability.task-eni");
    }
    let role = !text(body, "executionRoleArn").is_empty();
    for container in list(body, "containerDefinitions") {
        if text(container, "image").contains(".dkr.ecr.") {
            names.insert("com.amazonaws.ecs.capability.ecr-auth");
            if role {
                names.insert("ecs.capability.execution-role-ecr-pull");
            }
        }
        let driver = container.pointer("/logConfiguration/logDriver").and_then(Value::as_str);
        if driver == Some("awslogs") {
            names.insert("com.amazonaws.ecs.capability.docker-remote-api.1.19");
            names.insert("com.amazonaws.ecs.capability.logging-driver.awslogs");
            if role {
                names.insert("ecs.capability.execution-role-awslogs");
            }
        }
        if given(container, "healthCheck").is_some() {
            names.insert("ecs.capability.container-health-check");
        }
        if !list(container, "dependsOn").is_empty() {
            names.insert("ecs.capability.container-ordering");
        }
        for secret in list(container, "secrets") {
            let manager = text(secret, "valueFrom").contains(":secretsmanager:");
            names.insert(match manager {
                true => "ecs.capability.secrets.asm.environment-variables",
                false => "ecs.capability.secrets.ssm.environment-variables",
            });
        }
    }
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

/// How its tasks fail, when it is marked as failing.
fn failure(body: &Value) -> Option<TaskFailure> {
    list(body, "containerDefinitions").iter().find_map(|container| {
        let image = text(container, "image");
        // The registry's host and the digest say nothing about the application.
        let name = image.split('@').next().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        if name.contains("fail") {
            return Some(TaskFailure {
                code: "TaskFailedToStart",
                reason: format!(
                    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: not found"
                ),
                exit: None,
            });
        }
        let label = container.get("dockerLabels").map(|labels| text(labels, FAIL_LABEL));
        let variable = list(container, "environment")
            .iter()
            .find(|variable| text(variable, "name") == FAIL_VARIABLE)
            .map(|variable| text(variable, "value"));
        (label == Some("true") || variable == Some("true")).then(|| TaskFailure {
            code: "EssentialContainerExited",
            reason: "Essential container in task exited".to_owned(),
            exit: Some(1),
        })
    })
}
