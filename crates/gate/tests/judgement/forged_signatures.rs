//! Signed approvals that are forged, or given for something else, or by somebody who may not: none counts.

use jiff::{Timestamp, ToSpan};
use suimon_gate::{APPROVAL_NAMESPACE, Known, STATEMENT_FORMAT, State};

use crate::world::{World, ago, fingerprint, fixture, now, sign, signers};

pub(crate) type Spoil = fn(&mut World);

const DAMAGED: &str = "the signature is damaged or of a kind that is not taken";
const NOT_WRITTEN: &str = "the statement is not written as suimon writes it";
const NOT_OURS: &str = "the statement is not one of suimon's";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A statement of ben's with other text than suimon writes, signed by him.
fn other_text(world: &mut World, change: impl Fn(&str) -> String) {
    let text = change(&world.statement("ben@example.com").text());
    let signature = sign("ben", APPROVAL_NAMESPACE, &text);
    world.put(text, signature);
}

/// Ben's own statement with another signature.
fn other_signature(world: &mut World, change: impl Fn(&str) -> String) {
    let text = world.statement("ben@example.com").text();
    let signature = change(&sign("ben", APPROVAL_NAMESPACE, &text));
    world.put(text, signature);
}

#[test]
fn the_world_is_open_once_ben_approves() {
    let mut world = World::new();
    world.assert_held("nobody yet", "peer: 0 of 1 approval");
    world.approve("ben");
    let role = &world.of("approvals")[0];
    assert_eq!(role.state, State::Passed, "{}", role.message);
    assert_eq!(role.message, "peer: 1 of 1 approval (ben@example.com)");
    assert!(world.is_open(), "{}", world.show());
}

#[track_caller]
pub(crate) fn none_counts(cases: &[(&str, Spoil, &str)]) {
    for (case, spoil, reason) in cases {
        let mut world = World::new();
        spoil(&mut world);
        world.assert_held(case, reason);
    }
}

const AUTHORS: &[(&str, Spoil, &str)] = &[
    ("author", |w| w.approve("carol"), "carol@example.com does not count: an author"),
    (
        "author in another case",
        |w| {
            w.authors().people = ["Carol@Example.COM".to_owned()].into();
            w.approve("carol");
        },
        "an author of the change",
    ),
    (
        "author under another principal of the same key",
        |w| {
            w.approve_as("carol", |s| s.principal = "carol@corp.example".into());
        },
        "carol@corp.example does not count: an author",
    ),
    (
        "committer",
        |w| {
            w.authors().people.insert("ben@example.com".into());
            w.approve("ben");
        },
        "an author of the change",
    ),
    (
        "key that signed a commit",
        |w| {
            w.authors().keys.insert(fingerprint("ben"));
            w.approve("ben");
        },
        "an author of the change",
    ),
    (
        "another key of the author's principal",
        |w| {
            *w.signer_file() += &signers(&[("carol@example.com", "old")]);
            w.trust();
            let text = w.statement("carol@example.com").text();
            let signature = sign("old", APPROVAL_NAMESPACE, &text);
            w.put(text, signature);
        },
        "an author of the change",
    ),
    (
        "a key that the author had before this change",
        |w| {
            w.authors().people = ["dora@example.com".to_owned()].into();
            *w.signer_file() += &signers(&[("dora@example.com", "ben")]);
            w.trust();
            let own = signers(&[("ben@example.com", "ben")]);
            *w.signer_file() = own;
            w.approve("ben");
        },
        "an author of the change",
    ),
    (
        "author by the address of the forge",
        |w| {
            w.authors().people = ["12+dan@users.noreply.github.com".to_owned()].into();
            w.approve("dan");
        },
        "an author of the change",
    ),
    (
        "who opened the change",
        |w| {
            w.change().author = "Dan".into();
            w.approve("dan");
        },
        "the author of the change",
    ),
    (
        "last pusher",
        |w| {
            w.change().last_pusher = Known::Known("dan".into());
            w.approve("dan");
        },
        "pushed last",
    ),
    (
        "authors are not known",
        |w| {
            w.facts.authors = Known::Unknown("the history is cut off".into());
            w.approve("ben");
        },
        "it is not known who made the change, so nobody counts: the history is cut off",
    ),
];

#[test]
fn whoever_had_a_hand_in_the_change() {
    none_counts(AUTHORS);
}

const ELSEWHERE: &[(&str, Spoil, &str)] = &[
    ("other plan", |w| w.approve_as("ben", |s| s.digest = "sha256:00".into()), "another plan"),
    (
        "plan that changed afterwards",
        |w| {
            w.approve("ben");
            w.plan.changes.pop();
        },
        "it is for another plan, sha256:",
    ),
    (
        "plan without its prefix",
        |w| {
            w.approve_as("ben", |s| s.digest = s.digest["sha256:".len()..].to_owned());
        },
        "another plan",
    ),
    (
        "plan in capitals",
        |w| {
            w.approve_as("ben", |s| s.digest = s.digest.to_uppercase());
        },
        "another plan",
    ),
    ("empty plan", |w| w.approve_as("ben", |s| s.digest.clear()), "another plan"),
    (
        "other environment",
        |w| {
            w.approve_as("ben", |s| s.environment = "stg".into());
        },
        "another environment, stg",
    ),
    (
        "upstream's approval, as it was given there",
        |w| {
            let mut stg = World::new();
            stg.plan.environment = "stg".into();
            stg.approve("ben");
            w.facts.approvals = stg.facts.approvals;
        },
        "another environment, stg",
    ),
    (
        "other project",
        |w| {
            w.approve_as("ben", |s| s.project = "shop2".into());
        },
        "another project, shop2",
    ),
    (
        "project in another case",
        |w| {
            w.approve_as("ben", |s| s.project = "Shop".into());
        },
        "another project, Shop",
    ),
    (
        "other role that nobody asks for",
        |w| {
            w.approve_as("ben", |s| s.role = "boss".into());
        },
        "nobody asks for the role boss",
    ),
    (
        "role in another case",
        |w| {
            w.approve_as("ben", |s| s.role = "Peer".into());
        },
        "nobody asks for the role Peer",
    ),
    (
        "role that is asked for elsewhere",
        |w| {
            w.gate().approvals.push(crate::world::rule("quality", 1, &["team"]));
            w.trust();
            w.approve_as("ben", |s| s.role = "quality".into());
        },
        "peer: 0 of 1 approval",
    ),
    (
        "other format",
        |w| {
            w.approve_as("ben", |s| s.format = "suimon.dev/approval/v2".into());
        },
        "its format is suimon.dev/approval/v2",
    ),
    (
        "other namespace",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("ben", "git", &text);
            w.put(text, signature);
        },
        "for namespace `git`, not `approval@suimon.dev`",
    ),
    (
        "namespace of the ledger",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("ben", "ledger@suimon.dev", &text);
            w.put(text, signature);
        },
        "for namespace `ledger@suimon.dev`",
    ),
    (
        "a commit's signature",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("ben", "git", "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n");
            w.put(text, signature);
        },
        "namespace `git`",
    ),
];

#[test]
fn for_something_else() {
    none_counts(ELSEWHERE);
}

const TIMES: &[(&str, Spoil, &str)] = &[
    (
        "from the future",
        |w| {
            w.approve_as("ben", |s| s.time = now().checked_add(301.seconds()).unwrap());
        },
        "it is dated in the future, 2026-11-23T12:05:01Z",
    ),
    (
        "expired",
        |w| {
            w.gate().approvals[0].expires_after = Some(24 * 3600);
            w.trust();
            w.approve_as("ben", |s| s.time = ago(25));
        },
        "it is of 2026-11-22T11:00:00Z and has expired",
    ),
    (
        "expired by a second",
        |w| {
            w.gate().approvals[0].expires_after = Some(3599);
            w.trust();
            w.approve("ben");
        },
        "has expired",
    ),
    (
        "at the beginning of time",
        |w| {
            w.gate().approvals[0].expires_after = Some(1);
            w.trust();
            w.approve_as("ben", |s| s.time = at("1970-01-01T00:00:00Z"));
        },
        "has expired",
    ),
    (
        "at the end of time",
        |w| {
            w.approve_as("ben", |s| s.time = Timestamp::MAX);
        },
        "dated in the future",
    ),
    (
        "no time to judge at",
        |w| {
            w.facts.now = None;
            w.approve("ben");
        },
        "the time is not known",
    ),
];

#[test]
fn at_the_wrong_time() {
    none_counts(TIMES);
    let mut world = World::new();
    world.gate().approvals[0].expires_after = Some(3600);
    world.trust();
    world.approve("ben");
    assert!(world.is_open(), "the last second counts: {}", world.show());
}

const TEXTS: &[(&str, Spoil, &str)] = &[
    ("no line end", |w| other_text(w, |t| t.trim_end().to_owned()), NOT_WRITTEN),
    ("two line ends", |w| other_text(w, |t| format!("{t}\n")), NOT_WRITTEN),
    ("carriage return", |w| other_text(w, |t| t.replace('\n', "\r\n")), NOT_WRITTEN),
    ("blank", |w| other_text(w, |t| t.replace("\":\"", "\": \"")), NOT_WRITTEN),
    ("blank in front", |w| other_text(w, |t| format!(" {t}")), NOT_WRITTEN),
    ("byte order mark", |w| other_text(w, |t| format!("\u{feff}{t}")), NOT_OURS),
    ("escaped letter", |w| other_text(w, |t| t.replace("shop", "\\u0073hop")), NOT_WRITTEN),
    (
        "other order",
        |w| {
            other_text(w, |t| {
                t.replace("\"project\":\"shop\",", "").replace("{", "{\"project\":\"shop\",")
            });
        },
        NOT_WRITTEN,
    ),
    (
        "time with another zone",
        |w| {
            other_text(w, |t| t.replace("11:00:00Z", "12:00:00+01:00"));
        },
        NOT_WRITTEN,
    ),
    (
        "duplicate key",
        |w| {
            other_text(w, |t| t.replace('{', "{\"environment\":\"stg\","));
        },
        NOT_OURS,
    ),
    ("extra key", |w| other_text(w, |t| t.replace('{', "{\"and\":1,")), NOT_OURS),
    ("missing key", |w| other_text(w, |t| t.replace("\"role\":\"peer\",", "")), NOT_OURS),
    ("null", |w| other_text(w, |t| t.replace("\"peer\"", "null")), NOT_OURS),
    ("two statements", |w| other_text(w, |t| format!("{t}{t}")), NOT_OURS),
    ("array", |w| other_text(w, |t| format!("[{}]", t.trim_end())), NOT_OURS),
    ("nothing", |w| other_text(w, |_| String::new()), NOT_OURS),
    ("deep nesting", |w| other_text(w, |_| "[".repeat(8000)), NOT_OURS),
    (
        "very long",
        |w| {
            other_text(w, |t| t.replace("shop", &"s".repeat(9000)));
        },
        "the statement is longer than 8192 bytes",
    ),
];

#[test]
fn with_another_text() {
    none_counts(TEXTS);
    assert_eq!(STATEMENT_FORMAT, "suimon.dev/approval/v1");
}

const SIGNATURES: &[(&str, Spoil, &str)] = &[
    ("none", |w| other_signature(w, |_| String::new()), DAMAGED),
    ("cut off", |w| other_signature(w, |s| s[..s.len() / 2].to_owned()), DAMAGED),
    (
        "last line missing",
        |w| {
            other_signature(w, |s| s.replace("-----END SSH SIGNATURE-----\n", ""));
        },
        DAMAGED,
    ),
    (
        "other armor",
        |w| {
            other_signature(w, |s| s.replace("SSH SIGNATURE", "PGP SIGNATURE"));
        },
        DAMAGED,
    ),
    ("not base64", |w| other_signature(w, |s| s.replace("U1NI", "U1N!")), DAMAGED),
    (
        "very long",
        |w| {
            other_signature(w, |s| format!("{s}{}", "\n".repeat(20_000)));
        },
        "the signature is longer than 16384 bytes",
    ),
    (
        "statement and signature swapped",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("ben", APPROVAL_NAMESPACE, &text);
            w.put(signature, text);
        },
        "the statement is not one of suimon's",
    ),
    (
        "signature of another statement",
        |w| {
            let text = w.statement("ben@example.com").text();
            let mut other = w.statement("ben@example.com");
            other.environment = "stg".into();
            let signature = sign("ben", APPROVAL_NAMESPACE, &other.text());
            w.put(text, signature);
        },
        "the signature is not of this text by this key",
    ),
    (
        "signature of another's statement",
        |w| {
            let text = w.statement("ben@example.com").text();
            let aiko = w.statement("aiko@example.com").text();
            let signature = sign("aiko", APPROVAL_NAMESPACE, &aiko);
            w.put(text, signature);
        },
        "the signature is not of this text by this key",
    ),
    (
        "statement changed after it was signed",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("ben", APPROVAL_NAMESPACE, &text.replace("11:00:00", "10:00:00"));
            w.put(text, signature);
        },
        "the signature is not of this text by this key",
    ),
    (
        "certificate's signature",
        |w| {
            let text = w.statement("aiko@example.com").text();
            w.put(text, fixture!("signatures/aiko-cert.sig").to_owned());
        },
        DAMAGED,
    ),
    (
        "weak hash",
        |w| {
            let text = w.statement("aiko@example.com").text();
            w.put(text, fixture!("signatures/aiko-sha1.sig").to_owned());
        },
        DAMAGED,
    ),
    (
        "RSA with SHA-1",
        |w| {
            let text = w.statement("aiko@example.com").text();
            w.put(text, fixture!("signatures/rsa2048-sha1.sig").to_owned());
        },
        DAMAGED,
    ),
    (
        "DSA",
        |w| {
            let text = w.statement("aiko@example.com").text();
            w.put(text, fixture!("signatures/dsa.sig").to_owned());
        },
        "keys of type ssh-dss are not taken",
    ),
    (
        "another version of the format",
        |w| {
            let text = w.statement("aiko@example.com").text();
            w.put(text, fixture!("signatures/aiko-version2.sig").to_owned());
        },
        DAMAGED,
    ),
    (
        "real signature of a real statement for another plan",
        |w| {
            let text = fixture!("statement.json").to_owned();
            w.put(text, fixture!("signatures/aiko.sig").to_owned());
        },
        "it is for another plan",
    ),
];

#[test]
fn with_another_signature() {
    none_counts(SIGNATURES);
}
