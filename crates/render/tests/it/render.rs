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
