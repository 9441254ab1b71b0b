//! Tasks.

use serde_json::{Map, Value, json};

use super::{
    super::{
        context::{Context, stamp},
        error::AwsResult,
        page::page,
    },
    Ecs,
    clusters::{tags_of, with_token},
    given, invalid, list,
    model::{Members, Service, Task, TaskDefinition, TaskStatus},
    name_of, paging,
    service_rules::is_fargate,
    tags, text, texts,
};

impl Ecs {
    /// The tasks run and end by themselves with exit code 0, as jobs do; those of a failing definition stop at start.
    pub(super) fn run_task(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_of(body)?;
        let count = given(body, "count").map_or(Some(1), Value::as_i64).unwrap_or_default();
        if !(1..=10).contains(&count) {
            return Err(invalid("Task count must be between 1 and 10."));
        }
        let new_tags = tags::read(body)?;
        let definition = self.runnable(text(body, "taskDefinition"))?;
        // A task is launched as a service would launch it.
        let mut asked = body.clone();
        asked["schedulingStrategy"] = "REPLICA".into();
        let spec = self.new_spec(context, &cluster, &asked)?;
        let family = text(&definition.value, "family");
        let group = match text(body, "group") {
            "" => format!("family:{family}"),
            group => group.to_owned(),
        };
        let token = text(body, "clientToken");
        if let Some(ids) = self.runs.get(token).filter(|_| !token.is_empty()) {
            let tasks: Vec<Value> = ids
                .iter()
                .filter_map(|id| {
                    Some(self.task_view(id, self.tasks.get(&(cluster.clone(), id.clone()))?))
                })
                .collect();
            return Ok(json!({ "tasks": tasks, "failures": [] }));
        }
        let mut made = Vec::new();
        for _ in 0..count {
            let (id, mut task) = new_task(context, &cluster, definition, &spec);
            task.group.clone_from(&group);
            task.started_by = text(body, "startedBy").to_owned();
            task.ends = true;
            task.spec.insert("tags".into(), json!(new_tags));
            if let Some(overrides) = given(body, "overrides") {
                task.spec.insert("overrides".into(), overrides.clone());
            }
            made.push((id, task));
        }
        let views: Vec<Value> = made.iter().map(|(id, task)| self.task_view(id, task)).collect();
        if !token.is_empty() {
            self.runs.insert(token.to_owned(), made.iter().map(|(id, _)| id.clone()).collect());
        }
        self.tasks.extend(made.into_iter().map(|(id, task)| ((cluster.clone(), id), task)));
        Ok(json!({ "tasks": views, "failures": [] }))
    }

    pub(super) fn stop_task(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_of(body)?;
        let id = task_id(text(body, "task")).to_owned();
        let reason = match text(body, "reason") {
            "" => "Task stopped by user",
            reason => reason,
        };
        let of_service =
            self.services.values_mut().filter(|service| service.cluster == cluster).find_map(
                |service| {
                    service.steady &= !service.tasks.contains_key(&id);
                    service.tasks.get_mut(&id)
                },
            );
        let task = match of_service {
            Some(task) => Some(task),
            None => self.tasks.get_mut(&(cluster.clone(), id.clone())),
        };
        let Some(task) = task else {
            return Err(invalid("The referenced task was not found."));
        };
        if task.stop("UserInitiated", reason) && task.last != TaskStatus::Running {
            task.last = TaskStatus::Stopped;
            task.stopped = Some(context.now);
        }
        let found = self.cluster_tasks(&cluster).find(|(found, _)| *found == id);
        Ok(json!({ "task": found.map(|(id, task)| self.task_view(id, task)) }))
    }

    /// `desiredStatus` is `RUNNING` unless it is asked for.
    pub(super) fn list_tasks(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster_of(body)?;
        let service = text(body, "serviceName");
        if !service.is_empty() {
            let of = json!({ "cluster": cluster, "service": service });
            self.service_of(&of)?;
        }
        let group = format!(
            "service:{}",
            name_of(service, "service").rsplit('/').next().unwrap_or_default()
        );
        let wanted = text(body, "desiredStatus") != "STOPPED";
        let fits = |member: &str, value: &str| {
            text(body, member).is_empty() || text(body, member) == value
        };
        let mut arns: Vec<(String, String)> = self
            .cluster_tasks(&cluster)
            .filter(|(_, task)| task.wanted == wanted)
            .filter(|(_, task)| service.is_empty() || task.group == group)
            .filter(|(_, task)| fits("startedBy", &task.started_by))
            .filter(|(_, task)| {
                fits(
                    "launchType",
                    task.spec.get("launchType").and_then(Value::as_str).unwrap_or(""),
                )
            })
            .filter(|(_, task)| {
                let family = name_of(&task.definition, "task-definition").split(':').next();
                fits("family", family.unwrap_or_default())
            })
            .map(|(_, task)| (task.arn.clone(), task.arn.clone()))
            .collect();
        arns.sort();
        let (arns, next) = page(arns, body, paging(100)).map_err(|error| error.ecs())?;
        Ok(with_token(json!({ "taskArns": arns }), next))
    }

    pub(super) fn describe_tasks(&self, context: &Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_of(body)?;
        let wanted = texts(body, "tasks");
        if wanted.is_empty() {
            return Err(invalid("Tasks cannot be empty."));
        }
        if wanted.len() > 100 {
            return Err(invalid("tasks can have at most 100 items"));
        }
        let (mut tasks, mut failures) = (Vec::new(), Vec::new());
        for reference in wanted {
            let id = task_id(reference);
            match self.cluster_tasks(&cluster).find(|(found, _)| *found == id) {
                Some((id, task)) => {
                    let mut view = self.task_view(id, task);
                    let tags = list(&view, "tags").to_vec();
                    match tags_of(body, &tags) {
                        Some(tags) => view["tags"] = tags,
                        None => view["tags"] = json!([]),
                    }
                    tasks.push(view);
                }
                None => {
                    let arn = match reference.starts_with("arn:") {
                        true => reference.to_owned(),
                        false => context.arn("ecs", &format!("task/{cluster}/{reference}")),
                    };
                    failures.push(json!({ "arn": arn, "reason": "MISSING" }));
                }
            }
        }
        Ok(json!({ "tasks": tasks, "failures": failures }))
    }

    fn task_view(&self, id: &str, task: &Task) -> Value {
        let containers =
            self.definition_of(task).map_or(&[][..], |d| list(&d.value, "containerDefinitions"));
        let status = match task.last {
            TaskStatus::Provisioning => "PENDING",
            TaskStatus::Stopping => "RUNNING",
            other => other.name(),
        };
        let containers: Vec<Value> = containers
            .iter()
            .map(|container| {
                let mut view = json!({
                    "containerArn": task.arn.replacen(":task/", ":container/", 1),
                    "taskArn": task.arn,
                    "name": text(container, "name"),
                    "image": text(container, "image"),
                    "lastStatus": status,
                    "networkInterfaces": [],
                    "healthStatus": "UNKNOWN",
                    "cpu": container.get("cpu").map(Value::to_string).unwrap_or_default(),
                });
                if let Some(exit) = task.exit {
                    view["exitCode"] = exit.into();
                }
                if task.exit.is_none()
                    && task.failure.is_some()
                    && let Some(reason) = &task.stop_reason
                {
                    view["reason"] = reason.as_str().into();
                }
                view
            })
            .collect();
        let mut view = json!({
            "taskArn": task.arn,
            "clusterArn": cluster_arn(&task.arn, id),
            "taskDefinitionArn": task.definition,
            "lastStatus": task.last.name(),
            "desiredStatus": if task.wanted { "RUNNING" } else { "STOPPED" },
            "group": task.group,
            "createdAt": stamp(task.created),
            "containers": containers,
            "attachments": [], "attributes": [],
            "version": 1,
        });
        if !task.started_by.is_empty() {
            view["startedBy"] = task.started_by.as_str().into();
        }
        for (member, value) in &task.spec {
            view[member] = value.clone();
        }
        for (member, time) in [
            ("startedAt", task.started),
            ("stoppedAt", task.stopped),
            ("executionStoppedAt", task.stopped),
        ] {
            if let Some(time) = time {
                view[member] = stamp(time);
            }
        }
        if let Some(code) = task.stop_code {
            view["stopCode"] = code.into();
        }
        if let Some(reason) = &task.stop_reason {
            view["stoppedReason"] = reason.as_str().into();
        }
        view
    }

    /// The definition of a task, whatever became of it.
    fn definition_of(&self, task: &Task) -> Option<&TaskDefinition> {
        let (family, number) =
            super::definitions::split(name_of(&task.definition, "task-definition"));
        self.families.get(family)?.get(number?.checked_sub(1)?)
    }
}

/// A new task of the primary deployment of a service.
pub(super) fn of_service(
    ecs: &Ecs,
    context: &mut Context<'_>,
    service: &Service,
) -> Option<(String, Task)> {
    let primary = service.primary()?;
    let reference = primary.spec.get("taskDefinition").and_then(Value::as_str)?;
    let (family, number) = super::definitions::split(name_of(reference, "task-definition"));
    // Also a revision that was deregistered meanwhile.
    let definition = ecs.families.get(family)?.get(number?.checked_sub(1)?)?;
    let (id, mut task) = new_task(context, &service.cluster, definition, &primary.spec);
    task.started_by.clone_from(&primary.id);
    task.group = format!("service:{}", service.name);
    let tags = match service.text("propagateTags") {
        "SERVICE" => service.tags.clone(),
        "TASK_DEFINITION" => definition.tags.clone(),
        _ => Vec::new(),
    };
    task.spec.insert("tags".into(), tags.into());
    Some((id, task))
}

fn new_task(
    context: &mut Context<'_>,
    cluster: &str,
    definition: &TaskDefinition,
    launch: &Members,
) -> (String, Task) {
    let id = context.ids.hex(32);
    let fargate = is_fargate(launch);
    let mut spec = Map::new();
    let provider = launch
        .get("capacityProviderStrategy")
        .and_then(Value::as_array)
        .and_then(|items| items.first())
        .map(|item| text(item, "capacityProvider").to_owned());
    spec.insert("launchType".into(), if fargate { "FARGATE" } else { "EC2" }.into());
    if let Some(provider) = provider {
        spec.insert("capacityProviderName".into(), provider.into());
    }
    if fargate {
        spec.insert("platformVersion".into(), "1.4.0".into());
        spec.insert("platformFamily".into(), "Linux".into());
    }
    for member in ["cpu", "memory", "ephemeralStorage"] {
        if let Some(value) = definition.value.get(member) {
            spec.insert(member.into(), value.clone());
        }
    }
    spec.insert(
        "overrides".into(),
        json!({ "containerOverrides": [], "inferenceAcceleratorOverrides": [] }),
    );
    let task = Task {
        arn: context.arn("ecs", &format!("task/{cluster}/{id}")),
        definition: definition.arn.clone(),
        started_by: String::new(),
        group: String::new(),
        last: TaskStatus::Provisioning,
        wanted: true,
        failure: definition.failure.clone(),
        ends: false,
        created: context.now,
        started: None,
        stopped: None,
        stop_code: None,
        stop_reason: None,
        exit: None,
        spec,
    };
    (id, task)
}

/// The id of a task by its ARN or id.
fn task_id(reference: &str) -> &str {
    name_of(reference, "task").rsplit('/').next().unwrap_or_default()
}

fn cluster_arn(task: &str, id: &str) -> String {
    task.replacen(":task/", ":cluster/", 1).trim_end_matches(id).trim_end_matches('/').to_owned()
}
