//! Plans: creates, updates, replaces, drift, refusals.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_model::DeferredRef;
use suimon_plan::{Action, Conflict, Preview, Reason};
use support::world::{World, config, crd, lines, namespace, thing, written_by};
use support::{applied, live, marked, sample};

fn moved(mut stored: Value, at: &str, value: Value) -> Value {
    *stored.pointer_mut(at).unwrap() = value;
    stored
}

fn conflict(field: &str, manager: &str) -> Conflict {
    let (field, manager) = (field.to_owned(), manager.to_owned());
    Conflict { field, manager, ours: None, theirs: None, repairs_drift: false }
}

/// Another manager's write to `data.k`.
fn edited(declared: &Value, manager: &str, operation: &str) -> Value {
    let stored = moved(applied(declared), "/data/k", json!("theirs"));
    written_by(stored, manager, operation, json!({"f:data": {"f:k": {}}}))
}

#[test]
fn creates_come_in_order_with_every_leaf_and_without_our_marks() {
    let world = World::new()
        .absent(&config("a", json!({"k": "v", "l": ""})))
        .absent(&namespace("web"))
        .stores(
            moved(
                namespace("web"),
                "/metadata",
                json!({"name": "web", "uid": "u", "labels": {"default": "x"}}),
            ),
            vec![],
        );
    assert_eq!(world.candidates(), ["Namespace/web"]);
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r#"
    + Namespace/web NotLive
        /apiVersion: - -> "v1"
        /kind: - -> "Namespace"
        /metadata/labels/default: - -> "x"
        /metadata/name: - -> "web"
    + ConfigMap/web/a NotLive
        /apiVersion: - -> "v1"
        /data/k: - -> "v"
        /data/l: - -> ""
        /kind: - -> "ConfigMap"
        /metadata/name: - -> "a"
        /metadata/namespace: - -> "web"
    0 unchanged of 2
    "#);
    assert_eq!(plan.summary().add, 2);
    let text = serde_json::to_string(&plan).unwrap();
    assert!(!text.contains("applyset.k8s.io") && !text.contains("suimon.dev/applied"), "{text}");
}

#[test]
fn what_is_as_declared_is_no_change() {
    let world = World::new().same(&namespace("web")).same(&config("a", json!({"k": "v"})));
    assert_eq!(world.candidates(), Vec::<String>::new());
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_snapshot!(lines(&plan), @"2 unchanged of 2");
}

#[test]
fn a_dry_run_that_changes_nothing_is_no_change_and_no_drift() {
    let declared = config("a", json!({"k": "v"}));
    let stored = edited(&declared, "other", "Update");
    let world = World::new().live(&declared, live(stored.clone())).stores(stored, vec![]);
    assert_eq!(world.candidates(), ["ConfigMap/web/a"]);
    assert_snapshot!(lines(&world.plan()), @"1 unchanged of 1");
}

#[test]
fn a_declaration_that_moved_is_a_change() {
    let old = config("a", json!({"k": "v"}));
    let new = marked(config("a", json!({"k": "w"})), "another digest");
    let world = World::new().live(&new, live(applied(&old))).stores(applied(&new), vec![]);
    assert_snapshot!(lines(&world.plan()), @r#"
    ~ ConfigMap/web/a Changed
        /data/k: "v" -> "w"
    0 unchanged of 1
    "#);
}

#[test]
fn a_field_that_someone_wrote_is_drift_and_taking_it_back_is_no_conflict() {
    let declared = config("a", json!({"k": "v", "l": "w"}));
    let world = World::new()
        .live(&declared, live(edited(&declared, "kubectl-edit", "Update")))
        .stores(applied(&declared), vec![conflict(".data.k", "kubectl-edit")]);
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r#"
    ~ ConfigMap/web/a Drifted
        /data/k: "theirs" -> "v"
        conflict .data.k with kubectl-edit: None / None, repairs drift
    drift ConfigMap/web/a /data/k by kubectl-edit at 2026-02-02T00:00:00Z
    0 unchanged of 1
    "#);
    assert!(!plan.changes[0].needs_force());
}

#[test]
fn a_field_that_another_applier_took_needs_force() {
    let declared = config("a", json!({"k": "v"}));
    let world = World::new()
        .live(&declared, live(edited(&declared, "other-tool", "Apply")))
        .stores(applied(&declared), vec![conflict(".data.k", "other-tool")]);
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r#"
    ~ ConfigMap/web/a Drifted
        /data/k: "theirs" -> "v"
        conflict .data.k with other-tool: None / None
    drift ConfigMap/web/a /data/k by other-tool at 2026-02-02T00:00:00Z
    0 unchanged of 1
    "#);
    assert!(plan.changes[0].needs_force());
}

#[test]
fn our_own_marks_are_taken_back_whoever_wrote_them() {
    let declared = config("a", json!({"k": "v"}));
    let marks = [
        ".metadata.annotations.suimon.dev/applied",
        ".metadata.annotations.suimon.dev/adopted",
        ".metadata.labels.applyset.kubernetes.io/part-of",
    ];
    let theirs = json!({"applyset.kubernetes.io/part-of": "another"});
    let stored = moved(applied(&declared), "/metadata/labels", theirs);
    for (others, needs_force) in [(&[][..], false), (&[".data.k"][..], true)] {
        let fields = marks.iter().chain(others);
        let conflicts = fields.map(|field| conflict(field, "kubectl-label")).collect();
        let mut there = live(stored.clone());
        there.owned = false;
        let world = World::new().live(&declared, there).stores(applied(&declared), conflicts);
        let change = &world.plan().changes[0];
        assert_eq!((change.reason, change.needs_force()), (Reason::Adopted, needs_force));
    }
}

#[test]
fn a_change_beside_drift_is_both_and_needs_force() {
    let old = config("a", json!({"k": "v", "l": "w"}));
    let new = marked(config("a", json!({"k": "v", "l": "new"})), "another digest");
    let world = World::new()
        .live(&new, live(edited(&old, "kubectl-edit", "Update")))
        .stores(applied(&new), vec![conflict(".data.k", "kubectl-edit")]);
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r#"
    ~ ConfigMap/web/a ChangedAndDrifted
        /data/k: "theirs" -> "v"
        /data/l: "w" -> "new"
        conflict .data.k with kubectl-edit: None / None
    drift ConfigMap/web/a /data/k by kubectl-edit at 2026-02-02T00:00:00Z
    0 unchanged of 1
    "#);
    assert!(plan.changes[0].needs_force());
}

#[test]
fn only_drift_is_planned_when_only_drift_is_asked_for() {
    let drifted = config("a", json!({"k": "v"}));
    let changed = marked(config("b", json!({"k": "new"})), "another digest");
    let old = config("b", json!({"k": "old"}));
    let world = World::new()
        .live(&drifted, live(edited(&drifted, "kubectl-edit", "Update")))
        .stores(applied(&drifted), vec![])
        .live(&changed, live(applied(&old)))
        .absent(&config("c", json!({})))
        .extra(config("d", json!({})))
        .drift_only();
    assert_eq!(world.candidates(), ["ConfigMap/web/a"]);
    assert_snapshot!(lines(&world.plan()), @r#"
    ~ ConfigMap/web/a Drifted
        /data/k: "theirs" -> "v"
    drift ConfigMap/web/a /data/k by kubectl-edit at 2026-02-02T00:00:00Z
    0 unchanged of 3
    "#);
}

#[test]
fn real_drift_of_a_deployment_is_shown_with_manager_and_time() {
    for (name, pointer, manager, with_time) in [
        ("drift-scaled", "/spec/replicas", "kubectl", false),
        ("drift-image", "/spec/template/spec/containers/[name=api]/image", "kubectl-set", true),
    ] {
        let drifted = sample(name);
        let mut stored = sample("settled-deployment").live.body.value();
        stored["metadata"]["name"] = drifted.declared["metadata"]["name"].clone();
        let conflicts = vec![conflict(".spec.replicas", manager)];
        let world = World::new().live(&drifted.declared, drifted.live).stores(stored, conflicts);
        let plan = world.plan();
        let field = &plan.drift[0].fields[0];
        assert_eq!((field.path.as_str(), field.manager.as_deref()), (pointer, Some(manager)));
        // The API server gives no time for what came through a subresource.
        assert_eq!(field.time.is_some(), with_time);
        let change = &plan.changes[0];
        assert_eq!((change.action, change.reason), (Action::Update, Reason::Drifted));
        assert_eq!((change.fields.len(), change.needs_force()), (1, false));
    }
}

#[test]
fn a_live_object_without_our_mark_is_adopted_also_when_nothing_differs() {
    let declared = config("a", json!({"k": "v"}));
    let mut stored = applied(&declared);
    stored["metadata"].as_object_mut().unwrap().remove("labels");
    let world = World::new().live(&declared, live(stored)).stores(applied(&declared), vec![]);
    assert_eq!(world.candidates(), ["ConfigMap/web/a"]);
    assert_snapshot!(lines(&world.plan()), @r"
    ~ ConfigMap/web/a Adopted
    0 unchanged of 1
    ");
}

#[test]
fn an_immutable_field_replaces_and_says_which() {
    let mut sample = sample("settled-deployment");
    sample.declared["spec"]["selector"]["matchLabels"] = json!({"app": "other"});
    sample.declared["spec"]["replicas"] = json!(4);
    sample.declared["metadata"]["annotations"]["suimon.dev/applied"] = json!("d2");
    let immutable = |field: &str| Preview::Immutable {
        fields: vec![field.to_owned()],
        message: "spec.selector: field is immutable".to_owned(),
    };
    let world = |live: suimon_plan::LiveObject, field: &str| {
        World::new().live(&sample.declared, live).says("Deployment.apps/web/api", immutable(field))
    };
    let plan = world(sample.live.clone(), "spec.selector").plan();
    assert_snapshot!(lines(&plan), @r#"
    -/+ Deployment.apps/web/api ImmutableField
        /spec/replicas: 3 -> 4
        /spec/selector/matchLabels/app: "api" -> "other" forces
    0 unchanged of 1
    "#);
    assert_eq!(plan.changes[0].uid.as_deref(), Some(sample.live.uid.as_str()));
    assert_eq!(plan.deletes().count(), 1);
    let whole = world(sample.live.clone(), "spec").plan();
    assert!(whole.changes[0].fields.iter().all(|f| f.forces_replacement), "{whole:?}");

    let stranger = suimon_plan::LiveObject { owned: false, ..sample.live.clone() };
    assert_snapshot!(lines(&world(stranger.clone(), "spec.selector").plan()), @r"
    refused Deployment.apps/web/api [replaces-another] it is not ours, and would have to be replaced: spec.selector: field is immutable
    0 unchanged of 1
    ");
    let adopted = world(stranger, "spec.selector").adopting().plan();
    assert_eq!(adopted.changes[0].action, Action::Replace);
}

#[test]
fn what_the_api_rejects_or_another_owns_is_refused_at_its_place() {
    let declared = config("a", json!({"k": "v"}));
    let other = config("b", json!({"k": "v"}));
    let mut foreign = live(edited(&other, "x", "Update"));
    foreign.foreign_owner = Some("Helm release web/api".to_owned());
    let world = World::new()
        .absent(&declared)
        .says("ConfigMap/web/a", Preview::Rejected { message: "admission denied".to_owned() })
        .live(&other, foreign.clone());
    assert_eq!(world.candidates(), ["ConfigMap/web/a"]);
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r"
    refused ConfigMap/web/a [rejected] admission denied
    refused ConfigMap/web/b [owned-by-another] the live object belongs to Helm release web/api
    0 unchanged of 2
    ");
    assert_eq!(plan.refused[1].location.as_ref().unwrap().to_string(), "b.yaml:1:1");
    let adopting = World::new().live(&other, foreign).stores(applied(&other), vec![]).adopting();
    assert_eq!(adopting.plan().changes.len(), 1);
}

#[test]
fn a_kind_that_is_not_served_waits_for_its_crd_or_is_refused() {
    let with = World::new().not_served(&thing("t")).absent(&crd("example.com", "Thing", "things"));
    assert_eq!(
        with.candidates(),
        ["CustomResourceDefinition.apiextensions.k8s.io/things.example.com"]
    );
    let plan = with.plan();
    assert_eq!(plan.changes[1].reason, Reason::KindNotServedYet);
    assert!(plan.refused.is_empty());
    let without =
        World::new().not_served(&thing("t")).absent(&crd("example.org", "Thing", "things"));
    assert_snapshot!(lines(&without.plan()).lines().last().unwrap(), @"0 unchanged of 2");
    assert_eq!(without.plan().refused[0].code, "kind-not-served");
}

#[test]
fn what_is_in_a_namespace_that_is_being_deleted_is_created_again() {
    let mut leaving = live(applied(&namespace("web")));
    leaving.terminating = true;
    let (same, moved) = (config("same", json!({})), config("moved", json!({"k": "new"})));
    let world = World::new()
        .live(&namespace("web"), leaving)
        .same(&same)
        .live(&moved, live(applied(&config("moved", json!({"k": "v"})))));
    assert_eq!(world.candidates(), Vec::<String>::new());
    let plan = world.plan();
    let changes: Vec<_> =
        plan.changes.iter().map(|c| (c.id.name.as_str(), c.action, c.reason)).collect();
    let again = |name| (name, Action::Create, Reason::BeingDeleted);
    assert_eq!(changes, ["web", "moved", "same"].map(again));
    assert_eq!(plan.unchanged, 0);
}

/// The new schema may allow what the old one does not.
#[test]
fn what_the_old_schema_rejects_is_planned_when_its_crd_changes_in_the_same_plan() {
    let old = crd("example.com", "Thing", "things");
    let mut new = marked(old.clone(), "another digest");
    new["spec"]["names"]["singular"] = json!("thing");
    let (mut changed, fresh) = (thing("t"), thing("n"));
    let stored = applied(&changed);
    changed["spec"] = json!({"b": 1});
    let rejected =
        || Preview::Rejected { message: ".spec.b: field not declared in schema".to_owned() };
    let world = |crd: &Value| {
        World::new()
            .live(crd, live(applied(&old)))
            .stores(applied(crd), vec![])
            .live(&changed, live(stored.clone()))
            .absent(&fresh)
            .says("Thing.example.com/web/t", rejected())
            .says("Thing.example.com/web/n", rejected())
    };
    let plan = world(&new).plan();
    assert_eq!(plan.refused, []);
    let actions: Vec<_> = plan.changes.iter().map(|c| (c.id.name.as_str(), c.action)).collect();
    let expected =
        [("things.example.com", Action::Update), ("n", Action::Create), ("t", Action::Update)];
    assert_eq!(actions, expected);
    let refused = world(&old).plan().refused;
    assert_eq!(refused.iter().map(|r| r.code.as_str()).collect::<Vec<_>>(), ["rejected"; 2]);
}

#[test]
fn an_object_that_is_being_deleted_is_created_again() {
    let declared = config("a", json!({"k": "v"}));
    let mut leaving = live(applied(&declared));
    leaving.terminating = true;
    let world = World::new().live(&declared, leaving);
    assert_eq!(world.candidates(), Vec::<String>::new());
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r#"
    + ConfigMap/web/a BeingDeleted
        /apiVersion: - -> "v1"
        /data/k: - -> "v"
        /kind: - -> "ConfigMap"
        /metadata/name: - -> "a"
        /metadata/namespace: - -> "web"
    0 unchanged of 1
    "#);
    assert_eq!(plan.changes[0].uid.as_deref(), Some("uid-of-ConfigMap/web/a"));
}

#[test]
fn what_is_marked_to_be_left_alone_is_not_changed() {
    let annotations = [
        ("suimon.dev/reconcile", "disabled", true),
        ("kustomize.toolkit.fluxcd.io/reconcile", "Disabled", true),
        ("kustomize.toolkit.fluxcd.io/ssa", "Ignore", true),
        ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent", false),
        ("client.lifecycle.config.k8s.io/mutation", "ignore", false),
    ];
    for (key, value, also_absent) in annotations {
        let mut declared = config("a", json!({"k": "v"}));
        let stored = edited(&declared, "x", "Update");
        let mut on_live = stored.clone();
        on_live["metadata"]["annotations"][key] = json!(value);
        let by_live = World::new().live(&declared, live(on_live));
        declared["metadata"]["annotations"][key] = json!(value);
        let by_declaration = World::new().live(&declared, live(stored));
        for world in [by_live, by_declaration] {
            assert_eq!(world.candidates(), Vec::<String>::new());
            let plan = world.plan();
            assert!(plan.changes.is_empty() && plan.drift.is_empty(), "{key}");
            assert_eq!(plan.summary().unchanged, 1);
        }
        let absent = World::new().absent(&declared).plan();
        assert_eq!(absent.is_empty(), also_absent, "{key} {value}");
    }
}

#[test]
fn a_value_that_is_known_only_later_is_shown_as_such() {
    let marker = DeferredRef::marker_for(&"Thing.example.com/web/t".parse().unwrap(), "arn");
    let url = format!("https://{marker}/path");
    let create = config("a", json!({"k": "v", "url": url}));
    let update = config("b", json!({"k": "v", "url": url}));
    let mut old = applied(&update);
    old["data"] = json!({"k": "old", "url": "https://x"});
    let metadata = json!({"name": "s", "namespace": "web"});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"url": url, "p": "hunter2"}});
    let world = World::new().absent(&create).live(&update, live(old)).absent(&marked(secret, "d"));
    assert_eq!(world.candidates(), Vec::<String>::new());
    let plan = world.plan();
    let text = lines(&plan).replace(&hex_of(&plan, "/data/p"), "HEX");
    assert_snapshot!(text, @r#"
    + ConfigMap/web/a NotLive
        /apiVersion: - -> "v1"
        /data/k: - -> "v"
        /data/url: - -> (unknown)
        /kind: - -> "ConfigMap"
        /metadata/name: - -> "a"
        /metadata/namespace: - -> "web"
    ~ ConfigMap/web/b ChangedAndDrifted
        /data/k: "old" -> "v"
        /data/url: "https://x" -> (unknown)
    + Secret/web/s NotLive
        /apiVersion: - -> "v1"
        /data/p: - -> "(sensitive value) HEX" sensitive
        /data/url: - -> (unknown)
        /kind: - -> "Secret"
        /metadata/name: - -> "s"
        /metadata/namespace: - -> "web"
    drift ConfigMap/web/b /data/k by ? at ?
    0 unchanged of 3
    "#);
    let saved = plan.to_file();
    assert!(saved.contains("(known after apply)") && !saved.contains("SUIMONREF"), "{saved}");
    assert!(!saved.contains("hunter2"));
}

fn hex_of(plan: &suimon_plan::Plan, path: &str) -> String {
    let fields = plan.changes.iter().flat_map(|change| &change.fields);
    let field = fields.into_iter().find(|field| field.path == path).unwrap();
    field.after.as_ref().unwrap().as_str().unwrap().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn what_could_not_be_read_or_tried_is_unknown_and_not_changed() {
    let declared = config("b", json!({"k": "v"}));
    let world = World::new()
        .unknown(&config("a", json!({})))
        .live(&declared, live(edited(&declared, "x", "Update")))
        .says("ConfigMap/web/b", Preview::Failed { reason: "timed out after 30 s".to_owned() })
        .absent(&config("c", json!({})))
        .extra(config("gone", json!({})));
    assert_snapshot!(lines(&world.plan()), @r#"
    + ConfigMap/web/c NotLive
        /apiVersion: - -> "v1"
        /data: - -> {}
        /kind: - -> "ConfigMap"
        /metadata/name: - -> "c"
        /metadata/namespace: - -> "web"
    unknown ConfigMap/web/a: it was not read
    unknown ConfigMap/web/b: timed out after 30 s
    0 unchanged of 3
    "#);
}

#[test]
fn a_kind_that_could_not_be_listed_is_told_once_and_nothing_is_deleted() {
    let world = World::new()
        .unknown(&config("a", json!({})))
        .unknown(&config("b", json!({})))
        .extra(thing("gone"))
        .unread("ConfigMap");
    assert_snapshot!(lines(&world.plan()), @r"
    unknown ConfigMap: forbidden: list
    0 unchanged of 2
    ");
}

#[test]
fn targets_bring_what_they_depend_on_and_nothing_is_deleted() {
    let world = World::new()
        .absent(&namespace("web"))
        .absent(&config("a", json!({})))
        .absent(&config("b", json!({})))
        .unknown(&thing("t"))
        .unread("Thing.example.com")
        .extra(config("gone", json!({})))
        .target("ConfigMap/web/a")
        .target("ConfigMap/web/nope");
    assert_eq!(world.candidates(), ["Namespace/web"]);
    let plan = world.plan();
    assert_snapshot!(lines(&plan), @r#"
    + Namespace/web NotLive
        /apiVersion: - -> "v1"
        /kind: - -> "Namespace"
        /metadata/name: - -> "web"
    + ConfigMap/web/a NotLive
        /apiVersion: - -> "v1"
        /data: - -> {}
        /kind: - -> "ConfigMap"
        /metadata/name: - -> "a"
        /metadata/namespace: - -> "web"
    refused ConfigMap/web/nope [unknown-target] it is not declared in this environment
    0 unchanged of 4
    "#);
    assert_eq!(plan.targeted.len(), 2);
}

#[test]
fn creates_are_tried_only_where_everything_they_need_is_there() {
    let mut needs = config("b", json!({}));
    needs["metadata"]["annotations"]["suimon.dev/depends-on"] = json!("ConfigMap/web/a");
    let world = World::new().same(&namespace("web")).absent(&config("a", json!({}))).absent(&needs);
    assert_eq!(world.candidates(), ["ConfigMap/web/a"]);
}
