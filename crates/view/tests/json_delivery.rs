//! Gates, records, verifications and the pipeline as JSON, against their schemas.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/ledger.rs"]
mod ledger;

use common::{change, conflict, drift, id, plan};
use insta::assert_snapshot;
use ledger::{
    Book, RELEASE_1, RELEASE_2, REVISION_1, approval, attempt, entry, glass, healthy, now, report,
    unhealthy,
};
use serde_json::{Value, json};
use suimon_apply::End;
use suimon_gate::{Condition, Known, Mode, State};
use suimon_ledger::{Attempt, Event, History, Problem, Verification};
use suimon_model::{InventoryEntry, Location, Outcome};
use suimon_plan::Action;
use suimon_view::status::{Declared, Environment, Ledger, Live, Pipeline};
use suimon_view::{BrokenGlass, GateSheet, json as view};

const GATE: &str = include_str!("../../../docs/gate.schema.json");
const HISTORY: &str = include_str!("../../../docs/history.schema.json");
const STATUS: &str = include_str!("../../../docs/status.schema.json");
const VERIFICATION: &str = include_str!("../../../docs/verification.schema.json");

fn errors(schema: &str, document: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn assert_valid(schema: &str, document: &Value) {
    let errors = errors(schema, document);
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

/// A key that is not named is refused at each of these places.
fn assert_closed(schema: &str, document: &Value, pointers: &[&str]) {
    for pointer in pointers {
        let mut more = document.clone();
        let object = more.pointer_mut(pointer).and_then(Value::as_object_mut);
        object.unwrap_or_else(|| panic!("{pointer}: no object")).insert("odd".into(), json!(1));
        assert!(!errors(schema, &more).is_empty(), "{pointer}");
    }
}

/// Every kind of record, with nothing empty.
fn book() -> Book {
    let mut book = Book::default();
    let mut rich = Attempt {
        targeted: vec![id("Pod/a")],
        approvals: vec![approval("ben@example.com", "peer")],
        break_glass: Some(glass()),
        mode: Mode::Rollback,
        ..attempt(RELEASE_1)
    };
    rich.artifacts.insert("api".into(), [("image".to_owned(), "r@sha256:1".to_owned())].into());
    rich.conditions.push(
        Condition::new("approvals", State::Held, "1 is missing")
            .help("ask")
            .who(["ben@example.com".to_owned()]),
    );
    let mut failed = entry("Secret/web/db", Action::Update, Outcome::Failed, Some("conflict"));
    failed.location = Some(Location::new("envs/stg/a.yaml", 1, 2));
    failed.conflicts = vec![conflict(".data.p", json!("hunter2"), json!("hunter3"), false)];
    let made = entry("Namespace/web", Action::Create, Outcome::Created, None);
    let mut partial = report(End::Partial, vec![failed, made]);
    partial.problems = vec!["odd (sensitive value) deadbeefdeadbeef".into()];
    book.open("r1", rich.clone()).close("r1", partial, unhealthy());
    if let Event::Closed { inventory, .. } = &mut book.records[1].record.event {
        let entry = InventoryEntry { api_version: "v1".into(), uid: "u1".into() };
        inventory.entries.insert(id("Namespace/web"), entry);
    }
    book.records[1].record.witnessed.insert("dev".into(), "00ff".into());
    book.open("r2", attempt(RELEASE_2));
    book.add(Event::TakenOver { run: "r2".into(), why: "gone".into() });
    book.add(Event::Refused { attempt: Box::new(rich) });
    book.add(Event::PlanFailed { revision: None, reason: "no such key".into() });
    book.add(Event::Checked { release_id: RELEASE_1.into(), health: healthy() });
    book.add(Event::Pinned {
        release_id: RELEASE_1.into(),
        release: None,
        revision: REVISION_1.into(),
        from: RELEASE_2.into(),
        reason: "bad".into(),
    });
    book.add(Event::Unpinned { why: "merged".into() });
    book.add(Event::Acknowledged { record: "00".into() });
    book
}

#[test]
fn records_are_as_the_schema_says_and_as_they_are() {
    let history = book().history();
    let document = view::history("shop", "stg", &history, None);
    assert_valid(HISTORY, &document);
    let records = document["records"].as_array().unwrap();
    assert_eq!(records.len(), history.records.len());
    for (shown, kept) in records.iter().zip(history.iter()) {
        assert_eq!(shown["id"], kept.id);
        assert_eq!(shown["number"], kept.record.number);
        assert_eq!(shown["event"]["type"], kept.record.event.name());
    }
    assert_closed(
        HISTORY,
        &document,
        &[
            "",
            "/records/0",
            "/records/0/actor",
            "/records/0/event",
            "/records/0/event/attempt",
            "/records/0/event/attempt/conditions/1",
            "/records/0/event/lease",
            "/records/1/event/report",
            "/records/1/event/report/entries/0",
            "/records/1/event/health",
        ],
    );
    let last = view::history("shop", "stg", &history, Some(2));
    assert_eq!(last["records"].as_array().unwrap().len(), 2);
    assert_eq!(last["records"][1], records[records.len() - 1]);
    assert_valid(HISTORY, &view::history("shop", "stg", &History::default(), Some(0)));
}

#[test]
fn a_record_reads_like_this() {
    let mut book = Book::default();
    book.add(Event::Unpinned { why: "the revert is merged".into() });
    let document = view::history("shop", "stg", &book.history(), None);
    assert_snapshot!(document, @r#"{"environment":"stg","format_version":"1.0","project":"shop","records":[{"actor":{"email":"aiko@example.com","name":"Aiko","tool":"suimon 0.1.0"},"environment":"stg","event":{"type":"unpinned","why":"the revert is merged"},"format":"suimon.dev/ledger/v1","id":"0000000000000000000000000000000000000001","number":1,"previous":null,"project":"shop","time":"2026-11-22T06:00:00Z","trigger":"cli","witnessed":{}}]}"#);
}

#[test]
fn what_a_record_should_not_hold_is_not_shown() {
    let text = view::history("shop", "stg", &book().history(), None).to_string();
    assert!(!text.contains("hunter") && !text.contains("deadbeef"), "{text}");
    assert!(text.contains("(sensitive value)"), "{text}");
}

#[test]
fn verifications_are_as_the_schema_says() {
    let good = Verification { records: 3, signed: 3, tip: Some("00aa".into()), problems: vec![] };
    let problem = |record: Option<&str>, number| Problem {
        record: record.map(str::to_owned),
        number,
        what: "its commit is not what suimon writes for it\u{1b}".into(),
    };
    let problems = vec![problem(Some("00aa"), Some(2)), problem(None, None)];
    let bad = Verification { problems, ..good.clone() };
    let good = view::verification("shop", "stg", &good);
    let bad = view::verification("shop", "stg", &bad);
    assert_valid(VERIFICATION, &good);
    assert_valid(VERIFICATION, &bad);
    assert_valid(VERIFICATION, &view::verification("shop", "stg", &Verification::default()));
    assert_eq!((&good["valid"], &bad["valid"]), (&json!(true), &json!(false)));
    assert_closed(VERIFICATION, &bad, &["", "/problems/0"]);
    assert_snapshot!(good, @r#"{"environment":"stg","format_version":"1.0","last":"00aa","problems":[],"project":"shop","records":3,"signed":3,"valid":true}"#);
}

#[test]
fn gates_are_as_the_schema_says() {
    let (plan, empty) = (
        plan(vec![change("ConfigMap/web/a", Action::Create, None, Some(json!({"data": {}})))]),
        plan(Vec::new()),
    );
    let conditions = [
        Condition::new("window", State::Passed, "open"),
        Condition::new("approvals", State::Held, "1 (sensitive value) deadbeefdeadbeef")
            .help("ask")
            .who(["@ben".to_owned()]),
    ];
    let glass = [BrokenGlass {
        record: "00".into(),
        by: "aiko@example.com".into(),
        reason: "down".into(),
        at: now(),
    }];
    let sheet = GateSheet {
        plan: &plan,
        mode: Mode::Forward,
        conditions: &conditions,
        broken_glass: &glass,
    };
    let document = view::gate(&sheet);
    assert_valid(GATE, &document);
    assert_eq!(document["digest"], plan.digest());
    assert_eq!(document["verdict"], "held");
    assert!(!document.to_string().contains("deadbeef"));
    assert_closed(
        GATE,
        &document,
        &["", "/conditions/0", "/broken_glass/0", "/release", "/summary"],
    );
    let nothing =
        GateSheet { plan: &empty, mode: Mode::Rollback, conditions: &[], broken_glass: &[] };
    assert_valid(GATE, &view::gate(&nothing));
}

fn environment<'a>(name: &'a str, ledger: Ledger<'a>, live: Live<'a>) -> Environment<'a> {
    Environment {
        name,
        in_pipeline: true,
        ledger,
        declared: Known::Known(Declared {
            release: None,
            release_id: RELEASE_1.into(),
            revision: None,
            gated: true,
        }),
        live,
        holder_gone: Some("process 42 is gone".into()),
        revert_merged: false,
        proposed: None,
    }
}

#[test]
fn the_pipeline_is_as_the_schema_says() {
    let mut changes =
        plan(vec![change("ConfigMap/web/a", Action::Create, None, Some(json!({"data": {}})))]);
    changes.drift = vec![drift("ConfigMap/web/b", vec![])];
    let conditions = [Condition::new("window", State::Held, "closed")];
    let seen = Live::Seen { health: unhealthy(), plan: &changes, conditions: &conditions };
    let (mut pinned, mut done, none) = (book(), Book::default(), History::default());
    pinned.records.truncate(8);
    let broken = Attempt { break_glass: Some(glass()), ..attempt(RELEASE_1) };
    pinned.open("r9", broken);
    done.apply("a", RELEASE_1);
    done.add(Event::Checked { release_id: RELEASE_1.into(), health: unhealthy() });
    let (pinned, done) = (pinned.history(), done.history());
    let mut wrong = environment("lab", Ledger::None, Live::NotAsked);
    wrong.declared = Known::Unknown("no such key".into());
    let pipeline = Pipeline {
        project: "shop",
        now: now(),
        only: None,
        environments: vec![
            environment("dev", Ledger::Read(&pinned), seen),
            environment("stg", Ledger::Read(&done), Live::Unreachable("no route".into())),
            environment("prod", Ledger::Read(&none), Live::NotAsked),
            wrong,
            environment("old", Ledger::Damaged("record 3".into()), Live::NotAsked),
            environment("far", Ledger::Unreadable("no network".into()), Live::NotAsked),
        ],
    };
    let document = view::status(&pipeline);
    assert_valid(STATUS, &document);
    for present in ["lock", "pin", "applied", "live", "next"] {
        assert!(document["environments"][0][present].is_object(), "{present}");
    }
    assert_closed(
        STATUS,
        &document,
        &[
            "",
            "/environments/0",
            "/environments/0/ledger",
            "/environments/0/applied",
            "/environments/0/applied/proof",
            "/environments/0/live",
            "/environments/0/live/health",
            "/environments/0/live/gate",
            "/environments/0/lock",
            "/environments/0/pin",
            "/environments/0/broken_glass/0",
            "/environments/0/next",
            "/environments/1/applied/health",
        ],
    );
}
