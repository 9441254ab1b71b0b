use crate::support::Fixture;

const PRINT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ name }}}\ndata:\n  values: {{ values | json | quote }}\n";

fn fixture(env: &str, inputs: &str) -> Fixture {
    Fixture::new().env(env).module(inputs).template("t.yaml.tera", PRINT)
}

fn values(env: &str, inputs: &str) -> String {
    let rendered = fixture(env, inputs).render().unwrap_or_else(|errors| panic!("{errors}"));
    let body = rendered.state.manifests[0].body.value();
    body["data"]["values"].as_str().unwrap().to_owned()
}

#[test]
fn defaults_are_filled_in_everywhere() {
    let env =
        "  modules:\n    - {name: a, module: web, values: {list: [{}], more: {x: {}}, r: {}}}\n";
    let inputs = r##"{
      type: object,
      properties: {
        top: {default: 1},
        made: {type: object, properties: {a: {default: x}}},
        notmade: {type: object, required: [must], properties: {a: {default: x}, must: {}}},
        list: {type: array, items: {properties: {i: {default: 2}}}},
        more: {type: object, additionalProperties: {properties: {m: {default: 3}}}},
        r: {$ref: "#/$defs/part"},
        viaref: {$ref: "#/$defs/part"}},
      allOf: [{properties: {all: {default: [1]}}}],
      $defs: {part: {type: object, properties: {d: {default: {k: v}}}}}}"##;
    insta::assert_snapshot!(values(env, inputs), @r#"{"all":[1],"list":[{"i":2}],"made":{"a":"x"},"more":{"x":{"m":3}},"r":{"d":{"k":"v"}},"top":1,"viaref":{"d":{"k":"v"}}}"#);
}

#[test]
fn layers_are_merged_in_order() {
    let env = "  values: {a: {x: 1, y: 1}, l: [1, 2], n: 5}\n  modules:\n    - {name: a, module: web, values: {a: {y: 2, z: 2}, l: [3], n: null}}\n";
    let inputs =
        "{properties: {a: {properties: {w: {default: 0}, x: {default: 0}}}, d: {default: 0}}}";
    insta::assert_snapshot!(values(env, inputs), @r#"{"a":{"w":0,"x":1,"y":2,"z":2},"d":0,"l":[3],"n":null}"#);
}

#[test]
fn environment_values_need_not_be_declared_but_instance_values_must() {
    let inputs = "{type: object, additionalProperties: false, properties: {port: {type: integer}, app: {type: object, additionalProperties: false, properties: {x: {}}}}}";
    let env = "  values: {domain: d, app: {other: 1}}\n  modules:\n    - {name: a, module: web, values: {port: 1}}\n";
    insta::assert_snapshot!(values(env, inputs), @r#"{"app":{"other":1},"domain":"d","port":1}"#);
    let env = "  values: {domain: d, port: x}\n  modules:\n    - name: a\n      module: web\n      values:\n        prot: 1\n        app:\n          y: 1\n";
    insta::assert_snapshot!(fixture(env, inputs).errors(), @r"
    error[bad-value]: `values.port` must be a whole number, not a string
      --> envs/dev/environment.yaml:6:29
      ::: modules/web/module.yaml:5:75: the module says so here

    error[unknown-value]: `values` has no input `prot`
      --> envs/dev/environment.yaml:11:9
      help: did you mean `port`?

    error[unknown-value]: `values.app` has no input `y`
      --> envs/dev/environment.yaml:13:11
      help: did you mean `x`?
    ");
}

#[test]
fn a_bad_value_is_shown_where_it_is_written() {
    let inputs = "\n    type: object\n    required: [port]\n    properties:\n      port: {type: integer, minimum: 1}\n      tag: {type: string}\n      mode: {enum: [a, b]}\n      host: {type: string, pattern: \"^[a-z]+$\"}\n      n: {type: [string, \"null\"]}\n";
    let env = "  modules:\n    - name: a\n      module: web\n      values:\n        port: 0\n        tag: 1.20\n        mode: c\n        host: A b\n        n: 3\n    - {name: b, module: web}\n";
    insta::assert_snapshot!(fixture(env, inputs).errors(), @r#"
    error[bad-value]: `values.port` must be at least 1
      --> envs/dev/environment.yaml:10:15
      ::: modules/web/module.yaml:9:29: the module says so here

    error[bad-value]: `values.tag` must be a string, not a number
      --> envs/dev/environment.yaml:11:14
      ::: modules/web/module.yaml:10:13: the module says so here
      help: write it in quotes: "1.20"

    error[bad-value]: `values.mode` must be one of "a", "b"
      --> envs/dev/environment.yaml:12:15
      ::: modules/web/module.yaml:11:14: the module says so here

    error[bad-value]: `values.host` must match `^[a-z]+$`
      --> envs/dev/environment.yaml:13:15
      ::: modules/web/module.yaml:12:28: the module says so here

    error[bad-value]: `values.n` must be null or a string, not a number
      --> envs/dev/environment.yaml:14:12
      ::: modules/web/module.yaml:13:11: the module says so here
      help: write it in quotes: "3"

    error[missing-value]: `b` needs a value for `values.port`
      --> envs/dev/environment.yaml:15:14
      ::: modules/web/module.yaml:7:5: the module requires it here

    warning[shortened-number]: `1.20` is a number, and a template prints 1.2
      --> envs/dev/environment.yaml:11:14
      help: write "1.20" for text such as a version, 1.2 for a number
    "#);
}

#[test]
fn a_bad_default_and_a_bad_schema_are_the_modules_errors() {
    let env = "  modules:\n    - {name: a, module: web}\n";
    insta::assert_snapshot!(fixture(env, "\n    properties:\n      port: {type: integer, default: eighty}\n").errors(), @r"
    error[bad-default]: the default of `values.port` must be a whole number, not a string
      --> modules/web/module.yaml:7:29
    ");
    insta::assert_snapshot!(fixture(env, "\n    properties:\n      port: {type: integr}\n").errors(), @r#"
    error[bad-schema]: `inputs` is not a JSON Schema
      --> modules/web/module.yaml:7:20
      why: "integr" is not valid under any of the schemas listed in the 'anyOf' keyword
    "#);
    insta::assert_snapshot!(fixture(env, "{$ref: \"https://example.com/s.json\"}").errors(), @r"
    error[bad-schema]: `inputs` is not a JSON Schema
      --> modules/web/module.yaml:5:11
      why: Resource 'https://example.com/s.json' is not present in a registry and retrieving it failed: only `#/…` references are followed
    ");
    insta::assert_snapshot!(fixture(env, "{properties: {a: {type: string, pattern: \"(a\"}}}").errors(), @r#"
    error[bad-schema]: `inputs` is not a JSON Schema
      --> modules/web/module.yaml:5:52
      why: "(a" is not a "regex"
    "#);
    insta::assert_snapshot!(fixture(env, "{properties: {a: {type: string, pattern: \"(?=x)y\"}}}").errors(), @r#"
    error[bad-schema]: `inputs` is not a JSON Schema
      --> modules/web/module.yaml:5:52
      why: "(?=x)y" is not a "regex"
    "#);
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let env = "  modules:\n    - {name: a, module: web, values: {next: {next: {}}}}\n";
    let inputs = "{type: object, properties: {v: {default: 1}, next: {$ref: \"#\"}}}";
    insta::assert_snapshot!(values(env, inputs), @r#"{"next":{"next":{"v":1},"v":1},"v":1}"#);
    let env = "  modules:\n    - {name: a, module: web}\n";
    for endless in [
        "{$ref: \"#/$defs/a\", $defs: {a: {allOf: [{$ref: \"#/$defs/a\"}]}}}",
        "{allOf: [{$ref: \"#\"}, {$ref: \"#\"}]}",
        "{$ref: \"#\"}",
        "{properties: {a: {$ref: \"#/properties/a\"}}}",
    ] {
        let _ = fixture(env, endless).render();
    }
}

#[test]
fn a_schema_that_explodes_is_refused() {
    let env = "  modules:\n    - {name: a, module: web}\n";
    let defs = |step: &dyn Fn(usize) -> String, count: usize| -> String {
        let defs: Vec<String> = (0..count).map(|i| format!("d{i}: {}", step(i))).collect();
        format!(
            "{{$ref: \"#/$defs/d0\", $defs: {{{}, d{count}: {{default: 1}}}}}}",
            defs.join(", ")
        )
    };
    let twice = |i: usize| {
        format!("{{allOf: [{{$ref: \"#/$defs/d{0}\"}}, {{$ref: \"#/$defs/d{0}\"}}]}}", i + 1)
    };
    insta::assert_snapshot!(fixture(env, &defs(&twice, 40)).errors(), @r"
    error[limit-schema]: `inputs` expands to more than 100000 parts
      --> modules/web/module.yaml:5:11
    ");
    let wide = |i: usize| {
        format!(
            "{{type: object, properties: {{x: {{$ref: \"#/$defs/d{0}\"}}, y: {{$ref: \"#/$defs/d{0}\"}}}}}}",
            i + 1
        )
    };
    insta::assert_snapshot!(fixture(env, &defs(&wide, 40)).errors(), @r"
    error[limit-schema]: `inputs` expands to more than 100000 parts
      --> modules/web/module.yaml:5:11
    ");
    let long = |i: usize| format!("{{$ref: \"#/$defs/d{}\"}}", i + 1);
    insta::assert_snapshot!(fixture(env, &defs(&long, 20_000)).errors(), @r"
    error[limit-schema]: `inputs` expands to more than 100000 parts
      --> modules/web/module.yaml:5:11
    ");
}
