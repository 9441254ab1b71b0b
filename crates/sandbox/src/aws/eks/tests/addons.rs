//! Add-ons.

use serde_json::{Value, json};

use super::{Bench, with};

fn addon(more: &Value) -> Value {
    with(json!({"clusterName": "c", "addonName": "coredns"}), more)
}

fn described(bench: &mut Bench) -> Value {
    bench.ok("DescribeAddon", addon(&json!({})))["addon"].clone()
}

#[test]
fn an_add_on_is_created_updated_and_deleted_in_steps() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateAddon", addon(&json!({"tags": {"a": "b"}})));
    assert_eq!(described(&mut bench)["status"], "CREATING");
    bench.settle();
    let mut shown = described(&mut bench);
    shown["addonArn"] = json!("…");
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap(), @r#"
        {
          "addonArn": "…",
          "addonName": "coredns",
          "addonVersion": "v1.12.2-eksbuild.4",
          "clusterName": "c",
          "createdAt": 1767323045.0,
          "health": {
            "issues": []
          },
          "modifiedAt": 1767323045.0,
          "namespaceConfig": {
            "namespace": "kube-system"
          },
          "status": "ACTIVE",
          "tags": {
            "a": "b"
          }
        }
        "#);
    let change = json!({"addonVersion": "v1.11.1-eksbuild.4", "configurationValues": "{\"replicaCount\":3}", "resolveConflicts": "OVERWRITE"});
    let update = bench.update("UpdateAddon", addon(&change));
    assert_eq!((&update["type"], &update["status"]), (&json!("AddonUpdate"), &json!("Successful")));
    assert_eq!(described(&mut bench)["addonVersion"], "v1.11.1-eksbuild.4");
    assert_eq!(described(&mut bench)["configurationValues"], "{\"replicaCount\":3}");
    assert_eq!(bench.ok("ListAddons", json!({"clusterName": "c"})), json!({"addons": ["coredns"]}));
    bench.ok("DeleteAddon", addon(&json!({})));
    bench.settle();
    assert_eq!(
        bench.error("DescribeAddon", addon(&json!({}))),
        "404 ResourceNotFoundException: No addon: coredns found in cluster: c"
    );
}

#[test]
fn an_update_that_fails_is_said_by_the_update_and_by_the_add_on() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateAddon", addon(&json!({})));
    bench.settle();
    let arn = described(&mut bench)["addonArn"].clone();
    bench.ok(
        "TagResource",
        json!({"resourceArn": arn, "tags": {"sandbox-fail-update": "ConfigurationConflict"}}),
    );
    let old = described(&mut bench)["addonVersion"].clone();
    let change = addon(&json!({"addonVersion": "v1.11.1-eksbuild.4"}));
    let update = bench.update("UpdateAddon", change.clone());
    assert_eq!(update["status"], "Failed");
    insta::assert_snapshot!(update["errors"], @r#"
        [{"errorCode":"ConfigurationConflict","errorMessage":"The sandbox was asked to let this update fail.","resourceIds":[]}]
        "#);
    let failed = described(&mut bench);
    assert_eq!((&failed["status"], &failed["addonVersion"]), (&json!("UPDATE_FAILED"), &old));
    assert_eq!(failed["health"]["issues"][0]["code"], "ConfigurationConflict");
    bench.ok("UntagResource", json!({"resourceArn": arn, "tagKeys": ["sandbox-fail-update"]}));
    assert_eq!(bench.update("UpdateAddon", change)["status"], "Successful");
    let healed = described(&mut bench);
    assert_eq!(healed["status"], "ACTIVE");
    assert_eq!(healed["health"]["issues"], json!([]));
}

#[test]
fn a_creation_fails_by_its_configuration() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateAddon", addon(&json!({"configurationValues": "{\"sandbox-fail\":true}"})));
    bench.settle();
    assert_eq!(described(&mut bench)["status"], "CREATE_FAILED");
}

#[test]
fn a_wrong_add_on_is_refused() {
    let mut bench = Bench::with_cluster();
    bench.ok("CreateAddon", addon(&json!({})));
    let mut errors = bench.errors(
        "CreateAddon",
        [
            addon(&json!({})),
            addon(&json!({"addonName": "espresso"})),
            addon(&json!({"addonName": "vpc-cni", "addonVersion": "1.0"})),
            addon(&json!({"addonName": "kube-proxy", "addonVersion": "v1.30.3-eksbuild.2"})),
            addon(&json!({"addonName": "kube-proxy", "addonVersion": "v1.25.3-eksbuild.2"})),
            addon(&json!({"addonName": "vpc-cni", "configurationValues": "[1]"})),
            addon(&json!({"addonName": "vpc-cni", "resolveConflicts": "MAYBE"})),
            addon(&json!({"clusterName": "none"})),
        ],
    );
    errors.push('\n');
    errors.push_str(&bench.error("UpdateAddon", addon(&json!({}))));
    insta::assert_snapshot!(errors, @r"
        409 ResourceInUseException: Addon already exists.
        400 InvalidParameterException: Addon specified is not supported
        400 InvalidParameterException: Addon version specified is not supported
        400 InvalidParameterException: Addon version specified is not supported
        400 InvalidParameterException: Addon version specified is not supported
        400 InvalidParameterException: ConfigurationValue provided in request is not supported: Json schema validation failed with error: [$: is not an object]
        400 InvalidParameterException: Invalid resolveConflicts: MAYBE
        404 ResourceNotFoundException: No cluster found for name: none.
        409 ResourceInUseException: Addon coredns cannot be updated as it is currently in CREATING state
        ");
}

#[test]
fn versions_are_listed_for_a_kubernetes_version() {
    let mut bench = Bench::new();
    let body = json!({"addonName": "kube-proxy", "kubernetesVersion": "1.31"});
    let answer = bench.ok("DescribeAddonVersions", body);
    let versions: Vec<String> = answer["addons"][0]["addonVersions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            let default = &version["compatibilities"][0]["defaultVersion"];
            format!("{} {default}", version["addonVersion"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        versions,
        [
            "v1.31.3-eksbuild.2 true",
            "v1.30.3-eksbuild.2 false",
            "v1.29.3-eksbuild.2 false",
            "v1.28.3-eksbuild.2 false"
        ]
    );
    let all = bench.ok("DescribeAddonVersions", json!({"owners": ["aws"], "maxResults": 3}));
    let names: Vec<&str> = all["addons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["addonName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["adot", "amazon-cloudwatch-observability", "aws-ebs-csi-driver"]);
    assert!(all["nextToken"].is_string());
    let none = bench.ok("DescribeAddonVersions", json!({"addonName": "espresso"}));
    assert_eq!(none, json!({"addons": []}));
}
