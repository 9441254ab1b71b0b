//! A release on ECS and back: what the old one needs is still there.

use serde_json::json;

use crate::account::Account;
use crate::aws::story::running;
use crate::env::Env;

/// A cluster and a service whose image is an artifact of the release.
fn project(account: &Account) -> &Env {
    let (subnet, group) = account.network();
    let env = account.project_with(
        "  modules:\n    - {name: api, module: api}\n",
        "apiVersion: ecs.services.k8s.aws/v1alpha1\nkind: Cluster\nmetadata: {name: web}\n\
         spec: {name: shop-web}\n",
    );
    env.file(
        "modules/api/module.yaml",
        "apiVersion: suimon.dev/v1alpha1\nkind: Module\nmetadata: {name: api}\nspec: {}\n",
    );
    env.file(
        "modules/api/ecs/api.yaml.tera",
        &format!(
            "apiVersion: ecs.services.k8s.aws/v1alpha1
kind: TaskDefinition
metadata: {{name: api}}
spec:
  family: shop-api
  requiresCompatibilities: [FARGATE]
  networkMode: awsvpc
  cpu: \"256\"
  memory: \"512\"
  containerDefinitions:
    - {{name: api, image: \"{{{{ artifacts.api.image }}}}\"}}
---
apiVersion: ecs.services.k8s.aws/v1alpha1
kind: Service
metadata: {{name: api}}
spec:
  clusterRef: {{from: {{name: web}}}}
  taskDefinitionRef: {{from: {{name: api}}}}
  launchType: FARGATE
  desiredCount: 1
  networkConfiguration:
    awsvpcConfiguration: {{subnets: [{subnet}], securityGroups: [{group}]}}
"
        ),
    );
    env.commit("one");
    env.git(&["config", "user.name", "t"]);
    env.git(&["config", "user.email", "t@example.com"]);
    env
}

fn image(digit: &str) -> String {
    format!("registry.example.com/api@sha256:{}", digit.repeat(64))
}

/// The image that the live service runs.
fn live(account: &Account) -> String {
    let body = json!({"taskDefinition": running(account)});
    let answer = account.call("DescribeTaskDefinition", &body);
    let definition = &answer["taskDefinition"];
    assert_eq!(definition["status"], "ACTIVE");
    definition["containerDefinitions"][0]["image"].as_str().unwrap().to_owned()
}

#[test]
fn a_rollback_finds_the_old_task_definition_where_it_was() {
    let account = Account::sandbox();
    let env = project(&account);
    for digit in ["1", "2"] {
        let artifact = format!("api={}", image(digit));
        env.suimon(&["release", "set", &artifact, "--commit"]).code(0);
        account.apply(&[]).code(0);
        assert_eq!(live(&account), image(digit));
    }
    let before = account.revisions("shop-api");
    assert_eq!(before.len(), 2, "{before:?}");
    env.suimon(&["rollback", "dev", "--auto-approve", "--reason", "slow"]).code(0);
    assert_eq!(live(&account), image("1"));
    let after = account.revisions("shop-api");
    assert_eq!(after, before, "what was registered before is used again, and nothing is gone");
    account.apply(&[]).code(3).notes("(pinned)");
    env.suimon(&["history", "dev", "--verify"]).code(0);
    env.suimon(&["history", "dev"]).code(0).says("rolled back").says("slow");
}
