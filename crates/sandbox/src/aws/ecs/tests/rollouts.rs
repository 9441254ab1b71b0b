use serde_json::json;

use super::{Account, newest, told, web};

#[test]
fn deployments_are_listed_newest_first_and_filtered() {
    let mut account = Account::with_service(json!({}));
    for _ in 0..3 {
        account.advance(60);
        account.update(json!({ "forceNewDeployment": true }));
        account.settle();
    }
    account.advance(60);
    account.update(json!({ "forceNewDeployment": true }));
    let service = json!({ "cluster": "c1", "service": "api" });
    let all = account.ok("ListServiceDeployments", service.clone());
    assert_eq!(all["serviceDeployments"].as_array().unwrap().len(), 5);
    let open = json!({ "cluster": "c1", "service": "api", "status": ["PENDING", "IN_PROGRESS"] });
    let open = account.ok("ListServiceDeployments", open);
    assert_eq!(open["serviceDeployments"].as_array().unwrap().len(), 1);
    assert_eq!(newest(&open), newest(&all));
    assert_eq!(account.service()["currentServiceDeployment"], newest(&all).as_str());
    let since = all["serviceDeployments"][1]["createdAt"].as_f64().unwrap();
    let body = json!({ "cluster": "c1", "service": "api", "createdAt": { "after": since } });
    let after = account.ok("ListServiceDeployments", body);
    assert_eq!(after["serviceDeployments"].as_array().unwrap().len(), 1);
    let body = json!({ "cluster": "c1", "service": "api", "maxResults": 2 });
    let page = account.ok("ListServiceDeployments", body);
    assert!(page["nextToken"].is_string());
}

#[test]
fn a_revision_tells_what_is_deployed() {
    let mut account = Account::with_service(json!({}));
    let arn = account.rollout()["targetServiceRevision"]["arn"].clone();
    let body = json!({ "serviceRevisionArns": [arn, "none"] });
    let answer = account.ok("DescribeServiceRevisions", body);
    let revision = &answer["serviceRevisions"][0];
    assert!(revision["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    assert_eq!(
        revision["containerImages"],
        json!([{ "containerName": "app", "image": "nginx:1" }])
    );
    assert_eq!(answer["failures"], json!([{ "arn": "none", "reason": "MISSING" }]));
}

#[test]
fn a_deployment_that_is_replaced_is_stopped() {
    let mut account = Account::with_service(json!({}));
    account.ok("RegisterTaskDefinition", web("nginx:3"));
    account.update(json!({ "taskDefinition": "web:2" }));
    let first = account.rollout()["serviceDeploymentArn"].clone();
    account.step();
    account.update(json!({ "taskDefinition": "web:3" }));
    account.settle();
    let body = json!({ "serviceDeploymentArns": [first] });
    let replaced = account.ok("DescribeServiceDeployments", body);
    assert_eq!(replaced["serviceDeployments"][0]["status"], "STOPPED");
    assert_eq!(account.rollout()["status"], "SUCCESSFUL");
    assert_eq!(account.service()["runningCount"], 3);
}

#[test]
fn a_deployment_under_way_can_be_stopped() {
    let mut account = Account::with_service(json!({}));
    account.update(json!({ "taskDefinition": "web:2" }));
    account.step();
    let arn = account.rollout()["serviceDeploymentArn"].clone();
    account.ok("StopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    assert_eq!(account.rollout()["status"], "ROLLBACK_IN_PROGRESS");
    account.settle();
    assert_eq!(account.rollout()["status"], "ROLLBACK_SUCCESSFUL");
    assert!(account.service()["taskDefinition"].as_str().unwrap().ends_with("web:1"));
    let again = account.error("StopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    assert_eq!(
        (again.code.as_str(), &again.extra["resourceIds"]),
        ("ConflictException", &json!([arn]))
    );
    assert_eq!(
        told(&account.error("StopServiceDeployment", json!({ "serviceDeploymentArn": "none" }))),
        "ServiceDeploymentNotFoundException: Service deployment not found."
    );
}
