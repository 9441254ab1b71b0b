//! What runs in EKS: versions, updates that follow each other, that fail, that outlive a run.

use serde_json::{Value, json};
use suimon_model::{HealthStatus, Manifest};
use suimon_sandbox::{AwsEffect, AwsFault};

use crate::support::{
    Server, apply, assert_unchanged, dry_run, health, look, manifest, observe, provider, wait,
    write,
};

const ROLE: &str = "arn:aws:iam::123456789012:role/eks";

fn cluster(version: &str, more: &Value) -> Manifest {
    let mut spec = json!({
        "version": version, "roleARN": ROLE,
        "resourcesVPCConfig": {"subnetIDs": ["subnet-a", "subnet-b"]},
    });
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    manifest("eks", "Cluster", "main", &spec)
}

fn nodes(version: &str) -> Manifest {
    let spec = json!({
        "clusterName": "main", "nodeRole": ROLE, "subnets": ["subnet-a"], "version": version,
    });
    manifest("eks", "Nodegroup", "web", &spec)
}

fn profile(name: &str) -> Manifest {
    let spec = json!({
        "clusterRef": {"from": {"name": "main"}}, "podExecutionRoleARN": ROLE,
        "selectors": [{"namespace": name}],
    });
    manifest("eks", "FargateProfile", name, &spec)
}

fn writes(server: &Server) -> Vec<String> {
    let reads = |name: &String| !name.contains(" Describe") && !name.contains(" List");
    server.take_operations().into_iter().filter(reads).collect()
}

#[tokio::test]
async fn updates_follow_each_other() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[cluster("1.31", &json!({})), nodes("1.31")]).await.unwrap();
    server.take_operations();
    let next = cluster(
        "1.32",
        &json!({"accessConfig": {"authenticationMode": "API"},
            "logging": {"clusterLogging": [{"types": ["api"], "enabled": true}]},
            "tags": {"team": "a"}}),
    );
    let all = [next, nodes("1.32")];
    apply(&server, &aws, &all).await.unwrap();
    insta::assert_snapshot!(writes(&server).join("\n"), @r"
        eks UpdateClusterConfig
        eks UpdateClusterConfig
        eks UpdateClusterConfig
        eks UpdateClusterVersion
        eks TagResource
        eks UpdateNodegroupVersion
        eks TagResource
        ");
    assert_unchanged(&server, &all).await;
}

/// What the plan says about a declaration on what is live, and that nothing was written.
async fn refused(server: &Server, live: &[Manifest], wanted: &Manifest) -> String {
    let aws = provider(server).await;
    let mut declared: Vec<Manifest> =
        live.iter().filter(|one| one.id != wanted.id).cloned().collect();
    declared.push(wanted.clone());
    let seen = observe(&aws, &declared).await;
    let dry = dry_run(&aws, &seen, wanted).await.unwrap_err().to_string();
    let write = write(&aws, &seen, wanted).await.unwrap_err().to_string();
    assert_eq!(dry, write);
    assert_eq!(writes(server), [""; 0]);
    dry
}

#[tokio::test]
async fn versions_that_eks_does_not_go_to_are_refused_in_the_plan() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let live = [cluster("1.31", &json!({})), nodes("1.30")];
    apply(&server, &aws, &live).await.unwrap();
    server.take_operations();
    insta::assert_snapshot!(refused(&server, &live, &cluster("1.33", &json!({}))).await, @r#"EKS goes up one minor version at a time: cluster `main` is at 1.31, and 1.33 is declared; the next allowed version is 1.32: declare `version: "1.32"`, apply, bring its node groups along, and so on up to 1.33"#);
    insta::assert_snapshot!(refused(&server, &live, &cluster("1.30", &json!({}))).await, @r#"EKS does not go back: cluster `main` is at 1.31, and 1.30 is declared; declare `version: "1.31"`. (EKS rolls an upgrade back to the previous minor version within 7 days of it, as an explicit act with the AWS CLI or console; a declaration does not do that)"#);
    insta::assert_snapshot!(refused(&server, &live, &cluster("1.32", &json!({}))).await, @"cluster `main` cannot go from 1.31 to 1.32 yet: EKS upgrades a cluster only when its managed node groups have the cluster's version; bring node group `web` (1.30) to 1.31 first, and then declare 1.32");
    insta::assert_snapshot!(refused(&server, &live, &nodes("1.32")).await, @"node group `web` cannot be newer than its cluster: 1.32 is declared, and cluster `main` is at 1.31; the highest allowed version is 1.31: bring the cluster to 1.32 first");
    insta::assert_snapshot!(refused(&server, &live, &nodes("1.29")).await, @r#"node group `web` is at 1.30, and 1.29 is declared: EKS does not move node groups back; declare `version: "1.30"`, or a node group of another name"#);
}

#[tokio::test]
async fn access_modes_do_not_go_back_and_entries_need_one() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let api = cluster("1.31", &json!({"accessConfig": {"authenticationMode": "API"}}));
    apply(&server, &aws, std::slice::from_ref(&api)).await.unwrap();
    server.take_operations();
    let back = cluster("1.31", &json!({"accessConfig": {"authenticationMode": "CONFIG_MAP"}}));
    insta::assert_snapshot!(refused(&server, &[api], &back).await, @"cluster `main` has the authentication mode API, and CONFIG_MAP is declared: EKS does not go back");
    let other = Server::sandbox().await;
    let aws = provider(&other).await;
    apply(&other, &aws, &[cluster("1.31", &json!({}))]).await.unwrap();
    other.take_operations();
    let entry = manifest(
        "eks",
        "AccessEntry",
        "dev",
        &json!({"clusterName": "main", "principalARN": "arn:aws:iam::123456789012:role/dev"}),
    );
    let seen = look(&aws, std::slice::from_ref(&entry), false).await;
    assert_eq!((seen.unknown.len(), seen.absent.len()), (0, 1));
    let told = dry_run(&aws, &seen, &entry).await.unwrap_err().to_string();
    insta::assert_snapshot!(told, @"cluster `main` has the authentication mode CONFIG_MAP, which knows no access entries: declare `accessConfig: {authenticationMode: API_AND_CONFIG_MAP}` for it first");
}

#[tokio::test]
async fn an_update_that_fails_says_why() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let fails = json!({"tags": {"sandbox-fail-update": "IpNotAvailable"}});
    let first = cluster("1.31", &fails);
    apply(&server, &aws, &[first]).await.unwrap();
    let next = cluster("1.32", &fails);
    let seen = observe(&aws, std::slice::from_ref(&next)).await;
    let written = write(&aws, &seen, &next).await.unwrap();
    assert_eq!(written.health.status, HealthStatus::InProgress);
    let failed = wait(&server, &aws, &next.id).await;
    assert_eq!(failed.status, HealthStatus::Failed);
    let id = failed.message.split("(update ").nth(1).unwrap().split(')').next().unwrap();
    insta::assert_snapshot!(failed.message.replace(id, "ID"), @"VersionUpdate to 1.32 (update ID) failed: IpNotAvailable: The sandbox was asked to let this update fail.");
    // Another run finds it too, as long as the cluster is not as declared.
    let again = provider(&server).await;
    observe(&again, std::slice::from_ref(&next)).await;
    assert_eq!(health(&again, &next.id).await, failed);
    let before = cluster("1.31", &fails);
    let third = provider(&server).await;
    observe(&third, std::slice::from_ref(&before)).await;
    assert_eq!(health(&third, &before.id).await.status, HealthStatus::Current);
}

#[tokio::test]
async fn an_update_that_outlives_its_run_is_followed_by_the_next() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[cluster("1.31", &json!({}))]).await.unwrap();
    let next = cluster(
        "1.32",
        &json!({"logging": {"clusterLogging": [{"types": ["api"], "enabled": true}]}}),
    );
    let seen = observe(&aws, std::slice::from_ref(&next)).await;
    assert!(write(&aws, &seen, &next).await.unwrap().more);
    server.take_operations();
    drop(aws);
    let aws = provider(&server).await;
    let seen = observe(&aws, std::slice::from_ref(&next)).await;
    let waits = write(&aws, &seen, &next).await.unwrap();
    assert_eq!((waits.more, waits.health.status), (true, HealthStatus::InProgress));
    assert!(waits.health.message.starts_with("LoggingUpdate (update "), "{:?}", waits.health);
    assert_eq!(writes(&server), [""; 0]);
    apply(&server, &aws, std::slice::from_ref(&next)).await.unwrap();
    assert_eq!(writes(&server), ["eks UpdateClusterVersion", "eks TagResource"]);
    assert_unchanged(&server, &[next]).await;
}

#[tokio::test]
async fn a_lost_reply_starts_nothing_twice() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let lose = |operation: &str| {
        server.as_sandbox().fault(AwsFault {
            service: None,
            operation: Some(operation.to_owned()),
            effect: AwsEffect::LoseReply,
            times: Some(1),
        });
    };
    for operation in ["CreateCluster", "CreateNodegroup", "UpdateClusterVersion"] {
        lose(operation);
    }
    apply(&server, &aws, &[cluster("1.31", &json!({})), nodes("1.31")]).await.unwrap();
    let all = [cluster("1.32", &json!({})), nodes("1.31")];
    apply(&server, &aws, &all).await.unwrap();
    assert_unchanged(&server, &all).await;
}

#[tokio::test]
async fn what_may_not_be_read_is_unknown_and_throttling_is_waited_for() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let all = [cluster("1.31", &json!({})), nodes("1.31")];
    apply(&server, &aws, &all).await.unwrap();
    let sandbox = server.as_sandbox();
    sandbox.fault(AwsFault::error("DescribeCluster", 429, "ThrottlingException", "slower", 2));
    assert_unchanged(&server, &all).await;
    let denied = "not authorized to perform: eks:DescribeNodegroup";
    sandbox.fault(AwsFault::error("DescribeNodegroup", 403, "AccessDeniedException", denied, 2));
    let seen = observe(&aws, &all).await;
    assert_eq!(seen.absent, []);
    insta::assert_snapshot!(format!("{:?}", seen.unknown), @r#"[("Nodegroup.eks.services.k8s.aws/web", "forbidden: eks DescribeNodegroup: AccessDeniedException: not authorized to perform: eks:DescribeNodegroup")]"#);
    let told = health(&aws, &all[1].id).await;
    assert_eq!(told.status, HealthStatus::Unknown);
    insta::assert_snapshot!(told.message, @"it could not be read: forbidden: eks DescribeNodegroup: AccessDeniedException: not authorized to perform: eks:DescribeNodegroup");
    sandbox.clear_faults();
    sandbox.fault(AwsFault::error("ListNodegroups", 403, "AccessDeniedException", denied, 1));
    let seen = observe(&aws, &all).await;
    assert_eq!((seen.live.len(), seen.unknown.len()), (2, 0));
}

#[tokio::test]
async fn fargate_profiles_are_made_and_deleted_one_after_the_other() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let all = [cluster("1.31", &json!({})), profile("one"), profile("two")];
    apply(&server, &aws, &all[..1]).await.unwrap();
    let seen = observe(&aws, &all).await;
    write(&aws, &seen, &all[1]).await.unwrap();
    let waits = write(&aws, &seen, &all[2]).await.unwrap();
    assert_eq!((waits.more, waits.health.status), (true, HealthStatus::InProgress));
    insta::assert_snapshot!(waits.health.message, @"it waits: Fargate profile `one` is being created");
    assert_eq!(health(&aws, &all[2].id).await, waits.health);
    server.settle().await;
    assert_eq!(health(&aws, &all[2].id).await.status, HealthStatus::Current);
    let made = write(&aws, &seen, &all[2]).await.unwrap();
    assert!(!made.more);
    wait(&server, &aws, &all[2].id).await;
    assert_unchanged(&server, &all).await;
}

#[tokio::test]
async fn a_creation_that_failed_says_why() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[cluster("1.31", &json!({}))]).await.unwrap();
    let mut spec = nodes("1.31").body.value()["spec"].clone();
    spec["tags"] = json!({"sandbox-fail-create": "x"});
    let nodes = manifest("eks", "Nodegroup", "web", &spec);
    let all = [cluster("1.31", &json!({})), nodes];
    let seen = observe(&aws, &all).await;
    write(&aws, &seen, &all[1]).await.unwrap();
    let failed = wait(&server, &aws, &all[1].id).await;
    assert_eq!(failed.status, HealthStatus::Failed);
    insta::assert_snapshot!(failed.message, @"its creation failed, and it has to be deleted and created again: InternalFailure: The sandbox was asked to let this creation fail.");
}
