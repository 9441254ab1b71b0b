//! Kubernetes versions.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Bench, nodegroup, with};

fn to(version: &str) -> Value {
    json!({"name": "c", "version": version})
}

fn version(bench: &mut Bench) -> Value {
    bench.ok("DescribeCluster", json!({"name": "c"}))["cluster"]["version"].clone()
}

#[test]
fn a_cluster_goes_up_one_minor_version_at_a_time_and_its_nodes_follow() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateNodegroup", nodegroup("ng"));
    bench.settle();
    let mut errors = vec![bench.error("UpdateClusterVersion", to("1.31"))];
    bench.ok("UpdateClusterVersion", to("1.30"));
    assert_eq!(version(&mut bench), "1.29", "until the update is done");
    let logging = json!({"name": "c", "upgradePolicy": {"supportType": "STANDARD"}});
    let running = |text: String| {
        let (head, tail) = text.split_once("has update ").unwrap();
        format!("{head}has update …{}", &tail[36..])
    };
    errors.push(running(bench.error("UpdateClusterVersion", to("1.30"))));
    errors.push(running(bench.error("UpdateClusterConfig", logging)));
    bench.settle();
    assert_eq!(version(&mut bench), "1.30");
    errors.push(bench.error("UpdateClusterVersion", to("1.30")));
    errors.push(bench.error("UpdateClusterVersion", to("1.31")));
    let group = json!({"clusterName": "c", "nodegroupName": "ng"});
    let update = bench.update("UpdateNodegroupVersion", group.clone());
    assert_eq!(update["type"], "VersionUpdate");
    let described = bench.ok("DescribeNodegroup", group);
    assert_eq!(described["nodegroup"]["version"], "1.30");
    let update = bench.update("UpdateClusterVersion", to("1.31"));
    assert_eq!(
        (&update["type"], &update["status"]),
        (&json!("VersionUpdate"), &json!("Successful"))
    );
    assert_eq!(update["params"][0], json!({"type": "Version", "value": "1.31"}));
    assert_eq!(version(&mut bench), "1.31");
    errors.push(bench.error("UpdateClusterVersion", to("1.30")));
    errors.push(bench.error("UpdateClusterVersion", to("2.0")));
    errors.push(bench.error("UpdateClusterVersion", json!({"name": "none", "version": "1.30"})));
    insta::assert_snapshot!(errors.join("\n"), @r"
        400 InvalidParameterException: Unsupported Kubernetes minor version update from 1.29 to 1.31
        409 ResourceInUseException: Cannot VersionUpdate because cluster c currently has update … in progress
        409 ResourceInUseException: Cannot UpgradePolicyUpdate because cluster c currently has update … in progress
        400 InvalidParameterException: Unsupported Kubernetes minor version update from 1.30 to 1.30
        400 InvalidParameterException: Nodegroups ng must be updated to match cluster version 1.30 before updating cluster version
        400 InvalidParameterException: Unsupported Kubernetes minor version update from 1.31 to 1.30
        400 InvalidParameterException: unsupported Kubernetes version
        404 ResourceNotFoundException: No cluster found for name: none.
        ");
}

#[test]
fn an_upgrade_is_rolled_back_within_a_week_when_that_is_asked_for() {
    let mut bench = Bench::with_cluster();
    bench.update("UpdateClusterVersion", to("1.30"));
    let back = |version: &str| with(to(version), &json!({"rollbackConfig": {}}));
    assert!(bench.error("UpdateClusterVersion", to("1.29")).contains("from 1.30 to 1.29"));
    let update = bench.update("UpdateClusterVersion", back("1.29"));
    assert_eq!(update["type"], "VersionRollback");
    assert_eq!(version(&mut bench), "1.29");
    assert!(bench.error("UpdateClusterVersion", back("1.28")).contains("from 1.29 to 1.28"));
    bench.update("UpdateClusterVersion", to("1.30"));
    bench.now += SignedDuration::from_hours(24 * 8);
    assert!(bench.error("UpdateClusterVersion", back("1.29")).contains("from 1.30 to 1.29"));
}

#[test]
fn an_insight_blocks_an_upgrade_that_is_not_forced() {
    let mut bench = Bench::with_cluster();
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/c";
    bench.ok("TagResource", json!({"resourceArn": arn, "tags": {"sandbox-fail-insights": ""}}));
    insta::assert_snapshot!(bench.error("UpdateClusterVersion", to("1.30")), @"400 InvalidStateException: Amazon EKS detected upgrade readiness issues. Call the ListInsights API to view detected upgrade blocking issues. Pass the force flag when updating to override upgrade readiness errors.");
    let forced = with(to("1.30"), &json!({"force": true}));
    assert_eq!(bench.update("UpdateClusterVersion", forced)["status"], "Successful");
}

#[test]
fn an_upgrade_that_fails_leaves_the_version() {
    let mut bench = Bench::with_cluster();
    let body = with(to("1.30"), &json!({"clientRequestToken": "sandbox-fail"}));
    let update = bench.update("UpdateClusterVersion", body);
    assert_eq!(
        (&update["status"], &update["errors"][0]["errorCode"]),
        (&json!("Failed"), &json!("Unknown"))
    );
    assert_eq!(version(&mut bench), "1.29");
    assert_eq!(bench.update("UpdateClusterVersion", to("1.30"))["status"], "Successful");
}

#[test]
fn versions_are_listed_newest_first() {
    let mut bench = Bench::new();
    let all = bench.ok("DescribeClusterVersions", json!({}));
    assert_eq!(all["clusterVersions"][0]["clusterVersion"], "1.36");
    let default = bench.ok("DescribeClusterVersions", json!({"defaultOnly": true}));
    assert_eq!(default["clusterVersions"].as_array().unwrap().len(), 1);
}
