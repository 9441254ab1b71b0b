//! How records are written, and what of it is refused.

use std::sync::Arc;

use suimon_ledger::{
    Actor, Entry, Error, Event, Ledger, MemoryStore, RECORD_BYTES, Record, Store, Stored, Trigger,
};

use crate::place::chain;
use crate::script::history;
use crate::support::{actor, apply, at, checked, healthy, ledger, sick};

const LEDGER: &str = "refs/suimon/ledger/dev";

fn entry(actor: Actor, event: Event) -> Entry {
    Entry { actor, trigger: Trigger::Controller, time: at(0), event }
}

/// The format is read for ever: when this changes, the format gets a new name.
#[test]
fn the_format_of_records_stays() {
    let script = "open a glass target; take; late failed; refuse b; no-plan; check a sick; \
                  pin b from a; unpin; seen c1";
    let store = MemoryStore::new();
    let dev = ledger(&store, "dev");
    for one in history(script).iter() {
        let mut event = one.record.event.clone();
        if let Event::Acknowledged { record } = &mut event {
            *record = dev.read().unwrap().records[0].id.clone();
        }
        dev.append(entry(actor(), event)).unwrap();
    }
    let commits = chain(&store, LEDGER);
    let text = |one: &Stored| {
        let value: serde_json::Value = serde_json::from_slice(&one.files["record.json"]).unwrap();
        let subject = one.message.lines().next().unwrap().to_owned();
        format!("{subject}\n  {}", value["event"])
    };
    let lines: Vec<String> = commits.iter().map(text).collect();
    let lines = lines.join("\n").replace(&commits[0].id, "<first>");
    insta::assert_snapshot!(lines, @r#"
    dev #1: apply a at a-commit
      {"attempt":{"artifacts":{},"break_glass":{"by":"aiko@example.com","reason":"the site is down"},"conditions":[{"message":"dev proved it","rule":"upstream","state":"passed"}],"digest":"sha256:plan-a","mode":"forward","modules":"a-modules","release":"a","release_id":"sha256:a","revision":"a-commit","targeted":["Deployment.apps/web/api"]},"lease":{"boot":"b1","host":"laptop","machine":"m1","pid":7,"pid_namespace":"pid:[1]","started":100},"run":"r1","type":"opened"}
    dev #2: run r1 taken over: process 7 on laptop is gone
      {"run":"r1","type":"taken-over","why":"process 7 on laptop is gone"}
    dev #3: partial, healthy
      {"health":{"not_current":[],"status":"Current"},"inventory":{"entries":{"Deployment.apps/web/api":{"api_version":"apps/v1","uid":"u1"}}},"report":{"digest":"sha256:plan-a","end":"partial","entries":[{"action":"update","health":null,"id":"Deployment.apps/web/api","location":null,"outcome":"Failed","reason":"denied"}],"environment":"dev","problems":[]},"run":"r1","type":"closed"}
    dev #4: held apply of b at b-commit
      {"attempt":{"artifacts":{},"conditions":[{"message":"dev proved it","rule":"upstream","state":"passed"}],"digest":"sha256:plan-b","mode":"forward","modules":"b-modules","release":"b","release_id":"sha256:b","revision":"b-commit"},"type":"refused"}
    dev #5: no plan: no cluster
      {"reason":"no cluster","revision":null,"type":"plan-failed"}
    dev #6: checked: not healthy
      {"health":{"not_current":[["Deployment.apps/web/api","Failed","0 of 3 replicas are ready"]],"status":"Failed"},"release_id":"sha256:a","type":"checked"}
    dev #7: pinned to b: errors
      {"from":"sha256:a","reason":"errors","release":"b","release_id":"sha256:b","revision":"revert","type":"pinned"}
    dev #8: unpinned: the revert is merged
      {"type":"unpinned","why":"the revert is merged"}
    dev #9: acknowledged <first>
      {"record":"<first>","type":"acknowledged"}
    "#);
}

#[test]
fn names_that_git_would_not_take_are_made_plain() {
    for (name, email, expected) in [
        ("Aiko", "aiko@example.com", "Aiko <aiko@example.com>"),
        ("  Aiko\n\tSato ", " aiko@example.com ", "Aiko Sato <aiko@example.com>"),
        ("A<i>ko", "<aiko@example.com>", "Aiko <aiko@example.com>"),
        ("", "", "unknown <unknown>"),
        ("\u{202e}okiA", "a b@example.com", "okiA <ab@example.com>"),
        (".Aiko.", "aiko@example.com,", "Aiko <aiko@example.com>"),
    ] {
        let store = MemoryStore::new();
        let person = Actor { name: name.to_owned(), email: email.to_owned(), ..actor() };
        let dev = ledger(&store, "dev");
        dev.append(entry(person, checked("one", healthy()))).unwrap();
        assert_eq!(chain(&store, LEDGER)[0].author, expected);
        dev.read().unwrap();
    }
}

#[test]
fn text_of_others_stays_in_its_line_of_the_message() {
    let store = MemoryStore::new();
    let reason = "no\n\nSuimon-Ledger: bank/prod#1\u{1b}[2J".to_owned() + &"x".repeat(500);
    let event = Event::PlanFailed { revision: None, reason: reason.clone() };
    ledger(&store, "dev").append(entry(actor(), event)).unwrap();
    let message = &chain(&store, LEDGER)[0].message;
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("dev #1: no plan: no Suimon-Ledger: bank/prod#1 [2Jxxx"));
    assert_eq!(lines[2], "Suimon-Ledger: shop/dev#1");
    let history = ledger(&store, "dev").read().unwrap();
    let Event::PlanFailed { reason: kept, .. } = &history.records[0].record.event else { panic!() };
    assert_eq!(*kept, reason);
}

fn with_record(change: impl FnOnce(String) -> String) -> Error {
    let store = MemoryStore::new();
    apply(&ledger(&store, "dev"), "r1", "one", 0);
    let mut first = chain(&store, LEDGER).remove(0);
    let text = String::from_utf8(first.files["record.json"].clone()).unwrap();
    first.files.insert("record.json".to_owned(), change(text).into_bytes());
    let id = store.put(first);
    store.force(LEDGER, Some(&id));
    let stranger: Arc<dyn Store> = Arc::new(store.beside());
    Ledger::new(stranger, "shop", "dev").read().unwrap_err()
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let newer = with_record(|text| text.replace("ledger/v1", "ledger/v2"));
    let more =
        with_record(|text| text.replace("ledger/v1", "ledger/v2").replacen("{", "{\"a\":1,", 1));
    for error in [newer, more] {
        let Error::Newer { format, .. } = &error else { panic!("{error:?}") };
        assert_eq!(format, "suimon.dev/ledger/v2");
        assert!(error.to_string().ends_with("use a newer one"), "{error}");
    }
    for change in [
        |text: String| text.replacen("{", "{\"a\":1,", 1),
        |text: String| text.replace("\"pid\":7", "\"pid\":7.0"),
        |text: String| text.replace("\"pid\":7", "\"a\":1,\"pid\":7"),
        |text: String| text.replace("\"state\":\"passed\"", "\"state\":\"passed\",\"z\":1"),
        |text: String| text.trim_end().to_owned(),
        |text: String| text.replace(',', ", "),
        |_| String::new(),
        |_| "[".repeat(100_000),
        |_| "{\"format\":\"suimon.dev/ledger/v1\"}".to_owned(),
    ] {
        let error = with_record(change);
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    }
}

#[test]
fn a_record_that_is_too_large_is_neither_written_nor_read() {
    let mut health = sick();
    health.not_current[0].2 = "x".repeat(RECORD_BYTES);
    let store = MemoryStore::new();
    let error = ledger(&store, "dev").append(entry(actor(), checked("one", health))).unwrap_err();
    assert!(
        matches!(&error, Error::TooLarge(why) if why.contains("the limit is 32 MiB")),
        "{error}"
    );
    let error = with_record(|text| text + &" ".repeat(RECORD_BYTES));
    assert!(error.to_string().contains("the limit is 32 MiB"), "{error}");
}

#[test]
fn numbers_and_depth_of_others_values_are_kept_readable() {
    let mut script = history("a failed");
    let mut deep = serde_json::json!(0.1);
    for _ in 0..110 {
        deep = serde_json::json!({ "in": deep });
    }
    let mut record: Record = script.records.remove(1).record.clone();
    let Event::Closed { report, .. } = &mut record.event else { panic!() };
    for value in [serde_json::json!(0.123_456_789_012_345_67), serde_json::json!(u64::MAX), deep] {
        report.entries[0].conflicts.push(suimon_plan::Conflict {
            field: ".spec".to_owned(),
            manager: "kubectl".to_owned(),
            ours: Some(value),
            theirs: None,
            repairs_drift: false,
        });
    }
    let store = MemoryStore::new();
    let dev = ledger(&store, "dev");
    dev.append(entry(actor(), script.records[0].record.event.clone())).unwrap();
    dev.append(entry(actor(), record.event)).unwrap();
    assert_eq!(ledger(&store.beside(), "dev").read().unwrap().records.len(), 2);
}
