//! The REST binding: which operation a request means.

use serde_json::{Map, Value};

use crate::aws::uri::decode;

/// Method, path and operation; a part in braces is a parameter under its API name.
const ROUTES: &[(&str, &str, &str)] = &[
    ("POST", "clusters", "CreateCluster"),
    ("GET", "clusters", "ListClusters"),
    ("GET", "clusters/{name}", "DescribeCluster"),
    ("DELETE", "clusters/{name}", "DeleteCluster"),
    ("POST", "clusters/{name}/update-config", "UpdateClusterConfig"),
    ("POST", "clusters/{name}/updates", "UpdateClusterVersion"),
    ("GET", "clusters/{name}/updates", "ListUpdates"),
    ("GET", "clusters/{name}/updates/{updateId}", "DescribeUpdate"),
    ("GET", "cluster-versions", "DescribeClusterVersions"),
    ("POST", "clusters/{clusterName}/node-groups", "CreateNodegroup"),
    ("GET", "clusters/{clusterName}/node-groups", "ListNodegroups"),
    ("GET", "clusters/{clusterName}/node-groups/{nodegroupName}", "DescribeNodegroup"),
    ("DELETE", "clusters/{clusterName}/node-groups/{nodegroupName}", "DeleteNodegroup"),
    (
        "POST",
        "clusters/{clusterName}/node-groups/{nodegroupName}/update-config",
        "UpdateNodegroupConfig",
    ),
    (
        "POST",
        "clusters/{clusterName}/node-groups/{nodegroupName}/update-version",
        "UpdateNodegroupVersion",
    ),
    ("POST", "clusters/{clusterName}/fargate-profiles", "CreateFargateProfile"),
    ("GET", "clusters/{clusterName}/fargate-profiles", "ListFargateProfiles"),
    (
        "GET",
        "clusters/{clusterName}/fargate-profiles/{fargateProfileName}",
        "DescribeFargateProfile",
    ),
    (
        "DELETE",
        "clusters/{clusterName}/fargate-profiles/{fargateProfileName}",
        "DeleteFargateProfile",
    ),
    ("POST", "clusters/{clusterName}/addons", "CreateAddon"),
    ("GET", "clusters/{clusterName}/addons", "ListAddons"),
    ("GET", "clusters/{clusterName}/addons/{addonName}", "DescribeAddon"),
    ("DELETE", "clusters/{clusterName}/addons/{addonName}", "DeleteAddon"),
    ("POST", "clusters/{clusterName}/addons/{addonName}/update", "UpdateAddon"),
    ("GET", "addons/supported-versions", "DescribeAddonVersions"),
    ("POST", "clusters/{clusterName}/access-entries", "CreateAccessEntry"),
    ("GET", "clusters/{clusterName}/access-entries", "ListAccessEntries"),
    ("GET", "clusters/{clusterName}/access-entries/{principalArn}", "DescribeAccessEntry"),
    ("POST", "clusters/{clusterName}/access-entries/{principalArn}", "UpdateAccessEntry"),
    ("DELETE", "clusters/{clusterName}/access-entries/{principalArn}", "DeleteAccessEntry"),
    (
        "POST",
        "clusters/{clusterName}/access-entries/{principalArn}/access-policies",
        "AssociateAccessPolicy",
    ),
    (
        "GET",
        "clusters/{clusterName}/access-entries/{principalArn}/access-policies",
        "ListAssociatedAccessPolicies",
    ),
    (
        "DELETE",
        "clusters/{clusterName}/access-entries/{principalArn}/access-policies/{policyArn}",
        "DisassociateAccessPolicy",
    ),
    ("GET", "access-policies", "ListAccessPolicies"),
    ("POST", "clusters/{clusterName}/pod-identity-associations", "CreatePodIdentityAssociation"),
    ("GET", "clusters/{clusterName}/pod-identity-associations", "ListPodIdentityAssociations"),
    (
        "GET",
        "clusters/{clusterName}/pod-identity-associations/{associationId}",
        "DescribePodIdentityAssociation",
    ),
    (
        "POST",
        "clusters/{clusterName}/pod-identity-associations/{associationId}",
        "UpdatePodIdentityAssociation",
    ),
    (
        "DELETE",
        "clusters/{clusterName}/pod-identity-associations/{associationId}",
        "DeletePodIdentityAssociation",
    ),
    ("POST", "tags/{resourceArn}", "TagResource"),
    ("GET", "tags/{resourceArn}", "ListTagsForResource"),
    ("DELETE", "tags/{resourceArn}", "UntagResource"),
];

/// Query parameters that are lists.
const LISTS: &[&str] = &["tagKeys", "types", "publishers", "owners", "include", "clusterVersions"];

/// The operation that a request means, and its input with path and query parameters under their API names.
///
/// `path` is as it was sent, still percent-encoded; `query` is decoded.
pub(crate) fn route(
    method: &str,
    path: &str,
    query: &[(String, String)],
    body: &Value,
) -> Option<(String, Value)> {
    let path = path.trim_matches('/');
    // An ARN may come with its slashes as they are.
    let arn = path.strip_prefix("tags/").map(|arn| ["tags", arn]);
    let parts: Vec<&str> = match &arn {
        Some(parts) => parts.to_vec(),
        None => path.split('/').collect(),
    };
    let (operation, found) = ROUTES.iter().find_map(|(wanted, template, operation)| {
        (*wanted == method).then(|| parameters(template, &parts)).flatten().map(|p| (operation, p))
    })?;
    let mut input = body.as_object().cloned().unwrap_or_default();
    add_query(&mut input, query);
    input.extend(found);
    Some(((*operation).to_owned(), Value::Object(input)))
}

/// The parameters of a path that fits the template.
fn parameters(template: &str, parts: &[&str]) -> Option<Vec<(String, Value)>> {
    let wanted: Vec<&str> = template.split('/').collect();
    if wanted.len() != parts.len() {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, part) in wanted.iter().zip(parts) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if part.is_empty() => return None,
            Some(name) => found.push((name.to_owned(), decode(part).into())),
            None if wanted == part => {}
            None => return None,
        }
    }
    Some(found)
}

fn add_query(input: &mut Map<String, Value>, query: &[(String, String)]) {
    for (name, text) in query {
        if LISTS.contains(&name.as_str()) {
            let list = input.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(text.as_str().into());
            }
            continue;
        }
        let value = match (name.as_str(), text.as_str()) {
            ("maxResults", text) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            ("preserve" | "defaultOnly" | "includeAll", "true") => true.into(),
            ("preserve" | "defaultOnly" | "includeAll", "false") => false.into(),
            (_, text) => text.into(),
        };
        input.insert(name.clone(), value);
    }
}
