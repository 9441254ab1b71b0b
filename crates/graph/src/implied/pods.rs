//! What a pod template names.

use serde_json::Value;

use super::{Place, Wait, items, storage};

const CONFIG_MAP: &str = "config map";
const SECRET: &str = "secret";

/// Everything that the pods of a workload cannot start without.
pub(super) fn waits(at: Place<'_>, template: &Value, link: &mut dyn FnMut(Option<Wait>)) {
    let Some(spec) = template.get("spec") else { return };
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount"));
    link(at.sibling("", "ServiceAccount", account, "service account"));
    let priority = spec.get("priorityClassName");
    link(at.cluster("scheduling.k8s.io", "PriorityClass", priority, "priority class"));
    let runtime = spec.get("runtimeClassName");
    link(at.cluster("node.k8s.io", "RuntimeClass", runtime, "runtime class"));
    pull_secrets(at, spec, link);
    for containers in ["/containers", "/initContainers", "/ephemeralContainers"] {
        for container in items(spec, containers) {
            environment(at, container, link);
        }
    }
    for volume in items(spec, "/volumes") {
        mounted(at, volume, link);
    }
}

/// `imagePullSecrets` of a pod or of a service account.
pub(super) fn pull_secrets(at: Place<'_>, owner: &Value, link: &mut dyn FnMut(Option<Wait>)) {
    for secret in items(owner, "/imagePullSecrets") {
        link(at.sibling("", "Secret", secret.get("name"), "image pull secret"));
    }
}

fn environment(at: Place<'_>, container: &Value, link: &mut dyn FnMut(Option<Wait>)) {
    for variable in items(container, "/env") {
        let map = variable.pointer("/valueFrom/configMapKeyRef/name");
        link(at.sibling("", "ConfigMap", map, CONFIG_MAP));
        let secret = variable.pointer("/valueFrom/secretKeyRef/name");
        link(at.sibling("", "Secret", secret, SECRET));
    }
    for source in items(container, "/envFrom") {
        link(at.sibling("", "ConfigMap", source.pointer("/configMapRef/name"), CONFIG_MAP));
        link(at.sibling("", "Secret", source.pointer("/secretRef/name"), SECRET));
    }
}

fn mounted(at: Place<'_>, volume: &Value, link: &mut dyn FnMut(Option<Wait>)) {
    link(at.sibling("", "ConfigMap", volume.pointer("/configMap/name"), CONFIG_MAP));
    link(at.sibling("", "Secret", volume.pointer("/secret/secretName"), SECRET));
    for driver in [
        "/csi/nodePublishSecretRef/name",
        "/flexVolume/secretRef/name",
        "/cephfs/secretRef/name",
        "/rbd/secretRef/name",
        "/iscsi/secretRef/name",
        "/azureFile/secretName",
    ] {
        link(at.sibling("", "Secret", volume.pointer(driver), SECRET));
    }
    let claim = volume.pointer("/persistentVolumeClaim/claimName");
    link(at.sibling("", "PersistentVolumeClaim", claim, "persistent volume claim"));
    let class = volume.pointer("/ephemeral/volumeClaimTemplate/spec/storageClassName");
    link(storage::class(at, class));
    for source in items(volume, "/projected/sources") {
        link(at.sibling("", "ConfigMap", source.pointer("/configMap/name"), CONFIG_MAP));
        link(at.sibling("", "Secret", source.pointer("/secret/name"), SECRET));
    }
}
