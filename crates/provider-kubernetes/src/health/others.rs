//! Jobs, claims, Services, namespaces, and what extends the API.

use serde_json::Value;
use suimon_model::{Health, HealthStatus};

use super::{condition, count, failed, in_progress};

/// Complete, failed, or on its way; a suspended Job is on its way and does not get there by itself.
pub(super) fn job(object: &Value) -> Health {
    if condition(object, "Complete").is_some_and(|c| c.status == "True") {
        return Health::current();
    }
    for name in ["Failed", "FailureTarget"] {
        if let Some(failure) = condition(object, name).filter(|c| c.status == "True") {
            return failed(failure.says("the job failed"));
        }
    }
    if object["spec"]["suspend"] == Value::Bool(true) {
        return in_progress("suspended");
    }
    if object["status"]["startTime"].is_null() {
        return in_progress("not started");
    }
    let wanted = object["spec"]["completions"].as_i64().unwrap_or(1);
    let (done, active, lost) =
        (count(object, "succeeded"), count(object, "active"), count(object, "failed"));
    in_progress(format!("{done} of {wanted} completed, {active} active, {lost} failed"))
}

pub(super) fn claim(object: &Value) -> Health {
    match object["status"]["phase"].as_str().unwrap_or_default() {
        "Bound" => Health::current(),
        "Lost" => failed("the bound volume is lost"),
        "" => in_progress("not bound"),
        phase => in_progress(format!("not bound, phase {phase}")),
    }
}

/// A load balancer's address may take minutes, or never come on a bare cluster: like kstatus, only
/// the cluster IP counts.
pub(super) fn service(object: &Value) -> Health {
    let spec = &object["spec"];
    if spec["type"] == "LoadBalancer" && spec["clusterIP"].as_str().unwrap_or_default().is_empty() {
        return in_progress("it has no cluster IP");
    }
    Health::current()
}

pub(super) fn namespace(object: &Value) -> Health {
    match object["status"]["phase"].as_str() {
        Some("Terminating") => Health::new(HealthStatus::Terminating, "being deleted"),
        _ => Health::current(),
    }
}

pub(super) fn definition(object: &Value) -> Health {
    if let Some(names) = condition(object, "NamesAccepted").filter(|c| c.status == "False") {
        return failed(names.says("its names are not accepted"));
    }
    match condition(object, "Established") {
        Some(established) if established.status == "True" => Health::current(),
        Some(established)
            if established.status == "False" && established.reason != "Installing" =>
        {
            failed(established.says("not established"))
        }
        Some(established) => in_progress(established.says("being established")),
        None => in_progress("being established"),
    }
}

pub(super) fn api_service(object: &Value) -> Health {
    match condition(object, "Available") {
        Some(available) if available.status == "True" => Health::current(),
        Some(available) => in_progress(available.says("not available")),
        None => in_progress("not available"),
    }
}
