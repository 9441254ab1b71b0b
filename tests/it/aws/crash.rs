//! kill -9, broken connections and lost replies at every write of an apply on ECS: the next run reaches the same end.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use suimon_sandbox::{AwsEffect, AwsFault};

use crate::account::{Account, VARIABLE};
use crate::aws::story::Shop;
use crate::gate::{Gate, Hold, Release};

const FILE: &str = "envs/dev/manifests/all.yaml";

/// The project as it was, applied, and the files and values as they are to be.
fn before(account: &Account) -> Shop {
    let mut shop = Shop { scaling: false, ..Shop::on(account) };
    account.project(&shop.yaml(account));
    account.apply(&[]).code(0);
    shop.image = "registry.example.com/api:2";
    shop.scaling = true;
    account.env.file(FILE, &shop.yaml(account)).set(VARIABLE, "second-value");
    shop
}

/// What is live, without what differs from run to run.
fn state(account: &Account) -> Value {
    let service = account.service("shop-web", "api").expect("the service");
    let secrets = account.call("ListSecrets", &json!({"MaxResults": 100}))["SecretList"].clone();
    let names: BTreeSet<&str> =
        secrets.as_array().unwrap().iter().map(|s| s["Name"].as_str().unwrap()).collect();
    let versions = account.call(
        "ListSecretVersionIds",
        &json!({"SecretId": "shop/dev/token", "IncludeDeprecated": true}),
    );
    let value = account.call("GetSecretValue", &json!({"SecretId": "shop/dev/token"}));
    let by_resource = json!({"ServiceNamespace": "ecs"});
    let targets = account.call("DescribeScalableTargets", &by_resource);
    let policies = account.call("DescribeScalingPolicies", &by_resource);
    let listed = account.call("ListServices", &json!({"cluster": "shop-web"}));
    json!({
        "secrets": names,
        "versions": versions["Versions"].as_array().unwrap().len(),
        "value": value["SecretString"],
        "revisions": account.revisions("shop-api").len(),
        "runs": service["taskDefinition"],
        "services": listed["serviceArns"].as_array().unwrap().len(),
        "targets": targets["ScalableTargets"].as_array().unwrap().len(),
        "policies": policies["ScalingPolicies"].as_array().unwrap().len(),
    })
}

/// Through a gate from now on.
fn gated(account: &Account, hold: Option<Hold>) -> Gate {
    let gate = Gate::new(account.url().trim_start_matches("http://"), hold);
    account.env.set("AWS_ENDPOINT_URL", &gate.url());
    gate
}

/// Runs again, and insists on the same end as without a disturbance.
#[track_caller]
fn recovers(account: &Account, wanted: &Value, what: &str) {
    account.env.set("AWS_ENDPOINT_URL", &account.url());
    account.aws().clear_faults();
    let ran = account.apply(&[]);
    assert_eq!(ran.code, 0, "after {what}: {}", ran.all());
    assert_eq!(state(account), *wanted, "after {what}");
    account.env.settled();
    account.aws().clear_requests();
    account.apply(&[]).code(0);
    assert_eq!(account.writes(), [""; 0], "after {what}");
}

/// The end without a disturbance, how many writes it took, and which.
fn undisturbed() -> (Value, usize, BTreeSet<String>) {
    let account = Account::sandbox();
    before(&account);
    account.aws().clear_requests();
    let gate = gated(&account, None);
    account.apply(&[]).code(0);
    let wanted = state(&account);
    (wanted, gate.writes(), account.writes().into_iter().collect())
}

#[test]
fn killed_at_any_write_the_next_run_reaches_the_same_end() {
    let (wanted, writes, _) = undisturbed();
    assert!(writes >= 5, "value, revision, service, target, policy: {writes}");
    for number in 1..=writes {
        for hold in [Hold::Before(number), Hold::After(number)] {
            let account = Account::sandbox();
            before(&account);
            let gate = gated(&account, Some(hold));
            let mut running =
                account.env.start(account.env.command(&["apply", "dev", "--auto-approve"]));
            assert!(gate.wait_held(|| running.ended()), "{hold:?} was never reached");
            running.signal("KILL");
            running.finish();
            gate.release(Release::Cut);
            recovers(&account, &wanted, &format!("a kill at {hold:?}"));
        }
    }
}

#[test]
fn killed_while_everything_is_made_the_next_run_reaches_the_same_end() {
    let first = Account::sandbox();
    let shop = Shop::on(&first);
    first.project(&shop.yaml(&first));
    let counter = gated(&first, None);
    first.apply(&[]).code(0);
    let (wanted, writes) = (state(&first), counter.writes());
    for number in 1..=writes {
        let account = Account::sandbox();
        account.project(&shop.yaml(&account));
        let gate = gated(&account, Some(Hold::After(number)));
        let mut running =
            account.env.start(account.env.command(&["apply", "dev", "--auto-approve"]));
        assert!(gate.wait_held(|| running.ended()), "write {number} was never reached");
        running.signal("KILL");
        running.finish();
        gate.release(Release::Cut);
        recovers(&account, &wanted, &format!("a kill after write {number} of the first apply"));
    }
}

#[test]
fn lost_replies_and_broken_connections_make_nothing_twice() {
    let (wanted, _, writes) = undisturbed();
    for write in &writes {
        let (service, operation) = write.split_once(' ').unwrap();
        for effect in [AwsEffect::Reset, AwsEffect::LoseReply] {
            let account = Account::sandbox();
            before(&account);
            account.aws().fault(AwsFault {
                service: Some(service.to_owned()),
                operation: Some(operation.to_owned()),
                effect: effect.clone(),
                times: Some(1),
            });
            let what = format!("{effect:?} of {write}");
            let ran = account.apply(&[]);
            assert_eq!(ran.code, 0, "{what}: {}", ran.all());
            assert_eq!(state(&account), wanted, "{what}");
            recovers(&account, &wanted, &what);
        }
    }
}

#[test]
fn a_write_that_is_refused_stops_what_depends_on_it_and_nothing_else() {
    let account = Account::sandbox();
    before(&account);
    account.aws().fault(AwsFault::error(
        "UpdateService",
        400,
        "InvalidParameterException",
        "no capacity today",
        99,
    ));
    let ran = account.apply(&[]).code(5);
    ran.clone().says("Service.ecs.services.k8s.aws/api: failed").says("no capacity today");
    ran.says("Secret.secretsmanager.services.k8s.aws/token: changed");
    account.aws().clear_faults();
    account.apply(&[]).code(0);
    account.env.settled();
    assert_eq!(account.revisions("shop-api").len(), 2);
}

#[test]
fn throttling_is_waited_out() {
    let account = Account::sandbox();
    before(&account);
    for operation in
        ["DescribeServices", "RegisterTaskDefinition", "UpdateService", "DescribeSecret"]
    {
        account.aws().fault(AwsFault::error(
            operation,
            400,
            "ThrottlingException",
            "Rate exceeded",
            1,
        ));
    }
    let ran = account.apply(&[]).code(0);
    assert!(!ran.all().contains("Rate exceeded"), "{}", ran.all());
    account.env.settled();
}

#[test]
fn a_list_of_secrets_that_lags_makes_nothing_twice() {
    let account = Account::sandbox();
    let shop = Shop::on(&account);
    account.project(&shop.yaml(&account));
    account.apply(&[]).code(0);
    account.aws().stale_secret_lists(100);
    let listed = account.call("ListSecrets", &json!({}));
    assert_eq!(listed["SecretList"], json!([]), "the list shows what was before");
    account.env.settled();
    account.aws().clear_requests();
    account.apply(&[]).code(0);
    assert_eq!(account.writes(), [""; 0]);
    account.env.set(VARIABLE, "second-value");
    account.apply(&[]).code(0).says("1 changed");
    assert_eq!(account.count("CreateSecret"), 0);
    account.env.settled();
}

#[test]
fn two_runs_at_once_make_nothing_twice() {
    let account = Account::sandbox();
    let shop = Shop { scaling: false, ..Shop::on(&account) };
    account.project(&shop.yaml(&account));
    let start = || account.env.start(account.env.command(&["apply", "dev", "--auto-approve"]));
    let (one, other) = (start(), start());
    let (one, other) = (one.finish(), other.finish());
    for ran in [&one, &other] {
        assert!([0, 4, 5].contains(&ran.code), "{}", ran.all());
        assert!(!ran.all().contains("panicked"), "{}", ran.all());
    }
    account.apply(&[]).code(0);
    account.env.settled();
    let state = state(&account);
    assert_eq!((&state["services"], &state["versions"]), (&json!(1), &json!(1)), "{state}");
}
