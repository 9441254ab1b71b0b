//! [`Owners`]: which environment a foreign ApplySet belongs to.

use std::collections::HashMap;

use serde_json::Value;
use suimon_plan::LiveObject;
use tokio::sync::Mutex;

use crate::applyset::{ENVIRONMENT, ID, PARENT_NAMESPACE, PROJECT, TOOLING};
use crate::list::Pages;
use crate::object::annotation;
use crate::session::config_map_resource;
use crate::transport::Transport;

/// What foreign ApplySets are called, read once each.
#[derive(Debug, Default)]
pub(crate) struct Owners(Mutex<HashMap<String, Option<String>>>);

impl Owners {
    /// Says which environment an object's foreign ApplySet is, where its parent is one of ours.
    pub(crate) async fn name(&self, transport: &Transport, object: &mut LiveObject) {
        let Some(owner) = &object.foreign_owner else { return };
        let Some(id) = owner.strip_prefix("ApplySet ") else { return };
        let mut known = self.0.lock().await;
        if !known.contains_key(id) {
            known.insert(id.to_owned(), read(transport, id).await);
        }
        if let Some(Some(name)) = known.get(id) {
            object.foreign_owner = Some(format!("{name} (ApplySet {id})"));
        }
    }
}

/// Only a better name for a message depends on this, so a failed read just gives none.
async fn read(transport: &Transport, id: &str) -> Option<String> {
    let resource = config_map_resource();
    let selector = format!("{ID}={id}");
    let mut pages = Pages::new(transport, &resource, Some(PARENT_NAMESPACE), &selector);
    let parents = pages.next().await.ok()??;
    parents.iter().find_map(name_of)
}

fn name_of(parent: &Value) -> Option<String> {
    match (annotation(parent, PROJECT), annotation(parent, ENVIRONMENT)) {
        (Some(project), Some(environment)) => {
            Some(format!("suimon environment {environment} of project {project}"))
        }
        _ => annotation(parent, TOOLING).map(str::to_owned),
    }
}
