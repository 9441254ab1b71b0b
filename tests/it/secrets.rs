//! The value of a Secret is nowhere but in the cluster.

use std::fmt::Write as _;

use serde_json::json;

use crate::env::Env;
use crate::gate::{Gate, Hold, Release};

const CANARY: &str = "c4n4ry-s3cr3t-value";
/// `CANARY` in base64.
const ENCODED: &str = "YzRuNHJ5LXMzY3IzdC12YWx1ZQ==";
const LATER: &str = "r0t4t3d-s3cr3t-value";

fn secrets(value: &str, extra: &str) -> String {
    let mut yaml = String::new();
    for (name, field, value) in [("plain", "stringData", value), ("coded", "data", ENCODED)] {
        write!(
            yaml,
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: default}}\n\
             {field}:\n  password: {value}\n{extra}"
        )
        .unwrap();
    }
    yaml
}

/// Insists that no form of a value is in a text.
#[track_caller]
fn silent(what: &str, text: &str) {
    for secret in [CANARY, ENCODED, LATER, "cjB0NHQzZC1zM2NyM3QtdmFsdWU", "YzRuNHJ5", "c4n4ry"] {
        assert!(!text.contains(secret), "{what} holds a secret:\n{text}");
    }
}

#[test]
fn nothing_prints_or_saves_a_secret() {
    let env = Env::sandbox();
    env.with_manifests(&secrets(CANARY, ""));
    let everything = || {
        for args in [
            &["validate"][..],
            &["graph", "dev", "--format", "json"],
            &["plan", "dev"],
            &["plan", "dev", "--json"],
            &["plan", "dev", "--format", "markdown"],
            &["plan", "dev", "--drift-only"],
            &["plan", "dev", "-vv"],
            &["plan", "dev", "-vv", "--log-format", "json"],
            &["plan", "dev", "--out", "plan.out"],
        ] {
            silent(&args.join(" "), &env.suimon(args).code(0).all());
        }
        silent("the plan file", &std::fs::read_to_string(env.project().join("plan.out")).unwrap());
    };
    everything();
    env.plan(&[]).says("(sensitive value)");
    silent("apply", &env.apply(&["-vv"]).code(0).all());
    env.settled();

    env.file("envs/dev/manifests/all.yaml", &secrets(LATER, ""));
    everything();
    env.plan(&["--detailed-exitcode"]).code(2).says("(sensitive value)");
    silent("apply", &env.apply(&["-vv", "--json", "--log-format", "json"]).code(0).all());
    env.settled();

    let live = env.api().get("/api/v1/namespaces/default/secrets/plain").unwrap();
    assert_eq!(live["data"]["password"], "cjB0NHQzZC1zM2NyM3QtdmFsdWU=", "the cluster has it");

    let path = "/api/v1/namespaces/default/secrets/coded";
    env.api().merge(path, "kubectl-edit", &json!({"stringData": {"password": LATER}}));
    everything();
    env.plan(&["--drift-only"]).code(0).says("kubectl-edit");
    silent("apply", &env.apply(&["-vv"]).code(0).all());
}

#[test]
fn errors_about_secrets_do_not_quote_them() {
    let env = Env::offline();
    let cases = [
        secrets(CANARY, "  password: again\n"),
        secrets(CANARY, "    bad: indent\n"),
        secrets(&format!("\"{CANARY}"), ""),
        secrets(CANARY, "type: [1]\n"),
        secrets(CANARY, "immutable: no\n"),
        format!("kind: Secret\nstringData: {{a: {CANARY}}}\n"),
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: UPPER}}\nstringData: {{a: {CANARY}}}\n"
        ),
    ];
    for yaml in cases {
        env.with_manifests(&yaml);
        for args in [
            &["validate"][..],
            &["validate", "--json"],
            &["render", "dev", "-vv"],
            &["--log-format", "json", "plan", "dev"],
        ] {
            let ran = env.suimon(args);
            if args[0] == "render" && ran.code == 0 {
                continue;
            }
            silent(&yaml.replace(CANARY, "<canary>"), &ran.all());
        }
    }
}

#[test]
fn rejected_secrets_are_not_quoted_from_the_api_s_answer() {
    use suimon_sandbox::Fault;
    let env = Env::sandbox();
    env.with_manifests(&secrets(CANARY, ""));
    let message = format!("admission webhook denied: password {CANARY} is weak ({ENCODED})");
    let path = "/api/v1/namespaces/default/secrets";
    env.sandbox_api().fault(Fault::status(path, 422, "Invalid", &message, 100).on("PATCH"));
    for args in [
        &["plan", "dev"][..],
        &["plan", "dev", "--json", "-vv"],
        &["apply", "dev", "--auto-approve", "-vv"],
    ] {
        silent(&args.join(" "), &env.suimon(args).code(1).all());
    }
}

#[test]
fn processes_show_no_secret() {
    let env = Env::sandbox();
    env.with_manifests(&secrets(CANARY, ""));
    let gate = Gate::new(&env.api().address, Some(Hold::Before(2)));
    env.kubeconfig_for(&[("dev", &gate.url())]);
    let mut running = env.start(env.command(&["apply", "dev", "--auto-approve"]));
    assert!(gate.wait_held(|| running.ended()));
    for file in ["cmdline", "environ"] {
        let path = format!("/proc/{}/{file}", running.child.id());
        if let Ok(text) = std::fs::read(path) {
            silent(file, &String::from_utf8_lossy(&text));
        }
    }
    gate.release(Release::GoOn);
    running.finish().code(0);
}
