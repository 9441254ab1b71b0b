//! How an object is, by the rules of kstatus.
//!
//! Three rules differ from kstatus, because waiting for them would not mean what it says: a Job is
//! current only when it is complete, a Pod that failed has failed, and an `APIService` must be
//! available.

mod generic;
mod others;
#[cfg(test)]
mod tests;
mod workload;

use serde_json::Value;
use suimon_model::{Health, HealthStatus};

use crate::object::{group_of, is_terminating};

/// How an object is.
///
/// Pure: the same object gives the same answer. An object without `status` rules is current as soon
/// as it is there.
pub fn assess(object: &Value) -> Health {
    if is_terminating(object) {
        return terminating(object);
    }
    let generation = object["metadata"]["generation"].as_i64();
    let observed = object["status"]["observedGeneration"].as_i64();
    if let (Some(generation), Some(observed)) = (generation, observed)
        && generation != observed
    {
        return in_progress(format!(
            "generation {generation} is not observed yet (observed is {observed})"
        ));
    }
    if let Some(health) = generic::reconciling(object) {
        return health;
    }
    let group = group_of(object["apiVersion"].as_str().unwrap_or_default());
    match (group, object["kind"].as_str().unwrap_or_default()) {
        ("apps", "Deployment") => workload::deployment(object),
        ("apps", "StatefulSet") => workload::stateful_set(object),
        ("apps", "DaemonSet") => workload::daemon_set(object),
        ("apps", "ReplicaSet") => workload::replica_set(object),
        ("", "Pod") => workload::pod(object),
        ("batch", "Job") => others::job(object),
        ("", "PersistentVolumeClaim") => others::claim(object),
        ("", "Service") => others::service(object),
        ("", "Namespace") => others::namespace(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => others::definition(object),
        ("apiregistration.k8s.io", "APIService") => others::api_service(object),
        // Their conditions tell of the things they look at, not of themselves.
        ("policy", "PodDisruptionBudget") | ("batch", "CronJob") => Health::current(),
        ("", "ConfigMap" | "Secret" | "Event" | "Node") => Health::current(),
        _ => generic::ready(object),
    }
}

fn terminating(object: &Value) -> Health {
    let finalizers: Vec<&str> = object["metadata"]["finalizers"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let message = if finalizers.is_empty() {
        "being deleted".to_owned()
    } else {
        format!("being deleted, waits for the finalizers {}", finalizers.join(", "))
    };
    Health::new(HealthStatus::Terminating, message)
}

fn in_progress(message: impl Into<String>) -> Health {
    Health::new(HealthStatus::InProgress, message)
}

fn failed(message: impl Into<String>) -> Health {
    Health::new(HealthStatus::Failed, message)
}

/// A condition of an object.
struct Condition<'a> {
    status: &'a str,
    reason: &'a str,
    message: &'a str,
}

impl Condition<'_> {
    /// The condition's message, or its reason, or else the given words.
    fn says(&self, otherwise: &str) -> String {
        [self.message, self.reason, otherwise]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned()
    }
}

fn condition<'a>(object: &'a Value, name: &str) -> Option<Condition<'a>> {
    let all = object["status"]["conditions"].as_array()?;
    let found = all.iter().find(|condition| condition["type"] == name)?;
    let part = |key: &str| found[key].as_str().unwrap_or_default();
    Some(Condition { status: part("status"), reason: part("reason"), message: part("message") })
}

/// A number in `status`; what is not there is 0.
fn count(object: &Value, key: &str) -> i64 {
    object["status"][key].as_i64().unwrap_or(0)
}
