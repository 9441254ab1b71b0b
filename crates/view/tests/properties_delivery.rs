//! What holds for every gate, history and pipeline.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/ledger.rs"]
mod ledger;

use common::{change, drift, plan};
use ledger::{Book, RELEASE_1, approval, attempt, entry, healthy, now, report};
use proptest::prelude::*;
use serde_json::json;
use suimon_apply::End;
use suimon_gate::{BreakGlass, Condition, Known, Mode, State};
use suimon_ledger::{Event, HealthSummary, Problem, Verification};
use suimon_model::{HealthStatus, Outcome};
use suimon_plan::Action;
use suimon_view::status::{Declared, Environment, Ledger, Live, Pipeline};
use suimon_view::text::HistoryOptions;
use suimon_view::{BrokenGlass, GateSheet, GateView, Style, markdown, text};
use unicode_width::UnicodeWidthStr;

const STATES: [State; 5] =
    [State::Passed, State::Waived, State::Warned, State::Held, State::Denied];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-z水é]{1,8}",
        2 => prop::sample::select(vec![
            "\u{1b}[2J", "\u{202e}", "\u{200b}", "\u{feff}", "\u{9b}", "\r", "\n", "\t", "`", "```", "</details>",
            "<b>", "-->", "@octocat", "|", "[x](y)", "`suimon apply x`", "suimon ", "\u{e0041}", "\n# ", "(sensitive value) deadbeefdeadbeef",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|parts| parts.concat())
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let rule = prop_oneof![hostile(), Just("approvals".to_owned()), Just("window".to_owned())];
    let one = (
        rule,
        0..5_usize,
        hostile(),
        prop::option::of(hostile()),
        prop::collection::vec(hostile(), 0..3),
    );
    let one = one.prop_map(|(rule, state, message, help, who)| Condition {
        rule,
        state: STATES[state],
        message,
        help,
        who,
    });
    prop::collection::vec(one, 0..30)
}

/// A book in which every text is odd.
fn book(odd: &str, conditions: &[Condition]) -> Book {
    let mut book = Book::default();
    let mut tried = attempt(RELEASE_1);
    (tried.release, tried.revision, tried.digest) =
        (Some(odd.into()), Some(odd.into()), odd.into());
    tried.conditions = conditions.to_vec();
    tried.approvals = vec![approval(odd, odd)];
    tried.break_glass = Some(BreakGlass { reason: odd.into(), by: odd.into() });
    let unhealthy = HealthSummary {
        status: Some(HealthStatus::Failed),
        not_current: vec![(common::id("Pod/a"), HealthStatus::Failed, odd.into())],
    };
    let failed = entry("ConfigMap/web/x", Action::Update, Outcome::Failed, Some(odd));
    let mut partial = report(End::Partial, vec![failed]);
    partial.problems = vec![odd.into()];
    book.open("r1", tried.clone()).close("r1", partial, unhealthy);
    book.add(Event::Refused { attempt: Box::new(tried.clone()) });
    book.add(Event::PlanFailed { revision: Some(odd.into()), reason: odd.into() });
    book.add(Event::Pinned {
        release_id: odd.into(),
        release: Some(odd.into()),
        revision: odd.into(),
        from: odd.into(),
        reason: odd.into(),
    });
    book.open("r2", tried);
    book.add(Event::TakenOver { run: "r2".into(), why: odd.into() });
    book.add(Event::Unpinned { why: odd.into() });
    for recorded in &mut book.records {
        recorded.record.actor.name = odd.into();
        recorded.record.actor.email = odd.into();
    }
    book
}

fn acts_or_hides(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

fn assert_safe(name: &str, output: &str) {
    assert_eq!(output.chars().find(|c| acts_or_hides(*c)), None, "{name}: {output}");
    assert!(!output.contains("deadbeef"), "{name}: {output}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn gates_are_told_whole_and_safely(conditions in conditions(), odd in hostile()) {
        let mut plan = plan(vec![change("ConfigMap/web/a", Action::Create, None, Some(json!({})))]);
        (plan.environment, plan.release) = (odd.clone(), Some(odd.clone()));
        let glass = [BrokenGlass { record: odd.clone(), by: odd.clone(), reason: odd.clone(), at: now() }];
        let sheet = GateSheet { plan: &plan, mode: Mode::Forward, conditions: &conditions, broken_glass: &glass };
        let told = text::gate(&sheet, &Style::PLAIN);
        let page = markdown::gate(&sheet, usize::MAX);
        assert_safe("text", &told);
        assert_safe("markdown", &page);
        assert_safe("findings", &text::findings(&GateView::judged(&conditions), &Style::PLAIN));
        for state in STATES {
            let expected = conditions.iter().filter(|one| one.state == state).count();
            let line = format!("  {:<6}  ", state.to_string());
            prop_assert!(told.lines().filter(|l| l.starts_with(&line)).count() >= expected, "{}", told);
            prop_assert!(page.matches(&format!(" **{state}** ")).count() >= expected, "{}", page);
        }
        let folds = page.lines().filter(|line| line.starts_with("<details>")).count();
        prop_assert_eq!(page.lines().filter(|line| *line == "</details>").count(), folds);
    }

    #[test]
    fn markdown_of_gates_keeps_its_limit(conditions in conditions(), limit in 500..20_000_usize) {
        let plan = plan(Vec::new());
        let sheet = GateSheet { plan: &plan, mode: Mode::Forward, conditions: &conditions, broken_glass: &[] };
        let page = markdown::gate(&sheet, limit);
        prop_assert!(page.encode_utf16().count() <= limit, "{}", page);
    }

    #[test]
    fn histories_are_told_safely(conditions in conditions(), odd in hostile(), limit in prop::option::of(0..9_usize)) {
        let book = book(&odd, &conditions);
        for verbose in [false, true] {
            let options = HistoryOptions { now: now(), limit, verbose };
            let told = text::history(&odd, &book.history(), &options, &Style::PLAIN);
            assert_safe("history", &told);
            let entries = told.lines().filter(|line| line.starts_with('#')).count();
            prop_assert_eq!(entries, limit.unwrap_or(7).min(7), "{}", told);
        }
        let problems = vec![Problem { record: Some(odd.clone()), number: Some(1), what: odd.clone() }];
        let found = Verification { problems, records: 1, signed: 0, tip: Some(odd.clone()) };
        assert_safe("verification", &text::verification(&odd, &found, &Style::PLAIN));
    }

    #[test]
    fn pipelines_are_told_safely_and_their_table_is_narrow(conditions in conditions(), odd in hostile()) {
        let history = book(&odd, &conditions).history();
        let mut plan = plan(Vec::new());
        plan.drift = vec![drift("ConfigMap/web/d", vec![])];
        plan.drift[0].id.name = odd.clone();
        let environment = |ledger, live| Environment {
            name: &odd,
            in_pipeline: true,
            ledger,
            declared: Known::Known(Declared { release: Some(odd.clone()), release_id: odd.clone(), revision: None, gated: true }),
            live,
            holder_gone: Some(odd.clone()),
            revert_merged: false,
            proposed: Some(odd.clone()),
        };
        let seen = Live::Seen { health: healthy(), plan: &plan, conditions: &conditions };
        let environments = vec![
            environment(Ledger::Read(&history), seen),
            environment(Ledger::Read(&history), Live::NotAsked),
            environment(Ledger::Damaged(odd.clone()), Live::Unreachable(odd.clone())),
            environment(Ledger::Unreadable(odd.clone()), Live::NotAsked),
        ];
        let pipeline = Pipeline { project: &odd, now: now(), environments, only: None };
        let told = text::status(&pipeline, &Style::PLAIN);
        assert_safe("status", &told);
        let at = told.lines().position(|line| line.starts_with("ENV")).unwrap();
        for line in told.lines().skip(at).take(5) {
            prop_assert!(line.width() <= 100, "{}", line);
        }
    }
}
