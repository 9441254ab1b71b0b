//! Signed approvals by people and keys that do not count, or did not before the change: none counts.

use suimon_gate::{APPROVAL_NAMESPACE, Known};

use crate::forged_signatures::{Spoil, none_counts};
use crate::world::{BEFORE, World, fingerprint, fixture, public, sign, signers};

/// Another line for ben in the files of now and before.
fn other_line(world: &mut World, line: &str) {
    let others = signers(&[("aiko@example.com", "aiko")]);
    *world.signer_file() = format!("{others}{line} {}\n", public("ben"));
    world.trust();
    world.approve("ben");
}

fn revoke(world: &mut World, text: &str) {
    world.approvers().revoked_keys = Some("envs/prod/revoked".into());
    world.facts.files.revoked_keys = Some(text.into());
    world.trust();
}

const STRANGERS: &[(&str, Spoil, &str)] = &[
    ("not in the group", |w| w.approve("eve"), "not in team in 111111111111"),
    (
        "unknown key",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("old", APPROVAL_NAMESPACE, &text);
            w.put(text, signature);
        },
        "is not among the allowed signers",
    ),
    (
        "another's key",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("aiko", APPROVAL_NAMESPACE, &text);
            w.put(text, signature);
        },
        "is not the one of ben@example.com",
    ),
    (
        "author's key in another's name",
        |w| {
            let text = w.statement("ben@example.com").text();
            let signature = sign("carol", APPROVAL_NAMESPACE, &text);
            w.put(text, signature);
        },
        "is not the one of ben@example.com",
    ),
    (
        "principal in another case",
        |w| {
            w.approve_as("ben", |s| s.principal = "Ben@example.com".into());
        },
        "is not the one of Ben@example.com",
    ),
    (
        "principal with a blank",
        |w| {
            w.approve_as("ben", |s| s.principal = "ben@example.com ".into());
        },
        "is not the one of ben@example.com ",
    ),
    ("empty principal", |w| w.approve_as("ben", |s| s.principal.clear()), "is not the one of"),
    (
        "pattern as principal",
        |w| {
            w.approve_as("ben", |s| s.principal = "*".into());
        },
        "is not the one of *",
    ),
    ("wildcard line", |w| other_line(w, "*@example.com"), "not among the allowed signers"),
    (
        "wildcard among principals",
        |w| {
            other_line(w, "ben@example.com,*@example.org");
        },
        "not among the allowed signers",
    ),
    (
        "negated principal",
        |w| {
            other_line(w, "*,!aiko@example.com");
        },
        "not among the allowed signers",
    ),
    (
        "certificate authority",
        |w| {
            other_line(w, "ben@example.com cert-authority");
        },
        "not among the allowed signers",
    ),
    (
        "line for another namespace",
        |w| {
            other_line(w, "ben@example.com namespaces=\"git\"");
        },
        "may not sign for namespace `approval@suimon.dev`",
    ),
    (
        "line that excludes the namespace",
        |w| {
            other_line(w, "ben@example.com namespaces=\"*,!approval@*\"");
        },
        "may not sign for namespace",
    ),
    (
        "expired key",
        |w| {
            other_line(w, "ben@example.com valid-before=\"20261101Z\"");
        },
        "the key was valid until 2026-11-01T00:00:00Z",
    ),
    (
        "key that expired after the statement",
        |w| {
            other_line(w, "ben@example.com valid-before=\"202611231130Z\"");
        },
        "the key was valid until 2026-11-23T11:30:00Z",
    ),
    (
        "key that is not valid yet",
        |w| {
            other_line(w, "ben@example.com valid-after=\"20270101Z\"");
        },
        "the key is valid from 2027-01-01T00:00:00Z on",
    ),
    (
        "statement before the key was valid",
        |w| {
            other_line(w, "ben@example.com valid-after=\"202611231130Z\"");
        },
        "the key is valid from 2026-11-23T11:30:00Z on",
    ),
    (
        "line with an unknown option",
        |w| {
            other_line(w, "ben@example.com touch-required");
        },
        "not among the allowed signers",
    ),
    ("commented out", |w| other_line(w, "# ben@example.com"), "not among the allowed signers"),
    (
        "no allowed signers",
        |w| {
            w.facts.files.allowed_signers = None;
            w.trust();
            w.approve("ben");
        },
        "envs/prod/allowed_signers is missing",
    ),
    (
        "empty allowed signers",
        |w| {
            w.signer_file().clear();
            w.trust();
            w.approve("ben");
        },
        "envs/prod/allowed_signers names nobody",
    ),
    (
        "no approvers",
        |w| {
            w.gate().approvers = None;
            w.trust();
            w.approve("ben");
        },
        "not among the allowed signers",
    ),
    (
        "group that nobody declares",
        |w| {
            w.approvers().groups.clear();
            w.trust();
            w.approve("ben");
        },
        "not in team",
    ),
    (
        "short RSA key",
        |w| {
            *w.signer_file() += concat!("ben@example.com ", fixture!("keys/rsa1024.pub"));
            w.trust();
            let text = w.statement("ben@example.com").text();
            w.put(text, fixture!("signatures/rsa1024.sig").to_owned());
        },
        "the RSA key has 1024 bits, at least 2048 are needed",
    ),
];

#[test]
fn by_somebody_who_may_not() {
    none_counts(STRANGERS);
}

const REVOKED: &[(&str, Spoil, &str)] = &[
    (
        "revoked",
        |w| {
            revoke(w, &public("ben"));
            w.approve("ben");
        },
        "the key is revoked",
    ),
    (
        "revoked by fingerprint",
        |w| {
            revoke(w, &fingerprint("ben"));
            w.approve("ben");
        },
        "the key is revoked",
    ),
    (
        "revoked with principal and comment",
        |w| {
            revoke(w, &format!("# left\nben@example.com {} laptop\n", public("ben")));
            w.approve("ben");
        },
        "the key is revoked",
    ),
    (
        "revoked in this change",
        |w| {
            w.approvers().revoked_keys = Some("revoked".into());
            w.facts.files.revoked_keys = Some(public("ben"));
            w.approve("ben");
        },
        "the key is revoked",
    ),
    (
        "no longer revoked in this change",
        |w| {
            revoke(w, &public("ben"));
            w.facts.files.revoked_keys = Some(String::new());
            w.approve("ben");
        },
        "the key is revoked",
    ),
    (
        "list of revoked keys dropped in this change",
        |w| {
            revoke(w, &public("ben"));
            w.approvers().revoked_keys = None;
            w.facts.files.revoked_keys = None;
            w.approve("ben");
        },
        "the key is revoked",
    ),
    (
        "list of revoked keys is missing",
        |w| {
            revoke(w, "");
            w.facts.files.revoked_keys = None;
            w.trust();
            w.approve("ben");
        },
        "envs/prod/revoked is missing",
    ),
    (
        "list of revoked keys that cannot be read",
        |w| {
            revoke(w, "ssh-ed25519 AAAA\n");
            w.approve("ben");
        },
        "envs/prod/revoked:1 in 111111111111",
    ),
    (
        "removed signer",
        |w| {
            *w.signer_file() = signers(&[("aiko@example.com", "aiko")]);
            w.approve("ben");
        },
        "is not among the allowed signers in the revision to apply",
    ),
    (
        "removed from the group",
        |w| {
            w.approvers().groups.get_mut("team").unwrap().retain(|one| one != "ben@example.com");
            w.approve("ben");
        },
        "not in team in the revision to apply",
    ),
    (
        "key that was replaced in this change",
        |w| {
            *w.signer_file() = signers(&[("ben@example.com", "old")]);
            w.approve("ben");
        },
        "is not among the allowed signers in the revision to apply",
    ),
];

#[test]
fn by_a_key_that_is_not_trusted_any_more() {
    none_counts(REVOKED);
}

const NEWCOMERS: &[(&str, Spoil, &str)] = &[
    (
        "signer added",
        |w| {
            *w.signer_file() = signers(&[("aiko@example.com", "aiko")]);
            w.trust();
            *w.signer_file() += &signers(&[("ben@example.com", "ben")]);
            w.approve("ben");
        },
        "not among the allowed signers in 111111111111, the last revision applied",
    ),
    (
        "member added",
        |w| {
            w.approvers().groups.get_mut("team").unwrap().push("eve@example.com".into());
            w.approve("eve");
        },
        "not in team in 111111111111, the last revision applied",
    ),
    (
        "group added and asked for",
        |w| {
            w.approvers().groups.insert("mine".into(), vec!["eve@example.com".into()]);
            w.gate().approvals[0].from = vec!["mine".into()];
            w.approve("eve");
        },
        "not in team in 111111111111",
    ),
    (
        "anybody may, says the change",
        |w| {
            w.gate().approvals[0].from.clear();
            w.approve("eve");
        },
        "not in team in 111111111111",
    ),
    (
        "key added for a known principal",
        |w| {
            *w.signer_file() += &signers(&[("ben@example.com", "old")]);
            let text = w.statement("ben@example.com").text();
            let signature = sign("old", APPROVAL_NAMESPACE, &text);
            w.put(text, signature);
        },
        "not among the allowed signers in 111111111111",
    ),
    (
        "namespace opened",
        |w| {
            let line = |options: &str| format!("ben@example.com {options} {}\n", public("ben"));
            *w.signer_file() = line("namespaces=\"git\"");
            w.trust();
            *w.signer_file() = line("namespaces=\"*\"");
            w.approve("ben");
        },
        "may not sign for namespace",
    ),
    (
        "expiry moved",
        |w| {
            let line = |options: &str| format!("ben@example.com {options} {}\n", public("ben"));
            *w.signer_file() = line("valid-before=\"20261101Z\"");
            w.trust();
            *w.signer_file() = line("valid-before=\"20271101Z\"");
            w.approve("ben");
        },
        "the key was valid until 2026-11-01T00:00:00Z in 111111111111",
    ),
    (
        "fewer needed, says the change",
        |w| {
            w.gate().approvals[0].required = 2;
            w.trust();
            w.gate().approvals[0].required = 1;
            w.approve("ben");
        },
        "peer: 1 of 2 approvals (ben@example.com)",
    ),
    (
        "longer valid, says the change",
        |w| {
            w.gate().approvals[0].expires_after = Some(60);
            w.trust();
            w.gate().approvals[0].expires_after = None;
            w.approve("ben");
        },
        "has expired",
    ),
    (
        "what was before is not known",
        |w| {
            w.facts.trusted = suimon_gate::Trusted::Unknown(format!("{BEFORE} is not there"));
            w.facts.approvals = Known::Unknown("unreachable".into());
        },
        "the signed approvals could not be read: unreachable",
    ),
];

#[test]
fn by_somebody_who_came_with_the_change() {
    none_counts(NEWCOMERS);
}
