use super::*;
use crate::ssh::verify;

macro_rules! fixture {
    ($name:expr) => {
        include_str!(concat!("../../tests/fixtures/", $name))
    };
}

const AIKO: &str = fixture!("keys/aiko.pub");
const BEN: &str = fixture!("keys/ben.pub");
const NAMESPACE: &str = "approval@suimon.dev";

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn lines_that_count() {
    let aiko = AIKO.trim_end();
    let cases = [
        (format!("a@x {aiko}"), vec!["a@x"]),
        (format!("  a@x\t {aiko}  "), vec!["a@x"]),
        (format!("a@x,b@x {aiko}"), vec!["a@x", "b@x"]),
        (format!("\"a@x,b y\" {aiko}"), vec!["a@x", "b y"]),
        (format!("a@x,@aiko {aiko}"), vec!["a@x", "@aiko"]),
        (format!("a@x namespaces=\"git,file\" {aiko}"), vec!["a@x"]),
        (format!("a@x NameSpaces=\"git\",VALID-AFTER=\"20200101\" {aiko}"), vec!["a@x"]),
        (format!("a@x namespaces=\"a \\\"b\\\" c\" {aiko}"), vec!["a@x"]),
        (
            format!("a@x valid-after=\"20200101Z\",valid-before=\"20300101000000Z\" {aiko}"),
            vec!["a@x"],
        ),
        (format!("a@x {}", fixture!("keys/p256.pub")), vec!["a@x"]),
        (format!("a@x {}", fixture!("keys/p384.pub")), vec!["a@x"]),
        (format!("a@x {}", fixture!("keys/p521.pub")), vec!["a@x"]),
        (format!("a@x {}", fixture!("keys/rsa2048.pub")), vec!["a@x"]),
        (format!("a@x {}", fixture!("keys/rsa4096.pub")), vec!["a@x"]),
        (format!("a@x {}", fixture!("keys/sk-ed25519.pub")), vec!["a@x"]),
        (format!("a@x {}", fixture!("keys/sk-ecdsa.pub")), vec!["a@x"]),
        (format!("a@x {}\r", aiko.trim_end()), vec!["a@x"]),
    ];
    for (line, principals) in cases {
        let file = AllowedSigners::parse(&line);
        assert_eq!(file.problems(), [], "{line}");
        assert_eq!(file.signers().len(), 1, "{line}");
        assert_eq!(file.signers()[0].principals, principals, "{line}");
    }
}

#[test]
fn lines_that_do_not_count_say_why() {
    let aiko = AIKO.trim_end();
    let base64 = aiko.split(' ').nth(1).unwrap();
    let cases = [
        (format!("*@x {aiko}"), "`*@x` is a pattern, and a pattern cannot name a person"),
        (format!("a@x,b?@x {aiko}"), "`b?@x` is a pattern, and a pattern cannot name a person"),
        (format!("!a@x {aiko}"), "`!a@x` is a pattern, and a pattern cannot name a person"),
        (format!("a@x,,b@x {aiko}"), "a principal is empty"),
        (format!("\"a@x {aiko}"), "a quote is not closed"),
        (
            format!("a@x cert-authority {aiko}"),
            "a certificate authority names whom it likes, so `cert-authority` is not taken",
        ),
        (
            format!("a@x namespaces=\"git\",cert-authority {aiko}"),
            "a certificate authority names whom it likes, so `cert-authority` is not taken",
        ),
        (format!("a@x touch {aiko}"), "`touch` is neither an option nor the type of a key"),
        (format!("a@x namespaces {aiko}"), "`namespaces` has no value"),
        (format!("a@x namespaces=git {aiko}"), "the value of `namespaces` is not in double quotes"),
        (
            format!("a@x namespaces=\"git {aiko}"),
            "the value of `namespaces` is not closed with a double quote",
        ),
        (
            format!("a@x namespaces=\"git\"x {aiko}"),
            "there is text after the value of `namespaces`",
        ),
        (format!("a@x namespaces=\"git\",namespaces=\"*\" {aiko}"), "`namespaces` is given twice"),
        (format!("a@x valid-before=\"soon\" {aiko}"), "the value of `valid-before` is no time"),
        (
            format!("a@x valid-after=\"20300101\",valid-before=\"20200101\" {aiko}"),
            "`valid-before` is not after `valid-after`",
        ),
        (
            format!("a@x valid-after=\"20300101\",valid-before=\"20300101\" {aiko}"),
            "`valid-before` is not after `valid-after`",
        ),
        ("a@x".to_owned(), "there is no key"),
        ("a@x namespaces=\"git\"".to_owned(), "there is no key"),
        ("a@x ssh-ed25519".to_owned(), "this is not a public key in OpenSSH's format"),
        ("a@x ssh-ed25519 AAAA".to_owned(), "this is not a public key in OpenSSH's format"),
        (format!("a@x ssh-rsa {base64}"), "this is not a public key in OpenSSH's format"),
        (
            format!("a@x {}", fixture!("keys/aiko-cert.pub")),
            "certificates are not taken, list the key itself",
        ),
        (
            format!("a@x {}", fixture!("keys/dsa.pub")),
            "keys of type ssh-dss are not taken; use ed25519, ecdsa, rsa or a FIDO key of these",
        ),
        (
            format!("a@x {}", fixture!("keys/rsa1024.pub")),
            "the RSA key has 1024 bits, at least 2048 are needed",
        ),
        (
            format!("a@x {}", fixture!("keys/rsa5120.pub")),
            "the RSA key has 5120 bits, at most 4096 can be checked",
        ),
    ];
    for (line, wanted) in cases {
        let text = format!("# comment\n\n{}\nb@x {BEN}", line.trim_end());
        let file = AllowedSigners::parse(&text);
        let found: Vec<(u32, &str)> =
            file.problems().iter().map(|bad| (bad.line, bad.message.as_str())).collect();
        assert_eq!(found, [(3, wanted)], "{line}");
        assert_eq!(file.signers().len(), 1, "the other line counts: {line}");
        assert_eq!(file.signers()[0].line, 4);
    }
}

#[test]
fn a_key_signs_for_its_principals_in_its_time_and_namespaces() {
    let file = AllowedSigners::parse(&format!(
        "a@x,b@x namespaces=\"approval@*\",valid-after=\"20260101Z\",valid-before=\"20270101Z\" {AIKO}\
         c@x {BEN}"
    ));
    let aiko = key(AIKO);
    let admit = |key: &Key, principal: &str, namespace: &str, times: &[&str]| {
        let times: Vec<Timestamp> = times.iter().map(|time| at(time)).collect();
        file.admit(key, principal, namespace, &times).map(|one| one.line)
    };
    let now = "2026-11-22T00:00:00Z";
    assert_eq!(admit(&aiko, "a@x", NAMESPACE, &[now]), Ok(1));
    assert_eq!(admit(&aiko, "b@x", NAMESPACE, &["2026-01-01T00:00:00Z", now]), Ok(1));
    assert_eq!(admit(&aiko, "b@x", NAMESPACE, &["2027-01-01T00:00:00Z"]), Ok(1), "included");
    let cases = [
        (key(fixture!("keys/eve.pub")), "a@x", NAMESPACE, now, "is not among the allowed signers"),
        (aiko.clone(), "c@x", NAMESPACE, now, "is not the one of c@x"),
        (aiko.clone(), "A@x", NAMESPACE, now, "is not the one of A@x"),
        (key(BEN), "a@x", NAMESPACE, now, "is not the one of a@x"),
        (aiko.clone(), "a@x", "git", now, "may not sign for namespace `git`"),
        (
            aiko.clone(),
            "a@x",
            NAMESPACE,
            "2025-12-31T23:59:59Z",
            "is valid from 2026-01-01T00:00:00Z on",
        ),
        (
            aiko.clone(),
            "a@x",
            NAMESPACE,
            "2027-01-01T00:00:01Z",
            "was valid until 2027-01-01T00:00:00Z",
        ),
    ];
    for (key, principal, namespace, time, wanted) in cases {
        let why = admit(&key, principal, namespace, &[now, time]).unwrap_err().to_string();
        assert!(why.contains(wanted), "{why}");
    }
}

#[test]
fn principals_of_a_key_are_those_of_all_its_lines() {
    let file = AllowedSigners::parse(&format!("b@x,a@x {AIKO}c@x {AIKO}d@x {BEN}*@y {AIKO}"));
    let fingerprint = key(AIKO).fingerprint().to_owned();
    assert_eq!(fingerprint, "SHA256:GtMHcBMJ56lwiUV1m2E6Lz+2GuPeMU0NEfKBBiumpK0");
    assert_eq!(file.principals_of_key(&fingerprint), BTreeSet::from(["a@x", "b@x", "c@x"]));
    assert_eq!(file.principals_of_key("SHA256:none"), BTreeSet::new());
}

#[test]
fn revoked_keys_by_key_and_fingerprint() {
    let aiko = key(AIKO);
    let fingerprint = aiko.fingerprint().to_owned();
    let revoked = [
        AIKO.to_owned(),
        format!("# lost\n\n{AIKO}"),
        format!("a@x {AIKO}"),
        format!("a@x namespaces=\"git\" {AIKO}"),
        fingerprint.clone(),
        format!("{fingerprint} aiko's old laptop"),
        format!("{BEN}{AIKO}"),
    ];
    for text in revoked {
        let file = RevokedKeys::parse(&text);
        assert_eq!(file.problems(), [], "{text}");
        assert!(file.has(&fingerprint), "{text}");
    }
    let others = ["", "#", BEN, fixture!("keys/dsa.pub"), fixture!("keys/rsa1024.pub")];
    for text in others {
        let file = RevokedKeys::parse(text);
        assert_eq!(file.problems(), [], "{text}");
        assert!(!file.has(&fingerprint), "{text}");
    }
    let bad = ["aiko", "SHA256:", "SHA256:abc", "ssh-ed25519 AAAA", "SSHKRL\n\u{0}", "MD5:00:11"];
    for text in bad {
        assert_eq!(RevokedKeys::parse(text).problems()[0].line, 1, "{text}");
    }
}

const STATEMENT: &str = fixture!("statement.json");

#[test]
fn signatures_of_ssh_keygen_and_of_fido_keys_are_believed() {
    let cases = [
        (fixture!("signatures/aiko.sig"), AIKO),
        (fixture!("signatures/aiko-sha256.sig"), AIKO),
        (fixture!("signatures/p256.sig"), fixture!("keys/p256.pub")),
        (fixture!("signatures/p384.sig"), fixture!("keys/p384.pub")),
        (fixture!("signatures/p521.sig"), fixture!("keys/p521.pub")),
        (fixture!("signatures/rsa2048.sig"), fixture!("keys/rsa2048.pub")),
        (fixture!("signatures/rsa2048-sha256.sig"), fixture!("keys/rsa2048.pub")),
        (fixture!("signatures/rsa4096.sig"), fixture!("keys/rsa4096.pub")),
        (fixture!("signatures/sk-ed25519.sig"), fixture!("keys/sk-ed25519.pub")),
        (fixture!("signatures/sk-ecdsa.sig"), fixture!("keys/sk-ecdsa.pub")),
    ];
    for (signature, public) in cases {
        let signer = verify(signature, NAMESPACE, STATEMENT.as_bytes());
        assert_eq!(signer.as_ref(), Ok(&key(public)), "{public}");
        assert_eq!(crate::ssh::claimed_key(signature).unwrap(), key(public).fingerprint());
        let other = verify(signature, NAMESPACE, STATEMENT.trim_end().as_bytes());
        assert_eq!(other, Err(crate::ssh::SignatureError::Wrong), "{public}");
    }
}

#[test]
fn other_signatures_are_not_and_why() {
    let cases = [
        (
            fixture!("signatures/aiko-git.sig"),
            "the signature is for namespace `git`, not `approval@suimon.dev`",
        ),
        (fixture!("signatures/aiko-cert.sig"), "certificates are not taken, list the key itself"),
        (
            fixture!("signatures/aiko-sha1.sig"),
            "the signature is damaged or of a kind that is not taken",
        ),
        (
            fixture!("signatures/rsa2048-sha1.sig"),
            "the signature is damaged or of a kind that is not taken",
        ),
        (
            fixture!("signatures/aiko-reserved.sig"),
            "the signature is damaged or of a kind that is not taken",
        ),
        (
            fixture!("signatures/aiko-version2.sig"),
            "the signature is damaged or of a kind that is not taken",
        ),
        (
            fixture!("signatures/dsa.sig"),
            "keys of type ssh-dss are not taken; use ed25519, ecdsa, rsa or a FIDO key of these",
        ),
        (fixture!("signatures/rsa1024.sig"), "the RSA key has 1024 bits, at least 2048 are needed"),
        (
            fixture!("signatures/rsa5120.sig"),
            "the RSA key has 5120 bits, at most 4096 can be checked",
        ),
        (
            fixture!("signatures/sk-ed25519-untouched.sig"),
            "nobody touched the security key when it signed",
        ),
        ("", "the signature is damaged or of a kind that is not taken"),
        (AIKO, "the signature is damaged or of a kind that is not taken"),
    ];
    for (signature, wanted) in cases {
        let why = verify(signature, NAMESPACE, STATEMENT.as_bytes()).unwrap_err();
        let damaged = "the signature is damaged or of a kind that is not taken";
        let found = why.to_string();
        assert!(
            found == wanted || wanted.starts_with("certificates") && found == damaged,
            "{found}"
        );
    }
}

#[test]
fn no_changed_letter_of_a_signature_is_believed() {
    let signature = fixture!("signatures/aiko.sig");
    let mut believed = 0;
    for at in 0..signature.len() {
        for letter in [b'A', b'b', b'/', b'\n', b'-'] {
            let mut bytes = signature.as_bytes().to_vec();
            if bytes[at] == letter {
                continue;
            }
            bytes[at] = letter;
            let text = String::from_utf8(bytes).unwrap();
            believed += usize::from(verify(&text, NAMESPACE, STATEMENT.as_bytes()).is_ok());
        }
    }
    assert_eq!(believed, 0);
}

#[test]
fn no_text_makes_the_readers_panic() {
    let pieces = [
        "a@x",
        " ",
        "\t",
        "\"",
        ",",
        "=",
        "\\",
        "namespaces",
        "valid-after",
        "ssh-ed25519",
        "AAAA",
        "é",
        "\u{0}",
        "#",
        "!",
    ];
    let mut seed = 1_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..9 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let file = AllowedSigners::parse(&text);
        assert!(file.signers().is_empty(), "{text}");
        RevokedKeys::parse(&text);
    }
}
