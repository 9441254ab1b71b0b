//! Every kind of EKS, with the least and with the most that can be declared.

use serde_json::{Value, json};
use suimon_model::Manifest;

use crate::support::{
    Server, apply, assert_unchanged, delete, differences, look, manifest, observe, provider,
    round_trip, wait,
};

const ROLE: &str = "arn:aws:iam::123456789012:role/eks";

fn eks(kind: &str, name: &str, spec: &Value) -> Manifest {
    manifest("eks", kind, name, spec)
}

/// The least that a cluster needs.
fn cluster(name: &str) -> Manifest {
    eks(
        "Cluster",
        name,
        &json!({"roleARN": ROLE, "resourcesVPCConfig": {"subnetIDs": ["subnet-b", "subnet-a"]}}),
    )
}

fn nodes(name: &str) -> Manifest {
    let spec = json!({
        "clusterRef": {"from": {"name": "main"}}, "nodeRole": ROLE, "subnets": ["subnet-a"],
    });
    eks("Nodegroup", name, &spec)
}

fn children() -> Vec<Manifest> {
    let main = json!({"from": {"name": "main"}});
    vec![
        eks(
            "AccessEntry",
            "dev",
            &json!({"clusterRef": main, "principalARN": "arn:aws:iam::123456789012:role/dev"}),
        ),
        eks(
            "PodIdentityAssociation",
            "web",
            &json!({"clusterRef": main, "namespace": "shop", "serviceAccount": "web",
                "roleARN": ROLE}),
        ),
        eks("Addon", "coredns", &json!({"clusterRef": main})),
    ]
}

fn full_cluster() -> Manifest {
    eks(
        "Cluster",
        "main",
        &json!({
            "name": "main", "version": "1.33", "roleARN": ROLE,
            "resourcesVpcConfig": {
                "subnetIds": ["subnet-c", "subnet-a", "subnet-b"], "securityGroupIds": ["sg-2", "sg-1"],
                "endpointPublicAccess": true, "endpointPrivateAccess": true,
                "publicAccessCidrs": ["10.0.0.0/8", "192.0.2.0/24"],
            },
            "kubernetesNetworkConfig": {
                "serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4",
                "elasticLoadBalancing": {"enabled": true},
            },
            "logging": {"clusterLogging": [
                {"types": ["scheduler"], "enabled": true}, {"types": ["audit", "api"], "enabled": true},
                {"types": ["authenticator"], "enabled": false},
            ]},
            "encryptionConfig": [{"resources": ["secrets"],
                "provider": {"keyARN": "arn:aws:kms:us-east-1:123456789012:key/k"}}],
            "accessConfig": {"authenticationMode": "API",
                "bootstrapClusterCreatorAdminPermissions": false},
            "bootstrapSelfManagedAddons": false,
            "upgradePolicy": {"supportType": "STANDARD"}, "zonalShiftConfig": {"enabled": true},
            "remoteNetworkConfig": {"remoteNodeNetworks": [{"cidrs": ["172.16.1.0/24", "172.16.0.0/24"]}]},
            "computeConfig": {"enabled": true, "nodePools": ["system", "general-purpose"],
                "nodeRoleArn": ROLE},
            "storageConfig": {"blockStorage": {"enabled": true}}, "deletionProtection": false,
            "controlPlaneScalingConfig": {"tier": "tier-xl"},
            "kubeApiServerConfig": {"eventTtl": "30m"},
            "tags": {"team": "platform"},
        }),
    )
}

fn full_children() -> Vec<Manifest> {
    let view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    let edit = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy";
    vec![
        eks(
            "AccessEntry",
            "dev",
            &json!({
                "clusterName": "main", "principalArn": "arn:aws:iam::123456789012:role/dev",
                "kubernetesGroups": ["readers", "admins"], "type": "STANDARD", "username": "dev",
                "accessPolicies": [
                    {"policyArn": view, "accessScope": {"type": "cluster"}},
                    {"policyArn": edit,
                        "accessScope": {"type": "namespace", "namespaces": ["web", "api"]}},
                ],
                "tags": {"team": "platform"},
            }),
        ),
        eks(
            "PodIdentityAssociation",
            "web",
            &json!({
                "clusterName": "main", "namespace": "shop", "serviceAccount": "web",
                "roleArn": ROLE, "targetRoleArn": "arn:aws:iam::123456789012:role/target",
                "disableSessionTags": true, "tags": [{"key": "team", "value": "platform"}],
            }),
        ),
        eks(
            "Addon",
            "coredns",
            &json!({
                "clusterName": "main", "addonName": "coredns", "resolveConflicts": "OVERWRITE",
                "configurationValues": {"replicaCount": 3}, "serviceAccountRoleArn": ROLE,
                "tags": {"team": "platform"},
            }),
        ),
    ]
}

fn full_nodes() -> Vec<Manifest> {
    vec![
        eks(
            "Nodegroup",
            "web",
            &json!({
                "clusterName": "main", "nodegroupName": "web", "nodeRole": ROLE,
                "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2}, "diskSize": 50,
                "subnets": ["subnet-b", "subnet-a"], "instanceTypes": ["m6g.large"],
                "amiType": "AL2023_ARM_64_STANDARD", "capacityType": "ON_DEMAND",
                "remoteAccess": {"ec2SshKey": "key", "sourceSecurityGroups": ["sg-1"]},
                "labels": {"a": "b"},
                "taints": [{"key": "x", "effect": "NO_SCHEDULE", "value": "y"},
                    {"key": "b", "effect": "NO_EXECUTE", "value": "z"}],
                "tags": {"team": "platform"},
            }),
        ),
        eks(
            "FargateProfile",
            "pods",
            &json!({
                "clusterName": "main", "fargateProfileName": "pods", "podExecutionRoleArn": ROLE,
                "subnets": ["subnet-b", "subnet-a"],
                "selectors": [{"namespace": "web", "labels": {"run": "fargate"}},
                    {"namespace": "api"}],
                "tags": {"team": "platform"},
            }),
        ),
    ]
}

#[tokio::test]
async fn the_least_that_can_be_declared_does_not_change_again() {
    let server = Server::sandbox().await;
    let mut main = cluster("main").body.value();
    main["spec"]["accessConfig"] = json!({"authenticationMode": "API"});
    let main = eks("Cluster", "main", &main["spec"]);
    let mut all = vec![main, nodes("web")];
    all.extend(children());
    let profile = json!({
        "clusterRef": {"from": {"name": "main"}}, "podExecutionRoleARN": ROLE,
        "selectors": [{"namespace": "web"}],
    });
    all.push(eks("FargateProfile", "pods", &profile));
    round_trip(&server, &all).await;
}

#[tokio::test]
async fn the_most_that_can_be_declared_does_not_change_again() {
    let server = Server::sandbox().await;
    let mut all = vec![full_cluster()];
    all.extend(full_nodes());
    all.extend(full_children());
    round_trip(&server, &all).await;
}

#[tokio::test]
async fn moto_keeps_clusters_node_groups_and_fargate_profiles() {
    let Some(server) = Server::moto().await else { return };
    let mut all = vec![cluster("main")];
    all.extend(full_nodes());
    round_trip(&server, &all).await;
    let mut spec = all[0].body.value()["spec"].clone();
    spec["logging"] = json!({"clusterLogging": [{"types": ["api"], "enabled": true}]});
    spec["tags"] = json!({"team": "web"});
    all[0] = eks("Cluster", "main", &spec);
    let aws = provider(&server).await;
    apply(&server, &aws, &all).await.unwrap();
    assert_unchanged(&server, &all).await;
    let seen = observe(&aws, &all).await;
    for one in all.iter().rev() {
        delete(&aws, &seen, &one.id).await.unwrap();
    }
    assert_eq!(observe(&aws, &all).await.absent.len(), all.len());
}

#[tokio::test]
async fn ministack_keeps_add_ons_access_entries_and_pod_identities() {
    let Some(server) = Server::ministack().await else { return };
    let mut least = vec![cluster("main"), nodes("web")];
    least.extend(children());
    round_trip(&server, &least).await;
    // It has tags for clusters and node groups only, once these are there.
    let mut most = least.clone();
    for one in full_children().into_iter().filter(|one| one.id.kind != "PodIdentityAssociation") {
        let mut spec = one.body.value()["spec"].clone();
        spec["tags"] = Value::Null;
        let place = most.iter().position(|least| least.id == one.id).unwrap();
        most[place] = eks(&one.id.kind, &one.id.name, &spec);
    }
    let aws = provider(&server).await;
    apply(&server, &aws, &most).await.unwrap();
    assert_unchanged(&server, &most).await;
    let seen = observe(&aws, &most).await;
    for one in most.iter().rev() {
        delete(&aws, &seen, &one.id).await.unwrap();
    }
    assert_eq!(observe(&aws, &most).await.absent.len(), most.len());
}

#[tokio::test]
async fn children_change_in_place_and_lose_what_is_no_longer_declared() {
    let server = Server::sandbox().await;
    let mut main = full_cluster().body.value();
    main["spec"]["version"] = Value::Null;
    let main = eks("Cluster", "main", &main["spec"]);
    let mut all = vec![main.clone()];
    all.extend(full_children());
    let aws = provider(&server).await;
    apply(&server, &aws, &all).await.unwrap();
    let mut less = vec![main];
    less.extend(children());
    let seen = observe(&aws, &less).await;
    let differ: Vec<String> = less[1..].iter().map(|one| differences(&aws, &seen, one)).collect();
    insta::assert_snapshot!(differ.join("\n"), @r#"
        /spec/accessPolicies: [{"accessScope":{"namespaces":["api","web"],"type":"namespace"},"policyArn":"arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"},{"accessScope":{"type":"cluster"},"policyArn":"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"}] -> null
        /spec/kubernetesGroups: ["admins","readers"] -> null
        /spec/disableSessionTags: true -> null
        /spec/targetRoleArn: "arn:aws:iam::123456789012:role/target" -> null
        /spec/configurationValues: {"replicaCount":3} -> null
        /spec/serviceAccountRoleArn: "arn:aws:iam::123456789012:role/eks" -> null
        "#);
    apply(&server, &aws, &less).await.unwrap();
    assert_unchanged(&server, &less).await;
}

#[tokio::test]
async fn each_resource_is_read_once() {
    let server = Server::sandbox().await;
    let mut all = vec![full_cluster()];
    all.extend(full_nodes());
    all.extend(full_children());
    let aws = provider(&server).await;
    apply(&server, &aws, &all).await.unwrap();
    let aws = provider(&server).await;
    server.take_operations();
    observe(&aws, &all).await;
    let mut made = server.take_operations();
    made.retain(|name| name.starts_with("eks "));
    made.sort();
    insta::assert_snapshot!(made.join("\n"), @r"
        eks DescribeAccessEntry
        eks DescribeAccessEntry
        eks DescribeAddon
        eks DescribeCluster
        eks DescribeFargateProfile
        eks DescribeNodegroup
        eks DescribePodIdentityAssociation
        eks ListAccessEntries
        eks ListAddons
        eks ListAssociatedAccessPolicies
        eks ListAssociatedAccessPolicies
        eks ListClusters
        eks ListFargateProfiles
        eks ListNodegroups
        eks ListPodIdentityAssociations
        ");
    look(&aws, &all[1..2], true).await;
    assert_eq!(server.take_operations(), ["eks DescribeNodegroup"]);
    look(&aws, &[], true).await;
    assert_eq!(server.take_operations(), [""; 0]);
}

#[tokio::test]
async fn what_is_ours_and_no_longer_declared_is_found() {
    let server = Server::sandbox().await;
    let mut all = vec![full_cluster()];
    all.extend(full_nodes());
    all.extend(full_children());
    let aws = provider(&server).await;
    apply(&server, &aws, &all).await.unwrap();
    let seen = observe(&aws, &[]).await;
    assert_eq!(seen.live.len(), all.len(), "{:?}", seen.live.keys());
    assert!(seen.live.values().all(|live| live.owned));
    let last = observe(&aws, &all[2..3]).await;
    assert_eq!(last.live.len(), all.len(), "{:?}", last.live.keys());
}

#[tokio::test]
async fn a_cluster_tells_what_others_need_of_it() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let all = [cluster("main"), nodes("web")];
    let seen = apply(&server, &aws, &all).await.unwrap();
    let tell = |at: usize, attribute: &str| {
        let reference = suimon_model::DeferredRef {
            pointer: String::new(),
            target: all[at].id.clone(),
            attribute: attribute.to_owned(),
        };
        suimon_provider::Provider::attribute(&aws, &seen.live[&all[at].id], &reference)
    };
    assert_eq!(tell(0, "arn").unwrap(), "arn:aws:eks:us-east-1:123456789012:cluster/main");
    assert_eq!(tell(0, "name").unwrap(), "main");
    assert!(tell(0, "endpoint").unwrap().starts_with("https://"));
    assert!(tell(0, "oidcIssuer").unwrap().starts_with("https://oidc."));
    assert!(tell(0, "certificateAuthority").is_some());
    assert_eq!(tell(0, "certificateAuthority"), tell(0, "status.certificateAuthority.data"));
    assert!(tell(0, "securityGroupID").unwrap().starts_with("sg-"));
    assert!(tell(1, "autoScalingGroup").is_some());
    assert_eq!(tell(1, "nothing"), None);
}

#[tokio::test]
async fn a_delete_says_what_is_in_its_way() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let all = [cluster("main"), nodes("web")];
    let seen = apply(&server, &aws, &all).await.unwrap();
    let told = delete(&aws, &seen, &all[0].id).await.unwrap_err().to_string();
    insta::assert_snapshot!(told, @"cluster `main` still has the node groups web: delete them first (eks DeleteCluster: Cluster has nodegroups attached)");
    delete(&aws, &seen, &all[1].id).await.unwrap();
    wait(&server, &aws, &all[1].id).await;
    let mut spec = all[0].body.value()["spec"].clone();
    spec["deletionProtection"] = json!(true);
    let protected = [eks("Cluster", "main", &spec)];
    let seen = apply(&server, &aws, &protected).await.unwrap();
    let told = delete(&aws, &seen, &all[0].id).await.unwrap_err().to_string();
    insta::assert_snapshot!(told, @"cluster `main` is protected against deletion: apply it with `deletionProtection: false` first");
    let seen = apply(&server, &aws, &all[..1]).await.unwrap();
    delete(&aws, &seen, &all[0].id).await.unwrap();
    wait(&server, &aws, &all[0].id).await;
    assert_eq!(observe(&aws, &all).await.absent.len(), 2);
}
