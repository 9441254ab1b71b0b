//! `no-privileged`.

use serde_json::Value;

use super::Inspected;
use super::rules::Found;
use super::settings::Settings;
use super::workload::{Container, containers, is_ecs, pod_specs};

/// No container is privileged, in a namespace of the host, or has the capability `SYS_ADMIN` or `ALL`.
///
/// For Amazon ECS these are `privileged` and `linuxParameters.capabilities.add` of a container, and the modes
/// `host` of a task's process, IPC and network namespaces. What else a pod should not do (volumes of the
/// host, other capabilities, the user it runs as) is for a policy.
pub(super) fn no_privileged(settings: &Settings, objects: &[Inspected]) -> Found {
    let mut found = Found::default();
    for object in objects.iter().filter(|object| !settings.excepts(&object.id)) {
        let containers = containers(object);
        if containers.is_empty() {
            continue;
        }
        let mut wrong = host_namespaces(object);
        for container in &containers {
            wrong.extend(container_privileges(container));
        }
        found.judge(object, wrong);
    }
    found
}

fn is_true(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer) == Some(&Value::Bool(true))
}

fn host_namespaces(object: &Inspected) -> Vec<String> {
    let mut wrong = Vec::new();
    for pod in pod_specs(object) {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if is_true(pod.spec, &format!("/{field}")) {
                wrong.push(format!("shares a namespace of the host: {}.{field}", pod.path));
            }
        }
        if is_true(pod.spec, "/securityContext/windowsOptions/hostProcess") {
            let path = pod.path;
            wrong.push(format!("is privileged: {path}.securityContext.windowsOptions.hostProcess"));
        }
    }
    if is_ecs(object, "TaskDefinition") {
        for field in ["networkMode", "pidMode", "ipcMode"] {
            let mode = object.body.pointer(&format!("/spec/{field}")).and_then(Value::as_str);
            if mode == Some("host") {
                wrong.push(format!("shares a namespace of the host: spec.{field}"));
            }
        }
    }
    wrong
}

fn container_privileges(container: &Container<'_>) -> Vec<String> {
    const PRIVILEGED: [&str; 3] = [
        "/privileged",
        "/securityContext/privileged",
        "/securityContext/windowsOptions/hostProcess",
    ];
    const ADDED: [&str; 2] =
        ["/linuxParameters/capabilities/add", "/securityContext/capabilities/add"];
    let (path, body) = (&container.path, container.body);
    let dotted = |pointer: &str| format!("{path}{}", pointer.replace('/', "."));
    let mut wrong = Vec::new();
    for pointer in PRIVILEGED {
        if is_true(body, pointer) {
            wrong.push(format!("is privileged: {}", dotted(pointer)));
        }
    }
    for pointer in ADDED {
        let added = body.pointer(pointer).and_then(Value::as_array);
        for name in added.into_iter().flatten().filter_map(Value::as_str) {
            let upper = name.to_ascii_uppercase();
            if matches!(upper.strip_prefix("CAP_").unwrap_or(&upper), "SYS_ADMIN" | "ALL") {
                wrong.push(format!("adds the capability {name}: {}", dotted(pointer)));
            }
        }
    }
    wrong
}
