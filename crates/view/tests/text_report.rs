//! Reports, events, findings and diagnostics as text.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::{conflict, id, masked};
use insta::assert_snapshot;
use serde_json::json;
use suimon_apply::{End, Entry, Event, Report};
use suimon_gate::{Finding, Verdict};
use suimon_model::{Diagnostic, Diagnostics, Health, HealthStatus, Location, Outcome};
use suimon_plan::Action;
use suimon_view::{GateView, Style, text};

fn entry(name: &str, action: Action, outcome: Outcome, reason: Option<&str>) -> Entry {
    Entry {
        id: id(name),
        location: Some(Location::new("envs/dev/manifests/a.yaml", 3, 1)),
        action,
        outcome,
        reason: reason.map(str::to_owned),
        conflicts: Vec::new(),
        health: None,
    }
}

fn report(end: End, entries: Vec<Entry>) -> Report {
    Report {
        environment: "prod".into(),
        digest: "sha256:aa".into(),
        end,
        entries,
        problems: Vec::new(),
    }
}

fn done() -> Vec<Entry> {
    vec![
        entry("Namespace/web", Action::Create, Outcome::Created, None),
        entry("Deployment.apps/web/api", Action::Update, Outcome::Configured, None),
        entry("Job.batch/web/migrate", Action::Replace, Outcome::Created, None),
        entry("ConfigMap/web/kept", Action::Forget, Outcome::Configured, None),
        entry("ConfigMap/web/same", Action::Update, Outcome::Unchanged, None),
        entry("ConfigMap/web/old", Action::Delete, Outcome::Deleted, None),
    ]
}

#[test]
fn a_complete_report_counts_in_terraforms_words() {
    let one =
        report(End::Complete, vec![entry("Namespace/web", Action::Create, Outcome::Created, None)]);
    assert_snapshot!(text::report(&one, &Style::PLAIN), @r"
      + Namespace/web: created

    Apply complete! Resources: 1 added, 0 changed, 0 destroyed.
    ");
    let mut all = report(End::Complete, done());
    all.problems = vec!["the ApplySet parent could not be shrunk: timed out".into()];
    assert_snapshot!(text::report(&all, &Style::PLAIN), @r"
      + Namespace/web: created
      ~ Deployment.apps/web/api: changed
    -/+ Job.batch/web/migrate: replaced
      . ConfigMap/web/kept: forgotten
      ~ ConfigMap/web/same: unchanged
      - ConfigMap/web/old: destroyed

    Warning: the ApplySet parent could not be shrunk: timed out

    Apply complete! Resources: 2 added, 1 changed, 2 destroyed, 1 forgotten.
    ");
    let none = report(End::Complete, Vec::new());
    assert_snapshot!(text::report(&none, &Style::PLAIN), @"Apply complete! Resources: 0 added, 0 changed, 0 destroyed.");
}

#[test]
fn a_partial_report_lists_done_failed_and_not_started() {
    let mut entries = done();
    let mut failed = entry(
        "Deployment.apps/web/b",
        Action::Update,
        Outcome::Failed,
        Some("not healthy after 10m"),
    );
    failed.health = Some(Health::new(HealthStatus::InProgress, "1 of 3 replicas are ready"));
    let mut stopped = entry("Secret/web/db", Action::Update, Outcome::Failed, Some("conflict"));
    stopped.conflicts = vec![
        conflict(".data.p", masked('a'), masked('b'), false),
        conflict(".type", json!("a"), json!("b"), false),
    ];
    entries.extend([
        failed,
        stopped,
        entry(
            "Ingress.networking.k8s.io/web/api",
            Action::Create,
            Outcome::Skipped,
            Some("Deployment.apps/web/b failed\u{1b}[2J"),
        ),
    ]);
    assert_snapshot!(text::report(&report(End::Partial, entries), &Style::PLAIN), @r"
    Done (6):
      + Namespace/web: created
      ~ Deployment.apps/web/api: changed
    -/+ Job.batch/web/migrate: replaced
      . ConfigMap/web/kept: forgotten
      ~ ConfigMap/web/same: unchanged
      - ConfigMap/web/old: destroyed

    Failed (2):
      ~ Deployment.apps/web/b: failed: not healthy after 10m (1 of 3 replicas are ready)
          at envs/dev/manifests/a.yaml:3:1
      ~ Secret/web/db: failed: conflict
          at envs/dev/manifests/a.yaml:3:1
          ! conflict: .data.p is managed by kubectl-edit
              declared: (sensitive value)
              live:     (sensitive value)
              to take it over: --force-conflicts
          ! conflict: .type is managed by kubectl-edit
              declared: a
              live:     b
              to take it over: --force-conflicts

    Not started (1):
      + Ingress.networking.k8s.io/web/api: not started: Deployment.apps/web/b failed\u{1b}[2J

    Apply incomplete: 6 of 9 objects done, 2 failed, 1 not started.
    Resources: 2 added, 1 changed, 2 destroyed, 1 forgotten.
    To see what is left: suimon plan prod. When the cause is gone, running the same command again continues from here.
    ");
}

#[test]
fn an_interrupted_report_says_what_is_left_and_how_to_go_on() {
    let entries = vec![
        entry("Namespace/web", Action::Create, Outcome::Created, None),
        entry("ConfigMap/web/a", Action::Create, Outcome::Skipped, Some("interrupted")),
    ];
    assert_snapshot!(text::report(&report(End::Interrupted, entries), &Style::PLAIN), @r"
    Done (1):
      + Namespace/web: created

    Not started (1):
      + ConfigMap/web/a: not started: interrupted

    Apply interrupted: 1 of 2 objects done, 0 failed, 1 not started.
    Resources: 1 added, 0 changed, 0 destroyed.
    Running the same command again continues from here.
    ");
}

#[test]
fn events_are_one_line_each() {
    let api = || id("Deployment.apps/web/api");
    let waiting =
        |status, message: &str| Event::Waiting { id: api(), health: Health::new(status, message) };
    let events = [
        Event::Started { id: api(), action: Action::Replace },
        waiting(HealthStatus::InProgress, "1 of 3 replicas are ready"),
        waiting(HealthStatus::Terminating, "finalizers: \u{202e}a"),
        waiting(HealthStatus::Current, "current"),
        Event::Finished(entry("Namespace/web", Action::Create, Outcome::Created, None)),
        Event::Finished(entry("Namespace/web", Action::Delete, Outcome::Deleted, None)),
        Event::Finished(entry("Namespace/web", Action::Update, Outcome::Unchanged, None)),
        Event::Finished(entry(
            "Namespace/web",
            Action::Update,
            Outcome::Failed,
            Some("denied\nby webhook"),
        )),
        Event::Finished(entry("Namespace/web", Action::Update, Outcome::Skipped, Some("x failed"))),
    ];
    let lines: Vec<String> = events
        .iter()
        .map(|event| {
            text::event(event, &Style::PLAIN, Duration::from_secs(65)).unwrap_or("(nothing)".into())
        })
        .collect();
    assert_snapshot!(lines.join("\n"), @r"
    Deployment.apps/web/api: Replacing...
    Deployment.apps/web/api: Still waiting until it is healthy... [1m5s elapsed]: 1 of 3 replicas are ready
    Deployment.apps/web/api: Still being deleted... [1m5s elapsed]: finalizers: \u{202e}a
    (nothing)
    Namespace/web: Creation complete after 1m5s
    Namespace/web: Destruction complete after 1m5s
    Namespace/web: Unchanged
    Namespace/web: Failed after 1m5s: denied\u{a}by webhook
    Namespace/web: Not started: x failed
    ");
}

#[test]
fn findings_say_whether_somebody_can_open_the_gate() {
    let findings = vec![
        Finding {
            rule: "max-deletes".into(),
            message: "4 objects would be deleted, 3 are allowed".into(),
            help: Some("an approval that names the delete list sha256:aa".into()),
        },
        Finding {
            rule: "window".into(),
            message: "outside \u{7}of every window".into(),
            help: None,
        },
    ];
    let held = Verdict::Held(findings.clone());
    assert_snapshot!(text::findings(&GateView::from(&held), &Style::PLAIN), @r"
    Held: the gate is not open, for 2 reasons:

      ! 4 objects would be deleted, 3 are allowed (max-deletes)
          help: an approval that names the delete list sha256:aa
      ! outside \u{7}of every window (window)
    ");
    let denied = Verdict::Denied(findings);
    assert_snapshot!(text::findings(&GateView::from(&denied), &Style::PLAIN).lines().next().unwrap(), @"Denied: the rules refuse this plan, for 2 reasons:");
    assert_eq!(text::findings(&GateView::open(), &Style::PLAIN), "");
}

#[test]
fn diagnostics_point_at_the_place() {
    let found: Diagnostics = [
        Diagnostic::error("duplicate-key", "key `image` is given twice")
            .at(Location::new("envs/dev/environment.yaml", 3, 4))
            .related(Location::new("envs/dev/environment.yaml", 1, 3), "first given here")
            .detail("the second value would win silently")
            .help("remove one of them\nor rename it"),
        Diagnostic::warning("odd", "odd\u{1b}[2J name").at(Location::new("b.yaml", 2, 0)),
        Diagnostic::error("whole", "no file").at(Location::file("c.yaml")),
        Diagnostic::error("far", "past the end").at(Location::new("b.yaml", 99, 9)),
    ]
    .into_iter()
    .collect();
    let source = |file: &str| match file {
        "envs/dev/environment.yaml" => Some("image: 水\nx: 1\n\u{202e}水\timage: b\n".to_owned()),
        "b.yaml" => Some(format!("{}\n{}\n", "x".repeat(300), "y".repeat(300))),
        _ => None,
    };
    assert_snapshot!(text::diagnostics_with(&found, &Style::PLAIN, &source), @r"
    error[duplicate-key]: key `image` is given twice
      --> envs/dev/environment.yaml:3:4
       |
     3 | \u{202e}水  image: b
       |             ^
      ::: envs/dev/environment.yaml:1:3: first given here
      why: the second value would win silently
      help: remove one of them
            or rename it

    warning[odd]: odd\u{1b}[2J name
      --> b.yaml:2
       |
     2 | yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...

    error[whole]: no file
      --> c.yaml

    error[far]: past the end
      --> b.yaml:99:9

    3 errors, 1 warning
    ");
    assert!(!text::diagnostics(&found, &Style::PLAIN).contains("image: b"));
}

#[test]
fn diagnostics_never_quote_what_may_be_a_secret() {
    let cases = [
        ("kind: Secret\nstringData:\n  p: hunter2\n", 3),
        ("- kind: \"Secret\"\n  a: hunter2\n", 2),
        ("{\"kind\": \"Secret\", \"p\": \"hunter2\"}\n", 1),
        ("values:\n  dbPassword: hunter2\n", 2),
        ("API_TOKEN: hunter2\n", 1),
        ("a: |\n  -----BEGIN PRIVATE KEY-----\n  hunter2\n", 3),
    ];
    for (source, line) in cases {
        let found =
            Diagnostics::from(Diagnostic::error("x", "x").at(Location::new("a.yaml", line, 3)));
        let text = text::diagnostics_with(&found, &Style::PLAIN, &|_| Some(source.to_owned()));
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn prose_is_wrapped_at_words() {
    let found =
        Diagnostics::from(Diagnostic::error("x", "x").help("one two three four five six seven"));
    let style = Style { color: false, width: Some(32), unicode: false };
    assert_snapshot!(text::diagnostics(&found, &style), @r"
    error[x]: x
      help: one two three four five
            six seven
    ");
}
