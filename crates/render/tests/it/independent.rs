//! One run reports every error that does not follow from another.

use crate::support::Fixture;

fn object(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n{data}")
}

#[test]
fn all_absent_values_of_a_template_are_reported() {
    let text = object(
        "a",
        "  a: {{ values.a }}\n  b: {{ values.b | quote }}-{{ values.c }}\n  d: {{ values.d }}\n",
    );
    insta::assert_snapshot!(Fixture::with_template("{d: null}", &text).errors(), @r"
    error[undefined-variable]: `values.a` is not defined
      --> modules/web/kubernetes/t.yaml.tera:5:9
      help: did you mean `d`?

    error[undefined-variable]: `values.b` is not defined
      --> modules/web/kubernetes/t.yaml.tera:6:9
      help: did you mean `d`?

    error[undefined-variable]: `values.c` is not defined
      --> modules/web/kubernetes/t.yaml.tera:6:32
      help: did you mean `d`?

    error[null-in-output]: `values.d` is null
      --> modules/web/kubernetes/t.yaml.tera:7:9
      why: null would print as nothing, and the field would be null or empty
      help: test it with `{% if %}`, or print `| default(value=…, boolean=true)`
    ");
}

#[test]
fn what_follows_from_an_absent_value_is_not_reported() {
    let text = object("a", "{%- set image = values.image %}\n  a: {{ image.tag }}\n");
    insta::assert_snapshot!(Fixture::with_template("{}", &text).errors(), @r"
    error[undefined-variable]: `values.image` is not defined
      --> modules/web/kubernetes/t.yaml.tera:5:17
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
    let text = object("a", "{%- for x in values.list %}\n  a: {{ x.y }}\n{% endfor %}\n");
    insta::assert_snapshot!(Fixture::with_template("{}", &text).errors(), @r"
    error[undefined-variable]: `values.list` is not defined
      --> modules/web/kubernetes/t.yaml.tera:5:14
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
}

#[test]
fn a_broken_template_does_not_hide_the_others() {
    let fixture = Fixture::with_template("{}", &object("a", "  a: {{ values.a }}\n"))
        .template("u.yaml.tera", "{% if %}")
        .template("v.yaml.tera", "{% include \"_w.yaml.tera\" %}")
        .template("_w.yaml.tera", "{{ now() }}")
        .template("x.yaml.tera", &object("b", "  a: no\n"))
        .template("y.yaml.tera", "{{ values.a | nosuch }}");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[impure-function]: `now` is not available: renders must be pure
      --> modules/web/kubernetes/_w.yaml.tera:1:4
      why: the same commit must render the same bytes everywhere
      help: put the value into `values`, where it is reviewed

    error[template-syntax]: found `%}` but expected one of: integer, float, string, bool, ident, `-`, `not`, `<`, `{`, `[` or `(`
      --> modules/web/kubernetes/u.yaml.tera:1:7

    error[template-syntax]: unknown filter `nosuch`
      --> modules/web/kubernetes/y.yaml.tera:1:15
      help: known here: yaml, json, quote, b64, indent, default, upper, lower, trim, replace, join, length, split, sort, unique, keys, values, first, last, int
    ");
    let fixture = Fixture::with_template("{}", &object("a", "  a: b\n"))
        .template("u.yaml.tera", "{% if %}")
        .template("x.yaml.tera", &object("b", "  a: no\n"));
    insta::assert_snapshot!(fixture.errors(), @r#"
    error[template-syntax]: found `%}` but expected one of: integer, float, string, bool, ident, `-`, `not`, `<`, `{`, `[` or `(`
      --> modules/web/kubernetes/u.yaml.tera:1:7

    error[unquoted-string]: `data.a` must be a string, but `no` reads as the boolean false
      --> modules/web/kubernetes/x.yaml.tera:5:6
      help: write it in quotes: "no"
    "#);
    let partial = Fixture::with_template("{}", &object("a", "  a: b\n"))
        .template("_nobody.yaml.tera", "{% if %}");
    insta::assert_snapshot!(partial.errors(), @r"
    error[template-syntax]: found `%}` but expected one of: integer, float, string, bool, ident, `-`, `not`, `<`, `{`, `[` or `(`
      --> modules/web/kubernetes/_nobody.yaml.tera:1:7
    ");
}

#[test]
fn values_that_do_not_fit_do_not_hide_what_is_wrong_with_the_templates() {
    let fixture = Fixture::with_template("{a: x}", "{% if %}")
        .module("{type: object, properties: {a: {type: integer}}}")
        .template("p.yaml", &object("b", "  a: no\n"));
    insta::assert_snapshot!(fixture.errors(), @r#"
    error[bad-value]: `values.a` must be a whole number, not a string
      --> envs/dev/environment.yaml:7:44
      ::: modules/web/module.yaml:5:43: the module says so here

    error[unquoted-string]: `data.a` must be a string, but `no` reads as the boolean false
      --> modules/web/kubernetes/p.yaml:5:6
      help: write it in quotes: "no"

    error[template-syntax]: found `%}` but expected one of: integer, float, string, bool, ident, `-`, `not`, `<`, `{`, `[` or `(`
      --> modules/web/kubernetes/t.yaml.tera:1:7
    "#);
}

#[test]
fn a_broken_configuration_does_not_hide_the_rest() {
    let fixture =
        Fixture::with_template("{}", &object("a", "  a: {{ values.a }}\n  b: {{ 1 | nosuch }}\n"))
            .env("  modules: [{name: api, module: web}]\n  valeus: {a: b}\n")
            .file("envs/dev/manifests/m.yaml", "a: [");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[unknown-key]: unknown key `valeus` in `spec`
      --> envs/dev/environment.yaml:7:3
      help: did you mean `values`?

    error[yaml-syntax]: not YAML: unclosed bracket '['
      --> envs/dev/manifests/m.yaml:1:4

    error[template-syntax]: unknown filter `nosuch`
      --> modules/web/kubernetes/t.yaml.tera:6:13
      help: known here: yaml, json, quote, b64, indent, default, upper, lower, trim, replace, join, length, split, sort, unique, keys, values, first, last, int
    ");
    let fixture = Fixture::new()
        .env("  values: {a: no}\n")
        .file("suimon.yaml", "kind: Project\n")
        .file("envs/dev/manifests/m.yaml", "a: [")
        .file("envs/dev/manifests/n.yaml.tera", "a: {{ values.a }}");
    insta::assert_snapshot!(fixture.errors(), @r#"
    error[ambiguous-scalar]: `no` means one thing in YAML 1.1 and another in YAML 1.2
      --> envs/dev/environment.yaml:6:15
      help: write `false` or, for the text, "no"

    error[yaml-syntax]: not YAML: unclosed bracket '['
      --> envs/dev/manifests/m.yaml:1:4

    error[missing-key]: `apiVersion` is missing
      --> suimon.yaml:1:1

    error[missing-key]: `metadata` is missing
      --> suimon.yaml:1:1

    error[missing-key]: `spec` is missing
      --> suimon.yaml:1:1
    "#);
    let fixture = Fixture::with_template("{}", "{% if %}")
        .file("envs/dev/release.yaml", "apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {name: r}\nspec: {modules: v1}\n")
        .file("envs/dev/manifests/m.yaml", "a: [");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[yaml-syntax]: not YAML: unclosed bracket '['
      --> envs/dev/manifests/m.yaml:1:4

    error[wrong-value]: `modules` must be a full commit id
      --> envs/dev/release.yaml:4:17
      why: a branch, a tag or a short id can come to mean another commit
      help: write the 40 hexadecimal digits that `git rev-parse` prints
    ");
}

#[test]
fn the_second_tag_of_a_line_is_found() {
    let text =
        object("a", "{%- for k in [\"aa\", \"bb\"] %}\n  {{ k }}: {{ values.v }}\n{%- endfor %}\n");
    insta::assert_snapshot!(Fixture::with_template("{v: 5}", &text).errors(), @r"
    error[unquoted-string]: `data.aa` must be a string, but `5` reads as the number 5
      --> modules/web/kubernetes/t.yaml.tera:6:12
      help: print it as text: `{{ … | quote }}`

    error[unquoted-string]: `data.bb` must be a string, but `5` reads as the number 5
      --> modules/web/kubernetes/t.yaml.tera:6:12
      help: print it as text: `{{ … | quote }}`
    ");
    let include = object("a", "  k{{ 1 }}: {% include \"_v.yaml.tera\" %}\n");
    let fixture = Fixture::with_template("{}", &include).template("_v.yaml.tera", "{# c #}{{ 1 }}");
    insta::assert_snapshot!(fixture.errors(), @r#"
    error[unquoted-string]: `data.k1` must be a string, but `1` reads as the number 1
      --> modules/web/kubernetes/t.yaml.tera:5:13
      help: write it in quotes: "1"
    "#);
}

#[test]
fn a_deferred_value_that_a_filter_changed_is_an_error() {
    let text = object(
        "a",
        "{%- set r = ref(\"ConfigMap/default/a\", \"spec.ports.[name=web].x\") %}\n  a: {{ r | lower }}\n  b: {{ r[0:20] }}\n  c: {{ r }}\n",
    );
    insta::assert_snapshot!(Fixture::with_template("{}", &text).errors(), @r"
    error[bad-ref]: a deferred value was changed after `ref`
      --> modules/web/kubernetes/t.yaml.tera:6:6
      why: it stands for text that is not known yet
      help: print what `ref` gives as it is, without filters

    error[bad-ref]: a deferred value was changed after `ref`
      --> modules/web/kubernetes/t.yaml.tera:7:6
      why: it stands for text that is not known yet
      help: print what `ref` gives as it is, without filters
    ");
}

#[test]
fn a_quoted_merge_key_is_an_ordinary_key() {
    let fixture = Fixture::with_manifest(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {\"<<\": x}}",
    );
    insta::assert_snapshot!(fixture.objects(), @r#"
    envs/dev/manifests/m.yaml:1:1 ConfigMap/default/a
      {"apiVersion":"v1","data":{"<<":"x"},"kind":"ConfigMap","metadata":{"name":"a","namespace":"default"}}
    "#);
}

#[test]
fn formats_of_a_schema_are_checked() {
    let fixture = Fixture::with_template("{a: 999.1.1.1, b: nobody}", "").module(
        "{type: object, properties: {a: {format: ipv4}, b: {format: email}, c: {format: x}}}",
    );
    insta::assert_snapshot!(fixture.errors(), @r"
    error[bad-value]: `values.a` must be of the format `ipv4`
      --> envs/dev/environment.yaml:7:44
      ::: modules/web/module.yaml:5:43: the module says so here

    error[bad-value]: `values.b` must be of the format `email`
      --> envs/dev/environment.yaml:7:58
      ::: modules/web/module.yaml:5:62: the module says so here
    ");
}

#[test]
fn a_missing_environment_of_the_pipeline_is_told_once_where_it_is_named() {
    let snapshot = suimon_model::MemorySnapshot::new([
        (
            "suimon.yaml",
            "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec: {pipeline: [dev]}\n",
        ),
        (
            "envs/stg/environment.yaml",
            "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {name: stg}\nspec: {platform: kubernetes}\n",
        ),
    ]);
    let found = suimon_render::render(&snapshot, "dev", &suimon_render::InProcess::default());
    insta::assert_snapshot!(found.unwrap_err(), @r"
    error[no-environment]: there is no environment `dev`: no `envs/dev/environment.yaml`
      --> suimon.yaml:4:19
      why: environments here: stg
    ");
}
