//! The value of a secret is nowhere but in Secrets Manager.

use std::fs;

use serde_json::json;
use suimon_sandbox::AwsFault;

use crate::account::{Account, VARIABLE};
use crate::aws::story::Shop;
use crate::gate::{Gate, Hold, Release};

const FIRST: &str = "c4n4ry-v4lue-one";
const SECOND: &str = "c4n4ry-v4lue-two";
/// How `c4n4ry-v4lue` begins in base64 at each of three offsets, and in hexadecimal.
const FORMS: [&str; 5] = ["c4n4ry", "YzRuNHJ5", "M0bjRyeS12", "jNG40cnktdj", "63346e347279"];

#[track_caller]
fn silent(what: &str, text: &str) {
    for form in FORMS {
        assert!(!text.contains(form), "{what} holds a secret ({form}):\n{text}");
    }
}

/// Every command that looks, in every form.
fn everything(account: &Account) {
    let env = &account.env;
    for args in [
        &["validate"][..],
        &["render", "dev"],
        &["graph", "dev", "--format", "json"],
        &["plan", "dev"],
        &["plan", "dev", "--json"],
        &["plan", "dev", "--format", "markdown"],
        &["plan", "dev", "--drift-only"],
        &["plan", "dev", "-vv"],
        &["plan", "dev", "-vvv", "--log-format", "json"],
        &["plan", "dev", "--out", "plan.out"],
        &["import", "dev", "Secret.secretsmanager.services.k8s.aws/other", "--dry-run", "-vv"],
    ] {
        silent(&args.join(" "), &env.suimon(args).all());
    }
    silent("the plan file", &fs::read_to_string(env.project().join("plan.out")).unwrap());
}

/// No file that was written holds a value.
fn no_file(folder: &std::path::Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_file(&path);
        } else {
            let bytes = fs::read(&path).unwrap();
            silent(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn nothing_prints_or_saves_a_value() {
    let account = Account::sandbox();
    let env = &account.env;
    let other = json!({
        "Name": "other", "SecretString": FIRST,
        "ClientRequestToken": "55555555-5555-5555-5555-555555555555",
    });
    account.call("CreateSecret", &other);
    let shop = Shop::on(&account);
    account.project(&shop.yaml(&account));
    for value in [FIRST, SECOND] {
        env.set(VARIABLE, value);
        everything(&account);
        env.plan(&["--detailed-exitcode"]).code(2).says("(sensitive value)");
        silent("apply", &account.apply(&["-vvv", "--log-format", "json", "--json"]).code(0).all());
        env.settled();
        let live = account.call("GetSecretValue", &json!({"SecretId": "shop/dev/token"}));
        assert_eq!(live["SecretString"], value, "the account has it");
    }
    let somebody = json!({
        "SecretId": "shop/dev/token", "SecretString": "c4n4ry-of-somebody",
        "ClientRequestToken": "66666666-6666-6666-6666-666666666666",
    });
    account.call("PutSecretValue", &somebody);
    everything(&account);
    env.plan(&["--detailed-exitcode"]).code(2).says("(sensitive value)");
    silent("apply", &account.apply(&["-vvv"]).code(0).all());
    env.settled();
    no_file(env.root());
}

#[test]
fn an_unchanged_value_is_told_without_reading_any() {
    let account = Account::sandbox();
    let shop = Shop::on(&account);
    account.project(&shop.yaml(&account));
    account.apply(&[]).code(0);
    account.aws().clear_requests();
    account.env.settled();
    assert_eq!(account.count("BatchGetSecretValue"), 0);
    // One secret holds the key of the digests, and that one is read.
    assert!(account.count("GetSecretValue") <= 1, "{:?}", account.aws().requests());
    let versions = account.call("ListSecretVersionIds", &json!({"SecretId": "shop/dev/token"}));
    assert_eq!(versions["Versions"].as_array().unwrap().len(), 1);
}

#[test]
fn answers_that_quote_a_value_are_not_quoted() {
    let account = Account::sandbox();
    let env = &account.env;
    let shop = Shop::on(&account);
    account.project(&shop.yaml(&account));
    account.apply(&[]).code(0);
    env.set(VARIABLE, FIRST);
    let message = format!("the value {FIRST} is too weak");
    for operation in ["CreateSecret", "PutSecretValue", "UpdateSecret"] {
        let fault = AwsFault::error(operation, 400, "InvalidParameterException", &message, 99);
        account.aws().fault(fault);
    }
    for name in ["shop/dev/token", "shop/dev/another"] {
        let yaml = shop.yaml(&account).replace("shop/dev/token", name);
        env.file("envs/dev/manifests/all.yaml", &yaml);
        for args in [
            &["apply", "dev", "--auto-approve", "-vvv"][..],
            &["apply", "dev", "--auto-approve", "--json"],
        ] {
            let ran = env.suimon(args);
            assert!([1, 5].contains(&ran.code), "{}", ran.all());
            assert!(ran.all().contains("withheld"), "{}", ran.all());
            silent(&args.join(" "), &ran.all());
        }
    }
}

#[test]
fn the_process_shows_no_value_beyond_its_environment() {
    let account = Account::sandbox();
    let shop = Shop::on(&account);
    account.project(&shop.yaml(&account));
    account.env.set(VARIABLE, FIRST);
    let gate = Gate::new(account.url().trim_start_matches("http://"), Some(Hold::Before(1)));
    account.env.set("AWS_ENDPOINT_URL", &gate.url());
    let mut running = account.env.start(account.env.command(&["apply", "dev", "--auto-approve"]));
    assert!(gate.wait_held(|| running.ended()));
    let path = format!("/proc/{}/cmdline", running.child.id());
    if let Ok(text) = fs::read(path) {
        silent("cmdline", &String::from_utf8_lossy(&text));
    }
    gate.release(Release::GoOn);
    silent("apply", &running.finish().code(0).all());
}
