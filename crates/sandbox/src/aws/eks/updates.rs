//! `DescribeUpdate` and `ListUpdates`.

use serde_json::{Value, json};

use crate::aws::error::{AwsError, AwsResult};

use super::{Eks, addon, error::not_found, input, nodegroup, part::Part};

impl Eks {
    pub(super) fn describe_update(&self, body: &Value) -> AwsResult {
        let id = input::required(body, "updateId")?;
        let part = self.updated(body)?;
        let update = part.updates.iter().find(|update| update.id() == id);
        let name = input::required(body, "name")?;
        let update = update.ok_or_else(|| {
            not_found(&[("clusterName", name)], format!("No update found for ID: {id}"))
        })?;
        Ok(json!({ "update": update.doc }))
    }

    pub(super) fn list_updates(&self, body: &Value) -> AwsResult {
        let mut ids: Vec<&str> =
            self.updated(body)?.updates.iter().map(super::part::Update::id).collect();
        ids.sort_unstable();
        input::page(body, "updateIds", ids.into_iter())
    }

    /// What a call asks the updates of: a node group, an add-on, or the cluster itself.
    fn updated(&self, body: &Value) -> Result<&Part, AwsError> {
        let cluster = self.cluster(body, "name")?;
        let name = cluster.name();
        if let Some(group) = input::text(body, "nodegroupName")? {
            return cluster.nodegroups.get(group).ok_or_else(|| nodegroup::absent(name, group));
        }
        if let Some(wanted) = input::text(body, "addonName")? {
            return cluster.addons.get(wanted).ok_or_else(|| addon::absent(name, wanted));
        }
        Ok(&cluster.own)
    }
}
