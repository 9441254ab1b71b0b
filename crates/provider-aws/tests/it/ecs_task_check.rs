//! Bad task definitions: the whole message of each.

use serde_json::{Value, json};

use crate::support::{manifest, problems};

fn told(spec: &Value) -> String {
    problems(&manifest("ecs", "TaskDefinition", "api", spec))
}

fn fargate(cpu: &str, memory: &str) -> String {
    told(&json!({"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": cpu, "memory": memory, "containerDefinitions": [{"name": "api", "image": "i"}]}))
}

#[test]
fn a_pair_that_fargate_does_not_have_is_told_with_what_it_has() {
    let pairs = [("256", "4096"), ("1 vCPU", "1 GB"), ("8192", "18432"), ("300", "512")];
    let all = pairs.map(|(cpu, memory)| fargate(cpu, memory));
    insta::assert_snapshot!(all.join("\n"), @r#"
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.memory: Fargate has no tasks with 256 CPU units and 4096 MiB of memory (with 256 CPU units it has 512, 1024 or 2048 MiB)
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.memory: Fargate has no tasks with 1024 CPU units and 1024 MiB of memory (with 1024 CPU units it has 2048 to 8192 in steps of 1024 MiB)
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.memory: Fargate has no tasks with 8192 CPU units and 18432 MiB of memory (with 8192 CPU units it has 16384 to 61440 in steps of 4096 MiB)
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.cpu: Fargate has no tasks with 300 CPU units (it has 256, 512, 1024, 2048, 4096, 8192, 16384)
    "#);
    assert_eq!(fargate("0.25 vCPU", "0.5 GB"), "");
    assert_eq!(
        fargate("", ""),
        told(&json!({"requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc", "containerDefinitions": [{"name": "api", "image": "i"}]}))
    );
}

#[test]
fn a_task_on_fargate_says_its_size_and_mode() {
    let spec = json!({"requiresCompatibilities": ["FARGATE"], "cpu": "lots",
        "containerDefinitions": [{"name": "api", "image": "1.dkr.ecr.us-east-1.amazonaws.com/i",
            "logConfiguration": {"logDriver": "awslogs"}}]});
    insta::assert_snapshot!(told(&spec), @r#"
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.cpu: `lots` is not a size (for example "256" or "0.25 vCPU")
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.memory: a task on Fargate must say it (for example "512" or "0.5 GB")
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.networkMode: a task on Fargate has the network mode `awsvpc`
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].image: an image of ECR needs an `executionRoleArn` on Fargate
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].logConfiguration.logDriver: awslogs needs an `executionRoleArn` on Fargate
    "#);
}

#[test]
fn containers_fit_together() {
    let spec = json!({"family": "a b", "networkMode": "awsvpc", "memory": "512",
        "volumes": [{"name": "data"}, {"name": "data"}],
        "containerDefinitions": [
            {"name": "api", "image": "i", "essential": false,
                "portMappings": [{"containerPort": 80, "hostPort": 8080}],
                "environment": [{"name": "A", "value": "1"}, {"name": "", "value": "2"}],
                "secrets": [{"name": "A", "valueFrom": "parameter"}, {"name": "B"}],
                "mountPoints": [{"sourceVolume": "logs", "containerPath": "/l"}],
                "dependsOn": [{"containerName": "db", "condition": "HEALTHY"},
                    {"containerName": "gone", "condition": "START"}]},
            {"name": "db", "image": "", "essential": "false", "memory": 64,
                "memoryReservation": 128,
                "dependsOn": [{"containerName": "api", "condition": "START"}]},
            {"name": "api", "image": "i", "essential": false}]});
    insta::assert_snapshot!(told(&spec), @r#"
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.family: `a b` is not a family of up to 255 letters, digits, `-` and `_`
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].portMappings[0].hostPort: under awsvpc it must be the container's port, 80
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].environment[1].name: it has no name
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].secrets[0].name: the variable `A` is there twice
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].secrets[1].valueFrom: it must be the ARN of a secret, or a parameter of Parameter Store
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].secrets: this needs an `executionRoleArn`
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[1].image: a container has an image
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[1].memoryReservation: 128 is more than the container's memory, 64
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[2].name: there are two containers with the name `api`
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions: at least one container must be essential
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].dependsOn[0]: the container `db` has no health check to be HEALTHY by
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].dependsOn[1]: there is no container `gone`
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions: the containers wait for each other: api -> db -> api
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.volumes[1].name: there are two volumes with the name `data`
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].mountPoints[0]: there is no volume `logs`
    "#);
}

#[test]
fn a_task_has_a_container_and_a_container_memory() {
    let none = told(&json!({}));
    let unsized_one = told(&json!({"containerDefinitions": [{"name": "api", "image": "i"}]}));
    insta::assert_snapshot!(format!("{none}\n{unsized_one}"), @r#"
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions: a task has a container
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0]: `memory` or `memoryReservation` is needed where the task has no `memory`
    "#);
}

#[test]
fn a_task_definition_may_have_64_kib() {
    let variable = json!({"name": "A", "value": "x".repeat(70_000)});
    let spec = json!({"memory": "512",
        "containerDefinitions": [{"name": "api", "image": "i", "environment": [variable]}]});
    insta::assert_snapshot!(told(&spec), @"invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec: it has 70123 bytes, and a task definition may have 65536 (move large values into files or secrets)");
}

#[test]
fn what_is_known_only_later_is_not_wrong() {
    let from = |name: &str| json!({"from": {"name": name}});
    let spec = json!({"memory": "512", "executionRoleArn": "arn:aws:iam::1:role/r",
        "containerDefinitions": [{"name": "api", "image": "i",
            "secrets": [{"name": "PASSWORD", "valueFromRef": {"from": {"name": "db", "key": "password"}}}],
            "repositoryCredentials": {"credentialsParameterRef": from("registry")}}]});
    assert_eq!(told(&spec), "");
}

#[test]
fn a_secret_is_an_arn_or_a_parameter() {
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf";
    let of = |from: &str| {
        told(&json!({"memory": "512", "executionRoleArn": "exec", "containerDefinitions": [
            {"name": "api", "image": "i", "secrets": [{"name": "A", "valueFrom": from}]}]}))
    };
    for right in [
        arn,
        &format!("{arn}:key::"),
        &format!("{arn}::AWSPREVIOUS:"),
        "arn:aws:ssm:us-east-1:123456789012:parameter/shop/db",
        "/shop/db",
    ] {
        assert_eq!(of(right), "", "{right}");
    }
    let one = format!("{arn}:key");
    let wrong = [one.as_str(), "arn:aws:s3:::bucket", "arn:aws:secretsmanager:x:1:secret:"];
    insta::assert_snapshot!(wrong.map(of).join("\n"), @r"
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].secrets[0].valueFrom: after the ARN come no parts or three, not 1: one key of a secret is ARN:KEY:: and one version ARN:KEY:STAGE:VERSION
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].secrets[0].valueFrom: `arn:aws:s3:::bucket` is not the ARN of a secret, or a parameter of Parameter Store
    invalid-resource: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].secrets[0].valueFrom: `arn:aws:secretsmanager:x:1:secret:` is not the ARN of a secret, or a parameter of Parameter Store
    ");
}
