//! `ListSecrets` and `BatchGetSecretValue`.

use serde_json::{Value, json};

use super::{Bench, token};

fn names(answer: &Value) -> String {
    let all = answer["SecretList"].as_array().unwrap();
    all.iter().map(|secret| secret["Name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn three() -> Bench {
    let mut bench = Bench::new();
    for (name, description, tag) in [
        ("app/db", "Main database", ("team", "red")),
        ("app/key", "", ("team", "blue")),
        ("other", "a key for the database", ("owner", "red hat")),
    ] {
        bench.ok(
            "CreateSecret",
            json!({"Name": name, "Description": description, "SecretString": name, "Tags": [{"Key": tag.0, "Value": tag.1}]}),
        );
    }
    bench
}

#[test]
fn filters_select() {
    let mut bench = three();
    for (filters, wanted) in [
        (json!([]), "app/db app/key other"),
        (json!([{"Key": "name", "Values": ["app/"]}]), "app/db app/key"),
        (json!([{"Key": "name", "Values": ["App/"]}]), ""),
        (json!([{"Key": "name", "Values": ["!app/"]}]), "other"),
        (json!([{"Key": "name", "Values": ["app/db", "oth"]}]), "app/db other"),
        (json!([{"Key": "tag-key", "Values": ["te"]}]), "app/db app/key"),
        (json!([{"Key": "tag-value", "Values": ["red"]}]), "app/db other"),
        (json!([{"Key": "tag-value", "Values": ["Red"]}]), ""),
        (json!([{"Key": "description", "Values": ["MAIN"]}]), "app/db"),
        (json!([{"Key": "all", "Values": ["key"]}]), "app/key other"),
        (json!([{"Key": "all", "Values": ["data red"]}]), "app/db other"),
        (
            json!([{"Key": "tag-key", "Values": ["team"]}, {"Key": "tag-value", "Values": ["blue"]}]),
            "app/key",
        ),
        (json!([{"Key": "owning-service", "Values": ["rds"]}]), ""),
    ] {
        let answer = bench.ok("ListSecrets", json!({"Filters": filters}));
        assert_eq!(names(&answer), wanted, "{filters}");
    }
    let errors: Vec<String> = [
        json!([{"Key": "color", "Values": ["x"]}]),
        json!([{"Key": "name", "Values": []}]),
        json!([{"Key": "name", "Values": ["#"]}]),
    ]
    .into_iter()
    .map(|filters| bench.error("ListSecrets", json!({"Filters": filters})))
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
        ValidationException: 1 validation error detected: Value 'color' at 'filters.1.member.key' failed to satisfy constraint: Member must satisfy enum value set: [all, name, tag-key, description, tag-value, primary-region, owning-service]
        InvalidParameterException: Invalid filter values for key: name
        ValidationException: 1 validation error detected: Value '#' at 'filters.1.member.values' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$
        ");
}

#[test]
fn a_list_comes_in_pages_of_at_most_100() {
    let mut bench = Bench::new();
    for at in 0..205 {
        bench.create(&format!("s{at:03}"));
    }
    let (mut body, mut pages, mut all) = (json!({}), Vec::new(), Vec::new());
    loop {
        let answer = bench.ok("ListSecrets", body.clone());
        pages.push(answer["SecretList"].as_array().unwrap().len());
        all.push(names(&answer));
        match answer.get("NextToken") {
            Some(token) => body["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, [100, 100, 5]);
    let wanted: Vec<String> = (0..205).map(|at| format!("s{at:03}")).collect();
    assert_eq!(all.join(" "), wanted.join(" "));
    let errors: Vec<String> =
        [json!({"NextToken": "x"}), json!({"MaxResults": 101}), json!({"MaxResults": 0})]
            .into_iter()
            .map(|body| bench.error("ListSecrets", body))
            .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
        InvalidNextTokenException: The NextToken value is invalid.
        ValidationException: 1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100
        ValidationException: 1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1
        ");
    let last =
        bench.ok("ListSecrets", json!({"SortOrder": "desc", "SortBy": "name", "MaxResults": 2}));
    assert_eq!(names(&last), "s204 s203");
}

#[test]
fn an_entry_shows_versions_tags_and_dates_and_no_value() {
    let mut bench = Bench::new();
    bench.ok(
        "CreateSecret",
        json!({"Name": "db", "Description": "d", "KmsKeyId": "alias/k", "ClientRequestToken": token(1),
            "SecretString": "hunter2", "Tags": [{"Key": "a", "Value": "1"}]}),
    );
    let answer = bench.ok("ListSecrets", json!({}));
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer["SecretList"][0]).unwrap(), @r#"
        {
          "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-FPd96P",
          "CreatedDate": 1767323045.0,
          "Description": "d",
          "KmsKeyId": "alias/k",
          "LastChangedDate": 1767323045.0,
          "Name": "db",
          "SecretVersionsToStages": {
            "00000000-0000-4000-8000-000000000001": [
              "AWSCURRENT"
            ]
          },
          "Tags": [
            {
              "Key": "a",
              "Value": "1"
            }
          ]
        }
        "#);
    let secret = bench.ok("DescribeSecret", json!({"SecretId": "db"}));
    assert!(!secret.to_string().contains("hunter2"));
    assert!(!format!("{:?}", bench.secrets).contains("hunter2"), "nor does Debug");
}

#[test]
fn a_stale_list_is_some_writes_behind() {
    let mut bench = three();
    bench.ok("TagResource", json!({"SecretId": "other", "Tags": [{"Key": "new", "Value": ""}]}));
    let filter = json!({"Filters": [{"Key": "tag-key", "Values": ["new"]}]});
    for (behind, all, tagged) in [
        (0, "app/db app/key other", "other"),
        (1, "app/db app/key other", ""),
        (2, "app/db app/key", ""),
        (3, "app/db", ""),
        (4, "", ""),
        (9, "", ""),
    ] {
        bench.secrets.stale_lists = behind;
        assert_eq!(names(&bench.ok("ListSecrets", json!({}))), all, "{behind} behind");
        assert_eq!(names(&bench.ok("ListSecrets", filter.clone())), tagged, "{behind} behind");
        assert!(bench.call("DescribeSecret", json!({"SecretId": "other"})).is_ok());
    }
}

#[test]
fn values_are_read_in_batches() {
    let mut bench = three();
    bench.ok("DeleteSecret", json!({"SecretId": "app/key"}));
    let answer = bench
        .ok("BatchGetSecretValue", json!({"SecretIdList": ["other", "none", "app/key", "app/db"]}));
    let values: Vec<&str> = answer["SecretValues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value["SecretString"].as_str().unwrap())
        .collect();
    assert_eq!(values, ["other", "app/db"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer["Errors"]).unwrap(), @r#"
        [
          {
            "ErrorCode": "ResourceNotFoundException",
            "Message": "Secrets Manager can't find the specified secret.",
            "SecretId": "none"
          },
          {
            "ErrorCode": "InvalidRequestException",
            "Message": "You can't perform this operation on the secret because it was marked for deletion.",
            "SecretId": "app/key"
          }
        ]
        "#);
    let filters = json!([{"Key": "tag-value", "Values": ["red"]}]);
    let page = bench.ok("BatchGetSecretValue", json!({"Filters": filters, "MaxResults": 1}));
    assert_eq!(page["SecretValues"][0]["Name"], "app/db");
    let page = bench.ok(
        "BatchGetSecretValue",
        json!({"Filters": filters, "MaxResults": 1, "NextToken": page["NextToken"]}),
    );
    assert_eq!(page["SecretValues"][0]["Name"], "other");
    assert!(page.get("NextToken").is_none());
    let ids: Vec<String> = (0..21).map(|at| format!("s{at}")).collect();
    let errors: Vec<String> = [
        json!({}),
        json!({"SecretIdList": ["a"], "Filters": filters}),
        json!({"SecretIdList": ["a"], "MaxResults": 1}),
        json!({"SecretIdList": ids}),
    ]
    .into_iter()
    .map(|body| bench.error("BatchGetSecretValue", body))
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
        InvalidParameterException: Either 'SecretIdList' or 'Filters' must be provided, but not both.
        InvalidParameterException: Either 'SecretIdList' or 'Filters' must be provided, but not both.
        InvalidParameterException: 'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.
        ValidationException: 1 validation error detected: Value at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to 20
        ");
}
