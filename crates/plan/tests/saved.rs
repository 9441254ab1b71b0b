//! Plans in files, and what the digest depends on.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::LazyLock;

use insta::assert_snapshot;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use suimon_model::Body;
use suimon_plan::{Conflict, InvalidPlan, Plan, Preview};
use support::world::{World, config, namespace, thing, written_by};
use support::{applied, live, marked};

fn world() -> World {
    let drifted = config("a", json!({"k": "v", "ratio": 0.1}));
    let mut stored = applied(&drifted);
    stored["data"]["k"] = json!("theirs");
    let stored = written_by(stored, "kubectl-edit", "Update", json!({"f:data": {"f:k": {}}}));
    let conflict = Conflict {
        field: ".data.k".to_owned(),
        manager: "kubectl-edit".to_owned(),
        ours: None,
        theirs: None,
        repairs_drift: false,
    };
    let replaced = marked(config("r", json!({"k": "new"})), "other");
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "web"},
        "stringData": {"p": "hunter2"},
    });
    World::new()
        .same(&namespace("web"))
        .absent(&marked(secret, "d"))
        .live(&drifted, live(stored))
        .stores(applied(&drifted), vec![conflict])
        .live(&replaced, live(applied(&config("r", json!({"k": "old"})))))
        .says(
            "ConfigMap/web/r",
            Preview::Immutable { fields: vec!["data".into()], message: "immutable".into() },
        )
        .not_served(&thing("t"))
        .extra(config("gone", json!({"k": 1.5e300})))
}

#[test]
fn a_plan_reads_back_as_it_was() {
    let plan = world().plan();
    assert_eq!(plan.changes.len(), 4);
    let file = plan.to_file();
    assert_eq!(Plan::from_file(&file).unwrap(), plan);
    let pretty: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(Plan::from_file(&serde_json::to_string_pretty(&pretty).unwrap()).unwrap(), plan);
    assert!(!file.contains("hunter2") && file.contains("(sensitive value) "));
    let empty = World::new().plan();
    assert_eq!(Plan::from_file(&empty.to_file()).unwrap(), empty);
}

#[test]
fn what_is_no_plan_is_refused_and_says_why() {
    let error = |text: &str| Plan::from_file(text).unwrap_err().to_string();
    assert_snapshot!(error(""), @"not a saved plan: EOF while parsing a value at line 1 column 0");
    assert_snapshot!(error("[]"), @"not a saved plan: it is not a JSON object");
    assert_snapshot!(error("{}"), @"not a saved plan: it has no `format_version`");
    assert_snapshot!(error(r#"{"format_version": "9.0"}"#), @"saved plan has format version 9.0, this suimon reads 1.0");
    assert_snapshot!(error(r#"{"format_version": "1.0"}"#), @"not a saved plan: it has no `integrity`");
    assert_snapshot!(error(r#"{"format_version": "1.0", "integrity": "sha256:0"}"#), @"saved plan was edited: its hash is sha256:5b4a19506cff59586182757530f537e6feb3924f70ebf12577a79481cf55d4ff, it says sha256:0");
    let deep = format!("{{\"format_version\":{}", "[".repeat(100_000));
    assert!(matches!(Plan::from_file(&deep), Err(InvalidPlan::Malformed(_))));
}

#[test]
fn a_correct_hash_over_a_changed_plan_does_not_bring_the_approvals_along() {
    let plan = world().plan();
    let mut other = plan.clone();
    other.changes.remove(0);
    let mut file: Value = serde_json::from_str(&other.to_file()).unwrap();
    file["digest"] = json!(plan.digest());
    assert!(matches!(Plan::from_file(&file.to_string()), Err(InvalidPlan::Edited { .. })));
}

/// Every place in a value: pointers of members and items.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    let token = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (token(key), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, v)| (n.to_string(), v)).collect(),
        _ => return,
    };
    for (key, value) in entries {
        let place = format!("{at}/{key}");
        places(value, &place, into);
        into.push(place);
    }
}

fn drop_at(file: &mut Value, place: &str) {
    let (holder, key) = place.rsplit_once('/').unwrap();
    match file.pointer_mut(holder).unwrap() {
        Value::Object(map) => drop(map.remove(&key.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(key.parse().unwrap())),
        _ => unreachable!(),
    }
}

#[test]
fn any_member_that_is_dropped_changed_or_added_is_refused() {
    let plan = world().plan();
    let file: Value = serde_json::from_str(&plan.to_file()).unwrap();
    let mut all = Vec::new();
    places(&file, "", &mut all);
    assert!(all.len() > 150, "{}", all.len());
    for place in &all {
        let mut dropped = file.clone();
        drop_at(&mut dropped, place);
        let mut changed = file.clone();
        let value = changed.pointer_mut(place).unwrap();
        *value = match value.take() {
            Value::Null => json!("x"),
            Value::Bool(flag) => json!(!flag),
            Value::Number(number) => json!(number.as_f64().unwrap() + 1.0),
            Value::String(text) => json!(format!("{text}x")),
            _ => Value::Null,
        };
        let mut added = file.clone();
        match added.pointer_mut(place).unwrap() {
            Value::Object(map) => drop(map.insert("added".to_owned(), json!(1))),
            Value::Array(items) => items.push(json!(1)),
            other => *other = json!([other.take()]),
        }
        for mutated in [dropped, changed, added] {
            // 1.5e300 + 1 is 1.5e300.
            let same = mutated == file;
            assert_eq!(Plan::from_file(&mutated.to_string()).is_ok(), same, "{place}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Any damage is refused, or reads back as the very same plan.
    #[test]
    fn damaged_bytes_are_refused_or_harmless(which in any::<Index>(), byte in any::<u8>(), how in 0..3) {
        static SAVED: LazyLock<(Plan, String)> = LazyLock::new(|| {
            let plan = world().plan();
            let file = plan.to_file();
            (plan, file)
        });
        let (plan, file) = &*SAVED;
        let mut bytes = file.clone().into_bytes();
        let at = which.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, byte),
        }
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(read) = Plan::from_file(&text)
        {
            prop_assert_eq!(&read, plan);
        }
    }
}

#[test]
fn the_digest_is_of_what_is_done_and_of_nothing_else() {
    let plan = world().plan();
    let digest = plan.digest();
    assert!(digest.starts_with("sha256:") && digest.len() == 71);
    let change = |edit: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        edit(&mut plan);
        plan.digest()
    };
    let same: [&dyn Fn(&mut Plan); 7] = [
        &|p| p.changes[0].uid = Some("another".into()),
        &|p| p.changes[1].resource_version = Some("999".into()),
        &|p| p.changes[0].location = None,
        &|p| p.changes[0].before = Some(Body::new(&json!({}))),
        &|p| p.drift.clear(),
        &|p| p.unchanged = 99,
        &|p| p.targets[0].endpoint = "https://elsewhere".into(),
    ];
    for edit in same {
        assert_eq!(change(edit), digest);
    }
    let others: [&dyn Fn(&mut Plan); 12] = [
        &|p| p.project.push('x'),
        &|p| p.environment.push('x'),
        &|p| p.revision = None,
        &|p| p.release_id.push('x'),
        &|p| p.targets[0].identity.push('x'),
        &|p| p.changes.swap(0, 1),
        &|p| drop(p.changes.pop()),
        &|p| p.changes[0].fields[0].after = Some(json!("x")),
        &|p| p.changes[0].api_version.push('x'),
        &|p| {
            p.changes
                .iter_mut()
                .flat_map(|c| &mut c.conflicts)
                .for_each(|c| c.repairs_drift ^= true);
        },
        &|p| p.policy = json!({}),
        &|p| p.targeted.push("Namespace/x".parse().unwrap()),
    ];
    for (n, edit) in others.into_iter().enumerate() {
        assert_ne!(change(edit), digest, "{n}");
    }
}

#[test]
fn the_digest_does_not_depend_on_the_order_of_reading_or_on_when() {
    let one = world();
    let digest = one.plan().digest();
    let mut two = world();
    two.manifests.reverse();
    for presence in two.observed.declared.values_mut() {
        if let suimon_plan::Presence::Live(live) = presence {
            live.resource_version = "1000".into();
            let later = live.body.as_str().replace("2026-0", "2027-0");
            live.body = Body::new(&serde_json::from_str(&later).unwrap());
        }
    }
    assert_eq!(two.plan().digest(), digest);
    assert_ne!(two.plan().drift, one.plan().drift);
}

#[test]
fn the_delete_list_has_a_digest_of_its_own() {
    let plan = world().plan();
    let mut edited = plan.clone();
    edited.changes[0].fields.clear();
    assert_eq!(edited.deletes_digest(), plan.deletes_digest());
    edited.changes.last_mut().unwrap().uid = Some("another".into());
    assert_ne!(edited.deletes_digest(), plan.deletes_digest());
}
