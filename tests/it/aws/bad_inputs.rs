//! What is wrong with AWS resources, before anything is written: each with its whole message.

use serde_json::json;
use suimon_sandbox::AwsOptions;

use crate::account::{Account, VARIABLE, stable};
use crate::aws::story::{Shop, running};
use crate::env::RUNTIME;

const FILE: &str = "envs/dev/manifests/all.yaml";

/// A task definition with this in its `spec` besides a container, indented by two.
fn definition(spec: &str, container: &str) -> String {
    format!(
        "apiVersion: ecs.services.k8s.aws/v1alpha1
kind: TaskDefinition
metadata: {{name: api}}
spec:
  family: shop-api
  networkMode: awsvpc
  requiresCompatibilities: [FARGATE]
  executionRoleARN: arn:aws:iam::123456789012:role/execution
{spec}
  containerDefinitions:
    - name: api
      image: registry.example.com/api:1
{container}
"
    )
}

const SIZES: &str = "  cpu: \"256\"\n  memory: \"512\"";

fn secret(spec: &str) -> String {
    format!(
        "apiVersion: secretsmanager.services.k8s.aws/v1alpha1
kind: Secret
metadata: {{name: token}}
spec:
  name: shop/dev/token
{spec}
"
    )
}

fn eks(version: &str) -> String {
    format!(
        "apiVersion: eks.services.k8s.aws/v1alpha1
kind: Cluster
metadata: {{name: main}}
spec:
  name: shop-main
  version: \"{version}\"
  roleARN: arn:aws:iam::123456789012:role/eks
  resourcesVPCConfig: {{subnetIDs: [subnet-0a0a0a0a0a0a0a001, subnet-0a0a0a0a0a0a0a002]}}
"
    )
}

/// A sandbox that moves only when it is told to.
fn still() -> Account {
    Account::sandbox_with(AwsOptions { controllers: false, ..AwsOptions::default() })
}

fn settle(account: &Account) {
    RUNTIME.block_on(account.aws().settle());
}

/// What `apply` says when it refuses; it has written nothing.
#[track_caller]
fn refused(account: &Account, code: i32) -> String {
    account.aws().clear_requests();
    let planned = account.env.plan(&[]);
    assert!(!planned.all().contains("panicked"), "{}", planned.all());
    let ran = account.apply(&[]).code(code);
    assert_eq!(account.writes(), [""; 0], "{}", ran.all());
    stable(&format!("{}{}", ran.stdout, ran.problems()))
}

/// What is wrong with a file, and the file.
fn wrong_files() -> Vec<(&'static str, String)> {
    let large = format!("      command: [\"{}\"]", "x".repeat(66_000));
    vec![
        ("no such pair of sizes", definition("  cpu: \"256\"\n  memory: \"4096\"", "")),
        ("no such size", definition("  cpu: \"300\"\n  memory: \"1024\"", "")),
        ("no size", definition("  cpu: \"256\"", "")),
        ("more than 64 KiB", definition(SIZES, &large)),
        ("an unknown field", definition(SIZES, "      enviroment: []")),
        ("a value in the wrong form", definition(SIZES, "      portMappings: {containerPort: 80}")),
        ("a value in the file", secret("  secretString: hunter2-c4n4ry")),
        ("a value under a key", secret("  secretString: {json: {PASSWORD: hunter2-c4n4ry}}")),
        ("a window that is too short", secret("  recoveryWindowInDays: 3")),
        ("a version that YAML reads as a number", eks("1.3")),
        ("a wrong account", "# nothing\n".to_owned()),
    ]
}

/// What `validate` says of each wrong file; nothing is read or written because of any.
fn told_of_files() -> String {
    let account = Account::sandbox();
    let mut all = String::new();
    for (what, yaml) in wrong_files() {
        if what == "a wrong account" {
            account.project_on("{aws: {region: us-east-1, accountId: \"12345\"}}", "", &yaml);
        } else {
            account.project(&yaml);
        }
        let asked = account.aws().requests().len();
        let ran = account.env.suimon(&["validate"]).code(1);
        assert_eq!(account.aws().requests().len(), asked, "validate asks nobody");
        assert!(!ran.all().contains("c4n4ry") && !ran.all().contains("xxx"), "{}", ran.all());
        account.env.plan(&[]).code(1);
        account.apply(&[]).code(1);
        all += &format!("== {what}\n{}\n", ran.problems());
    }
    let asked = account.aws().requests();
    assert!(asked.iter().all(|r| r.operation == "GetCallerIdentity"), "{asked:?}");
    all
}

#[test]
fn what_a_file_alone_shows_is_said_before_anything_is_read() {
    insta::assert_snapshot!(told_of_files(), @r#"
    == no such pair of sizes
    error[invalid-resource]: TaskDefinition.ecs.services.k8s.aws/api: spec.memory: Fargate has no tasks with 256 CPU units and 4096 MiB of memory
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: ecs.services.k8s.aws/v1alpha1
       | ^
      help: with 256 CPU units it has 512, 1024 or 2048 MiB
    == no such size
    error[invalid-resource]: TaskDefinition.ecs.services.k8s.aws/api: spec.cpu: Fargate has no tasks with 300 CPU units
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: ecs.services.k8s.aws/v1alpha1
       | ^
      help: it has 256, 512, 1024, 2048, 4096, 8192, 16384
    == no size
    error[invalid-resource]: TaskDefinition.ecs.services.k8s.aws/api: spec.memory: a task on Fargate must say it
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: ecs.services.k8s.aws/v1alpha1
       | ^
      help: for example "512" or "0.5 GB"
    == more than 64 KiB
    error[invalid-resource]: TaskDefinition.ecs.services.k8s.aws/api: spec: it has 66263 bytes, and a task definition may have 65536
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: ecs.services.k8s.aws/v1alpha1
       | ^
      help: move large values into files or secrets
    == an unknown field
    error[invalid-resource]: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].enviroment: there is no field `enviroment` here
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: ecs.services.k8s.aws/v1alpha1
       | ^
      help: did you mean `environment`?
    == a value in the wrong form
    error[invalid-resource]: TaskDefinition.ecs.services.k8s.aws/api: spec.containerDefinitions[0].portMappings: it must be a list
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: ecs.services.k8s.aws/v1alpha1
       | ^
    == a value in the file
    error[invalid-resource]: Secret.secretsmanager.services.k8s.aws/token: spec.secretString: a value does not belong in Git; change it as well, Git keeps what it has seen
      --> envs/dev/manifests/all.yaml:1:1
      help: write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`
    == a value under a key
    error[invalid-resource]: Secret.secretsmanager.services.k8s.aws/token: spec.secretString.json.PASSWORD: a value does not belong in Git; change it as well, Git keeps what it has seen
      --> envs/dev/manifests/all.yaml:1:1
      help: write where it comes from: `secretString: {valueFrom: {env: NAME}}`, or `{file: PATH}`, `{age: PATH}`, `{generate: {length: 32}}` in place of `{env: NAME}`
    == a window that is too short
    error[invalid-resource]: Secret.secretsmanager.services.k8s.aws/token: spec.recoveryWindowInDays: it is from 7 to 30: suimon deletes no secret at once
      --> envs/dev/manifests/all.yaml:1:1
    == a version that YAML reads as a number
    error[invalid-resource]: Cluster.eks.services.k8s.aws/main: spec.version: `1.3` is no Kubernetes version that EKS has
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: eks.services.k8s.aws/v1alpha1
       | ^
      help: without quotes YAML reads 1.30 as a number: write "1.30"
    == a wrong account
    error[wrong-value]: `accountId` must be twelve digits
      --> envs/dev/environment.yaml:6:49
       |
     6 |   targets: {aws: {region: us-east-1, accountId: "12345"}}
       |                                                 ^
    "#);
}

#[test]
fn secrets_that_a_task_names_and_that_are_not_there() {
    let account = Account::sandbox();
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/nothing-AbCdEf";
    let of = |value: &str| {
        definition(SIZES, &format!("      secrets: [{{name: TOKEN, valueFrom: \"{value}\"}}]"))
    };
    let mut all = String::new();
    account.project(&of(arn));
    all += &format!("== no such secret\n{}\n", refused(&account, 1));

    let made = account.call(
        "CreateSecret",
        &json!({"Name": "shop/there", "SecretString": "{\"PRESENT\": \"c4n4ry\"}", "ClientRequestToken": "11111111-1111-1111-1111-111111111111"}),
    );
    let arn = made["ARN"].as_str().unwrap();
    // Six characters that Secrets Manager adds to the name.
    account.env.show(arn.rsplit('-').next().unwrap(), "[ID]");
    account.project(&of(&format!("{arn}:ABSENT::")));
    all += &format!("== no such key in a secret of others\n{}\n", refused(&account, 1));
    account.project(&of(&format!("{arn}:PRESENT::")));
    account.env.plan(&[]).code(0);

    let declared = secret("  secretString: {json: {PRESENT: {valueFrom: {env: SHOP_TOKEN}}}}");
    let reference =
        "      secrets: [{name: TOKEN, valueFromRef: {from: {name: token, key: ABSENT}}}]";
    account.project(&format!("{declared}---\n{}", definition(SIZES, reference)));
    all += &format!("== no such key in a declared secret\n{}\n", refused(&account, 1));

    let reference = "      secrets: [{name: TOKEN, valueFromRef: {from: {name: nobody}}}]";
    account.project(&definition(SIZES, reference));
    all += &format!("== no such secret is declared\n{}\n", refused(&account, 1));
    assert!(!all.contains("c4n4ry"), "{all}");
    insta::assert_snapshot!(all, @r"
    == no such secret
    Error: The plan cannot be applied: 1 object is refused

      ! TaskDefinition.ecs.services.k8s.aws/api (rejected)
          there is no secret `shop/nothing-AbCdEf`
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! TaskDefinition.ecs.services.k8s.aws/api: there is no secret `shop/nothing-AbCdEf` (refused)
    == no such key in a secret of others
    Error: The plan cannot be applied: 1 object is refused

      ! TaskDefinition.ecs.services.k8s.aws/api (rejected)
          the secret `shop/there-[ID]` has no JSON key `ABSENT`
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! TaskDefinition.ecs.services.k8s.aws/api: the secret `shop/there-[ID]` has no JSON key `ABSENT` (refused)
    == no such key in a declared secret
    Error: The plan cannot be applied: 1 object is refused

      ! TaskDefinition.ecs.services.k8s.aws/api (rejected)
          the secret `shop/dev/token` has no JSON key `ABSENT`
          at envs/dev/manifests/all.yaml:8:1

    suimon compared the declaration with the live state. Actions are indicated with the following symbols:
      + create

    suimon will perform the following actions:

      # Secret.secretsmanager.services.k8s.aws/token will be created
      # (because it is declared and not live)
      # envs/dev/manifests/all.yaml:1:1
      + Secret.secretsmanager.services.k8s.aws/token:
      +   apiVersion: secretsmanager.services.k8s.aws/v1alpha1
      +   kind: Secret
      +   metadata:
      +     name: token
      +   spec:
      +     name: shop/dev/token
      +     secretString: (sensitive value)

    Plan: 1 to add, 0 to change, 0 to destroy.

    Plan digest: sha256:[ID]
    Denied: the rules refuse this plan, for 1 reason:

      ! TaskDefinition.ecs.services.k8s.aws/api: the secret `shop/dev/token` has no JSON key `ABSENT` (refused)
    == no such secret is declared
    error[unknown-reference]: `TaskDefinition.ecs.services.k8s.aws/api` waits for `Secret.secretsmanager.services.k8s.aws/nobody`, which is not declared
      --> envs/dev/manifests/all.yaml:1:1
       |
     1 | apiVersion: ecs.services.k8s.aws/v1alpha1
       | ^
      why: `/spec/containerDefinitions/0/secrets/0/valueFrom` reads its `arn`
      help: declare it in this environment or remove the dependency
    ");
}

#[test]
fn values_of_secrets_that_cannot_be_had() {
    let account = Account::sandbox();
    let env = &account.env;
    let mut all = String::new();
    account.project(&secret("  secretString: {valueFrom: {env: SHOP_TOKEN}}"));
    env.unset(VARIABLE);
    all += &format!("== a variable that is not set\n{}\n", refused(&account, 1));
    env.set(VARIABLE, "");
    all += &format!("== a variable that is empty\n{}\n", refused(&account, 1));
    env.set(VARIABLE, &"x".repeat(65_537));
    let told = refused(&account, 1);
    assert!(!told.contains("xxx"), "{told}");
    all += &format!("== more than 64 KiB\n{told}\n");
    account.project(&secret("  secretString: {valueFrom: {file: no/such/file}}"));
    all += &format!("== a file that is not there\n{}\n", refused(&account, 1));
    insta::assert_snapshot!(all, @r"
    == a variable that is not set
    Error: The plan cannot be applied: 1 object is refused

      ! Secret.secretsmanager.services.k8s.aws/token (rejected)
          the environment variable `SHOP_TOKEN` is not set
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! Secret.secretsmanager.services.k8s.aws/token: the environment variable `SHOP_TOKEN` is not set (refused)
    == a variable that is empty
    Error: The plan cannot be applied: 1 object is refused

      ! Secret.secretsmanager.services.k8s.aws/token (rejected)
          the environment variable `SHOP_TOKEN` is empty, and a secret is not
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! Secret.secretsmanager.services.k8s.aws/token: the environment variable `SHOP_TOKEN` is empty, and a secret is not (refused)
    == more than 64 KiB
    Error: The plan cannot be applied: 1 object is refused

      ! Secret.secretsmanager.services.k8s.aws/token (rejected)
          the environment variable `SHOP_TOKEN` has 65537 bytes, and a secret holds at most 65536
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! Secret.secretsmanager.services.k8s.aws/token: the environment variable `SHOP_TOKEN` has 65537 bytes, and a secret holds at most 65536 (refused)
    == a file that is not there
    Error: The plan cannot be applied: 1 object is refused

      ! Secret.secretsmanager.services.k8s.aws/token (rejected)
          there is no file `no/such/file`
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! Secret.secretsmanager.services.k8s.aws/token: there is no file `no/such/file` (refused)
    ");
}

#[test]
fn a_rotation_that_runs_is_not_cut_short() {
    let account = Account::sandbox();
    account.project(&secret("  secretString: {valueFrom: {env: SHOP_TOKEN}}"));
    account.apply(&[]).code(0);
    account.call(
        "PutSecretValue",
        &json!({
            "SecretId": "shop/dev/token", "SecretString": "next", "VersionStages": ["AWSPENDING"],
            "ClientRequestToken": "22222222-2222-2222-2222-222222222222",
        }),
    );
    account.env.set(VARIABLE, "second-value");
    insta::assert_snapshot!(refused(&account, 4), @r"
    Warning: 1 object with conflicts

    Another manager wants a field with another value. Apply refuses before its first write, unless it is run with --force-conflicts.

    suimon compared the declaration with the live state. Actions are indicated with the following symbols:
      ~ update in-place

    suimon will perform the following actions:

      # Secret.secretsmanager.services.k8s.aws/token will be updated in-place
      # (because the declaration changed)
      # envs/dev/manifests/all.yaml:1:1
      ~ Secret.secretsmanager.services.k8s.aws/token:
          spec:
      ~     secretString: (sensitive value) -> (sensitive value)   # changes
            # (2 unchanged fields hidden)
          # (3 unchanged fields hidden)
          ! conflict: rotation is managed by Secrets Manager rotation since [TIME]
              declared: (not set)
              live:     (not set)
              apply refuses; to take it over: --force-conflicts

    Plan: 0 to add, 1 to change, 0 to destroy.

    Plan digest: sha256:[ID]
    Denied: the rules refuse this plan, for 1 reason:

      ! Secret.secretsmanager.services.k8s.aws/token: rotation is owned by Secrets Manager rotation since [TIME] (conflict)
          help: leave the field to its owner by taking it out of the declaration, or take it over with `--force-conflicts`
    ");
}

#[test]
fn a_secret_that_is_to_be_deleted_is_restored_and_not_made_again() {
    let account = Account::sandbox();
    account.project(&secret("  secretString: {valueFrom: {env: SHOP_TOKEN}}"));
    account.apply(&[]).code(0);
    let arn = account.call("DescribeSecret", &json!({"SecretId": "shop/dev/token"}))["ARN"].clone();
    account.call("DeleteSecret", &json!({"SecretId": "shop/dev/token", "RecoveryWindowInDays": 7}));
    let plan = account.env.plan(&["--detailed-exitcode"]).code(2);
    account.aws().clear_requests();
    account.apply(&[]).code(0);
    let writes = account.writes();
    assert!(writes.contains(&"secretsmanager RestoreSecret".to_owned()), "{writes:?}");
    assert!(!writes.contains(&"secretsmanager CreateSecret".to_owned()), "{writes:?}");
    account.env.settled();
    let after = account.call("DescribeSecret", &json!({"SecretId": "shop/dev/token"}));
    assert_eq!(after["ARN"], arn);
    insta::assert_snapshot!(stable(&plan.stdout), @r#"
    Note: Objects have changed outside of suimon

    suimon found the following changes that it did not make:

      # Secret.secretsmanager.services.k8s.aws/token has changed
      ~ Secret.secretsmanager.services.k8s.aws/token:
      +   spec.deletionDate: "[TIME]"   # by an unknown manager

    Unless the declaration now says the same, the plan below undoes these changes.

    [ID]

    suimon compared the declaration with the live state. Actions are indicated with the following symbols:
      ~ update in-place

    suimon will perform the following actions:

      # Secret.secretsmanager.services.k8s.aws/token will be updated in-place
      # (because it changed outside of suimon)
      # envs/dev/manifests/all.yaml:1:1
      ~ Secret.secretsmanager.services.k8s.aws/token:
          spec:
      -     deletionDate: "[TIME]"
            # (3 unchanged fields hidden)
          # (3 unchanged fields hidden)

    Plan: 0 to add, 1 to change, 0 to destroy.

    Plan digest: sha256:[ID]
    "#);
}

#[test]
fn eks_goes_one_version_at_a_time_and_never_back() {
    let account = Account::sandbox();
    account.project(&eks("1.32"));
    account.apply(&[]).code(0);
    let mut all = String::new();
    for (what, version) in [("two ahead", "1.34"), ("one back", "1.31")] {
        account.env.file(FILE, &eks(version));
        all += &format!("== {what}\n{}\n", refused(&account, 1));
    }
    account.env.file(FILE, &eks("1.33"));
    account.apply(&[]).code(0);
    account.env.settled();
    assert_eq!(
        account.eks("GET", "/clusters/shop-main", &json!(null))["cluster"]["version"],
        "1.33"
    );
    insta::assert_snapshot!(all, @r#"
    == two ahead
    Error: The plan cannot be applied: 1 object is refused

      ! Cluster.eks.services.k8s.aws/main (rejected)
          EKS goes up one minor version at a time: cluster `shop-main` is at 1.32, and 1.34 is declared; the next allowed version is 1.33: declare `version: "1.33"`, apply, bring its node groups along, and so on up to 1.34
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! Cluster.eks.services.k8s.aws/main: EKS goes up one minor version at a time: cluster `shop-main` is at 1.32, and 1.34 is declared; the next allowed version is 1.33: declare `version: "1.33"`, apply, bring its node groups along, and so on up to 1.34 (refused)
    == one back
    Error: The plan cannot be applied: 1 object is refused

      ! Cluster.eks.services.k8s.aws/main (rejected)
          EKS does not go back: cluster `shop-main` is at 1.32, and 1.31 is declared; declare `version: "1.32"`. (EKS rolls an upgrade back to the previous minor version within 7 days of it, as an explicit act with the AWS CLI or console; a declaration does not do that)
          at envs/dev/manifests/all.yaml:1:1

    No changes apart from what is refused.
    Denied: the rules refuse this plan, for 1 reason:

      ! Cluster.eks.services.k8s.aws/main: EKS does not go back: cluster `shop-main` is at 1.32, and 1.31 is declared; declare `version: "1.32"`. (EKS rolls an upgrade back to the previous minor version within 7 days of it, as an explicit act with the AWS CLI or console; a declaration does not do that) (refused)
    "#);
}

/// The small project without scaling on a sandbox that moves only when it is told to, applied.
fn at_rest() -> (Account, Shop) {
    let account = still();
    let shop = Shop { scaling: false, ..Shop::on(&account) };
    account.project(&shop.yaml(&account));
    account.apply(&["--no-wait"]).code(0);
    settle(&account);
    (account, shop)
}

#[test]
fn a_deployment_of_somebody_else_is_not_cut_short() {
    let (account, mut shop) = at_rest();
    let theirs = json!({
        "family": "shop-api", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512",
        "containerDefinitions": [{"name": "api", "image": "registry.example.com/hotfix:1"}],
    });
    account.call("RegisterTaskDefinition", &theirs);
    let update = json!({"cluster": "shop-web", "service": "api", "taskDefinition": "shop-api:2"});
    account.call("UpdateService", &update);
    shop.image = "registry.example.com/api:2";
    account.env.file(FILE, &shop.yaml(&account));
    account.aws().clear_requests();
    let told = account.apply(&["--no-wait"]).code(4);
    let writes = account.writes();
    assert!(!writes.contains(&"ecs UpdateService".to_owned()), "{writes:?}");
    settle(&account);
    assert_eq!(running(&account), "shop-api:2", "theirs went through");
    account.apply(&["--no-wait"]).code(0);
    settle(&account);
    assert_ne!(running(&account), "shop-api:2");
    insta::assert_snapshot!(stable(&told.all()), @r#"
    Warning: 1 object with conflicts

    Another manager wants a field with another value. Apply refuses before its first write, unless it is run with --force-conflicts.

    suimon compared the declaration with the live state. Actions are indicated with the following symbols:
      ~ update in-place

    suimon will perform the following actions:

      # TaskDefinition.ecs.services.k8s.aws/api will be updated in-place
      # (because the declaration changed)
      # envs/dev/manifests/all.yaml:13:1
      ~ TaskDefinition.ecs.services.k8s.aws/api:
          spec:
            containerDefinitions:
              - name: api
      ~         image: registry.example.com/api:1 -> registry.example.com/api:2
                # (3 unchanged fields hidden)
            # (6 unchanged fields hidden)
          # (3 unchanged fields hidden)

      # Service.ecs.services.k8s.aws/api will be updated in-place
      # (because the declaration changed)
      # envs/dev/manifests/all.yaml:30:1
      ~ Service.ecs.services.k8s.aws/api:
          spec:
      ~     taskDefinition: arn:aws:ecs:us-east-1:123456789012:task-definition/shop-api:2 -> (known after apply)
            # (7 unchanged fields hidden)
          # (3 unchanged fields hidden)
          ! conflict: deployments is managed by ECS deployment ecs-svc/[ID] in progress since [TIME]
              declared: "(known after apply)"
              live:     arn:aws:ecs:us-east-1:123456789012:task-definition/shop-api:2
              apply refuses; to take it over: --force-conflicts

    Plan: 0 to add, 2 to change, 0 to destroy.

    Plan digest: sha256:[ID]
    reading uncommitted files in [DIR]/project (no Git repository)
    Denied: the rules refuse this plan, for 1 reason:

      ! Service.ecs.services.k8s.aws/api: deployments is owned by ECS deployment ecs-svc/[ID] in progress since [TIME] (conflict)
          help: leave the field to its owner by taking it out of the declaration, or take it over with `--force-conflicts`
    "#);
}

#[test]
fn a_service_that_drains_is_waited_for_and_then_made_anew() {
    let (account, _) = at_rest();
    let delete = json!({"cluster": "shop-web", "service": "api", "force": true});
    account.call("DeleteService", &delete);
    account.aws().clear_requests();
    let command = account.env.command(&["apply", "dev", "--auto-approve"]);
    let mut running = account.env.start(command);
    running.wait_for("Service.ecs.services.k8s.aws/api");
    assert_eq!(account.count("CreateService"), 0);
    while !running.ended() {
        settle(&account);
    }
    running.finish().code(0);
    assert!(account.service("shop-web", "api").is_some());
    assert_eq!(account.count("RegisterTaskDefinition"), 0);
    account.env.settled();
}

#[test]
fn an_inactive_service_of_the_same_name_is_made_anew() {
    let account = Account::sandbox();
    crate::aws::story::applied(&account);
    account.call("DeleteService", &json!({"cluster": "shop-web", "service": "api", "force": true}));
    settle(&account);
    account.env.plan(&["--detailed-exitcode"]).code(2).says("+ Service.ecs.services.k8s.aws/api");
    account.apply(&[]).code(0);
    account.env.settled();
    assert!(account.service("shop-web", "api").is_some());
}
