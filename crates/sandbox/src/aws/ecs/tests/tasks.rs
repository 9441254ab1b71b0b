use serde_json::{Value, json};

use super::{Account, api, told, web};

fn run() -> Value {
    let mut body = api();
    for member in ["serviceName", "desiredCount"] {
        body.as_object_mut().unwrap().remove(member);
    }
    body
}

#[test]
fn a_job_runs_to_its_end() {
    let mut account = Account::with_cluster();
    let mut body = run();
    body["startedBy"] = "me".into();
    body["clientToken"] = "once".into();
    let started = account.ok("RunTask", body.clone());
    let arn = started["tasks"][0]["taskArn"].clone();
    assert_eq!(account.ok("RunTask", body)["tasks"][0]["taskArn"], arn, "the token is known");
    let mut seen = Vec::new();
    loop {
        let described = account.ok("DescribeTasks", json!({ "cluster": "c1", "tasks": [arn] }));
        let task = described["tasks"][0].clone();
        seen.push(task["lastStatus"].as_str().unwrap().to_owned());
        if !account.step() {
            assert_eq!(task["containers"][0]["exitCode"], 0);
            assert_eq!(task["clusterArn"], "arn:aws:ecs:eu-west-1:123456789012:cluster/c1");
            break;
        }
    }
    assert_eq!(seen, ["PROVISIONING", "PENDING", "RUNNING", "STOPPING", "STOPPED"]);
    account.advance(3600);
    account.step();
    let described = account.ok("DescribeTasks", json!({ "cluster": "c1", "tasks": [arn] }));
    assert_eq!(described["failures"], json!([{ "arn": arn, "reason": "MISSING" }]));
}

#[test]
fn a_failing_job_tells_why() {
    let mut account = Account::with_cluster();
    account.ok("RegisterTaskDefinition", web("nginx:fail"));
    let started = account.ok("RunTask", run());
    account.settle();
    let body = json!({ "cluster": "c1", "tasks": [started["tasks"][0]["taskArn"]] });
    let task = account.ok("DescribeTasks", body)["tasks"][0].clone();
    assert_eq!(task["stopCode"], "TaskFailedToStart");
    assert_eq!(
        task["stoppedReason"],
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref nginx:fail: not found"
    );
}

#[test]
fn a_stopped_task_of_a_service_is_replaced() {
    let mut account = Account::with_service(json!({}));
    let tasks = json!({ "cluster": "c1", "serviceName": "api" });
    let before = account.ok("ListTasks", tasks.clone())["taskArns"].clone();
    let stopped =
        account.ok("StopTask", json!({ "cluster": "c1", "task": before[0], "reason": "drill" }));
    assert_eq!(stopped["task"]["stoppedReason"], "drill");
    account.settle();
    let after = account.ok("ListTasks", tasks)["taskArns"].clone();
    assert_eq!(after.as_array().unwrap().len(), 3);
    assert!(!after.as_array().unwrap().contains(&before[0]));
    assert!(account.events().ends_with("(service api) has reached a steady state."));
}

#[test]
fn tasks_are_filtered() {
    let mut account = Account::with_service(json!({}));
    account.ok("DeregisterTaskDefinition", json!({ "taskDefinition": "web:2" }));
    account.ok("RunTask", run());
    let count = |account: &mut Account, filter: Value| {
        let mut body = json!({ "cluster": "c1" });
        body.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        account.ok("ListTasks", body)["taskArns"].as_array().unwrap().len()
    };
    for (filter, wanted) in [
        (json!({}), 4),
        (json!({ "serviceName": "api" }), 3),
        (json!({ "family": "web" }), 4),
        (json!({ "family": "we" }), 0),
        (json!({ "launchType": "EC2" }), 0),
        (json!({ "desiredStatus": "STOPPED" }), 0),
    ] {
        assert_eq!(count(&mut account, filter.clone()), wanted, "{filter}");
    }
    let deployment = account.service()["deployments"][0]["id"].clone();
    assert_eq!(count(&mut account, json!({ "startedBy": deployment })), 3);
}

#[test]
fn bad_requests_are_refused() {
    let mut account = Account::with_cluster();
    let mut many = run();
    many["count"] = 11.into();
    let mut unknown = run();
    unknown["taskDefinition"] = "none".into();
    let messages: Vec<String> = [
        ("RunTask", many),
        ("RunTask", unknown),
        ("StopTask", json!({ "cluster": "c1", "task": "none" })),
        ("DescribeTasks", json!({ "cluster": "c1", "tasks": [] })),
        ("ListTasks", json!({ "cluster": "c1", "serviceName": "none" })),
        ("DoSomething", json!({})),
    ]
    .into_iter()
    .map(|(operation, body)| told(&account.error(operation, body)))
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    InvalidParameterException: Task count must be between 1 and 10.
    ClientException: TaskDefinition not found.
    InvalidParameterException: The referenced task was not found.
    InvalidParameterException: Tasks cannot be empty.
    ServiceNotFoundException: Service not found.
    UnknownOperationException: The requested operation is not known.
    ");
}
