//! Values, versions and labels.

use serde_json::json;

use super::{Bench, token};

#[test]
fn a_create_can_be_repeated_with_the_same_token_only() {
    let mut bench = Bench::new();
    let create = |name: &str, digit: u8, value: &str| json!({"Name": name, "ClientRequestToken": token(digit), "SecretString": value});
    let first = bench.ok("CreateSecret", create("db", 1, "a"));
    assert_eq!(first["VersionId"], token(1));
    assert_eq!(bench.ok("CreateSecret", create("db", 1, "a")), first);
    let arn = first["ARN"].as_str().unwrap();
    assert_eq!(
        bench.error("CreateSecret", create("db", 1, "b")),
        format!(
            "ResourceExistsException: You can't use ClientRequestToken {} because that value is already in use for a version of secret {arn}.",
            token(1)
        )
    );
    let taken =
        "ResourceExistsException: The operation failed because the secret db already exists.";
    assert_eq!(bench.error("CreateSecret", create("db", 2, "a")), taken);
    assert_eq!(bench.error("CreateSecret", json!({"Name": "db"})), taken);
}

#[test]
fn a_secret_may_have_no_value_yet() {
    let mut bench = Bench::new();
    let answer = bench.ok("CreateSecret", json!({"Name": "db"}));
    assert!(answer.get("VersionId").is_none());
    assert_eq!(bench.labels("db"), "");
    insta::assert_snapshot!(
        bench.error("GetSecretValue", json!({"SecretId": "db"})),
        @"ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    );
    bench.ok(
        "PutSecretValue",
        json!({"SecretId": "db", "ClientRequestToken": token(1), "SecretString": "a", "VersionStages": ["mine"]}),
    );
    assert_eq!(bench.labels("db"), "1=AWSCURRENT+mine", "the first version is the current one");
}

#[test]
fn labels_move_from_version_to_version() {
    let mut bench = Bench::new();
    let put = |digit: u8, stages: &[&str]| {
        let mut body = json!({"SecretId": "db", "ClientRequestToken": token(digit), "SecretString": digit.to_string()});
        if !stages.is_empty() {
            body["VersionStages"] = json!(stages);
        }
        body
    };
    bench.ok(
        "CreateSecret",
        json!({"Name": "db", "ClientRequestToken": token(1), "SecretString": "1"}),
    );
    for (body, labels) in [
        (put(2, &[]), "1=AWSPREVIOUS 2=AWSCURRENT"),
        (put(3, &[]), "2=AWSPREVIOUS 3=AWSCURRENT"),
        (put(4, &["AWSPENDING"]), "2=AWSPREVIOUS 3=AWSCURRENT 4=AWSPENDING"),
        (put(5, &["mine"]), "2=AWSPREVIOUS 3=AWSCURRENT 4=AWSPENDING 5=mine"),
        (put(5, &["other"]), "2=AWSPREVIOUS 3=AWSCURRENT 4=AWSPENDING 5=mine"),
    ] {
        bench.ok("PutSecretValue", body);
        assert_eq!(bench.labels("db"), labels);
    }
    let moved = |stage: &str, from: Option<u8>, to: Option<u8>| {
        let id = |digit: Option<u8>| digit.map(token);
        json!({"SecretId": "db", "VersionStage": stage, "RemoveFromVersionId": id(from), "MoveToVersionId": id(to)})
    };
    for (body, labels) in [
        (moved("AWSCURRENT", Some(3), Some(4)), "3=AWSPREVIOUS 4=AWSCURRENT+AWSPENDING 5=mine"),
        (moved("AWSPENDING", Some(4), None), "3=AWSPREVIOUS 4=AWSCURRENT 5=mine"),
        (moved("AWSCURRENT", Some(4), Some(3)), "3=AWSCURRENT 4=AWSPREVIOUS 5=mine"),
        (moved("mine", Some(5), Some(1)), "1=mine 3=AWSCURRENT 4=AWSPREVIOUS"),
        (moved("new", None, Some(2)), "1=mine 2=new 3=AWSCURRENT 4=AWSPREVIOUS"),
    ] {
        bench.ok("UpdateSecretVersionStage", body);
        assert_eq!(bench.labels("db"), labels);
    }
    let errors: Vec<String> = [
        moved("AWSCURRENT", None, Some(4)),
        moved("AWSCURRENT", Some(3), None),
        moved("AWSCURRENT", Some(4), Some(1)),
        moved("AWSCURRENT", Some(3), Some(9)),
        moved("mine", None, None),
    ]
    .into_iter()
    .map(|body| bench.error("UpdateSecretVersionStage", body))
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
        InvalidParameterException: The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version 00000000-0000-4000-8000-000000000003, so you must explicitly reference that version in RemoveFromVersionId.
        InvalidParameterException: You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.
        InvalidParameterException: Staging label AWSCURRENT isn't attached to version 00000000-0000-4000-8000-000000000004, so it can't be removed from it.
        ResourceNotFoundException: Secrets Manager can't find the specified secret version.
        InvalidParameterException: You must specify either MoveToVersionId or RemoveFromVersionId.
        ");
}

#[test]
fn an_update_makes_a_version_only_with_a_value() {
    let mut bench = Bench::new();
    bench.ok(
        "CreateSecret",
        json!({"Name": "db", "ClientRequestToken": token(1), "SecretString": "1", "Description": "old"}),
    );
    let answer = bench
        .ok("UpdateSecret", json!({"SecretId": "db", "Description": "new", "KmsKeyId": "alias/k"}));
    assert!(answer.get("VersionId").is_none());
    let body = json!({"SecretId": "db", "ClientRequestToken": token(2), "SecretBinary": "AAE="});
    let answer = bench.ok("UpdateSecret", body.clone());
    assert_eq!(answer["VersionId"], token(2));
    assert_eq!(bench.ok("UpdateSecret", body), answer, "the same call again changes nothing");
    assert_eq!(bench.labels("db"), "1=AWSPREVIOUS 2=AWSCURRENT");
    let secret = bench.ok("DescribeSecret", json!({"SecretId": "db"}));
    assert_eq!((&secret["Description"], &secret["KmsKeyId"]), (&json!("new"), &json!("alias/k")));
    let value = bench.ok("GetSecretValue", json!({"SecretId": "db"}));
    assert_eq!(value["SecretBinary"], "AAE=");
    assert!(value.get("SecretString").is_none());
}

#[test]
fn values_are_read_by_label_and_by_version() {
    let mut bench = Bench::new();
    bench.ok(
        "CreateSecret",
        json!({"Name": "db", "ClientRequestToken": token(1), "SecretString": "1"}),
    );
    bench.ok(
        "PutSecretValue",
        json!({"SecretId": "db", "ClientRequestToken": token(2), "SecretString": "2"}),
    );
    for (body, value) in [
        (json!({"SecretId": "db"}), "2"),
        (json!({"SecretId": "db", "VersionStage": "AWSPREVIOUS"}), "1"),
        (json!({"SecretId": "db", "VersionId": token(1)}), "1"),
        (json!({"SecretId": "db", "VersionId": token(2), "VersionStage": "AWSCURRENT"}), "2"),
    ] {
        assert_eq!(bench.ok("GetSecretValue", body)["SecretString"], value);
    }
    let errors: Vec<String> = [
        json!({"SecretId": "none"}),
        json!({"SecretId": "db", "VersionStage": "AWSPENDING"}),
        json!({"SecretId": "db", "VersionId": token(3)}),
        json!({"SecretId": "db", "VersionId": token(1), "VersionStage": "AWSCURRENT"}),
        json!({"SecretId": "db", "VersionId": "short"}),
        json!({}),
        json!({"SecretId": 1}),
    ]
    .into_iter()
    .map(|body| bench.error("GetSecretValue", body))
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
        ResourceNotFoundException: Secrets Manager can't find the specified secret.
        ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING
        ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: 00000000-0000-4000-8000-000000000003
        InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.
        ValidationException: 1 validation error detected: Value 'short' at 'versionId' failed to satisfy constraint: Member must have length greater than or equal to 32
        ValidationException: 1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null
        SerializationException: Start of structure or map found where not expected.
        ");
}

#[test]
fn a_value_has_between_one_byte_and_64_kib() {
    let mut bench = Bench::new();
    let create = |name: &str, value: String| json!({"Name": name, "SecretString": value});
    bench.ok("CreateSecret", create("full", "x".repeat(65_536)));
    let mut errors: Vec<String> = [
        create("a", "x".repeat(65_537)),
        create("b", "é".repeat(32_769)),
        create("c", String::new()),
        json!({"Name": "d", "SecretString": "x", "SecretBinary": "AAE="}),
        json!({"Name": "e", "SecretBinary": "no base64!"}),
        create("no spaces", "x".to_owned()),
        json!({"Name": "f", "ClientRequestToken": "short", "SecretString": "x"}),
        json!({"Name": "g", "Tags": [{"Key": "aws:x", "Value": ""}]}),
    ]
    .into_iter()
    .map(|body| bench.error("CreateSecret", body))
    .collect();
    errors.push(bench.error("PutSecretValue", json!({"SecretId": "full"})));
    insta::assert_snapshot!(errors.join("\n"), @r"
        ValidationException: 1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536
        ValidationException: 1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536
        ValidationException: 1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length greater than or equal to 1
        InvalidParameterException: You can't specify both a binary secret value and a string secret value in the same secret.
        SerializationException: Start of structure or map found where not expected.
        ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!
        InvalidParameterException: ClientRequestToken must be 32-64 characters long.
        InvalidParameterException: Tag keys can't start with aws:.
        InvalidRequestException: You must provide either SecretString or SecretBinary.
        ");
    let names = bench.ok("ListSecrets", json!({}));
    assert_eq!(names["SecretList"].as_array().unwrap().len(), 1, "nothing else was created");
}

#[test]
fn a_version_is_listed_until_it_has_no_label() {
    let mut bench = Bench::new();
    bench.ok(
        "CreateSecret",
        json!({"Name": "db", "ClientRequestToken": token(1), "SecretString": "1"}),
    );
    for digit in 2..=4 {
        bench.ok(
            "PutSecretValue",
            json!({"SecretId": "db", "ClientRequestToken": token(digit), "SecretString": digit.to_string()}),
        );
    }
    let mut ids = |body: serde_json::Value| -> (usize, bool) {
        let answer = bench.ok("ListSecretVersionIds", body);
        (answer["Versions"].as_array().unwrap().len(), answer.get("NextToken").is_some())
    };
    assert_eq!(ids(json!({"SecretId": "db"})), (2, false));
    assert_eq!(ids(json!({"SecretId": "db", "IncludeDeprecated": true})), (4, false));
    assert_eq!(
        ids(json!({"SecretId": "db", "IncludeDeprecated": true, "MaxResults": 3})),
        (3, true)
    );
}

#[test]
fn old_versions_without_labels_go_after_a_day() {
    let mut bench = Bench::new();
    bench.create("db");
    let put = |bench: &mut Bench, count: usize| {
        for at in 0..count {
            bench.ok("PutSecretValue", json!({"SecretId": "db", "SecretString": at.to_string()}));
        }
        let all = json!({"SecretId": "db", "IncludeDeprecated": true});
        let first = bench.ok("ListSecretVersionIds", all.clone());
        let versions = first["Versions"].as_array().unwrap().len();
        let mut all = all;
        all["NextToken"] = first["NextToken"].clone();
        versions
            + first.get("NextToken").map_or(0, |_| {
                bench.ok("ListSecretVersionIds", all)["Versions"].as_array().unwrap().len()
            })
    };
    assert_eq!(put(&mut bench, 110), 111, "all are of today");
    bench.pass_days(2);
    assert_eq!(put(&mut bench, 1), 100);
}
