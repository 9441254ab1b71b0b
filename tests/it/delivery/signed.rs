//! Signed ledgers: each record by one of the keys that the project lists.

use std::path::Path;
use std::process::Command;

use crate::delivery::{OPEN, Shop};

const NAMESPACE: &str = "ledger@suimon.dev";
const LEDGER: &str = "refs/suimon/ledger/dev";

/// A shop whose records are signed by these people.
fn signed(names: &[&str]) -> Shop {
    let shop = Shop::new(OPEN, OPEN);
    for name in names {
        shop.key(name);
    }
    shop.signers(names);
    shop.env.file(
        "suimon.yaml",
        "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\n\
         spec: {pipeline: [dev, stg, prod], ledger: {allowedSigners: signers}}\n",
    );
    shop.env.commit("one");
    shop
}

/// Tells Git to sign with this key.
fn sign_with(shop: &Shop, key: &Path) {
    shop.env.git(&["config", "gpg.format", "ssh"]);
    shop.env.git(&["config", "user.signingKey", key.to_str().unwrap()]);
}

/// `ssh-keygen -Y verify`, as the documentation shows it.
pub(crate) fn openssh_accepts(
    shop: &Shop,
    signers: &str,
    (who, namespace): (&str, &str),
    (statement, signature): (&str, &str),
) -> bool {
    let file = |name: &str, content: &str| {
        let path = shop.env.root().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let (statement, signature) = (file("statement", statement), file("signature", signature));
    let output = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-f"])
        .arg(shop.env.project().join(signers))
        .args(["-I", who, "-n", namespace, "-s"])
        .arg(&signature)
        .stdin(std::fs::File::open(&statement).unwrap())
        .output()
        .unwrap();
    output.status.success()
}

#[test]
fn records_are_signed_and_openssh_accepts_them() {
    let shop = signed(&["olga"]);
    sign_with(&shop, &shop.env.root().join("olga"));
    shop.apply("dev").code(0);
    let verified = shop.env.suimon(&["history", "dev", "--verify"]).code(0);
    verified.says("dev: 2 records, the chain is whole, 2 signatures are good.");
    let file = |name: &str| shop.env.git(&["show", &format!("{LEDGER}:{name}")]) + "\n";
    let files = (file("record.json"), file("record.json.sig"));
    let who = ("olga@example.com", NAMESPACE);
    assert!(openssh_accepts(&shop, "signers", who, (&files.0, &files.1)));
    assert!(!openssh_accepts(&shop, "signers", who, (&files.0.replace("olga", "eve"), &files.1)));
}

#[test]
fn what_cannot_be_signed_as_the_project_wants_it_writes_nothing() {
    let shop = signed(&["olga"]);
    shop.apply("dev").code(1).notes("user.signingKey");
    let eve = shop.key("eve");
    sign_with(&shop, &eve);
    shop.apply("dev").code(1).notes("could not be signed");
    sign_with(&shop, &shop.env.root().join("nowhere"));
    shop.apply("dev").code(1).notes("there is no key");
    assert_eq!(shop.env.writes(), [""; 0]);
    assert_eq!(shop.events("dev"), [""; 0]);
}

#[test]
fn a_record_without_a_good_signature_is_found() {
    let shop = signed(&["olga"]);
    sign_with(&shop, &shop.env.root().join("olga"));
    shop.apply("dev").code(0);
    let tip = shop.env.git(&["rev-parse", LEDGER]);
    let message = shop.env.root().join("message");
    std::fs::write(&message, shop.env.git(&["log", "-1", "--format=%B", LEDGER]) + "\n").unwrap();
    let forged = |tree: &str| {
        let time = shop.env.git(&["log", "-1", "--format=%at +0000", LEDGER]);
        let who = format!("Olga <olga@example.com> {time}");
        let commit = format!(
            "tree {tree}\nparent {}\nauthor {who}\ncommitter {who}\n\n{}",
            shop.env.git(&["rev-parse", &format!("{tip}~1")]),
            std::fs::read_to_string(&message).unwrap()
        );
        let file = shop.env.root().join("commit");
        std::fs::write(&file, commit).unwrap();
        let id = shop.env.git(&["hash-object", "-w", "-t", "commit", file.to_str().unwrap()]);
        shop.env.git(&["update-ref", LEDGER, &id]);
        shop.env.git(&["update-ref", "-d", "refs/suimon/seen/ledger/dev"]);
        shop.env.suimon(&["history", "dev", "--verify"]).code(1)
    };
    let blob = |name: &str| shop.env.git(&["rev-parse", &format!("{tip}:{name}")]);
    let tree = |lines: &str| {
        let file = shop.env.root().join("tree");
        std::fs::write(&file, lines).unwrap();
        let alias = format!("alias.tree=!git mktree < '{}'", file.display());
        shop.env.git(&["-c", &alias, "tree"])
    };
    let record = blob("record.json");
    forged(&tree(&format!("100644 blob {record}\trecord.json\n"))).says("it is not signed");
    let other = shop.env.git(&["rev-parse", &format!("{tip}~1:record.json.sig")]);
    let swapped =
        format!("100644 blob {record}\trecord.json\n100644 blob {other}\trecord.json.sig\n");
    forged(&tree(&swapped)).says("its signature is not believed");
    // As it was, but by somebody who does not sign any more.
    shop.env.git(&["update-ref", LEDGER, &tip]);
    shop.env.git(&["update-ref", "-d", "refs/suimon/seen/ledger/dev"]);
    shop.env.suimon(&["history", "dev", "--verify"]).code(0);
    shop.env.file("signers", "");
    shop.env.commit("nobody signs");
    shop.env.suimon(&["history", "dev", "--verify"]).code(1);
}

#[test]
fn a_ledger_from_before_records_were_signed_goes_on_signed() {
    let shop = Shop::new(OPEN, OPEN);
    let olga = shop.key("olga");
    shop.env.commit("one");
    shop.apply("dev").code(0);
    sign_with(&shop, &olga);
    shop.signers(&["olga"]);
    shop.env.file(
        "suimon.yaml",
        "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\n\
         spec: {pipeline: [dev, stg, prod], ledger: {allowedSigners: signers}}\n",
    );
    shop.value("dev", "2");
    shop.env.commit("signed from now on");
    shop.apply("dev").code(0);
    let verified = shop.env.suimon(&["history", "dev", "--verify"]).code(0);
    verified.says("dev: 4 records, the chain is whole, 2 signatures are good.");
}
