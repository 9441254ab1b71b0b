//! Workloads of ECS: a service and the task definition that it names.

use std::collections::BTreeMap;

use serde_json::Value;
use suimon_model::{DeferredRef, Manifest, ResourceId};

use super::{Container, Workload, image, size};

const GROUP: &str = "ecs.services.k8s.aws";

pub(super) fn workloads(manifests: &[Manifest]) -> Vec<Workload> {
    let of = |kind: &str| -> Vec<(&ResourceId, Value)> {
        let such = manifests.iter().filter(|m| m.id.group == GROUP && m.id.kind == kind);
        such.map(|m| (&m.id, m.body.value())).collect()
    };
    let definitions = of("TaskDefinition");
    of("Service")
        .into_iter()
        .filter_map(|(id, body)| {
            let spec = body.get("spec")?;
            let (_, definition) = definitions.iter().find(|(id, body)| names(spec, id, body))?;
            Some(workload(id, definition.get("spec")?))
        })
        .collect()
}

/// A field by its name in any capitals, as declarations may spell it.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let map = value.as_object()?;
    map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    field(value, name)?.as_str()
}

/// Whether a service names this task definition: by reference, by marker, by family or by ARN.
fn names(service: &Value, id: &ResourceId, definition: &Value) -> bool {
    let by_reference = field(service, "taskDefinitionRef")
        .and_then(|reference| reference.pointer("/from/name")?.as_str())
        .is_some_and(|name| name == id.name);
    let by_text = text(service, "taskDefinition").is_some_and(|named| {
        let marked = DeferredRef::find_markers(named);
        let family = definition.get("spec").and_then(|spec| text(spec, "family"));
        let plain = named.rsplit('/').next().unwrap_or(named);
        let plain = plain.split(':').next().unwrap_or(plain);
        marked.iter().any(|(_, target, _)| target == id) || plain == family.unwrap_or(&id.name)
    });
    by_reference || by_text
}

fn workload(id: &ResourceId, spec: &Value) -> Workload {
    let all: Vec<&Value> = field(spec, "containerDefinitions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect();
    let lasting = |container: &&&Value| field(container, "essential") != Some(&Value::Bool(false));
    let single = all.iter().filter(lasting).count() == 1;
    let mut containers = BTreeMap::new();
    for found in all.iter().filter(lasting) {
        let mut container = container(found);
        if single {
            container.cpu = container.cpu.or_else(|| size::units(field(spec, "cpu")?));
            container.memory =
                container.memory.or_else(|| size::ecs_memory(field(spec, "memory")?));
        }
        containers.insert(text(found, "name").unwrap_or_default().to_owned(), container);
    }
    let fargate = field(spec, "requiresCompatibilities")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|one| one == "FARGATE"));
    let role = text(spec, "taskRoleArn").map(str::to_owned);
    Workload { id: id.clone(), role, containers, fargate }
}

fn container(found: &Value) -> Container {
    let list = |name: &str| field(found, name).and_then(Value::as_array).into_iter().flatten();
    let words = |name: &str| list(name).filter_map(Value::as_str).map(str::to_owned);
    let keys = |name: &str| list(name).filter_map(|item| text(item, "name")).map(str::to_owned);
    let (image, version) = image(text(found, "image").unwrap_or_default());
    let positive = |size: &u64| *size > 0;
    Container {
        image,
        version,
        command: words("entryPoint").chain(words("command")).collect(),
        environment: keys("environment").collect(),
        secrets: keys("secrets").collect(),
        ports: list("portMappings")
            .filter_map(|port| {
                let number = field(port, "containerPort")?.as_u64()?;
                Some(format!("{number}/{}", text(port, "protocol").unwrap_or("tcp")))
            })
            .collect(),
        cpu: field(found, "cpu").and_then(size::units).filter(positive),
        memory: field(found, "memory").and_then(size::ecs_memory).filter(positive),
        health_check: field(found, "healthCheck").and_then(health),
    }
}

/// A command that asks an address of the container itself is a probe over HTTP.
fn health(check: &Value) -> Option<String> {
    let words: Vec<&str> =
        field(check, "command")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let command = match words.as_slice() {
        ["CMD" | "CMD-SHELL", rest @ ..] => rest.join(" "),
        ["NONE"] => return None,
        all => all.join(" "),
    };
    for (scheme, name) in [("http://", "http"), ("https://", "https")] {
        let url = command.split_whitespace().find_map(|word| {
            word.trim_matches(['"', '\'']).strip_prefix(scheme).map(str::to_owned)
        });
        if let Some(url) = url {
            let (host, path) = url.split_once('/').unwrap_or((&url, ""));
            let port =
                host.rsplit_once(':').map_or(if name == "http" { "80" } else { "443" }, |p| p.1);
            return Some(format!("{name} :{port}/{path}"));
        }
    }
    Some(format!("exec {command}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn health_commands_that_ask_over_http_are_probes() {
        for (command, told) in [
            (
                json!(["CMD-SHELL", "curl -f http://localhost:8080/healthz || exit 1"]),
                "http :8080/healthz",
            ),
            (json!(["CMD", "wget", "-qO-", "https://127.0.0.1/x/y"]), "https :443/x/y"),
            (json!(["CMD", "/app/check"]), "exec /app/check"),
        ] {
            assert_eq!(health(&json!({"command": command})).unwrap(), told);
        }
        assert_eq!(health(&json!({"command": ["NONE"]})), None);
    }
}
