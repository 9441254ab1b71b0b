//! Templates and YAML that mean harm.

use crate::env::Env;

/// Validates a project whose one template is this; what it says on standard error.
fn template(body: &str) -> String {
    let env = Env::offline();
    env.with_manifests("");
    env.file("envs/dev/manifests/t.yaml.tera", body);
    let ran = env.suimon(&["validate"]).code(1);
    ran.problems()
}

/// The same for a manifest.
fn manifest(body: &str) -> String {
    let env = Env::offline();
    env.with_manifests(body);
    let ran = env.suimon(&["validate"]).code(1);
    ran.problems()
}

/// Which of the limits ends a template depends on the machine; what is said does not.
#[track_caller]
fn over_a_limit(said: &str) {
    let mut lines = said.lines();
    let first = lines.next().unwrap();
    assert!(first.starts_with("error[template-limit]: template exceeded "), "{said}");
    let rest: Vec<&str> = lines.map(str::trim).collect();
    assert_eq!(
        rest,
        [
            "--> envs/dev/manifests/t.yaml.tera",
            "help: look for a loop over a large range, or a string that grows in a loop",
        ]
    );
}

#[test]
fn endless_loops_end() {
    let nested = "{% for a in range(end=100000) %}{% for b in range(end=100000) %}{% for c in range(end=100000) %}{% endfor %}{% endfor %}{% endfor %}";
    over_a_limit(&template(nested));
}

#[test]
fn doubling_strings_end() {
    let doubling = "{% set_global s = \"xxxxxxxx\" %}{% for i in range(end=64) %}{% set_global s = s ~ s %}{% endfor %}{{ s }}";
    over_a_limit(&template(doubling));
}

#[test]
fn recursion_ends() {
    insta::assert_snapshot!(template("{% macro m() %}{{ self::m() }}{% endmacro %}{{ self::m() }}"), @r"
    error[template-syntax]: unknown tag
      --> envs/dev/manifests/t.yaml.tera:1:4
       |
     1 | {% macro m() %}{{ self::m() }}{% endmacro %}{{ self::m() }}
       |    ^
    ");
    insta::assert_snapshot!(template("{% include \"t.yaml.tera\" %}"), @r#"
    error[include-cycle]: this include leads back to where it started
      --> envs/dev/manifests/t.yaml.tera:1:12
       |
     1 | {% include "t.yaml.tera" %}
       |            ^
      why: t.yaml.tera → t.yaml.tera
    "#);
}

#[test]
fn templates_are_pure() {
    let mut all = String::new();
    for call in [
        "get_env(name=\"HOME\")",
        "now()",
        "get_random(start=0, end=9)",
        "read_file(path=\"/etc/passwd\")",
    ] {
        all += &template(&format!("a: {{{{ {call} }}}}"));
        all += "\n\n";
    }
    insta::assert_snapshot!(all, @r#"
    error[impure-function]: `get_env` is not available: renders must be pure
      --> envs/dev/manifests/t.yaml.tera:1:7
       |
     1 | a: {{ get_env(name="HOME") }}
       |       ^
      why: the same commit must render the same bytes everywhere
      help: put the value into `values`, where it is reviewed

    error[impure-function]: `now` is not available: renders must be pure
      --> envs/dev/manifests/t.yaml.tera:1:7
       |
     1 | a: {{ now() }}
       |       ^
      why: the same commit must render the same bytes everywhere
      help: put the value into `values`, where it is reviewed

    error[impure-function]: `get_random` is not available: renders must be pure
      --> envs/dev/manifests/t.yaml.tera:1:7
       |
     1 | a: {{ get_random(start=0, end=9) }}
       |       ^
      why: the same commit must render the same bytes everywhere
      help: put the value into `values`, where it is reviewed

    error[impure-function]: `read_file` is not available: renders must be pure
      --> envs/dev/manifests/t.yaml.tera:1:7
      why: the same commit must render the same bytes everywhere
      help: put the value into `values`, where it is reviewed
    "#);
}

#[test]
fn includes_stay_inside() {
    let mut all = String::new();
    for path in
        ["../../../../etc/passwd", "/etc/passwd", "..%2fx", "a\\\\b", "https://example.com/x"]
    {
        all += &template(&format!("{{% include \"{path}\" %}}"));
        all += "\n\n";
    }
    insta::assert_snapshot!(all, @r#"
    error[template-include]: path leaves module root
      --> envs/dev/manifests/t.yaml.tera:1:12
      why: a template includes only templates of its own module and platform
      help: name the file from the platform folder, for example `_labels.yaml.tera`

    error[template-include]: path leaves module root
      --> envs/dev/manifests/t.yaml.tera:1:12
      why: a template includes only templates of its own module and platform
      help: name the file from the platform folder, for example `_labels.yaml.tera`

    error[template-include]: path leaves module root
      --> envs/dev/manifests/t.yaml.tera:1:12
       |
     1 | {% include "..%2fx" %}
       |            ^
      why: a template includes only templates of its own module and platform
      help: name the file from the platform folder, for example `_labels.yaml.tera`

    error[template-include]: path leaves module root
      --> envs/dev/manifests/t.yaml.tera:1:12
       |
     1 | {% include "a\\b" %}
       |            ^
      why: a template includes only templates of its own module and platform
      help: name the file from the platform folder, for example `_labels.yaml.tera`

    error[template-include]: path leaves module root
      --> envs/dev/manifests/t.yaml.tera:1:12
       |
     1 | {% include "https://example.com/x" %}
       |            ^
      why: a template includes only templates of its own module and platform
      help: name the file from the platform folder, for example `_labels.yaml.tera`
    "#);
}

#[test]
fn alias_bombs_and_deep_nesting_end() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let of = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [of.as_str(); 10].join(", "));
    }
    insta::assert_snapshot!(manifest(&bomb), @r"
    error[limit-aliases]: anchors and aliases expand past the limit of 100000 values or 16 MiB
      --> envs/dev/manifests/all.yaml:5:40
       |
     5 | a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]
       |                                        ^
    ");
    let deep = format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let said = manifest(&deep);
    let short: String = said.chars().take(300).collect();
    insta::assert_snapshot!(short, @r"
    error[limit-depth]: nested deeper than 100 levels
      --> envs/dev/manifests/all.yaml:1:104
       |
     1 | ...[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...
       |
    ");
    let said = manifest(
        &(0..100_000).map(|n| format!("{}a:\n", " ".repeat(n % 2000))).collect::<String>(),
    );
    assert!(said.starts_with("error["), "{said}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let env = Env::sandbox();
    env.with_manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default, annotations: {note: \"\\e[31mred\\u202e\\a\"}}\ndata: {\"k\": \"\\e]0;title\\a\\r\\b\"}\n");
    for args in [
        &["plan", "dev"][..],
        &["plan", "dev", "--format", "markdown"],
        &["apply", "dev", "--auto-approve", "-vv"],
    ] {
        let ran = env.suimon(args).code(0);
        let text = ran.all();
        let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{args:?}: {text:?}");
    }
    env.with_manifests("apiVersion: v1\nkind: \"Config\\e[31mMap\"\nmetadata: {name: a}\n");
    let text = env.suimon(&["validate"]).code(1).all();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn a_huge_plan_fits_into_a_comment() {
    let env = Env::sandbox();
    let many: String = (0..1500)
        .map(|n| crate::manifests::config_map("default", &format!("map-{n:04}"), &"x".repeat(100)))
        .collect();
    env.with_manifests(&many);
    let markdown = env.plan(&["--format", "markdown"]).code(0).stdout;
    assert!(markdown.chars().count() <= 65_536, "{}", markdown.chars().count());
    assert!(markdown.contains("1500 to add"), "{}", &markdown[..2000]);
    assert!(markdown.contains("Shortened to fit into a comment."), "{}", &markdown[..2000]);
    let json = env.plan(&["--json"]).code(0).json();
    assert_eq!(json["changes"].as_array().unwrap().len(), 1500, "JSON is never cut");
}
