//! How secrets are.

use std::collections::HashMap;

use serde_json::Value;
use suimon_model::{Health, HealthStatus, ResourceId};
use suimon_provider::Error;

use super::FEW;
use super::seen::{self, Seen};
use crate::context::Context;

/// How secrets of these names are.
pub(super) async fn health(context: &Context, wanted: &[(ResourceId, String)]) -> Vec<Health> {
    let listed = match wanted.len() > FEW {
        true => seen::list(context).await.unwrap_or_default(),
        false => Vec::new(),
    };
    let listed: HashMap<&str, &Seen> = listed.iter().map(|seen| (seen.name(), seen)).collect();
    let one = |name: &str| {
        let listed = listed.get(name).copied().filter(|seen| !seen.is_partial());
        let name = name.to_owned();
        async move {
            if let Some(seen) = listed {
                return of(seen);
            }
            match seen::describe(context, &name).await {
                Ok(Some(seen)) => of(&seen),
                Ok(None) => Health::new(HealthStatus::NotFound, "there is no such secret"),
                Err(error) => Health::new(HealthStatus::Unknown, Error::from(error).to_string()),
            }
        }
    };
    futures::future::join_all(wanted.iter().map(|(_, name)| one(name))).await
}

/// How one is.
pub(super) fn of(seen: &Seen) -> Health {
    if let Some(date) = seen.deletion() {
        return Health::new(HealthStatus::NotFound, format!("it is deleted on {date}"));
    }
    let replicas = seen.replicas();
    let with = |status: &str| {
        replicas.iter().find(|replica| replica.get("Status").is_some_and(|is| is == status))
    };
    let text = |replica: &Value, field: &str| {
        replica.get(field).and_then(Value::as_str).unwrap_or("unknown").to_owned()
    };
    if let Some(failed) = with("Failed") {
        let (region, why) = (text(failed, "Region"), text(failed, "StatusMessage"));
        let told = format!("the replica in {region} has failed: {why}");
        return Health::new(HealthStatus::Failed, told);
    }
    if let Some(running) = with("InProgress") {
        let told = format!("the replica in {} is being made", text(running, "Region"));
        return Health::new(HealthStatus::InProgress, told);
    }
    if seen.pending().is_some() {
        let told = "a rotation is running: AWSPENDING is on a version that is not the current one";
        return Health::new(HealthStatus::InProgress, told);
    }
    Health::current()
}
