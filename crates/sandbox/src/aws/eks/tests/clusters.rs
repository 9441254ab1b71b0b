//! Clusters and their configuration.

use serde_json::{Value, json};

use crate::aws::EksEndpoint;

use super::{Bench, cluster, nodegroup, with};

fn status(bench: &mut Bench, name: &str) -> String {
    bench.call("DescribeCluster", json!({"name": name})).map_or_else(
        |error| error,
        |answer| answer["cluster"]["status"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn a_cluster_is_created_and_deleted_in_steps() {
    let mut bench = Bench::new();
    let answer = bench.ok("CreateCluster", cluster("c"));
    assert!(answer["cluster"].get("endpoint").is_none(), "it has none yet");
    assert_eq!(status(&mut bench, "c"), "CREATING");
    assert!(bench.step());
    assert_eq!(status(&mut bench, "c"), "CREATING");
    assert!(bench.step());
    assert_eq!(status(&mut bench, "c"), "ACTIVE");
    assert!(!bench.step());
    bench.ok("DeleteCluster", json!({"name": "c"}));
    assert_eq!(status(&mut bench, "c"), "DELETING");
    bench.settle();
    assert_eq!(
        status(&mut bench, "c"),
        "404 ResourceNotFoundException: No cluster found for name: c."
    );
}

#[test]
fn an_active_cluster_has_its_defaults_and_its_real_endpoint() {
    let mut bench = Bench::new();
    bench.clusters = vec![EksEndpoint {
        name: "c".to_owned(),
        endpoint: "http://127.0.0.1:1".to_owned(),
        certificate_authority: "Q0E=".to_owned(),
    }];
    bench.ok("CreateCluster", cluster("c"));
    bench.settle();
    let mut described = bench.ok("DescribeCluster", json!({"name": "c"}));
    described["cluster"]["identity"] = json!("…");
    insta::assert_snapshot!(described["cluster"], @r#"
        {"accessConfig":{"authenticationMode":"API_AND_CONFIG_MAP","bootstrapClusterCreatorAdminPermissions":true},"arn":"arn:aws:eks:us-east-1:123456789012:cluster/c","certificateAuthority":{"data":"Q0E="},"computeConfig":{"enabled":false,"nodePools":[]},"createdAt":1767323045.0,"deletionProtection":false,"endpoint":"http://127.0.0.1:1","health":{"issues":[]},"identity":"…","kubernetesNetworkConfig":{"elasticLoadBalancing":{"enabled":false},"ipFamily":"ipv4","serviceIpv4Cidr":"172.20.0.0/16"},"logging":{"clusterLogging":[{"enabled":false,"types":["api","audit","authenticator","controllerManager","scheduler"]}]},"name":"c","platformVersion":"eks.31","resourcesVpcConfig":{"clusterSecurityGroupId":"sg-814dd7b9784d57c15","endpointPrivateAccess":false,"endpointPublicAccess":true,"publicAccessCidrs":["0.0.0.0/0"],"securityGroupIds":[],"subnetIds":["subnet-a","subnet-b"],"vpcId":"vpc-0c730b69905c5ef7a"},"roleArn":"arn:aws:iam::123456789012:role/eks","status":"ACTIVE","storageConfig":{"blockStorage":{"enabled":false}},"tags":{},"upgradePolicy":{"supportType":"EXTENDED"},"version":"1.29"}
        "#);
}

#[test]
fn a_create_can_be_repeated_with_the_same_token_only() {
    let mut bench = Bench::new();
    let body = with(cluster("c"), &json!({"clientRequestToken": "t"}));
    let first = bench.ok("CreateCluster", body.clone());
    assert_eq!(bench.ok("CreateCluster", body.clone()), first);
    let exists = "409 ResourceInUseException: Cluster already exists with name: c";
    assert_eq!(bench.error("CreateCluster", with(body, &json!({"version": "1.30"}))), exists);
    assert_eq!(bench.error("CreateCluster", cluster("c")), exists);
}

#[test]
fn a_wrong_cluster_is_refused() {
    let mut bench = Bench::new();
    let errors = bench.errors(
        "CreateCluster",
        [
            json!({}),
            cluster("-c"),
            with(cluster("c"), &json!({"version": "1.99"})),
            with(cluster("c"), &json!({"roleArn": "eks"})),
            with(cluster("c"), &json!({"resourcesVpcConfig": {"subnetIds": ["subnet-a"]}})),
            with(
                cluster("c"),
                &json!({"resourcesVpcConfig": {"subnetIds": ["a", "b"], "endpointPublicAccess": false}}),
            ),
            with(cluster("c"), &json!({"computeConfig": {"enabled": true}})),
            with(cluster("c"), &json!({"logging": {"clusterLogging": [{"types": ["kubelet"], "enabled": true}]}})),
            with(cluster("c"), &json!({"name": 7})),
        ],
    );
    insta::assert_snapshot!(errors, @r"
        400 InvalidParameterException: name is required.
        400 InvalidParameterException: The cluster name must match ^[0-9A-Za-z][A-Za-z0-9\-_]* and have at most 100 characters.
        400 InvalidParameterException: unsupported Kubernetes version
        400 InvalidParameterException: Invalid role arn: eks
        400 InvalidParameterException: Subnets specified must be in at least two different AZs
        400 InvalidParameterException: Private and public endpoint access cannot be false
        400 InvalidParameterException: For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.
        400 InvalidParameterException: Invalid log type: kubelet
        400 SerializationException: Start of structure or map found where not expected.
        ");
    assert_eq!(bench.ok("ListClusters", json!({})), json!({"clusters": []}));
}

#[test]
fn a_cluster_that_is_asked_to_fails() {
    let mut bench = Bench::new();
    bench.ok("CreateCluster", with(cluster("c"), &json!({"tags": {"sandbox-fail-create": ""}})));
    bench.settle();
    assert_eq!(status(&mut bench, "c"), "FAILED");
}

#[test]
fn clusters_are_listed_in_pages() {
    let mut bench = Bench::new();
    for name in ["b", "c", "a"] {
        bench.ok("CreateCluster", cluster(name));
    }
    let first = bench.ok("ListClusters", json!({"maxResults": 2}));
    assert_eq!(first["clusters"], json!(["a", "b"]));
    let second = bench.ok("ListClusters", json!({"nextToken": first["nextToken"]}));
    assert_eq!(second, json!({"clusters": ["c"]}));
    let errors =
        bench.errors("ListClusters", [json!({"maxResults": 101}), json!({"nextToken": "?"})]);
    insta::assert_snapshot!(errors, @r"
        400 InvalidParameterException: maxResults needs to be greater than 0 and less than 101.
        400 InvalidParameterException: Invalid nextToken.
        ");
}

#[test]
fn a_cluster_in_use_is_not_deleted() {
    let mut bench = Bench::with_cluster();
    let delete = |bench: &mut Bench| bench.error("DeleteCluster", json!({"name": "c"}));
    bench.ok("CreateNodegroup", nodegroup("ng"));
    let mut errors = vec![delete(&mut bench)];
    bench.ok("DeleteNodegroup", json!({"clusterName": "c", "nodegroupName": "ng"}));
    bench.settle();
    bench.ok(
        "CreateFargateProfile",
        json!({"clusterName": "c", "fargateProfileName": "fp", "podExecutionRoleArn": super::ROLE,
            "selectors": [{"namespace": "default"}]}),
    );
    errors.push(delete(&mut bench));
    bench.ok("DeleteFargateProfile", json!({"clusterName": "c", "fargateProfileName": "fp"}));
    bench.settle();
    let protect = |on: bool| json!({"name": "c", "deletionProtection": on});
    bench.ok("UpdateClusterConfig", protect(true));
    errors.push(delete(&mut bench));
    bench.settle();
    errors.push(delete(&mut bench));
    insta::assert_snapshot!(errors.join("\n"), @r"
        409 ResourceInUseException: Cluster has nodegroups attached
        409 ResourceInUseException: Cluster has Fargate Profiles in ACTIVE/CREATING state
        409 ResourceInUseException: Cannot delete because cluster c currently has an update in progress
        400 InvalidRequestException: Cannot delete cluster c because deletion protection is enabled
        ");
    bench.update("UpdateClusterConfig", protect(false));
    bench.ok("DeleteCluster", json!({"name": "c"}));
}

#[test]
fn each_kind_of_configuration_is_updated_by_itself() {
    let mut bench = Bench::with_cluster();
    let auto = |on: bool| {
        json!({"computeConfig": {"enabled": on}, "storageConfig": {"blockStorage": {"enabled": on}},
            "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": on}}})
    };
    for (change, kind, pointer, value) in [
        (
            json!({"logging": {"clusterLogging": [{"types": ["audit", "api"], "enabled": true}]}}),
            "LoggingUpdate",
            "/logging/clusterLogging/0/types",
            json!(["api", "audit"]),
        ),
        (
            json!({"logging": {"clusterLogging": [{"types": ["api"], "enabled": false}]}}),
            "LoggingUpdate",
            "/logging/clusterLogging/0/types",
            json!(["audit"]),
        ),
        (
            json!({"resourcesVpcConfig": {"endpointPrivateAccess": true}}),
            "EndpointAccessUpdate",
            "/resourcesVpcConfig/endpointPrivateAccess",
            json!(true),
        ),
        (
            json!({"resourcesVpcConfig": {"subnetIds": ["subnet-c", "subnet-d"]}}),
            "VpcConfigUpdate",
            "/resourcesVpcConfig/subnetIds",
            json!(["subnet-c", "subnet-d"]),
        ),
        (
            json!({"accessConfig": {"authenticationMode": "API"}}),
            "AccessConfigUpdate",
            "/accessConfig/authenticationMode",
            json!("API"),
        ),
        (
            json!({"upgradePolicy": {"supportType": "STANDARD"}}),
            "UpgradePolicyUpdate",
            "/upgradePolicy/supportType",
            json!("STANDARD"),
        ),
        (
            json!({"zonalShiftConfig": {"enabled": true}}),
            "ZonalShiftConfigUpdate",
            "/zonalShiftConfig/enabled",
            json!(true),
        ),
        (auto(true), "AutoModeUpdate", "/computeConfig/enabled", json!(true)),
        (auto(false), "AutoModeUpdate", "/storageConfig/blockStorage/enabled", json!(false)),
    ] {
        let update = bench.update("UpdateClusterConfig", with(json!({"name": "c"}), &change));
        assert_eq!((&update["type"], &update["status"]), (&json!(kind), &json!("Successful")));
        let cluster = bench.ok("DescribeCluster", json!({"name": "c"}))["cluster"].clone();
        assert_eq!(cluster.pointer(pointer), Some(&value), "{change}");
        assert_eq!(cluster["status"], "ACTIVE");
    }
    assert_eq!(
        bench.ok("ListUpdates", json!({"name": "c"}))["updateIds"].as_array().unwrap().len(),
        9
    );
}

#[test]
fn a_configuration_that_changes_nothing_or_two_things_is_refused() {
    let mut bench = Bench::with_cluster();
    let logging = json!({"clusterLogging": [{"types": ["api"], "enabled": false}]});
    let body = |change: Value| with(json!({"name": "c"}), &change);
    let errors = bench.errors(
        "UpdateClusterConfig",
        [
            body(json!({})),
            body(json!({"logging": logging})),
            body(json!({"resourcesVpcConfig": {"endpointPublicAccess": true}})),
            body(json!({"resourcesVpcConfig": {"subnetIds": ["subnet-a", "subnet-b"]}})),
            body(json!({"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}})),
            body(json!({"accessConfig": {"authenticationMode": "CONFIG_MAP"}})),
            body(json!({"logging": logging, "upgradePolicy": {"supportType": "STANDARD"}})),
            body(
                json!({"resourcesVpcConfig": {"endpointPrivateAccess": true, "subnetIds": ["x"]}}),
            ),
            body(json!({"resourcesVpcConfig": {"endpointPublicAccess": false}})),
            body(json!({"computeConfig": {"enabled": true}})),
            json!({"name": "none", "logging": logging}),
        ],
    );
    insta::assert_snapshot!(errors, @r"
        400 InvalidParameterException: No changes needed: the request has no config.
        400 InvalidParameterException: No changes needed for the logging config provided
        400 InvalidParameterException: Cluster is already at the desired configuration with endpointPrivateAccess: false , endpointPublicAccess: true, and Public Endpoint Restrictions: [0.0.0.0/0]
        400 InvalidParameterException: No changes needed for the vpc config provided
        400 InvalidParameterException: No changes needed for the access config provided
        400 InvalidParameterException: Unsupported authentication mode update from API_AND_CONFIG_MAP to CONFIG_MAP
        400 InvalidParameterException: Only one type of update can be allowed.
        400 InvalidParameterException: Only one type of update can be allowed.
        400 InvalidParameterException: Private and public endpoint access cannot be false
        400 InvalidParameterException: For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.
        404 ResourceNotFoundException: No cluster found for name: none.
        ");
    assert_eq!(bench.ok("ListUpdates", json!({"name": "c"})), json!({"updateIds": []}));
}

#[test]
fn an_update_can_be_asked_for_again_with_its_token() {
    let mut bench = Bench::with_cluster();
    let body = json!({"name": "c", "clientRequestToken": "t", "upgradePolicy": {"supportType": "STANDARD"}});
    let first = bench.ok("UpdateClusterConfig", body.clone());
    assert_eq!(bench.ok("UpdateClusterConfig", body.clone())["update"], first["update"]);
    bench.settle();
    let again = bench.ok("UpdateClusterConfig", body);
    assert_eq!(again["update"]["id"], first["update"]["id"]);
    assert_eq!(again["update"]["status"], "Successful");
}

#[test]
fn an_update_fails_when_the_cluster_is_tagged_so() {
    let mut bench = Bench::with_cluster();
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/c";
    bench.ok(
        "TagResource",
        json!({"resourceArn": arn, "tags": {"sandbox-fail-update": "IpNotAvailable"}}),
    );
    let body = json!({"name": "c", "upgradePolicy": {"supportType": "STANDARD"}});
    let update = bench.update("UpdateClusterConfig", body.clone());
    assert_eq!(update["status"], "Failed");
    assert_eq!(update["errors"][0]["errorCode"], "IpNotAvailable");
    let cluster = bench.ok("DescribeCluster", json!({"name": "c"}))["cluster"].clone();
    assert_eq!(cluster["status"], "ACTIVE");
    assert_eq!(cluster["upgradePolicy"]["supportType"], "EXTENDED");
    bench.ok("UntagResource", json!({"resourceArn": arn, "tagKeys": ["sandbox-fail-update"]}));
    assert_eq!(bench.update("UpdateClusterConfig", body)["status"], "Successful");
}
