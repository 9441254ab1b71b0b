//! Bodies of another shape than the model's.

use serde_json::{Value, json};

use super::{Bench, ROLE, nodegroup, with};

const OPERATIONS: [&str; 42] = [
    "CreateCluster",
    "DescribeCluster",
    "ListClusters",
    "DeleteCluster",
    "UpdateClusterConfig",
    "UpdateClusterVersion",
    "DescribeClusterVersions",
    "DescribeUpdate",
    "ListUpdates",
    "CreateNodegroup",
    "DescribeNodegroup",
    "ListNodegroups",
    "DeleteNodegroup",
    "UpdateNodegroupConfig",
    "UpdateNodegroupVersion",
    "CreateFargateProfile",
    "DescribeFargateProfile",
    "ListFargateProfiles",
    "DeleteFargateProfile",
    "CreateAddon",
    "DescribeAddon",
    "ListAddons",
    "UpdateAddon",
    "DeleteAddon",
    "DescribeAddonVersions",
    "CreateAccessEntry",
    "DescribeAccessEntry",
    "ListAccessEntries",
    "UpdateAccessEntry",
    "DeleteAccessEntry",
    "AssociateAccessPolicy",
    "DisassociateAccessPolicy",
    "ListAssociatedAccessPolicies",
    "ListAccessPolicies",
    "CreatePodIdentityAssociation",
    "DescribePodIdentityAssociation",
    "ListPodIdentityAssociations",
    "UpdatePodIdentityAssociation",
    "DeletePodIdentityAssociation",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
];

/// A body that most operations take.
fn whole() -> Value {
    let some = json!({
        "name": "c", "clusterName": "c", "version": "1.30", "roleArn": ROLE, "clientRequestToken": "t",
        "resourcesVpcConfig": {"subnetIds": ["a", "b"]}, "logging": {"clusterLogging": []},
        "accessConfig": {"authenticationMode": "API"}, "upgradePolicy": {"supportType": "STANDARD"},
        "computeConfig": {"enabled": false}, "tags": {"a": "b"}, "tagKeys": ["a"],
        "resourceArn": "arn:aws:eks:us-east-1:123456789012:cluster/c", "updateId": "u",
        "nodegroupName": "ng", "nodeRole": ROLE, "subnets": ["a"], "scalingConfig": {"maxSize": 3},
        "labels": {"addOrUpdateLabels": {"a": "b"}, "removeLabels": ["c"]},
        "taints": {"addOrUpdateTaints": [{"key": "k"}]}, "releaseVersion": "1.29.1-1",
    });
    let more = json!({
        "launchTemplate": {"name": "t"}, "fargateProfileName": "fp", "podExecutionRoleArn": ROLE,
        "selectors": [{"namespace": "n", "labels": {}}], "addonName": "coredns",
        "addonVersion": "v1.0.0-eksbuild.1", "configurationValues": "{}", "resolveConflicts": "NONE",
        "podIdentityAssociations": [{"serviceAccount": "s"}], "principalArn": ROLE, "type": "STANDARD",
        "kubernetesGroups": ["g"], "username": "u", "policyArn": super::super::access_policy::ADMIN,
        "accessScope": {"type": "namespace", "namespaces": ["n"]}, "namespace": "n",
        "serviceAccount": "s", "associationId": "a-1", "maxResults": 1, "nextToken": "YQ",
        "kubernetesVersion": "1.30", "types": ["x"], "force": true, "rollbackConfig": {},
    });
    with(some, &more)
}

#[test]
fn no_operation_panics_on_any_shape() {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("é/::v.-eksbuild."),
        json!("1.4294967295"),
        json!([]),
        json!([null, 1]),
        json!({}),
        json!({"subnetIds": 1, "clusterLogging": [{"types": 1}], "type": [], "minSize": "x"}),
    ];
    let members: Vec<String> = whole().as_object().unwrap().keys().cloned().collect();
    let mut refused = 0;
    for operation in OPERATIONS {
        for body in [json!(null), json!([]), json!({}), json!("x")] {
            refused += usize::from(Bench::new().call(operation, body).is_err());
        }
        let mut bench = Bench::with_cluster();
        bench.ok("CreateNodegroup", nodegroup("ng"));
        for member in &members {
            for value in &odd {
                let mut body = whole();
                body[member] = value.clone();
                refused += usize::from(bench.call(operation, body).is_err());
                bench.step();
            }
        }
    }
    assert!(refused > 0);
}
