//! What exists becomes declarations whose first plan finds nothing to do.

use std::fs;

use serde_json::{Value, json};
use suimon_sandbox::{AwsOptions, EksEndpoint, Sandbox};

use crate::account::Account;
use crate::env::{Env, RUNTIME};
use crate::manifests::{config_map, namespace};

const ID: &str = "Service.ecs.services.k8s.aws/web/api";

/// A service as somebody made it with the `aws` command, scaled where there is a service for that.
fn made_by_hand(account: &Account) -> Value {
    let (subnet, group) = account.network();
    account.call("CreateCluster", &json!({"clusterName": "web"}));
    account.call("RegisterTaskDefinition", &definition(&account.id));
    let mut service = json!({
        "cluster": "web", "serviceName": "api", "taskDefinition": "shop-api", "launchType": "FARGATE",
        "desiredCount": if account.is_moto() { 0 } else { 2 },
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}},
        "tags": [{"key": "team", "value": "shop"}],
        "clientToken": "33333333-3333-3333-3333-333333333333",
    });
    // moto forgets these.
    if !account.is_moto() {
        service["enableExecuteCommand"] = json!(true);
        service["deploymentConfiguration"] = json!({
            "maximumPercent": 150, "minimumHealthyPercent": 50,
            "deploymentCircuitBreaker": {"enable": true, "rollback": true},
        });
    }
    account.call("CreateService", &service);
    if account.is_sandbox() {
        let target = json!({
            "ServiceNamespace": "ecs", "ResourceId": "service/web/api",
            "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 0, "MaxCapacity": 4,
        });
        account.call("RegisterScalableTarget", &target);
        let policy = json!({
            "PolicyName": "cpu", "ServiceNamespace": "ecs", "ResourceId": "service/web/api",
            "ScalableDimension": "ecs:service:DesiredCount", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 60.0, "ScaleInCooldown": 120,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            },
        });
        account.call("PutScalingPolicy", &policy);
    }
    service
}

fn definition(account: &str) -> Value {
    json!({
        "family": "shop-api", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512",
        "executionRoleArn": format!("arn:aws:iam::{account}:role/execution"),
        "containerDefinitions": [
            {
                "name": "api", "image": "registry.example.com/api:1", "essential": true,
                "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
                "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs",
                }},
                "healthCheck": {"command": ["CMD-SHELL", "true"]},
            },
            {"name": "side", "image": "registry.example.com/side:1", "essential": false, "cpu": 10},
        ],
        "tags": [{"key": "team", "value": "shop"}],
    })
}

#[test]
fn a_service_of_ecs_comes_with_all_that_belongs_to_it() {
    for account in Account::all() {
        made_by_hand(&account);
        account.project("# nothing yet\n");
        let env = &account.env;
        if account.is_sandbox() {
            account.aws().clear_requests();
        }
        let printed = env.suimon(&["import", "dev", ID, "--dry-run"]).code(0);
        let folder = env.project().join("envs/dev/manifests");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "--dry-run wrote a file");
        if account.is_sandbox() {
            assert_eq!(account.writes(), [""; 0], "--dry-run wrote to AWS");
        }

        env.suimon(&["import", "dev", ID]).code(0).says("Wrote ").says("Marked ");
        let written = fs::read_to_string(folder.join("service-api.yaml")).unwrap();
        assert_eq!(written, printed.stdout, "{}", account.name());
        for kind in ["TaskDefinition", "Service"] {
            assert!(written.contains(&format!("kind: {kind}\n")), "{kind}: {written}");
        }
        let scaled =
            written.contains("kind: ScalableTarget") && written.contains("kind: ScalingPolicy");
        assert_eq!(scaled, account.is_sandbox(), "{}: {written}", account.name());
        for marks in ["createdAt", "runningCount", "suimon.dev/", "revision:", "registeredAt"] {
            assert!(!written.contains(marks), "{marks}: {written}");
        }
        env.settled();
        assert_eq!(account.revisions("shop-api").len(), 1, "{}", account.name());

        let again = env.suimon(&["import", "dev", ID]).code(1);
        again.notes("declared already: ").notes("nothing was written");
        assert_eq!(fs::read_to_string(folder.join("service-api.yaml")).unwrap(), written);
    }
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let account = Account::sandbox();
    made_by_hand(&account);
    account.project("# nothing yet\n");
    let env = &account.env;
    env.file("envs/dev/manifests/service-api.yaml", "# mine\n");
    account.aws().clear_requests();
    env.suimon(&["import", "dev", ID]).code(1).notes("cannot write").notes("--name");
    let kept = env.project().join("envs/dev/manifests/service-api.yaml");
    assert_eq!(fs::read_to_string(kept).unwrap(), "# mine\n");
    assert_eq!(account.writes(), [""; 0]);
    env.suimon(&["import", "dev", ID, "--name", "api"]).code(0);
    env.settled();
    for name in ["../api", "", ".api", "a/b"] {
        env.suimon(&["import", "dev", "Cluster.ecs.services.k8s.aws/web", "--name", name]).code(1);
    }
}

#[test]
fn what_is_not_there_is_said() {
    let account = Account::sandbox();
    account.project("# nothing yet\n");
    let mut all = String::new();
    for id in [
        "Service.ecs.services.k8s.aws/web/nobody",
        "Cluster.ecs.services.k8s.aws/nobody",
        "Secret.secretsmanager.services.k8s.aws/nobody",
        "Cluster.eks.services.k8s.aws/nobody",
        "Service.ecs.services.k8s.aws/../nobody",
        "Servce.ecs.services.k8s.aws/web/nobody",
        "Namespace/web",
        "nonsense",
    ] {
        let ran = account.env.suimon(&["import", "dev", id]).code(1);
        all += &format!("$ import dev {id}\n{}\n\n", ran.problems());
    }
    assert_eq!(account.writes(), [""; 0]);
    insta::assert_snapshot!(all, @r"
    $ import dev Service.ecs.services.k8s.aws/web/nobody
    error: not found: there is no Service.ecs.services.k8s.aws/web/nobody in us-east-1

    $ import dev Cluster.ecs.services.k8s.aws/nobody
    error: not found: there is no Cluster.ecs.services.k8s.aws/nobody in us-east-1

    $ import dev Secret.secretsmanager.services.k8s.aws/nobody
    error: not found: there is no Secret.secretsmanager.services.k8s.aws/nobody in us-east-1

    $ import dev Cluster.eks.services.k8s.aws/nobody
    error: not found: there is no Cluster.eks.services.k8s.aws/nobody in us-east-1

    $ import dev Service.ecs.services.k8s.aws/../nobody
    error: not found: there is no Service.ecs.services.k8s.aws/../nobody in us-east-1

    $ import dev Servce.ecs.services.k8s.aws/web/nobody
    error: there is no kind Servce.ecs.services.k8s.aws; did you mean Service.ecs.services.k8s.aws?

    $ import dev Namespace/web
    error: `Namespace/web` is nothing that can be imported here
      help: ids are written `Kind[.group]/[namespace/]name`, such as Service.ecs.services.k8s.aws/CLUSTER/NAME or Namespace/web; ARNs are understood too
      help: the environment needs the target that serves it: targets.aws or targets.kubernetes

    $ import dev nonsense
    error: `nonsense` is nothing that can be imported here
      help: ids are written `Kind[.group]/[namespace/]name`, such as Service.ecs.services.k8s.aws/CLUSTER/NAME or Namespace/web; ARNs are understood too
      help: the environment needs the target that serves it: targets.aws or targets.kubernetes
    ");
}

#[test]
fn a_folder_of_ecspresso() {
    for account in Account::all() {
        let mut service = made_by_hand(&account);
        account.project("# nothing yet\n");
        let env = &account.env;
        for key in ["cluster", "taskDefinition", "clientToken"] {
            service.as_object_mut().unwrap().remove(key);
        }
        let mut definition = definition(&account.id);
        definition["taskRoleArn"] = json!("");
        for (file, text) in [
            (
                "ecspresso.yml",
                format!(
                    "region: {}\ncluster: web\nservice: api\nservice_definition: ecs-service-def.json\n\
                 task_definition: ecs-task-def.json\ntimeout: 10m\n",
                    account.region
                ),
            ),
            ("ecs-service-def.json", serde_json::to_string_pretty(&service).unwrap()),
            ("ecs-task-def.json", serde_json::to_string_pretty(&definition).unwrap()),
        ] {
            env.file(&format!("../ecspresso/{file}"), &text);
        }
        env.suimon(&["import", "dev", "--ecspresso", "../ecspresso"]).code(0);
        env.settled();
        assert_eq!(account.revisions("shop-api").len(), 1, "{}", account.name());
    }
}

#[test]
fn a_secret_comes_without_its_value() {
    for account in Account::all() {
        account.call(
            "CreateSecret",
            &json!({
                "Name": "shop/token", "SecretString": "c4n4ry-s3cr3t", "Description": "of the shop",
                "Tags": [{"Key": "team", "Value": "shop"}],
                "ClientRequestToken": "44444444-4444-4444-4444-444444444444",
            }),
        );
        account.project("# nothing yet\n");
        let env = &account.env;
        let id = "Secret.secretsmanager.services.k8s.aws/shop/token";
        if account.is_sandbox() {
            account.aws().clear_requests();
        }
        let printed = env.suimon(&["import", "dev", id, "--dry-run", "-vv"]).code(0);
        let ran = env.suimon(&["import", "dev", id, "-vv"]).code(0);
        env.settled();
        assert!(
            !format!("{}{}", printed.all(), ran.all()).contains("c4n4ry"),
            "{}",
            account.name()
        );
        assert!(printed.stdout.contains("description: of the shop"), "{}", printed.stdout);
        if account.is_sandbox() {
            assert_eq!(account.count("GetSecretValue") + account.count("BatchGetSecretValue"), 0);
        }
        let value = account.call("GetSecretValue", &json!({"SecretId": "shop/token"}));
        assert_eq!(value["SecretString"], "c4n4ry-s3cr3t", "{}", account.name());
    }
}

#[test]
fn a_cluster_of_eks() {
    let account = Account::sandbox();
    let cluster = json!({
        "name": "main", "version": "1.33", "roleArn": format!("arn:aws:iam::{}:role/eks", account.id),
        "resourcesVpcConfig": {
            "subnetIds": ["subnet-0a0a0a0a0a0a0a001", "subnet-0a0a0a0a0a0a0a002"],
            "endpointPrivateAccess": true,
        },
        "accessConfig": {"authenticationMode": "API"},
        "tags": {"team": "shop"},
    });
    account.eks("POST", "/clusters", &cluster);
    RUNTIME.block_on(account.aws().settle());
    account.project("# nothing yet\n");
    let env = &account.env;
    account.aws().clear_requests();
    let ran = env.suimon(&["import", "dev", "Cluster.eks.services.k8s.aws/main"]).code(0);
    ran.says("Wrote ").says("Marked ");
    assert!(
        !account.writes().iter().any(|write| write.contains("Update")),
        "{:?}",
        account.writes()
    );
    env.settled();
}

/// What `kubectl apply` leaves behind in a namespace, and what controllers and other people add.
fn a_namespace_by_kubectl(env: &Env) {
    let api = env.api();
    api.create(
        "/api/v1/namespaces",
        &json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "legacy", "labels": {"team": "shop"}},
        }),
    );
    api.create("/api/v1/namespaces/legacy/configmaps", &json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"},
    }));
    api.create(
        "/api/v1/namespaces/legacy/secrets",
        &json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"},
            "stringData": {"token": "c4n4ry-s3cr3t"},
        }),
    );
    api.create(
        "/api/v1/namespaces/legacy/services",
        &json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
        }),
    );
    api.create(
        "/apis/apps/v1/namespaces/legacy/deployments",
        &json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{
                        "name": "web", "image": "registry.example.com/web:1",
                        "resources": {"requests": {"cpu": "0.1", "memory": "64Mi"}},
                        "ports": [{"containerPort": 8080}],
                    }]},
                },
            },
        }),
    );
}

pub(crate) fn a_namespace(env: &Env) {
    // What another scenario on the same cluster declared.
    if env.project().join("envs").exists() {
        env.remove("envs");
    }
    env.with_environment("import", "", "# nothing yet\n");
    a_namespace_by_kubectl(env);
    let printed = env.suimon(&["import", "dev", "Namespace/legacy", "--dry-run"]).code(0);
    let ran = env.suimon(&["import", "dev", "Namespace/legacy"]).code(0);
    ran.says("Wrote ").says("Marked ");
    let path = env.project().join("envs/dev/manifests/namespace-legacy.yaml");
    let written = fs::read_to_string(path).unwrap();
    assert_eq!(written, printed.stdout);
    for kind in ["Namespace", "ConfigMap", "Service", "Deployment"] {
        assert!(written.contains(&format!("kind: {kind}\n")), "{kind}: {written}");
    }
    for extra in [
        "c4n4ry",
        "YzRuNHJ5",
        "managedFields",
        "uid:",
        "resourceVersion",
        "status:",
        "clusterIP",
        "ReplicaSet",
        "kind: Pod\n",
        "kube-root-ca.crt",
        "creationTimestamp",
    ] {
        assert!(!written.contains(extra), "{extra}: {written}");
    }
    env.settled();
    let live = env.api().get("/api/v1/namespaces/legacy/secrets/token").unwrap();
    assert_eq!(live["data"]["token"], "YzRuNHJ5LXMzY3IzdA==", "the secret was touched");
    env.suimon(&["import", "dev", "Namespace/legacy"]).code(1).notes("nothing was written");
}

#[test]
fn a_namespace_of_kubernetes() {
    a_namespace(&Env::sandbox());
}

#[test]
fn a_declaration_that_is_there_already_is_not_imported() {
    let env = Env::sandbox();
    env.with_manifests(&(namespace("legacy") + &config_map("default", "a", "1")));
    env.apply(&[]).code(0);
    let ran = env.suimon(&["import", "dev", "ConfigMap/default/a"]).code(1);
    insta::assert_snapshot!(ran.problems(), @r"
    error: declared already: ConfigMap/default/a; nothing was written
      help: import another name, or take the declaration out first
    ");
}

#[test]
fn a_namespace_of_an_eks_cluster_without_a_kubeconfig() {
    let options = suimon_sandbox::Options { require_eks_token: true, ..Default::default() };
    let cluster = RUNTIME.block_on(Sandbox::start(options)).unwrap();
    let endpoint = EksEndpoint {
        name: "main".to_owned(),
        endpoint: cluster.url(),
        certificate_authority: String::new(),
    };
    let account =
        Account::sandbox_with(AwsOptions { clusters: vec![endpoint], ..AwsOptions::default() });
    let made = json!({
        "name": "main", "roleArn": format!("arn:aws:iam::{}:role/eks", account.id),
        "resourcesVpcConfig": {"subnetIds": ["subnet-0a0a0a0a0a0a0a001", "subnet-0a0a0a0a0a0a0a002"]},
    });
    account.eks("POST", "/clusters", &made);
    RUNTIME.block_on(account.aws().settle());
    let targets = format!(
        "{{aws: {{region: {}, accountId: \"{}\"}}, kubernetes: {{eksCluster: main}}}}",
        account.region, account.id
    );
    account.project_on(&targets, "", "# nothing yet\n");
    account.env.suimon(&["import", "dev", "Namespace/default"]).code(0);
    account.env.settled();
}
