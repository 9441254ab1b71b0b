//! OpenSSH and this crate agree, both ways, about keys, signatures and `allowed_signers`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use suimon_gate::signers::AllowedSigners;
use suimon_gate::{APPROVAL_NAMESPACE, STATEMENT_FORMAT, Statement, ssh};
use tempfile::TempDir;

/// Whether the program is there; says so where it is not.
fn has_ssh_keygen() -> bool {
    let found = Command::new("ssh-keygen").arg("-?").output().is_ok();
    if !found {
        let _ = writeln!(std::io::stderr(), "skipped: ssh-keygen is not installed");
    }
    found
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> Option<String> {
    let mut child = Command::new("ssh-keygen")
        .args(arguments)
        .current_dir(folder)
        .env("TZ", "UTC")
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have refused before it read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

fn statement(time: Timestamp) -> String {
    let statement = Statement {
        format: STATEMENT_FORMAT.into(),
        project: "shop".into(),
        environment: "prod".into(),
        digest: "sha256:00".into(),
        role: "peer".into(),
        principal: "aiko@example.com".into(),
        time,
    };
    statement.text()
}

fn new_key(folder: &Path, name: &str, kind: &str, bits: &str) -> String {
    let file = format!("{name}.key");
    let arguments = ["-q", "-t", kind, "-b", bits, "-N", "", "-C", "test", "-f", &file];
    run(folder, &arguments, "").unwrap();
    fs::read_to_string(folder.join(format!("{file}.pub"))).unwrap()
}

fn openssh_believes(
    folder: &Path,
    signers: &str,
    namespace: &str,
    armor: &str,
    text: &str,
) -> bool {
    fs::write(folder.join("allowed_signers"), signers).unwrap();
    fs::write(folder.join("statement.sig"), armor).unwrap();
    let arguments = [
        "-Y",
        "verify",
        "-f",
        "allowed_signers",
        "-I",
        "aiko@example.com",
        "-n",
        namespace,
        "-s",
        "statement.sig",
    ];
    run(folder, &arguments, text).is_some()
}

fn we_believe(signers: &str, namespace: &str, armor: &str, text: &str, now: Timestamp) -> bool {
    let Ok(key) = ssh::verify(armor, namespace, text.as_bytes()) else { return false };
    AllowedSigners::parse(signers).admit(&key, "aiko@example.com", namespace, &[now]).is_ok()
}

#[test]
fn what_ssh_keygen_signs_is_believed_here_and_there() {
    if !has_ssh_keygen() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (now, kinds) = (
        Timestamp::now(),
        [
            ("ed25519", "256"),
            ("ecdsa", "256"),
            ("ecdsa", "384"),
            ("ecdsa", "521"),
            ("rsa", "2048"),
            ("rsa", "3072"),
        ],
    );
    let text = statement(now);
    for (kind, bits) in kinds {
        let name = format!("{kind}{bits}");
        let public = new_key(folder.path(), &name, kind, bits);
        let signers = format!("aiko@example.com {public}");
        for hash in ["hashalg=sha512", "hashalg=sha256"] {
            let file = format!("{name}.key");
            let sign = ["-q", "-Y", "sign", "-n", APPROVAL_NAMESPACE, "-O", hash, "-f", &file];
            let armor = run(folder.path(), &sign, &text).unwrap();
            assert!(we_believe(&signers, APPROVAL_NAMESPACE, &armor, &text, now), "{name} {hash}");
            assert!(openssh_believes(folder.path(), &signers, APPROVAL_NAMESPACE, &armor, &text));
            let fingerprint =
                run(folder.path(), &["-l", "-f", &format!("{file}.pub")], "").unwrap();
            assert!(fingerprint.contains(&ssh::claimed_key(&armor).unwrap()), "{fingerprint}");
            let other = text.replace("peer", "boss");
            assert!(!we_believe(&signers, APPROVAL_NAMESPACE, &armor, &other, now), "{name}");
            assert!(!we_believe(&signers, "git", &armor, &text, now), "{name}");
        }
    }
}

#[test]
fn what_is_signed_here_is_believed_by_openssh() {
    if !has_ssh_keygen() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let keys = [
        include_str!("fixtures/keys/aiko"),
        include_str!("fixtures/keys/p256"),
        include_str!("fixtures/keys/p384"),
    ];
    let text = statement(Timestamp::now());
    for key in keys {
        let key = PrivateKey::from_openssh(key).unwrap();
        let signature = key.sign(APPROVAL_NAMESPACE, HashAlg::Sha512, text.as_bytes()).unwrap();
        let armor = signature.to_pem(LineEnding::LF).unwrap();
        let signers = format!("aiko@example.com {}\n", key.public_key().to_openssh().unwrap());
        let public = key.public_key().fingerprint(HashAlg::Sha256);
        assert!(
            openssh_believes(folder.path(), &signers, APPROVAL_NAMESPACE, &armor, &text),
            "{public}"
        );
        assert!(!openssh_believes(folder.path(), &signers, APPROVAL_NAMESPACE, &armor, "{}\n"));
    }
}

/// Lines with the same key for the same statement: where both read the line, both say the same. Lines
/// that name nobody exactly are OpenSSH's to take and ours to refuse.
#[test]
fn lines_mean_the_same_to_openssh() {
    if !has_ssh_keygen() {
        return;
    }
    let key = include_str!("fixtures/keys/aiko.pub").trim_end();
    let other = include_str!("fixtures/keys/ben.pub").trim_end();
    let same = [
        format!("aiko@example.com {key}"),
        format!("  aiko@example.com\t{key}"),
        format!("# comment\n\naiko@example.com {key}"),
        format!("#aiko@example.com {key}"),
        format!("\"aiko@example.com\" {key}"),
        format!("\"x y,aiko@example.com\" {key}"),
        format!("ben@example.com,aiko@example.com {key}"),
        format!("Aiko@example.com {key}"),
        format!("aiko@example.com {other}"),
        format!("aiko@example.com {other}\naiko@example.com {key}"),
        format!("aiko@example.com namespaces=\"git\" {key}"),
        format!("aiko@example.com namespaces=\"git,approval@suimon.dev\" {key}"),
        format!("aiko@example.com namespaces=\"*\" {key}"),
        format!("aiko@example.com namespaces=\"*@suimon.dev\" {key}"),
        format!("aiko@example.com namespaces=\"!approval@suimon.dev,*\" {key}"),
        format!("aiko@example.com namespaces=\"approval?suimon.dev\" {key}"),
        format!("aiko@example.com NAMESPACES=\"git\" {key}"),
        format!("aiko@example.com namespaces=\"git\",namespaces=\"*\" {key}"),
        format!("aiko@example.com namespaces=* {key}"),
        format!("aiko@example.com valid-after=\"20200101\" {key}"),
        format!("aiko@example.com valid-after=\"20200101Z\" {key}"),
        format!("aiko@example.com valid-after=\"99990101\" {key}"),
        format!("aiko@example.com valid-before=\"20200101\" {key}"),
        format!("aiko@example.com valid-before=\"202001010000Z\" {key}"),
        format!("aiko@example.com valid-before=\"99990101000000\" {key}"),
        format!("aiko@example.com valid-after=\"20200101\",valid-before=\"99990101\" {key}"),
        format!("aiko@example.com valid-after=\"99990101\",valid-before=\"20200101\" {key}"),
        format!("aiko@example.com valid-after=\"soon\" {key}"),
        format!("aiko@example.com valid-after=\"20200101\" namespaces=\"*\" {key}"),
        format!("aiko@example.com touch {key}"),
        format!("aiko@example.com,!ben@example.org {other}"),
        "aiko@example.com".to_owned(),
        "aiko@example.com ssh-ed25519 AAAA".to_owned(),
        String::new(),
    ];
    let stricter = [
        format!("*@example.com {key}"),
        format!("aiko@example.com,*@example.org {key}"),
        format!("* {key}"),
        format!("aiko?example.com {key}"),
    ];
    let folder = TempDir::new().unwrap();
    let text = include_str!("fixtures/statement.json");
    let armor = include_str!("fixtures/signatures/aiko.sig");
    let now = Timestamp::now();
    for line in same {
        let signers = format!("{line}\n");
        let here = we_believe(&signers, APPROVAL_NAMESPACE, armor, text, now);
        let there = openssh_believes(folder.path(), &signers, APPROVAL_NAMESPACE, armor, text);
        assert_eq!(here, there, "{line}");
    }
    for line in stricter {
        let signers = format!("{line}\n");
        assert!(
            openssh_believes(folder.path(), &signers, APPROVAL_NAMESPACE, armor, text),
            "{line}"
        );
        assert!(!we_believe(&signers, APPROVAL_NAMESPACE, armor, text, now), "{line}");
    }
}

/// Crafted and weak signatures: nothing is believed here that OpenSSH does not believe.
#[test]
fn nothing_is_believed_here_alone() {
    if !has_ssh_keygen() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let text = fs::read_to_string(fixtures.join("statement.json")).unwrap();
    let now = Timestamp::now();
    let (mut both, mut here_alone) = (0, Vec::new());
    for entry in fs::read_dir(fixtures.join("signatures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let armor = fs::read_to_string(&path).unwrap();
        let key = ["-untouched", "-git", "-sha256", "-sha1", "-reserved", "-version2", "-cert"]
            .iter()
            .fold(name.clone(), |name, suffix| name.replace(suffix, ""));
        let public = fs::read_to_string(fixtures.join(format!("keys/{key}.pub"))).unwrap();
        let signers = format!("aiko@example.com {public}");
        let here = we_believe(&signers, APPROVAL_NAMESPACE, &armor, &text, now);
        let there = openssh_believes(folder.path(), &signers, APPROVAL_NAMESPACE, &armor, &text);
        both += usize::from(here && there);
        if here && !there {
            here_alone.push(name);
        }
    }
    assert_eq!(here_alone, [""; 0]);
    assert!(both >= 10, "{both}");
}
