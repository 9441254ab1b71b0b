//! `no-public-load-balancer`.

use serde_json::Value;

use super::Inspected;
use super::rules::Found;
use super::settings::Settings;

/// Nothing makes a load balancer that the internet can reach.
///
/// That is: a Service of type LoadBalancer without an annotation that makes it internal (of the AWS
/// controllers, Google Cloud or Azure), and `internet-facing` as the scheme of an Ingress for an AWS
/// load balancer, of the parameters of its class, of a gateway's configuration, and of a load balancer in
/// the shape of ACK. An Amazon ECS service names only target groups, which say nothing of that.
pub(super) fn no_public(settings: &Settings, objects: &[Inspected]) -> Found {
    let mut found = Found::default();
    for object in objects {
        let Some(wrong) = judge(object) else { continue };
        if !settings.excepts(&object.id) {
            found.judge(object, wrong);
        }
    }
    found
}

/// `None` where the object makes no load balancer; what makes it public, if anything.
fn judge(object: &Inspected) -> Option<Option<String>> {
    let spec = |field: &str| object.body.get("spec")?.get(field)?.as_str();
    let facing = |text: Option<&str>, field: &str| {
        (text == Some("internet-facing")).then(|| format!("is open to the internet: {field}"))
    };
    match (object.id.group.as_str(), object.id.kind.as_str()) {
        ("", "Service") => (spec("type") == Some("LoadBalancer")).then(|| service(&object.body)),
        (_, "Ingress") => {
            let key = "alb.ingress.kubernetes.io/scheme";
            Some(facing(annotation(&object.body, key), key))
        }
        ("elbv2.k8s.aws" | "eks.amazonaws.com", "IngressClassParams")
        | ("gateway.k8s.aws", "LoadBalancerConfiguration") => {
            Some(facing(spec("scheme"), "spec.scheme"))
        }
        ("elbv2.services.k8s.aws", "LoadBalancer") => {
            let scheme = spec("scheme").unwrap_or("internet-facing");
            Some(facing(Some(scheme), "spec.scheme"))
        }
        _ => None,
    }
}

fn annotation<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

fn service(body: &Value) -> Option<String> {
    const SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";
    const INTERNAL: [(&str, &str); 4] = [
        ("service.beta.kubernetes.io/aws-load-balancer-internal", "true"),
        ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
        ("networking.gke.io/load-balancer-type", "Internal"),
        ("cloud.google.com/load-balancer-type", "Internal"),
    ];
    let internal = match annotation(body, SCHEME) {
        Some(scheme) => scheme == "internal",
        None => INTERNAL.iter().any(|(key, value)| annotation(body, key) == Some(value)),
    };
    (!internal).then(|| "is open to the internet: spec.type LoadBalancer".to_owned())
}
