use crate::support::Fixture;

fn errors(text: &str) -> String {
    Fixture::with_manifest(text).errors()
}

#[test]
fn an_object_needs_its_identity() {
    insta::assert_snapshot!(errors("kind: ConfigMap\nmetadata: {}\n---\napiVersion: v1\nkind: Job\nmetadata: {generateName: x-}\n---\n- a\n---\njust text\n---\napiVersion: v1\nkind: [x]\nmetadata: {name: \"\"}\n---\napiVersion: a/b/c\nkind: X\nmetadata: {name: x}\n"), @r"
    error[missing-key]: the object has no `apiVersion`
      --> envs/dev/manifests/m.yaml:1:1

    error[missing-key]: the object has no `metadata.name`
      --> envs/dev/manifests/m.yaml:2:11

    error[generated-name]: `generateName` names a new object each time
      --> envs/dev/manifests/m.yaml:6:12
      help: give the object a `name`, so that the next run finds it again

    error[not-an-object]: an object must be a mapping, not a list
      --> envs/dev/manifests/m.yaml:8:1

    error[not-an-object]: an object must be a mapping, not a string
      --> envs/dev/manifests/m.yaml:10:1

    error[wrong-type]: `kind` must be a string, not a list
      --> envs/dev/manifests/m.yaml:13:7

    error[missing-key]: `metadata.name` is empty
      --> envs/dev/manifests/m.yaml:14:18

    error[wrong-value]: `apiVersion` is `a/b/c`, not `version` or `group/version`
      --> envs/dev/manifests/m.yaml:16:13
    ");
}

#[test]
fn names_and_labels_are_checked_before_any_write() {
    let long = "a".repeat(64);
    insta::assert_snapshot!(errors(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {long}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: My_App\n  namespace: A.b\n  labels: {{app: {long}, \"a b\": c, x/y/z: d}}\n  annotations: {{\"-x\": d}}\nspec:\n  template: {{metadata: {{labels: {{v: a b}}}}}}\n  selector: {{matchLabels: {{v: -a}}}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: \"a/b\"}}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {}}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, labels: [x]}}\n", "a".repeat(53))), @r"
    error[bad-name]: the name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` has 64 characters, at most 63 are allowed
      --> envs/dev/manifests/m.yaml:3:18

    error[bad-name]: the name `My_App` must hold only lower-case letters, digits, `-` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/m.yaml:8:9

    error[bad-name]: the namespace `A.b` must hold only lower-case letters, digits and `-`, and start and end with a letter or digit
      --> envs/dev/manifests/m.yaml:9:14

    error[bad-label]: the value of label `app` has 64 characters, at most 63 are allowed
      --> envs/dev/manifests/m.yaml:10:17

    error[bad-label]: the label key `a b` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/m.yaml:10:83

    error[bad-label]: the label key `x/y/z` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/m.yaml:10:93

    error[bad-annotation]: the annotation key `-x` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/m.yaml:11:17

    error[bad-label]: the value of label `v` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/m.yaml:13:37

    error[bad-label]: the value of label `v` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/manifests/m.yaml:14:31

    error[bad-name]: the name `a/b` must not be `.` or `..`, and not hold `/` or `%`
      --> envs/dev/manifests/m.yaml:18:18

    error[bad-name]: the name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` has 53 characters, at most 52 are allowed
      --> envs/dev/manifests/m.yaml:22:18

    error[wrong-type]: `metadata.labels` must be a mapping
      --> envs/dev/manifests/m.yaml:26:29
    ");
}

#[test]
fn good_names_pass() {
    let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: \"system:Node_x\"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a.b-c, labels: {app.kubernetes.io/name: X_y.z, e: \"\"}, annotations: {a.b/c: \"any text\"}}\n";
    assert!(Fixture::with_manifest(text).render().is_ok());
}

#[test]
fn removed_api_versions_name_their_replacement() {
    insta::assert_snapshot!(errors("apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n---\napiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n---\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\n"), @r"
    error[removed-api]: policy/v1beta1 PodDisruptionBudget was removed in Kubernetes 1.25
      --> envs/dev/manifests/m.yaml:1:13
      help: write `apiVersion: policy/v1`

    error[removed-api]: extensions/v1beta1 Ingress was removed in Kubernetes 1.22
      --> envs/dev/manifests/m.yaml:5:13
      help: write `apiVersion: networking.k8s.io/v1`

    error[removed-api]: policy/v1beta1 PodSecurityPolicy was removed in Kubernetes 1.25
      --> envs/dev/manifests/m.yaml:9:13
      help: use Pod Security Admission: labels on the Namespace
    ");
}

#[test]
fn the_same_object_twice_shows_both_places() {
    let fixture = Fixture::new()
        .env("  modules:\n    - {name: a, module: web}\n    - {name: b, module: web}\n")
        .module("{}")
        .template("t.yaml.tera", "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
        .file("envs/dev/manifests/m.yaml", "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n---\napiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: default}\n");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[duplicate-object]: HorizontalPodAutoscaler.autoscaling/default/h is declared twice
      --> envs/dev/manifests/m.yaml:5:1
      ::: envs/dev/manifests/m.yaml:1:1: first declared here
      why: `autoscaling/v2` and `autoscaling/v1` are two versions of the same object

    error[duplicate-object]: ConfigMap/default/c is declared twice (instance `b`)
      --> modules/web/kubernetes/t.yaml.tera:2:1
      ::: modules/web/kubernetes/t.yaml.tera:2:1: first declared here (instance `a`)
    ");
}

#[test]
fn scopes_follow_the_kind_and_the_crd() {
    let crd = |kind: &str, scope: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {kind}}}\nspec: {{group: x.io, scope: {scope}, names: {{kind: {kind}}}}}\n---\n"
        )
    };
    let crds = [crd("Near", "Namespaced"), crd("Far", "Cluster")]
        .concat()
        .replace("name: Near", "name: near")
        .replace("name: Far", "name: far");
    let text = format!(
        "{crds}apiVersion: x.io/v1\nkind: Near\nmetadata: {{name: near}}\n---\napiVersion: x.io/v1\nkind: Far\nmetadata: {{name: f}}\n---\napiVersion: y.io/v1\nkind: Other\nmetadata: {{name: o}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: ns}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: \"\"}}\n"
    );
    let rendered = Fixture::with_manifest(text.replace(", namespace: \"\"", "")).render().unwrap();
    let ids: Vec<String> = rendered.state.manifests.iter().map(|m| m.id.to_string()).collect();
    insta::assert_snapshot!(ids.join("\n"), @r"
    CustomResourceDefinition.apiextensions.k8s.io/near
    CustomResourceDefinition.apiextensions.k8s.io/far
    Near.x.io/default/near
    Far.x.io/f
    Other.y.io/o
    Namespace/ns
    Pod/default/p
    ");
    let near = rendered.state.manifests[2].body.value();
    assert_eq!(near["metadata"]["namespace"], "default");
    insta::assert_snapshot!(errors(&format!("{crds}apiVersion: x.io/v1\nkind: Far\nmetadata: {{name: f, namespace: a}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: ns, namespace: a}}\n")), @r"
    error[cluster-scoped]: Far is cluster-scoped, it has no namespace
      --> envs/dev/manifests/m.yaml:11:1
      why: its CustomResourceDefinition in this environment says so
      help: remove `metadata.namespace`

    error[cluster-scoped]: Namespace is cluster-scoped, it has no namespace
      --> envs/dev/manifests/m.yaml:17:33
      help: remove `metadata.namespace`
    ");
}

#[test]
fn status_is_left_out_and_plain_secrets_are_pointed_at() {
    insta::assert_snapshot!(Fixture::with_manifest("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nstatus: {x: 1}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: hunter2\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: empty}\ndata: {}\n").render().unwrap().warnings, @r"
    warning[status-dropped]: `status` of Service/default/s is left out
      --> envs/dev/manifests/m.yaml:4:1
      why: status is what the cluster reports, nobody declares it
      help: remove it from the manifest

    warning[secret-in-git]: the values of Secret/default/s are in the repository in plain text
      --> envs/dev/manifests/m.yaml:9:1
      help: keep secret values out of Git, and replace those that were in it
    ");
}

#[test]
fn an_empty_environment_is_fine() {
    let rendered = Fixture::new().render().unwrap();
    assert!(rendered.state.manifests.is_empty() && rendered.warnings.is_empty());
}
