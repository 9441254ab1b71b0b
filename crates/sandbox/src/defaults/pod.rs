//! Defaults of pods and pod templates.

use serde_json::{Value, json};

use crate::value::{default, default_nonzero, list, object, text};

/// A pod template.
pub(crate) fn template(template: &mut Value) {
    if let Some(spec) = object(template, "spec") {
        self::spec(spec);
    }
}

/// A pod spec.
pub(crate) fn spec(spec: &mut Value) {
    default_nonzero(spec, "restartPolicy", "Always");
    default_nonzero(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "terminationGracePeriodSeconds", 30);
    default(spec, "securityContext", json!({}));
    default_nonzero(spec, "schedulerName", "default-scheduler");
    // The deprecated name and the current one are written together.
    let account = text(spec, "/serviceAccountName").to_owned();
    let deprecated = text(spec, "/serviceAccount").to_owned();
    if !account.is_empty() {
        crate::value::put(spec, "serviceAccount", Some(account.into()));
    } else if !deprecated.is_empty() {
        crate::value::put(spec, "serviceAccountName", Some(deprecated.into()));
    }
    let host_network = spec.get("hostNetwork").and_then(Value::as_bool).unwrap_or(false);
    for key in ["initContainers", "containers", "ephemeralContainers"] {
        for container in list(spec, key) {
            self::container(container, host_network);
        }
    }
    for volume in list(spec, "volumes") {
        self::volume(volume);
    }
    for constraint in list(spec, "topologySpreadConstraints") {
        default_nonzero(constraint, "whenUnsatisfiable", "DoNotSchedule");
    }
}

fn container(container: &mut Value, host_network: bool) {
    default_nonzero(container, "terminationMessagePath", "/dev/termination-log");
    default_nonzero(container, "terminationMessagePolicy", "File");
    let policy = pull_policy(text(container, "/image"));
    default_nonzero(container, "imagePullPolicy", policy);
    for port in list(container, "ports") {
        default_nonzero(port, "protocol", "TCP");
        if host_network && let Some(number) = port.get("containerPort").cloned() {
            default_nonzero(port, "hostPort", number);
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe) {
            default_nonzero(probe, "timeoutSeconds", 1);
            default_nonzero(probe, "periodSeconds", 10);
            default_nonzero(probe, "successThreshold", 1);
            default_nonzero(probe, "failureThreshold", 3);
            http_get(probe);
            if let Some(grpc) = probe.get_mut("grpc") {
                default(grpc, "service", "");
            }
        }
    }
    if let Some(lifecycle) = container.get_mut("lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(hook) = lifecycle.get_mut(hook) {
                http_get(hook);
            }
        }
    }
    for env in list(container, "env") {
        if let Some(reference) = env.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef"))
        {
            default_nonzero(reference, "apiVersion", "v1");
        }
        if let Some(reference) =
            env.get_mut("valueFrom").and_then(|from| from.get_mut("resourceFieldRef"))
        {
            default_nonzero(reference, "divisor", "0");
        }
    }
}

/// What a pod limits but does not request is requested up to the limit; templates stay as they are.
pub(super) fn requests(spec: &mut Value) {
    for key in ["initContainers", "containers"] {
        for container in list(spec, key) {
            let limits = container.pointer("/resources/limits").cloned();
            for (name, quantity) in limits.as_ref().and_then(Value::as_object).into_iter().flatten()
            {
                if let Some(requests) =
                    object(container, "resources").and_then(|r| object(r, "requests"))
                {
                    default(requests, name, quantity.clone());
                }
            }
        }
    }
}

fn http_get(handler: &mut Value) {
    if let Some(get) = handler.get_mut("httpGet") {
        default_nonzero(get, "path", "/");
        default_nonzero(get, "scheme", "HTTP");
    }
}

/// Images without a tag, or with `latest`, are always pulled.
fn pull_policy(image: &str) -> &'static str {
    let last = image.rsplit('/').next().unwrap_or_default();
    match last.split_once('@') {
        Some(_) => "IfNotPresent",
        None => match last.split_once(':') {
            None | Some((_, "latest")) => "Always",
            Some(_) => "IfNotPresent",
        },
    }
}

/// The type of a host path that has none is the empty text.
fn volume(volume: &mut Value) {
    const SOURCES: [&str; 30] = [
        "hostPath",
        "emptyDir",
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "gitRepo",
        "secret",
        "nfs",
        "iscsi",
        "glusterfs",
        "persistentVolumeClaim",
        "rbd",
        "flexVolume",
        "cinder",
        "cephfs",
        "flocker",
        "downwardAPI",
        "fc",
        "azureFile",
        "configMap",
        "vsphereVolume",
        "quobyte",
        "azureDisk",
        "photonPersistentDisk",
        "projected",
        "portworxVolume",
        "scaleIO",
        "storageos",
        "csi",
        "ephemeral",
        "image",
    ];
    if !SOURCES.iter().any(|source| volume.get(source).is_some()) {
        default(volume, "emptyDir", json!({}));
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = volume.get_mut(source) {
            default(source, "defaultMode", 420);
        }
    }
    field_versions(volume.get_mut("downwardAPI"));
    if let Some(path) = volume.get_mut("hostPath") {
        default(path, "type", "");
    }
    if let Some(projected) = volume.get_mut("projected") {
        for source in list(projected, "sources") {
            field_versions(source.get_mut("downwardAPI"));
            if let Some(token) = source.get_mut("serviceAccountToken") {
                default(token, "expirationSeconds", 3600);
            }
        }
    }
    if let Some(template) =
        volume.get_mut("ephemeral").and_then(|e| e.get_mut("volumeClaimTemplate"))
        && let Some(spec) = object(template, "spec")
    {
        default(spec, "volumeMode", "Filesystem");
    }
}

fn field_versions(source: Option<&mut Value>) {
    let Some(source) = source else { return };
    for item in list(source, "items") {
        if let Some(reference) = item.get_mut("fieldRef") {
            default_nonzero(reference, "apiVersion", "v1");
        }
    }
}
