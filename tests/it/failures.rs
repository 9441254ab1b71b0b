//! Clusters that cannot be reached, read or written: the right exit code, no write, no delete.

use suimon_sandbox::{Effect, Fault};

use crate::env::Env;
use crate::manifests::{config_map, config_map_path, deployment, namespace};

const FILE: &str = "envs/dev/manifests/all.yaml";

/// Something is live and owned, and the files now say: change one, create one, delete one.
fn unsettled() -> Env {
    let env = Env::sandbox();
    env.with_manifests(
        &(namespace("f") + &config_map("f", "a", "1") + &config_map("f", "gone", "1")),
    );
    env.apply(&[]).code(0);
    env.file(
        FILE,
        &(namespace("f") + &config_map("f", "a", "2") + &deployment("f", "web", "web", "web:1")),
    );
    env.sandbox_api().clear_requests();
    env
}

/// Insists that neither plan nor apply wrote anything.
#[track_caller]
fn nothing_written(env: &Env) {
    assert_eq!(env.writes(), [""; 0]);
    assert!(env.api().get(&config_map_path("f", "gone")).is_some());
}

#[test]
fn no_kubeconfig() {
    let env = Env::offline();
    env.with_manifests(&config_map("default", "a", "1"));
    insta::assert_snapshot!(env.plan(&[]).code(1).problems(), @"error: kubernetes: there is no kubeconfig (looked for [DIR]/kubeconfig); set KUBECONFIG");
    std::fs::write(env.kubeconfig(), "{{{").unwrap();
    insta::assert_snapshot!(env.apply(&[]).code(1).problems(), @"error: kubernetes: kubeconfig [DIR]/kubeconfig: it is no kubeconfig: line 1 column 3: unclosed bracket '{'");
    let mut command = env.command(&["plan", "dev"]);
    command.env_remove("KUBECONFIG");
    insta::assert_snapshot!(env.run(command).code(1).problems(), @"error: kubernetes: there is no kubeconfig (looked for [DIR]/home/.kube/config); set KUBECONFIG");
}

#[test]
fn a_context_that_is_not_there_and_a_context_without_its_cluster() {
    let env = Env::offline();
    env.with_manifests(&config_map("default", "a", "1"));
    env.kubeconfig_for(&[("stg", "http://127.0.0.1:1"), ("prod", "http://127.0.0.1:1")]);
    insta::assert_snapshot!(env.plan(&[]).code(1).problems(), @"error: kubernetes: the kubeconfig has no context `dev` (it has stg, prod)");
    std::fs::write(
        env.kubeconfig(),
        "apiVersion: v1\nkind: Config\ncontexts: [{name: dev, context: {cluster: c, user: u}}]\n",
    )
    .unwrap();
    insta::assert_snapshot!(env.plan(&[]).code(1).problems(), @"error: kubernetes: context `dev` of the kubeconfig is not usable: it names the user `u`, and the kubeconfig has no such user");
}

#[test]
fn a_server_that_is_not_there() {
    let env = Env::offline();
    env.with_manifests(&config_map("default", "a", "1"));
    // The discard port: nothing listens there.
    env.kubeconfig_for(&[("dev", "http://127.0.0.1:9")]);
    insta::assert_snapshot!(env.plan(&[]).code(1).problems(), @r"
    error: kubernetes: cannot reach http://127.0.0.1:9: Connection refused (os error 111)
      help: nothing was read and nothing was written; check the address, the network and the kubeconfig, then run the same command again
    ");
    env.apply(&[]).code(1);
}

#[test]
fn another_cluster_than_the_one_that_is_pinned() {
    let env = Env::sandbox();
    let pinned = "  targets: {kubernetes: {context: dev, clusterUid: 00000000-1111-2222-3333-444444444444}}\n";
    env.with_manifests(&config_map("default", "a", "1"));
    let file = std::fs::read_to_string(env.project().join("envs/dev/environment.yaml")).unwrap();
    let file = file.replace("  targets: {kubernetes: {context: dev}}\n", pinned);
    env.file("envs/dev/environment.yaml", &file);
    let ran = env.apply(&[]).code(1).notes("00000000-1111-2222-3333-444444444444");
    assert!(!ran.stderr.contains("panicked"));
    let read: Vec<String> = env.sandbox_api().requests().into_iter().map(|r| r.path).collect();
    assert!(!read.iter().any(|path| path.ends_with("configmaps")), "{read:?}");
    assert_eq!(env.writes(), [""; 0]);
}

#[test]
fn credentials_that_expired() {
    let env = unsettled();
    env.sandbox_api()
        .fault(Fault { times: None, ..Fault::status("/", 401, "Unauthorized", "Unauthorized", 0) });
    insta::assert_snapshot!(env.apply(&[]).code(1).problems(), @r"
    error: kubernetes: not authenticated at [API]: the API server does not accept the credentials of context `dev` (expired, or revoked): Unauthorized
      help: log in again, then run the same command again
    ");
    env.sandbox_api().clear_faults();
    nothing_written(&env);
}

#[test]
fn one_kind_that_may_not_be_read() {
    let env = unsettled();
    env.sandbox_api().fault(Fault::forbid("/api/v1/configmaps"));
    env.sandbox_api().fault(Fault::forbid("/api/v1/namespaces/f/configmaps"));
    let plan = env.plan(&[]).code(1).says("+ Deployment.apps/f/web");
    assert!(
        !plan.stdout.contains("destroyed") && plan.stdout.contains("ConfigMap"),
        "{}",
        plan.stdout
    );
    let json = env.plan(&["--json"]).code(1).json();
    assert!(!json["unknown"].as_array().unwrap().is_empty(), "{json}");
    assert_eq!(json["summary"]["destroy"], 0);
    insta::assert_snapshot!(env.apply(&[]).code(1).problems(), @r#"
    Denied: the rules refuse this plan, for 2 reasons:

      ! all ConfigMap objects could not be read: forbidden: /api/v1/namespaces/f/configmaps is forbidden: User "sandbox" has no access to it (unknown-state)
      ! ConfigMap/f/a could not be read: forbidden: /api/v1/namespaces/f/configmaps is forbidden: User "sandbox" has no access to it (unknown-state)
    "#);
    env.sandbox_api().clear_faults();
    nothing_written(&env);
    env.apply(&[]).code(0);
    env.settled();
}

#[test]
fn lists_that_fail_are_unknown_and_lists_that_can_be_had_again_are_had() {
    let lists = "/api/v1/namespaces/f/configmaps";
    let status =
        |code, reason: &str, times| Fault::status(lists, code, reason, reason, times).on("GET");
    let effect = |effect, times| Fault {
        method: Some("GET".to_owned()),
        path_prefix: lists.to_owned(),
        times,
        effect,
    };
    let for_ever = [
        status(410, "Expired", 99),
        effect(Effect::Truncate, None),
        effect(
            Effect::Answer {
                status: 200,
                body: "{\"kind\":\"ConfigMapList\"".to_owned(),
                retry_after: None,
            },
            None,
        ),
        effect(
            Effect::Answer {
                status: 200,
                body: "{\"kind\":\"Status\"}".to_owned(),
                retry_after: None,
            },
            None,
        ),
    ];
    for fault in for_ever {
        let env = unsettled();
        env.sandbox_api().fault(fault.clone());
        let ran = env.apply(&[]).code(1);
        assert!(!ran.all().contains("panicked"), "{}", ran.all());
        env.sandbox_api().clear_faults();
        nothing_written(&env);
    }
    for fault in [
        status(410, "Expired", 1),
        status(500, "InternalError", 1),
        status(429, "TooManyRequests", 1),
        effect(Effect::Truncate, Some(1)),
        effect(Effect::Reset, Some(1)),
    ] {
        let env = unsettled();
        env.sandbox_api().fault(fault);
        env.apply(&[]).code(0).says("1 added, 1 changed, 1 destroyed");
        env.settled();
    }
}

#[test]
fn a_reply_to_a_write_that_is_lost_is_read_back() {
    for effect in [Effect::Reset, Effect::LoseReply, Effect::Truncate] {
        for path in [
            "/apis/apps/v1/namespaces/f/deployments/web",
            "/api/v1/namespaces/f/configmaps/gone",
            "/api/v1/namespaces/default/configmaps/suimon",
        ] {
            let env = unsettled();
            // The first PATCH of an object is its dry run: hits both it and the write.
            let fault = Fault {
                method: None,
                path_prefix: path.to_owned(),
                times: Some(3),
                effect: effect.clone(),
            };
            env.sandbox_api().fault(fault);
            env.apply(&[]).code(0).says("1 added, 1 changed, 1 destroyed");
            env.settled();
        }
    }
}

#[test]
fn writes_that_are_refused_leave_a_report() {
    let env = unsettled();
    env.sandbox_api().fault(Fault::forbid("/api/v1/namespaces/f/configmaps/gone").on("DELETE"));
    let ran = env.apply(&[]).code(5);
    let report =
        ran.stdout.split_once("Plan digest").unwrap().1.split_once('\n').unwrap().1.to_owned();
    insta::assert_snapshot!(report, @r#"
    Done (2):
      ~ ConfigMap/f/a: changed
      + Deployment.apps/f/web: created

    Failed (1):
      - ConfigMap/f/gone: failed: forbidden: /api/v1/namespaces/f/configmaps/gone is forbidden: User "sandbox" has no access to it

    Apply incomplete: 2 of 3 objects done, 1 failed, 0 not started.
    Resources: 1 added, 1 changed, 0 destroyed.
    To see what is left: suimon plan dev. When the cause is gone, running the same command again continues from here.
    "#);
    env.sandbox_api().clear_faults();
    env.apply(&[]).code(0).says("1 destroyed");
    env.settled();
}

#[test]
fn an_ownership_record_that_cannot_be_written_stops_everything() {
    let env = Env::sandbox();
    env.with_manifests(&(namespace("f") + &config_map("f", "a", "1")));
    env.sandbox_api()
        .fault(Fault::forbid("/api/v1/namespaces/default/configmaps/suimon").on("PATCH"));
    let ran = env.apply(&[]).code(1);
    assert!(ran.all().contains("ownership could not be recorded"), "{}", ran.all());
    assert!(env.api().get("/api/v1/namespaces/f").is_none());
}

#[test]
fn a_dry_run_that_is_refused_is_not_a_write() {
    let env = unsettled();
    let path = config_map_path("f", "a");
    env.sandbox_api()
        .fault(Fault::status(&path, 422, "Invalid", "denied by policy p1", 99).on("PATCH"));
    let ran = env.apply(&[]).code(1);
    assert!(ran.all().contains("denied by policy p1"), "{}", ran.all());
    env.sandbox_api().clear_faults();
    nothing_written(&env);
}
