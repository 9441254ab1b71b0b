use suimon_model::{
    BreakGlassRule, Check, HttpProbe, RollbackRule, UpstreamRule, Window, WindowTimes,
};

use super::*;

const AIKO: &str = include_str!("../../tests/fixtures/keys/aiko.pub");

fn rule(role: &str, required: u32, from: &[&str]) -> ApprovalRule {
    let from = from.iter().map(|one| (*one).to_owned()).collect();
    ApprovalRule { role: role.into(), required, from, expires_after: None }
}

fn good() -> (Gate, GateFiles) {
    let gate = Gate {
        upstream: Some(UpstreamRule { healthy_for: 60 }),
        approvals: vec![rule("peer", 2, &["sre"]), rule("quality", 1, &[])],
        approvers: Some(Approvers {
            allowed_signers: Some("envs/prod/allowed_signers".into()),
            revoked_keys: Some("envs/prod/revoked".into()),
            forge: true,
            groups: [("sre".to_owned(), vec!["aiko@example.com".into(), "@ben".into()])].into(),
        }),
        windows: vec![Window {
            when: WindowTimes::Allow("Mon-Thu 10:00-16:00".into()),
            timezone: "Asia/Tokyo".into(),
            reason: None,
        }],
        checks: vec![
            Check {
                name: "stg".into(),
                probe: Probe::Http(HttpProbe {
                    url: "https://stg.example.com/health".into(),
                    expect: 200,
                    contains: None,
                }),
                timeout: 10,
            },
            Check {
                name: "smoke".into(),
                probe: Probe::Command(vec!["smoke".into()]),
                timeout: 60,
            },
        ],
        break_glass: Some(BreakGlassRule { from: vec!["sre".into()] }),
        rollback: Some(RollbackRule {
            approvals: vec![rule("oncall", 1, &["sre"])],
            ..RollbackRule::default()
        }),
        ..Gate::default()
    };
    let files = GateFiles {
        allowed_signers: Some(format!("# people\naiko@example.com {AIKO}")),
        revoked_keys: Some(String::new()),
        ..GateFiles::default()
    };
    (gate, files)
}

#[test]
fn a_good_gate_has_no_problems() {
    let (gate, files) = good();
    assert_eq!(check(&gate, &files), []);
    assert_eq!(check(&Gate::default(), &GateFiles::default()), []);
}

type Spoil = fn(&mut Gate, &mut GateFiles);

const PROBLEMS: &[(Spoil, &str, &str)] = &[
    (|g, _| g.approvals[0].role.clear(), "/approvals/0/role", "`` is no name of a role"),
    (|g, _| g.approvals[0].role = "a b".into(), "/approvals/0/role", "`a b` is no name of a role"),
    (
        |g, _| g.approvals[1].role = "peer".into(),
        "/approvals/1/role",
        "the role `peer` is asked for twice",
    ),
    (|g, _| g.approvals[1].required = 0, "/approvals/1/required", "0 approvals are none"),
    (
        |g, _| g.approvals[1].from = vec!["qa".into()],
        "/approvals/1/from/0",
        "there is no group `qa`",
    ),
    (
        |g, _| g.approvals[0].required = 3,
        "/approvals/0/required",
        "3 of role `peer` are needed, and 2 of sre can give one",
    ),
    (
        |g, _| g.approvers.as_mut().unwrap().forge = false,
        "/approvals/0/required",
        "2 of role `peer` are needed, and 1 of sre can give one",
    ),
    (
        |g, _| {
            g.approvers.as_mut().unwrap().groups.insert("a/b~c".into(), Vec::new());
        },
        "/approvers/groups/a~1b~0c",
        "group `a/b~c` has no members",
    ),
    (
        |g, _| {
            g.approvers
                .as_mut()
                .unwrap()
                .groups
                .get_mut("sre")
                .unwrap()
                .push("*@example.com".into());
        },
        "/approvers/groups/sre/2",
        "`*@example.com` names nobody",
    ),
    (|_, f| f.revoked_keys = None, "/approvers/revokedKeys", "there is no file envs/prod/revoked"),
    (
        |_, f| f.revoked_keys = Some("\nx".into()),
        "/approvers/revokedKeys",
        "envs/prod/revoked:2: this is not a public key in OpenSSH's format",
    ),
    (
        |_, f| f.allowed_signers.as_mut().unwrap().push_str("*@x ssh-ed25519 AAAA"),
        "/approvers/allowedSigners",
        "envs/prod/allowed_signers:3: `*@x` is a pattern, and a pattern cannot name a person",
    ),
    (
        |g, _| g.windows[0].timezone = "Tokyo".into(),
        "/windows/0/timezone",
        "`Tokyo` is not a time zone",
    ),
    (
        |g, _| g.windows[0].when = WindowTimes::Allow("Mo".into()),
        "/windows/0/allow",
        "`Mo` is no day of the week such as `Mon`",
    ),
    (
        |g, _| g.windows[0].when = WindowTimes::Freeze("2026".into()),
        "/windows/0/freeze",
        "`2026` is no date or date and time",
    ),
    (|g, _| g.checks[1].name = "stg".into(), "/checks/1", "two checks are named `stg`"),
    (
        |g, _| g.checks[1].timeout = 0,
        "/checks/1/timeout",
        "a check that may take no time has no answer",
    ),
    (
        |g, _| g.checks[1].probe = Probe::Command(Vec::new()),
        "/checks/1/command",
        "there is no program",
    ),
    (
        |g, _| g.break_glass.as_mut().unwrap().from.push("x".into()),
        "/breakGlass/from/1",
        "there is no group `x`",
    ),
    (
        |g, _| g.rollback.as_mut().unwrap().approvals[0].from[0] = "x".into(),
        "/rollback/approvals/0/from/0",
        "there is no group `x`",
    ),
];

#[test]
fn every_problem_is_pointed_at() {
    for (spoil, pointer, message) in PROBLEMS {
        let (mut gate, mut files) = good();
        spoil(&mut gate, &mut files);
        let problems = check(&gate, &files);
        let found: Vec<(&str, &str)> =
            problems.iter().map(|one| (one.pointer.as_str(), one.message.as_str())).collect();
        assert!(found.contains(&(*pointer, *message)), "{pointer}: {found:?}");
        assert!(problems.iter().all(|one| one.help.is_some()), "{problems:?}");
    }
}

#[test]
fn addresses_of_checks() {
    let cases = [
        ("https://example.com", true),
        ("http://[::1]:8080/health?x=1", true),
        ("ftp://example.com", false),
        ("file:///etc/passwd", false),
        ("example.com", false),
        ("https://", false),
        ("https:///path", false),
        ("", false),
    ];
    for (url, good_url) in cases {
        let (mut gate, files) = good();
        let probe = HttpProbe { url: url.into(), expect: 200, contains: None };
        gate.checks[0].probe = Probe::Http(probe);
        assert_eq!(check(&gate, &files).is_empty(), good_url, "{url}");
    }
    let (mut gate, files) = good();
    let url = "https://example.com".to_owned();
    gate.checks[0].probe = Probe::Http(HttpProbe { url, expect: 20, contains: None });
    assert_eq!(check(&gate, &files)[0].pointer, "/checks/0/http/expect");
}

#[test]
fn approvals_come_from_somewhere_and_files_are_there() {
    let (mut gate, files) = good();
    gate.approvers = None;
    let pointers: Vec<String> = check(&gate, &files).into_iter().map(|one| one.pointer).collect();
    assert_eq!(
        pointers,
        [
            "/approvals",
            "/approvals/0/from/0",
            "/breakGlass/from/0",
            "/rollback/approvals",
            "/rollback/approvals/0/from/0",
        ]
    );
    let (gate, _) = good();
    let pointers: Vec<String> =
        check(&gate, &GateFiles::default()).into_iter().map(|one| one.pointer).collect();
    assert_eq!(
        pointers,
        ["/approvals/0/required", "/approvers/allowedSigners", "/approvers/revokedKeys"]
    );
}
