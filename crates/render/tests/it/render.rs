use crate::support::Fixture;

#[test]
fn a_module_is_rendered_with_merged_values() {
    let fixture = Fixture::new()
        .env("  values: {domain: example.com}\n  modules:\n    - name: api\n      module: web\n      values: {port: 8080}\n")
        .module("{type: object, required: [port], properties: {port: {type: integer}, replicas: {type: integer, default: 2}}}")
        .template(
            "deployment.yaml.tera",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ name }}\n  labels: {env: {{ env }}, project: {{ project }}}\nspec:\n  replicas: {{ values.replicas }}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: {{ name }}}\nspec:\n  ports:\n    - port: {{ values.port }}\n  externalName: {{ values.domain }}\n",
        );
    insta::assert_snapshot!(fixture.objects(), @r#"
    modules/web/kubernetes/deployment.yaml.tera:1:1 Deployment.apps/default/api
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"env":"dev","project":"shop"},"name":"api","namespace":"default"},"spec":{"replicas":2}}
    modules/web/kubernetes/deployment.yaml.tera:9:1 Service/default/api
      {"apiVersion":"v1","kind":"Service","metadata":{"name":"api","namespace":"default"},"spec":{"externalName":"example.com","ports":[{"port":8080}]}}
    "#);
}

#[test]
fn the_same_snapshot_gives_the_same_bytes() {
    let fixture = Fixture::with_template(
        "{m: {c: 1, a: 2, b: {z: 1, y: 2}}}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  all: {{ values.m | json | quote }}\n  keys: \"{% for k, v in values.m %}{{ k }}{% endfor %}{{ values.m | keys | join(sep=\",\") }}\"\n  text: |\n    {{ values.m | yaml | indent(width=4) }}\n",
    );
    let first = fixture.objects();
    for _ in 0..5 {
        assert_eq!(fixture.objects(), first);
    }
    insta::assert_snapshot!(first, @r#"
    modules/web/kubernetes/t.yaml.tera:1:1 ConfigMap/default/c
      {"apiVersion":"v1","data":{"all":"{\"a\":2,\"b\":{\"y\":2,\"z\":1},\"c\":1}","keys":"abca,b,c","text":"a: 2\nb:\n  \"y\": 2\n  z: 1\nc: 1\n"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"default"}}
    "#);
}

#[test]
fn many_instances_and_many_objects_of_one_render_alike() {
    let object =
        |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n---\n");
    let instances: String =
        (0..500).map(|i| format!("    - {{name: c{i}, module: web}}\n")).collect();
    let many = Fixture::new()
        .env(&format!("  modules:\n{instances}"))
        .module("{}")
        .template("t.yaml.tera", &object("{{ name }}"));
    let looped = Fixture::with_template(
        "{}",
        &format!("{{% for i in range(end=500) %}}{}{{% endfor %}}", object("c{{ i }}")),
    );
    let ids = |fixture: &Fixture| -> Vec<String> {
        let rendered = fixture.render().unwrap();
        rendered.state.manifests.iter().map(|m| m.id.to_string()).collect()
    };
    assert_eq!(ids(&many).len(), 500);
    assert_eq!(ids(&many), ids(&looped));
}

#[test]
fn windows_line_ends_are_read() {
    let fixture = Fixture::with_template(
        "{}",
        "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: {{ name }}\r\ndata:\r\n  a: no\r\n",
    );
    insta::assert_snapshot!(fixture.errors(), @r#"
    error[unquoted-string]: `data.a` must be a string, but `no` reads as the boolean false
      --> modules/web/kubernetes/t.yaml.tera:6:6
      help: write it in quotes: "no"
    "#);
}
