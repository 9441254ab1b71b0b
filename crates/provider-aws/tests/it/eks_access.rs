//! An EKS cluster's endpoint and tokens, as a cluster takes them.

use suimon_provider::{BearerToken, ClusterAccess};
use suimon_provider_aws::{Aws, EksAccess};
use suimon_sandbox::{AwsOptions, EksEndpoint, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Server, apply, manifest, options, provider};

/// The status of a GET with a token.
async fn status(server: &str, token: &BearerToken) -> String {
    let address = server.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let token = token.token.expose();
    let request = format!(
        "GET /apis HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn a_cluster_that_came_takes_our_tokens() {
    let kubernetes = suimon_sandbox::Options { require_eks_token: true, ..Default::default() };
    let kubernetes = Sandbox::start(kubernetes).await.unwrap();
    let endpoint = EksEndpoint {
        name: "shop".to_owned(),
        endpoint: kubernetes.url(),
        certificate_authority: String::new(),
    };
    let server = Server::sandbox_with(AwsOptions {
        controllers: false,
        clusters: vec![endpoint],
        ..AwsOptions::default()
    })
    .await;
    let aws = provider(&server).await;
    let access = EksAccess::new(&aws, "shop");
    assert_eq!(access.endpoint().await.unwrap(), None);
    insta::assert_snapshot!(access.absence(), @"there is no EKS cluster `shop` in account 123456789012, region us-east-1");

    let spec = serde_json::json!({
        "name": "shop",
        "roleARN": "arn:aws:iam::123456789012:role/eks",
        "resourcesVPCConfig": {"subnetIDs": ["subnet-1", "subnet-2"]},
    });
    apply(&server, &aws, &[manifest("eks", "Cluster", "cluster", &spec)]).await.unwrap();
    let at = access.endpoint().await.unwrap().unwrap();
    assert_eq!((at.server.as_str(), at.certificate_authority), (&*kubernetes.url(), None));
    assert_eq!(status(&at.server, &access.token().await.unwrap()).await, "200");

    let mut elsewhere = options(&server);
    elsewhere.target.region = Some("eu-west-1".to_owned());
    let elsewhere = EksAccess::new(&Aws::new(elsewhere).await.unwrap(), "shop");
    assert_eq!(elsewhere.endpoint().await.unwrap(), None);
}
