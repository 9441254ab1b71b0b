//! Which secret is meant, tags and policies.

use serde_json::json;

use super::Bench;

#[test]
fn a_secret_is_found_by_name_by_arn_and_by_the_start_of_its_arn() {
    let mut bench = Bench::new();
    let arn = bench.create("app/db");
    let (partial, end) = arn.rsplit_once('-').unwrap();
    assert_eq!(partial, "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db");
    assert_eq!(end.len(), 6);
    for id in ["app/db", arn.as_str(), partial] {
        assert_eq!(bench.ok("DescribeSecret", json!({"SecretId": id}))["ARN"], arn, "{id}");
    }
    let other = arn.replace("us-east-1", "eu-west-1");
    let dash = format!("{partial}-");
    for id in ["app/d", &partial[..partial.len() - 1], &dash, &other, &other[..other.len() - 7]] {
        assert_eq!(
            bench.error("DescribeSecret", json!({"SecretId": id})),
            "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
            "{id}"
        );
    }
    insta::assert_snapshot!(
        bench.error("DescribeSecret", json!({"SecretId": "app/db#password"})),
        @"ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
    );
}

#[test]
fn an_arn_that_looks_whole_is_taken_as_whole() {
    let mut bench = Bench::new();
    let arn = bench.create("my-secret");
    let (partial, _) = arn.rsplit_once('-').unwrap();
    assert!(bench.call("DescribeSecret", json!({"SecretId": partial})).is_err());
    assert!(bench.call("DescribeSecret", json!({"SecretId": arn})).is_ok());
}

#[test]
fn tags_are_added_replaced_and_removed() {
    let mut bench = Bench::new();
    bench.ok("CreateSecret", json!({"Name": "db", "Tags": [{"Key": "a", "Value": "1"}]}));
    bench.ok(
        "TagResource",
        json!({"SecretId": "db", "Tags": [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]}),
    );
    let tags =
        |bench: &mut Bench| bench.ok("DescribeSecret", json!({"SecretId": "db"}))["Tags"].clone();
    assert_eq!(tags(&mut bench), json!([{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]));
    bench.ok("UntagResource", json!({"SecretId": "db", "TagKeys": ["a", "none"]}));
    assert_eq!(tags(&mut bench), json!([{"Key": "b", "Value": ""}]));
    let many: Vec<_> = (0..50).map(|n| json!({"Key": format!("k{n}"), "Value": ""})).collect();
    insta::assert_snapshot!(bench.error("TagResource", json!({"SecretId": "db", "Tags": many})), @"InvalidParameterException: You can't have more than 50 tags on a secret.");
    assert_eq!(tags(&mut bench), json!([{"Key": "b", "Value": ""}]));
}

#[test]
fn a_policy_is_kept_as_it_was_put() {
    let mut bench = Bench::new();
    bench.create("db");
    let get = |bench: &mut Bench| {
        bench.ok("GetResourcePolicy", json!({"SecretId": "db"})).get("ResourcePolicy").cloned()
    };
    assert_eq!(get(&mut bench), None);
    let policy = |who: &str| {
        format!(
            r#"{{"Version":"2012-10-17", "Statement":[{{"Effect":"Allow","Principal":{who},"Action":"secretsmanager:GetSecretValue","Resource":"*"}}]}}"#
        )
    };
    let one = policy(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
    let put =
        |text: &str| json!({"SecretId": "db", "ResourcePolicy": text, "BlockPublicPolicy": true});
    bench.ok("PutResourcePolicy", put(&one));
    let errors: Vec<String> =
        ["{", "[]", r#"{"Statement":[{"Effect":"Allow"}]}"#, &policy("\"*\"")]
            .into_iter()
            .map(|text| bench.error("PutResourcePolicy", put(text)))
            .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
        MalformedPolicyDocumentException: This resource policy contains invalid Json.
        MalformedPolicyDocumentException: This resource policy contains a syntax error: each statement needs Effect, Principal, Action and Resource.
        MalformedPolicyDocumentException: This resource policy contains a syntax error: each statement needs Effect, Principal, Action and Resource.
        PublicPolicyException: You can't attach a resource policy that allows broad access to the secret while BlockPublicPolicy is true.
        ");
    assert_eq!(get(&mut bench), Some(one.into()));
    let checked = bench.ok("ValidateResourcePolicy", json!({"ResourcePolicy": policy("\"*\"")}));
    assert_eq!(checked["PolicyValidationPassed"], false);
    bench.ok("DeleteResourcePolicy", json!({"SecretId": "db"}));
    assert_eq!(get(&mut bench), None);
}

#[test]
fn an_unknown_operation_is_refused() {
    assert!(Bench::new().error("MakeCoffee", json!({})).starts_with("UnknownOperationException"));
}
