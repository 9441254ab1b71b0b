//! What `suimon gate` explains, and what a plan says of its gate.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{change, plan};
use insta::assert_snapshot;
use serde_json::json;
use suimon_gate::{Condition, Mode, State};
use suimon_plan::{Action, Plan};
use suimon_view::{BrokenGlass, GateSheet, GateView, MarkdownOptions, Style, markdown, text};

fn one_change() -> Plan {
    plan(vec![change(
        "ConfigMap/web/settings",
        Action::Create,
        None,
        Some(json!({"data": {"a": "1"}})),
    )])
}

fn conditions() -> Vec<Condition> {
    let chie = ["chie@example.com".to_owned(), "@dan".to_owned()];
    vec![
        Condition::new("uncommitted", State::Passed, "revision 4f0c2a is committed"),
        Condition::new("upstream", State::Passed, "stg has held the release healthy for 45m"),
        Condition::new("approvals", State::Passed, "peer: 1 of 1, by ben@example.com"),
        Condition::new("approvals", State::Held, "business: 0 of 1")
            .who(chie)
            .help("`suimon approve prod --plan sha256:aa --role business`"),
        Condition::new("window", State::Waived, "the glass is broken"),
        Condition::new("check", State::Held, "stg answers: it was not asked\ntwice"),
        Condition::new(
            "no-latest-tag",
            State::Warned,
            "Deployment.apps/web/api has the tag latest",
        )
        .help("pin it\nby digest"),
        Condition::new("policy", State::Denied, "api has no team"),
        Condition::new("max-deletes", State::Passed, "0 of 3 deletes"),
    ]
}

fn sheet<'a>(plan: &'a Plan, conditions: &'a [Condition]) -> GateSheet<'a> {
    GateSheet { plan, mode: Mode::Forward, conditions, broken_glass: &[] }
}

fn glass() -> Vec<BrokenGlass> {
    vec![BrokenGlass {
        record: "00aa".into(),
        by: "aiko@example.com".into(),
        reason: "payments are down".into(),
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
    }]
}

#[test]
fn every_condition_is_explained_with_who_and_how() {
    let (plan, conditions) = (one_change(), conditions());
    assert_snapshot!(text::gate(&sheet(&plan, &conditions), &Style::PLAIN), @"
    Gate of prod: denied by 1 condition, and held by 2 more.

    Where it comes from
      passed  revision 4f0c2a is committed (uncommitted)

    Upstream
      passed  stg has held the release healthy for 45m (upstream)

    Approvals
      passed  peer: 1 of 1, by ben@example.com (approvals)
      held    business: 0 of 1 (approvals)
              who:  chie@example.com, @dan
              help: `suimon approve prod --plan sha256:aa --role business`

    Windows
      waived  the glass is broken (window)

    Checks
      held    stg answers: it was not asked
              twice (check)

    Rules and policies
      warned  Deployment.apps/web/api has the tag latest (no-latest-tag)
              help: pin it
                    by digest
      denied  api has no team (policy)

    The plan itself
      passed  0 of 3 deletes (max-deletes)

    Plan: 1 to add, 0 to change, 0 to destroy.
    Release 2026-11-22.3 (sha256:aa), revision 4f0c2a
    Plan digest: sha256:0f1dce0dc9da8d351b21e6b86836fff2d707315b36660abbcabf8cea530b5159
    ");
    let marked = Style { unicode: true, ..Style::PLAIN };
    assert_snapshot!(text::gate(&sheet(&plan, &conditions[..5]), &marked), @"
    Gate of prod: held by 1 condition.

    Where it comes from
      ✓ passed  revision 4f0c2a is committed (uncommitted)

    Upstream
      ✓ passed  stg has held the release healthy for 45m (upstream)

    Approvals
      ✓ passed  peer: 1 of 1, by ben@example.com (approvals)
      … held    business: 0 of 1 (approvals)
                who:  chie@example.com, @dan
                help: `suimon approve prod --plan sha256:aa --role business`

    Windows
      - waived  the glass is broken (window)

    Plan: 1 to add, 0 to change, 0 to destroy.
    Release 2026-11-22.3 (sha256:aa), revision 4f0c2a
    Plan digest: sha256:0f1dce0dc9da8d351b21e6b86836fff2d707315b36660abbcabf8cea530b5159

    Next
      suimon approve prod --plan sha256:aa --role business
    ");
}

#[test]
fn an_open_gate_says_what_to_do_now() {
    let (plan, empty) = (one_change(), plan(Vec::new()));
    let passed = [Condition::new("window", State::Passed, "open until 16:00")];
    assert_snapshot!(text::gate(&sheet(&plan, &passed), &Style::PLAIN), @"
    Gate of prod: open.

    Windows
      passed  open until 16:00 (window)

    Plan: 1 to add, 0 to change, 0 to destroy.
    Release 2026-11-22.3 (sha256:aa), revision 4f0c2a
    Plan digest: sha256:0f1dce0dc9da8d351b21e6b86836fff2d707315b36660abbcabf8cea530b5159

    Next
      suimon apply prod
    ");
    assert_snapshot!(text::gate(&sheet(&empty, &[]), &Style::PLAIN), @"
    Gate of prod: open: it asks for nothing.

    No changes. Live state matches the configuration.
    Release 2026-11-22.3 (sha256:aa), revision 4f0c2a
    Plan digest: sha256:fb43844663e085f5cb76ccadb1628bc733bd177c3279463ce50f74b58695796b
    ");
    let back = GateSheet { mode: Mode::Rollback, ..sheet(&plan, &passed) };
    let back = text::gate(&back, &Style::PLAIN);
    assert!(back.starts_with("Gate of prod, for a rollback: open.\n"), "{back}");
    assert!(back.ends_with("Next\n  suimon rollback prod\n"), "{back}");
}

#[test]
fn broken_glass_is_shown_with_how_to_acknowledge_it() {
    let (plan, glass) = (one_change(), glass());
    let sheet = GateSheet { broken_glass: &glass, ..sheet(&plan, &[]) };
    assert_snapshot!(text::gate(&sheet, &Style::PLAIN), @"
    Gate of prod: open: it asks for nothing.

    BREAK-GLASS by aiko@example.com at 2026-11-22T10:00:00Z: payments are down
      to say that it was seen: suimon gate prod --acknowledge 00aa

    Plan: 1 to add, 0 to change, 0 to destroy.
    Release 2026-11-22.3 (sha256:aa), revision 4f0c2a
    Plan digest: sha256:0f1dce0dc9da8d351b21e6b86836fff2d707315b36660abbcabf8cea530b5159

    Next
      suimon apply prod
    ");
    assert_snapshot!(markdown::gate(&sheet, 10_000), @"
    > **BREAK-GLASS** by `aiko@example.com` at `2026-11-22T10:00:00Z`: `payments are down`. To say that it was seen: `suimon gate prod --acknowledge 00aa`

    #### Gate: open

    Plan digest `sha256:0f1dce0dc9da8d351b21e6b86836fff2d707315b36660abbcabf8cea530b5159`
    ");
}

#[test]
fn color_repeats_the_words_only() {
    let (plan, conditions) = (one_change(), conditions());
    let plain = text::gate(&sheet(&plan, &conditions), &Style::PLAIN);
    let colored = Style { color: true, ..Style::PLAIN };
    let colored = text::gate(&sheet(&plan, &conditions), &colored);
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = String::new();
    for (number, part) in colored.split('\u{1b}').enumerate() {
        stripped.push_str(if number == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_plan_tells_reasons_people_and_warnings() {
    let conditions = conditions();
    assert_snapshot!(text::findings(&GateView::judged(&conditions), &Style::PLAIN), @"
    Denied: the rules refuse this plan, for 1 reason:

      ! api has no team (policy)

    Held besides, for 2 reasons:

      ! business: 0 of 1 (approvals)
          who:  chie@example.com, @dan
          help: `suimon approve prod --plan sha256:aa --role business`
      ! stg answers: it was not asked
          twice (check)

    Warnings of the gate:

      ! Deployment.apps/web/api has the tag latest (no-latest-tag)
          help: pin it
                by digest
    ");
    let warned = [conditions[6].clone()];
    assert_snapshot!(text::findings(&GateView::judged(&warned), &Style::PLAIN), @"
    Warnings of the gate:

      ! Deployment.apps/web/api has the tag latest (no-latest-tag)
          help: pin it
                by digest
    ");
    assert_eq!(text::findings(&GateView::open(), &Style::PLAIN), "");
}

#[test]
fn markdown_shows_what_is_missing_and_folds_what_holds() {
    let (plan, conditions) = (one_change(), conditions());
    assert_snapshot!(markdown::gate(&sheet(&plan, &conditions), 10_000), @"
    #### Gate: denied by 1 condition

    - ✗ **denied** `policy`: `api has no team`
    - … **held** `approvals`: `business: 0 of 1`
      - who can give it: `chie@example.com, @dan`
      - help: `suimon approve prod --plan sha256:aa --role business`
    - … **held** `check`: `stg answers: it was not asked twice`
    - ! **warned** `no-latest-tag`: `Deployment.apps/web/api has the tag latest`
      - help: `pin it by digest`

    <details><summary>5 conditions hold</summary>

    - ✓ **passed** `uncommitted`: `revision 4f0c2a is committed`
    - ✓ **passed** `upstream`: `stg has held the release healthy for 45m`
    - ✓ **passed** `approvals`: `peer: 1 of 1, by ben@example.com`
    - ✓ **passed** `max-deletes`: `0 of 3 deletes`
    - – **waived** `window`: `the glass is broken`

    </details>

    Plan digest `sha256:0f1dce0dc9da8d351b21e6b86836fff2d707315b36660abbcabf8cea530b5159`
    ");
    let comment = markdown::plan_with_gate(
        &plan,
        &GateView::judged(&conditions[..2]),
        &MarkdownOptions::default(),
    );
    assert_snapshot!(comment, @r#"
    <!-- suimon:plan:medical-ai/prod -->
    ### suimon plan: `prod`

    **Plan: 1 to add, 0 to change, 0 to destroy.**

    - Project `medical-ai`, environment `prod`
    - Revision `4f0c2a`, release `2026-11-22.3`
    - Plan digest `sha256:0f1dce0dc9da8d351b21e6b86836fff2d707315b36660abbcabf8cea530b5159`

    #### Gate: open

    <details><summary>2 conditions hold</summary>

    - ✓ **passed** `uncommitted`: `revision 4f0c2a is committed`
    - ✓ **passed** `upstream`: `stg has held the release healthy for 45m`

    </details>

    #### Actions

    <details><summary><code>+ ConfigMap/web/settings</code> will be created</summary>

    Because it is declared and not live, declared at `modules/web/kubernetes/app.yaml.tera:1:1`.

    ```diff
    + data:
    +   a: "1"
    ```

    </details>
    "#);
}

#[test]
fn markdown_has_a_limit_and_counts_what_it_leaves_out() {
    let plan = one_change();
    let many: Vec<Condition> = (0..2_000)
        .map(|n| Condition::new("policy", State::Denied, format!("object {n} has no team")))
        .chain([Condition::new("window", State::Passed, "open")])
        .collect();
    for limit in [500, 1_000, 5_000, 60_000] {
        let text = markdown::gate(&sheet(&plan, &many), limit);
        let length = text.encode_utf16().count();
        assert!(length <= limit, "{length} {limit}");
        let listed =
            text.matches("**denied** `policy`").count() + text.matches("**passed**").count();
        assert!(text.contains(&format!("{} conditions not listed here", 2_001 - listed)), "{text}");
        let options = MarkdownOptions { limit: limit * 2, ..MarkdownOptions::default() };
        let comment = markdown::plan_with_gate(&plan, &GateView::judged(&many), &options);
        assert!(comment.encode_utf16().count() <= limit * 2);
    }
}

#[test]
fn nothing_in_a_condition_is_read_as_markup_or_moves_the_cursor() {
    let bad = "</details> `@octocat` [x](http://e) \u{1b}[2J\u{202e}\n# title";
    let hostile = vec![
        Condition::new(bad, State::Held, bad).help(bad).who([bad.to_owned()]),
        Condition::new(bad, State::Passed, bad),
    ];
    let mut plan = one_change();
    (plan.environment, plan.release, plan.revision) =
        (bad.into(), Some(bad.into()), Some(bad.into()));
    let mut glass = glass();
    (glass[0].by, glass[0].reason, glass[0].record) = (bad.into(), bad.into(), bad.into());
    let sheet = GateSheet { broken_glass: &glass, ..sheet(&plan, &hostile) };
    let text = text::gate(&sheet, &Style::PLAIN);
    let page = markdown::gate(&sheet, 50_000);
    for output in [&text, &page] {
        assert!(!output.contains(['\u{1b}', '\u{202e}']), "{output}");
        assert!(!output.lines().any(|line| line.starts_with("# title")), "{output}");
    }
    assert_eq!(page.matches("\n</details>\n").count(), 1, "{page}");
    assert_eq!(page.matches("@octocat").count(), 10, "{page}");
    // What stands between two delimiters of two backticks is code.
    let outside: String = page.split("``").step_by(2).collect();
    assert!(!outside.contains("octocat") && !outside.contains("# title"), "{outside}");
}
