use serde_json::json;

use super::{Account, api, told};

#[test]
fn a_cluster_has_its_defaults_and_shows_what_is_included() {
    let mut account = Account::new();
    let tags = json!([{ "key": "team", "value": "a" }]);
    let created = account.ok("CreateCluster", json!({ "clusterName": "c1", "tags": tags }));
    assert_eq!(
        created["cluster"],
        json!({
            "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/c1", "clusterName": "c1",
            "status": "ACTIVE", "registeredContainerInstancesCount": 0, "runningTasksCount": 0,
            "pendingTasksCount": 0, "activeServicesCount": 0, "statistics": [], "tags": tags,
            "settings": [{ "name": "containerInsights", "value": "disabled" }],
            "capacityProviders": [], "defaultCapacityProviderStrategy": [],
        })
    );
    let plain = account.ok("DescribeClusters", json!({ "clusters": ["c1", "none"] }));
    assert_eq!(plain["clusters"][0]["tags"], json!([]));
    assert_eq!(plain["clusters"][0]["settings"], json!([]));
    assert_eq!(
        plain["failures"],
        json!([{ "arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/none", "reason": "MISSING" }])
    );
    let arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/c1";
    let body = json!({ "clusters": [arn], "include": ["TAGS", "SETTINGS", "STATISTICS"] });
    let whole = account.ok("DescribeClusters", body);
    assert_eq!(whole["clusters"][0]["tags"], tags);
    assert_eq!(whole["clusters"][0]["statistics"][0]["name"], "runningEC2TasksCount");
}

#[test]
fn creating_an_active_cluster_again_changes_nothing() {
    let mut account = Account::new();
    account.ok("CreateCluster", json!({}));
    let tags = json!([{ "key": "a", "value": "b" }]);
    let again = account.ok("CreateCluster", json!({ "clusterName": "default", "tags": tags }));
    assert_eq!(again["cluster"]["tags"], json!([]));
    account.ok("DeleteCluster", json!({ "cluster": "default" }));
    let anew = account.ok("CreateCluster", json!({ "clusterName": "default", "tags": tags }));
    assert_eq!(anew["cluster"]["tags"], tags);
}

#[test]
fn settings_configuration_and_providers_change() {
    let mut account = Account::new();
    account.ok("CreateCluster", json!({ "clusterName": "c1" }));
    let settings = json!([{ "name": "containerInsights", "value": "enhanced" }]);
    let configuration = json!({ "executeCommandConfiguration": { "logging": "NONE" } });
    let body = json!({ "cluster": "c1", "settings": settings, "configuration": configuration });
    let updated = account.ok("UpdateCluster", body);
    assert_eq!(updated["cluster"]["settings"], settings);
    assert_eq!(updated["cluster"]["configuration"], configuration);
    let strategy = json!([{ "capacityProvider": "FARGATE", "weight": 1 }]);
    let body = json!({
        "cluster": "c1", "capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": strategy,
    });
    let put = account.ok("PutClusterCapacityProviders", body);
    assert_eq!(
        put["cluster"]["defaultCapacityProviderStrategy"],
        json!([{ "capacityProvider": "FARGATE", "weight": 1, "base": 0 }])
    );
}

#[test]
fn lists_come_in_pages() {
    let mut account = Account::new();
    for index in 0..5 {
        account.ok("CreateCluster", json!({ "clusterName": format!("c{index}") }));
    }
    account.ok("DeleteCluster", json!({ "cluster": "c4" }));
    let mut seen = Vec::new();
    let mut body = json!({ "maxResults": 3 });
    loop {
        let page = account.ok("ListClusters", body.clone());
        seen.extend(page["clusterArns"].as_array().unwrap().clone());
        let Some(token) = page.get("nextToken") else { break };
        body["nextToken"] = token.clone();
    }
    let names: Vec<&str> =
        seen.iter().map(|arn| arn.as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["c0", "c1", "c2", "c3"], "an inactive cluster is not listed");
    let refused = account.error("ListClusters", json!({ "nextToken": "no" }));
    assert_eq!(refused.code, "InvalidParameterException");
}

#[test]
fn a_cluster_with_a_service_stays_until_the_service_is_inactive() {
    let mut account = Account::with_cluster();
    account.ok("CreateService", api());
    account.settle();
    let busy = account.ok("DescribeClusters", json!({ "clusters": ["c1"] }));
    assert_eq!(busy["clusters"][0]["runningTasksCount"], 3);
    assert_eq!(busy["clusters"][0]["activeServicesCount"], 1);
    insta::assert_snapshot!(
        told(&account.error("DeleteCluster", json!({ "cluster": "c1" }))),
        @"ClusterContainsServicesException: The Cluster cannot be deleted while Services are active."
    );
    account.ok("DeleteService", json!({ "cluster": "c1", "service": "api", "force": true }));
    account.settle();
    let deleted = account.ok("DeleteCluster", json!({ "cluster": "c1" }));
    assert_eq!(deleted["cluster"]["status"], "INACTIVE");
    let described = account.ok("DescribeClusters", json!({ "clusters": ["c1"] }));
    assert_eq!(described["clusters"][0]["status"], "INACTIVE");
    assert_eq!(
        account.error("ListServices", json!({ "cluster": "c1" })).code,
        "ClusterNotFoundException"
    );
}

#[test]
fn tags_are_merged_and_removed() {
    let mut account = Account::with_cluster();
    account.ok("CreateService", api());
    for resource in ["cluster/c1", "task-definition/web:1", "service/c1/api"] {
        let arn = format!("arn:aws:ecs:eu-west-1:123456789012:{resource}");
        let tag = |key: &str, value: &str| json!({ "key": key, "value": value });
        let body = json!({ "resourceArn": arn, "tags": [tag("a", "1"), tag("b", "1")] });
        account.ok("TagResource", body);
        account.ok("TagResource", json!({ "resourceArn": arn, "tags": [tag("b", "2")] }));
        account.ok("UntagResource", json!({ "resourceArn": arn, "tagKeys": ["a", "none"] }));
        let left = account.ok("ListTagsForResource", json!({ "resourceArn": arn }));
        assert_eq!(left["tags"], json!([tag("b", "2")]), "{resource}");
    }
}

#[test]
fn bad_clusters_and_tags_are_refused() {
    let mut account = Account::with_cluster();
    let many: Vec<String> = (0..101).map(|index| format!("c{index}")).collect();
    let tags = |tags: serde_json::Value| json!({ "clusterName": "c2", "tags": tags });
    let cases = [
        ("CreateCluster", json!({ "clusterName": "a b" })),
        (
            "CreateCluster",
            json!({ "clusterName": "c2", "settings": [{ "name": "other", "value": "x" }] }),
        ),
        ("CreateCluster", tags(json!([{ "key": "aws:x", "value": "" }]))),
        ("CreateCluster", tags(json!([{ "key": "a", "value": "" }, { "key": "a", "value": "" }]))),
        (
            "CreateCluster",
            json!({
                "clusterName": "c2",
                "defaultCapacityProviderStrategy": [{ "capacityProvider": "FARGATE", "weight": 1 }],
            }),
        ),
        ("DescribeClusters", json!({ "clusters": many })),
        ("UpdateCluster", json!({ "cluster": "none" })),
        ("TagResource", json!({ "resourceArn": "cluster/c1", "tags": [] })),
        (
            "ListTagsForResource",
            json!({
                "resourceArn": "arn:aws:ecs:eu-west-1:123456789012:service/c1/none",
            }),
        ),
    ];
    let messages: Vec<String> =
        cases.into_iter().map(|(operation, body)| told(&account.error(operation, body))).collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    InvalidParameterException: Invalid identifier: Unexpected characters in the cluster name.
    InvalidParameterException: Invalid cluster setting name: other
    InvalidParameterException: Tag keys beginning with 'aws:' are reserved.
    InvalidParameterException: Duplicate tag keys found: a
    InvalidParameterException: The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.
    InvalidParameterException: clusters can have at most 100 items
    ClusterNotFoundException: Cluster not found.
    InvalidParameterException: The ARN provided is invalid.
    InvalidParameterException: The specified service is inactive. Specify an active service and try again.
    ");
}
