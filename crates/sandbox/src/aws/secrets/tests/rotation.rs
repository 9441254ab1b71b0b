//! Rotation.

use serde_json::{Value, json};

use super::{Bench, token};

const LAMBDA: &str = "arn:aws:lambda:us-east-1:123456789012:function:rotate";

fn rotating(lambda: &str) -> Bench {
    let mut bench = Bench::new();
    let value = r#"{"user":"app","password":"old"}"#;
    bench.ok(
        "CreateSecret",
        json!({"Name": "db", "ClientRequestToken": token(1), "SecretString": value}),
    );
    bench.ok("RotateSecret", rotate(2, lambda));
    bench
}

fn rotate(digit: u8, lambda: &str) -> Value {
    json!({"SecretId": "db", "ClientRequestToken": token(digit), "RotationLambdaARN": lambda,
        "RotationRules": {"AutomaticallyAfterDays": 10}})
}

fn secret(bench: &mut Bench) -> Value {
    bench.ok("DescribeSecret", json!({"SecretId": "db"}))
}

#[test]
fn a_rotation_makes_a_pending_version_and_then_the_current_one() {
    let mut bench = rotating(LAMBDA);
    assert_eq!(bench.labels("db"), "1=AWSCURRENT 2=AWSPENDING");
    let pending = json!({"SecretId": "db", "VersionStage": "AWSPENDING"});
    assert!(bench.call("GetSecretValue", pending.clone()).is_err(), "it is empty at first");
    assert_eq!(secret(&mut bench)["RotationEnabled"], true);
    assert!(secret(&mut bench).get("LastRotatedDate").is_none());
    assert!(bench.step());
    assert!(bench.call("GetSecretValue", pending).is_ok());
    assert_eq!(bench.labels("db"), "1=AWSCURRENT 2=AWSPENDING");
    assert!(bench.step());
    assert_eq!(bench.labels("db"), "1=AWSPREVIOUS 2=AWSCURRENT+AWSPENDING");
    assert!(!bench.step());
    let value = bench.ok("GetSecretValue", json!({"SecretId": "db"}));
    let value: Value = serde_json::from_str(value["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(value["user"], "app");
    assert_ne!(value["password"], "old");
    let described = secret(&mut bench);
    let (last, next) = (&described["LastRotatedDate"], &described["NextRotationDate"]);
    assert_eq!(next.as_f64().unwrap() - last.as_f64().unwrap(), 10.0 * 24.0 * 3600.0);
}

#[test]
fn one_rotation_runs_at_a_time() {
    let mut bench = rotating(LAMBDA);
    assert_eq!(bench.ok("RotateSecret", rotate(2, LAMBDA))["VersionId"], token(2), "the same call");
    assert_eq!(
        bench.error("RotateSecret", rotate(3, LAMBDA)),
        "InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted."
    );
    while bench.step() {}
    bench.ok("RotateSecret", rotate(3, LAMBDA));
    assert_eq!(bench.labels("db"), "1=AWSPREVIOUS 2=AWSCURRENT 3=AWSPENDING");
}

#[test]
fn a_rotation_that_fails_leaves_an_empty_pending_version() {
    let mut bench = rotating("arn:aws:lambda:us-east-1:123456789012:function:fail-always");
    assert!(!bench.step());
    assert_eq!(bench.labels("db"), "1=AWSCURRENT 2=AWSPENDING");
    assert!(bench.error("RotateSecret", rotate(3, LAMBDA)).contains("isn't complete"));
    let answer = bench.ok("CancelRotateSecret", json!({"SecretId": "db"}));
    assert_eq!(answer["VersionId"], token(2));
    assert_eq!(secret(&mut bench)["RotationEnabled"], false);
    bench.ok(
        "UpdateSecretVersionStage",
        json!({"SecretId": "db", "VersionStage": "AWSPENDING", "RemoveFromVersionId": token(2)}),
    );
    bench.ok("RotateSecret", rotate(3, LAMBDA));
    while bench.step() {}
    assert_eq!(bench.labels("db"), "1=AWSPREVIOUS 3=AWSCURRENT+AWSPENDING");
}

#[test]
fn a_rotation_that_is_due_starts_by_itself() {
    let mut bench = rotating(LAMBDA);
    while bench.step() {}
    bench.pass_days(9);
    assert!(!bench.step());
    bench.pass_days(1);
    assert!(bench.step());
    assert_eq!(bench.labels("db").matches("AWSPENDING").count(), 1);
    while bench.step() {}
    assert!(bench.labels("db").contains("2=AWSPREVIOUS"));
    bench.ok("CancelRotateSecret", json!({"SecretId": "db"}));
    bench.pass_days(100);
    assert!(!bench.step());
}

#[test]
fn a_rotation_can_be_configured_without_running() {
    let mut bench = Bench::new();
    bench.create("db");
    let mut body = rotate(2, LAMBDA);
    body["RotateImmediately"] = json!(false);
    body["RotationRules"] = json!({"ScheduleExpression": "rate(12 hours)", "Duration": "2h"});
    assert!(bench.ok("RotateSecret", body).get("VersionId").is_none());
    assert!(!bench.step());
    let described = secret(&mut bench);
    let next = described["NextRotationDate"].as_f64().unwrap();
    assert_eq!(next - described["CreatedDate"].as_f64().unwrap(), 12.0 * 3600.0);
}

#[test]
fn a_wrong_rotation_is_refused() {
    let mut bench = Bench::new();
    bench.create("db");
    bench.ok("CreateSecret", json!({"Name": "empty"}));
    let with = |rules: Value| json!({"SecretId": "db", "RotationLambdaARN": LAMBDA, "RotationRules": rules});
    let mut errors: Vec<String> = [
        json!({"SecretId": "db"}),
        json!({"SecretId": "empty", "RotationLambdaARN": LAMBDA}),
        with(json!({"AutomaticallyAfterDays": 0})),
        with(json!({"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 days)"})),
        with(json!({"ScheduleExpression": "daily"})),
        with(json!({"AutomaticallyAfterDays": 1, "Duration": "2m"})),
    ]
    .into_iter()
    .map(|body| bench.error("RotateSecret", body))
    .collect();
    errors.push(bench.error("CancelRotateSecret", json!({"SecretId": "db"})));
    insta::assert_snapshot!(errors.join("\n"), @r"
        InvalidRequestException: No Lambda rotation function ARN is associated with this secret.
        InvalidRequestException: You can't enable rotation on a secret that doesn't have a value.
        InvalidParameterException: RotationRules.AutomaticallyAfterDays must be within 1-1000.
        InvalidParameterException: You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules.
        InvalidParameterException: The RotationRules.ScheduleExpression is invalid.
        InvalidParameterException: The RotationRules.Duration is invalid.
        InvalidRequestException: No Lambda rotation function ARN is associated with this secret.
        ");
}
