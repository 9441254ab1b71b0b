//! AWS accounts over the wire.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "aws/wire.rs"]
mod wire;

use std::time::Duration;

use serde_json::json;
use suimon_sandbox::{Aws, AwsEffect, AwsFault, AwsOptions, Clock, Rate};
use wire::{Client, between, clock};

async fn start() -> (Aws, Clock) {
    let clock = clock();
    let aws = Aws::start(AwsOptions {
        clock: clock.clone(),
        controllers: false,
        record_requests: true,
        ..AwsOptions::default()
    })
    .await
    .unwrap();
    (aws, clock)
}

#[tokio::test]
async fn a_json_call_is_answered_as_the_service_does() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    let answer = client.ecs("CreateCluster", &json!({ "clusterName": "c1" })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/x-amz-json-1.1");
    assert_eq!(answer.header("x-amzn-requestid").len(), 36);
    assert_eq!(answer.header("date"), "Fri, 02 Jan 2026 03:04:05 GMT");
    assert_eq!(
        answer.json()["cluster"]["clusterArn"],
        "arn:aws:ecs:us-east-1:123456789012:cluster/c1"
    );
    let error =
        client.ecs("DescribeServices", &json!({ "cluster": "c2", "services": ["x"] })).await;
    assert_eq!((error.status, error.header("x-amzn-errortype")), (400, "ClusterNotFoundException"));
    assert_eq!(
        error.json(),
        json!({ "__type": "ClusterNotFoundException", "message": "Cluster not found." })
    );
    let body = json!({ "ServiceNamespace": "moon" });
    let error = client
        .json("application-autoscaling", "AnyScaleFrontendService.DescribeScalableTargets", &body)
        .await;
    assert_eq!(error.json()["__type"], "ValidationException");
    assert!(error.json()["Message"].is_string(), "this service spells it with a capital");
    let called: Vec<String> = aws
        .requests()
        .iter()
        .map(|r| format!("{} {} {}", r.service, r.operation, r.status))
        .collect();
    assert_eq!(
        called,
        [
            "ecs CreateCluster 200",
            "ecs DescribeServices 400",
            "application-autoscaling DescribeScalableTargets 400",
        ]
    );
    aws.clear_requests();
    assert!(aws.requests().is_empty());
}

#[tokio::test]
async fn an_access_key_decides_the_account() {
    let (aws, clock) = start().await;
    for (key, account) in [
        ("AKIAIOSFODNN7EXAMPLE", "123456789012"),
        ("test", "123456789012"),
        ("210987654321", "210987654321"),
    ] {
        let xml = Client::of(&aws, &clock).with_key(key).identity().await.text;
        assert_eq!(between(&xml, "Account"), account, "{key}");
        assert_eq!(between(&xml, "Arn"), format!("arn:aws:iam::{account}:user/sandbox"));
    }
}

#[tokio::test]
async fn an_assumed_role_acts_in_its_own_account() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    client.ecs("CreateCluster", &json!({ "clusterName": "here" })).await;
    let there = client.assume("arn:aws:iam::222222222222:role/ops/deploy", "run-1").await;
    let xml = there.identity().await.text;
    assert_eq!(between(&xml, "Account"), "222222222222");
    assert_eq!(between(&xml, "Arn"), "arn:aws:sts::222222222222:assumed-role/deploy/run-1");
    assert!(between(&xml, "UserId").ends_with(":run-1"));
    let clusters = there.ecs("ListClusters", &json!({})).await.json();
    assert_eq!(clusters["clusterArns"], json!([]), "it does not see the other account's cluster");
    let chained = there.assume("arn:aws:iam::333333333333:role/deploy", "run-1").await;
    assert_eq!(between(&chained.identity().await.text, "Account"), "333333333333");
    let again = client.assume("arn:aws:iam::222222222222:role/ops/deploy", "run-2").await;
    there.ecs("CreateCluster", &json!({ "clusterName": "there" })).await;
    let clusters = again.ecs("ListClusters", &json!({})).await.json();
    assert_eq!(clusters["clusterArns"].as_array().unwrap().len(), 1, "one account, two sessions");
}

#[tokio::test]
async fn regions_are_apart() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    client.ecs("CreateCluster", &json!({ "clusterName": "c1" })).await;
    let other = client.in_region("eu-west-1").ecs("ListClusters", &json!({})).await.json();
    assert_eq!(other["clusterArns"], json!([]));
}

#[tokio::test]
async fn sessions_expire_and_need_their_token() {
    let (aws, clock) = start().await;
    let mut session =
        Client::of(&aws, &clock).assume("arn:aws:iam::222222222222:role/deploy", "s1").await;
    clock.advance(Duration::from_secs(3599));
    assert_eq!(session.identity().await.status, 200);
    let token = session.token.take();
    let error = session.ecs("ListClusters", &json!({})).await;
    assert_eq!(error.json()["__type"], "UnrecognizedClientException");
    session.token = token;
    clock.advance(Duration::from_secs(1));
    let error = session.ecs("ListClusters", &json!({})).await;
    assert_eq!(
        error.json(),
        json!({
            "__type": "ExpiredTokenException",
            "message": "The security token included in the request is expired",
        })
    );
    assert_eq!(between(&session.identity().await.text, "Code"), "ExpiredToken");
}

#[tokio::test]
async fn bad_role_requests_are_refused() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    let role = "RoleArn=arn:aws:iam::222222222222:role/deploy";
    let mut told = Vec::new();
    for form in [
        "RoleArn=deploy&RoleSessionName=s1".to_owned(),
        format!("{role}&RoleSessionName=a%20b"),
        format!("{role}&RoleSessionName=s"),
        format!("{role}&RoleSessionName=s1&DurationSeconds=60"),
        format!("{role}&RoleSessionName=s1&DurationSeconds=50000"),
        format!("{role}&RoleSessionName=s1&ExternalId=x"),
    ] {
        let answer = client.sts(&format!("Action=AssumeRole&Version=2011-06-15&{form}")).await;
        told.push(format!(
            "{} {}: {}",
            answer.status,
            between(&answer.text, "Code"),
            between(&answer.text, "Message")
        ));
    }
    let session = client.assume("arn:aws:iam::222222222222:role/deploy", "s1").await;
    let long = session
        .sts(&format!("Action=AssumeRole&{role}&RoleSessionName=s1&DurationSeconds=7200"))
        .await;
    told.push(between(&long.text, "Message").to_owned());
    let unknown = client.sts("Action=GetFederationToken&Version=2011-06-15").await;
    told.push(between(&unknown.text, "Code").to_owned());
    insta::assert_snapshot!(told.join("\n"), @r"
    400 ValidationError: deploy is invalid
    400 ValidationError: 1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*
    400 ValidationError: 1 validation error detected: Value 's' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2
    400 ValidationError: 1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900
    400 ValidationError: 1 validation error detected: Value '50000' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200
    400 ValidationError: 1 validation error detected: Value 'x' at 'externalId' failed to satisfy constraint: Member must have length greater than or equal to 2
    The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining
    InvalidAction
    ");
}

#[tokio::test]
async fn signatures_are_checked_for_form_scope_and_time() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    let mut told = Vec::new();
    let credential = |scope: &str| {
        Some(format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=ab"))
    };
    for (authorization, date) in [
        (None, "20260102T030405Z"),
        (Some("Bearer x".to_owned()), "20260102T030405Z"),
        (
            Some("AWS4-HMAC-SHA256 Credential=a/20260102/us-east-1/ecs/aws4_request".to_owned()),
            "20260102T030405Z",
        ),
        (credential("a/b"), "20260102T030405Z"),
        (credential("INVALID/20260102/us-east-1/ecs/aws4_request"), "20260102T030405Z"),
        (credential("EXPIRED/20260102/us-east-1/ecs/aws4_request"), "20260102T030405Z"),
        (credential("ASIAUNKNOWN/20260102/us-east-1/ecs/aws4_request"), "20260102T030405Z"),
        (credential("a/20260102/us-east-1/eks/aws4_request"), "20260102T030405Z"),
        (credential("a/20260102/nowhere/ecs/aws4_request"), "20260102T030405Z"),
        (credential("a/20260103/us-east-1/ecs/aws4_request"), "20260102T030405Z"),
        (credential("a/20260102/us-east-1/ecs/aws4_request"), "today"),
        (credential("a/20260102/us-east-1/ecs/aws4_request"), "20260102T025904Z"),
        (credential("a/20260102/us-east-1/ecs/aws4_request"), "20260102T030906Z"),
    ] {
        let answer = client.signed(authorization.as_deref(), date).await;
        let body = answer.json();
        told.push(format!(
            "{} {}: {}",
            answer.status,
            body["__type"].as_str().unwrap(),
            body["message"].as_str().unwrap()
        ));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    400 MissingAuthenticationTokenException: Missing Authentication Token
    400 IncompleteSignatureException: Authorization header requires 'AWS4-HMAC-SHA256' as its algorithm.
    400 IncompleteSignatureException: Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.
    400 IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b'
    400 UnrecognizedClientException: The security token included in the request is invalid.
    400 ExpiredTokenException: The security token included in the request is expired
    400 UnrecognizedClientException: The security token included in the request is invalid.
    400 InvalidSignatureException: Credential should be scoped to correct service: 'ecs'.
    400 InvalidSignatureException: Credential should be scoped to a valid region.
    400 InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260103' != '20260102', from '20260102T030405Z'.
    400 IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601
    400 InvalidSignatureException: Signature expired: 20260102T025904Z is now earlier than 20260102T025905Z (20260102T030405Z - 5 min.)
    400 InvalidSignatureException: Signature not yet current: 20260102T030906Z is still later than 20260102T030905Z (20260102T030405Z + 5 min.)
    ");
    for date in ["20260102T025905Z", "20260102T030905Z"] {
        let fine = credential("a/20260102/us-east-1/ecs/aws4_request");
        assert_eq!(client.signed(fine.as_deref(), date).await.status, 200, "{date}");
    }
}

#[tokio::test]
async fn a_presigned_url_is_good_for_its_time() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    let query = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=222222222222%2F20260102%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=ab";
    let answer = client.get(&format!("/?{query}")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/xml"));
    assert_eq!(between(&answer.text, "Account"), "222222222222");
    clock.advance(Duration::from_secs(61));
    let late = client.get(&format!("/?{query}")).await;
    assert_eq!((late.status, between(&late.text, "Code")), (403, "SignatureDoesNotMatch"));
    assert_eq!(
        between(&late.text, "Message"),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030506Z - 60 sec.)"
    );
}

#[tokio::test]
async fn a_bucket_that_is_empty_throttles() {
    let clock = clock();
    let aws = Aws::start(AwsOptions {
        clock: clock.clone(),
        controllers: false,
        rate: Some(Rate { burst: 2, per_second: 1.0 }),
        ..AwsOptions::default()
    })
    .await
    .unwrap();
    let client = Client::of(&aws, &clock);
    for _ in 0..2 {
        assert_eq!(client.ecs("ListClusters", &json!({})).await.status, 200);
    }
    let throttled = client.ecs("ListClusters", &json!({})).await;
    assert_eq!(throttled.status, 400);
    assert_eq!(
        throttled.json(),
        json!({ "__type": "ThrottlingException", "message": "Rate exceeded" })
    );
    assert_eq!(client.identity().await.status, 200, "each service has its own bucket");
    clock.advance(Duration::from_secs(1));
    assert_eq!(client.ecs("ListClusters", &json!({})).await.status, 200);
}

#[tokio::test]
async fn faults_hit_what_they_name_as_often_as_they_say() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    aws.fault(AwsFault::error("ListClusters", 500, "ServerException", "broken", 1));
    let hit = client.ecs("ListClusters", &json!({})).await;
    assert_eq!((hit.status, hit.json()["__type"].clone()), (500, json!("ServerException")));
    assert_eq!(client.ecs("ListClusters", &json!({})).await.status, 200, "it is spent");

    let fault = |effect| AwsFault {
        service: Some("ecs".to_owned()),
        operation: Some("CreateCluster".to_owned()),
        effect,
        times: None,
    };
    aws.fault(fault(AwsEffect::Reset));
    let create = json!({ "clusterName": "c1" });
    assert!(client.try_ecs("CreateCluster", &create).await.is_none());
    aws.clear_faults();
    let clusters = client.ecs("ListClusters", &json!({})).await.json();
    assert_eq!(clusters["clusterArns"], json!([]), "a reset call has no effect");
    aws.fault(fault(AwsEffect::LoseReply));
    assert!(client.try_ecs("CreateCluster", &create).await.is_none());
    let clusters = client.ecs("ListClusters", &json!({})).await.json();
    assert_eq!(clusters["clusterArns"].as_array().unwrap().len(), 1, "a lost reply is an effect");
    aws.clear_faults();
    aws.fault(fault(AwsEffect::Delay(Duration::from_millis(1))));
    assert_eq!(client.ecs("CreateCluster", &create).await.status, 200);
    let statuses: Vec<u16> = aws.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [500, 200, 0, 200, 200, 200, 200]);
}

#[tokio::test]
async fn what_is_no_request_of_ours_is_refused() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    let unknown = client.ecs("DoSomething", &json!({})).await;
    assert_eq!(
        (unknown.status, unknown.header("x-amzn-errortype")),
        (400, "UnknownOperationException")
    );
    let stranger = client.json("s3", "Stranger.List", &json!({})).await;
    assert_eq!(stranger.header("x-amzn-errortype"), "UnknownOperationException");
    let array = client.ecs("ListClusters", &json!([])).await;
    assert_eq!(array.header("x-amzn-errortype"), "SerializationException");
    assert_eq!(client.get("/nothing/here").await.status, 404);
}

const DEFINITION: &str = r#"{ "family": "web", "containerDefinitions": [{ "name": "app", "image": "nginx:1", "memory": 64 }] }"#;

/// A service with one task, started.
async fn create_service(client: &Client) {
    client.ecs("CreateCluster", &json!({ "clusterName": "c1" })).await;
    client.ecs("RegisterTaskDefinition", &serde_json::from_str(DEFINITION).unwrap()).await;
    let body = json!({ "cluster": "c1", "serviceName": "api", "taskDefinition": "web", "desiredCount": 1 });
    assert_eq!(client.ecs("CreateService", &body).await.status, 200);
}

async fn rollout_state(client: &Client) -> String {
    let body = json!({ "cluster": "c1", "services": ["api"] });
    let answer = client.ecs("DescribeServices", &body).await.json();
    answer["services"][0]["deployments"][0]["rolloutState"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn settling_lets_everything_happen() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    create_service(&client).await;
    assert_eq!(rollout_state(&client).await, "IN_PROGRESS");
    aws.settle().await;
    assert_eq!(rollout_state(&client).await, "COMPLETED");
}

#[tokio::test]
async fn a_scalable_target_moves_its_service() {
    let (aws, clock) = start().await;
    let client = Client::of(&aws, &clock);
    create_service(&client).await;
    let body = json!({
        "ServiceNamespace": "ecs", "ResourceId": "service/c1/api",
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 3, "MaxCapacity": 5,
    });
    let target = "AnyScaleFrontendService.RegisterScalableTarget";
    assert_eq!(client.json("application-autoscaling", target, &body).await.status, 200);
    aws.settle().await;
    let body = json!({ "cluster": "c1", "services": ["api"] });
    let service = client.ecs("DescribeServices", &body).await.json()["services"][0].clone();
    assert_eq!((&service["desiredCount"], &service["runningCount"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn controllers_complete_a_deployment_by_themselves() {
    let clock = clock();
    let options = AwsOptions { clock: clock.clone(), ..AwsOptions::default() };
    let aws = Aws::start(options).await.unwrap();
    let client = Client::of(&aws, &clock);
    create_service(&client).await;
    let completed = async { while rollout_state(&client).await != "COMPLETED" {} };
    tokio::time::timeout(Duration::from_secs(60), completed).await.expect("it completes");
}
