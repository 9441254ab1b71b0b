//! Bodies of another shape than the model's.

use serde_json::{Value, json};

use super::{Bench, token};

const OPERATIONS: [&str; 22] = [
    "CreateSecret",
    "PutSecretValue",
    "UpdateSecret",
    "UpdateSecretVersionStage",
    "DescribeSecret",
    "GetSecretValue",
    "BatchGetSecretValue",
    "ListSecrets",
    "ListSecretVersionIds",
    "DeleteSecret",
    "RestoreSecret",
    "TagResource",
    "UntagResource",
    "PutResourcePolicy",
    "GetResourcePolicy",
    "DeleteResourcePolicy",
    "ValidateResourcePolicy",
    "RotateSecret",
    "CancelRotateSecret",
    "ReplicateSecretToRegions",
    "RemoveRegionsFromReplication",
    "StopReplicationToReplica",
];

/// A body that most operations take.
fn whole() -> Value {
    json!({
        "SecretId": "db", "Name": "other", "ClientRequestToken": token(7), "SecretString": "x",
        "SecretBinary": null, "Description": "d", "KmsKeyId": "k", "Tags": [{"Key": "a", "Value": "b"}],
        "TagKeys": ["a"], "VersionStages": ["s"], "VersionStage": "s", "VersionId": token(1),
        "RemoveFromVersionId": token(1), "MoveToVersionId": token(1), "SecretIdList": ["db"],
        "Filters": [{"Key": "name", "Values": ["d"]}], "MaxResults": 1, "NextToken": "cGFnZTow",
        "IncludeDeprecated": true, "IncludePlannedDeletion": true, "SortBy": "name", "SortOrder": "asc",
        "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": false, "ResourcePolicy": "{}",
        "BlockPublicPolicy": true, "RotationLambdaARN": "a:b", "RotateImmediately": true,
        "RotationRules": {"ScheduleExpression": "rate(1 day)", "Duration": "1h"},
        "AddReplicaRegions": [{"Region": "eu-west-1"}], "RemoveReplicaRegions": ["eu-west-1"],
    })
}

#[test]
fn no_operation_panics_on_any_shape() {
    // "page:18446744073709551615"
    let far = "cGFnZToxODQ0Njc0NDA3MzcwOTU1MTYxNQ";
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("é"),
        json!(far),
        json!([]),
        json!([null]),
        json!([[{}]]),
        json!({}),
        json!({"Key": 1}),
    ];
    let members: Vec<String> = whole().as_object().unwrap().keys().cloned().collect();
    let mut refused = 0;
    for operation in OPERATIONS {
        for body in [json!(null), json!([]), json!({}), json!("x")] {
            let mut bench = Bench::new();
            refused += usize::from(bench.call(operation, body).is_err());
        }
        for member in &members {
            let mut bench = Bench::new();
            bench.create("db");
            for value in &odd {
                let mut body = whole();
                body[member] = value.clone();
                refused += usize::from(bench.call(operation, body).is_err());
                bench.step();
            }
        }
    }
    assert!(refused > 0);
}
