//! Access entries, pod identities and tags.

use serde_json::{Value, json};

use super::{Bench, ROLE, cluster, nodegroup, with};

const DEPLOYER: &str = "arn:aws:iam::123456789012:role/deployer";
const TEAM: &str = "arn:aws:iam::123456789012:role/path/team";
const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

fn entry(more: &Value) -> Value {
    with(json!({"clusterName": "c", "principalArn": TEAM}), more)
}

fn principals(bench: &mut Bench, more: &Value) -> Value {
    bench.ok("ListAccessEntries", with(json!({"clusterName": "c"}), more))["accessEntries"].clone()
}

#[test]
fn the_creator_and_the_nodes_have_entries() {
    let mut bench = Bench::with_cluster();
    let none = json!({});
    assert_eq!(principals(&mut bench, &none), json!([DEPLOYER]));
    let policies = bench
        .ok("ListAssociatedAccessPolicies", json!({"clusterName": "c", "principalArn": DEPLOYER}));
    assert_eq!(policies["associatedAccessPolicies"][0]["accessScope"]["type"], "cluster");
    bench.ok("CreateNodegroup", nodegroup("ng"));
    bench.settle();
    assert_eq!(principals(&mut bench, &none), json!([DEPLOYER, ROLE]));
    bench.ok("DeleteNodegroup", json!({"clusterName": "c", "nodegroupName": "ng"}));
    bench.settle();
    assert_eq!(principals(&mut bench, &none), json!([DEPLOYER]));
}

#[test]
fn an_entry_is_created_updated_and_deleted() {
    let mut bench = Bench::with_cluster();
    let body = entry(&json!({"kubernetesGroups": ["team"], "clientRequestToken": "t"}));
    let created = bench.ok("CreateAccessEntry", body.clone());
    assert_eq!(bench.ok("CreateAccessEntry", body), created, "the same call again");
    insta::assert_snapshot!(serde_json::to_string_pretty(&created["accessEntry"]).unwrap(), @r#"
        {
          "accessEntryArn": "arn:aws:eks:us-east-1:123456789012:access-entry/c/role/123456789012/team/e716a168-cd65-4e14-88a4-9d997610a642",
          "clusterName": "c",
          "createdAt": 1767323045.0,
          "kubernetesGroups": [
            "team"
          ],
          "modifiedAt": 1767323045.0,
          "principalArn": "arn:aws:iam::123456789012:role/path/team",
          "tags": {},
          "type": "STANDARD",
          "username": "arn:aws:sts::123456789012:assumed-role/team/{{SessionName}}"
        }
        "#);
    bench.ok("UpdateAccessEntry", entry(&json!({"kubernetesGroups": ["a", "b"], "username": "u"})));
    let described = bench.ok("DescribeAccessEntry", entry(&json!({})))["accessEntry"].clone();
    assert_eq!(described["kubernetesGroups"], json!(["a", "b"]));
    assert_eq!(described["username"], "u");
    bench.ok("DeleteAccessEntry", entry(&json!({})));
    assert_eq!(
        bench.error("DescribeAccessEntry", entry(&json!({}))),
        "404 ResourceNotFoundException: The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'."
    );
}

#[test]
fn a_wrong_entry_is_refused() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateAccessEntry", entry(&json!({})));
    bench.ok("CreateCluster", with(cluster("old"), &json!({"accessConfig": {}})));
    let errors = bench.errors(
        "CreateAccessEntry",
        [
            entry(&json!({})),
            entry(&json!({"clusterName": "old"})),
            entry(&json!({"principalArn": "team"})),
            entry(&json!({"type": "ROBOT"})),
            entry(&json!({"kubernetesGroups": ["system:masters"]})),
            entry(&json!({"type": "EC2_LINUX", "kubernetesGroups": ["team"]})),
        ],
    );
    insta::assert_snapshot!(errors, @r"
        409 ResourceInUseException: The specified access entry resource is already in use on this cluster.
        400 InvalidRequestException: The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.
        400 InvalidParameterException: The principalArn parameter format is not valid
        400 InvalidParameterException: The type ROBOT is not valid. Valid types: STANDARD, EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2, HYPERPOD_LINUX
        400 InvalidParameterException: The kubernetes group name system:masters is invalid, it cannot start with system:
        400 InvalidParameterException: The kubernetesGroups and username can't be set for an access entry of type EC2_LINUX.
        ");
}

#[test]
fn policies_are_associated_with_a_scope() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateAccessEntry", entry(&json!({})));
    let scope = |kind: &str, namespaces: &[&str]| {
        entry(&json!({"policyArn": VIEW, "accessScope": {"type": kind, "namespaces": namespaces}}))
    };
    bench.ok("AssociateAccessPolicy", scope("namespace", &["a"]));
    bench.ok("AssociateAccessPolicy", scope("namespace", &["a", "b"]));
    let listed = bench.ok("ListAssociatedAccessPolicies", entry(&json!({})));
    let policies = listed["associatedAccessPolicies"].as_array().unwrap();
    assert_eq!(policies.len(), 1, "the second one replaced the first");
    assert_eq!(policies[0]["accessScope"]["namespaces"], json!(["a", "b"]));
    assert_eq!(principals(&mut bench, &json!({"associatedPolicyArn": VIEW})), json!([TEAM]));
    let mut errors = bench.errors(
        "AssociateAccessPolicy",
        [
            scope("cluster", &["a"]),
            scope("namespace", &[]),
            scope("planet", &[]),
            with(scope("cluster", &[]), &json!({"policyArn": "arn:aws:iam::aws:policy/Admin"})),
            with(scope("cluster", &[]), &json!({"principalArn": ROLE})),
        ],
    );
    bench.ok("DisassociateAccessPolicy", entry(&json!({"policyArn": VIEW})));
    errors.push('\n');
    errors.push_str(&bench.error("DisassociateAccessPolicy", entry(&json!({"policyArn": VIEW}))));
    insta::assert_snapshot!(errors, @r"
        400 InvalidParameterException: The accessScope of type cluster can't have namespaces.
        400 InvalidParameterException: The accessScope of type namespace needs at least one namespace.
        400 InvalidParameterException: The accessScope type must be cluster or namespace.
        400 InvalidParameterException: The policyArn parameter format is not valid
        404 ResourceNotFoundException: The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.
        404 ResourceNotFoundException: The specified policyArn is not associated with the access entry.
        ");
}

#[test]
fn a_service_account_has_one_association() {
    let mut bench = Bench::with_cluster();
    let body = |account: &str| json!({"clusterName": "c", "namespace": "n", "serviceAccount": account, "roleArn": ROLE});
    let created = bench.ok("CreatePodIdentityAssociation", body("a"))["association"].clone();
    let id = created["associationId"].as_str().unwrap().to_owned();
    assert_eq!(
        bench.error("CreatePodIdentityAssociation", body("a")),
        format!("409 ResourceInUseException: Association already exists: {id}")
    );
    bench.ok("CreatePodIdentityAssociation", body("b"));
    let list = |bench: &mut Bench, more: Value| {
        let answer =
            bench.ok("ListPodIdentityAssociations", with(json!({"clusterName": "c"}), &more));
        answer["associations"].as_array().unwrap().len()
    };
    assert_eq!(list(&mut bench, json!({})), 2);
    assert_eq!(list(&mut bench, json!({"namespace": "n", "serviceAccount": "b"})), 1);
    assert_eq!(list(&mut bench, json!({"namespace": "m"})), 0);
    let named = json!({"clusterName": "c", "associationId": id});
    let role = "arn:aws:iam::123456789012:role/other";
    bench.ok("UpdatePodIdentityAssociation", with(named.clone(), &json!({"roleArn": role})));
    let described = bench.ok("DescribePodIdentityAssociation", named.clone());
    assert_eq!(described["association"]["roleArn"], role);
    bench.ok("DeletePodIdentityAssociation", named.clone());
    assert!(bench.error("DescribePodIdentityAssociation", named).starts_with("404 "));
}

#[test]
fn everything_with_an_arn_has_tags() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateNodegroup", nodegroup("ng"));
    bench.ok("CreateAddon", json!({"clusterName": "c", "addonName": "vpc-cni"}));
    bench.ok("CreateAccessEntry", entry(&json!({})));
    let arns = [
        bench.ok("DescribeCluster", json!({"name": "c"}))["cluster"]["arn"].clone(),
        bench.ok("DescribeNodegroup", json!({"clusterName": "c", "nodegroupName": "ng"}))
            ["nodegroup"]["nodegroupArn"]
            .clone(),
        bench.ok("DescribeAddon", json!({"clusterName": "c", "addonName": "vpc-cni"}))["addon"]
            ["addonArn"]
            .clone(),
        bench.ok("DescribeAccessEntry", entry(&json!({})))["accessEntry"]["accessEntryArn"].clone(),
    ];
    for arn in arns {
        bench.ok("TagResource", json!({"resourceArn": arn, "tags": {"a": "1", "b": "2"}}));
        bench.ok("UntagResource", json!({"resourceArn": arn, "tagKeys": ["a"]}));
        let tags = bench.ok("ListTagsForResource", json!({"resourceArn": arn}));
        assert_eq!(tags, json!({"tags": {"b": "2"}}), "{arn}");
    }
    let errors = bench.errors(
        "TagResource",
        [
            json!({"resourceArn": "arn:aws:eks:us-east-1:123456789012:cluster/none", "tags": {"a": "b"}}),
            json!({"resourceArn": "c", "tags": {"a": "b"}}),
            json!({"resourceArn": "arn:aws:eks:us-east-1:123456789012:cluster/c", "tags": {"aws:a": "b"}}),
        ],
    );
    insta::assert_snapshot!(errors, @r"
        404 NotFoundException: Resource was not found
        400 BadRequestException: Invalid resource arn: c
        400 BadRequestException: Tag keys can't start with aws:.
        ");
}
