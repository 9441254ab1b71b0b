//! n of m: every person once in a role, however many keys, names, accounts and copies they have.

use suimon_gate::{APPROVAL_NAMESPACE, Known, State};

use crate::world::{World, ago, public, rule, sign, signers};

/// Two approvals are asked for.
fn two() -> World {
    let mut world = World::new();
    world.gate().approvals[0].required = 2;
    world.trust();
    world
}

type Give = fn(&mut World);

const ONE: &[(&str, Give, &str)] = &[
    ("nobody", |_| {}, "peer: 0 of 2 approvals"),
    ("one", |w| w.approve("ben"), "peer: 1 of 2 approvals (ben@example.com)"),
    (
        "replayed",
        |w| {
            w.approve("ben");
            w.approve("ben");
            w.approve("ben");
        },
        "peer: 1 of 2 approvals (ben@example.com)",
    ),
    (
        "again at another time",
        |w| {
            w.approve("ben");
            w.approve_as("ben", |s| s.time = ago(2));
        },
        "1 of 2",
    ),
    (
        "two keys of one principal",
        |w| {
            *w.signer_file() += &signers(&[("ben@example.com", "old")]);
            w.trust();
            w.approve("ben");
            let text = w.statement("ben@example.com").text();
            let signature = sign("old", APPROVAL_NAMESPACE, &text);
            w.put(text, signature);
        },
        "1 of 2",
    ),
    (
        "two principals of one key",
        |w| {
            let team = w.approvers().groups.get_mut("team").unwrap();
            team.push("ben@corp.example".into());
            *w.signer_file() += &signers(&[("ben@corp.example", "ben")]);
            w.trust();
            w.approve("ben");
            w.approve_as("ben", |s| s.principal = "ben@corp.example".into());
        },
        "1 of 2",
    ),
    (
        "principals that share a key through a third",
        |w| {
            let team = w.approvers().groups.get_mut("team").unwrap();
            team.push("bee@example.com".into());
            *w.signer_file() += &signers(&[("bee@example.com", "old"), ("ben@example.com", "old")]);
            w.trust();
            w.approve("ben");
            let text = w.statement("bee@example.com").text();
            let signature = sign("old", APPROVAL_NAMESPACE, &text);
            w.put(text, signature);
        },
        "1 of 2",
    ),
    (
        "one person, signed and reviewed",
        |w| {
            w.approve("dan");
            w.review("dan");
        },
        "peer: 1 of 2 approvals (dan@example.com)",
    ),
    (
        "signed, and an account that nobody knows",
        |w| {
            w.approve("ben");
            w.review("frank");
        },
        "@frank may be who signed already",
    ),
    (
        "one that counts and one that does not",
        |w| {
            w.approve("ben");
            w.approve("carol");
        },
        "1 of 2 approvals (ben@example.com); carol@example.com does not count: an author",
    ),
    (
        "reviews twice",
        |w| {
            w.review("frank");
            w.review("FRANK");
        },
        "1 of 2 approvals (@frank)",
    ),
    (
        "the same key in two lines",
        |w| {
            *w.signer_file() += &format!("ben@example.com namespaces=\"*\" {}\n", public("ben"));
            w.trust();
            w.approve("ben");
            w.approve_as("ben", |s| s.time = ago(3));
        },
        "1 of 2",
    ),
];

#[test]
fn one_person_is_not_two() {
    for (case, give, reason) in ONE {
        let mut world = two();
        give(&mut world);
        world.assert_held(case, reason);
    }
}

#[test]
fn two_people_are_two() {
    let cases: &[(&str, Give)] = &[
        ("two signed", |w| {
            w.approve("ben");
            w.approve("aiko");
        }),
        ("signed, and another's account", |w| {
            w.approve("ben");
            w.review("dan");
        }),
        ("the account of another is known, so this one is a third's", |w| {
            w.approve("dan");
            w.review("frank");
        }),
        ("two accounts", |w| {
            w.review("dan");
            w.review("frank");
        }),
        ("forged ones beside", |w| {
            w.approve("ben");
            w.approve("carol");
            w.approve_as("dan", |s| s.digest.clear());
            w.approve("aiko");
        }),
        ("two who signed, one account", |w| {
            w.approve("ben");
            w.approve("aiko");
            w.review("frank");
        }),
    ];
    for (case, give) in cases {
        let mut world = two();
        give(&mut world);
        assert!(world.is_open(), "{case}: {}", world.show());
    }
}

#[test]
fn every_role_is_asked_for_by_itself() {
    let mut world = World::new();
    world.gate().approvals = vec![rule("peer", 1, &["team"]), rule("quality", 1, &["qa"])];
    world.trust();
    world.approve("ben");
    world.approve_as("ben", |s| s.role = "quality".into());
    insta::assert_snapshot!(world.show(), @r"
    passed trusted-policy: who may approve is read from 111111111111, the last revision applied
    passed uncommitted: the gate is read from commit 4f0c2ab91d3e
    passed approvals: peer: 1 of 1 approval (ben@example.com)
    held approvals: quality: 0 of 1 approval; ben@example.com does not count: not in qa in 111111111111, the last revision applied
    ");
    world.approve_as("eve", |s| s.role = "quality".into());
    assert!(world.is_open(), "{}", world.show());
}

#[test]
fn anybody_who_is_known_where_no_group_is_named() {
    let mut world = World::new();
    world.gate().approvals[0].from.clear();
    world.trust();
    world.approve("carol");
    world.assert_held("an author all the same", "an author of the change");
    world.approve("eve");
    assert!(world.is_open(), "{}", world.show());
    let mut world = World::new();
    world.gate().approvals[0].from.clear();
    world.trust();
    world.review("whoever-may-write");
    assert!(world.is_open(), "{}", world.show());
}

#[test]
fn who_can_give_what_is_missing_is_named() {
    let mut world = two();
    world.approve("ben");
    let role = world.of("approvals").remove(0);
    assert_eq!(role.state, State::Held);
    assert_eq!(role.who, ["aiko@example.com", "dan@example.com", "@dan", "@frank"]);
    let digest = world.plan.digest();
    let help = format!(
        "`suimon approve prod --plan {digest} --role peer`, or an approving review of the change, by \
         aiko@example.com, dan@example.com, @dan, @frank"
    );
    assert_eq!(role.help.as_deref(), Some(help.as_str()));
    world.change().author = "frank".into();
    world.facts.authors = Known::Known(suimon_gate::Authors {
        people: ["aiko@example.com".to_owned(), "dan@example.com".to_owned()].into(),
        keys: ["x".to_owned()].into(),
    });
    assert_eq!(world.of("approvals")[0].who, ["carol@example.com"]);
}

#[test]
fn many_rejections_are_named_up_to_a_bound() {
    let mut world = World::new();
    for at in 0..40 {
        world.approve_as("ben", |s| s.digest = format!("sha256:{at:064}"));
        world.approve_as("aiko", |s| s.environment = format!("e{at}"));
    }
    world.assert_held("many", "and 29 more do not count");
    assert!(world.of("approvals")[0].message.len() < 2000);
}

#[test]
fn text_of_strangers_cannot_write_to_a_terminal_or_fill_it() {
    let mut world = World::new();
    world.approve_as("ben", |s| s.principal = format!("\u{1b}[2J{}", "x".repeat(5000)));
    world.approve_as("ben", |s| s.environment = "y\u{7}".repeat(1000));
    let message = world.of("approvals").remove(0).message;
    assert!(message.chars().all(|letter| !letter.is_control()), "{message:?}");
    assert!(message.len() < 1000, "{}", message.len());
}
