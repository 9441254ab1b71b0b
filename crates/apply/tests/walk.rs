//! The walk, on a provider in memory and a paused clock.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use suimon_apply::{Attributes, Event, Job, Options, Report, apply, stop_channel};
use suimon_gate::{ApprovedPlan, Facts, Verdict, authorize};
use suimon_graph::Order;
use suimon_model::{Body, DeferredRef, Health, HealthStatus, Manifest, Origin, ResourceId};
use suimon_plan::{Action, Change, Conflict, Plan, Reason};
use suimon_provider::{Error, FakeProvider, Membership, Registry};

fn id(text: &str) -> ResourceId {
    text.parse().unwrap()
}

fn manifest(text: &str, depends_on: &str) -> Manifest {
    let id = id(text);
    let mut body = json!({
        "apiVersion": "v1", "kind": id.kind,
        "metadata": {"name": id.name, "namespace": id.namespace}
    });
    if !depends_on.is_empty() {
        body["metadata"]["annotations"] = json!({"suimon.dev/depends-on": depends_on});
    }
    Manifest {
        id,
        api_version: "v1".into(),
        body: Body::new(&body),
        origin: Origin { file: "envs/dev/manifests/a.yaml".into(), line: 1, instance: None },
        refs: Vec::new(),
    }
}

fn change(text: &str, action: Action) -> Change {
    Change {
        id: id(text),
        api_version: "v1".into(),
        action,
        reason: Reason::Changed,
        location: None,
        before: None,
        after: None,
        fields: Vec::new(),
        conflicts: Vec::new(),
        uid: None,
        resource_version: None,
    }
}

struct Case {
    provider: Arc<FakeProvider>,
    manifests: Vec<Manifest>,
    changes: Vec<Change>,
    options: Options,
}

impl Case {
    fn new(manifests: Vec<Manifest>, changes: Vec<Change>) -> Self {
        let options = Options { timeout: Duration::from_secs(60), ..Options::default() };
        Self { provider: Arc::new(FakeProvider::new()), manifests, changes, options }
    }

    fn approved(&self) -> ApprovedPlan {
        let plan = Plan {
            project: "p".into(),
            environment: "dev".into(),
            revision: None,
            release: None,
            release_id: "r".into(),
            targets: Vec::new(),
            changes: self.changes.clone(),
            unchanged: 0,
            declared: self.manifests.len(),
            drift: Vec::new(),
            unknown: Vec::new(),
            refused: Vec::new(),
            policy: Value::Null,
            targeted: Vec::new(),
        };
        match authorize(plan, &Facts::unrecorded()) {
            Verdict::Open(approved) => *approved,
            other => panic!("{other:?}"),
        }
    }

    async fn run_with(&self, on_event: impl Fn(&Event) -> bool + Send + Sync) -> Report {
        let approved = self.approved();
        let order: Order = suimon_graph::order(&self.manifests).unwrap();
        let manifests: BTreeMap<_, _> =
            self.manifests.iter().map(|m| (m.id.clone(), m.clone())).collect();
        let registry = Registry::new(vec![self.provider.clone()]);
        let (stopper, stop) = stop_channel();
        let stopper = Mutex::new(stopper);
        let events = |event: Event| {
            if on_event(&event) {
                stopper.lock().unwrap().send_replace(true);
            }
        };
        let job = Job {
            approved: &approved,
            order: &order,
            manifests: &manifests,
            registry: &registry,
            attributes: Attributes::default(),
            superset: Membership::default(),
            members: Membership::default(),
            events: &events,
        };
        apply(job, &self.options, stop).await
    }

    async fn run(&self) -> Report {
        self.run_with(|_| false).await
    }
}

fn lines(report: &Report) -> String {
    let mut text = format!("{:?}\n", report.end);
    for entry in &report.entries {
        text.push_str(&format!("{} {:?}", entry.id, entry.outcome));
        if let Some(reason) = &entry.reason {
            text.push_str(&format!(": {reason}"));
        }
        text.push('\n');
    }
    text
}

fn in_progress() -> Health {
    Health::new(HealthStatus::InProgress, "0 of 1 replicas are ready")
}

#[tokio::test(start_paused = true)]
async fn dependents_start_when_what_they_depend_on_is_healthy() {
    let case = Case::new(
        vec![manifest("Pod/web/b", "Pod/web/a"), manifest("Pod/web/a", "")],
        vec![change("Pod/web/a", Action::Create), change("Pod/web/b", Action::Create)],
    );
    case.provider
        .script_health(&id("Pod/web/a"), [in_progress(), in_progress(), Health::current()]);
    let seen = Mutex::new(Vec::new());
    let report = case
        .run_with(|event| {
            seen.lock().unwrap().push(match event {
                Event::Started { id, .. } => format!("started {id}"),
                Event::Waiting { id, .. } => format!("waiting {id}"),
                Event::Finished(entry) => format!("finished {}", entry.id),
            });
            false
        })
        .await;
    insta::assert_snapshot!(lines(&report), @r"
    Complete
    Pod/web/a Created
    Pod/web/b Created
    ");
    insta::assert_snapshot!(seen.into_inner().unwrap().join("\n"), @r"
    started Pod/web/a
    waiting Pod/web/a
    finished Pod/web/a
    started Pod/web/b
    finished Pod/web/b
    ");
    assert_eq!(case.provider.calls(), ["open 0", "write Pod/web/a", "write Pod/web/b", "close 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_its_dependents_and_nothing_else_and_nothing_is_deleted() {
    let case = Case::new(
        vec![
            manifest("Pod/web/a", ""),
            manifest("Pod/web/b", "Pod/web/a"),
            manifest("Pod/web/c", "Pod/web/b"),
            manifest("Pod/web/d", ""),
        ],
        vec![
            change("Pod/web/a", Action::Create),
            change("Pod/web/b", Action::Create),
            change("Pod/web/c", Action::Update),
            change("Pod/web/d", Action::Create),
            Change { uid: Some("u".into()), ..change("Pod/web/old", Action::Delete) },
        ],
    );
    case.provider.script_error("write", &id("Pod/web/a"), Error::Rejected("no such field".into()));
    let report = case.run().await;
    insta::assert_snapshot!(lines(&report), @r"
    Partial
    Pod/web/a Failed: no such field
    Pod/web/b Skipped: depends on Pod/web/a, which failed
    Pod/web/c Skipped: depends on Pod/web/a, which failed
    Pod/web/d Created
    Pod/web/old Skipped: nothing is deleted, because something before it was not done
    ");
    assert!(!case.provider.calls().iter().any(|c| c.starts_with("close")));
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_object_that_is_not_healthy_still_holds_back_its_dependents() {
    let case = Case::new(
        vec![manifest("Pod/web/migrate", ""), manifest("Pod/web/api", "Pod/web/migrate")],
        vec![change("Pod/web/api", Action::Update)],
    );
    case.provider.insert(&id("Pod/web/migrate"), &json!({}));
    let failed = Health::new(HealthStatus::Failed, "BackoffLimitExceeded");
    case.provider.script_health(&id("Pod/web/migrate"), [failed]);
    let report = case.run().await;
    insta::assert_snapshot!(lines(&report), @r"
    Partial
    Pod/web/api Skipped: depends on Pod/web/migrate, which is not healthy (failed: BackoffLimitExceeded)
    ");
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_at_the_timeout_and_says_how_it_was() {
    let case =
        Case::new(vec![manifest("Pod/web/a", "")], vec![change("Pod/web/a", Action::Create)]);
    case.provider.script_health(&id("Pod/web/a"), [in_progress()]);
    insta::assert_snapshot!(lines(&case.run().await), @r"
    Partial
    Pod/web/a Failed: not healthy within 1m: 0 of 1 replicas are ready
    ");
}

#[tokio::test(start_paused = true)]
async fn no_wait_is_done_when_it_is_written() {
    let mut case = Case::new(
        vec![manifest("Pod/web/a", ""), manifest("Pod/web/b", "Pod/web/a")],
        vec![change("Pod/web/a", Action::Create), change("Pod/web/b", Action::Create)],
    );
    case.options.wait = false;
    case.provider.script_health(&id("Pod/web/a"), [in_progress()]);
    insta::assert_snapshot!(lines(&case.run().await), @r"
    Complete
    Pod/web/a Created
    Pod/web/b Created
    ");
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_nothing_starts_and_the_report_is_exact() {
    let mut case = Case::new(
        vec![manifest("Pod/web/a", ""), manifest("Pod/web/b", "Pod/web/a")],
        vec![
            change("Pod/web/a", Action::Create),
            change("Pod/web/b", Action::Create),
            Change { uid: Some("u".into()), ..change("Pod/web/old", Action::Delete) },
        ],
    );
    case.options.parallelism = 1;
    let report = case.run_with(|event| matches!(event, Event::Started { .. })).await;
    insta::assert_snapshot!(lines(&report), @r"
    Interrupted
    Pod/web/a Created
    Pod/web/b Skipped: interrupted
    Pod/web/old Skipped: interrupted
    ");
    assert_eq!(case.provider.calls(), ["open 0", "write Pod/web/a"]);
}

#[tokio::test(start_paused = true)]
async fn replace_deletes_the_object_the_plan_saw_and_no_other() {
    let case = Case::new(
        vec![manifest("Job/web/a", ""), manifest("Job/web/b", "")],
        vec![
            Change { uid: Some("uid-1".into()), ..change("Job/web/a", Action::Replace) },
            Change { uid: Some("another".into()), ..change("Job/web/b", Action::Replace) },
        ],
    );
    case.provider.insert(&id("Job/web/a"), &json!({}));
    case.provider.insert(&id("Job/web/b"), &json!({}));
    insta::assert_snapshot!(lines(&case.run().await), @r"
    Partial
    Job/web/a Created
    Job/web/b Failed: the live object has changed since it was read
    ");
    assert_eq!(case.provider.live(), [id("Job/web/a"), id("Job/web/b")]);
}

#[tokio::test(start_paused = true)]
async fn deletes_go_kind_by_kind_in_the_plans_order() {
    let delete =
        |text: &str, uid: &str| Change { uid: Some(uid.into()), ..change(text, Action::Delete) };
    let case = Case::new(
        vec![manifest("Pod/web/declared", "")],
        vec![
            change("Pod/web/kept", Action::Forget),
            delete("Pod/web/a", "uid-1"),
            delete("Pod/web/b", "uid-2"),
            delete("Namespace/web", "uid-3"),
        ],
    );
    for name in ["Pod/web/a", "Pod/web/b", "Namespace/web"] {
        case.provider.insert(&id(name), &json!({}));
    }
    case.provider.script_error("delete", &id("Pod/web/b"), Error::Forbidden("no".into()));
    insta::assert_snapshot!(lines(&case.run().await), @r"
    Partial
    Pod/web/kept Configured
    Pod/web/a Deleted
    Pod/web/b Failed: forbidden: no
    Namespace/web Skipped: nothing more is deleted, because a delete before it failed
    ");
}

#[tokio::test(start_paused = true)]
async fn a_deferred_value_is_filled_in_once_it_is_live() {
    let mut address = manifest("ConfigMap/web/address", "Service/web/api");
    let reference = DeferredRef {
        pointer: "/metadata/annotations/x".into(),
        target: id("Service/web/api"),
        attribute: "spec.clusterIP".into(),
    };
    let mut body = address.body.value();
    body["metadata"]["annotations"]["x"] = json!(format!("ip={}", reference.marker()));
    address.body = Body::new(&body);
    address.refs = vec![reference];
    let mut service = manifest("Service/web/api", "");
    let mut body = service.body.value();
    body["spec"] = json!({"clusterIP": "10.0.0.7"});
    service.body = Body::new(&body);
    let case = Case::new(
        vec![address, service],
        vec![
            change("Service/web/api", Action::Create),
            change("ConfigMap/web/address", Action::Create),
        ],
    );
    let report = case.run().await;
    assert_eq!(report.end, suimon_apply::End::Complete, "{}", lines(&report));
}

#[tokio::test(start_paused = true)]
async fn drift_is_taken_back_only_from_the_managers_that_the_plan_named() {
    let conflict = Conflict {
        field: ".spec.replicas".into(),
        manager: "kubectl-edit".into(),
        ours: None,
        theirs: None,
        repairs_drift: true,
    };
    let case = Case::new(
        vec![manifest("Pod/web/a", "")],
        vec![Change {
            conflicts: vec![conflict],
            resource_version: Some("0".into()),
            ..change("Pod/web/a", Action::Update)
        }],
    );
    case.provider.insert(&id("Pod/web/a"), &json!({}));
    insta::assert_snapshot!(lines(&case.run().await), @r"
    Complete
    Pod/web/a Configured
    ");
    assert_eq!(
        case.provider.calls(),
        ["open 0", "write Pod/web/a", "dry_run Pod/web/a", "write Pod/web/a", "close 0"]
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_no_delete_begins() {
    let delete =
        |text: &str, uid: &str| Change { uid: Some(uid.into()), ..change(text, Action::Delete) };
    let mut case = Case::new(
        vec![manifest("Pod/web/declared", "")],
        vec![delete("Pod/web/a", "uid-1"), delete("Pod/web/b", "uid-2")],
    );
    case.options.parallelism = 1;
    case.provider.insert(&id("Pod/web/a"), &json!({}));
    case.provider.insert(&id("Pod/web/b"), &json!({}));
    let report = case.run_with(|event| matches!(event, Event::Started { .. })).await;
    insta::assert_snapshot!(lines(&report), @r"
    Interrupted
    Pod/web/a Deleted
    Pod/web/b Skipped: interrupted
    ");
    assert_eq!(case.provider.live(), [id("Pod/web/b")]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_waiting_for_health_is_an_interruption() {
    let case =
        Case::new(vec![manifest("Pod/web/a", "")], vec![change("Pod/web/a", Action::Create)]);
    case.provider.script_health(&id("Pod/web/a"), [in_progress()]);
    let report = case.run_with(|event| matches!(event, Event::Waiting { .. })).await;
    insta::assert_snapshot!(lines(&report), @r"
    Interrupted
    Pod/web/a Created
    ");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_never_healthy_was_a_write() {
    let write =
        Case::new(vec![manifest("Pod/web/a", "")], vec![change("Pod/web/a", Action::Create)]);
    write.provider.script_health(&id("Pod/web/a"), [in_progress()]);
    assert!(write.run().await.wrote());

    let refused =
        Case::new(vec![manifest("Pod/web/a", "")], vec![change("Pod/web/a", Action::Create)]);
    refused.provider.script_error("write", &id("Pod/web/a"), Error::Forbidden("no".into()));
    assert!(!refused.run().await.wrote());

    let half = Case::new(
        vec![manifest("Job/web/a", "")],
        vec![Change { uid: Some("uid-1".into()), ..change("Job/web/a", Action::Replace) }],
    );
    half.provider.insert(&id("Job/web/a"), &json!({}));
    half.provider.script_error("write", &id("Job/web/a"), Error::Forbidden("no".into()));
    let report = half.run().await;
    assert!(report.wrote(), "deleted and not made again: {}", lines(&report));
}

#[tokio::test(start_paused = true)]
async fn what_the_plan_leaves_alone_is_never_removed() {
    let left = Change { uid: Some("uid-1".into()), ..change("Pod/web/left", Action::NoOp) };
    let case = Case::new(
        vec![manifest("Pod/web/left", ""), manifest("Pod/web/a", "")],
        vec![left, change("Pod/web/a", Action::Create)],
    );
    case.provider.insert(&id("Pod/web/left"), &json!({}));
    insta::assert_snapshot!(lines(&case.run().await), @r"
    Complete
    Pod/web/left Unchanged
    Pod/web/a Created
    ");
    assert!(case.provider.live().contains(&id("Pod/web/left")));
}
