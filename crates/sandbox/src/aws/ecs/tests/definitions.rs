use serde_json::{Value, json};

use super::{Account, lines, told, web};

#[test]
fn a_registration_is_echoed_with_the_defaults_of_the_api() {
    let mut account = Account::new();
    let mut body = web("123456789012.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:ab");
    body["executionRoleArn"] = "arn:aws:iam::123456789012:role/exec".into();
    body["cpu"] = "0.25 vCPU".into();
    body["memory"] = "0.5 GB".into();
    body["tags"] = json!([{ "key": "a", "value": "b" }]);
    body["containerDefinitions"][0]["healthCheck"] = json!({ "command": ["CMD", "true"] });
    body["containerDefinitions"][0]["secrets"] = json!([{ "name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:s" }]);
    let answer = account.ok("RegisterTaskDefinition", body);
    assert_eq!(answer["tags"], json!([{ "key": "a", "value": "b" }]));
    insta::assert_snapshot!(lines(&answer["taskDefinition"]), @r#"
    compatibilities: ["EC2","FARGATE"]
    containerDefinitions: [{"cpu":0,"environment":[],"essential":true,"healthCheck":{"command":["CMD","true"],"interval":30,"retries":3,"timeout":5},"image":"123456789012.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:ab","mountPoints":[],"name":"app","portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp"}],"secrets":[{"name":"KEY","valueFrom":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:s"}],"systemControls":[],"volumesFrom":[]}]
    cpu: "256"
    executionRoleArn: "arn:aws:iam::123456789012:role/exec"
    family: "web"
    memory: "512"
    networkMode: "awsvpc"
    placementConstraints: []
    registeredAt: 1767323045.0
    registeredBy: "arn:aws:iam::123456789012:user/sandbox"
    requiresAttributes: [{"name":"com.amazonaws.ecs.capability.docker-remote-api.1.18"},{"name":"com.amazonaws.ecs.capability.ecr-auth"},{"name":"ecs.capability.container-health-check"},{"name":"ecs.capability.execution-role-ecr-pull"},{"name":"ecs.capability.secrets.asm.environment-variables"},{"name":"ecs.capability.task-eni"}]
    requiresCompatibilities: ["FARGATE"]
    revision: 1
    status: "ACTIVE"
    taskDefinitionArn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1"
    volumes: []
    "#);
}

#[test]
fn every_registration_makes_a_revision() {
    let mut account = Account::new();
    for _ in 0..3 {
        account.ok("RegisterTaskDefinition", web("nginx:1"));
    }
    account.ok("DeregisterTaskDefinition", json!({ "taskDefinition": "web:3" }));
    let described = |account: &mut Account, reference: &str| {
        let answer = account.ok("DescribeTaskDefinition", json!({ "taskDefinition": reference }));
        answer["taskDefinition"]["revision"].as_u64().unwrap()
    };
    assert_eq!(described(&mut account, "web"), 2, "the latest active one");
    assert_eq!(described(&mut account, "web:3"), 3, "an inactive one is still there");
    let arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1";
    assert_eq!(described(&mut account, arn), 1);
    assert_eq!(
        account.ok("RegisterTaskDefinition", web("nginx:1"))["taskDefinition"]["revision"],
        4
    );
}

#[test]
fn tags_come_when_they_are_included() {
    let mut account = Account::new();
    let mut body = web("nginx:1");
    body["tags"] = json!([{ "key": "digest", "value": "x" }]);
    account.ok("RegisterTaskDefinition", body);
    let plain = account.ok("DescribeTaskDefinition", json!({ "taskDefinition": "web" }));
    assert_eq!(plain.get("tags"), None);
    let body = json!({ "taskDefinition": "web", "include": ["TAGS"] });
    let tagged = account.ok("DescribeTaskDefinition", body);
    assert_eq!(tagged["tags"][0]["key"], "digest");
}

#[test]
fn lists_filter_sort_and_page() {
    let mut account = Account::new();
    for (family, count) in [("web", 12), ("web-2", 1), ("job", 1)] {
        for _ in 0..count {
            let mut body = web("nginx:1");
            body["family"] = family.into();
            account.ok("RegisterTaskDefinition", body);
        }
    }
    account.ok("DeregisterTaskDefinition", json!({ "taskDefinition": "job:1" }));
    let names = |answer: &Value, member: &str| -> Vec<String> {
        let items = answer[member].as_array().unwrap();
        items
            .iter()
            .map(|item| item.as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect()
    };
    let body = json!({ "familyPrefix": "web", "sort": "DESC", "maxResults": 3 });
    let first = account.ok("ListTaskDefinitions", body.clone());
    assert_eq!(names(&first, "taskDefinitionArns"), ["web:12", "web:11", "web:10"]);
    let mut next = body;
    next["nextToken"] = first["nextToken"].clone();
    let second = account.ok("ListTaskDefinitions", next);
    assert_eq!(names(&second, "taskDefinitionArns"), ["web:9", "web:8", "web:7"]);
    let inactive = account.ok("ListTaskDefinitions", json!({ "status": "INACTIVE" }));
    assert_eq!(names(&inactive, "taskDefinitionArns"), ["job:1"]);
    for (status, families) in [
        ("ACTIVE", vec!["web", "web-2"]),
        ("INACTIVE", vec!["job"]),
        ("ALL", vec!["job", "web", "web-2"]),
    ] {
        let answer = account.ok("ListTaskDefinitionFamilies", json!({ "status": status }));
        assert_eq!(names(&answer, "families"), families, "{status}");
    }
}

#[test]
fn only_inactive_definitions_are_deleted() {
    let mut account = Account::new();
    account.ok("RegisterTaskDefinition", web("nginx:1"));
    account.ok("RegisterTaskDefinition", web("nginx:2"));
    account.ok("DeregisterTaskDefinition", json!({ "taskDefinition": "web:1" }));
    let body = json!({ "taskDefinitions": ["web:1", "web:2", "none:1"] });
    let answer = account.ok("DeleteTaskDefinitions", body);
    assert_eq!(answer["taskDefinitions"][0]["status"], "DELETE_IN_PROGRESS");
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer["failures"]).unwrap(), @r#"
    [
      {
        "arn": "web:2",
        "reason": "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
      },
      {
        "arn": "none:1",
        "reason": "The specified task definition does not exist. Specify a valid account, family, revision and try again."
      }
    ]
    "#);
    assert_eq!(
        told(&account.error("DescribeTaskDefinition", json!({ "taskDefinition": "web:1" }))),
        "ClientException: Unable to describe task definition."
    );
    assert_eq!(
        account.ok("RegisterTaskDefinition", web("nginx:3"))["taskDefinition"]["revision"],
        3
    );
}

/// Changes one place of a good definition.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = web("nginx:1");
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = if parent.is_empty() { &mut body } else { body.pointer_mut(parent).unwrap() };
    parent[member] = value;
    body
}

#[test]
fn bad_definitions_are_refused_in_the_words_of_the_api() {
    const APP: &str = "/containerDefinitions/0";
    let at = |member: &str| format!("{APP}/{member}");
    let mut account = Account::new();
    let secret = json!([{ "name": "A", "valueFrom": "arn" }]);
    let mut both = with("/executionRoleArn", "arn:aws:iam::123456789012:role/e".into());
    both["containerDefinitions"][0]["secrets"] = secret.clone();
    both["containerDefinitions"][0]["environment"] = json!([{ "name": "A", "value": "1" }]);
    let cases = [
        with("/cpu", "1024".into()),
        with("/cpu", "lots".into()),
        with("/memory", Value::Null),
        with("/networkMode", "bridge".into()),
        with("/pidMode", "host".into()),
        with("/family", "a b".into()),
        with("/containerDefinitions", json!([])),
        with("/ephemeralStorage", json!({ "sizeInGiB": 20 })),
        with("/ephemeralStorage", json!({ "sizeInGiB": 201 })),
        with("/taskRoleArn", "arn:aws:iam::1:user/x".into()),
        with(&at("image"), "".into()),
        with(&at("essential"), false.into()),
        with(&at("secrets"), secret),
        with(&at("image"), "1.dkr.ecr.eu-west-1.amazonaws.com/web".into()),
        with(&at("logConfiguration"), json!({ "logDriver": "awslogs" })),
        with(&at("portMappings"), json!([{ "containerPort": 80, "hostPort": 81 }])),
        with(&at("mountPoints"), json!([{ "sourceVolume": "none", "containerPath": "/" }])),
        with(&at("dependsOn"), json!([{ "containerName": "b", "condition": "START" }])),
        with(&at("command"), json!(["x".repeat(70_000)])),
        both,
        json!({ "family": "ec2", "containerDefinitions": [{ "name": "a", "image": "b" }] }),
    ];
    let messages: Vec<String> = cases
        .into_iter()
        .map(|body| told(&account.error("RegisterTaskDefinition", body)))
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    ClientException: No Fargate configuration exists for given values: 1024 CPU, 512 memory. See the Amazon ECS documentation for the valid values.
    ClientException: Invalid 'cpu' setting for task.
    ClientException: Fargate requires that 'memory' be defined at the task level.
    ClientException: Fargate only supports network mode 'awsvpc'.
    ClientException: Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.
    ClientException: Family contains invalid characters. The family must consist of up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores.
    ClientException: Container list cannot be empty.
    ClientException: EphemeralStorage size should be at least 21
    ClientException: EphemeralStorage size should be at most 200
    ClientException: Role is not valid
    ClientException: Container.image should not be null or empty.
    ClientException: Invalid 'essential' setting: at least one container must be marked as essential.
    ClientException: When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.
    ClientException: Fargate requires task definition to have execution role ARN to support ECR images.
    ClientException: Fargate requires task definition to have execution role ARN to support log driver awslogs.
    ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings must match.
    ClientException: Unknown volume 'none'.
    ClientException: Container 'app' depends on container 'b', which is not in the task definition.
    ClientException: Actual length: '70215'. Max allowed length is '65536' bytes.
    ClientException: The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'A'.
    ClientException: Invalid setting for container 'a'. At least one of 'memory' or 'memoryReservation' must be specified.
    ");
    let listed = account.ok("ListTaskDefinitions", json!({ "status": "ACTIVE" }));
    assert_eq!(listed["taskDefinitionArns"], json!([]), "nothing was registered");
}

#[test]
fn what_does_not_exist_is_told() {
    let mut account = Account::new();
    let messages: Vec<String> = [
        ("DescribeTaskDefinition", json!({ "taskDefinition": "none" })),
        ("DescribeTaskDefinition", json!({ "taskDefinition": "none:0" })),
        ("DeregisterTaskDefinition", json!({ "taskDefinition": "none:1" })),
        ("DeregisterTaskDefinition", json!({ "taskDefinition": "none" })),
        ("DeleteTaskDefinitions", json!({ "taskDefinitions": [] })),
    ]
    .into_iter()
    .map(|(operation, body)| told(&account.error(operation, body)))
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r"
    ClientException: Unable to describe task definition.
    ClientException: Unable to describe task definition.
    ClientException: Unable to describe task definition.
    InvalidParameterException: Invalid revision number. Number: none
    InvalidParameterException: taskDefinitions can have at least 1 and at most 10 items
    ");
}
