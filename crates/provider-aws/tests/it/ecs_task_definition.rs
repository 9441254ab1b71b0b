//! ECS task definitions.

use serde_json::{Value, json};
use suimon_model::{DeferredRef, HealthStatus, Manifest};
use suimon_provider::Provider;
use suimon_provider_aws::Aws;
use suimon_sandbox::{AwsEffect, AwsFault};

use crate::support::{
    Seen, Server, annotated, apply, assert_unchanged, connect, delete, differences, dry_run,
    health, manifest, observe, options, other_hands, provider, round_trip, write,
};

fn definition(spec: &Value) -> Manifest {
    manifest("ecs", "TaskDefinition", "api", spec)
}

fn image(image: &str) -> Manifest {
    definition(&json!({"memory": "512", "containerDefinitions": [{"name": "api", "image": image}]}))
}

/// As it is on Fargate, with much that has defaults or no order.
fn everything() -> Manifest {
    definition(&json!({
        "family": "web-api",
        "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
        "cpu": "0.5 vCPU", "memory": "1 GB",
        "executionRoleArn": "arn:aws:iam::123456789012:role/exec",
        "taskRoleArn": "arn:aws:iam::123456789012:role/task",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "ephemeralStorage": {"sizeInGiB": 30},
        "volumes": [
            {"name": "tmp"},
            {"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1",
                "transitEncryption": "ENABLED", "authorizationConfig": {"iam": "ENABLED"}}}],
        "containerDefinitions": [
            {"name": "web", "image": "nginx:1", "essential": true, "cpu": 0,
                "command": ["a", "b"], "readonlyRootFilesystem": true, "privileged": false,
                "portMappings": [{"containerPort": 8080, "name": "http", "appProtocol": "http"},
                    {"containerPort": 443, "hostPort": 443, "protocol": "tcp"}],
                "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
                "secrets": [{"name": "S", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/s"}],
                "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"},
                    {"sourceVolume": "data", "containerPath": "/data", "readOnly": true}],
                "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
                "dependsOn": [{"containerName": "init", "condition": "COMPLETE"}],
                "healthCheck": {"command": ["CMD", "true"], "interval": 30, "startPeriod": 10},
                "linuxParameters": {"initProcessEnabled": true, "capabilities": {"drop": ["ALL"]}},
                "dockerLabels": {"b": "", "a": "1"}, "stopTimeout": 60,
                "logConfiguration": {"logDriver": "awslogs",
                    "options": {"awslogs-group": "g", "awslogs-region": "us-east-1"}}},
            {"name": "init", "image": "busybox", "essential": false}],
        "tags": {"team": "shop"},
    }))
}

fn reference(manifest: &Manifest, attribute: &str) -> DeferredRef {
    let (target, attribute) = (manifest.id.clone(), attribute.to_owned());
    DeferredRef { pointer: "/x".into(), target, attribute }
}

fn revision(aws: &Aws, seen: &Seen, manifest: &Manifest) -> String {
    aws.attribute(&seen.live[&manifest.id], &reference(manifest, "revision")).unwrap()
}

fn registrations(server: &Server) -> usize {
    let operations = server.take_operations();
    operations.iter().filter(|told| *told == "ecs RegisterTaskDefinition").count()
}

#[tokio::test]
async fn nothing_is_to_do_after_a_revision_was_registered() {
    for server in Server::all().await {
        let server = &server;
        round_trip(
            server,
            &[manifest(
                "ecs",
                "TaskDefinition",
                "plain",
                &json!({
            "memory": "512", "containerDefinitions": [{"name": "main", "image": "i"}]}),
            )],
        )
        .await;
        let server = match server {
            Server::Sandbox(_) => &Server::sandbox().await,
            other => other,
        };
        let aws = provider(server).await;
        apply(server, &aws, &[everything()]).await.unwrap();
        let seen = observe(&aws, &[everything()]).await;
        assert_eq!(differences(&aws, &seen, &everything()), "", "{}", server.name());
    }
}

#[tokio::test]
async fn a_task_definition_is_the_same_however_it_is_written() {
    for server in Server::all().await {
        let aws = provider(&server).await;
        let seen = apply(&server, &aws, &[everything()]).await.unwrap();
        let mut spec = everything().body.value()["spec"].clone();
        spec["cpu"] = json!(512);
        spec["memory"] = json!("1024");
        spec["executionRoleARN"] = spec["executionRoleArn"].take();
        spec.as_object_mut().unwrap().remove("executionRoleArn");
        spec.as_object_mut().unwrap().remove("runtimePlatform");
        spec["tags"] = json!([{"Key": "team", "Value": "shop"}]);
        spec["volumes"].as_array_mut().unwrap().reverse();
        spec["volumes"][1]["host"] = json!({});
        spec["volumes"][0]["efsVolumeConfiguration"]["rootDirectory"] = json!("/");
        let containers = spec["containerDefinitions"].as_array_mut().unwrap();
        containers.reverse();
        let web = containers[1].as_object_mut().unwrap();
        for member in ["portMappings", "environment", "mountPoints"] {
            web[member].as_array_mut().unwrap().reverse();
        }
        web.retain(|member, _| !["essential", "cpu", "privileged"].contains(&member.as_str()));
        web["healthCheck"] = json!({"command": ["CMD", "true"], "retries": 3, "timeout": 5,
            "startPeriod": "10"});
        web.insert("dnsServers".into(), json!([]));
        let other = definition(&spec);
        assert_eq!(differences(&aws, &seen, &other), "", "{}", server.name());
        // Neither would it register anything.
        let before = revision(&aws, &seen, &other);
        let written = write(&aws, &seen, &other).await.unwrap();
        let now = aws.attribute(&written.object, &reference(&other, "revision"));
        assert_eq!(now, Some(before), "{}", server.name());
    }
}

#[tokio::test]
async fn a_revision_is_registered_only_when_the_content_changed() {
    for server in Server::all().await {
        let aws = provider(&server).await;
        let seen = apply(&server, &aws, &[image("i:1")]).await.unwrap();
        assert_eq!(revision(&aws, &seen, &image("i:1")), "1", "{}", server.name());
        let seen = observe(&aws, &[image("i:2")]).await;
        assert_eq!(
            differences(&aws, &seen, &image("i:2")),
            r#"/spec/containerDefinitions/0/image: "i:1" -> "i:2""#,
        );
        let seen = apply(&server, &aws, &[image("i:2")]).await.unwrap();
        assert_eq!(revision(&aws, &seen, &image("i:2")), "2", "{}", server.name());
        // Back again: the first revision is what is declared, and is live.
        let aws = provider(&server).await;
        let seen = observe(&aws, &[image("i:1")]).await;
        assert_eq!(differences(&aws, &seen, &image("i:1")), "", "{}", server.name());
        assert_eq!(revision(&aws, &seen, &image("i:1")), "1", "{}", server.name());
        let written = write(&aws, &seen, &image("i:1")).await.unwrap();
        let now = aws.attribute(&written.object, &reference(&image("i:1"), "revision"));
        assert_eq!(now.as_deref(), Some("1"), "{}", server.name());
        assert_unchanged(&server, &[image("i:2")]).await;
    }
}

#[tokio::test]
async fn tags_change_without_a_revision() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let mut spec = image("i").body.value()["spec"].clone();
    apply(&server, &aws, &[image("i")]).await.unwrap();
    spec["tags"] = json!({"team": "shop"});
    let tagged = definition(&spec);
    let seen = observe(&aws, std::slice::from_ref(&tagged)).await;
    assert_eq!(differences(&aws, &seen, &tagged), r#"/spec/tags: null -> {"team":"shop"}"#);
    server.take_operations();
    apply(&server, &aws, std::slice::from_ref(&tagged)).await.unwrap();
    assert_eq!(registrations(&server), 0);
    assert_unchanged(&server, &[tagged]).await;
}

#[tokio::test]
async fn a_lost_answer_leaves_one_revision() {
    for (effect, registered) in [(AwsEffect::LoseReply, 1), (AwsEffect::Reset, 2)] {
        let server = Server::sandbox().await;
        let aws = provider(&server).await;
        let seen = observe(&aws, &[image("i")]).await;
        let fault = AwsFault {
            service: Some("ecs".into()),
            operation: Some("RegisterTaskDefinition".into()),
            effect,
            times: Some(1),
        };
        server.as_sandbox().fault(fault);
        server.take_operations();
        write(&aws, &seen, &image("i")).await.unwrap();
        assert_eq!(registrations(&server), registered);
        let seen = observe(&aws, &[image("i")]).await;
        assert_eq!(revision(&aws, &seen, &image("i")), "1");
        assert_unchanged(&server, &[image("i")]).await;
    }
}

#[tokio::test]
async fn a_revision_of_others_hides_none_of_ours() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    apply(&server, &aws, &[image("i")]).await.unwrap();
    let container =
        aws_sdk_ecs::types::ContainerDefinition::builder().name("api").image("theirs").memory(64);
    let others = other_hands(&server).await;
    let theirs = others.register_task_definition().family("api");
    theirs.container_definitions(container.build()).send().await.unwrap();
    assert_unchanged(&server, &[image("i")]).await;
    let seen = observe(&aws, &[image("j")]).await;
    assert!(seen.live[&image("j").id].owned);
    let seen = apply(&server, &aws, &[image("j")]).await.unwrap();
    assert_eq!(revision(&aws, &seen, &image("j")), "3");
}

#[tokio::test]
async fn old_revisions_are_deregistered_only_when_asked_and_none_in_use() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let others = other_hands(&server).await;
    apply(&server, &aws, &[image("i:1")]).await.unwrap();
    others.create_cluster().cluster_name("main").send().await.unwrap();
    let service = others.create_service().cluster("main").service_name("api");
    service.task_definition("api:1").desired_count(0).send().await.unwrap();
    for at in 2..=4 {
        apply(&server, &aws, &[image(&format!("i:{at}"))]).await.unwrap();
    }
    assert_eq!(active(&server).await, ["api:1", "api:2", "api:3", "api:4"]);
    let five = annotated(&image("i:5"), "suimon.dev/keep-revisions", "2");
    apply(&server, &aws, std::slice::from_ref(&five)).await.unwrap();
    assert_eq!(active(&server).await, ["api:1", "api:4", "api:5"]);
    let wrong = annotated(&image("i:5"), "suimon.dev/keep-revisions", "none");
    let seen = observe(&aws, std::slice::from_ref(&wrong)).await;
    insta::assert_snapshot!(dry_run(&aws, &seen, &wrong).await.unwrap_err(), @"TaskDefinition.ecs.services.k8s.aws/api: suimon.dev/keep-revisions: `none` is not a number of revisions from 1");
}

async fn active(server: &Server) -> Vec<String> {
    let listed = other_hands(server).await.list_task_definitions().send().await.unwrap();
    let name = |arn: &String| arn.rsplit('/').next().unwrap().to_owned();
    listed.task_definition_arns().iter().map(name).collect()
}

#[tokio::test]
async fn deleting_takes_our_revisions_and_none_that_a_service_runs() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let others = other_hands(&server).await;
    apply(&server, &aws, &[image("i:1")]).await.unwrap();
    let seen = apply(&server, &aws, &[image("i:2")]).await.unwrap();
    others.create_cluster().cluster_name("main").send().await.unwrap();
    let service = others.create_service().cluster("main").service_name("web");
    service.task_definition("api:1").desired_count(0).send().await.unwrap();
    let id = image("i").id;
    insta::assert_snapshot!(delete(&aws, &seen, &id).await.unwrap_err(), @"api:1 is what the service main/web runs");
    assert_eq!(active(&server).await, ["api:1"]);
    others.delete_service().cluster("main").service("web").send().await.unwrap();
    server.settle().await;
    let seen = observe(&aws, &[]).await;
    assert_eq!(seen.live.keys().collect::<Vec<_>>(), [&id]);
    delete(&aws, &seen, &id).await.unwrap();
    assert_eq!(active(&server).await, [""; 0]);
    assert_eq!(health(&aws, &id).await.status, HealthStatus::NotFound);
    assert_eq!(observe(&aws, &[image("i:1")]).await.absent, [id]);
}

#[tokio::test]
async fn what_could_not_be_read_is_unknown_and_not_absent() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    for operation in ["DescribeTaskDefinition", "ListTaskDefinitionFamilies"] {
        let fault = AwsFault::error(operation, 400, "AccessDeniedException", "no", 1);
        server.as_sandbox().fault(fault);
        let seen = observe(&aws, &[image("i")]).await;
        let told: Vec<_> = seen.unknown.iter().map(|(what, _)| what.as_str()).collect();
        let expected = match operation {
            "DescribeTaskDefinition" => "TaskDefinition.ecs.services.k8s.aws/api",
            _ => "TaskDefinition.ecs.services.k8s.aws",
        };
        assert!(told.contains(&expected), "{operation}: {seen:?}");
        assert!(seen.absent.is_empty(), "{operation}: {seen:?}");
    }
}

#[tokio::test]
async fn a_known_revision_that_a_service_runs_is_not_read_again() {
    let server = Server::sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let task = definition(&json!({"memory": "512",
        "containerDefinitions": [{"name": "api", "image": "i"}]}));
    let cluster = manifest("ecs", "Cluster", "main", &json!({}));
    let service = manifest(
        "ecs",
        "Service",
        "web",
        &json!({"cluster": "main", "desiredCount": 0,
        "taskDefinitionRef": {"from": {"name": "api"}}}),
    );
    let all = [cluster, task, service];
    apply(&server, &provider(&server).await, &all).await.unwrap();
    let mut describes = Vec::new();
    for _ in 0..2 {
        let mut options = options(&server);
        options.cache_dir = Some(folder.path().join("cache"));
        let aws = connect(options).await;
        server.take_operations();
        let seen = observe(&aws, &all).await;
        let operations = server.take_operations();
        let of = |what: &str| operations.iter().filter(|told| told.ends_with(what)).count();
        describes.push(of("DescribeTaskDefinition"));
        for manifest in &all {
            assert_eq!(differences(&aws, &seen, manifest), "", "{}", manifest.id);
        }
    }
    assert_eq!(describes, [1, 0]);
    // Another content is another matter.
    let mut options = options(&server);
    options.cache_dir = Some(folder.path().join("cache"));
    let aws = connect(options).await;
    let seen = observe(&aws, &[all[0].clone(), image("j"), all[2].clone()]).await;
    assert_ne!(differences(&aws, &seen, &image("j")), "");
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_told_in_the_plan() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db";
    let task = definition(&json!({"memory": "512", "executionRoleArn": "exec",
        "containerDefinitions": [{"name": "api", "image": "i", "secrets": [
            {"name": "PASSWORD", "valueFrom": format!("{arn}:password::")},
            {"name": "PARAMETER", "valueFrom": "/shop/parameter"}]}]}));
    let seen = observe(&aws, std::slice::from_ref(&task)).await;
    insta::assert_snapshot!(dry_run(&aws, &seen, &task).await.unwrap_err(), @"there is no secret `db`");
    // Two declarations of one family would take turns.
    let twin = manifest(
        "ecs",
        "TaskDefinition",
        "twin",
        &json!({"family": "api", "memory": "512",
        "containerDefinitions": [{"name": "api", "image": "i"}]}),
    );
    let both = [image("i"), twin];
    let seen = observe(&aws, &both).await;
    insta::assert_snapshot!(dry_run(&aws, &seen, &both[0]).await.unwrap_err(), @"TaskDefinition.ecs.services.k8s.aws/twin has the same family, `api`");
}

#[tokio::test]
async fn attributes_are_those_of_the_revision() {
    let server = Server::sandbox().await;
    let aws = provider(&server).await;
    let seen = apply(&server, &aws, &[everything()]).await.unwrap();
    let of = |attribute: &str| {
        aws.attribute(&seen.live[&everything().id], &reference(&everything(), attribute))
    };
    let arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/web-api:1";
    assert_eq!(of("arn").as_deref(), Some(arn));
    assert_eq!(of("taskDefinitionArn").as_deref(), Some(arn));
    assert_eq!(of("family").as_deref(), Some("web-api"));
    assert_eq!(of("revision").as_deref(), Some("1"));
    let moves = ["arn", "revision", "family", "name"];
    let moves = moves.map(|attribute| aws.moves_with_update(&reference(&everything(), attribute)));
    assert_eq!(moves, [true, true, false, false]);
}
