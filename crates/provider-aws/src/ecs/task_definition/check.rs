//! What is wrong with a declared task definition, as far as can be told without the API.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::cluster::is_name;
use super::super::json::{is_open, list, text, texts};
use super::sizes;
use crate::shape::Problem;

/// The largest task definition, in bytes.
const LARGEST: usize = 65_536;

/// Everything that is wrong with it.
pub(super) fn check(spec: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let family = text(spec, "family");
    if !is_open(family) && !is_name(family) {
        let what = format!("`{family}` is not a family of up to 255 letters, digits, `-` and `_`");
        problems.push(Problem::new("spec.family", what));
    }
    task(spec, &mut problems);
    let containers = list(spec, "containerDefinitions");
    if containers.is_empty() {
        problems.push(Problem::new("spec.containerDefinitions", "a task has a container"));
    }
    let mut names = BTreeSet::new();
    for (at, one) in containers.iter().enumerate() {
        let path = format!("spec.containerDefinitions[{at}]");
        container(spec, one, &path, &mut problems);
        let name = text(one, "name");
        if !name.is_empty() && !names.insert(name) {
            let what = format!("there are two containers with the name `{name}`");
            problems.push(Problem::new(format!("{path}.name"), what));
        }
    }
    let essential = |c: &Value| c.get("essential").is_none_or(|essential| essential != false);
    if !containers.is_empty() && !containers.iter().any(essential) {
        let what = "at least one container must be essential";
        problems.push(Problem::new("spec.containerDefinitions", what));
    }
    dependencies(containers, &mut problems);
    volumes(spec, &mut problems);
    let length = spec.to_string().len();
    if length > LARGEST {
        let what = format!("it has {length} bytes, and a task definition may have {LARGEST}");
        problems.push(Problem::new("spec", what).help("move large values into files or secrets"));
    }
    problems
}

/// What is said of the task as a whole.
fn task(spec: &Value, problems: &mut Vec<Problem>) {
    let fargate = texts(spec, "requiresCompatibilities").contains(&"FARGATE");
    let mut size = |member: &str, read: fn(&str) -> Option<i64>, example: &str| {
        let given = text(spec, member);
        let path = format!("spec.{member}");
        if given.is_empty() {
            if fargate {
                problems.push(Problem::new(path, "a task on Fargate must say it").help(example));
            }
            return None;
        }
        let units = read(given);
        if units.is_none() && !is_open(given) {
            let what = format!("`{given}` is not a size");
            problems.push(Problem::new(path, what).help(example));
        }
        units
    };
    let cpu = size("cpu", sizes::cpu, "for example \"256\" or \"0.25 vCPU\"");
    let memory = size("memory", sizes::memory, "for example \"512\" or \"0.5 GB\"");
    if let (true, Some(cpu), Some(memory)) = (fargate, cpu, memory)
        && let Some((what, help)) = sizes::check_fargate(cpu, memory)
    {
        let place = if help.starts_with("it has") { "spec.cpu" } else { "spec.memory" };
        problems.push(Problem::new(place, what).help(help));
    }
    let mode = text(spec, "networkMode");
    if fargate && mode != "awsvpc" && !is_open(mode) {
        let what = "a task on Fargate has the network mode `awsvpc`";
        problems.push(Problem::new("spec.networkMode", what));
    }
    let modes = ["", "awsvpc", "bridge", "host", "none", "default"];
    if !fargate && !modes.contains(&mode) && !is_open(mode) {
        let what = format!("`{mode}` is not a network mode");
        let problem = Problem::new("spec.networkMode", what);
        problems.push(problem.help("it has awsvpc, bridge, host, none and default"));
    }
}

fn container(spec: &Value, one: &Value, path: &str, problems: &mut Vec<Problem>) {
    let mut wrong = |member: &str, what: String| {
        problems.push(Problem::new(format!("{path}{member}"), what));
    };
    let name = text(one, "name");
    if !is_open(name) && !is_name(name) {
        let what = format!("`{name}` is not a name of up to 255 letters, digits, `-` and `_`");
        wrong(".name", what);
    }
    if text(one, "image").is_empty() {
        wrong(".image", "a container has an image".to_owned());
    }
    let fargate = texts(spec, "requiresCompatibilities").contains(&"FARGATE");
    let sized = fargate || !text(spec, "memory").is_empty();
    if !sized && one.get("memory").is_none() && one.get("memoryReservation").is_none() {
        let what = "`memory` or `memoryReservation` is needed where the task has no `memory`";
        wrong("", what.to_owned());
    }
    let number = |member: &str| one.get(member).and_then(Value::as_i64);
    if let (Some(hard), Some(soft)) = (number("memory"), number("memoryReservation"))
        && soft > hard
    {
        wrong(".memoryReservation", format!("{soft} is more than the container's memory, {hard}"));
    }
    if text(spec, "networkMode") == "awsvpc" {
        for (at, port) in list(one, "portMappings").iter().enumerate() {
            let inner = port.get("containerPort").and_then(Value::as_i64);
            let outer = port.get("hostPort").and_then(Value::as_i64).filter(|port| *port != 0);
            if let (Some(inner), Some(outer)) = (inner, outer)
                && inner != outer
            {
                let what = format!("under awsvpc it must be the container's port, {inner}");
                wrong(&format!(".portMappings[{at}].hostPort"), what);
            }
        }
    }
    let mut names = BTreeSet::new();
    for (member, value) in [("environment", None), ("secrets", Some("valueFrom"))] {
        for (at, item) in list(one, member).iter().enumerate() {
            let name = text(item, "name");
            let place = format!(".{member}[{at}]");
            if name.is_empty() {
                wrong(&format!("{place}.name"), "it has no name".to_owned());
            } else if !names.insert(name) {
                let what = format!("the variable `{name}` is there twice");
                wrong(&format!("{place}.name"), what);
            }
            if let Some(what) = value.and_then(|value| secret(text(item, value))) {
                wrong(&format!("{place}.valueFrom"), what);
            }
        }
    }
    role(spec, one, path, problems);
}

/// What is wrong with where a secret's value comes from. Whether it is there is for AWS to say.
fn secret(from: &str) -> Option<String> {
    let usual = "the ARN of a secret, or a parameter of Parameter Store";
    if from.is_empty() {
        return Some(format!("it must be {usual}"));
    }
    // A marker stands for an ARN without a part of the value.
    let parts: Vec<&str> = from.split(':').collect();
    let more = match parts[..] {
        [first, ..] if is_open(first) => parts.len() - 1,
        ["arn", _, "ssm", _, _, name, ..] if name.starts_with("parameter/") => 0,
        ["arn", _, "secretsmanager", _, _, "secret", name, ..] if !name.is_empty() => {
            parts.len() - 7
        }
        ["arn", ..] => return Some(format!("`{from}` is not {usual}")),
        _ => 0,
    };
    let fits = more == 0 || more == 3 || is_open(from) && !is_open(parts[0]);
    (!fits).then(|| {
        let one = "one key of a secret is ARN:KEY:: and one version ARN:KEY:STAGE:VERSION";
        format!("after the ARN come no parts or three, not {more}: {one}")
    })
}

/// What needs the execution role.
fn role(spec: &Value, one: &Value, path: &str, problems: &mut Vec<Problem>) {
    if !text(spec, "executionRoleArn").is_empty() {
        return;
    }
    let options = one.pointer("/logConfiguration/secretOptions").and_then(Value::as_array);
    let needs = [
        (!list(one, "secrets").is_empty(), ".secrets"),
        (options.is_some_and(|options| !options.is_empty()), ".logConfiguration.secretOptions"),
        (one.get("repositoryCredentials").is_some(), ".repositoryCredentials"),
    ];
    for (_, member) in needs.into_iter().filter(|(needs, _)| *needs) {
        let what = "this needs an `executionRoleArn`";
        problems.push(Problem::new(format!("{path}{member}"), what));
    }
    let fargate = texts(spec, "requiresCompatibilities").contains(&"FARGATE");
    if fargate && text(one, "image").contains(".dkr.ecr.") {
        let what = "an image of ECR needs an `executionRoleArn` on Fargate";
        problems.push(Problem::new(format!("{path}.image"), what));
    }
    if fargate && one.pointer("/logConfiguration/logDriver") == Some(&json!("awslogs")) {
        let what = "awslogs needs an `executionRoleArn` on Fargate";
        problems.push(Problem::new(format!("{path}.logConfiguration.logDriver"), what));
    }
}

fn dependencies(containers: &[Value], problems: &mut Vec<Problem>) {
    let place = |name: &str| containers.iter().position(|c| text(c, "name") == name);
    for (at, one) in containers.iter().enumerate() {
        for (item, dependency) in list(one, "dependsOn").iter().enumerate() {
            let path = format!("spec.containerDefinitions[{at}].dependsOn[{item}]");
            let name = text(dependency, "containerName");
            let Some(other) = place(name) else {
                if !is_open(name) {
                    let what = format!("there is no container `{name}`");
                    problems.push(Problem::new(path, what));
                }
                continue;
            };
            let check = containers[other].get("healthCheck").is_some();
            if text(dependency, "condition") == "HEALTHY" && !check {
                let what = format!("the container `{name}` has no health check to be HEALTHY by");
                problems.push(Problem::new(path, what));
            }
        }
    }
    if let Some(cycle) = cycle(containers) {
        let what = format!("the containers wait for each other: {}", cycle.join(" -> "));
        problems.push(Problem::new("spec.containerDefinitions", what));
    }
}

/// The names along a cycle of `dependsOn`, the first again at the end.
fn cycle(containers: &[Value]) -> Option<Vec<String>> {
    let next = |name: &str| {
        let one = containers.iter().find(|c| text(c, "name") == name);
        let names = one.map(|one| list(one, "dependsOn")).unwrap_or_default();
        names.iter().map(|d| text(d, "containerName").to_owned()).collect::<Vec<_>>()
    };
    // Containers that are in no cycle fall away, those that wait for nothing first.
    let mut left: BTreeSet<String> =
        containers.iter().map(|c| text(c, "name").to_owned()).collect();
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|name| !next(name).iter().any(|n| left.contains(n)))
            .cloned()
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|name| !free.contains(name));
    }
    let mut path = vec![left.first()?.clone()];
    while let Some(name) = path.last().and_then(|n| next(n).into_iter().find(|n| left.contains(n)))
    {
        if let Some(from) = path.iter().position(|seen| *seen == name) {
            path.drain(..from);
            path.push(name);
            return Some(path);
        }
        path.push(name);
    }
    None
}

fn volumes(spec: &Value, problems: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    for (at, volume) in list(spec, "volumes").iter().enumerate() {
        let name = text(volume, "name");
        if !names.insert(name) {
            let what = format!("there are two volumes with the name `{name}`");
            problems.push(Problem::new(format!("spec.volumes[{at}].name"), what));
        }
    }
    for (at, one) in list(spec, "containerDefinitions").iter().enumerate() {
        for (item, mount) in list(one, "mountPoints").iter().enumerate() {
            let name = text(mount, "sourceVolume");
            if !names.contains(name) && !is_open(name) {
                let path = format!("spec.containerDefinitions[{at}].mountPoints[{item}]");
                problems.push(Problem::new(path, format!("there is no volume `{name}`")));
            }
        }
    }
}
