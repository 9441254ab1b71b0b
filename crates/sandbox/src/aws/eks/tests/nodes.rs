//! Node groups and Fargate profiles.

use serde_json::{Value, json};

use super::{Bench, ROLE, cluster, nodegroup, with};

fn group(bench: &mut Bench, name: &str) -> Value {
    bench.ok("DescribeNodegroup", json!({"clusterName": "c", "nodegroupName": name}))["nodegroup"]
        .clone()
}

fn profile(name: &str) -> Value {
    json!({"clusterName": "c", "fargateProfileName": name, "podExecutionRoleArn": ROLE,
        "selectors": [{"namespace": "default", "labels": {"a": "b"}}]})
}

#[test]
fn a_node_group_is_created_and_deleted_in_steps() {
    let mut bench = Bench::with_cluster();
    let body = with(
        nodegroup("ng"),
        &json!({"clientRequestToken": "t", "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2}}),
    );
    let first = bench.ok("CreateNodegroup", body.clone());
    assert_eq!(bench.ok("CreateNodegroup", body), first, "the same call again");
    assert_eq!(group(&mut bench, "ng")["status"], "CREATING");
    bench.settle();
    let mut described = group(&mut bench, "ng");
    described["resources"] = json!("…");
    described["nodegroupArn"] = json!("…");
    insta::assert_snapshot!(serde_json::to_string_pretty(&described).unwrap(), @r#"
        {
          "amiType": "AL2_x86_64",
          "capacityType": "ON_DEMAND",
          "clusterName": "c",
          "createdAt": 1767323045.0,
          "diskSize": 20,
          "health": {
            "issues": []
          },
          "instanceTypes": [
            "t3.medium"
          ],
          "labels": {},
          "modifiedAt": 1767323045.0,
          "nodeRole": "arn:aws:iam::123456789012:role/eks",
          "nodegroupArn": "…",
          "nodegroupName": "ng",
          "releaseVersion": "1.29.4-20260105",
          "resources": "…",
          "scalingConfig": {
            "desiredSize": 2,
            "maxSize": 3,
            "minSize": 1
          },
          "status": "ACTIVE",
          "subnets": [
            "subnet-a"
          ],
          "tags": {},
          "taints": [],
          "updateConfig": {
            "maxUnavailable": 1
          },
          "version": "1.29"
        }
        "#);
    let named = json!({"clusterName": "c", "nodegroupName": "ng"});
    assert_eq!(bench.ok("DeleteNodegroup", named.clone())["nodegroup"]["status"], "DELETING");
    bench.settle();
    assert_eq!(
        bench.error("DescribeNodegroup", named),
        "404 ResourceNotFoundException: No node group found for name: ng."
    );
    assert_eq!(bench.ok("ListNodegroups", json!({"clusterName": "c"})), json!({"nodegroups": []}));
}

#[test]
fn a_wrong_node_group_is_refused() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateNodegroup", nodegroup("ng"));
    let scaling = |min: i64, max: i64, desired: i64| {
        with(
            nodegroup("x"),
            &json!({"scalingConfig": {"minSize": min, "maxSize": max, "desiredSize": desired}}),
        )
    };
    let errors = bench.errors(
        "CreateNodegroup",
        [
            nodegroup("ng"),
            with(nodegroup("x"), &json!({"clusterName": "none"})),
            with(nodegroup("x"), &json!({"nodeRole": "eks"})),
            with(nodegroup("x"), &json!({"subnets": []})),
            with(nodegroup("x"), &json!({"version": "1.30"})),
            with(nodegroup("x"), &json!({"launchTemplate": {"name": "t"}, "diskSize": 20})),
            scaling(3, 4, 2),
            scaling(1, 2, 3),
            scaling(-1, 2, 1),
        ],
    );
    insta::assert_snapshot!(errors, @r"
        409 ResourceInUseException: NodeGroup already exists with name ng and cluster name c
        404 ResourceNotFoundException: No cluster found for name: none.
        400 InvalidParameterException: Invalid node role arn: eks
        400 InvalidParameterException: Subnets are required.
        400 InvalidParameterException: Nodegroup version 1.30 can't be greater than the cluster's version 1.29
        400 InvalidParameterException: Disk size must be specified within the launch template.
        400 InvalidParameterException: Minimum capacity 3 can't be greater than desired size 2
        400 InvalidParameterException: Maximum capacity 2 can't be less than desired size 3
        400 InvalidParameterException: minSize and desiredSize can't be less than 0, and maxSize can't be less than 1
        ");
    bench.ok("CreateCluster", cluster("new"));
    insta::assert_snapshot!(
        bench.error("CreateNodegroup", with(nodegroup("x"), &json!({"clusterName": "new"}))),
        @"400 InvalidRequestException: Cluster 'new' is not in ACTIVE status"
    );
}

#[test]
fn a_node_group_is_configured_by_updates() {
    let mut bench = Bench::with_cluster();
    let taint =
        |key: &str, value: &str| json!({"key": key, "value": value, "effect": "NO_SCHEDULE"});
    bench.ok(
        "CreateNodegroup",
        with(
            nodegroup("ng"),
            &json!({"labels": {"a": "1", "b": "1"}, "taints": [taint("x", "1")]}),
        ),
    );
    let named = json!({"clusterName": "c", "nodegroupName": "ng"});
    let scale = with(named.clone(), &json!({"scalingConfig": {"maxSize": 5}}));
    insta::assert_snapshot!(bench.error("UpdateNodegroupConfig", scale.clone()), @"409 ResourceInUseException: Nodegroup cannot be updated as it is currently not in Active State");
    bench.settle();
    let update = bench.update("UpdateNodegroupConfig", scale);
    assert_eq!(update["params"], json!([{"type": "MaxSize", "value": "5"}]));
    let change = json!({
        "labels": {"addOrUpdateLabels": {"b": "2", "c": "2"}, "removeLabels": ["a"]},
        "taints": {"addOrUpdateTaints": [taint("x", "2"), taint("y", "2")]},
    });
    assert_eq!(
        bench.update("UpdateNodegroupConfig", with(named.clone(), &change))["status"],
        "Successful"
    );
    let described = group(&mut bench, "ng");
    assert_eq!(described["scalingConfig"], json!({"minSize": 1, "maxSize": 5, "desiredSize": 2}));
    assert_eq!(described["labels"], json!({"b": "2", "c": "2"}));
    assert_eq!(described["taints"], json!([taint("x", "2"), taint("y", "2")]));
    let remove = json!({"taints": {"removeTaints": [taint("x", "")]}});
    bench.update("UpdateNodegroupConfig", with(named.clone(), &remove));
    assert_eq!(group(&mut bench, "ng")["taints"], json!([taint("y", "2")]));
    let errors = bench.errors(
        "UpdateNodegroupConfig",
        [named.clone(), with(named, &json!({"scalingConfig": {"minSize": 4}}))],
    );
    insta::assert_snapshot!(errors, @r"
        400 InvalidParameterException: No changes needed: the request has no node group config.
        400 InvalidParameterException: Minimum capacity 4 can't be greater than desired size 2
        ");
}

#[test]
fn a_node_group_never_goes_back_or_ahead_of_its_cluster() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateNodegroup", nodegroup("ng"));
    bench.settle();
    let named = |more: Value| with(json!({"clusterName": "c", "nodegroupName": "ng"}), &more);
    let errors = bench.errors(
        "UpdateNodegroupVersion",
        [
            named(json!({})),
            named(json!({"version": "1.30"})),
            named(json!({"version": "1.28"})),
            named(json!({"releaseVersion": "1.28.1-20240101"})),
            named(json!({"launchTemplate": {"name": "t", "version": "1"}})),
        ],
    );
    insta::assert_snapshot!(errors, @r"
        400 InvalidParameterException: No changes needed for the nodegroup version provided
        400 InvalidParameterException: Nodegroup version 1.30 can't be greater than the cluster's version 1.29
        400 InvalidParameterException: Nodegroup version can't be rolled back from 1.29 to 1.28
        400 InvalidParameterException: Requested Nodegroup release version 1.28.1-20240101 is invalid. Allowed release version is 1.29.4-20260105
        400 InvalidParameterException: You can't specify a launch template for a node group that was not created with one.
        ");
    let update =
        bench.update("UpdateNodegroupVersion", named(json!({"releaseVersion": "1.29.9-20260301"})));
    assert_eq!(update["status"], "Successful");
    assert_eq!(group(&mut bench, "ng")["releaseVersion"], "1.29.9-20260301");
}

#[test]
fn one_fargate_profile_changes_at_a_time() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateFargateProfile", profile("a"));
    let delete = |name: &str| json!({"clusterName": "c", "fargateProfileName": name});
    let mut errors = vec![bench.error("CreateFargateProfile", profile("b"))];
    errors.push(bench.error("CreateFargateProfile", profile("a")));
    bench.settle();
    bench.ok("CreateFargateProfile", profile("b"));
    errors.push(bench.error("DeleteFargateProfile", delete("a")));
    bench.settle();
    bench.ok("DeleteFargateProfile", delete("a"));
    errors.push(bench.error("DeleteFargateProfile", delete("b")));
    errors.push(bench.error("CreateFargateProfile", profile("d")));
    bench.settle();
    errors.push(bench.error("DescribeFargateProfile", delete("a")));
    insta::assert_snapshot!(errors.join("\n"), @r"
        409 ResourceInUseException: Cannot create Fargate Profile b because cluster c currently has Fargate profile a in status CREATING
        409 ResourceInUseException: A Fargate Profile already exists with this name in this cluster.
        409 ResourceInUseException: Cannot delete Fargate Profile a because cluster c currently has Fargate profile b in status CREATING
        409 ResourceInUseException: Cannot delete Fargate Profile b because cluster c currently has Fargate profile a in status DELETING
        409 ResourceInUseException: Cannot create Fargate Profile d because cluster c currently has Fargate profile a in status DELETING
        404 ResourceNotFoundException: No Fargate Profile found with name: a.
        ");
    let names = bench.ok("ListFargateProfiles", json!({"clusterName": "c"}));
    assert_eq!(names, json!({"fargateProfileNames": ["b"]}));
    let described = bench.ok("DescribeFargateProfile", delete("b"));
    assert_eq!(described["fargateProfile"]["subnets"], json!(["subnet-a", "subnet-b"]));
    assert_eq!(described["fargateProfile"]["status"], "ACTIVE");
}

#[test]
fn a_wrong_fargate_profile_is_refused() {
    let mut bench = Bench::with_cluster();
    let many: Vec<Value> = (0..6).map(|n| json!({"namespace": format!("n{n}")})).collect();
    let labels = json!({"a": "", "b": "", "c": "", "d": "", "e": "", "f": ""});
    let errors = bench.errors(
        "CreateFargateProfile",
        [
            with(profile("a"), &json!({"selectors": []})),
            with(profile("a"), &json!({"selectors": many})),
            with(profile("a"), &json!({"selectors": [{"labels": {"a": "b"}}]})),
            with(profile("a"), &json!({"selectors": [{"namespace": "n", "labels": labels}]})),
        ],
    );
    insta::assert_snapshot!(errors, @r"
        400 InvalidParameterException: Fargate Profile requires at least one selector.
        400 InvalidParameterException: Fargate Profile can have at most 5 selectors.
        400 InvalidParameterException: Fargate Profile must have at least one selector with at least one namespace value.
        400 InvalidParameterException: Request contains Selector with more than 5 Label pairs
        ");
}
