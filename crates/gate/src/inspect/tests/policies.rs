use serde_json::{Value, json};

use super::*;

fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "web", "labels": {"team": "sre"}},
        "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "c", "image": "r/api:1"}]}}},
    })
}

/// What a policy with this body says about one Deployment.
fn says(policy: &str) -> String {
    lines(&asked(&[("p.rego", policy)], &[deployment("api")]))
}

#[test]
fn deny_violation_and_warn_are_told_apart_in_every_package() {
    let first = "package main\n\ndeny contains msg if {\n  input.kind == \"Deployment\"\n  msg := sprintf(\"%s is here\", [input.metadata.name])\n}\n\nwarn_replicas contains msg if {\n  input.spec.replicas > 2\n  msg := \"many replicas\"\n}\n\nwarning contains \"never\"\ndenylist contains \"never\"\nallow := false\n";
    let second = "package team.sre\nimport rego.v1\nviolation contains {\"msg\": \"no owner\", \"details\": {\"x\": 1}} if not input.metadata.labels.owner\ndeny_never contains \"never\" if input.kind == \"Pod\"\n";
    let conditions =
        asked(&[("a.rego", first), ("b.rego", second)], &[deployment("api"), deployment("web")]);
    insta::assert_snapshot!(lines(&conditions), @r"
    denied policy: Deployment.apps/web/api: api is here
    denied policy: Deployment.apps/web/web: web is here
    warned policy: Deployment.apps/web/api: many replicas
    warned policy: Deployment.apps/web/web: many replicas
    passed policy: `team.sre.deny_never` holds for 2 objects
    denied policy: Deployment.apps/web/api: no owner
    denied policy: Deployment.apps/web/web: no owner
    ");
    assert_eq!(
        conditions[0].help.as_deref(),
        Some("says `main.deny` of policies/a.rego about a.yaml:1")
    );
}

#[test]
fn both_dialects_are_read() {
    for (policy, expected) in [
        (
            "package main\ndeny[msg] { msg := \"old\" }\n",
            "denied policy: Deployment.apps/web/api: old",
        ),
        (
            "package main\nimport future.keywords\ndeny contains msg if { msg := \"future\" }\n",
            "denied policy: Deployment.apps/web/api: future",
        ),
        (
            "package main\nimport future.keywords.in\nviolation[{\"msg\": msg}] { some c in input.spec.template.spec.containers; msg := c.image }\n",
            "denied policy: Deployment.apps/web/api: r/api:1",
        ),
        (
            "package main\nimport rego.v1\ndeny contains msg if msg := \"one\"\n",
            "denied policy: Deployment.apps/web/api: one",
        ),
        (
            "package main\nwarn[msg] { msg = \"careful\" }\n",
            "warned policy: Deployment.apps/web/api: careful",
        ),
        (
            "package main\ndeny[msg] { input.spec.replicas < 2; msg := \"few\" }\n",
            "passed policy: `main.deny` holds for 1 object",
        ),
        // Every rule that refuses does, whatever its value is.
        (
            "package main\ndeny if input.kind == \"Deployment\"\n",
            "denied policy: Deployment.apps/web/api: (it gives no message)",
        ),
        ("package main\ndeny := \"text\"\n", "denied policy: Deployment.apps/web/api: text"),
        (
            "package main\ndeny[msg] if msg := \"key\"\n",
            "denied policy: Deployment.apps/web/api: key",
        ),
        ("package main\ndefault deny := false\n", "passed policy: `main.deny` holds for 1 object"),
        (
            "package main\ndeny contains msg if { some i; input.spec.template.spec.containers[i].image == \"r/api:1\"; msg := sprintf(\"%d\", [i]) }\n",
            "denied policy: Deployment.apps/web/api: 0",
        ),
        (
            "package main\ndeny contains msg if { every c in input.spec.template.spec.containers { startswith(c.image, \"r/\") }; msg := \"all\" }\n",
            "denied policy: Deployment.apps/web/api: all",
        ),
        (
            "package a[\"b.c\"]\ndeny contains \"odd\"\n",
            "denied policy: Deployment.apps/web/api: odd",
        ),
    ] {
        assert_eq!(says(policy), expected, "{policy}");
    }
}

#[test]
fn policies_share_functions_and_data_between_files() {
    let library = "package lib.k8s\nimport rego.v1\ncontainers(o) := o.spec.template.spec.containers\nmark := \"!\"\n";
    let policy = "package main\nimport data.lib.k8s as k\nimport data.lib.k8s.mark\ndeny contains msg if { some c in k.containers(input); msg := concat(\"\", [c.image, mark, data.lib.k8s.mark]) }\nwarn contains \"w\" if data.lib.k8s.containers(input)[0].name == \"d\"\n";
    let conditions = asked(&[("lib/k8s.rego", library), ("p.rego", policy)], &[deployment("api")]);
    insta::assert_snapshot!(lines(&conditions), @r"
    denied policy: Deployment.apps/web/api: r/api:1!!
    passed policy: `main.warn` holds for 1 object
    ");
}

#[test]
fn one_input_does_not_leak_into_the_next() {
    let policy = "package main\nseen := input.metadata.name\ndeny contains seen if seen == \"b\"\n";
    let objects = [deployment("a"), deployment("b"), deployment("c")];
    assert_eq!(
        lines(&asked(&[("p.rego", policy)], &objects)),
        "denied policy: Deployment.apps/web/b: b"
    );
}

#[test]
fn exceptions_waive_by_name() {
    let policy = |names: &str| {
        format!(
            "package main\ndeny_root contains \"root\"\ndeny contains \"plain\"\nexception contains rules if {{ input.metadata.name == \"api\"; rules := [{names}] }}\n"
        )
    };
    insta::assert_snapshot!(says(&policy("\"root\"")), @r"
    denied policy: Deployment.apps/web/api: plain
    waived policy: Deployment.apps/web/api: root; excepted
    passed policy: `main.deny_root` holds for 1 object
    ");
    insta::assert_snapshot!(says(&policy("\"\", \"root\"")), @r"
    waived policy: Deployment.apps/web/api: plain; excepted
    passed policy: `main.deny` holds for 1 object
    waived policy: Deployment.apps/web/api: root; excepted
    passed policy: `main.deny_root` holds for 1 object
    ");
    let other = lines(&asked(&[("p.rego", &policy("\"root\""))], &[deployment("other")]));
    assert!(other.contains("denied policy: Deployment.apps/web/other: root"), "{other}");
}

#[test]
fn a_policy_that_does_not_compile_denies_with_its_place() {
    let good = ("good.rego", "package main\ndeny contains \"x\"\n");
    let text = |policy: &str| lines(&asked(&[good, ("bad.rego", policy)], &[deployment("api")]));
    for (policy, expected) in [
        ("package main\ndeny contains msg if {\n  msg := \n}\n", "policies/bad.rego:3:7: "),
        (
            "package main\n\ndeny[msg] { msg := sprintf(\"%s\", [x] }\n",
            "policies/bad.rego:3:11: expecting }",
        ),
        ("", "policies/bad.rego"),
        ("not rego at all", "policies/bad.rego:1:1: "),
        (
            "package main\ndeny contains msg if { msg := undefined_thing }\n",
            "policies/bad.rego:2:31: nothing gives `undefined_thing` a value",
        ),
        (
            "package main\nf(x) := g(x)\ndeny contains f(1)\n",
            "policies/bad.rego:2:9: there is no function `g`",
        ),
        (
            "package main\ndeny contains msg if { http.send({\"url\": \"http://x\"}); msg := \"x\" }\n",
            "policies/bad.rego:2:24: `http.send` may not be used in a policy",
        ),
        (
            "package main\ndeny contains \"x\" if http[\"send\"]({})\n",
            "policies/bad.rego:2:22: `http.send` may not",
        ),
        (
            "package main\ndeny contains \"x\" if time.now_ns() > 1\n",
            "policies/bad.rego:2:22: `time.now_ns` may not",
        ),
        (
            "package main\ndeny contains \"x\" if rand.intn(\"a\", 2) == 1\n",
            "policies/bad.rego:2:22: `rand.intn` may not",
        ),
        (
            "package main\ndeny contains \"x\" if { count([1]) == 1 with count as rand.intn }\n",
            "`rand.intn` may not",
        ),
        (
            "package main\nimport data.rand as r\ndeny contains \"x\" if opa.runtime().env\n",
            "policies/bad.rego:3:22: `opa.runtime` may not",
        ),
        (
            "package main\ndeny contains \"x\" if uuid.rfc4122(\"a\") == \"b\"\n",
            "`uuid.rfc4122` may not",
        ),
        (
            "package main\ndeny contains \"x\" if net.lookup_ip_addr(\"a\")\n",
            "`net.lookup_ip_addr` may not",
        ),
        (
            "package main\ndeny contains \"x\" if time.parse_rfc3339_ns(\"a\") > 1\n",
            "there is no function `time.parse_rfc3339_ns`",
        ),
        (
            "package main\nf(x) := g(x)\ng(x) := f(x)\ndeny contains f(1)\n",
            "the function `f` calls itself",
        ),
    ] {
        let said = text(policy);
        assert!(said.starts_with("denied policy: "), "{policy}\n{said}");
        assert!(said.contains(expected), "{policy}\n{said}");
        // What is found before anything is judged is the same.
        let found = problems(&Gate::default(), &files(&[good, ("bad.rego", policy)]));
        assert!(
            found.iter().any(|problem| problem.message.contains(expected)),
            "{policy} {said} {found:?}"
        );
        assert!(found.iter().all(|problem| problem.pointer.is_empty()));
    }
    assert_eq!(problems(&Gate::default(), &files(&[good])), []);
}

#[test]
fn brackets_without_end_are_refused_at_once() {
    for open in ["[", "{", "(", "[[{(", "[x | x := ", "{\"a\": "] {
        let said = says(&format!("package main\nx := {}\n", open.repeat(500)));
        assert!(said.contains("brackets are nested deeper than 12 levels"), "{said}");
    }
    let many = "x := [[[[[[[[[[1]]]]]]]]]]\n".repeat(600);
    let said = says(&format!("package main\n{many}"));
    assert_eq!(said, "denied policy: policies/p.rego: the policies have too many nested brackets");
}

#[test]
fn every_broken_file_is_told_at_once() {
    let broken = "package main\ndeny contains msg if {\n";
    let found = problems(&Gate::default(), &files(&[("a.rego", broken), ("b.rego", broken)]));
    let named = |file: &str| found.iter().any(|problem| problem.message.starts_with(file));
    assert!(
        found.len() == 2 && named("policies/a.rego:") && named("policies/b.rego:"),
        "{found:?}"
    );
}

#[test]
fn a_policy_that_fails_on_an_object_denies_with_its_place() {
    for (policy, expected) in [
        (
            "package main\ndeny contains msg if {\n  msg := sprintf(\"%s\", [to_number(input.metadata.name)])\n}\n",
            "denied policy: policies/p.rego:3:",
        ),
        ("package main\na := b\nb := a\ndeny contains a\n", "denied policy: policies/p.rego:"),
        (
            "package main\ndeny contains \"x\" if count(numbers.range(1, 99999999999)) > 1\n",
            "a range may hold at most 100000 numbers",
        ),
        (
            "package main\np := 1\np := 2 if input.kind == \"Deployment\"\ndeny contains \"x\" if p == 1\n",
            "denied policy: policies/p.rego:",
        ),
    ] {
        let said = says(policy);
        assert!(said.starts_with("denied policy: policies/p.rego"), "{policy}\n{said}");
        assert!(said.contains(expected), "{policy}\n{said}");
    }
    let policy = "package main\ndeny contains \"x\" if to_number(input.metadata.name) > 1\ndeny_other contains \"found\" if input.metadata.name == \"b\"\n";
    let said =
        lines(&asked(&[("p.rego", policy)], &[deployment("a"), deployment("b"), deployment("c")]));
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains("asked about Deployment.apps/web/a and 2 more"), "{said}");
    assert!(said.contains("denied policy: Deployment.apps/web/b: found"), "{said}");
}

#[test]
fn policies_without_a_rule_say_so() {
    insta::assert_snapshot!(says("package main\ndenny contains \"x\"\n"), @"warned policy: the policies have no rule `deny`, `violation` or `warn`");
    assert_eq!(asked(&[], &[deployment("api")]), []);
}

#[test]
fn a_policy_may_print_and_nothing_is_seen_of_it() {
    let said = says("package main\ndeny contains \"x\" if { print(\"secret\", input); true }\n");
    assert_eq!(said, "denied policy: Deployment.apps/web/api: x");
}

#[test]
fn long_chains_of_rules_end() {
    let mut policy = "package main\nr0 := 1\nf0(x) := x\n".to_owned();
    for n in 1..1_200 {
        policy.push_str(&format!("r{n} := r{}\nf{n}(x) := f{}(x)\n", n - 1, n - 1));
    }
    policy.push_str("deny contains \"deep\" if { r1199 == 1; f1199(1) == 1 }\n");
    assert_eq!(says(&policy), "denied policy: Deployment.apps/web/api: deep");
    let many: String = (0..2_501).map(|n| format!("r{n} := {n}\n")).collect();
    let said = says(&format!("package main\n{many}"));
    assert!(said.contains("there are 2501 rules, at most 2500 are evaluated"), "{said}");
}

#[test]
fn a_policy_that_does_not_end_is_stopped() {
    let policy = "package main\nn := numbers.range(1, 5000)\ndeny contains \"x\" if { some a in n; some b in n; some c in n; a + b + c == -1 }\n";
    let said = lines(&asked(&[("p.rego", policy)], &[deployment("a"), deployment("b")]));
    assert_eq!(
        said,
        "denied policy: policies/p.rego: `main.deny` takes too long, asked about Deployment.apps/web/a"
    );
}
