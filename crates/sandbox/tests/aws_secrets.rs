//! Secrets Manager on the wire.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod wire;

use serde_json::{Value, json};
use suimon_sandbox::{Aws, AwsOptions};
use wire::Wire;

fn names(answer: &Value) -> Vec<&str> {
    let all = answer["SecretList"].as_array().unwrap();
    all.iter().map(|secret| secret["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_list_is_as_stale_as_it_is_told_to_be() {
    let aws = Aws::start(AwsOptions::default()).await.unwrap();
    let wire = Wire::new(&aws);
    wire.secrets("CreateSecret", json!({"Name": "one", "SecretString": "1"})).await;
    aws.stale_secret_lists(1);
    wire.secrets("CreateSecret", json!({"Name": "two", "SecretString": "2"})).await;
    let (_, stale) = wire.secrets("ListSecrets", json!({})).await;
    assert_eq!(names(&stale), ["one"]);
    let (status, _) = wire.secrets("DescribeSecret", json!({"SecretId": "two"})).await;
    assert_eq!(status, 200);
    aws.stale_secret_lists(0);
    let (_, current) = wire.secrets("ListSecrets", json!({})).await;
    assert_eq!(names(&current), ["one", "two"]);
}

#[tokio::test]
async fn regions_have_their_own_secrets_and_errors_have_their_form() {
    let aws = Aws::start(AwsOptions::default()).await.unwrap();
    let wire = Wire::new(&aws);
    wire.secrets("CreateSecret", json!({"Name": "one", "SecretString": "1"})).await;
    let other = Wire::new(&aws).in_region("eu-west-1");
    let (status, error) = other.secrets("GetSecretValue", json!({"SecretId": "one"})).await;
    assert_eq!(status, 400);
    assert_eq!(
        error,
        json!({
            "__type": "ResourceNotFoundException",
            "Message": "Secrets Manager can't find the specified secret.",
        })
    );
}

#[tokio::test]
async fn a_rotation_ends_by_itself() {
    let aws = Aws::start(AwsOptions { controllers: false, ..AwsOptions::default() }).await.unwrap();
    let wire = Wire::new(&aws);
    wire.secrets("CreateSecret", json!({"Name": "one", "SecretString": "1"})).await;
    let lambda = "arn:aws:lambda:us-east-1:123456789012:function:rotate";
    let body = json!({"SecretId": "one", "RotationLambdaARN": lambda});
    let (_, started) = wire.secrets("RotateSecret", body).await;
    let current = json!({"SecretId": "one"});
    let (_, before) = wire.secrets("GetSecretValue", current.clone()).await;
    assert_eq!(before["SecretString"], "1");
    aws.settle().await;
    let (_, after) = wire.secrets("GetSecretValue", current).await;
    assert_eq!(after["VersionId"], started["VersionId"]);
    assert_ne!(after["SecretString"], "1");
}
