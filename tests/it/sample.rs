//! The sample project, the examples, and what the README says to run.

use std::path::Path;

use suimon_sandbox::{Aws, AwsOptions, EksEndpoint, Options, Sandbox};

use crate::env::{Env, RUNTIME, repository};
use crate::run::Ran;

/// What the environments of a project run on.
struct Stage {
    /// They end when they are dropped.
    _clusters: Vec<Sandbox>,
    aws: Aws,
}

/// A folder of this repository as the project, with one sandbox per environment of its pipeline, which is also the
/// EKS cluster that the sample calls after it, and AWS accounts.
fn project(folder: &str, environments: &[&str]) -> (Env, Stage) {
    project_with(folder, environments, &Options::default())
}

fn project_with(folder: &str, environments: &[&str], options: &Options) -> (Env, Stage) {
    let env = Env::offline();
    for part in ["suimon.yaml", "envs", "modules"] {
        let from = Path::new(folder).join(part);
        let source = repository().join(&from);
        if source.is_dir() {
            env.copy(from.to_str().unwrap(), part);
        } else if source.is_file() {
            env.file(part, &std::fs::read_to_string(source).unwrap());
        }
    }
    let start = |_: &&str| RUNTIME.block_on(Sandbox::start(options.clone())).unwrap();
    let clusters: Vec<Sandbox> = environments.iter().map(start).collect();
    let urls: Vec<String> = clusters.iter().map(Sandbox::url).collect();
    let contexts: Vec<(&str, &str)> =
        environments.iter().copied().zip(urls.iter().map(String::as_str)).collect();
    env.kubeconfig_for(&contexts);
    let endpoint = |(name, endpoint): &(&str, &str)| EksEndpoint {
        name: format!("shop-platform-{name}"),
        endpoint: (*endpoint).to_owned(),
        certificate_authority: String::new(),
    };
    let options = AwsOptions {
        clusters: contexts.iter().map(endpoint).collect(),
        record_requests: true,
        ..AwsOptions::default()
    };
    let aws = RUNTIME.block_on(Aws::start(options)).unwrap();
    for (name, value) in aws.environment() {
        env.set(&name, &value);
    }
    for environment in ["DEV", "STG", "PROD"] {
        env.set(&format!("SHOP_{environment}_DB_PASSWORD"), &format!("{environment}-password"));
    }
    (env, Stage { _clusters: clusters, aws })
}

/// The project without its gates: what it declares is one thing, who may apply it another.
fn open_gates(env: &Env, environments: &[&str]) {
    for environment in environments {
        let file = format!("envs/{environment}/environment.yaml");
        let text = std::fs::read_to_string(env.project().join(&file)).unwrap();
        let (rest, _) = text.split_once("\n  gate:\n").expect("it has a gate, at its end");
        env.file(&file, rest);
    }
}

/// Applies an environment, and insists that a second plan finds nothing.
fn apply_and_settle(env: &Env, environment: &str) -> Ran {
    let first = env.suimon(&["plan", environment, "--detailed-exitcode"]).code(2);
    env.suimon(&["apply", environment, "--auto-approve"]).code(0).says("Apply complete!");
    let second = env.suimon(&["plan", environment, "--detailed-exitcode"]).code(0);
    second.says("No changes. Live state matches the configuration.");
    first
}

#[test]
fn the_sample_project_in_all_environments() {
    let options = Options { require_eks_token: true, ..Options::default() };
    let (env, stage) = project_with("", &["dev", "stg", "prod"], &options);
    env.suimon(&["validate"]).code(0);
    open_gates(&env, &["stg", "prod"]);
    let mut kinds = String::new();
    for environment in ["dev", "stg", "prod"] {
        apply_and_settle(&env, environment);
        kinds += &env.suimon(&["render", environment]).code(0).stdout;
    }
    for kind in [
        "Cluster",
        "TaskDefinition",
        "ScalableTarget",
        "ScalingPolicy",
        "Secret",
        "Nodegroup",
        "Addon",
        "AccessEntry",
        "Deployment",
        "Service",
        "Ingress",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "ConfigMap",
        "ServiceAccount",
        "NetworkPolicy",
        "Namespace",
        "ResourceQuota",
        "LimitRange",
        "CronJob",
    ] {
        assert!(kinds.contains(&format!("kind: {kind}\n")), "no {kind} in the sample");
    }
    assert!(kinds.contains("pod-security.kubernetes.io/enforce"));
    let operations = stage.aws.requests();
    let count = |operation: &str| operations.iter().filter(|r| r.operation == operation).count();
    let writes = ["CreateCluster", "CreateService", "CreateSecret", "CreateNodegroup"];
    // Each environment has a secret of its own and one that holds the key of its digests.
    assert_eq!(writes.map(count), [3, 3, 6, 2], "clusters, services, secrets, node groups");
}

/// What a plan says, without the digest, which is another for every cluster.
fn stable(plan: &str) -> String {
    let (text, digest) = plan.split_once("Plan digest: ").unwrap();
    let rest =
        digest.trim_start_matches("sha256:").trim_start_matches(|c: char| c.is_ascii_hexdigit());
    format!("{text}Plan digest: [DIGEST]{rest}")
}

#[test]
fn examples_plan_what_they_expect() {
    let mut examples: Vec<_> = std::fs::read_dir(repository().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    examples.sort();
    assert!(examples.len() >= 2);
    for example in examples {
        let folder = format!("examples/{example}");
        let mut environments: Vec<_> = std::fs::read_dir(repository().join(&folder).join("envs"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        environments.sort();
        let names: Vec<&str> = environments.iter().map(String::as_str).collect();
        let (env, _stage) = project(&folder, &names);
        for environment in names {
            let plan = stable(&apply_and_settle(&env, environment).stdout);
            let file = match environment {
                "dev" => "expected-plan.txt".to_owned(),
                other => format!("expected-plan.{other}.txt"),
            };
            let file = repository().join(&folder).join(file);
            if std::env::var_os("UPDATE_EXPECTED_PLANS").is_some() {
                std::fs::write(&file, &plan).unwrap();
            }
            let expected = std::fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(plan, expected, "{}; UPDATE_EXPECTED_PLANS=1 writes it", file.display());
        }
    }
}

/// What a first plan of each environment of the sample counts: the numbers that the documentation tells.
#[test]
fn the_sample_project_is_planned_as_one_graph() {
    let (env, _stage) = project("", &["dev", "stg", "prod"]);
    for (environment, contained) in [
        ("dev", ["+ Service.ecs.services.k8s.aws/api", "(known after apply)", "(sensitive value)"]),
        ("stg", ["+ Cluster.eks.services.k8s.aws/eks", "+ Namespace/shop", "(sensitive value)"]),
        (
            "prod",
            [
                "+ Nodegroup.eks.services.k8s.aws/eks-main",
                "+ Namespace/shop",
                "+ Deployment.apps/shop/api",
            ],
        ),
    ] {
        let plan = env.suimon(&["plan", environment, "--detailed-exitcode"]).code(2);
        for text in contained {
            plan.clone().says(text);
        }
        assert!(!plan.all().contains("-password"), "{}", plan.all());
    }
}

#[test]
fn the_demo_tells_its_story_in_a_checkout_and_anywhere_else() {
    let (env, _stage) = project("", &["dev"]);
    for folder in ["project", "home"] {
        let mut command = env.command(&["demo"]);
        command.current_dir(env.root().join(folder)).env_remove("KUBECONFIG");
        let told = env.run(command).code(0);
        let told = told.says("No changes. Live state matches the configuration.");
        told.notes("=== Repair");
    }
    let home: Vec<_> = std::fs::read_dir(env.root().join("home")).unwrap().collect();
    assert!(home.is_empty(), "the demo left files: {home:?}");
}
