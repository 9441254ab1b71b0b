//! What holds for every plan.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{change, conflict, drift, drifted, field, id, plan};
use proptest::prelude::*;
use serde_json::{Value, json};
use suimon_model::{Location, UnknownRead};
use suimon_plan::{Action, Change, Plan, Refusal};
use suimon_view::{GateView, MarkdownOptions, Style, markdown, text};

const ACTIONS: [Action; 6] =
    [Action::Create, Action::Update, Action::Replace, Action::Delete, Action::Forget, Action::NoOp];

const CANARY: &str = "hunter2canary";
const DIGEST: &str = "deadbeefdeadbeefdeadbeefdeadbeef";

/// Strings with what terminals, Markdown and HTML act on.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-z水é]{1,8}",
        1 => prop::sample::select(vec![
            "\u{1b}[2J", "\u{202e}", "\u{200b}", "\u{feff}", "\u{9b}", "\r", "\n", "\t", "`", "```", "````diff\n",
            "<b>", "-->", "@octocat", "|", "[x](y)", "~~~", "{{", "\"", "\\", "🦀", "\u{e0041}", "- `+` ", "true", "1e3",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        hostile().prop_map(Value::from),
        Just(json!(format!("(sensitive value) {DIGEST}"))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(hostile(), inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn one() -> impl Strategy<Value = Change> {
    let fields = prop::collection::vec((hostile(), value(), value(), any::<[bool; 3]>()), 0..4);
    (0..6_usize, hostile(), value(), value(), fields).prop_map(
        |(action, name, before, after, fields)| {
            let mut made = change(
                "ConfigMap/web/x",
                ACTIONS[action],
                Some(json!({"data": before})),
                Some(json!({"data": after})),
            );
            made.id.name = name.clone();
            made.location = Some(Location::new(name.clone(), 1, 1));
            made.fields = fields
                .iter()
                .map(|(key, before, after, flags)| {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    let mut field = field(&format!("/data/{key}"), before.clone(), after.clone());
                    field.unknown_after = flags[0] && flags[1];
                    field.sensitive = flags[1] && flags[2];
                    field.forces_replacement = flags[0] && flags[2];
                    field
                })
                .collect();
            if name.len() % 5 == 0 {
                made.conflicts = vec![conflict(&name, before, after, name.len() % 2 == 0)];
            }
            made
        },
    )
}

/// A Secret that nobody masked.
fn secret(action: Action) -> Change {
    let body = |tail: &str| json!({"data": {"p": format!("{CANARY}{tail}"), "deep": {"list": [CANARY]}}, "stringData": {"q": CANARY}});
    let mut made = change("Secret/web/db", action, Some(body("1")), Some(body("2")));
    made.fields = vec![
        field("/data/p", json!(format!("{CANARY}1")), json!(format!("{CANARY}2"))),
        field("/data/deep/list/0", json!(CANARY), Value::Null),
        field("/stringData", Value::Null, json!({"q": CANARY})),
    ];
    made.conflicts = vec![conflict(".data.p", json!(CANARY), json!({"x": CANARY}), false)];
    made
}

prop_compose! {
    fn plans()(changes in prop::collection::vec(one(), 0..40), names in prop::collection::vec((hostile(), value()), 0..6), repeat in 1..12_usize) -> Plan {
        let mut all: Vec<Change> = Vec::new();
        for _ in 0..repeat {
            all.extend(changes.iter().cloned());
        }
        all.extend(ACTIONS.map(secret));
        let mut plan = plan(all);
        for (name, value) in names {
            plan.unknown.push(UnknownRead { id: None, group_kind: name.clone(), reason: format!("{name} (sensitive value) {DIGEST}") });
            plan.refused.push(Refusal { id: id("ConfigMap/web/r"), code: "rejected".into(), message: name.clone(), help: Some(name.clone()), location: None });
            let mut field = drifted("/data/a", json!(1), value);
            field.manager = Some(name);
            plan.drift.push(drift("ConfigMap/web/d", vec![field]));
        }
        plan.drift.push(drift("Secret/web/db", vec![drifted("/data/p", json!(CANARY), json!(CANARY))]));
        plan
    }
}

fn acts_or_hides(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// How many items of a kind the remark says are not listed.
fn said_omitted(comment: &str, noun: &str) -> usize {
    let Some((_, rest)) = comment.split_once(" Not listed: ") else { return 0 };
    let list = rest.split('.').next().unwrap();
    let found = list.split(", ").find_map(|part| {
        let (count, word) = part.split_once(' ')?;
        (word.trim_end_matches('s') == noun).then(|| count.parse().unwrap())
    });
    found.unwrap_or(0)
}

fn listed(comment: &str, action: Action) -> usize {
    let (line, block) = (
        format!("- `{}` ", action.symbol()),
        format!("<details><summary><code>{} ", action.symbol()),
    );
    comment.lines().filter(|l| l.starts_with(&line) || l.starts_with(&block)).count()
}

fn assert_fences_closed(comment: &str) {
    let mut open: Option<String> = None;
    for line in comment.lines() {
        match &open {
            Some(fence) if line == fence => open = None,
            Some(fence) => assert!(!line.trim_start().starts_with(&**fence), "{line:?}"),
            None => {
                open = line
                    .strip_suffix("diff")
                    .filter(|l| l.len() >= 3 && l.bytes().all(|b| b == b'`'))
                    .map(str::to_owned);
            }
        }
    }
    assert_eq!(open, None);
    assert_eq!(comment.matches("\n<details>").count(), comment.matches("\n</details>\n").count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn comments_keep_their_limit_and_account_for_everything(plan in plans(), limit in 2_000..80_000_usize) {
        let comment = markdown::plan(&plan, &MarkdownOptions { limit, ..MarkdownOptions::default() });
        prop_assert!(comment.encode_utf16().count() <= limit);
        prop_assert!(comment.starts_with("<!-- suimon:plan:medical-ai/prod -->\n"));
        assert_fences_closed(&comment);
        prop_assert!(limit < 3_000 || comment.contains("### suimon plan: `prod`"), "fell back to counts");
        let nouns = ["create", "update", "replace", "delete", "forget"];
        for (action, noun) in ACTIONS.into_iter().zip(nouns) {
            let total = plan.changes.iter().filter(|c| c.action == action).count();
            prop_assert_eq!(listed(&comment, action) + said_omitted(&comment, noun), total, "{}", noun);
        }
        let drifts = comment.lines().filter(|l| l.contains("outside of suimon") && !l.starts_with('#')).count();
        prop_assert_eq!(drifts + said_omitted(&comment, "drifted object"), plan.drift.len());
        let refused = comment.lines().filter(|l| l.starts_with("- `ConfigMap/web/r` (`rejected`)")).count();
        prop_assert_eq!(refused + said_omitted(&comment, "refusal"), plan.refused.len());
    }

    #[test]
    fn no_limit_is_too_small(plan in plans(), limit in 0..3_000_usize) {
        let comment = markdown::plan(&plan, &MarkdownOptions { limit, ..MarkdownOptions::default() });
        prop_assert!(comment.encode_utf16().count() <= limit);
    }

    #[test]
    fn no_output_holds_secrets_and_no_text_holds_control_characters(plan in plans()) {
        let text = text::plan(&plan, &Style::PLAIN);
        let comment = markdown::plan(&plan, &MarkdownOptions { limit: usize::MAX, ..MarkdownOptions::default() });
        let json = suimon_view::json::plan(&plan, &GateView::open()).to_string();
        for (name, output) in [("text", &text), ("markdown", &comment), ("json", &json), ("drift", &text::drift(&plan, &Style::PLAIN))] {
            prop_assert!(!output.contains(CANARY), "{} {}", name, output);
            prop_assert!(!output.contains("deadbeef"), "{} {}", name, output);
        }
        for output in [&text, &comment] {
            prop_assert_eq!(output.chars().find(|c| acts_or_hides(*c)), None);
        }
        assert_fences_closed(&comment);
    }

    #[test]
    fn every_object_is_in_the_text(plan in plans()) {
        let text = text::plan(&plan, &Style::PLAIN);
        for fate in [("will be created", Action::Create), ("will be updated in-place", Action::Update), ("must be replaced", Action::Replace), ("will be destroyed", Action::Delete), ("will be forgotten", Action::Forget)] {
            let said = text.lines().filter(|l| l.starts_with("  # ") && l.ends_with(fate.0)).count();
            prop_assert_eq!(said, plan.changes.iter().filter(|c| c.action == fate.1).count());
        }
    }
}

#[test]
fn json_of_hostile_plans_is_as_the_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/plan.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    proptest!(ProptestConfig::with_cases(8), |(plan in plans())| {
        let document = suimon_view::json::plan(&plan, &GateView::open());
        let error = validator.iter_errors(&document).next().map(|e| e.to_string());
        prop_assert_eq!(error, None);
    });
}
