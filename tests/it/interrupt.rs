//! Ctrl-C, SIGTERM and kill -9 at any moment.

use serde_json::{Value, json};

use crate::env::Env;
use crate::gate::{Gate, Hold, Release};
use crate::manifests::{config_map, config_map_path, deployment, namespace};

const FILE: &str = "envs/dev/manifests/all.yaml";

fn first() -> String {
    namespace("k") + &config_map("k", "a", "1") + &config_map("k", "gone", "1")
}

/// A change, a create, and two deletes of kinds that the environment has nothing of any more.
fn second() -> String {
    namespace("k") + &config_map("k", "a", "2") + &deployment("k", "web", "web", "web:1")
}

#[test]
fn a_signal_stops_before_the_next_write() {
    for signal in ["INT", "TERM"] {
        let env = Env::sandbox();
        env.with_manifests(&first());
        // The first write is the ownership record, the second the namespace.
        let gate = Gate::new(&env.api().address, Some(Hold::Before(2)));
        env.kubeconfig_for(&[("dev", &gate.url())]);
        let mut running = env.start(env.command(&["apply", "dev", "--auto-approve", "--json"]));
        assert!(gate.wait_held(|| running.ended()));
        running.signal(signal);
        running.wait_for("Interrupted: no further write begins");
        gate.release(Release::GoOn);
        let ran = running.finish().code(130);
        let report = ran.json();
        assert_eq!(report["end"], "interrupted");
        let outcomes: Vec<(&str, &str)> = report["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (e["id"].as_str().unwrap(), e["outcome"].as_str().unwrap()))
            .collect();
        assert_eq!(
            outcomes,
            [
                ("Namespace/k", "created"),
                ("ConfigMap/k/a", "skipped"),
                ("ConfigMap/k/gone", "skipped"),
            ]
        );
        assert_eq!(gate.writes(), 2, "a write began after the signal");
        assert!(env.api().get("/api/v1/namespaces/k").is_some(), "the write in flight was done");
        assert!(env.api().get(&config_map_path("k", "a")).is_none());
        env.apply(&[]).code(0).says("2 added");
        env.settled();
    }
}

#[test]
fn a_signal_while_waiting_for_health_says_what_was_written() {
    let env = Env::sandbox_with(false);
    env.with_manifests(&deployment("default", "web", "web", "web:1"));
    let mut running = env.start(env.command(&["apply", "dev", "--auto-approve"]));
    running.wait_for("waiting until it is healthy");
    running.signal("INT");
    let ran = running.finish().code(130);
    let report = ran.stdout.split_once("Plan digest").unwrap().1.split_once('\n').unwrap().1;
    insta::assert_snapshot!(report, @r"
    Done (1):
      + Deployment.apps/default/web: created (0 of 2 replicas are created)

    Apply interrupted: 1 of 1 object done, 0 failed, 0 not started.
    Resources: 1 added, 0 changed, 0 destroyed.
    Running the same command again continues from here.
    ");
}

#[test]
fn a_signal_while_waiting_for_a_delete_ends_the_wait() {
    let env = Env::sandbox();
    let kept = config_map("default", "kept", "1");
    let stuck = config_map("default", "stuck", "1");
    env.with_manifests(&(kept.clone() + &stuck));
    env.apply(&[]).code(0);
    let finalizer = json!({"metadata": {"finalizers": ["example.com/stuck"]}});
    env.api().merge(&config_map_path("default", "stuck"), "somebody", &finalizer);
    env.file(FILE, &kept);
    let gate = Gate::new(&env.api().address, Some(Hold::After(1)));
    env.kubeconfig_for(&[("dev", &gate.url())]);
    let mut running = env.start(env.command(&["apply", "dev", "--auto-approve"]));
    assert!(gate.wait_held(|| running.ended()));
    running.signal("INT");
    running.wait_for("Interrupted");
    gate.release(Release::GoOn);
    let ran = running.finish().code(130);
    assert!(ran.stdout.contains("example.com/stuck"), "{}", ran.stdout);
}

#[test]
fn a_signal_while_planning_writes_nothing() {
    let env = Env::sandbox();
    env.with_manifests(&first());
    let stub = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", stub.local_addr().unwrap());
    env.kubeconfig_for(&[("dev", &url)]);
    let mut running = env.start(env.command(&["apply", "dev", "--auto-approve"]));
    let (held, _) = stub.accept().unwrap();
    running.signal("INT");
    running.wait_for("nothing was written");
    drop(held);
    running.finish().code(130);
}

/// What is live, without what differs from run to run.
fn state(env: &Env) -> Vec<Value> {
    let lists = [
        "/api/v1/configmaps",
        "/api/v1/namespaces",
        "/apis/apps/v1/deployments",
        "/api/v1/secrets",
    ];
    let mut all = Vec::new();
    for list in lists {
        for mut object in env.api().get(list).unwrap()["items"].as_array().unwrap().clone() {
            let metadata = object["metadata"].as_object_mut().unwrap();
            for key in
                ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"]
            {
                metadata.remove(key);
            }
            // Each sandbox is another cluster, and the digest is keyed with the cluster.
            if let Some(annotations) = metadata.get_mut("annotations") {
                annotations.as_object_mut().unwrap().remove("suimon.dev/applied");
            }
            object.as_object_mut().unwrap().remove("status");
            all.push(object);
        }
    }
    all
}

#[test]
fn killed_at_any_write_the_next_run_reaches_the_same_end() {
    let undisturbed = Env::sandbox();
    undisturbed.with_manifests(&first());
    undisturbed.apply(&[]).code(0);
    undisturbed.file(FILE, &second());
    let counter = Gate::new(&undisturbed.api().address, None);
    undisturbed.kubeconfig_for(&[("dev", &counter.url())]);
    undisturbed.apply(&[]).code(0);
    let wanted = state(&undisturbed);
    let writes = counter.writes();
    assert!(writes >= 4, "record, update, create, delete, record: {writes}");

    for number in 1..=writes {
        for hold in [Hold::Before(number), Hold::After(number)] {
            let env = Env::sandbox();
            env.with_manifests(&first());
            env.apply(&[]).code(0);
            env.file(FILE, &second());
            let gate = Gate::new(&env.api().address, Some(hold));
            env.kubeconfig_for(&[("dev", &gate.url())]);
            let mut running = env.start(env.command(&["apply", "dev", "--auto-approve"]));
            assert!(gate.wait_held(|| running.ended()), "{hold:?} was never reached");
            running.signal("KILL");
            running.finish();
            gate.release(Release::Cut);

            env.kubeconfig_for(&[("dev", &format!("http://{}", env.api().address))]);
            env.apply(&[]).code(0);
            assert_eq!(state(&env), wanted, "after a kill at {hold:?}");
            env.settled();
            env.sandbox_api().clear_requests();
            env.apply(&[]).code(0);
            assert_eq!(env.writes(), [""; 0], "after a kill at {hold:?}");
        }
    }
}
