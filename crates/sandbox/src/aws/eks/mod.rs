//! EKS: clusters and what belongs to them, which change in steps, and the updates that say so.
//!
//! Something fails on demand: a resource with the tag `sandbox-fail-create` is not created, one with the tag
//! `sandbox-fail-update` ends each update `Failed` with the tag's value as error code, and so does an update whose
//! request has the text `sandbox-fail` in it (in an add-on's configuration, a label, a subnet). A cluster with the tag
//! `sandbox-fail-insights` has an insight that blocks its upgrade unless it is forced.

mod access;
mod access_policy;
mod addon;
mod addon_versions;
mod cluster;
mod cluster_config;
mod cluster_version;
mod error;
mod fargate;
mod identity;
mod input;
mod nodegroup;
mod nodegroup_update;
mod part;
mod route;
mod tags;
#[cfg(test)]
mod tests;
mod token;
mod updates;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    context::Context,
    error::{AwsError, AwsResult},
};

use access::Entry;
use part::{Part, Step};
pub(crate) use route::route;
pub use token::{EksCaller, eks_token_caller};

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct Eks {
    clusters: BTreeMap<String, Cluster>,
}

/// A cluster and what belongs to it, by name.
#[derive(Debug)]
struct Cluster {
    own: Part,
    nodegroups: BTreeMap<String, Part>,
    profiles: BTreeMap<String, Part>,
    addons: BTreeMap<String, Part>,
    /// By the ARN of the principal.
    entries: BTreeMap<String, Entry>,
    /// By id.
    associations: BTreeMap<String, Part>,
}

impl Eks {
    pub(crate) fn call(
        &mut self,
        context: &mut Context<'_>,
        operation: &str,
        body: &Value,
    ) -> AwsResult {
        match operation {
            "CreateCluster" => self.create_cluster(context, body),
            "DescribeCluster" => self.describe_cluster(body),
            "ListClusters" => self.list_clusters(body),
            "DeleteCluster" => self.delete_cluster(body),
            "UpdateClusterConfig" => self.update_config(context, body),
            "UpdateClusterVersion" => self.update_version(context, body),
            "DescribeClusterVersions" => cluster_version::describe(body),
            "DescribeUpdate" => self.describe_update(body),
            "ListUpdates" => self.list_updates(body),
            "CreateNodegroup" => self.create_nodegroup(context, body),
            "DescribeNodegroup" => self.describe_nodegroup(body),
            "ListNodegroups" => self.list_nodegroups(body),
            "DeleteNodegroup" => self.delete_nodegroup(body),
            "UpdateNodegroupConfig" => self.update_nodegroup_config(context, body),
            "UpdateNodegroupVersion" => self.update_nodegroup_version(context, body),
            "CreateFargateProfile" => self.create_profile(context, body),
            "DescribeFargateProfile" => self.describe_profile(body),
            "ListFargateProfiles" => self.list_profiles(body),
            "DeleteFargateProfile" => self.delete_profile(body),
            "CreateAddon" => self.create_addon(context, body),
            "DescribeAddon" => self.describe_addon(body),
            "ListAddons" => self.list_addons(body),
            "UpdateAddon" => self.update_addon(context, body),
            "DeleteAddon" => self.delete_addon(body),
            "DescribeAddonVersions" => addon_versions::describe(body),
            _ => self.call_access(context, operation, body),
        }
    }

    /// The operations about who may do what, and about tags.
    fn call_access(
        &mut self,
        context: &mut Context<'_>,
        operation: &str,
        body: &Value,
    ) -> AwsResult {
        match operation {
            "CreateAccessEntry" => self.create_entry(context, body),
            "DescribeAccessEntry" => self.describe_entry(body),
            "ListAccessEntries" => self.list_entries(body),
            "UpdateAccessEntry" => self.update_entry(context, body),
            "DeleteAccessEntry" => self.delete_entry(body),
            "AssociateAccessPolicy" => self.associate_policy(context, body),
            "DisassociateAccessPolicy" => self.disassociate_policy(context, body),
            "ListAssociatedAccessPolicies" => self.list_associated_policies(body),
            "ListAccessPolicies" => access_policy::list(body),
            "CreatePodIdentityAssociation" => self.create_association(context, body),
            "DescribePodIdentityAssociation" => self.describe_association(body),
            "ListPodIdentityAssociations" => self.list_associations(body),
            "UpdatePodIdentityAssociation" => self.update_association(context, body),
            "DeletePodIdentityAssociation" => self.delete_association(body),
            "TagResource" => self.tag(body),
            "UntagResource" => self.untag(body),
            "ListTagsForResource" => self.list_tags(body),
            _ => Err(AwsError::unknown_operation()),
        }
    }

    /// One step of what happens by itself; whether anything did.
    pub(crate) fn step(&mut self, context: &mut Context<'_>) -> bool {
        let mut changed = false;
        self.clusters.retain(|_, cluster| {
            let step = cluster.own.step(context);
            changed |= step != Step::Still;
            changed |= cluster.step_parts(context);
            step != Step::Gone
        });
        changed
    }
}

impl Cluster {
    fn step_parts(&mut self, context: &mut Context<'_>) -> bool {
        let mut changed = false;
        for parts in [&mut self.nodegroups, &mut self.profiles, &mut self.addons] {
            parts.retain(|_, part| {
                let step = part.step(context);
                changed |= step != Step::Still;
                step != Step::Gone
            });
        }
        if changed {
            self.drop_unused_entries();
        }
        changed
    }
}
