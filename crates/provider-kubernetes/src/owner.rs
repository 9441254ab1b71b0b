//! Who else claims an object.

use serde_json::Value;

use crate::applyset::PART_OF;
use crate::object::{annotation, controller, label};

/// Another engine's mark on a live object, in words; `None` where there is none.
///
/// `ours` is the id of this environment's ApplySet.
pub(crate) fn foreign_owner(object: &Value, ours: &str) -> Option<String> {
    argo(object)
        .or_else(|| flux(object))
        .or_else(|| helm(object))
        .or_else(|| applyset(object, ours))
        .or_else(|| inventory(object))
        .or_else(|| owner_reference(object))
}

fn argo(object: &Value) -> Option<String> {
    if let Some(id) = annotation(object, "argocd.argoproj.io/tracking-id") {
        return Some(format!("Argo CD (tracking-id {id})"));
    }
    // `app.kubernetes.io/instance` alone says nothing: every chart sets it.
    let instance = label(object, "argocd.argoproj.io/instance")
        .or_else(|| annotation(object, "argocd.argoproj.io/instance"))?;
    Some(format!("Argo CD (application {instance})"))
}

fn flux(object: &Value) -> Option<String> {
    for (prefix, what) in [
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
        ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ] {
        if let Some(name) = label(object, &format!("{prefix}/name")) {
            let namespace = label(object, &format!("{prefix}/namespace")).unwrap_or("?");
            return Some(format!("Flux ({what} {namespace}/{name})"));
        }
    }
    None
}

fn helm(object: &Value) -> Option<String> {
    let release = annotation(object, "meta.helm.sh/release-name")?;
    if label(object, "app.kubernetes.io/managed-by") != Some("Helm") {
        return None;
    }
    let namespace = annotation(object, "meta.helm.sh/release-namespace").unwrap_or("?");
    Some(format!("Helm release {namespace}/{release}"))
}

fn applyset(object: &Value, ours: &str) -> Option<String> {
    let id = label(object, PART_OF).filter(|id| *id != ours)?;
    Some(format!("ApplySet {id}"))
}

fn inventory(object: &Value) -> Option<String> {
    let id = annotation(object, "config.k8s.io/owning-inventory").filter(|id| !id.is_empty())?;
    Some(format!("cli-utils inventory {id}"))
}

fn owner_reference(object: &Value) -> Option<String> {
    let reference = controller(object)?;
    let part = |key: &str| reference[key].as_str().unwrap_or("?").to_owned();
    Some(format!("controller {}/{}", part("kind"), part("name")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_engines_mark_is_known_and_named() {
        for (metadata, owner) in [
            (
                json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:web/api"}}),
                Some("Argo CD (tracking-id shop:apps/Deployment:web/api)"),
            ),
            (
                json!({"labels": {"argocd.argoproj.io/instance": "shop"}}),
                Some("Argo CD (application shop)"),
            ),
            (
                json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}),
                Some("Flux (Kustomization flux-system/apps)"),
            ),
            (
                json!({"labels": {"helm.toolkit.fluxcd.io/name": "redis"}}),
                Some("Flux (HelmRelease ?/redis)"),
            ),
            (
                json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {
                    "meta.helm.sh/release-name": "api", "meta.helm.sh/release-namespace": "web"}}),
                Some("Helm release web/api"),
            ),
            (
                json!({"labels": {"applyset.kubernetes.io/part-of": "applyset-x-v1"}}),
                Some("ApplySet applyset-x-v1"),
            ),
            (
                json!({"annotations": {"config.k8s.io/owning-inventory": "inv-1"}}),
                Some("cli-utils inventory inv-1"),
            ),
            (
                json!({"ownerReferences": [{"kind": "ReplicaSet", "name": "api-1", "controller": true}]}),
                Some("controller ReplicaSet/api-1"),
            ),
            (json!({"ownerReferences": [{"kind": "App", "name": "a"}]}), None),
            (json!({"labels": {"applyset.kubernetes.io/part-of": "ours"}}), None),
            (json!({"labels": {"app.kubernetes.io/instance": "api"}}), None),
            (json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}), None),
            (json!({"annotations": {"meta.helm.sh/release-name": "api"}}), None),
            (json!({}), None),
        ] {
            let found = foreign_owner(&json!({"metadata": metadata}), "ours");
            assert_eq!(found.as_deref(), owner, "{metadata}");
        }
    }
}
