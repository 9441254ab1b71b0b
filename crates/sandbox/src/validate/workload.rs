//! Required fields and cross-field rules of the workloads and other common kinds.

use serde_json::Value;

use crate::{
    resource::Resource,
    selector::LabelSelector,
    status::FieldError,
    value::{int, items, map, text},
};

pub(super) fn workload(resource: &Resource, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match resource.kind.as_str() {
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" => {
            replicas(object, &mut errors);
            selector(object, &mut errors);
            template(object, "/spec/template/spec", "spec.template.spec", &mut errors);
        }
        "Job" => template(object, "/spec/template/spec", "spec.template.spec", &mut errors),
        "CronJob" => {
            if text(object, "/spec/schedule").is_empty() {
                errors.push(FieldError::required("spec.schedule", ""));
            }
            let path = "spec.jobTemplate.spec.template.spec";
            template(object, "/spec/jobTemplate/spec/template/spec", path, &mut errors);
        }
        "Pod" => template(object, "/spec", "spec", &mut errors),
        "Service" => service(object, &mut errors),
        "ConfigMap" | "Secret" => keys(object, &mut errors),
        "PersistentVolumeClaim" => claim(object, &mut errors),
        "HorizontalPodAutoscaler" => autoscaler(object, &mut errors),
        _ => {}
    }
    if matches!(resource.kind.as_str(), "Job" | "CronJob") {
        job_restart(object, resource.kind == "CronJob", &mut errors);
    }
    errors
}

fn replicas(object: &Value, errors: &mut Vec<FieldError>) {
    if let Some(count) = int(object, "/spec/replicas").filter(|count| *count < 0) {
        errors.push(FieldError::invalid(
            "spec.replicas",
            count.into(),
            "must be greater than or equal to 0",
        ));
    }
}

fn selector(object: &Value, errors: &mut Vec<FieldError>) {
    let labels = object.pointer("/spec/template/metadata/labels");
    let mismatch = |errors: &mut Vec<FieldError>| {
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            labels.cloned().unwrap_or_default(),
            "`selector` does not match template `labels`",
        ));
    };
    let Some(selector) = object.pointer("/spec/selector").filter(|s| !s.is_null()) else {
        errors.push(FieldError::required("spec.selector", ""));
        mismatch(errors);
        return;
    };
    let selects = LabelSelector::from_object(selector);
    if selects.is_empty() {
        errors.push(FieldError::invalid(
            "spec.selector",
            selector.clone(),
            "empty selector is invalid for deployment",
        ));
        return;
    }
    let pairs: Vec<(Box<str>, Box<str>)> = labels
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(k, v)| (k.as_str().into(), v.as_str().unwrap_or_default().into()))
        .collect();
    if !selects.matches(&pairs) {
        mismatch(errors);
    }
}

fn template(object: &Value, pointer: &str, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(spec) = object.pointer(pointer) {
        pod_spec(spec, path, errors);
    } else {
        errors.push(FieldError::required(format!("{path}.containers"), ""));
    }
}

fn pod_spec(spec: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let volumes: Vec<&str> = items(spec, "/volumes").iter().map(|v| text(v, "/name")).collect();
    if items(spec, "/containers").is_empty() {
        errors.push(FieldError::required(format!("{path}.containers"), ""));
    }
    let mut seen = Vec::new();
    for list in ["initContainers", "containers"] {
        for (index, container) in items(spec, &format!("/{list}")).iter().enumerate() {
            let at = format!("{path}.{list}[{index}]");
            let name = text(container, "/name");
            if name.is_empty() {
                errors.push(FieldError::required(format!("{at}.name"), ""));
            } else if seen.contains(&name) {
                errors.push(FieldError::duplicate(format!("{at}.name"), name.into()));
            }
            seen.push(name);
            if text(container, "/image").is_empty() {
                errors.push(FieldError::required(format!("{at}.image"), ""));
            }
            for (mount_index, mount) in items(container, "/volumeMounts").iter().enumerate() {
                let volume = text(mount, "/name");
                if !volumes.contains(&volume) {
                    errors.push(FieldError::new_not_found(
                        format!("{at}.volumeMounts[{mount_index}].name"),
                        volume,
                    ));
                }
            }
            ports(container, &at, errors);
            resources(container, &at, errors);
        }
    }
}

fn ports(container: &Value, at: &str, errors: &mut Vec<FieldError>) {
    for (index, port) in items(container, "/ports").iter().enumerate() {
        let number = int(port, "/containerPort").unwrap_or(0);
        let path = format!("{at}.ports[{index}].containerPort");
        if number == 0 {
            errors.push(FieldError::required(path, ""));
        } else if !(1..=65535).contains(&number) {
            errors.push(FieldError::invalid(
                path,
                number.into(),
                "must be between 1 and 65535, inclusive",
            ));
        }
    }
}

fn resources(container: &Value, at: &str, errors: &mut Vec<FieldError>) {
    for (name, request) in map(container, "/resources/requests").into_iter().flatten() {
        let Some(limit) = container.pointer("/resources/limits").and_then(|l| l.get(name)) else {
            continue;
        };
        let amount = |v: &Value| v.as_str().and_then(crate::quantity::millis);
        if let (Some(wanted), Some(most)) = (amount(request), amount(limit))
            && wanted > most
        {
            let why = format!(
                "must be less than or equal to {name} limit of {}",
                limit.as_str().unwrap_or_default()
            );
            errors.push(FieldError::invalid(
                format!("{at}.resources.requests"),
                request.clone(),
                why,
            ));
        }
    }
}

fn job_restart(object: &Value, cron: bool, errors: &mut Vec<FieldError>) {
    let (pointer, path) = if cron {
        (
            "/spec/jobTemplate/spec/template/spec/restartPolicy",
            "spec.jobTemplate.spec.template.spec.restartPolicy",
        )
    } else {
        ("/spec/template/spec/restartPolicy", "spec.template.spec.restartPolicy")
    };
    let policy = text(object, pointer);
    if !matches!(policy, "OnFailure" | "Never") {
        if policy == "Always" {
            let why = "valid values: \"OnFailure\", \"Never\"";
            errors.push(FieldError::required(path, why));
        } else {
            errors.push(FieldError::not_supported(path, policy.into(), &["OnFailure", "Never"]));
        }
    }
}

fn service(object: &Value, errors: &mut Vec<FieldError>) {
    let kind = text(object, "/spec/type");
    let headless = text(object, "/spec/clusterIP") == "None";
    let ports = items(object, "/spec/ports");
    if ports.is_empty() && !headless && kind != "ExternalName" {
        errors.push(FieldError::required("spec.ports", ""));
    }
    let mut names = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{index}]");
        let name = text(port, "/name");
        if name.is_empty() && ports.len() > 1 {
            errors.push(FieldError::required(format!("{at}.name"), ""));
        } else if !name.is_empty() && names.contains(&name) {
            errors.push(FieldError::duplicate(format!("{at}.name"), name.into()));
        }
        names.push(name);
        let number = int(port, "/port").unwrap_or(0);
        if !(1..=65535).contains(&number) {
            errors.push(FieldError::invalid(
                format!("{at}.port"),
                number.into(),
                "must be between 1 and 65535, inclusive",
            ));
        }
    }
    if kind == "ExternalName" && text(object, "/spec/externalName").is_empty() {
        errors.push(FieldError::required("spec.externalName", ""));
    }
}

fn keys(object: &Value, errors: &mut Vec<FieldError>) {
    const WHY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    for field in ["data", "binaryData"] {
        for key in map(object, &format!("/{field}")).into_iter().flatten().map(|(key, _)| key) {
            let valid = !key.is_empty()
                && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !valid {
                errors.push(FieldError::invalid(
                    format!("{field}[{key}]"),
                    key.as_str().into(),
                    WHY,
                ));
            }
        }
    }
}

fn claim(object: &Value, errors: &mut Vec<FieldError>) {
    if items(object, "/spec/accessModes").is_empty() {
        errors.push(FieldError::required("spec.accessModes", "at least 1 access mode is required"));
    }
    if object.pointer("/spec/resources/requests/storage").is_none() {
        errors.push(FieldError::required("spec.resources[storage]", ""));
    }
}

fn autoscaler(object: &Value, errors: &mut Vec<FieldError>) {
    let max = int(object, "/spec/maxReplicas").unwrap_or(0);
    let min = int(object, "/spec/minReplicas").unwrap_or(1);
    if max < 1 {
        errors.push(FieldError::invalid("spec.maxReplicas", max.into(), "must be greater than 0"));
    }
    if max < min {
        errors.push(FieldError::invalid(
            "spec.maxReplicas",
            max.into(),
            "must be greater than or equal to `minReplicas`",
        ));
    }
}
