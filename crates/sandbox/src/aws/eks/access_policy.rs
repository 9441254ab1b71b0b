//! Access policies, and which of them an entry has.

use serde_json::{Value, json};

use crate::aws::{
    context::Context,
    error::{AwsError, AwsResult},
};

use super::{
    Eks,
    access::absent,
    error::{invalid_parameter, invalid_request, not_found},
    input,
};

/// What the ARNs of access policies start with.
const PREFIX: &str = "arn:aws:eks::aws:cluster-access-policy/";

/// What the creator of a cluster gets.
pub(super) const ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

/// The names of the policies, in order.
const POLICIES: [&str; 8] = [
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSSecretReaderPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEMRJobPolicy",
];

impl Eks {
    pub(super) fn associate_policy(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        let stamp = context.stamp();
        let policy = input::required(body, "policyArn")?;
        let entry = self.entry_mut(body)?;
        if !policy.strip_prefix(PREFIX).is_some_and(|name| POLICIES.contains(&name)) {
            return Err(invalid_parameter(&[], "The policyArn parameter format is not valid"));
        }
        if crate::value::text(&entry.doc, "/type") != "STANDARD" {
            return Err(invalid_request(
                &[],
                "Access policies can only be associated with access entries of type STANDARD.",
            ));
        }
        let scope = scope(body)?;
        let since = entry.policies.get(policy).and_then(|there| there.get("associatedAt"));
        let associated = json!({
            "policyArn": policy, "accessScope": scope,
            "associatedAt": since.unwrap_or(&stamp), "modifiedAt": stamp,
        });
        entry.policies.insert(policy.to_owned(), associated.clone());
        Ok(json!({
            "clusterName": input::required(body, "clusterName")?,
            "principalArn": input::required(body, "principalArn")?,
            "associatedAccessPolicy": associated,
        }))
    }

    pub(super) fn disassociate_policy(
        &mut self,
        _context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        let policy = input::required(body, "policyArn")?;
        match self.entry_mut(body)?.policies.remove(policy) {
            Some(_) => Ok(json!({})),
            None => Err(not_found(
                &[],
                "The specified policyArn is not associated with the access entry.",
            )),
        }
    }

    pub(super) fn list_associated_policies(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        cluster.check_access_api()?;
        let principal = input::required(body, "principalArn")?;
        let entry = cluster.entries.get(principal).ok_or_else(absent)?;
        let policies = entry.policies.iter().map(|(arn, policy)| (arn.as_str(), policy.clone()));
        let mut answer = input::page_of(body, "associatedAccessPolicies", policies)?;
        crate::value::put(&mut answer, "clusterName", Some(cluster.name().into()));
        crate::value::put(&mut answer, "principalArn", Some(principal.into()));
        Ok(answer)
    }
}

/// `ListAccessPolicies`.
pub(super) fn list(body: &Value) -> AwsResult {
    let policies = POLICIES
        .iter()
        .map(|name| (*name, json!({ "name": name, "arn": format!("{PREFIX}{name}") })));
    input::page_of(body, "accessPolicies", policies)
}

fn scope(body: &Value) -> Result<Value, AwsError> {
    let wrong = |message: &str| Err(invalid_parameter(&[], message));
    let scope = body.get("accessScope").unwrap_or(&Value::Null);
    let namespaces = input::texts(scope, "namespaces")?.unwrap_or_default();
    match input::text(scope, "type")? {
        Some("cluster") if namespaces.is_empty() => {}
        Some("namespace") if !namespaces.is_empty() => {}
        Some("cluster") => {
            return wrong("The accessScope of type cluster can't have namespaces.");
        }
        Some("namespace") => {
            return wrong("The accessScope of type namespace needs at least one namespace.");
        }
        _ => return wrong("The accessScope type must be cluster or namespace."),
    }
    Ok(json!({ "type": input::text(scope, "type")?, "namespaces": namespaces }))
}
