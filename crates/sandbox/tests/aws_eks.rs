//! EKS on the wire.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod wire;

use serde_json::{Value, json};
use suimon_sandbox::{Aws, AwsOptions, EksEndpoint};
use wire::Wire;

const ROLE: &str = "arn:aws:iam::123456789012:role/eks";

fn cluster(name: &str, version: &str) -> Option<Value> {
    Some(json!({
        "name": name, "version": version, "roleArn": ROLE,
        "resourcesVpcConfig": {"subnetIds": ["subnet-a", "subnet-b"]},
        "accessConfig": {"authenticationMode": "API"},
    }))
}

/// Without controllers: what happens by itself happens in `settle`.
async fn start() -> Aws {
    let real = EksEndpoint {
        name: "real".to_owned(),
        endpoint: "http://127.0.0.1:6443".to_owned(),
        certificate_authority: String::new(),
    };
    let options = AwsOptions { controllers: false, clusters: vec![real], ..AwsOptions::default() };
    Aws::start(options).await.unwrap()
}

#[tokio::test]
async fn a_cluster_is_upgraded_version_by_version() {
    let aws = start().await;
    let wire = Wire::new(&aws);
    let (status, created) = wire.eks("POST", "/clusters", cluster("real", "1.29")).await;
    assert_eq!((status, &created["cluster"]["status"]), (200, &json!("CREATING")));
    aws.settle().await;
    for version in ["1.30", "1.31"] {
        let body = Some(json!({"version": version}));
        let (_, started) = wire.eks("POST", "/clusters/real/updates", body.clone()).await;
        let (status, error) = wire.eks("POST", "/clusters/real/updates", body).await;
        assert_eq!((status, &error["__type"]), (409, &json!("ResourceInUseException")));
        aws.settle().await;
        let id = started["update"]["id"].as_str().unwrap();
        let (_, update) = wire.eks("GET", &format!("/clusters/real/updates/{id}"), None).await;
        assert_eq!(update["update"]["status"], "Successful");
        let (_, described) = wire.eks("GET", "/clusters/real", None).await;
        assert_eq!(described["cluster"]["version"], version);
        assert_eq!(described["cluster"]["endpoint"], "http://127.0.0.1:6443");
    }
}

#[tokio::test]
async fn parameters_come_from_path_and_query() {
    let aws = start().await;
    let wire = Wire::new(&aws);
    for name in ["a", "b"] {
        wire.eks("POST", "/clusters", cluster(name, "1.31")).await;
    }
    aws.settle().await;
    let (_, page) = wire.eks("GET", "/clusters?maxResults=1", None).await;
    assert_eq!(page["clusters"], json!(["a"]));
    let entry = "/clusters/a/access-entries/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fteam";
    let body = json!({"principalArn": "arn:aws:iam::123456789012:role/team"});
    let (status, _) = wire.eks("POST", "/clusters/a/access-entries", Some(body)).await;
    assert_eq!(status, 200);
    let (_, described) = wire.eks("GET", entry, None).await;
    assert_eq!(described["accessEntry"]["clusterName"], "a");
    let tags = "/tags/arn%3Aaws%3Aeks%3Aus-east-1%3A123456789012%3Acluster%2Fa";
    wire.eks("POST", tags, Some(json!({"tags": {"x": "1", "y": "2"}}))).await;
    wire.eks("DELETE", &format!("{tags}?tagKeys=x&tagKeys=none"), None).await;
    assert_eq!(wire.eks("GET", tags, None).await.1, json!({"tags": {"y": "2"}}));
}

#[tokio::test]
async fn errors_have_their_form() {
    let aws = start().await;
    let (status, error) = Wire::new(&aws).eks("GET", "/clusters/none", None).await;
    assert_eq!(status, 404);
    assert_eq!(
        error,
        json!({
            "__type": "ResourceNotFoundException", "message": "No cluster found for name: none.",
            "clusterName": "none", "nodegroupName": null, "fargateProfileName": null,
            "addonName": null, "subscriptionId": null,
        })
    );
}
