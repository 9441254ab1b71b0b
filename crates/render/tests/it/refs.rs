use suimon_model::DeferredRef;

use crate::support::Fixture;

const TARGET: &str = "apiVersion: secretsmanager.services.k8s.aws/v1alpha1\nkind: Secret\nmetadata: {name: dev-db}\n---\n";

#[test]
fn a_ref_becomes_a_deferred_value() {
    let text = format!(
        "{TARGET}apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a/b: x-{{{{ ref(\"Secret.secretsmanager.services.k8s.aws/\" ~ env ~ \"-db\", \"arn\") }}}}:{{{{ ref(id=\"Secret.secretsmanager.services.k8s.aws/dev-db\", attribute=\"status.x.0\") }}}}\n"
    );
    let rendered = Fixture::with_template("{}", &text).render().unwrap();
    let manifest = &rendered.state.manifests[1];
    let refs: Vec<String> = manifest
        .refs
        .iter()
        .map(|r| format!("{} {} {}", r.pointer, r.target, r.attribute))
        .collect();
    insta::assert_snapshot!(refs.join("\n"), @r"
    /data/a~1b Secret.secretsmanager.services.k8s.aws/dev-db arn
    /data/a~1b Secret.secretsmanager.services.k8s.aws/dev-db status.x.0
    ");
    let value = manifest.body.value();
    let marker = DeferredRef::marker_for(&manifest.refs[0].target, "arn");
    assert!(value["data"]["a/b"].as_str().unwrap().starts_with(&format!("x-{marker}:")));
}

#[test]
fn a_bad_ref_is_an_error_at_the_call() {
    let errors = |line: &str| Fixture::with_template("{}", line).errors();
    insta::assert_snapshot!(errors("a:\n  b: {{ ref(\"nonsense\", \"arn\") }}"), @r#"
    error[bad-ref]: the id is not of the form Kind[.group]/[namespace/]name
      --> modules/web/kubernetes/t.yaml.tera:2:9
      help: for example `ref("Service/web/api", "spec.clusterIP")`
    "#);
    insta::assert_snapshot!(errors("a: {{ ref(\"A/b\") }}"), @r#"
    error[bad-ref]: `ref` takes two strings: an id and an attribute
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: for example `ref("Service/web/api", "spec.clusterIP")`
    "#);
    insta::assert_snapshot!(errors("a: {{ ref(\"A/b\", \"a b\") }}"), @r#"
    error[bad-ref]: the attribute is not a name or a dotted path
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: for example `ref("Service/web/api", "spec.clusterIP")`
    "#);
    insta::assert_snapshot!(errors("a: {{ ref(\"A/b\", \"c\", \"d\") }}"), @r"
    error[template-syntax]: found string but expected identifier
      --> modules/web/kubernetes/t.yaml.tera:1:23
      help: arguments have names, for example `default(value=1)`
    ");
    insta::assert_snapshot!(errors("a: {{ ref(\"A/b\", \"c\") | b64 }}"), @r#"
    error[bad-ref]: a deferred value cannot be encoded: it is not known yet
      --> modules/web/kubernetes/t.yaml.tera:1:25
      help: for example `ref("Service/web/api", "spec.clusterIP")`
    "#);
    insta::assert_snapshot!(errors("a: {{ ref(\"Secret/default/b\", \"data.password\") }}"), @r"
    error[secret-ref]: the data of a Secret cannot be copied into a manifest
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: name the Secret with `secretKeyRef` instead
    ");
}

#[test]
fn a_ref_must_have_a_target() {
    let text = format!(
        "{TARGET}apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a: {{{{ ref(\"Secret.secretsmanager.services.k8s.aws/dev-bd\", \"arn\") }}}}\n  b: {{{{ ref(\"ConfigMap/c\", \"uid\") }}}}\n  c: {{{{ ref(\"ConfigMap/default/c\", \"uid\") }}}}\n"
    );
    insta::assert_snapshot!(Fixture::with_template("{}", &text).errors(), @r"
    error[ref-target]: `ref` to Secret.secretsmanager.services.k8s.aws/dev-bd, which nothing here declares
      --> modules/web/kubernetes/t.yaml.tera:9:6
      help: did you mean `Secret.secretsmanager.services.k8s.aws/dev-db`?

    error[ref-target]: `ref` to ConfigMap/c, which nothing here declares
      --> modules/web/kubernetes/t.yaml.tera:10:6
      help: did you mean `ConfigMap/default/c`?

    error[ref-self]: ConfigMap/default/c refers to itself
      --> modules/web/kubernetes/t.yaml.tera:11:6
    ");
}

#[test]
fn a_marker_where_it_cannot_be_replaced_is_an_error() {
    let text = format!(
        "{TARGET}apiVersion: v1\nkind: Secret\nmetadata: {{name: c}}\ndata:\n  a: {{{{ ref(\"Secret.secretsmanager.services.k8s.aws/dev-db\", \"arn\") }}}}\nstringData:\n  {{{{ ref(\"Secret.secretsmanager.services.k8s.aws/dev-db\", \"arn\") }}}}: b\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {{{{ ref(\"Secret.secretsmanager.services.k8s.aws/dev-db\", \"arn\") }}}} }}\n"
    );
    insta::assert_snapshot!(Fixture::with_template("{}", &text).errors(), @r"
    error[bad-ref]: `data.a` must be base64, a deferred value is not
      --> modules/web/kubernetes/t.yaml.tera:9:6
      help: put it under `stringData`

    error[bad-ref]: a deferred value cannot be a key
      --> modules/web/kubernetes/t.yaml.tera:11:3

    error[bad-name]: the name holds a deferred value, but a name must be known
      --> modules/web/kubernetes/t.yaml.tera:15:18

    warning[secret-in-git]: the values of Secret/default/c are in the repository in plain text
      --> modules/web/kubernetes/t.yaml.tera:10:1
      help: keep secret values out of Git, and replace those that were in it
    ");
}

#[test]
fn a_patch_can_drop_a_ref() {
    let text = format!(
        "{TARGET}apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a: {{{{ ref(\"Secret.secretsmanager.services.k8s.aws/dev-db\", \"arn\") }}}}\n"
    );
    let fixture = Fixture::with_template("{}", &text)
        .env("  modules:\n    - {name: api, module: web}\n  patches:\n    - target: {kind: ConfigMap}\n      patch: {data: {a: fixed}}\n");
    let rendered = fixture.render().unwrap();
    assert!(rendered.state.manifests[1].refs.is_empty());
}
