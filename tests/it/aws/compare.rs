//! What two environments run, whatever they run it on.

use crate::env::Env;

/// `api` on ECS in dev and on Kubernetes in stg, with these parts of the container of each.
fn two(ecs: &str, kubernetes: &str) -> Env {
    let env = Env::offline();
    env.file(
        "suimon.yaml",
        "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\n\
         spec: {pipeline: [dev, stg]}\n",
    );
    for (name, platform, targets) in [
        ("dev", "ecs", "{aws: {region: us-east-1}}"),
        ("stg", "kubernetes", "{kubernetes: {context: stg}}"),
    ] {
        env.file(
            &format!("envs/{name}/environment.yaml"),
            &format!(
                "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {name}}}\nspec:\n  \
                 platform: {platform}\n  targets: {targets}\n"
            ),
        );
    }
    env.file(
        "envs/dev/manifests/all.yaml",
        &format!(
            "apiVersion: ecs.services.k8s.aws/v1alpha1
kind: TaskDefinition
metadata: {{name: api}}
spec:
  family: api
  networkMode: awsvpc
  requiresCompatibilities: [FARGATE]
  cpu: \"256\"
  memory: \"512\"
  executionRoleARN: arn:aws:iam::123456789012:role/execution
  containerDefinitions:
    - name: server
      portMappings: [{{containerPort: 8080}}]
{ecs}
---
apiVersion: ecs.services.k8s.aws/v1alpha1
kind: Service
metadata: {{name: api}}
spec:
  cluster: web
  taskDefinitionRef: {{from: {{name: api}}}}
  launchType: FARGATE
  desiredCount: 1
  networkConfiguration:
    awsvpcConfiguration: {{subnets: [subnet-0a0a0a0a0a0a0a001], securityGroups: [sg-0a0a0a0a0a0a0a001]}}
"
        ),
    );
    env.file(
        "envs/stg/manifests/all.yaml",
        &format!(
            "apiVersion: apps/v1
kind: Deployment
metadata: {{name: api, namespace: default}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      containers:
        - name: server
          ports: [{{containerPort: 8080}}]
          resources: {{requests: {{cpu: 250m, memory: 512Mi}}, limits: {{memory: 512Mi}}}}
{kubernetes}
"
        ),
    );
    env
}

const IMAGE: &str = "registry.example.com/api:1";

#[test]
fn the_same_on_both_platforms_is_no_difference() {
    let env = two(
        &format!(
            "      image: {IMAGE}
      command: [/api, serve]
      environment: [{{name: B, value: \"2\"}}, {{name: A, value: \"1\"}}]"
        ),
        &format!(
            "          image: {IMAGE}
          args: [/api, serve]
          env: [{{name: A, value: \"1\"}}, {{name: B, value: \"2\"}}]"
        ),
    );
    let ran = env.suimon(&["compare", "dev", "stg", "--detailed-exitcode"]).code(0);
    insta::assert_snapshot!(ran.stdout, @r"1 workload is the same in dev and stg.");
}

#[test]
fn every_difference_is_told_with_both_sides() {
    let env = two(
        "      image: registry.example.com/api:1
      environment: [{name: A, value: \"1\"}, {name: ONLY_DEV, value: c4n4ry}]",
        "          image: registry.example.com/api:2
          env: [{name: A, value: \"2\"}]
          livenessProbe: {httpGet: {path: /healthz, port: 8080}}",
    );
    let ran = env.suimon(&["compare", "dev", "stg"]).code(0);
    insta::assert_snapshot!(ran.stdout, @r"
    api
      version        dev  1
      version        stg  2
      environment    dev  only here: ONLY_DEV
      health check   dev  (none)
      health check   stg  http :8080/healthz

    3 differences in 1 workload of dev and stg.
    ");
    env.suimon(&["compare", "dev", "stg", "--detailed-exitcode"]).code(2);
    let told = env.suimon(&["compare", "dev", "stg", "--json"]).code(0).json();
    assert_eq!(told["format_version"], "1.0");
    assert_eq!((&told["left"], &told["right"]), (&"dev".into(), &"stg".into()));
    let differences = told["differences"].as_array().unwrap();
    assert!(!differences.is_empty());
    for difference in differences {
        assert_eq!(difference["workload"], "api");
        assert!(difference["left"] != difference["right"], "{difference}");
    }
}

#[test]
fn an_environment_that_cannot_be_read_is_an_error() {
    let env = two(&format!("      image: {IMAGE}"), &format!("          image: {IMAGE}"));
    let ran = env.suimon(&["compare", "dev", "prod"]).code(1);
    assert!(ran.stderr.contains("prod") && ran.stderr.contains("stg"), "{}", ran.stderr);
    env.file("envs/stg/manifests/all.yaml", "kind: [");
    env.suimon(&["compare", "dev", "stg", "--detailed-exitcode"]).code(1);
}

#[test]
fn the_sample_project_differs_by_its_release_and_its_jobs() {
    let env = Env::offline();
    for part in ["envs", "modules"] {
        env.copy(part, part);
    }
    let project = crate::env::repository().join("suimon.yaml");
    env.file("suimon.yaml", &std::fs::read_to_string(project).unwrap());
    let fields = |left: &str, right: &str| -> Vec<String> {
        let told = env.suimon(&["compare", left, right, "--json"]).code(0).json();
        let all = told["differences"].as_array().unwrap();
        all.iter()
            .map(|d| {
                format!("{} {}", d["workload"].as_str().unwrap(), d["field"].as_str().unwrap())
            })
            .collect()
    };
    assert_eq!(
        fields("dev", "stg"),
        ["api version", "cart-cleanup workload", "pod-janitor workload", "storefront version",]
    );
    assert_eq!(fields("stg", "prod"), ["api version", "storefront version"]);
    assert_eq!(fields("stg", "stg"), [""; 0]);
    let all = env.suimon(&["compare", "stg", "prod", "--all", "--json"]).code(0).json();
    assert!(all["differences"].as_array().unwrap().len() > 2, "{all}");
    env.suimon(&["compare", "dev", "stg", "--detailed-exitcode"]).code(2);
}
