//! What bindings, tokens and admission policies name.

use serde_json::Value;

use super::{Place, Wait, items};
use crate::annotations::Annotations;

const RBAC: &str = "rbac.authorization.k8s.io";

/// A binding waits for its role and for the service accounts it binds.
pub(super) fn binding(at: Place<'_>, body: &Value, link: &mut dyn FnMut(Option<Wait>)) {
    let role = body.pointer("/roleRef/name");
    match body.pointer("/roleRef/kind").and_then(Value::as_str) {
        Some("Role") => link(at.sibling(RBAC, "Role", role, "role")),
        Some("ClusterRole") => link(at.cluster(RBAC, "ClusterRole", role, "cluster role")),
        _ => {}
    }
    for subject in items(body, "/subjects") {
        if subject.get("kind").and_then(Value::as_str) == Some("ServiceAccount") {
            let namespace = subject.get("namespace").and_then(Value::as_str);
            let namespace = namespace.or(at.id.namespace.as_deref());
            let name = subject.get("name");
            link(at.within(namespace, "", "ServiceAccount", name, "service account"));
        }
    }
}

/// A token secret waits for the account whose token it is to hold.
pub(super) fn token(
    at: Place<'_>,
    annotations: &Annotations,
    body: &Value,
    link: &mut dyn FnMut(Option<Wait>),
) {
    if body.get("type").and_then(Value::as_str) == Some("kubernetes.io/service-account-token") {
        let account = annotations.service_account.as_ref();
        link(at.sibling("", "ServiceAccount", account, "service account"));
    }
}

/// The binding of an admission policy waits for the policy.
pub(super) fn policy(at: Place<'_>, body: &Value) -> Option<Wait> {
    let kind = at.id.kind.strip_suffix("Binding")?;
    let name = body.pointer("/spec/policyName");
    at.cluster(&at.id.group, kind, name, "admission policy")
}
