use proptest::prelude::*;
use suimon_render::{InProcess, parse_kubernetes_yaml, render};

use crate::support::Fixture;

fn manifest(text: &str) -> String {
    Fixture::with_manifest(text).errors()
}

fn config(text: &str) -> String {
    Fixture::new().file("envs/dev/environment.yaml", text).errors()
}

#[test]
fn alias_bombs_end_at_once() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    insta::assert_snapshot!(manifest(&bomb), @r"
    error[limit-aliases]: anchors and aliases expand past the limit of 100000 values or 16 MiB
      --> envs/dev/manifests/m.yaml:5:40
    ");
    insta::assert_snapshot!(config(&bomb), @r"
    error[limit-aliases]: anchors and aliases expand past the limit of 100000 values or 16 MiB
      --> envs/dev/environment.yaml:5:40
    ");
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(100));
    insta::assert_snapshot!(manifest(&text), @r"
    error[limit-aliases]: anchors and aliases expand past the limit of 100000 values or 16 MiB
      --> envs/dev/manifests/m.yaml:2:65
    ");
    insta::assert_snapshot!(manifest("a: &a [*a]\n"), @r"
    error[yaml-alias]: this alias stands inside its own anchor
      --> envs/dev/manifests/m.yaml:1:8
    ");
}

#[test]
fn deep_nesting_ends_without_overflow() {
    let deep = 100_000;
    insta::assert_snapshot!(manifest(&"[".repeat(deep)), @r"
    error[limit-depth]: nested deeper than 100 levels
      --> envs/dev/manifests/m.yaml:1:101
      help: nothing that Kubernetes accepts is nested that deep
    ");
    insta::assert_snapshot!(config(&"{a: ".repeat(deep)), @r"
    error[limit-depth]: nested deeper than 100 levels
      --> envs/dev/environment.yaml:1:401
      help: nothing that Kubernetes accepts is nested that deep
    ");
    let block: String = (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    insta::assert_snapshot!(manifest(&block), @r"
    error[limit-depth]: nested deeper than 100 levels
      --> envs/dev/manifests/m.yaml:101:101
      help: nothing that Kubernetes accepts is nested that deep
    ");
    insta::assert_snapshot!(manifest(&"- ".repeat(deep)), @r"
    error[limit-depth]: nested deeper than 100 levels
      --> envs/dev/manifests/m.yaml:1:201
      help: nothing that Kubernetes accepts is nested that deep
    ");
    insta::assert_snapshot!(manifest(&"? ".repeat(deep)), @r"
    error[limit-depth]: nested deeper than 100 levels
      --> envs/dev/manifests/m.yaml:1:201
      help: nothing that Kubernetes accepts is nested that deep
    ");
    let text = format!("a: {}1{}\n", "[".repeat(99), "]".repeat(99));
    let read = parse_kubernetes_yaml("f", &text).unwrap();
    assert_eq!(read.len(), 1);
    let aliases = format!("a: &a {}1{}\nb: [[*a]]\n", "[".repeat(98), "]".repeat(98));
    insta::assert_snapshot!(manifest(&aliases), @r"
    error[limit-depth]: nested deeper than 100 levels
      --> envs/dev/manifests/m.yaml:2:6
      help: nothing that Kubernetes accepts is nested that deep
    ");
}

#[test]
fn deep_templates_end_without_overflow() {
    let template = |text: String| Fixture::with_template("{}", &text).errors();
    insta::assert_snapshot!(template(format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000))), @r"
    error[template-syntax]: the expression is too complex
      --> modules/web/kubernetes/t.yaml.tera:1:42
    ");
    insta::assert_snapshot!(template("{% if true %}".repeat(50_000)), @r"
    error[template-syntax]: the template nesting is too deep
      --> modules/web/kubernetes/t.yaml.tera:1:519
    ");
    insta::assert_snapshot!(template(format!("{{% if true %}}{}{{% endif %}}", "{% elif true %}x".repeat(50_000))), @r"
    error[limit-branches]: this `if` has more than 100 branches
      --> modules/web/kubernetes/t.yaml.tera:1:1617
    ");
    insta::assert_snapshot!(template(format!("{{{{ {}1 }}}}", "1 ~ ".repeat(50_000))), @r"
    error[template-syntax]: the expression is too complex
      --> modules/web/kubernetes/t.yaml.tera:1:1028
    ");
    insta::assert_snapshot!(template(format!("{{{{ {} }}}}", "[".repeat(50_000))), @r"
    error[template-syntax]: arrays can have a maximum of 2 dimensions
      --> modules/web/kubernetes/t.yaml.tera:1:6
    ");
    insta::assert_snapshot!(template(format!("{{{{ a{} }}}}", "[a".repeat(50_000))), @r"
    error[template-syntax]: identifiers can only have up to 4 nested brackets
      --> modules/web/kubernetes/t.yaml.tera:1:13
    ");
    insta::assert_snapshot!(template("{% component A() %}{{ <A /> }}{% endcomponent %}{{ <A /> }}".to_owned()), @r"
    error[template-error]: maximum render recursion depth for components exceeded
      --> modules/web/kubernetes/t.yaml.tera
    ");
}

#[test]
fn long_include_chains_end() {
    let mut fixture = Fixture::with_template("{}", "{% include \"_0.tera\" %}");
    for level in 0..5_000 {
        fixture = fixture.template(
            &format!("_{level}.tera"),
            &format!("{{% include \"_{}.tera\" %}}", level + 1),
        );
    }
    fixture = fixture.template("_5000.tera", "");
    insta::assert_snapshot!(fixture.errors().lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    error[limit-includes]: includes are nested deeper than 20
      --> modules/web/kubernetes/_4979.tera:1:12
    ");
}

#[test]
fn includes_that_fan_out_are_checked_once_each() {
    let mut fixture =
        Fixture::with_template("{}", "{% if false %}{% include \"_0.tera\" %}{% endif %}");
    for level in 0..18 {
        let next = format!("{{% include \"_{}.tera\" %}}", level + 1).repeat(10);
        fixture = fixture.template(&format!("_{level}.tera"), &next);
    }
    let rendered = fixture.template("_18.tera", "x").render().unwrap();
    assert!(rendered.state.manifests.is_empty());
}

#[test]
fn values_are_bounded() {
    let instances: String =
        (0..200).map(|i| format!("    - {{name: c{i}, module: web}}\n")).collect();
    let fixture = Fixture::new()
        .env(&format!("  values: {{big: {}}}\n  modules:\n{instances}", "x".repeat(1 << 20)))
        .module("{}")
        .template("t.yaml.tera", "");
    insta::assert_snapshot!(fixture.errors(), @r"
    error[limit-values]: the values of all instances take more than 128 MiB
      --> envs/dev/environment.yaml:135:14
    ");
}

#[test]
fn output_is_bounded() {
    let fixture = Fixture::with_template(
        "{}",
        "{% for a in range(end=1000) %}{% for b in range(end=1000) %}{{ a }}-{{ b }}: xxxxxxxxxxxxxxxxxxxxxxxxx\n{% endfor %}{% endfor %}",
    );
    let runner = InProcess { template_output: 1 << 20, total_output: 256 << 20 };
    insta::assert_snapshot!(render(&fixture.snapshot(), "dev", &runner).unwrap_err(), @r"
    error[limit-output]: this template renders more than 1 MiB
      --> modules/web/kubernetes/t.yaml.tera
    ");
}

#[test]
fn wide_documents_are_bounded() {
    let wide = format!("a: [{}]\n", "1,".repeat(1_000_001));
    insta::assert_snapshot!(manifest(&wide), @r"
    error[limit-nodes]: this document has more than 1000000 values
      --> envs/dev/manifests/m.yaml:1:2000003
    ");
}

#[test]
fn many_errors_in_one_file_are_cut() {
    let text: String = (0..500).map(|_| "- x\n---\n").collect();
    assert_eq!(manifest(&text).matches("not-an-object").count(), 50);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_yaml_panics(text in "[-a-c0-9:{}\\[\\],&*!?|>'\"#% \n\t.~<]{0,60}") {
        let _ = parse_kubernetes_yaml("f", &text);
        let _ = Fixture::with_manifest(&text).render();
        let _ = Fixture::new().file("envs/dev/environment.yaml", &text).render();
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        for path in ["suimon.yaml", "envs/dev/environment.yaml", "envs/dev/release.yaml",
            "envs/dev/manifests/a.yaml", "envs/dev/manifests/a.yaml.tera"]
        {
            let _ = Fixture::new().file(path, &bytes).render();
        }
        let _ = Fixture::with_template("{}", "").file("modules/web/module.yaml", &bytes).render();
    }

    #[test]
    fn no_template_panics(text in "(\\{\\{|\\}\\}|\\{%|%\\}|-|if|endif|for|in|endfor|set|raw|endraw|x|values|\\.|\\[|\\]|\\(|\\)|\\||\"|'| |\n|=|ref|,|~|is|not|defined|default|\\?|<|/|>|é){0,25}") {
        let _ = Fixture::with_template("{x: 1}", &text).render();
    }

    /// What suimon adds to a template must not change what it prints.
    #[test]
    fn additions_change_nothing(parts in prop::collection::vec(prop_oneof![
        Just("a: b\n"), Just("  "), Just("\n"), Just("{{ values.x }}"), Just("{{- values.x -}}"),
        Just("{% if values.x %}"), Just("{%- if true -%}"), Just("{% endif %}"), Just("{%- endif -%}"),
        Just("{# c #}"), Just("{#- c -#}"), Just("\n\n x\n"), Just("{% raw %}{{{% endraw %}"),
        Just("{% for i in [1, 2] %}"), Just("{{ i }}"), Just("{% endfor %}"), Just("{%- endfor %}"),
        Just("{% set y %}"), Just("{% endset %}"), Just("{{ name | upper }}"),
    ], 0..14)) {
        let (got, expected) = both(&parts.concat());
        prop_assert_eq!(got, expected);
    }

    /// The same for expressions whose variables are all defined.
    #[test]
    fn additions_change_no_expression(expression in expression()) {
        let text = format!("{{% set r = {expression} %}}{{% if r %}}T{{% else %}}F{{% endif %}}{{{{ \"\" ~ r }}}}{{% if {expression} %}}T{{% endif %}}");
        let (got, expected) = both(&text);
        // Tera refuses `a ~ -b`, and takes `a ~ (-b | filter)`.
        prop_assume!(expected.is_some());
        prop_assert_eq!(got, expected, "{}", text);
    }
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "values.x",
        "values.n",
        "values.l",
        "values.m",
        "values.m.k",
        "values[\"n\"]",
        "values.l[0]",
        "values.l[values.l[0]]",
        "values.m?.k",
        "name",
        "env",
        "1",
        "\"s\"",
        "true",
        "-values.n",
        "values.gone is defined",
        "values.gone is not defined",
        "values.gone | default(value=values.x)",
        "values.l[1:]",
        "loop_",
        "{\"a\": values.n}",
        "range(end=values.n)",
    ])
    .prop_map(|leaf| if leaf == "loop_" { "values.m['k']".to_owned() } else { leaf.to_owned() });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (
                two.clone(),
                prop::sample::select(vec![
                    "~", "==", "!=", "and", "or", "in", "not in", "+", "*", "<"
                ])
            )
                .prop_map(|((a, b), op)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.clone().prop_map(|a| format!("[{a}, values.x]")),
            inner.clone().prop_map(|a| format!("[...values.l, {a}]")),
            inner.clone().prop_map(|a| format!("[i for i in {a} if i != values.n]")),
            inner.clone().prop_map(|a| format!("[k ~ v for k, v in values.m if {a}]")),
            (
                inner.clone(),
                prop::sample::select(vec![
                    "upper",
                    "length",
                    "str",
                    "join(sep=name)",
                    "default(value=name)"
                ])
            )
                .prop_map(|(a, filter)| format!("{a} | {filter}")),
            (
                inner.clone(),
                prop::sample::select(vec![
                    "string",
                    "not number",
                    "containing(pat=values.n)",
                    "defined"
                ])
            )
                .prop_map(|(a, test)| format!("{a} is {test}")),
            (two, inner).prop_map(|((a, b), c)| format!("{a} if {b} else {c}")),
        ]
    })
}

/// What suimon and what Tera alone print.
fn both(text: &str) -> (Option<String>, Option<String>) {
    let mut context = tera::Context::new();
    context.insert("values", &serde_json::json!({"x": "v", "n": 2, "l": [1, 2], "m": {"k": "z"}}));
    context.insert("name", "api");
    context.insert("env", "dev");
    let mut plain = tera::Tera::default();
    let added = plain.add_raw_template("t", text).ok();
    let expected = added.and_then(|()| plain.render("t", &context).ok());
    let seen = Seen::default();
    let fixture = Fixture::with_template("{x: v, n: 2, l: [1, 2], m: {k: z}}", text);
    let _ = render(&fixture.snapshot(), "dev", &seen);
    let got = seen.0.into_inner().unwrap().map(|text| text.replace(|c| c >= '\u{100000}', ""));
    (got, expected)
}

/// Keeps the single answer of the in-process runner.
#[derive(Default)]
struct Seen(std::sync::Mutex<Option<String>>);

impl suimon_render::TemplateRunner for Seen {
    fn run(
        &self,
        batch: &suimon_render::TemplateBatch,
    ) -> Vec<Result<String, Vec<suimon_model::Diagnostic>>> {
        let answers = InProcess::default().run(batch);
        *self.0.lock().unwrap() = answers[0].clone().ok();
        answers
    }
}
