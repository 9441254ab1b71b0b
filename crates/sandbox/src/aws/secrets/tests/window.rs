//! Deletion, restoring, replicas.

use serde_json::json;

use super::Bench;

#[test]
fn a_deleted_secret_can_be_restored_within_its_window() {
    let mut bench = Bench::new();
    let arn = bench.create("db");
    let answer = bench.ok("DeleteSecret", json!({"SecretId": "db", "RecoveryWindowInDays": 7}));
    assert_eq!(answer["ARN"], arn);
    let seven_days = 7.0 * 24.0 * 3600.0;
    let created = bench.ok("DescribeSecret", json!({"SecretId": "db"}))["CreatedDate"].clone();
    assert_eq!(answer["DeletionDate"].as_f64().unwrap(), created.as_f64().unwrap() + seven_days);
    let marked = "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";
    for (operation, body) in [
        ("GetSecretValue", json!({})),
        ("PutSecretValue", json!({"SecretString": "x"})),
        ("UpdateSecret", json!({"Description": "x"})),
        ("TagResource", json!({"Tags": []})),
        ("UntagResource", json!({"TagKeys": []})),
        ("RotateSecret", json!({"RotationLambdaARN": "x"})),
        ("PutResourcePolicy", json!({"ResourcePolicy": "{}"})),
        ("GetResourcePolicy", json!({})),
        ("UpdateSecretVersionStage", json!({"VersionStage": "x"})),
        ("ReplicateSecretToRegions", json!({"AddReplicaRegions": [{"Region": "eu-west-1"}]})),
    ] {
        let mut body = body;
        body["SecretId"] = json!("db");
        assert_eq!(bench.error(operation, body), marked, "{operation}");
    }
    assert_eq!(
        bench.error("CreateSecret", json!({"Name": "db", "SecretString": "x"})),
        "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion."
    );
    assert_eq!(
        bench.error("DeleteSecret", json!({"SecretId": "db"})),
        "InvalidRequestException: You can't perform this operation on the secret because it was already scheduled for deletion."
    );
    let list = |bench: &mut Bench, planned: bool| {
        let answer = bench.ok("ListSecrets", json!({"IncludePlannedDeletion": planned}));
        answer["SecretList"].as_array().unwrap().len()
    };
    assert_eq!((list(&mut bench, false), list(&mut bench, true)), (0, 1));
    bench.ok("RestoreSecret", json!({"SecretId": "db"}));
    assert_eq!(bench.ok("GetSecretValue", json!({"SecretId": "db"}))["SecretString"], "one");
    assert_eq!(list(&mut bench, false), 1);
    bench.ok("RestoreSecret", json!({"SecretId": "db"}));
}

#[test]
fn a_secret_is_gone_when_its_window_is_over() {
    let mut bench = Bench::new();
    let arn = bench.create("db");
    bench.ok("DeleteSecret", json!({"SecretId": "db"}));
    bench.pass_days(29);
    assert!(!bench.step());
    bench.pass_days(1);
    assert!(bench.step());
    assert!(!bench.step());
    assert!(bench.call("RestoreSecret", json!({"SecretId": "db"})).is_err());
    assert_ne!(bench.create("db"), arn, "a new secret has a new ARN");
}

#[test]
fn a_forced_deletion_needs_no_window_and_no_secret() {
    let mut bench = Bench::new();
    let arn = bench.create("db");
    bench.ok("DeleteSecret", json!({"SecretId": "db"}));
    bench.ok("DeleteSecret", json!({"SecretId": "db", "ForceDeleteWithoutRecovery": true}));
    assert_ne!(bench.create("db"), arn);
    let answer =
        bench.ok("DeleteSecret", json!({"SecretId": "none", "ForceDeleteWithoutRecovery": true}));
    assert_eq!(answer["Name"], "none");
    let errors: Vec<String> = [
        json!({"SecretId": "none"}),
        json!({"SecretId": "db", "RecoveryWindowInDays": 6}),
        json!({"SecretId": "db", "RecoveryWindowInDays": 31}),
        json!({"SecretId": "db", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true}),
    ]
    .into_iter()
    .map(|body| bench.error("DeleteSecret", body))
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
        ResourceNotFoundException: Secrets Manager can't find the specified secret.
        InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).
        InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).
        InvalidParameterException: You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.
        ");
}

#[test]
fn replicas_come_into_sync_and_keep_their_secret_from_deletion() {
    let mut bench = Bench::new();
    bench.create("db");
    let add = |region: &str| json!({"SecretId": "db", "AddReplicaRegions": [{"Region": region}]});
    let answer = bench.ok("ReplicateSecretToRegions", add("eu-west-1"));
    assert_eq!(answer["ReplicationStatus"][0]["Status"], "InProgress");
    assert!(bench.step());
    assert!(!bench.step());
    let secret = bench.ok("DescribeSecret", json!({"SecretId": "db"}));
    assert_eq!(secret["ReplicationStatus"][0]["Status"], "InSync");
    assert_eq!(secret["PrimaryRegion"], "us-east-1");
    let mut errors: Vec<String> = ["us-east-1", "mars", "eu-west-1"]
        .into_iter()
        .map(|region| bench.error("ReplicateSecretToRegions", add(region)))
        .collect();
    errors.push(bench.error("DeleteSecret", json!({"SecretId": "db"})));
    let remove = |region: &str| json!({"SecretId": "db", "RemoveReplicaRegions": [region]});
    errors.push(bench.error("RemoveRegionsFromReplication", remove("eu-west-2")));
    insta::assert_snapshot!(errors.join("\n"), @r"
        InvalidParameterException: Invalid replica region.
        InvalidParameterException: Invalid replica region.
        InvalidParameterException: The secret is already replicated to region eu-west-1.
        InvalidParameterException: You can't delete secret db that still has replica regions [eu-west-1]
        InvalidParameterException: The secret isn't replicated to region eu-west-2.
        ");
    let answer = bench.ok("RemoveRegionsFromReplication", remove("eu-west-1"));
    assert_eq!(answer["ReplicationStatus"], json!([]));
    bench.ok("DeleteSecret", json!({"SecretId": "db"}));
}

#[test]
fn a_refused_call_changes_nothing() {
    let mut bench = Bench::new();
    bench.create("db");
    let before = bench.ok("DescribeSecret", json!({"SecretId": "db"}));
    let both = json!([{"Region": "eu-west-1"}, {"Region": "us-east-1"}]);
    bench.error("ReplicateSecretToRegions", json!({"SecretId": "db", "AddReplicaRegions": both}));
    assert_eq!(bench.ok("DescribeSecret", json!({"SecretId": "db"})), before);
}
