//! What ingresses, autoscalers and webhooks name.

use serde_json::Value;

use super::{Place, Wait, items};
use crate::annotations::Annotations;

/// An ingress waits for its class, its backends and its certificates.
pub(super) fn ingress(
    at: Place<'_>,
    body: &Value,
    annotations: &Annotations,
    link: &mut dyn FnMut(Option<Wait>),
) {
    if at.id.kind != "Ingress" {
        return;
    }
    let class = body.pointer("/spec/ingressClassName").or(annotations.ingress_class.as_ref());
    link(at.cluster("networking.k8s.io", "IngressClass", class, "ingress class"));
    let default = ["/spec/defaultBackend", "/spec/backend"].map(|path| body.pointer(path));
    let paths = items(body, "/spec/rules").iter().flat_map(|rule| items(rule, "/http/paths"));
    let backends = paths.filter_map(|path| path.get("backend"));
    for backend in default.into_iter().flatten().chain(backends) {
        let service = backend.pointer("/service/name").or_else(|| backend.get("serviceName"));
        link(at.sibling("", "Service", service, "backend service"));
    }
    for certificate in items(body, "/spec/tls") {
        link(at.sibling("", "Secret", certificate.get("secretName"), "TLS secret"));
    }
}

/// An autoscaler waits for what it scales.
pub(super) fn scale_target(at: Place<'_>, body: &Value) -> Option<Wait> {
    let target = body.pointer("/spec/scaleTargetRef")?;
    let version = target.get("apiVersion").and_then(Value::as_str).unwrap_or("");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    at.sibling(group, target.get("kind")?.as_str()?, target.get("name"), "scale target")
}

/// The declared services that serve a webhook or an aggregated API.
pub(super) fn serving(at: Place<'_>, body: &Value) -> Vec<(u32, &'static str)> {
    let webhooks = items(body, "/webhooks").iter();
    let webhooks = webhooks.filter_map(|webhook| webhook.pointer("/clientConfig/service"));
    let webhooks = webhooks.map(|service| (service, "webhook service"));
    let api = body.pointer("/spec/service").map(|service| (service, "API service"));
    let service = |(service, why): (&Value, &'static str)| {
        let namespace = service.get("namespace").and_then(Value::as_str);
        let (_, target, _) = at.within(namespace, "", "Service", service.get("name"), why)?;
        Some((target, why))
    };
    webhooks.chain(api).filter_map(service).collect()
}
