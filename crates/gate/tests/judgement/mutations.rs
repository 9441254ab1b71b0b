//! An approval is of one plan: any other plan, however little it differs, needs its own.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use suimon_gate::State;
use suimon_model::TargetIdentity;
use suimon_plan::{Action, Conflict, FieldChange, Plan};

use crate::world::{World, change, plan};

/// splitmix64: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) % bound as u64) as usize
    }
}

/// A plan with something in every field that counts.
fn whole() -> Plan {
    let mut plan = plan();
    plan.targets.push(TargetIdentity {
        provider: "aws".into(),
        identity: "111122223333/eu-central-1".into(),
        endpoint: "https://ecs.example.com".into(),
    });
    plan.policy = json!({
        "protect": {"max_deletes": 3, "kinds": ["Namespace"]},
        "gate": {"approvals": [{"role": "peer", "required": 1}], "windows": []},
        "signers": "sha256:aa", "revoked": null, "policies": {"policies/a.rego": "sha256:bb"},
    });
    plan.targeted = vec!["ConfigMap/web/a".parse().unwrap(), "ConfigMap/web/b".parse().unwrap()];
    plan.changes.push(change("Deployment.apps/web/api", Action::Replace));
    plan.changes.push(change("Service/web/api", Action::Create));
    plan.changes.push(change("Job.batch/web/old", Action::Delete));
    plan.changes.push(change("Secret/web/mine", Action::Forget));
    plan.changes[2].fields = vec![
        FieldChange {
            path: "/spec/replicas".into(),
            before: Some(json!(2)),
            after: Some(json!({"a": [1, 2.5, true, null, "ä"]})),
            unknown_after: false,
            sensitive: true,
            forces_replacement: true,
        },
        FieldChange {
            path: "/spec/paused".into(),
            before: None,
            after: Some(json!(false)),
            unknown_after: true,
            sensitive: false,
            forces_replacement: false,
        },
    ];
    plan.changes[2].conflicts = vec![Conflict {
        field: ".spec.replicas".into(),
        manager: "kubectl".into(),
        ours: Some(json!(3)),
        theirs: Some(json!(2)),
        repairs_drift: true,
    }];
    plan
}

/// The parts of a plan that its digest is over, as JSON: a mutation is made there and read back.
const BOUND: [&str; 8] = [
    "project",
    "environment",
    "revision",
    "release_id",
    "targets",
    "changes",
    "policy",
    "targeted",
];
/// Parts of changes and targets that are not of what is done.
const UNBOUND: [&str; 7] =
    ["reason", "location", "before", "after", "uid", "resource_version", "endpoint"];

/// Pointers to every scalar, list and object that counts.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    let in_list = here.matches('/').count() == 2;
    let has_unbound = in_list && (here.starts_with("/changes/") || here.starts_with("/targets/"));
    if !has_unbound {
        found.push(here.to_owned());
    }
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{at}"), found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                if has_unbound && UNBOUND.contains(&key.as_str()) {
                    continue;
                }
                let key = key.replace('~', "~0").replace('/', "~1");
                places(field, &format!("{here}/{key}"), found);
            }
        }
        _ => {}
    }
}

/// Changes one value in one of several ways.
fn mutate(value: &mut Value, random: &mut Random) {
    *value = match value.take() {
        Value::Null => Value::String("x".into()),
        Value::Bool(flag) => Value::Bool(!flag),
        Value::Number(number) => json!(number.as_f64().unwrap_or(0.0) + 1.0),
        Value::String(text) => Value::String(mutate_text(&text, random)),
        Value::Array(mut items) => {
            match random.below(3) {
                0 if items.len() > 1 => items.swap(0, 1),
                1 if !items.is_empty() => {
                    items.remove(random.below(items.len()));
                }
                _ => items.push(items.first().cloned().unwrap_or(json!("x"))),
            }
            Value::Array(items)
        }
        Value::Object(mut fields) => {
            let key = fields.keys().nth(random.below(fields.len().max(1))).cloned();
            match key {
                Some(key) if random.below(2) == 0 => {
                    fields.remove(&key);
                }
                _ => {
                    fields.insert("x".into(), json!("x"));
                }
            }
            Value::Object(fields)
        }
    };
}

/// Flips one bit, or takes, adds, doubles or swaps letters.
fn mutate_text(text: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = random.below(bytes.len().max(1));
    match random.below(5) {
        0 if !bytes.is_empty() => {
            bytes.remove(at);
        }
        1 => bytes.push(b' '),
        2 if bytes.len() > 1 => bytes.swap(at, (at + 1) % text.len()),
        _ if !bytes.is_empty() => bytes[at] ^= 1 << random.below(7),
        _ => bytes.push(b'x'),
    }
    String::from_utf8(bytes).unwrap_or_else(|_| format!("{text}x"))
}

#[test]
fn a_thousand_other_plans_and_none_is_approved() {
    let mut world = World::new();
    world.plan = whole();
    world.approve("ben");
    assert!(world.is_open(), "{}", world.show());
    let approved = world.plan.clone();
    let value = serde_json::to_value(&approved).unwrap();
    let mut all = Vec::new();
    for part in BOUND {
        places(&value[part], &format!("/{part}"), &mut all);
    }
    assert!(all.len() > 80, "{}", all.len());
    let mut random = Random(7);
    let (mut tried, mut places_hit) = (0, BTreeSet::new());
    let mut rounds = 0;
    while tried < 1_000 {
        rounds += 1;
        assert!(rounds < 20_000, "only {tried} mutations are plans");
        let place = &all[rounds % all.len()];
        let mut other = value.clone();
        mutate(other.pointer_mut(place).unwrap(), &mut random);
        // What is no plan at all cannot be applied; what is the same value is no mutation.
        let Ok(other) = serde_json::from_value::<Plan>(other) else { continue };
        if serde_json::to_value(&other).unwrap() == value {
            continue;
        }
        tried += 1;
        places_hit.insert(place.clone());
        world.plan = other;
        assert_eq!(
            world.of("approvals").first().map(|one| one.state),
            Some(State::Held),
            "{place}"
        );
        assert!(!world.is_open(), "{place}");
    }
    let missed: Vec<&String> = all.iter().filter(|one| !places_hit.contains(*one)).collect();
    assert!(missed.len() < 20, "never mutated to another plan: {missed:?}");
    world.plan = approved;
    assert!(world.is_open(), "the approved plan is approved still");
}

#[test]
fn every_two_actions_swapped_are_another_plan() {
    let mut world = World::new();
    world.plan = whole();
    world.approve("ben");
    let approved = world.plan.clone();
    for first in 0..approved.changes.len() {
        for second in first + 1..approved.changes.len() {
            world.plan = approved.clone();
            world.plan.changes.swap(first, second);
            assert!(!world.is_open(), "{first} {second}");
        }
    }
}

#[test]
fn an_equal_plan_keeps_its_approvals() {
    let mut world = World::new();
    world.plan = whole();
    world.approve("ben");
    let same: &[fn(&mut Plan)] = &[
        |plan| plan.changes[0].resource_version = Some("8".into()),
        |plan| plan.changes[0].uid = Some("v".into()),
        |plan| plan.changes[0].location = None,
        |plan| plan.release = Some("another name of the same content".into()),
        |plan| plan.unchanged += 1,
        |plan| plan.targets[0].endpoint = "https://moved.example.com".into(),
        |plan| plan.drift.clear(),
    ];
    for change in same {
        change(&mut world.plan);
        assert!(world.is_open(), "{}", world.show());
    }
}
