//! Defaults of services. Addresses and node ports are allocated when the service is stored.

use serde_json::Value;

use crate::value::{default, default_nonzero, list, object, text};

pub(super) fn service(value: &mut Value) {
    let Some(spec) = object(value, "spec") else { return };
    default_nonzero(spec, "sessionAffinity", "None");
    match text(spec, "/sessionAffinity") {
        "None" => crate::value::put(spec, "sessionAffinityConfig", None),
        "ClientIP" => {
            if let Some(client) =
                object(spec, "sessionAffinityConfig").and_then(|c| object(c, "clientIP"))
            {
                default(client, "timeoutSeconds", 10800);
            }
        }
        _ => {}
    }
    default_nonzero(spec, "type", "ClusterIP");
    for port in list(spec, "ports") {
        default_nonzero(port, "protocol", "TCP");
        if let Some(number) = port.get("port").cloned() {
            default_nonzero(port, "targetPort", number);
        }
    }
    let kind = text(spec, "/type").to_owned();
    let external =
        spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty());
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") || (kind == "ClusterIP" && external) {
        default_nonzero(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind != "ExternalName" {
        default(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    }
}
