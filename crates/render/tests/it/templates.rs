use crate::support::Fixture;

fn errors(values: &str, text: &str) -> String {
    Fixture::with_template(values, text).errors()
}

/// Renders one line into a ConfigMap's data and gives back the data.
fn data(values: &str, line: &str) -> String {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{line}\n");
    let rendered = Fixture::with_template(values, &text).render();
    let rendered = rendered.unwrap_or_else(|errors| panic!("{line}: {errors}"));
    rendered.state.manifests[0].body.value()["data"].to_string()
}

#[test]
fn undefined_variables_are_errors_everywhere() {
    insta::assert_snapshot!(errors("{port: 1}", "a: {{ values.prot }}\n"), @r"
    error[undefined-variable]: `values.prot` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: did you mean `port`?
    ");
    insta::assert_snapshot!(errors("{}", "a: {{ nmae }}\n"), @r"
    error[undefined-variable]: `nmae` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: did you mean `name`?
    ");
    insta::assert_snapshot!(errors("{app: {a: 1}}", "a: {{ values.app.b.c }}\n"), @r"
    error[undefined-variable]: `b` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:18
      help: did you mean `a`?
    ");
    insta::assert_snapshot!(errors("{enabled: true}", "{% if values.enbled %}a: 1{% endif %}\n"), @r"
    error[undefined-variable]: `values.enbled` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: did you mean `enabled`?
    ");
    insta::assert_snapshot!(errors("{}", "x: 1\n{% if not nope and true %}a{% endif %}"), @r"
    error[undefined-variable]: `nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera:2:11
      help: known here: project, env, name, values, artifacts
    ");
    insta::assert_snapshot!(errors("{}", "a: {{ \"x\" ~ values.nope }}\n"), @r"
    error[undefined-variable]: `values.nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:13
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
    insta::assert_snapshot!(errors("{}", "{% if values.nope == 1 %}a{% endif %}"), @r"
    error[undefined-variable]: `values.nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
    insta::assert_snapshot!(errors("{}", "{% for x in values.nope %}{{ x }}{% endfor %}"), @r"
    error[undefined-variable]: `values.nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:13
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
    insta::assert_snapshot!(errors("{}", "a: {{ \"y\" if values.nope else \"n\" }}"), @r"
    error[undefined-variable]: `values.nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:14
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
    insta::assert_snapshot!(errors("{}", "a: {{ values.nope | json }}"), @r"
    error[undefined-variable]: `values.nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:7
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
    insta::assert_snapshot!(errors("{m: {}}", "a: {{ values.m[values.k] }}"), @r"
    error[undefined-variable]: `values.k` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:16
      help: did you mean `m`?
    ");
    insta::assert_snapshot!(errors("{}", "{% set x = values.nope %}"), @r"
    error[undefined-variable]: `values.nope` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:12
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
    insta::assert_snapshot!(errors("{l: [{a: 1}]}", "a: {{ [x.b for x in values.l] }}"), @r"
    error[undefined-variable]: `x.b` is not defined
      --> modules/web/kubernetes/t.yaml.tera:1:8
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
}

#[test]
fn absence_can_be_allowed_explicitly() {
    for (values, line, expected) in [
        ("{}", "  a: {{ values.x | default(value=\"d\") }}", r#"{"a":"d"}"#),
        ("{}", "{% if values.x is defined %}  a: b{% else %}  a: c{% endif %}", r#"{"a":"c"}"#),
        ("{}", "{% if values.x is not defined %}  a: b{% endif %}", r#"{"a":"b"}"#),
        ("{}", "{% if values.x is undefined and not false %}  a: b{% endif %}", r#"{"a":"b"}"#),
        ("{}", "  a: {{ values.x?.y | default(value=\"d\") }}", r#"{"a":"d"}"#),
        ("{x: null}", "{% if values.x %}  a: b{% else %}  a: c{% endif %}", r#"{"a":"c"}"#),
    ] {
        assert_eq!(data(values, line), expected, "{line}");
    }
}

#[test]
fn a_printed_null_is_an_error() {
    insta::assert_snapshot!(errors("{x: null}", "a: {{ values.x }}\n"), @r"
    error[null-in-output]: `values.x` is null
      --> modules/web/kubernetes/t.yaml.tera:1:7
      why: null would print as nothing, and the field would be null or empty
      help: test it with `{% if %}`, or print `| default(value=…, boolean=true)`
    ");
    insta::assert_snapshot!(errors("{x: null}", "a: {{ \"v\" ~ values.x }}\n"), @r"
    error[null-in-output]: `values.x` is null
      --> modules/web/kubernetes/t.yaml.tera:1:13
      why: null would print as nothing, and the field would be null or empty
      help: test it with `{% if %}`, or print `| default(value=…, boolean=true)`
    ");
    insta::assert_snapshot!(errors("{x: null}", "a: {{ null }}\n"), @r"
    error[null-in-output]: `null` is null
      --> modules/web/kubernetes/t.yaml.tera:1:7
      why: null would print as nothing, and the field would be null or empty
      help: test it with `{% if %}`, or print `| default(value=…, boolean=true)`
    ");
}

#[test]
fn filters_and_expressions_work() {
    for (values, line, expected) in [
        ("{x: 1.5}", "  a: {{ values.x | quote }}", r#"{"a":"1.5"}"#),
        ("{x: 'say \"hi\"'}", "  a: {{ values.x | quote }}", r#"{"a":"say \"hi\""}"#),
        (
            "{x: {b: 1, a: [x]}}",
            "  a: {{ values.x | json | quote }}",
            r#"{"a":"{\"a\":[\"x\"],\"b\":1}"}"#,
        ),
        ("{x: hi}", "  a: {{ values.x | b64 }}", r#"{"a":"aGk="}"#),
        (
            "{x: {b: 'no', a: v}}",
            "  {{ values.x | yaml | indent(width=2) }}",
            r#"{"a":"v","b":"no"}"#,
        ),
        (
            "{x: {b: 'no', a: v}}",
            "{% for k, v in values.x %}  {{ k }}: {{ v | quote }}\n{% endfor %}",
            r#"{"a":"v","b":"no"}"#,
        ),
        (
            "{x: [1, 2]}",
            "  a: {{ [v + 1 for v in values.x if v > 1] | json | quote }}",
            r#"{"a":"[3]"}"#,
        ),
        (
            "{x: {k: z}}",
            "  a: {{ values.x[\"k\"] ~ \"-\" ~ values.x.k | upper }}",
            r#"{"a":"z-Z"}"#,
        ),
        ("{x: a<b}", "  a: {{ values.x }}", r#"{"a":"a<b"}"#),
        ("{x: {a: 1}}", "  a: {{ values.x | quote }}", r#"{"a":"{\"a\":1}"}"#),
        (
            "{l: [a, b]}",
            "{% for x in values.l %}  {{ x }}: \"{{ loop.index }}{{ loop.last }}\"\n{% endfor %}",
            r#"{"a":"1false","b":"2true"}"#,
        ),
        ("{}", "{% set x %}  v{% endset %}  a: {{ x | trim }}", r#"{"a":"v"}"#),
        ("{}", "{% filter upper %}  a: b{% endfilter %}", r#"{"A":"B"}"#),
        ("{}", "{% raw %}  a: \"{{ x }}\"{% endraw %}", r#"{"a":"{{ x }}"}"#),
        ("{}", "  {# c #}a: {% if true -%}\n  b\n {%- endif %}", r#"{"a":"b"}"#),
        (
            "{n: [1]}",
            "  a: \"{{ values.n | length }}{{ values.n is containing(pat=1) }}{{ 1 in values.n }}\"",
            r#"{"a":"1truetrue"}"#,
        ),
        ("{n: 2}", "  a: \"{{ -values.n | abs }}{{ values.n * 2 - 1 }}\"", r#"{"a":"23"}"#),
    ] {
        assert_eq!(data(values, line), expected, "{line}");
    }
}

#[test]
fn components_and_inheritance_work() {
    let rendered = Fixture::with_template("{}", "{% extends \"_base.tera\" %}{% block data %}{{ super() | trim }}\n  b: {{ name }}{% endblock %}")
        .template("_base.tera", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  {% block data %}\n  a: x\n{% endblock %}\n")
        .template("c.yaml.tera", "{% component Data(value: String, key=\"k\") %}{{ key }}: {{ value }}{% endcomponent %}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\ndata:\n  {{ <Data value={name} /> }}\n")
        .objects();
    insta::assert_snapshot!(rendered, @r#"
    modules/web/kubernetes/c.yaml.tera:1:1 ConfigMap/default/d
      {"apiVersion":"v1","data":{"k":"api"},"kind":"ConfigMap","metadata":{"name":"d","namespace":"default"}}
    modules/web/kubernetes/_base.tera:1:1 ConfigMap/default/c
      {"apiVersion":"v1","data":{"a":"x","b":"api"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"default"}}
    "#);
}

#[test]
fn impure_functions_do_not_exist() {
    insta::assert_snapshot!(errors("{}", "a: {{ get_env(name=\"HOME\") }}\nb: {{ now() }}\n"), @r"
    error[impure-function]: `get_env` is not available: renders must be pure
      --> modules/web/kubernetes/t.yaml.tera:1:7
      why: the same commit must render the same bytes everywhere
      help: put the value into `values`, where it is reviewed

    error[impure-function]: `now` is not available: renders must be pure
      --> modules/web/kubernetes/t.yaml.tera:2:7
      why: the same commit must render the same bytes everywhere
      help: put the value into `values`, where it is reviewed
    ");
    insta::assert_snapshot!(errors("{}", "a: {{ values | toYaml }}{{ 1 | default(\"x\") }}"), @r"
    error[template-syntax]: found string but expected identifier
      --> modules/web/kubernetes/t.yaml.tera:1:40
      help: arguments have names, for example `default(value=1)`
    ");
    insta::assert_snapshot!(errors("{}", "a: {{ values | toYaml }}"), @r"
    error[template-syntax]: unknown filter `toYaml`
      --> modules/web/kubernetes/t.yaml.tera:1:16
      help: did you mean `yaml`?
    ");
    insta::assert_snapshot!(errors("{}", "a: {{ x | nope }}{{ what() }}\n"), @r"
    error[template-syntax]: unknown filter `nope`
      --> modules/web/kubernetes/t.yaml.tera:1:11
      help: known here: yaml, json, quote, b64, indent, default, upper, lower, trim, replace, join, length, split, sort, unique, keys, values, first, last, int

    error[template-syntax]: unknown function `what`
      --> modules/web/kubernetes/t.yaml.tera:1:21
    ");
}

#[test]
fn includes_stay_inside_the_module() {
    insta::assert_snapshot!(
        errors("{}", "{% include \"../../db/kubernetes/x.tera\" %}\n{% include \"/etc/passwd\" %}{% include \"a%2e%2e\" %}{% include \"x\r\" %}{% include \"a\\b\" %}"),
        @r"
        error[template-include]: path leaves module root
          --> modules/web/kubernetes/t.yaml.tera:1:12
          why: a template includes only templates of its own module and platform
          help: name the file from the platform folder, for example `_labels.yaml.tera`

        error[template-include]: path leaves module root
          --> modules/web/kubernetes/t.yaml.tera:2:12
          why: a template includes only templates of its own module and platform
          help: name the file from the platform folder, for example `_labels.yaml.tera`

        error[template-include]: path leaves module root
          --> modules/web/kubernetes/t.yaml.tera:2:39
          why: a template includes only templates of its own module and platform
          help: name the file from the platform folder, for example `_labels.yaml.tera`

        error[template-include]: path leaves module root
          --> modules/web/kubernetes/t.yaml.tera:2:62
          why: a template includes only templates of its own module and platform
          help: name the file from the platform folder, for example `_labels.yaml.tera`

        error[template-include]: path leaves module root
          --> modules/web/kubernetes/t.yaml.tera:2:80
          why: a template includes only templates of its own module and platform
          help: name the file from the platform folder, for example `_labels.yaml.tera`
        "
    );
    let fixture = Fixture::with_template("{}", "{% include \"_lable.yaml.tera\" %}")
        .template("_label.yaml.tera", "a");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[template-include]: there is no template `_lable.yaml.tera` in modules/web/kubernetes
      --> modules/web/kubernetes/t.yaml.tera:1:12
      help: did you mean `_label.yaml.tera`?
    ");
}

#[test]
fn circular_includes_show_the_chain() {
    let fixture = Fixture::with_template("{}", "x\n{% include \"_a.tera\" %}")
        .template("_a.tera", "{% include \"_b.tera\" %}")
        .template("_b.tera", "\n  {% include \"_a.tera\" %}");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[include-cycle]: this include leads back to where it started
      --> modules/web/kubernetes/_b.tera:2:14
      why: _a.tera → _b.tera → _a.tera
    ");
    let fixture = Fixture::with_template("{}", "{% extends \"t.yaml.tera\" %}");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[include-cycle]: this include leads back to where it started
      --> modules/web/kubernetes/t.yaml.tera:1:12
      why: t.yaml.tera → t.yaml.tera
    ");
}

#[test]
fn an_error_in_an_include_shows_the_chain() {
    let fixture = Fixture::with_template("{}", "a: 1\nb: {% include \"_a.tera\" %}")
        .template("_a.tera", "\n\n {% include \"sub/_b.tera\" %}")
        .template("sub/_b.tera", "x {{ values.nope }}");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[undefined-variable]: `values.nope` is not defined
      --> modules/web/kubernetes/sub/_b.tera:1:6
      ::: modules/web/kubernetes/_a.tera:3:13: included from here
      ::: modules/web/kubernetes/t.yaml.tera:2:15: included from here
      help: give it a value, or allow that it is absent: `is defined`, `| default(value=…)`
    ");
}

#[test]
fn every_broken_template_is_reported() {
    let fixture = Fixture::with_template("{}", "{{ a")
        .template("b.yaml.tera", "ok: 1\n{% if x %}\n")
        .template("c.yaml.tera", "{{ 1 + }}");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[template-syntax]: unexpected end of input
      --> modules/web/kubernetes/b.yaml.tera:2:11

    error[template-syntax]: found `)` but expected one of: integer, float, string, bool, ident, `-`, `not`, `<`, `{`, `[` or `(`
      --> modules/web/kubernetes/c.yaml.tera:1:7

    error[template-syntax]: unexpected end of input
      --> modules/web/kubernetes/t.yaml.tera:1:4
    ");
}

#[test]
fn places_are_those_of_the_template() {
    // A YAML error behind a condition, a comment and an included file.
    let fixture = Fixture::with_template(
        "{v: 1.20, yes_: true}",
        "{# a\n comment #}\n{% if values.yes_ -%}\napiVersion: v1\n{%- endif %}\nkind: ConfigMap\nmetadata:\n  name: c\n  labels:\n    {% include \"_l.tera\" %}\ndata:\n  version: {{ values.v }}\n  other: 1.20\n",
    )
    .template("_l.tera", "a: b\n    c: no");
    insta::assert_snapshot!(fixture.errors(), @r#"
    error[unquoted-string]: `metadata.labels.c` must be a string, but `no` reads as the boolean false
      --> modules/web/kubernetes/_l.tera:2:8
      help: write it in quotes: "no"

    error[unquoted-string]: `data.version` must be a string, but `1.2` reads as the number 1.2
      --> modules/web/kubernetes/t.yaml.tera:12:12
      help: print it as text: `{{ … | quote }}`

    error[unquoted-string]: `data.other` must be a string, but `1.20` reads as the number 1.2
      --> modules/web/kubernetes/t.yaml.tera:13:10
      help: write it in quotes: "1.20"

    warning[shortened-number]: `1.20` is a number, and a template prints 1.2
      --> envs/dev/environment.yaml:7:44
      help: write "1.20" for text such as a version, 1.2 for a number
    "#);
}

#[test]
fn each_document_knows_its_line() {
    let fixture = Fixture::with_template(
        "{names: [a, b]}",
        "# head\n---\n{% for n in values.names %}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ n }}}\n---\n{% endfor %}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: last}\n",
    );
    insta::assert_snapshot!(fixture.objects(), @r#"
    modules/web/kubernetes/t.yaml.tera:4:1 ConfigMap/default/a
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default"}}
    modules/web/kubernetes/t.yaml.tera:4:1 ConfigMap/default/b
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b","namespace":"default"}}
    modules/web/kubernetes/t.yaml.tera:9:1 ConfigMap/default/last
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"last","namespace":"default"}}
    "#);
}

#[test]
fn manifests_are_templated_only_when_named_so() {
    let fixture = Fixture::new()
        .env("  values: {who: me}\n")
        .file("envs/dev/manifests/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: \"{{ values.who }}\"}\n")
        .file("envs/dev/manifests/sub/b.yaml.tera", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {x: \"{{ values.who }}\"}\n")
        .file("envs/dev/manifests/c.json", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"}}")
        .file("envs/dev/manifests/README.md", "{{ nothing }}");
    insta::assert_snapshot!(fixture.objects(), @r#"
    envs/dev/manifests/a.yaml:1:1 ConfigMap/default/a
      {"apiVersion":"v1","data":{"x":"{{ values.who }}"},"kind":"ConfigMap","metadata":{"name":"a","namespace":"default"}}
    envs/dev/manifests/c.json:1:1 ConfigMap/default/c
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"default"}}
    envs/dev/manifests/sub/b.yaml.tera:1:1 ConfigMap/default/b
      {"apiVersion":"v1","data":{"x":"me"},"kind":"ConfigMap","metadata":{"name":"b","namespace":"default"}}
    "#);
    let errors = Fixture::new().file("envs/dev/manifests/b.yaml.tera", "a: {{ name }}").errors();
    insta::assert_snapshot!(errors, @r"
    error[undefined-variable]: `name` is not defined
      --> envs/dev/manifests/b.yaml.tera:1:7
      help: known here: project, env, values, artifacts
    ");
}

#[test]
fn private_use_characters_of_the_author_survive() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"\u{100001}\u{108001}\", b: \"\u{e000}\"}\n";
    let rendered = Fixture::with_template("{}", text).objects();
    assert!(rendered.contains("\u{100001}\u{108001}"), "{rendered}");
    let line = "  a: {{ values.x }}";
    assert_eq!(data("{x: \"\u{100001}\u{108001}z\"}", line), "{\"a\":\"\u{100001}\u{108001}z\"}");
}
