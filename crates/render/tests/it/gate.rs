use suimon_model::{Gate, GateFiles, MemorySnapshot, Probe, Snapshot, WindowTimes};
use suimon_render::{load_environment, load_gate, load_project, locate_gate};

use crate::support::Fixture;

const WHOLE: &str = r#"  gate:
    upstream: {healthyFor: 1h30m}
    approvals:
      - {role: peer, required: 2, from: [sre], expiresAfter: 24h}
      - {role: business}
    approvers:
      allowedSigners: envs/dev/allowed_signers
      revokedKeys: envs/dev/revoked
      forge: true
      groups: {sre: [aiko@example.com, "@ben"], qa: [chie@example.com]}
    windows:
      - {allow: Mon-Thu 10:00-16:00, timezone: Asia/Tokyo}
      - {freeze: 2026-12-24..2027-01-04, reason: holidays}
    checks:
      - {http: {url: "https://stg.example.com/health"}}
      - {name: smoke, command: [./smoke, --fast], timeout: 1m}
      - {name: told, http: {url: "http://a", expect: 204, contains: ok}}
    rules: [images-pinned, {replicas: {min: 2}}, limits-set: ]
    breakGlass: {from: [sre]}
    rollback: {approvals: [{role: peer, from: [sre, qa]}], windows: true, checks: false}
"#;

/// `dev` with an environment before it.
fn with_gate(gate: &str) -> Fixture {
    Fixture::new()
        .file("suimon.yaml", "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec: {pipeline: [first, dev]}\n")
        .file("envs/first/environment.yaml", "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {name: first}\nspec: {platform: ecs}\n")
        .file("envs/dev/allowed_signers", "aiko@example.com ssh-ed25519 AAAA\n")
        .file("envs/dev/revoked", "")
        .file("policies/a.rego", "package main\n")
        .file("policies/a_test.rego", "package main\n")
        .file("policies/team/b.rego", "package team\n")
        .file("policies/README.md", "x")
        .env(gate)
}

fn gate(text: &str) -> (Gate, GateFiles) {
    let (environment, files) =
        load_gate(&with_gate(text).snapshot(), "dev").unwrap_or_else(|errors| panic!("{errors}"));
    (environment.gate.unwrap(), files)
}

fn wrong(gate: &str) -> String {
    with_gate(&format!("  gate:\n    {gate}\n")).errors()
}

#[test]
fn every_part_of_a_gate_is_read() {
    let (gate, _) = gate(WHOLE);
    insta::assert_snapshot!(serde_json::to_string(&gate).unwrap(), @r#"{"upstream":{"healthyFor":5400},"approvals":[{"role":"peer","required":2,"from":["sre"],"expiresAfter":86400},{"role":"business","required":1}],"approvers":{"allowedSigners":"envs/dev/allowed_signers","revokedKeys":"envs/dev/revoked","forge":true,"groups":{"qa":["chie@example.com"],"sre":["aiko@example.com","@ben"]}},"windows":[{"allow":"Mon-Thu 10:00-16:00","timezone":"Asia/Tokyo"},{"freeze":"2026-12-24..2027-01-04","timezone":"UTC","reason":"holidays"}],"checks":[{"name":"https://stg.example.com/health","http":{"url":"https://stg.example.com/health","expect":200},"timeout":10},{"name":"smoke","command":["./smoke","--fast"],"timeout":60},{"name":"told","http":{"url":"http://a","expect":204,"contains":"ok"},"timeout":10}],"rules":[{"name":"images-pinned"},{"name":"replicas","settings":{"min":2}},{"name":"limits-set"}],"breakGlass":{"from":["sre"]},"rollback":{"approvals":[{"role":"peer","required":1,"from":["sre","qa"]}],"windows":true,"checks":false}}"#);
    // What is read is what the model writes.
    let again: Gate = serde_json::from_value(serde_json::to_value(&gate).unwrap()).unwrap();
    assert_eq!(again, gate);
}

#[test]
fn the_files_of_a_gate_come_from_the_snapshot() {
    let (_, files) = gate(WHOLE);
    assert_eq!(files.allowed_signers.as_deref(), Some("aiko@example.com ssh-ed25519 AAAA\n"));
    assert_eq!(files.revoked_keys.as_deref(), Some(""));
    let policies: Vec<_> = files.policies.keys().map(String::as_str).collect();
    assert_eq!(policies, ["policies/a.rego", "policies/team/b.rego"]);
    let rendered = with_gate(WHOLE).render().unwrap();
    assert_eq!(rendered.state.gate_files, files);
    // An environment without a gate is judged with nothing.
    let ungated = with_gate("").render().unwrap();
    assert_eq!(ungated.state.gate_files, GateFiles::default());
    assert_eq!(ungated.state.environment.gate, None);
}

#[test]
fn a_gate_can_be_small() {
    for (text, expected) in [
        ("  gate: {}\n", Gate::default()),
        ("  gate: {breakGlass: false, rules: [], windows: []}\n", Gate::default()),
    ] {
        assert_eq!(gate(text).0, expected, "{text}");
    }
    let (one, _) = gate("  gate: {upstream: {}, breakGlass: true, rollback: {}}\n");
    assert_eq!(one.upstream.unwrap().healthy_for, 0);
    assert_eq!(one.break_glass.unwrap().from, Vec::<String>::new());
    assert_eq!(one.rollback.unwrap(), suimon_model::RollbackRule::default());
    let (one, _) =
        gate("  gate: {windows: [{freeze: Fri 15:00-24:00}], checks: [{command: [x]}]}\n");
    assert_eq!(one.windows[0].when, WindowTimes::Freeze("Fri 15:00-24:00".into()));
    assert_eq!(one.windows[0].timezone, "UTC");
    assert_eq!(one.checks[0].probe, Probe::Command(vec!["x".into()]));
    assert_eq!((one.checks[0].name.as_str(), one.checks[0].timeout), ("x", 10));
}

#[test]
fn a_gate_is_read_without_the_rest_of_the_project() {
    let broken = with_gate(WHOLE)
        .file("envs/dev/release.yaml", "nonsense: {")
        .file("envs/dev/manifests/a.yaml.tera", "{{ nope }}");
    assert!(load_gate(&broken.snapshot(), "dev").is_ok());
    let missing = load_gate(&broken.snapshot(), "prod").unwrap_err().to_string();
    assert!(missing.contains("there is no environment `prod`"), "{missing}");
}

#[test]
fn unknown_keys_are_shown_with_the_nearest_one() {
    for (gate, place, help) in [
        ("upstreem: {}", "7:5", "did you mean `upstream`?"),
        ("upstream: {healthy: 1m}", "7:16", "did you mean `healthyFor`?"),
        ("approvals: [{role: a, require: 1}]", "7:27", "did you mean `required`?"),
        ("approvers: {allowedSigner: a}", "7:17", "did you mean `allowedSigners`?"),
        ("windows: [{alow: x}]", "7:16", "did you mean `allow`?"),
        ("checks: [{http: {uri: x}}]", "7:22", "did you mean `url`?"),
        ("checks: [{htp: {}}]", "7:15", "did you mean `http`?"),
        ("breakGlass: {form: []}", "7:18", "did you mean `from`?"),
        ("rollback: {window: true}", "7:16", "did you mean `windows`?"),
    ] {
        let errors = wrong(gate);
        let expected = format!("envs/dev/environment.yaml:{place}\n  help: {help}");
        assert!(errors.contains(&expected), "{gate}\n{errors}");
    }
}

#[test]
fn wrong_approvals_are_shown_at_their_place() {
    insta::assert_snapshot!(wrong(r#"upstream: {healthyFor: 30}
    approvals:
      - {role: peer, required: 0}
      - {role: peer, from: [], expiresAfter: 0s}
      - {role: "bad role", from: [srre, sre, sre]}
      - {required: -1}
      - {role: many, required: 3, from: [sre, both]}
      - text
    approvers: {forge: true, groups: {sre: [a@example.com], both: [a@example.com, b@example.com]}}"#), @r"
    error[wrong-type]: `healthyFor` must be a length of time, not a number
      --> envs/dev/environment.yaml:7:28
      help: give a unit: `30s`, `30m`, `30h`, …

    error[wrong-value]: `required` must be at least 1
      --> envs/dev/environment.yaml:9:32
      help: leave the approval out if nobody has to give it

    error[duplicate]: the role `peer` is given twice
      --> envs/dev/environment.yaml:10:16
      ::: envs/dev/environment.yaml:9:16: first given here

    error[empty-list]: `from` names no group
      --> envs/dev/environment.yaml:10:28
      help: name a group, or leave `from` out to mean everybody who is known

    error[wrong-value]: `expiresAfter` must be more than nothing
      --> envs/dev/environment.yaml:10:46

    error[bad-name]: `role` must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/environment.yaml:11:16

    error[no-group]: there is no group `srre`
      --> envs/dev/environment.yaml:11:35
      help: did you mean `sre`?

    error[duplicate]: the group `sre` is given twice
      --> envs/dev/environment.yaml:11:46
      ::: envs/dev/environment.yaml:11:41: first given here

    error[missing-key]: `role` is missing
      --> envs/dev/environment.yaml:12:9

    error[wrong-type]: `required` must be a whole number from 0
      --> envs/dev/environment.yaml:12:20

    error[too-few-people]: `required` is 3, and the groups it is from have 2 people
      --> envs/dev/environment.yaml:13:32

    error[wrong-type]: an approval must be a mapping, not a string
      --> envs/dev/environment.yaml:14:9
    ");
}

#[test]
fn wrong_approvers_are_shown_at_their_place() {
    insta::assert_snapshot!(wrong(r#"approvers:
      allowedSigners: ../signers
      revokedKeys: /etc/keys
      forge: yess
      groups: {none: [], odd: "x", twice: [a, a], "x y": ["*@example.com"]}
    breakGlass: {from: [nobody]}
    rollback: {windows: 1, approvals: [{role: x, from: [nobody]}]}"#), @r"
    error[wrong-value]: `allowedSigners` is not a path in the project
      --> envs/dev/environment.yaml:8:23
      help: write it from the project's root, such as `envs/prod/allowed_signers`

    error[wrong-value]: `revokedKeys` is not a path in the project
      --> envs/dev/environment.yaml:9:20
      help: write it from the project's root, such as `envs/prod/allowed_signers`

    error[wrong-type]: `forge` must be a boolean, not a string
      --> envs/dev/environment.yaml:10:14

    error[empty-group]: the group `none` has no members
      --> envs/dev/environment.yaml:11:16

    error[wrong-type]: the group `odd` must be a list of people, not a string
      --> envs/dev/environment.yaml:11:31

    error[duplicate-member]: `a` is in the group `twice` twice
      --> envs/dev/environment.yaml:11:47

    error[bad-name]: the group's name must hold only letters, digits, `-`, `_` and `.`, and start and end with a letter or digit
      --> envs/dev/environment.yaml:11:51

    error[wrong-value]: `x y` has a member that is nobody
      --> envs/dev/environment.yaml:11:59
      help: write an e-mail address of the allowed signers, or `@login` of the forge

    error[no-group]: there is no group `nobody`
      --> envs/dev/environment.yaml:12:25
      help: known here: none, odd, twice, x y

    error[wrong-type]: `windows` must be a boolean, not a number
      --> envs/dev/environment.yaml:13:25

    error[no-group]: there is no group `nobody`
      --> envs/dev/environment.yaml:13:57
      help: known here: none, odd, twice, x y
    ");
}

#[test]
fn wrong_windows_checks_and_rules_are_shown_at_their_place() {
    insta::assert_snapshot!(wrong(r#"windows: [{allow: a, freeze: b}, {timezone: UTC}, {allow: "", timezone: 5}]
    checks:
      - {name: one}
      - {http: {url: ftp://x}, timeout: 5}
      - {http: {url: "https://user:pw@x/"}}
      - {http: {url: "https://x/", expect: 99}}
      - {http: {expect: ok, url: "https://x/"}}
      - {command: []}
      - {command: ls}
      - {name: one, command: [a]}
      - {name: one, command: [b]}
    rules: [a, a, {b: {}, c: {}}, 5, ""]"#), @r#"
    error[wrong-value]: a window needs exactly one of `allow`, `freeze`
      --> envs/dev/environment.yaml:7:15

    error[wrong-value]: a window needs exactly one of `allow`, `freeze`
      --> envs/dev/environment.yaml:7:38

    error[wrong-value]: `allow` must not be empty
      --> envs/dev/environment.yaml:7:63

    error[wrong-type]: `timezone` must be a string, not a number
      --> envs/dev/environment.yaml:7:77
      help: write it in quotes: "5"

    error[wrong-value]: a check needs exactly one of `http`, `command`
      --> envs/dev/environment.yaml:9:9

    error[wrong-value]: `url` is not a web address
      --> envs/dev/environment.yaml:10:22
      help: write `https://host/path` or `http://host/path`

    error[wrong-type]: `timeout` must be a length of time, not a number
      --> envs/dev/environment.yaml:10:41
      help: give a unit: `5s`, `5m`, `5h`, …

    error[secret-in-file]: `url` has a user or a password in it
      --> envs/dev/environment.yaml:11:22
      help: give an address that answers without one

    error[wrong-value]: `expect` must be an HTTP status from 100 to 599
      --> envs/dev/environment.yaml:12:44

    error[wrong-type]: `expect` must be a whole number from 0, not a string
      --> envs/dev/environment.yaml:13:25

    error[empty-list]: `command` names no program
      --> envs/dev/environment.yaml:14:19

    error[wrong-type]: `command` must be a list: a program and its arguments, not a string
      --> envs/dev/environment.yaml:15:19

    error[duplicate]: the check `one` is given twice
      --> envs/dev/environment.yaml:17:9
      ::: envs/dev/environment.yaml:16:9: first given here

    error[duplicate]: the rule `a` is given twice
      --> envs/dev/environment.yaml:18:16
      ::: envs/dev/environment.yaml:18:13: first given here

    error[wrong-value]: a rule must be a name, or a name and its settings
      --> envs/dev/environment.yaml:18:19
      help: write `images-pinned` or `{replicas: {min: 2}}`

    error[wrong-value]: a rule must be a name, or a name and its settings
      --> envs/dev/environment.yaml:18:35
      help: write `images-pinned` or `{replicas: {min: 2}}`

    error[wrong-value]: a rule must be a name, or a name and its settings
      --> envs/dev/environment.yaml:18:38
      help: write `images-pinned` or `{replicas: {min: 2}}`
    "#);
}

#[test]
fn an_approval_that_nobody_can_give_is_an_error() {
    insta::assert_snapshot!(wrong("approvals: [{role: peer}]"), @r"
    error[no-approvers]: nobody could give these approvals
      --> envs/dev/environment.yaml:7:5
      help: name a file in `approvers.allowedSigners`, or write `approvers: {forge: true}`
    ");
    insta::assert_snapshot!(wrong("rollback: {approvals: [{role: peer}]}\n    approvers: {groups: {a: [b]}}"), @r"
    error[no-approvers]: nobody could give these approvals
      --> envs/dev/environment.yaml:7:16
      help: name a file in `approvers.allowedSigners`, or write `approvers: {forge: true}`
    ");
}

#[test]
fn a_gate_asks_only_for_an_environment_that_is_before_it() {
    let upstream = "  gate: {upstream: {healthyFor: 5m}}\n";
    let first = Fixture::new().env(upstream);
    insta::assert_snapshot!(first.errors(), @r"
    error[no-upstream]: there is no environment before `dev`
      --> envs/dev/environment.yaml:6:10
      why: the pipeline is dev
      help: remove `upstream` from its gate
    ");
    let outside = with_gate(upstream).file("suimon.yaml", "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec: {pipeline: [first]}\n");
    insta::assert_snapshot!(outside.errors(), @r"
    error[no-upstream]: there is no environment before `dev`
      --> envs/dev/environment.yaml:6:10
      why: it is not in the pipeline of `suimon.yaml`
      help: remove `upstream` from its gate
    ");
    let snapshot = outside.snapshot();
    let project = load_project(&snapshot).unwrap();
    assert!(load_environment(&snapshot, &project, "dev").is_err());
    // As it stood at another revision it may be read all the same.
    assert!(load_gate(&snapshot, "dev").is_ok());
}

#[test]
fn a_missing_file_is_shown_where_it_is_named() {
    let named = "  gate:\n    approvers:\n      allowedSigners: envs/dev/signers\n      revokedKeys: envs/dev/gone\n      forge: true\n";
    insta::assert_snapshot!(with_gate(named).errors(), @r"
    error[no-file]: there is no file `envs/dev/signers`
      --> envs/dev/environment.yaml:8:23
      help: write its path from the project's root, and commit it

    error[no-file]: there is no file `envs/dev/gone`
      --> envs/dev/environment.yaml:9:20
      help: write its path from the project's root, and commit it
    ");
    let binary = with_gate(WHOLE).file("envs/dev/allowed_signers", b"\xff").errors();
    assert!(binary.contains("envs/dev/allowed_signers:1"), "{binary}");
}

#[test]
fn too_many_policies_are_refused() {
    let long = with_gate(WHOLE).file("policies/z.rego", "#".repeat((4 << 20) + 1)).errors();
    assert!(long.contains("the policies are longer than 4 MiB"), "{long}");
}

#[test]
fn a_pointer_finds_its_place() {
    let snapshot = with_gate(WHOLE).snapshot();
    for (pointer, place) in [
        ("", "6:3"),
        ("/upstream/healthyFor", "7:28"),
        ("/approvals/0/from/0", "9:42"),
        ("/approvers/groups/sre", "15:21"),
        ("/windows/1/freeze", "18:18"),
        ("/rules/1", "23:28"),
        ("/rules/1/replicas/min", "23:45"),
        ("/rules/1/settings/min", "23:45"),
        ("/rules/1/name", "23:29"),
        ("/rules/0/settings/min", "23:13"),
        ("/windows/7/allow", "17:7"),
        ("/nothing", "7:5"),
    ] {
        let found = locate_gate(&snapshot, "dev", pointer);
        assert_eq!(found.to_string(), format!("envs/dev/environment.yaml:{place}"), "{pointer}");
    }
    let ungated = with_gate("").snapshot();
    assert_eq!(locate_gate(&ungated, "dev", "/rules").to_string(), "envs/dev/environment.yaml");
    assert_eq!(locate_gate(&ungated, "../x", "").line, 0);
    let nothing: &dyn Snapshot = &MemorySnapshot::default();
    assert_eq!(locate_gate(nothing, "dev", "").line, 0);
}

#[test]
fn a_project_names_its_branch_forge_and_ledger() {
    let project = |spec: &str| {
        let text = format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {{name: shop}}\nspec:\n  pipeline: [dev]\n{spec}"
        );
        let snapshot = Fixture::new()
            .file("suimon.yaml", text)
            .file("signers", "a@example.com ssh-ed25519 AAAA\n")
            .snapshot();
        load_project(&snapshot).map_err(|errors| errors.to_string())
    };
    let read = project("  branch: release/2026\n  forge: {kind: forgejo, url: \"https://git.example.com\", repository: a/b/c}\n  ledger: {remote: upstream, allowedSigners: signers}\n").unwrap();
    insta::assert_snapshot!(serde_json::to_string(&read).unwrap(), @r#"{"name":"shop","pipeline":["dev"],"branch":"release/2026","forge":{"kind":"gitea","url":"https://git.example.com","repository":"a/b/c"},"ledger":{"remote":"upstream","allowedSigners":"signers"}}"#);
    let plain = project("").unwrap();
    assert_eq!((plain.branch, plain.forge, plain.ledger.remote), (None, None, None));
    insta::assert_snapshot!(project("  branch: refs/heads/main\n  forge: {kind: githb, url: git.example.com, repository: name, token: x}\n  ledger: {remote: \"git@x:y\", allowedSigners: gone}\n  brunch: x\n").unwrap_err(), @r"
    error[wrong-value]: `branch` is not the name of a branch
      --> suimon.yaml:6:11
      help: write its short name, such as `main`

    error[wrong-value]: there is no forge `githb`
      --> suimon.yaml:7:17
      help: did you mean `github`?

    error[wrong-value]: `url` is not a web address
      --> suimon.yaml:7:29
      help: write `https://host/path` or `http://host/path`

    error[wrong-value]: `repository` is not the path of a repository
      --> suimon.yaml:7:58
      help: write `owner/name`

    error[unknown-key]: unknown key `token` in `forge`
      --> suimon.yaml:7:64
      help: known here: kind, url, repository

    error[wrong-value]: `remote` is not the name of a Git remote
      --> suimon.yaml:8:20
      help: write a name that `git remote` lists, or `local`

    error[no-file]: there is no file `gone`
      --> suimon.yaml:8:47
      help: write its path from the project's root, and commit it

    error[unknown-key]: unknown key `brunch` in `spec`
      --> suimon.yaml:9:3
      help: did you mean `branch`?
    ");
    for branch in ["", "a..b", "-x", "a b", "a/", "x.lock", "@", ".a", "a:b"] {
        assert!(project(&format!("  branch: \"{branch}\"\n")).is_err(), "{branch}");
    }
    for forge in ["{}", "github", "{kind: github, url: \"https://u:p@x\"}"] {
        assert!(project(&format!("  forge: {forge}\n")).is_err(), "{forge}");
    }
    for ledger in ["{remote: -x}", "{remote: \"\"}", "{allowedSigners: /etc/passwd}", "x"] {
        assert!(project(&format!("  ledger: {ledger}\n")).is_err(), "{ledger}");
    }
}
