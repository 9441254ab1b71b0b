//! Records: what `suimon history` tells of them, how they stand in Git, and that no edit of them goes unseen.

use serde_json::Value;

use crate::delivery::{OPEN, PEER, Shop};
use crate::run::Ran;

const LEDGER: &str = "refs/suimon/ledger/dev";

/// A shop whose `dev` was applied at two commits, and whose `stg` after the first.
fn applied() -> Shop {
    let shop = Shop::new(OPEN, OPEN);
    shop.env.commit("one");
    shop.apply("dev").code(0);
    shop.apply("stg").code(0);
    shop.value("dev", "2");
    shop.env.commit("two");
    shop.apply("dev").code(0);
    shop
}

fn verify(shop: &Shop, environment: &str) -> Ran {
    shop.env.suimon(&["history", environment, "--verify"])
}

#[test]
fn a_history_tells_newest_first_what_was_done_and_by_whom() {
    let shop = applied();
    let told = shop.env.suimon(&["history", "dev"]).code(0);
    let text = &told.stdout;
    let (newer, older) = (text.find("#3 applied").unwrap(), text.find("#1 applied").unwrap());
    assert!(newer < older, "{text}");
    for part in ["Olga <olga@example.com>, command line", "1 changed", "1 created", "healthy"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let told = shop.env.suimon(&["history", "dev", "--limit", "1"]).code(0);
    assert!(!told.stdout.contains("#1 "), "{}", told.stdout);
    told.says("1 older entry not shown.");
    shop.env.suimon(&["history", "prod"]).code(0).says("Nothing was ever applied to prod.");
    shop.env.suimon(&["history", "prd"]).code(1).notes("prd");
}

#[test]
fn a_history_in_json_is_the_records_as_they_are() {
    let shop = applied();
    let told = shop.env.suimon(&["history", "dev", "--json"]).code(0).json();
    let ids = shop.env.git(&["rev-list", "--reverse", LEDGER]);
    let told = told["records"].as_array().unwrap();
    assert_eq!(told.len(), 4);
    for ((told, stored), id) in told.iter().zip(shop.records("dev")).zip(ids.lines()) {
        assert_eq!(told["id"], id);
        for key in ["number", "previous", "time", "actor", "trigger", "project", "environment"] {
            assert_eq!(told[key], stored[key], "{key}");
        }
        assert_eq!(told["event"]["type"], stored["event"]["type"]);
        assert_eq!(told["event"]["report"]["digest"], stored["event"]["report"]["digest"]);
    }
    let limited = shop.env.suimon(&["history", "dev", "--json", "--limit", "1"]).code(0).json();
    let numbers: Vec<_> =
        limited["records"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
    assert_eq!(numbers, [&Value::from(4)]);
}

#[test]
fn a_record_is_a_commit_that_git_reads() {
    let shop = applied();
    let log = shop.env.git(&["log", "--format=%an <%ae>|%cn <%ce>|%at %ct|%s", LEDGER]);
    let records = shop.records("dev");
    assert_eq!(log.lines().count(), records.len());
    for (line, record) in log.lines().rev().zip(&records) {
        let parts: Vec<&str> = line.split('|').collect();
        assert_eq!(parts[0], "Olga <olga@example.com>");
        assert_eq!(parts[1], parts[0]);
        let time: jiff::Timestamp = record["time"].as_str().unwrap().parse().unwrap();
        assert_eq!(parts[2], format!("{0} {0}", time.as_second()));
        assert!(parts[3].starts_with(&format!("dev #{}: ", record["number"])), "{}", parts[3]);
    }
    let tree = shop.env.git(&["ls-tree", "--name-only", LEDGER]);
    assert_eq!(tree, "record.json");
    let first = shop.env.git(&["rev-list", "--max-parents=0", LEDGER]);
    let second = shop.env.git(&["rev-list", "--max-count=1", &format!("{LEDGER}~2")]);
    assert_eq!(records[0]["previous"], Value::Null);
    assert_eq!(records[1]["previous"], first.as_str());
    assert_eq!(records[2]["previous"], second.as_str());
    // What was seen of the other environment then.
    let stg = shop.env.git(&["rev-parse", "refs/suimon/ledger/stg"]);
    assert_eq!(records[2]["witnessed"]["stg"], stg.as_str());
    verify(&shop, "dev").code(0).says("dev: 4 records, the chain is whole");
    verify(&shop, "prod").code(0).says("prod: nothing was ever recorded.");
}

#[test]
fn refused_applies_and_plans_that_could_not_be_made_are_told() {
    let shop = Shop::new(PEER, OPEN);
    shop.key("aiko");
    shop.signers(&["aiko"]);
    let revision = shop.env.commit("one");
    shop.apply("stg").code(3);
    let refused = &shop.records("stg")[0]["event"];
    assert_eq!(refused["attempt"]["revision"], revision.as_str());
    let conditions = refused["attempt"]["conditions"].as_array().unwrap();
    let approvals = conditions.iter().find(|one| one["rule"] == "approvals").unwrap();
    assert_eq!(approvals["state"], "held");
    shop.env.suimon(&["history", "stg"]).code(0).says("peer: 0 of 1 approval");
    shop.env.file("envs/stg/manifests/all.yaml", "kind: ConfigMap\n");
    let broken = shop.env.commit("two");
    shop.apply("stg").code(1);
    let failed = &shop.records("stg")[1]["event"];
    assert_eq!((&failed["type"], &failed["revision"]), (&"plan-failed".into(), &broken.into()));
    let reason = failed["reason"].as_str().unwrap();
    shop.env.suimon(&["history", "stg"]).code(0).says("plan failed").says(reason);
    // Looking writes nothing.
    for args in [&["plan", "stg"][..], &["gate", "stg"], &["status"], &["history", "stg"]] {
        shop.env.suimon(args);
    }
    assert_eq!(shop.events("stg"), ["refused", "plan-failed"]);
    verify(&shop, "stg").code(0);
}

#[test]
fn no_record_holds_a_secret() {
    let shop = Shop::new(OPEN, OPEN);
    let secret = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: default}}\n\
             stringData: {{password: {value}}}\n"
        )
    };
    shop.env.file("envs/dev/manifests/all.yaml", &secret("hunter2"));
    shop.env.commit("one");
    shop.apply("dev").code(0);
    shop.env.file("envs/dev/manifests/all.yaml", &secret("correct-horse"));
    shop.env.commit("two");
    shop.apply("dev").code(0);
    let told = shop.env.suimon(&["history", "dev", "--json"]).code(0).stdout;
    let stored = shop.env.git(&["log", "-p", "--format=%B", LEDGER]);
    for (word, base64) in [("hunter2", "aHVudGVyMg=="), ("correct-horse", "Y29ycmVjdC1ob3JzZQ==")] {
        for text in [&told, &stored] {
            assert!(!text.contains(word) && !text.contains(base64), "{text}");
        }
    }
}

/// Writes a commit as suimon would, but of this record, after these parents; its id.
fn forge(shop: &Shop, like: &str, record: &str, parents: &[&str]) -> String {
    let file = shop.env.root().join("forged.json");
    std::fs::write(&file, record).unwrap();
    let blob = shop.env.git(&["hash-object", "-w", file.to_str().unwrap()]);
    let list = shop.env.root().join("tree");
    std::fs::write(&list, format!("100644 blob {blob}\trecord.json\n")).unwrap();
    let script = format!("git mktree < '{}'", list.display());
    let tree = shell(shop, &script);
    let parents: String = parents.iter().map(|parent| format!(" -p {parent}")).collect();
    let who = shop.env.git(&[
        "log",
        "-1",
        "--format=GIT_AUTHOR_NAME='%an' GIT_AUTHOR_EMAIL='%ae' GIT_AUTHOR_DATE='%at +0000' \
         GIT_COMMITTER_NAME='%cn' GIT_COMMITTER_EMAIL='%ce' GIT_COMMITTER_DATE='%ct +0000'",
        like,
    ]);
    shell(
        shop,
        &format!(
            "git log -1 --format=%B {like} | sed -e '$d' | {who} git commit-tree {tree}{parents}"
        ),
    )
}

fn shell(shop: &Shop, script: &str) -> String {
    shop.env.git(&["-c", &format!("alias.run=!{script}"), "run"])
}

fn record(shop: &Shop, id: &str) -> String {
    shop.env.git(&["show", &format!("{id}:record.json")]) + "\n"
}

/// A way to change history.
type Edit = fn(&Shop) -> String;

/// The records after one that was changed, written again on top of it; the last.
fn rebased(shop: &Shop, from: &str, onto: &str) -> String {
    let ids = shop.env.git(&["rev-list", "--reverse", &format!("{from}..{LEDGER}")]);
    let mut tip = onto.to_owned();
    let mut was = from.to_owned();
    for id in ids.lines() {
        tip = forge(shop, id, &record(shop, id).replace(&was, &tip), &[&tip]);
        was = id.to_owned();
    }
    tip
}

fn id(shop: &Shop, back: usize) -> String {
    shop.env.git(&["rev-parse", &format!("{LEDGER}~{back}")])
}

/// Every way to change a ledger of four records, and where there is one a word of what is wrong inside the chain.
const EDITS: [(&str, Edit, &str); 8] = [
    (
        "a record that was edited",
        |shop| {
            let tip = id(shop, 0);
            forge(shop, &tip, &record(shop, &tip).replace("olga@", "eve@"), &[&id(shop, 1)])
        },
        "its author is",
    ),
    (
        "an older one, with all after it written again",
        |shop| {
            let second = id(shop, 2);
            let changed = record(shop, &second).replace("\"Created\"", "\"Updated\"");
            assert_ne!(changed, record(shop, &second));
            let forged = forge(shop, &second, &changed, &[&id(shop, 3)]);
            rebased(shop, &second, &forged)
        },
        "",
    ),
    (
        "a record that was taken out of the middle",
        |shop| forge(shop, &id(shop, 0), &record(shop, &id(shop, 0)), &[&id(shop, 2)]),
        "it says that it is number 4, and stands at 3",
    ),
    ("records that were cut off", |shop| id(shop, 2), ""),
    (
        "a chain on another root",
        |shop| {
            let root = shop.env.git(&["rev-parse", "HEAD"]);
            let first = forge(shop, &id(shop, 3), &record(shop, &id(shop, 3)), &[&root]);
            rebased(shop, &id(shop, 3), &first)
        },
        "record.json",
    ),
    (
        "the record of another environment",
        |shop| shop.env.git(&["rev-parse", "refs/suimon/ledger/stg"]),
        "it is of the environment \"stg\"",
    ),
    (
        "a record that was added",
        |shop| {
            let tip = id(shop, 0);
            let text = record(shop, &tip).replace("\"number\":4", "\"number\":5");
            let text = text.replace(&id(shop, 1), &tip);
            forge(shop, &tip, &text, &[&tip])
        },
        "has ended already",
    ),
    (
        "a record on two parents",
        |shop| {
            let tip = id(shop, 0);
            forge(shop, &tip, &record(shop, &tip), &[&id(shop, 1), &id(shop, 2)])
        },
        "it has 2 parents",
    ),
];

#[test]
fn any_edit_is_found_and_stops_every_command() {
    for (what, edit, inside) in EDITS {
        let shop = applied();
        let tip = edit(&shop);
        shop.env.git(&["update-ref", LEDGER, &tip]);
        let found = verify(&shop, "dev");
        assert_eq!(found.code, 1, "{what}: {}", found.all());
        assert!(found.stdout.contains("! "), "{what}: {}", found.all());
        let json = shop.env.suimon(&["history", "dev", "--verify", "--json"]).code(1).json();
        assert_eq!(json["valid"], false, "{what}");
        let writes = shop.env.writes().len();
        shop.value("dev", "3");
        shop.env.commit("three");
        for (args, code) in [
            (&["history", "dev"][..], 1),
            (&["history", "dev", "--json"], 1),
            (&["apply", "dev", "--auto-approve"], 1),
            (&["promote", "dev", "stg", "--dry-run"], 1),
            (&["promote", "dev", "stg", "--commit"], 1),
            (&["rollback", "dev", "--auto-approve"], 1),
            (&["status"], 1),
        ] {
            let ran = shop.env.suimon(args);
            assert_eq!(ran.code, code, "{what}: {args:?}: {}", ran.all());
            let named = ran.all().contains("dev is damaged") || ran.all().contains("DAMAGED");
            assert!(named, "{what}: {args:?}: {}", ran.all());
        }
        assert_eq!(shop.env.writes().len(), writes, "{what}: something was written");
        assert_eq!(shop.env.git(&["rev-parse", LEDGER]), tip, "{what}: recorded on top of it");
        // A machine that has never seen the ledger as it was finds what is wrong inside the chain, and what other
        // ledgers say against it.
        shop.env.git(&["update-ref", "-d", "refs/suimon/seen/ledger/dev"]);
        let found = verify(&shop, "dev");
        let known = inside.is_empty() || found.stdout.contains(inside);
        assert!(known, "{what}: no {inside:?} in {}", found.all());
    }
}

/// Puts another record in the place of the last one, with nothing before it.
pub(crate) fn replace(shop: &Shop, ledger: &str, record: &Value) {
    let tip = shop.env.git(&["rev-parse", ledger]);
    let forged = forge(shop, &tip, &format!("{record}\n"), &[]);
    shop.env.git(&["update-ref", ledger, &forged]);
}
