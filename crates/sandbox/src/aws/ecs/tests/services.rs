use serde_json::{Value, json};

use super::{Account, api, lines, snapshot, told, web};

#[test]
fn a_new_service_has_the_defaults_of_the_api() {
    let mut account = Account::with_cluster();
    let created = account.ok("CreateService", api());
    snapshot!(lines(&created["service"]), @r#"
    availabilityZoneRebalancing: "ENABLED"
    clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/c1"
    createdAt: 1767323045.0
    createdBy: "arn:aws:iam::123456789012:user/sandbox"
    currentServiceDeployment: "arn:aws:ecs:eu-west-1:123456789012:service-deployment/c1/api/ZXC9QEkYBDWH6SBqfj8HJ"
    currentServiceRevisions: [{"arn":"arn:aws:ecs:eu-west-1:123456789012:service-revision/c1/api/2084913344361945750","pendingTaskCount":0,"requestedTaskCount":3,"runningTaskCount":0}]
    deploymentConfiguration: {"bakeTimeInMinutes":0,"deploymentCircuitBreaker":{"enable":false,"rollback":false},"maximumPercent":200,"minimumHealthyPercent":100,"strategy":"ROLLING"}
    deploymentController: {"type":"ECS"}
    deployments: [{"createdAt":1767323045.0,"desiredCount":3,"failedTasks":0,"id":"ecs-svc/N","launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"assignPublicIp":"DISABLED","securityGroups":[],"subnets":["subnet-1"]}},"pendingCount":0,"platformFamily":"Linux","platformVersion":"1.4.0","rolloutState":"IN_PROGRESS","rolloutStateReason":"ECS deployment ecs-svc/N in progress.","runningCount":0,"status":"PRIMARY","taskDefinition":"arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1","updatedAt":1767323045.0}]
    desiredCount: 3
    enableECSManagedTags: false
    enableExecuteCommand: false
    events: []
    launchType: "FARGATE"
    loadBalancers: []
    networkConfiguration: {"awsvpcConfiguration":{"assignPublicIp":"DISABLED","securityGroups":[],"subnets":["subnet-1"]}}
    pendingCount: 0
    placementConstraints: []
    placementStrategy: []
    platformFamily: "Linux"
    platformVersion: "LATEST"
    propagateTags: "NONE"
    roleArn: "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    runningCount: 0
    schedulingStrategy: "REPLICA"
    serviceArn: "arn:aws:ecs:eu-west-1:123456789012:service/c1/api"
    serviceName: "api"
    serviceRegistries: []
    status: "ACTIVE"
    taskDefinition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1"
    "#);
}

#[test]
fn a_service_reaches_its_steady_state_over_some_steps() {
    let mut account = Account::with_cluster();
    account.ok("CreateService", api());
    let mut seen = Vec::new();
    loop {
        let service = account.service();
        let of = |member: &str| service[member].as_i64().unwrap();
        let state = service["deployments"][0]["rolloutState"].as_str().unwrap();
        seen.push(format!("{}/{} {state}", of("runningCount"), of("pendingCount")));
        if !account.step() {
            break;
        }
    }
    seen.dedup();
    assert_eq!(seen, ["0/0 IN_PROGRESS", "0/3 IN_PROGRESS", "3/0 COMPLETED"]);
    snapshot!(account.events(), @r"
    (service api) has started 3 tasks: (task T) (task T) (task T).
    (service api) (deployment ecs-svc/N) deployment completed.
    (service api) has reached a steady state.
    ");
    let rollout = account.rollout();
    assert_eq!(rollout["status"], "SUCCESSFUL");
    assert_eq!(rollout["targetServiceRevision"]["runningTaskCount"], 3);
    let service = account.service();
    assert_eq!(service.get("currentServiceDeployment"), None);
    assert!(!account.step(), "a steady service is left alone");
}

#[test]
fn the_name_of_a_service_is_taken_until_it_is_inactive() {
    let mut account = Account::with_cluster();
    let mut body = api();
    body["clientToken"] = "once".into();
    let first = account.ok("CreateService", body.clone());
    let again = account.ok("CreateService", body.clone());
    assert_eq!(first["service"]["createdAt"], again["service"]["createdAt"]);
    body["clientToken"] = "twice".into();
    assert_eq!(
        told(&account.error("CreateService", body.clone())),
        "InvalidParameterException: Creation of service was not idempotent."
    );
    account.settle();
    let delete = json!({ "cluster": "c1", "service": "api" });
    assert_eq!(
        told(&account.error("DeleteService", delete.clone())),
        "InvalidParameterException: The service cannot be stopped while it is scaled above 0."
    );
    account.update(json!({ "desiredCount": 0 }));
    account.settle();
    let deleted = account.ok("DeleteService", delete.clone());
    assert_eq!(deleted["service"]["status"], "DRAINING");
    assert_eq!(
        told(&account.error("CreateService", body.clone())),
        "InvalidParameterException: Unable to Start a service that is still Draining."
    );
    let listed = account.ok("ListServices", json!({ "cluster": "c1" }));
    assert_eq!(listed["serviceArns"].as_array().unwrap().len(), 1, "it is draining");
    account.settle();
    let service = account.service();
    assert_eq!((&service["status"], &service["deployments"]), (&json!("INACTIVE"), &json!([])));
    let listed = account.ok("ListServices", json!({ "cluster": "c1" }));
    assert_eq!(listed["serviceArns"], json!([]));
    let update = json!({ "cluster": "c1", "service": "api", "desiredCount": 1 });
    assert_eq!(
        told(&account.error("UpdateService", update)),
        "ServiceNotActiveException: Service was not ACTIVE."
    );
    assert_eq!(account.error("DeleteService", delete).code, "ServiceNotFoundException");
    account.ok("CreateService", body);
}

#[test]
fn force_deletes_a_service_with_its_tasks() {
    let mut account = Account::with_service(json!({}));
    let body = json!({ "cluster": "c1", "service": "api", "force": true });
    let deleted = account.ok("DeleteService", body);
    assert_eq!(deleted["service"]["runningCount"], 3);
    account.settle();
    assert_eq!(account.service()["status"], "INACTIVE");
    let tasks = account.ok("ListTasks", json!({ "cluster": "c1", "desiredStatus": "RUNNING" }));
    assert_eq!(tasks["taskArns"], json!([]));
}

#[test]
fn scaling_makes_no_deployment() {
    let mut account = Account::with_service(json!({}));
    let before = account.service()["deployments"][0]["id"].clone();
    for (desired, text) in [(5, "up"), (1, "down"), (0, "to nothing"), (2, "up again")] {
        account.update(json!({ "desiredCount": desired }));
        account.settle();
        let service = account.service();
        assert_eq!(service["runningCount"], desired, "{text}");
        assert_eq!(service["deployments"].as_array().unwrap().len(), 1, "{text}");
        assert_eq!(service["deployments"][0]["id"], before, "{text}");
    }
    let body = json!({ "cluster": "c1", "service": "api" });
    let rollouts = account.ok("ListServiceDeployments", body);
    assert_eq!(rollouts["serviceDeployments"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_deployment_fixes_makes_a_deployment() {
    let network = |subnet: &str| json!({ "networkConfiguration": { "awsvpcConfiguration": { "subnets": [subnet] } } });
    for (change, deploys) in [
        (json!({ "taskDefinition": "web:1" }), false),
        (json!({ "taskDefinition": "web:2" }), true),
        (json!({ "forceNewDeployment": true }), true),
        (network("subnet-1"), false),
        (network("subnet-2"), true),
        (json!({ "platformVersion": "1.4.0" }), true),
        (json!({ "serviceConnectConfiguration": { "enabled": false } }), true),
        (json!({ "deploymentConfiguration": { "maximumPercent": 150 } }), false),
        (json!({ "enableExecuteCommand": true, "propagateTags": "SERVICE" }), false),
        (json!({ "healthCheckGracePeriodSeconds": 10 }), false),
        (
            json!({ "loadBalancers": [{ "targetGroupArn": "arn", "containerName": "app", "containerPort": 80 }] }),
            true,
        ),
    ] {
        let mut account = Account::with_service(json!({}));
        let before = account.service()["deployments"][0]["id"].clone();
        let updated = account.update(change.clone());
        assert_eq!(updated["deployments"][0]["id"] != before, deploys, "{change}");
        for (member, value) in change.as_object().unwrap() {
            let kept = ["deploymentConfiguration", "taskDefinition", "networkConfiguration"];
            if !member.starts_with("force")
                && !member.contains("Connect")
                && !kept.contains(&member.as_str())
            {
                assert_eq!(&updated[member], value, "{change}");
            }
        }
    }
}

#[test]
fn a_rolling_update_keeps_within_its_limits() {
    for (most, fewest, desired) in [(200, 100, 3), (100, 50, 4), (150, 100, 4), (100, 0, 2)] {
        let mut account = Account::with_service(json!({
            "maximumPercent": most, "minimumHealthyPercent": fewest,
        }));
        account.ok("RegisterTaskDefinition", web("nginx:3"));
        account.update(json!({ "desiredCount": desired }));
        account.settle();
        account.update(json!({ "taskDefinition": "web:3" }));
        while account.step() {
            let service = account.service();
            let count = |member: &str| service[member].as_i64().unwrap();
            let running = count("runningCount");
            let wanted: i64 = service["deployments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|d| d["runningCount"].as_i64().unwrap() + d["pendingCount"].as_i64().unwrap())
                .sum();
            assert!(running * 100 >= desired * fewest, "{most}/{fewest}: {running} run");
            assert!(
                wanted * 100 <= desired * most.max(100) + 99,
                "{most}/{fewest}: {wanted} tasks"
            );
        }
        let service = account.service();
        assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
        assert_eq!(service["deployments"][0]["rolloutState"], "COMPLETED");
        assert!(service["taskDefinition"].as_str().unwrap().ends_with("web:3"));
    }
}

#[test]
fn limits_that_leave_no_room_are_told_once() {
    let mut account =
        Account::with_service(json!({ "maximumPercent": 100, "minimumHealthyPercent": 100 }));
    account.ok("RegisterTaskDefinition", web("nginx:3"));
    account.update(json!({ "taskDefinition": "web:3" }));
    account.settle();
    let service = account.service();
    assert_eq!(service["deployments"][0]["rolloutState"], "IN_PROGRESS");
    assert_eq!(
        service["events"][0]["message"],
        "(service api) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    );
    assert!(!account.step());
}

#[test]
fn services_are_described_by_ten_and_listed_in_pages() {
    let mut account = Account::with_cluster();
    for index in 0..12 {
        let mut body = api();
        body["serviceName"] = format!("s{index:02}").into();
        account.ok("CreateService", body);
    }
    let first = account.ok("ListServices", json!({ "cluster": "c1" }));
    assert_eq!(first["serviceArns"].as_array().unwrap().len(), 10, "ten unless it is asked");
    let body = json!({ "cluster": "c1", "maxResults": 100 });
    let all = account.ok("ListServices", body)["serviceArns"].clone();
    assert_eq!(all.as_array().unwrap().len(), 12);
    assert_eq!(
        told(&account.error("DescribeServices", json!({ "cluster": "c1", "services": all }))),
        "InvalidParameterException: service names can have at most 10 items"
    );
    let arn = "arn:aws:ecs:eu-west-1:123456789012:service/other/s01";
    let body = json!({ "cluster": "c1", "services": [all[3], "none", arn] });
    let answer = account.ok("DescribeServices", body);
    assert_eq!(answer["services"][0]["serviceName"], "s03");
    assert_eq!(
        answer["failures"],
        json!([
            { "arn": "arn:aws:ecs:eu-west-1:123456789012:service/c1/none", "reason": "MISSING" },
            { "arn": arn, "reason": "MISSING" },
        ])
    );
}

#[test]
fn capacity_provider_strategies_replace_the_launch_type() {
    let mut account = Account::with_cluster();
    let strategy = json!([{ "capacityProvider": "FARGATE_SPOT", "weight": 1 }]);
    let put = json!({
        "cluster": "c1", "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [{ "capacityProvider": "FARGATE", "weight": 1 }],
    });
    let mut body = api();
    body.as_object_mut().unwrap().remove("launchType");
    body["capacityProviderStrategy"] = strategy;
    let refused = account.error("CreateService", body.clone());
    assert!(refused.message.contains("not associated with the cluster"), "{refused:?}");
    account.ok("PutClusterCapacityProviders", put);
    let created = account.ok("CreateService", body.clone());
    assert_eq!(created["service"].get("launchType"), None);
    assert_eq!(created["service"]["platformVersion"], "LATEST");
    body.as_object_mut().unwrap().remove("capacityProviderStrategy");
    body["serviceName"] = "other".into();
    let default = account.ok("CreateService", body);
    assert_eq!(default["service"]["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE");
}

/// The service `api` with one member changed.
fn with(member: &str, value: Value) -> Value {
    let mut body = api();
    body[member] = value;
    body
}

#[test]
fn bad_services_are_refused_in_the_words_of_the_api() {
    let mut account = Account::with_cluster();
    account.ok(
        "RegisterTaskDefinition",
        json!({
            "family": "ec2", "containerDefinitions": [{ "name": "a", "image": "b", "memory": 64 }],
        }),
    );
    account.ok("RegisterTaskDefinition", web("nginx:2"));
    account.ok("DeregisterTaskDefinition", json!({ "taskDefinition": "web:2" }));
    let balancer = |name: &str, port: u16| json!([{ "targetGroupArn": "arn", "containerName": name, "containerPort": port }]);
    let no_network = json!({ "awsvpcConfiguration": { "subnets": [] } });
    let cases = [
        with("cluster", "none".into()),
        with("serviceName", "a b".into()),
        with("taskDefinition", "none".into()),
        with("taskDefinition", "web:2".into()),
        with("taskDefinition", "ec2".into()),
        with("desiredCount", Value::Null),
        with("desiredCount", (-1).into()),
        with("networkConfiguration", Value::Null),
        with("networkConfiguration", no_network),
        with("launchType", "MOON".into()),
        with("platformVersion", "9.9.9".into()),
        with("capacityProviderStrategy", json!([{ "capacityProvider": "FARGATE" }])),
        with("loadBalancers", balancer("none", 80)),
        with("loadBalancers", balancer("app", 81)),
        with("schedulingStrategy", "DAEMON".into()),
        with("deploymentConfiguration", json!({ "strategy": "HOPE" })),
    ];
    let messages: Vec<String> =
        cases.into_iter().map(|body| told(&account.error("CreateService", body))).collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    ClusterNotFoundException: Cluster not found.
    InvalidParameterException: Invalid identifier: Unexpected characters in the service name. Up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed.
    ClientException: TaskDefinition not found.
    ClientException: TaskDefinition is inactive
    InvalidParameterException: Network Configuration is not valid for the given networkMode of this task definition.
    InvalidParameterException: desiredCount must be specified for services with the REPLICA scheduling strategy.
    InvalidParameterException: desiredCount cannot be negative.
    InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.
    InvalidParameterException: subnets can not be empty.
    InvalidParameterException: launch type should be one of [EC2,FARGATE,EXTERNAL]
    PlatformUnknownException: The specified platform does not exist.
    InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.
    InvalidParameterException: The container none does not exist in the task definition.
    InvalidParameterException: The container app did not have a container port 81 defined.
    InvalidParameterException: The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again.
    InvalidParameterException: Invalid deployment strategy: HOPE
    ");
    let listed = account.ok("ListServices", json!({ "cluster": "c1" }));
    assert_eq!(listed["serviceArns"], json!([]), "nothing was created");
    let none = json!({ "cluster": "c1", "service": "none" });
    assert_eq!(
        told(&account.error("UpdateService", none)),
        "ServiceNotFoundException: Service not found."
    );
}

#[test]
fn a_daemon_has_no_desired_count() {
    let mut account = Account::with_cluster();
    let mut body = with("schedulingStrategy", "DAEMON".into());
    body.as_object_mut().unwrap().remove("desiredCount");
    let created = account.ok("CreateService", body);
    let configuration = &created["service"]["deploymentConfiguration"];
    assert_eq!(
        (&configuration["maximumPercent"], &configuration["minimumHealthyPercent"]),
        (&json!(100), &json!(0))
    );
    account.settle();
    assert_eq!(account.service()["deployments"][0]["rolloutState"], "COMPLETED");
}
