//! Secrets Manager: secrets, their versions and labels, rotation, replicas and the recovery window.
//!
//! A rotation function is not run. A Lambda ARN whose function name starts with `fail` leaves its rotation open, with
//! `AWSPENDING` on an empty version; every other one succeeds, and both labels stay on the new version.

mod batch;
mod create;
mod delete;
mod describe;
mod filter;
mod find;
mod input;
mod labels;
mod list;
mod model;
mod policy;
mod replicate;
mod rotate;
mod tags;
#[cfg(test)]
mod tests;
mod value;

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use super::{
    context::Context,
    error::{AwsError, AwsResult},
};

use model::Secret;

/// How many writes a stale list can be behind.
const REMEMBERED: usize = 100;

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// In the order in which they were created.
    all: Vec<Arc<Secret>>,
    /// What `all` was before each of the last writes, oldest first.
    before: VecDeque<Vec<Arc<Secret>>>,
    /// How many of the last writes `ListSecrets` does not see yet, at most 100.
    pub(crate) stale_lists: usize,
}

impl Secrets {
    pub(crate) fn call(
        &mut self,
        context: &mut Context<'_>,
        operation: &str,
        body: &Value,
    ) -> AwsResult {
        let before = self.all.clone();
        let answer = self.answer(context, operation, body);
        match &answer {
            Ok(_) => self.remember(before),
            Err(_) => self.all = before,
        }
        answer
    }

    fn answer(&mut self, context: &mut Context<'_>, operation: &str, body: &Value) -> AwsResult {
        match operation {
            "CreateSecret" => self.create(context, body),
            "PutSecretValue" => self.put_value(context, body),
            "UpdateSecret" => self.update(context, body),
            "UpdateSecretVersionStage" => self.update_stage(context, body),
            "DescribeSecret" => self.describe(body),
            "GetSecretValue" => self.get_value(context, body),
            "BatchGetSecretValue" => self.batch(context, body),
            "ListSecrets" => self.list(body),
            "ListSecretVersionIds" => self.list_versions(body),
            "DeleteSecret" => self.delete(context, body),
            "RestoreSecret" => self.restore(context, body),
            "TagResource" => self.tag(context, body),
            "UntagResource" => self.untag(context, body),
            "PutResourcePolicy" => self.put_policy(body),
            "GetResourcePolicy" => self.get_policy(body),
            "DeleteResourcePolicy" => self.delete_policy(body),
            "ValidateResourcePolicy" => policy::validate(body),
            "RotateSecret" => self.rotate(context, body),
            "CancelRotateSecret" => self.cancel_rotation(context, body),
            "ReplicateSecretToRegions" => self.replicate(context, body),
            "RemoveRegionsFromReplication" => self.remove_regions(context, body),
            "StopReplicationToReplica" => self.stop_replication(context, body),
            _ => Err(AwsError::unknown_operation()),
        }
    }

    /// One step of what happens by itself; whether anything did.
    pub(crate) fn step(&mut self, context: &mut Context<'_>) -> bool {
        let before = self.all.clone();
        let count = self.all.len();
        self.all.retain(|secret| secret.deleted.is_none_or(|at| context.now < at));
        let mut changed = self.all.len() != count;
        for secret in &mut self.all {
            changed |= rotate::step(secret, context);
            changed |= replicate::step(secret);
        }
        self.remember(before);
        changed
    }

    /// Remembers what there was before a write, when it was one.
    fn remember(&mut self, before: Vec<Arc<Secret>>) {
        let same = before.len() == self.all.len()
            && before.iter().zip(&self.all).all(|(one, other)| Arc::ptr_eq(one, other));
        if same {
            return;
        }
        self.before.push_back(before);
        if self.before.len() > REMEMBERED {
            self.before.pop_front();
        }
    }

    /// What `ListSecrets` sees.
    fn listed(&self) -> &[Arc<Secret>] {
        match self.stale_lists {
            0 => &self.all,
            behind => {
                let at = self.before.len().saturating_sub(behind);
                self.before.get(at).unwrap_or(&self.all)
            }
        }
    }
}
