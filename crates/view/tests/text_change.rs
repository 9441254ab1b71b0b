//! How one object's change is shown, shape by shape.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{change, conflict, field, id, masked, plan, unknown, update};
use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_model::DeferredRef;
use suimon_plan::{Action, Change, FieldChange, Reason};
use suimon_view::{Style, text};

/// The part of the plan that is about the object.
fn shown(change: Change) -> String {
    let text = text::plan(&plan(vec![change]), &Style::PLAIN);
    let start = text.find("  # ").unwrap();
    let end = text.find("\nPlan: ").unwrap();
    text[start..end].to_owned()
}

fn updated(before: Value, after: Value, fields: Vec<FieldChange>) -> String {
    let text = shown(update(before, after, fields));
    text.split_once("api:\n").unwrap().1.to_owned()
}

#[test]
fn a_create_shows_the_whole_object_and_what_is_not_known_yet() {
    let body = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "web", "labels": {"app.kubernetes.io/name": "api"}},
        "spec": {
            "replicas": 2, "paused": false, "strategy": {},
            "template": {"spec": {"containers": [
                {"image": "nginx:1.27", "name": "api", "args": ["--port", "8080"],
                 "env": [{"name": "ARN", "value": DeferredRef::marker_for(&id("Secret/db"), "arn")}]},
            ]}},
        },
    });
    let mut create = change("Deployment.apps/web/api", Action::Create, None, Some(body));
    create.fields = vec![unknown(
        "/spec/template/spec/containers/[name=api]/env/[name=ARN]/value",
        Value::Null,
    )];
    assert_snapshot!(shown(create), @r#"
    # Deployment.apps/web/api will be created
    # (because it is declared and not live)
    # modules/web/kubernetes/app.yaml.tera:1:1
    + Deployment.apps/web/api:
    +   apiVersion: apps/v1
    +   kind: Deployment
    +   metadata:
    +     name: api
    +     namespace: web
    +     labels:
    +       app.kubernetes.io/name: api
    +   spec:
    +     paused: false
    +     replicas: 2
    +     strategy: {}
    +     template:
    +       spec:
    +         containers:
    +           - name: api
    +             args:
    +               - "--port"
    +               - "8080"
    +             env:
    +               - name: ARN
    +                 value: (known after apply)
    +             image: nginx:1.27
    "#);
}

#[test]
fn scalars_show_old_and_new_and_hide_what_stays() {
    let before =
        json!({"spec": {"replicas": 2, "a": 1, "b": {"c": 1}, "image": "x:1", "on": true}});
    let after = json!({"spec": {"replicas": 5, "a": 1, "b": {"c": 1}, "image": "1.10", "new": null, "added": "no"}});
    let fields = vec![
        field("/spec/added", Value::Null, json!("no")),
        field("/spec/image", json!("x:1"), json!("1.10")),
        field("/spec/on", json!(true), Value::Null),
        field("/spec/replicas", json!(2), json!(5)),
    ];
    assert_snapshot!(updated(before, after, fields), @r#"
        spec:
    +     added: "no"
    ~     image: x:1 -> "1.10"
    -     "on": true
    ~     replicas: 2 -> 5
          # (3 unchanged fields hidden)
    "#);
}

#[test]
fn maps_that_appear_or_go_are_shown_whole() {
    let before =
        json!({"metadata": {"labels": {"app": "api"}}, "spec": {"old": {"a": 1, "b": [1]}}});
    let after = json!({"metadata": {"labels": {"app": "api"}, "annotations": {"a.b/c": "x: y"}}, "spec": {}});
    let fields = vec![
        field("/metadata/annotations/a.b~1c", Value::Null, json!("x: y")),
        field("/spec/old/a", json!(1), Value::Null),
        field("/spec/old/b/0", json!(1), Value::Null),
    ];
    assert_snapshot!(updated(before, after, fields), @r#"
        metadata:
    +     annotations:
    +       a.b/c: "x: y"
          # (1 unchanged field hidden)
        spec:
    -     old:
    -       a: 1
    -       b:
    -         - 1
    "#);
}

#[test]
fn items_of_keyed_lists_are_shown_with_their_keys() {
    let containers = |items: Value| json!({"spec": {"containers": items}});
    let port = |n: u16| json!({"containerPort": n, "name": format!("p{n}")});
    let before = containers(json!([
        {"name": "api", "image": "a:1", "ports": [port(80)]},
        {"name": "old", "image": "o:1"},
        {"name": "same", "image": "s:1"},
    ]));
    let after = containers(json!([
        {"name": "api", "image": "a:2", "ports": [{"containerPort": 80, "name": "http"}]},
        {"name": "new", "image": "n:1", "args": ["-v"]},
        {"name": "same", "image": "s:1"},
    ]));
    let fields = vec![
        field("/spec/containers/[name=api]/image", json!("a:1"), json!("a:2")),
        field(
            "/spec/containers/[name=api]/ports/[containerPort=80,protocol=TCP]/name",
            json!("p80"),
            json!("http"),
        ),
        field("/spec/containers/[name=new]/args/0", Value::Null, json!("-v")),
        field("/spec/containers/[name=new]/image", Value::Null, json!("n:1")),
        field("/spec/containers/[name=new]/name", Value::Null, json!("new")),
        field("/spec/containers/[name=old]/image", json!("o:1"), Value::Null),
        field("/spec/containers/[name=old]/name", json!("old"), Value::Null),
    ];
    assert_snapshot!(updated(before, after, fields), @r#"
        spec:
          containers:
            - name: api
    ~         image: a:1 -> a:2
              ports:
                - containerPort: 80
                  protocol: TCP
    ~             name: p80 -> http
    +       - name: new
    +         args:
    +           - "-v"
    +         image: n:1
    -       - name: old
    -         image: o:1
            # (1 unchanged item hidden)
    "#);
}

#[test]
fn lists_without_keys_are_aligned_by_place_or_by_content() {
    let before = json!({"a": ["x", "y", "z"], "b": [{"k": 1}, {"l": 2}, {"m": 3}], "c": ["1", "2"], "set": ["f"], "whole": [1, 2, 3]});
    let after = json!({"a": ["x", "w", "z"], "b": [{"k": 1}, {"m": 3}], "c": ["1", "2", "3"], "set": ["g"], "whole": [1, 3, 4]});
    let fields = vec![
        field("/a/1", json!("y"), json!("w")),
        field("/b/1/l", json!(2), Value::Null),
        field("/c/2", Value::Null, json!("3")),
        field("/set/[f]", json!("f"), Value::Null),
        field("/set/[g]", Value::Null, json!("g")),
        field("/whole", json!([1, 2, 3]), json!([1, 3, 4])),
    ];
    assert_snapshot!(updated(before, after, fields), @r#"
        a:
    ~     - "y" -> w
          # (2 unchanged items hidden)
        b:
    -     - l: 2
          # (2 unchanged items hidden)
        c:
    +     - "3"
          # (2 unchanged items hidden)
        set:
    -     - f
    +     - g
        whole:
    -     - 2
    +     - 4
          # (2 unchanged items hidden)
    "#);
}

#[test]
fn an_order_that_changes_says_so() {
    let list = |a: &str, b: &str| json!({"c": [{"name": a}, {"name": b}]});
    let fields = vec![field("/c", json!(["a", "b"]), json!(["b", "a"]))];
    assert_snapshot!(updated(list("a", "b"), list("b", "a"), fields), @"  ~   c: [a, b] -> [b, a]   # the order changes");
}

#[test]
fn texts_of_several_lines_are_compared_line_by_line() {
    let old: String = (1..=12).map(|n| format!("line {n}\n")).collect();
    let new = old.replace("line 6\n", "line six\nline six and a half\n");
    let body = |text: &str| json!({"data": {"conf": text, "x": "y"}});
    let fields = vec![field("/data/conf", json!(old), json!(new))];
    assert_snapshot!(updated(body(&old), body(&new), fields), @r"
        data:
          conf: |
            # (2 unchanged lines hidden)
            line 3
            line 4
            line 5
    -       line 6
    +       line six
    +       line six and a half
            line 7
            line 8
            line 9
            # (3 unchanged lines hidden)
          # (1 unchanged field hidden)
    ");
    let fields = vec![field("/data/conf", json!("a\nb\n"), json!("a\nb"))];
    assert_snapshot!(updated(body("a\nb\n"), body("a\nb"), fields), @r"
        data:
          conf: |-
            a
    -       b
    +       b   # no newline at end
          # (1 unchanged field hidden)
    ");
    let fields = vec![field("/data/conf", Value::Null, json!("a: 1\n\tb\u{1b}[2J\n"))];
    assert_snapshot!(updated(json!({"data": {}}), body("a: 1\n\tb\u{1b}[2J\n"), fields), @r"
        data:
    +     conf: |
    +       a: 1
    +           b\u{1b}[2J
          # (1 unchanged field hidden)
    ");
}

#[test]
fn secrets_show_only_that_they_change() {
    let body = |old: char| json!({"data": {"password": masked(old), "user": masked('7')}, "type": "Opaque"});
    let mut secret = change("Secret/web/db", Action::Update, Some(body('a')), Some(body('b')));
    secret.fields = vec![
        FieldChange { sensitive: true, ..field("/data/password", masked('a'), masked('b')) },
        FieldChange { sensitive: true, ..field("/data/token", Value::Null, masked('c')) },
        FieldChange { sensitive: true, ..field("/data/unused", masked('d'), Value::Null) },
    ];
    assert_snapshot!(shown(secret), @r"
    # Secret/web/db will be updated in-place
    # (because the declaration changed)
    # modules/web/kubernetes/app.yaml.tera:1:1
    ~ Secret/web/db:
        data:
    ~     password: (sensitive value) -> (sensitive value)   # changes
    +     token: (sensitive value)
    -     unused: (sensitive value)
          # (1 unchanged field hidden)
        # (1 unchanged field hidden)
    ");
    // Somebody forgot to mask: the kind is enough to hide it.
    let bare = json!({"stringData": {"password": "hunter2"}, "data": {"n": 7}});
    assert_snapshot!(shown(change("Secret/web/db", Action::Create, None, Some(bare))), @r#"
    # Secret/web/db will be created
    # (because it is declared and not live)
    # modules/web/kubernetes/app.yaml.tera:1:1
    + Secret/web/db:
    +   data:
    +     "n": (sensitive value)
    +   stringData:
    +     password: (sensitive value)
    "#);
}

#[test]
fn unknown_values_are_known_after_apply() {
    let fields = vec![unknown("/spec/arn", json!("arn:old")), unknown("/spec/host", Value::Null)];
    assert_snapshot!(updated(json!({"spec": {"arn": "arn:old"}}), json!({"spec": {}}), fields), @r"
        spec:
    ~     arn: arn:old -> (known after apply)
    +     host: (known after apply)
    ");
}

#[test]
fn a_replace_says_which_field_forces_it() {
    let body = |label: &str| json!({"spec": {"selector": {"app": label}, "replicas": 1}});
    let mut replace =
        change("Deployment.apps/web/api", Action::Replace, Some(body("a")), Some(body("b")));
    replace.fields = vec![FieldChange {
        forces_replacement: true,
        ..field("/spec/selector/app", json!("a"), json!("b"))
    }];
    assert_snapshot!(shown(replace), @r"
      # Deployment.apps/web/api must be replaced
      # (because a field that cannot change in place changes)
      # modules/web/kubernetes/app.yaml.tera:1:1
    -/+ Deployment.apps/web/api:
          spec:
            selector:
      ~       app: a -> b   # forces replacement
            # (1 unchanged field hidden)
    ");
}

#[test]
fn removals_say_what_goes_and_what_stays() {
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old"}, "data": {"a": "1"}});
    assert_snapshot!(shown(change("ConfigMap/web/old", Action::Delete, Some(body.clone()), None)), @r#"
    # ConfigMap/web/old will be destroyed
    # (because it is no longer declared)
    - ConfigMap/web/old:
    -   apiVersion: v1
    -   kind: ConfigMap
    -   metadata:
    -     name: old
    -   data:
    -     a: "1"
    "#);
    assert_snapshot!(shown(change("ConfigMap/web/kept", Action::Forget, Some(body), None)), @r"
    # ConfigMap/web/kept will be forgotten
    # (because it is no longer declared and marked to be kept: suimon stops managing it, the object stays)
    . ConfigMap/web/kept
    ");
}

#[test]
fn an_adoption_without_differences_says_what_is_written() {
    let body = json!({"data": {"a": "1"}});
    let mut adopt = change("ConfigMap/web/a", Action::Update, Some(body.clone()), Some(body));
    adopt.reason = Reason::Adopted;
    assert_snapshot!(shown(adopt), @r"
    # ConfigMap/web/a will be updated in-place
    # (because it is live and declared, and not managed by suimon yet: it is adopted)
    # modules/web/kubernetes/app.yaml.tera:1:1
    ~ ConfigMap/web/a:
        # no field changes: only suimon's own marks are written
    ");
}

#[test]
fn conflicts_name_the_manager_and_both_values() {
    let mut one = update(
        json!({"spec": {"replicas": 5}}),
        json!({"spec": {"replicas": 2}}),
        vec![field("/spec/replicas", json!(5), json!(2))],
    );
    one.conflicts = vec![
        conflict(".spec.replicas", json!(2), json!(5), false),
        conflict(".spec.paused", json!(false), json!(true), true),
    ];
    assert_snapshot!(shown(one), @r"
    # Deployment.apps/web/api will be updated in-place
    # (because the declaration changed)
    # modules/web/kubernetes/app.yaml.tera:1:1
    ~ Deployment.apps/web/api:
        spec:
    ~     replicas: 5 -> 2
        ! conflict: .spec.replicas is managed by kubectl-edit
            declared: 2
            live:     5
            apply refuses; to take it over: --force-conflicts
        ! conflict: .spec.paused is managed by kubectl-edit
            declared: false
            live:     true
            apply takes it back, because that repairs drift
    ");
    let mut secret = change("Secret/web/db", Action::Update, None, None);
    secret.conflicts = vec![conflict(".data.password", json!("hunter2"), masked('a'), false)];
    assert_snapshot!(shown(secret), @r"
    # Secret/web/db will be updated in-place
    # (because the declaration changed)
    # modules/web/kubernetes/app.yaml.tera:1:1
    ~ Secret/web/db:
        # no field changes
        ! conflict: .data.password is managed by kubectl-edit
            declared: (sensitive value)
            live:     (sensitive value)
            apply refuses; to take it over: --force-conflicts
    ");
}

#[test]
fn hostile_names_and_values_are_written_out() {
    let fields = vec![field("/spec/a\u{202e}b", json!("x\u{1b}]0;t\u{7}"), json!("y\u{200b}"))];
    let before = json!({"spec": {"a\u{202e}b": "x"}});
    assert_snapshot!(updated(before, json!({"spec": {"a\u{202e}b": "y"}}), fields), @r#"
        spec:
    ~     "a\u{202e}b": "x\u{1b}]0;t\u{7}" -> "y\u{200b}"
    "#);
}

#[test]
fn fields_are_shown_even_where_the_bodies_do_not_have_them() {
    let fields = vec![
        field("/spec/containers/[name=x]/image", Value::Null, json!("i")),
        field("/spec/containers/[name=x]/name", Value::Null, json!("x")),
        field("/spec/list/3", json!(1), json!(2)),
        field("", json!({"a": 1}), json!({"a": 2, "b": 3})),
    ];
    let mut bare = change("ConfigMap/web/a", Action::Update, None, None);
    bare.fields = fields;
    assert_snapshot!(shown(bare), @r#"
    # ConfigMap/web/a will be updated in-place
    # (because the declaration changed)
    # modules/web/kubernetes/app.yaml.tera:1:1
    ~ ConfigMap/web/a:
        (whole object):
    ~     a: 1 -> 2
    +     b: 3
        spec:
          containers:
            - # [name=x]
    +         image: i
    +         name: x
          list:
    ~       "3": 1 -> 2
    "#);
}
