//! What waits for what, in one apply.

use serde_json::json;

use crate::env::Env;
use crate::manifests::{QUEUE_CRD, config_map, config_map_path, deployment, job, namespace, queue};

#[test]
fn on_the_sandbox() {
    let env = Env::sandbox();
    a_crd_and_its_objects_in_one_apply(&env);
    references_are_filled_in(&env);
}

pub(crate) fn a_crd_and_its_objects_in_one_apply(env: &Env) {
    let ns = "order";
    let all = queue(ns, "jobs")
        + &deployment(ns, "web", "web", "web:1").replacen(
            "metadata: {name: web, namespace: order}",
            "metadata: {name: web, namespace: order, annotations: {suimon.dev/depends-on: Job.batch/order/migrate}}",
            1,
        )
        + &job(ns, "migrate", "migrate:1")
        + &namespace(ns)
        + QUEUE_CRD;
    env.with_environment("order", "", &all);
    let plan = env.plan(&["--json"]).code(0).json();
    let ids: Vec<&str> =
        plan["changes"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    let at =
        |id: &str| ids.iter().position(|i| *i == id).unwrap_or_else(|| panic!("{id}: {ids:?}"));
    assert!(
        at("CustomResourceDefinition.apiextensions.k8s.io/queues.example.com")
            < at("Queue.example.com/order/jobs")
    );
    assert!(at("Namespace/order") < at("Job.batch/order/migrate"));
    assert!(at("Job.batch/order/migrate") < at("Deployment.apps/order/web"));
    env.apply(&[]).code(0).says("5 added");
    env.settled();
    if !env.is_real() {
        let writes = env.writes();
        let last = |part: &str| writes.iter().rposition(|w| w.contains(part)).unwrap();
        assert!(last("/jobs/migrate") < last("/deployments/web"), "{writes:?}");
    }
}

pub(crate) fn references_are_filled_in(env: &Env) {
    let ns = "refs";
    env.with_environment("refs", "", &namespace(ns));
    env.file(
        "envs/dev/manifests/refs.yaml.tera",
        r#"apiVersion: v1
kind: ConfigMap
metadata: {name: address, namespace: refs}
data:
  url: 'http://{{ ref("Service/refs/api", "spec.clusterIP") }}:80'
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: refs}
spec: {selector: {app: api}, ports: [{port: 80}]}
"#,
    );
    let plan = env.plan(&[]).code(0);
    plan.says("(known after apply)");
    env.apply(&[]).code(0).says("3 added");
    let service = env.api().get("/api/v1/namespaces/refs/services/api").unwrap();
    let address = service["spec"]["clusterIP"].as_str().unwrap().to_owned();
    let map = env.api().get(&config_map_path(ns, "address")).unwrap();
    assert_eq!(map["data"]["url"], json!(format!("http://{address}:80")));
    env.settled();
}

#[test]
fn a_kind_that_nobody_serves_is_an_error_and_the_rest_is_planned() {
    let env = Env::sandbox();
    env.with_manifests(&(namespace("q") + &queue("q", "jobs") + &config_map("q", "a", "1")));
    let plan = env.plan(&[]).code(1);
    plan.clone().says("+ Namespace/q").says("+ ConfigMap/q/a");
    let all = plan.all();
    assert!(all.contains("the API server does not serve kind Queue of example.com/v1"), "{all}");
    let refused = env.apply(&[]).code(1);
    insta::assert_snapshot!(refused.stderr, @r"
    reading uncommitted files in [DIR]/project (no Git repository)
    Denied: the rules refuse this plan, for 1 reason:

      ! Queue.example.com/q/jobs: the API server does not serve kind Queue of example.com/v1 (refused)
          help: install its CustomResourceDefinition first, or declare it in this environment; check the apiVersion for versions that the API server no longer has
    ");
    assert_eq!(env.writes(), [""; 0]);
}

#[test]
fn an_autoscaler_owns_replicas() {
    let env = Env::sandbox();
    let hpa = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: h}\n\
               spec:\n  minReplicas: 1\n  maxReplicas: 9\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  \
               metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]\n";
    let all = |image: &str| namespace("h") + &deployment("h", "web", "web", image) + hpa;
    env.with_manifests(&all("web:1"));
    env.apply(&[]).code(0);
    let path = "/apis/apps/v1/namespaces/h/deployments/web";
    env.api().merge(path, "kube-controller-manager", &json!({"spec": {"replicas": 7}}));
    env.settled();
    env.file("envs/dev/manifests/all.yaml", &all("web:2"));
    env.apply(&[]).code(0).says("1 changed");
    assert_eq!(
        env.api().get(path).unwrap()["spec"]["replicas"],
        7,
        "the autoscaler's choice stays"
    );
    env.settled();
}

#[test]
fn cycles_are_shown_in_their_shortest_form() {
    let env = Env::offline();
    let map = |name: &str, on: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: default\n  \
             annotations: {{suimon.dev/depends-on: ConfigMap/default/{on}}}\n"
        )
    };
    env.with_manifests(&(map("a", "b") + &map("b", "c") + &map("c", "b")));
    let ran = env.suimon(&["validate"]).code(1);
    insta::assert_snapshot!(ran.stderr, @r"
    reading uncommitted files in [DIR]/project (no Git repository)
    error[dependency-cycle]: `ConfigMap/default/b` and `ConfigMap/default/c` wait for each other
      --> envs/dev/manifests/all.yaml:9:1
       |
     9 | apiVersion: v1
       | ^
      ::: envs/dev/manifests/all.yaml:9:1: `ConfigMap/default/b` waits for `ConfigMap/default/c` (suimon.dev/depends-on)
      ::: envs/dev/manifests/all.yaml:16:1: `ConfigMap/default/c` waits for `ConfigMap/default/b` (suimon.dev/depends-on)
      help: remove a depends-on annotation
    ");
    env.suimon(&["plan", "dev"]).code(1);
}
