use suimon_model::{Protect, UnknownRead};
use suimon_plan::{Action, Change, Conflict, Reason, Refusal};

use super::*;

fn change(id: &str, action: Action) -> Change {
    Change {
        id: id.parse().unwrap(),
        api_version: "v1".into(),
        action,
        reason: Reason::Changed,
        location: None,
        before: None,
        after: None,
        fields: Vec::new(),
        conflicts: Vec::new(),
        uid: Some("u".into()),
        resource_version: None,
    }
}

fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        project: "shop".into(),
        environment: "prod".into(),
        revision: None,
        release: None,
        release_id: "r".into(),
        targets: Vec::new(),
        changes,
        unchanged: 0,
        declared: 1,
        drift: Vec::new(),
        unknown: Vec::new(),
        refused: Vec::new(),
        policy: serde_json::Value::Null,
        targeted: Vec::new(),
    }
}

fn show(verdict: &Verdict) -> String {
    let (word, findings): (_, &[Finding]) = match verdict {
        Verdict::Open(_) => ("open", &[]),
        Verdict::Held(findings) => ("held", findings),
        Verdict::Denied(findings) => ("denied", findings),
    };
    let lines: Vec<String> =
        findings.iter().map(|f| format!("\n{}: {}", f.rule, f.message)).collect();
    format!("{word}{}", lines.concat())
}

fn protect(max_deletes: Option<u32>, kinds: &[&str]) -> Facts {
    let kinds = kinds.iter().map(|k| (*k).to_owned()).collect();
    Facts { protect: Protect { max_deletes, kinds }, ..Facts::unrecorded() }
}

#[test]
fn a_plain_plan_is_open_and_so_is_one_without_changes() {
    let update = plan(vec![change("ConfigMap/web/a", Action::Update)]);
    assert_eq!(show(&authorize(update, &Facts::unrecorded())), "open");
    assert_eq!(show(&authorize(plan(Vec::new()), &Facts::unrecorded())), "open");
}

#[test]
fn what_was_never_looked_up_holds_also_without_a_gate() {
    let update = plan(vec![change("ConfigMap/web/a", Action::Update)]);
    insta::assert_snapshot!(show(&authorize(update, &Facts::default())), @r"
    held
    trusted-policy: what was last applied here could not be read: it was not looked up
    pinned: it is not known whether a rollback holds the environment: it was not looked up
    ");
}

#[test]
fn a_gate_is_read_from_a_commit() {
    let gated = Facts { gate: Some(suimon_model::Gate::default()), ..Facts::unrecorded() };
    for changes in [Vec::new(), vec![change("ConfigMap/web/a", Action::Update)]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(show(&authorize(plan(changes.clone()), &gated)), @r"
            held
            uncommitted: the files are not committed, and a gate is read from a commit
            ");
        }
        let committed = Plan { revision: Some("4f0c".into()), ..plan(changes) };
        assert_eq!(show(&authorize(committed, &gated)), "open");
    }
}

#[test]
fn too_many_deletes_are_held_until_exactly_this_list_is_confirmed() {
    let deletes = || {
        plan(vec![
            change("ConfigMap/web/a", Action::Delete),
            change("Job.batch/web/b", Action::Replace),
        ])
    };
    let mut facts = protect(Some(1), &[]);
    insta::assert_snapshot!(show(&authorize(deletes(), &facts)), @r"
    held
    max-deletes: 2 owned objects would be deleted or replaced, `maxDeletes` is 1
    ");
    facts.confirmed_deletes = Some(deletes().deletes_digest());
    assert_eq!(show(&authorize(deletes(), &facts)), "open");
    let mut other = deletes();
    other.changes.push(change("ConfigMap/web/c", Action::Delete));
    assert!(matches!(authorize(other, &facts), Verdict::Held(_)));
    assert_eq!(show(&authorize(deletes(), &protect(Some(2), &[]))), "open");
}

#[test]
fn an_environment_that_renders_nothing_deletes_nothing_by_itself() {
    let empty = Plan { declared: 0, ..plan(vec![change("ConfigMap/web/a", Action::Delete)]) };
    insta::assert_snapshot!(show(&authorize(empty, &Facts::unrecorded())), @r"
    held
    empty-environment: environment prod renders 0 objects, and 1 owned object would be deleted
    ");
}

#[test]
fn protected_kinds_are_denied_by_kind_and_by_group() {
    let cases = [
        ("Namespace/web", "Namespace", true),
        ("Deployment.apps/web/a", "Deployment.apps", true),
        ("Deployment.apps/web/a", "Deployment", true),
        ("Deployment.apps/web/a", "Deployment.example.com", false),
        ("Cluster.eks.services.k8s.aws/prod", "Cluster", false),
        ("Cluster.eks.services.k8s.aws/prod", "Cluster.eks.services.k8s.aws", true),
    ];
    for (id, kind, denied) in cases {
        for action in [Action::Delete, Action::Replace] {
            let verdict = authorize(plan(vec![change(id, action)]), &protect(None, &[kind]));
            assert_eq!(matches!(verdict, Verdict::Denied(_)), denied, "{id} {kind}");
        }
    }
}

#[test]
fn every_reason_is_given() {
    let conflict = Conflict {
        field: ".spec.replicas".into(),
        manager: "other".into(),
        ours: None,
        theirs: None,
        repairs_drift: false,
    };
    let mut bad = plan(vec![Change {
        conflicts: vec![conflict],
        ..change("Deployment.apps/web/a", Action::Update)
    }]);
    bad.unknown.push(UnknownRead {
        id: None,
        group_kind: "Secret".into(),
        reason: "forbidden".into(),
    });
    bad.refused.push(Refusal {
        id: "Service/web/b".parse().unwrap(),
        code: "owned-by-another".into(),
        message: "belongs to Argo CD".into(),
        help: None,
        location: None,
    });
    insta::assert_snapshot!(show(&authorize(bad.clone(), &Facts::unrecorded())), @r"
    denied
    refused: Service/web/b: belongs to Argo CD
    unknown-state: all Secret objects could not be read: forbidden
    conflict: Deployment.apps/web/a: .spec.replicas is owned by other
    ");
    bad.refused.clear();
    bad.unknown.clear();
    let forced = Facts { force_conflicts: true, ..Facts::unrecorded() };
    assert_eq!(show(&authorize(bad, &forced)), "open");
}
