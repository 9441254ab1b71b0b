//! Access entries: which principals a cluster knows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    aws::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    value::text,
};

use super::{
    Cluster, Eks,
    access_policy::ADMIN,
    error::{in_use, invalid_parameter, invalid_request, not_found},
    input,
};

/// A principal and the policies that are associated with it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) doc: Value,
    asked: Value,
    /// By ARN.
    pub(super) policies: BTreeMap<String, Value>,
    /// Whether the service made it for nodes.
    of_nodes: bool,
}

/// The kinds of entries.
const KINDS: [&str; 7] = [
    "STANDARD",
    "EC2_LINUX",
    "EC2_WINDOWS",
    "FARGATE_LINUX",
    "HYBRID_LINUX",
    "EC2",
    "HYPERPOD_LINUX",
];

/// What a group's name must not start with.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];

impl Eks {
    pub(super) fn create_entry(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        cluster.check_access_api()?;
        let principal = input::required(body, "principalArn")?;
        check(principal, body)?;
        if let Some(there) = cluster.entries.get(principal) {
            let again = body.get("clientRequestToken").is_some_and(Value::is_string);
            if again && there.asked == *body {
                return Ok(json!({ "accessEntry": there.doc }));
            }
            return Err(in_use(
                &[],
                "The specified access entry resource is already in use on this cluster.",
            ));
        }
        let kind = input::text(body, "type")?.unwrap_or("STANDARD");
        let mut doc = entry(context, cluster.name(), principal, kind);
        input::take(&mut doc, body, &["kubernetesGroups", "username"]);
        crate::value::put(&mut doc, "tags", Some(input::tags(body)?));
        let answer = json!({ "accessEntry": doc });
        let entry = Entry { doc, asked: body.clone(), policies: BTreeMap::new(), of_nodes: false };
        cluster.entries.insert(principal.to_owned(), entry);
        Ok(answer)
    }

    pub(super) fn describe_entry(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        cluster.check_access_api()?;
        let entry = cluster.entries.get(input::required(body, "principalArn")?);
        Ok(json!({ "accessEntry": entry.ok_or_else(absent)?.doc }))
    }

    pub(super) fn list_entries(&self, body: &Value) -> AwsResult {
        let policy = input::text(body, "associatedPolicyArn")?;
        let cluster = self.cluster(body, "clusterName")?;
        cluster.check_access_api()?;
        let entries = cluster
            .entries
            .iter()
            .filter(|(_, entry)| policy.is_none_or(|policy| entry.policies.contains_key(policy)));
        input::page(body, "accessEntries", entries.map(|(arn, _)| arn.as_str()))
    }

    pub(super) fn update_entry(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let stamp = context.stamp();
        let entry = self.entry_mut(body)?;
        check(text(&entry.doc, "/principalArn"), body)?;
        let kind = text(&entry.doc, "/type");
        if kind != "STANDARD" {
            return Err(invalid_parameter(
                &[],
                format!("An access entry of type {kind} can't be updated."),
            ));
        }
        input::take(&mut entry.doc, body, &["kubernetesGroups", "username"]);
        crate::value::put(&mut entry.doc, "modifiedAt", Some(stamp));
        Ok(json!({ "accessEntry": entry.doc }))
    }

    pub(super) fn delete_entry(&mut self, body: &Value) -> AwsResult {
        self.entry_mut(body)?;
        let principal = input::required(body, "principalArn")?;
        self.cluster_mut(body, "clusterName")?.entries.remove(principal);
        Ok(json!({}))
    }

    /// The entry that a call names.
    pub(super) fn entry_mut(&mut self, body: &Value) -> Result<&mut Entry, AwsError> {
        let principal = input::required(body, "principalArn")?;
        let cluster = self.cluster_mut(body, "clusterName")?;
        cluster.check_access_api()?;
        cluster.entries.get_mut(principal).ok_or_else(absent)
    }
}

impl Cluster {
    fn knows_entries(&self) -> bool {
        text(&self.own.doc, "/accessConfig/authenticationMode") != "CONFIG_MAP"
    }

    /// Refuses what needs a cluster that knows access entries.
    pub(super) fn check_access_api(&self) -> Result<(), AwsError> {
        if self.knows_entries() {
            return Ok(());
        }
        Err(invalid_request(
            &[("clusterName", self.name())],
            "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
        ))
    }

    /// Makes who creates the cluster its administrator, unless the call says otherwise.
    pub(super) fn admit_creator(&mut self, context: &mut Context<'_>) {
        let wanted = self
            .own
            .doc
            .pointer("/accessConfig/bootstrapClusterCreatorAdminPermissions")
            .is_none_or(|wanted| wanted == true);
        if !wanted || !self.knows_entries() {
            return;
        }
        let principal = principal_of(context.caller);
        let doc = entry(context, self.name(), &principal, "STANDARD");
        let policy = json!({
            "policyArn": ADMIN, "accessScope": { "type": "cluster", "namespaces": [] },
            "associatedAt": context.stamp(), "modifiedAt": context.stamp(),
        });
        let policies = BTreeMap::from([(ADMIN.to_owned(), policy)]);
        self.entries
            .insert(principal, Entry { doc, asked: Value::Null, policies, of_nodes: false });
    }

    /// Lets the nodes of a role join.
    pub(super) fn admit_nodes(&mut self, context: &mut Context<'_>, role: &str, kind: &str) {
        if !self.knows_entries() || self.entries.contains_key(role) {
            return;
        }
        let doc = entry(context, self.name(), role, kind);
        let entry = Entry { doc, asked: Value::Null, policies: BTreeMap::new(), of_nodes: true };
        self.entries.insert(role.to_owned(), entry);
    }

    /// Forgets the entries of nodes whose last group or profile is gone.
    pub(super) fn drop_unused_entries(&mut self) {
        let (groups, profiles) = (&self.nodegroups, &self.profiles);
        self.entries.retain(|role, entry| {
            !entry.of_nodes
                || groups.values().any(|group| text(&group.doc, "/nodeRole") == role)
                || profiles.values().any(|p| text(&p.doc, "/podExecutionRoleArn") == role)
        });
    }
}

pub(super) fn absent() -> AwsError {
    not_found(
        &[],
        "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
    )
}

/// The role behind an assumed role; every other principal is itself.
fn principal_of(caller: &str) -> String {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    match parts.as_slice() {
        [arn, partition, "sts", _, account, resource] => {
            let role = resource.split('/').nth(1).unwrap_or_default();
            format!("{arn}:{partition}:iam::{account}:role/{role}")
        }
        _ => caller.to_owned(),
    }
}

/// Whom Kubernetes sees.
fn username(principal: &str, kind: &str) -> String {
    if kind != "STANDARD" {
        let node = if kind == "FARGATE_LINUX" { "SessionName" } else { "EC2PrivateDNSName" };
        return format!("system:node:{{{{{node}}}}}");
    }
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    match parts.as_slice() {
        [arn, partition, _, _, account, resource] if resource.starts_with("role/") => {
            let role = resource.rsplit('/').next().unwrap_or_default();
            format!("{arn}:{partition}:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}")
        }
        _ => principal.to_owned(),
    }
}

fn entry(context: &mut Context<'_>, cluster: &str, principal: &str, kind: &str) -> Value {
    let (account, resource) = {
        let parts: Vec<&str> = principal.splitn(6, ':').collect();
        match parts.as_slice() {
            [_, _, _, _, account, resource] => ((*account).to_owned(), (*resource).to_owned()),
            _ => (context.account.to_owned(), principal.to_owned()),
        }
    };
    let (sort, name) = resource.split_once('/').unwrap_or(("root", ""));
    let name = name.rsplit('/').next().unwrap_or_default();
    let id = context.ids.uuid();
    let arn = context.arn("eks", &format!("access-entry/{cluster}/{sort}/{account}/{name}/{id}"));
    let groups = if kind == "STANDARD" { json!([]) } else { json!(["system:nodes"]) };
    json!({
        "clusterName": cluster, "principalArn": principal, "kubernetesGroups": groups,
        "accessEntryArn": arn, "createdAt": context.stamp(), "modifiedAt": context.stamp(),
        "tags": {}, "username": username(principal, kind), "type": kind,
    })
}

fn check(principal: &str, body: &Value) -> Result<(), AwsError> {
    let wrong = |message: String| Err(invalid_parameter(&[], message));
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    let iam = matches!(parts.as_slice(), ["arn", _, "iam", "", account, resource]
        if account.len() == 12 && (resource.starts_with("role/") || resource.starts_with("user/") || *resource == "root"));
    if !iam {
        return wrong("The principalArn parameter format is not valid".to_owned());
    }
    let kind = input::text(body, "type")?.unwrap_or("STANDARD");
    if !KINDS.contains(&kind) {
        return wrong(format!("The type {kind} is not valid. Valid types: {}", KINDS.join(", ")));
    }
    let groups = input::texts(body, "kubernetesGroups")?.unwrap_or_default();
    if kind != "STANDARD" && (!groups.is_empty() || input::text(body, "username")?.is_some()) {
        return wrong(format!(
            "The kubernetesGroups and username can't be set for an access entry of type {kind}."
        ));
    }
    for group in groups {
        if let Some(start) = RESERVED.iter().find(|start| group.starts_with(**start)) {
            return wrong(format!(
                "The kubernetes group name {group} is invalid, it cannot start with {start}"
            ));
        }
    }
    Ok(())
}
