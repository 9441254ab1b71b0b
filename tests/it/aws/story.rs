//! The life of a small project on ECS: from nothing to a service, its changes, drift, and its end.

use serde_json::{Value, json};

use crate::account::Account;
use crate::env::RUNTIME;

const FILE: &str = "envs/dev/manifests/all.yaml";

const BREAKER: &str =
    "  deploymentConfiguration: {deploymentCircuitBreaker: {enable: true, rollback: true}}\n";

/// What the small project runs.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) image: &'static str,
    pub(crate) count: u32,
    pub(crate) service: bool,
    pub(crate) scaling: bool,
}

impl Shop {
    pub(crate) fn on(account: &Account) -> Self {
        // moto starts no task, and its Application Auto Scaling has no tags; ministack has none.
        let count = if account.is_moto() { 0 } else { 2 };
        let scaling = account.is_sandbox();
        Self { image: "registry.example.com/api:1", count, service: true, scaling }
    }

    /// The manifests.
    pub(crate) fn yaml(&self, account: &Account) -> String {
        let (subnet, group) = account.network();
        let mut yaml = format!(
            "apiVersion: ecs.services.k8s.aws/v1alpha1
kind: Cluster
metadata: {{name: web}}
spec: {{name: shop-web}}
---
apiVersion: secretsmanager.services.k8s.aws/v1alpha1
kind: Secret
metadata: {{name: token}}
spec:
  name: shop/dev/token
  secretString: {{valueFrom: {{env: SHOP_TOKEN}}}}
---
apiVersion: ecs.services.k8s.aws/v1alpha1
kind: TaskDefinition
metadata: {{name: api}}
spec:
  family: shop-api
  requiresCompatibilities: [FARGATE]
  networkMode: awsvpc
  cpu: \"256\"
  memory: \"512\"
  executionRoleARN: arn:aws:iam::{id}:role/execution
  containerDefinitions:
    - name: api
      image: {image}
      portMappings: [{{containerPort: 8080}}]
      environment: [{{name: LOG_LEVEL, value: info}}]
      secrets: [{{name: TOKEN, valueFromRef: {{from: {{name: token}}}}}}]
",
            id = account.id,
            image = self.image,
        );
        if self.service {
            yaml += &format!(
                "---
apiVersion: ecs.services.k8s.aws/v1alpha1
kind: Service
metadata: {{name: api}}
spec:
  clusterRef: {{from: {{name: web}}}}
  taskDefinitionRef: {{from: {{name: api}}}}
  launchType: FARGATE
  desiredCount: {count}
{breaker}  networkConfiguration:
    awsvpcConfiguration: {{subnets: [{subnet}], securityGroups: [{group}]}}
",
                count = self.count,
                // moto forgets it.
                breaker = if account.is_moto() { "" } else { BREAKER },
            );
        }
        if self.service && self.scaling {
            yaml += &self.scaling_yaml();
        }
        yaml
    }

    fn scaling_yaml(&self) -> String {
        format!(
            "---
apiVersion: applicationautoscaling.services.k8s.aws/v1alpha1
kind: ScalableTarget
metadata: {{name: api}}
spec:
  serviceNamespace: ecs
  resourceRef: {{from: {{name: api}}}}
  scalableDimension: ecs:service:DesiredCount
  minCapacity: {count}
  maxCapacity: 4
---
apiVersion: applicationautoscaling.services.k8s.aws/v1alpha1
kind: ScalingPolicy
metadata: {{name: api-cpu}}
spec:
  serviceNamespace: ecs
  resourceRef: {{from: {{name: api}}}}
  scalableDimension: ecs:service:DesiredCount
  policyType: TargetTrackingScaling
  targetTrackingScalingPolicyConfiguration:
    targetValue: 60
    predefinedMetricSpecification: {{predefinedMetricType: ECSServiceAverageCPUUtilization}}
",
            count = self.count,
        )
    }
}

/// The project, applied.
pub(crate) fn applied(account: &Account) -> Shop {
    let shop = Shop::on(account);
    account.project(&shop.yaml(account));
    account.apply(&[]).code(0).says("Apply complete!");
    shop
}

/// The task definition that the live service runs: `shop-api:2`.
#[track_caller]
pub(crate) fn running(account: &Account) -> String {
    let service = account.service("shop-web", "api").expect("the service");
    let definition = service["taskDefinition"].as_str().unwrap();
    definition.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn from_nothing_to_a_service_and_its_next_image() {
    for account in Account::all() {
        let mut shop = Shop::on(&account);
        account.project(&shop.yaml(&account));
        let env = &account.env;
        let plan = env.plan(&["--detailed-exitcode"]).code(2);
        let added = if shop.scaling { 6 } else { 4 };
        plan.says(&format!("Plan: {added} to add, 0 to change, 0 to destroy."))
            .says("(known after apply)")
            .says("(sensitive value)");
        account.apply(&[]).code(0).says("Apply complete!");
        env.settled();
        assert_eq!(account.revisions("shop-api").len(), 1, "{}", account.name());

        shop.image = "registry.example.com/api:2";
        env.file(FILE, &shop.yaml(&account));
        let plan = env.plan(&["--detailed-exitcode"]).code(2);
        plan.says("registry.example.com/api:1 -> registry.example.com/api:2")
            .says("(known after apply)")
            .says("Plan: 0 to add, 2 to change, 0 to destroy.");
        account.apply(&[]).code(0);
        env.settled();
        assert_eq!(account.revisions("shop-api").len(), 2, "{}", account.name());
        assert_eq!(running(&account), "shop-api:2", "{}", account.name());
    }
}

#[test]
fn drift_is_shown_with_what_is_live_and_repaired() {
    // moto forgets every field that could drift.
    for account in Account::all().into_iter().filter(|account| !account.is_moto()) {
        applied(&account);
        let env = &account.env;
        let somebody = json!({
            "cluster": "shop-web", "service": "api", "enableExecuteCommand": true,
        });
        account.call("UpdateService", &somebody);
        let plan = env.plan(&["--drift-only"]).code(0);
        plan.says("Service.ecs.services.k8s.aws/api").says("enableExecuteCommand");
        account.apply(&[]).code(0);
        env.settled();
        let service = account.service("shop-web", "api").unwrap();
        assert_ne!(service["enableExecuteCommand"], true, "{}", account.name());
        assert_eq!(account.revisions("shop-api").len(), 1, "{}", account.name());
    }
}

#[test]
fn a_service_that_is_not_declared_any_more_is_scaled_to_zero_and_deleted() {
    for account in Account::all() {
        let mut shop = applied(&account);
        let env = &account.env;
        shop.service = false;
        env.file(FILE, &shop.yaml(&account));
        let deleted = if shop.scaling { 3 } else { 1 };
        env.plan(&["--detailed-exitcode"])
            .code(2)
            .says(&format!("Plan: 0 to add, 0 to change, {deleted} to destroy."));
        if account.is_sandbox() {
            account.aws().clear_requests();
        }
        account.apply(&[]).code(0).says(&format!("{deleted} destroyed"));
        assert_eq!(account.service("shop-web", "api"), None, "{}", account.name());
        if account.is_sandbox() {
            let writes = account.writes();
            let place = |wanted: &str| writes.iter().position(|write| write == wanted);
            let (zero, delete) = (place("ecs UpdateService"), place("ecs DeleteService"));
            assert!(zero.is_some() && zero < delete, "{writes:?}");
        }
        env.settled();
        assert_eq!(account.revisions("shop-api").len(), 1, "{}", account.name());
    }
}

#[test]
fn a_target_takes_what_it_needs_with_it_and_nothing_else() {
    let account = Account::sandbox();
    let shop = Shop::on(&account);
    account.project(&shop.yaml(&account));
    let env = &account.env;
    let target = ["--target", "TaskDefinition.ecs.services.k8s.aws/api"];
    env.plan(&target).code(0).says("Plan: 2 to add, 0 to change, 0 to destroy.");
    account.apply(&target).code(0).says("2 added");
    assert_eq!(account.count("CreateService") + account.count("CreateCluster"), 0);
    account.apply(&[]).code(0).says("4 added");
    env.settled();
}

#[test]
fn a_saved_plan_is_void_when_the_service_has_moved() {
    let account = Account::sandbox();
    let mut shop = applied(&account);
    let env = &account.env;
    shop.image = "registry.example.com/api:2";
    env.file(FILE, &shop.yaml(&account));
    env.plan(&["--out", "plan.out"]).code(0);
    let somebody = json!({"cluster": "shop-web", "service": "api", "enableExecuteCommand": true});
    account.call("UpdateService", &somebody);
    account.aws().clear_requests();
    let stale = env.suimon(&["apply", "plan.out"]).code(4);
    stale
        .notes("saved plan is stale: nothing was written")
        .notes("Service.ecs.services.k8s.aws/api");
    assert_eq!(account.writes(), [""; 0]);

    env.plan(&["--out", "plan.out"]).code(0);
    env.suimon(&["apply", "plan.out"]).code(0);
    env.settled();
    env.suimon(&["apply", "plan.out"]).code(4);
}

/// The statuses of the deployments of the service, newest first.
fn deployments(account: &Account) -> Vec<Value> {
    let answer =
        account.call("ListServiceDeployments", &json!({"cluster": "shop-web", "service": "api"}));
    let all = answer["serviceDeployments"].as_array().unwrap();
    all.iter().map(|d| d["status"].clone()).collect()
}

#[test]
fn a_deployment_that_was_rolled_back_is_not_tried_again_until_git_changes() {
    let account = Account::sandbox();
    let mut shop = applied(&account);
    let env = &account.env;
    shop.image = "registry.example.com/api:2-fail";
    env.file(FILE, &shop.yaml(&account));
    let failed = account.apply(&[]).code(5);
    failed.says("Service.ecs.services.k8s.aws/api: failed");
    RUNTIME.block_on(account.aws().settle());
    assert_eq!(deployments(&account)[0], "ROLLBACK_SUCCESSFUL");
    assert_eq!(running(&account), "shop-api:1");
    assert_eq!(account.revisions("shop-api").len(), 2);

    account.aws().clear_requests();
    let plan = env.plan(&["--detailed-exitcode"]);
    assert!(plan.all().contains("rolled-back"), "{}", plan.all());
    let refused = account.apply(&[]).code(1);
    assert!(refused.all().contains("rolled-back"), "{}", refused.all());
    assert_eq!(account.writes(), [""; 0]);

    shop.image = "registry.example.com/api:1";
    env.file(FILE, &shop.yaml(&account));
    account.aws().clear_requests();
    account.apply(&[]).code(0);
    env.settled();
    assert_eq!(account.count("RegisterTaskDefinition"), 0, "the first revision is there still");
    assert_eq!(running(&account), "shop-api:1");

    shop.image = "registry.example.com/api:3";
    env.file(FILE, &shop.yaml(&account));
    account.apply(&[]).code(0);
    env.settled();
    assert_eq!(running(&account), "shop-api:3");
}
