//! Plans as comments on a pull request.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{change, conflict, drift, drifted, field, id, masked, plan, update};
use insta::assert_snapshot;
use serde_json::{Value, json};
use suimon_model::{Location, UnknownRead};
use suimon_plan::{Action, Change, FieldChange, Plan, Refusal};
use suimon_view::{MarkdownOptions, markdown};

fn shown(plan: &Plan) -> String {
    markdown::plan(plan, &MarkdownOptions::default()).replace(&plan.digest(), "DIGEST")
}

fn config(name: &str, action: Action, text: &str) -> Change {
    let body = json!({"data": {"a": text}});
    match action {
        Action::Create => change(name, action, None, Some(body)),
        Action::Delete | Action::Forget => change(name, action, Some(body), None),
        _ => {
            let after = json!({"data": {"a": "2"}});
            let mut made = change(name, action, Some(body), Some(after));
            made.fields = vec![field("/data/a", json!(text), json!("2"))];
            made
        }
    }
}

#[test]
fn a_comment_shows_problems_then_drift_then_actions() {
    let mut updated = update(
        json!({"spec": {"replicas": 5, "image": "a:1", "x": 1}}),
        json!({"spec": {"replicas": 2, "image": "a:2", "x": 1}}),
        vec![
            field("/spec/image", json!("a:1"), json!("a:2")),
            FieldChange { forces_replacement: true, ..field("/spec/replicas", json!(5), json!(2)) },
        ],
    );
    updated.conflicts = vec![conflict(".spec.image", json!("a:2"), json!("a:1"), false)];
    let mut plan = plan(vec![
        config("ConfigMap/web/new", Action::Create, "1"),
        updated,
        config("ConfigMap/web/kept", Action::Forget, "1"),
        config("ConfigMap/web/old", Action::Delete, "1"),
    ]);
    plan.drift =
        vec![drift("Deployment.apps/web/api", vec![drifted("/spec/replicas", json!(2), json!(5))])];
    plan.unknown =
        vec![UnknownRead { id: None, group_kind: "Secret".into(), reason: "forbidden".into() }];
    plan.refused = vec![Refusal {
        id: id("ConfigMap/web/x"),
        code: "owned-by-another".into(),
        message: "Argo CD owns it".into(),
        help: Some("--adopt".into()),
        location: Some(Location::new("a.yaml", 3, 1)),
    }];
    assert_snapshot!(shown(&plan), @r#"
    <!-- suimon:plan:medical-ai/prod -->
    ### suimon plan: `prod`

    **Plan: 1 to add, 1 to change, 1 to destroy, 1 to forget. The plan is incomplete: nothing will be deleted.**

    - Project `medical-ai`, environment `prod`
    - Revision `4f0c2a`, release `2026-11-22.3`
    - Plan digest `DIGEST`

    #### Not read: the plan is incomplete, and nothing will be deleted

    - `every Secret`: `forbidden`

    #### Refused: the plan cannot be applied

    - `ConfigMap/web/x` (`owned-by-another`) at `a.yaml:3:1`: `Argo CD owns it`. Help: `--adopt`

    #### Conflicts

    - `Deployment.apps/web/api`: `.spec.image` is managed by `kubectl-edit`; declared `a:2`, live `a:1`: apply refuses without `--force-conflicts`

    #### Objects have changed outside of suimon

    <details><summary><code>Deployment.apps/web/api</code> has changed outside of suimon</summary>

    ```diff
    ! spec.replicas: 2 -> 5   # by kubectl-edit at 2026-11-22T10:00:00Z
    ```

    </details>

    #### Actions

    <details><summary><code>+ ConfigMap/web/new</code> will be created</summary>

    Because it is declared and not live, declared at `modules/web/kubernetes/app.yaml.tera:1:1`.

    ```diff
    + data:
    +   a: "1"
    ```

    </details>

    <details><summary><code>~ Deployment.apps/web/api</code> will be updated in-place</summary>

    Because the declaration changed, declared at `modules/web/kubernetes/app.yaml.tera:1:1`.

    ```diff
      spec:
    !   image: a:1 -> a:2
    !   replicas: 5 -> 2   # forces replacement
        # (1 unchanged field hidden)
    ```

    </details>

    - `.` `ConfigMap/web/kept` will be forgotten

    <details><summary><code>- ConfigMap/web/old</code> will be destroyed</summary>

    Because it is no longer declared.

    ```diff
    - data:
    -   a: "1"
    ```

    </details>
    "#);
}

#[test]
fn no_changes_is_short() {
    assert_snapshot!(shown(&plan(Vec::new())), @r"
    <!-- suimon:plan:medical-ai/prod -->
    ### suimon plan: `prod`

    **No changes. Live state matches the configuration.**

    - Project `medical-ai`, environment `prod`
    - Revision `4f0c2a`, release `2026-11-22.3`
    - Plan digest `DIGEST`
    ");
}

#[test]
fn nothing_in_a_plan_is_read_as_markup() {
    let evil =
        "x`\n```\n</details>@octocat [l](https://e.example) <img src=x> | ![i](u) #1 \u{202e}";
    let mut made = config("ConfigMap/web/a", Action::Update, &format!("one\n{evil}\n````diff\n"));
    made.id.name = "n</code><script>`@octocat".into();
    made.location = Some(Location::new("a`b@octocat.yaml", 1, 1));
    made.conflicts = vec![conflict(evil, json!(evil), json!("`"), false)];
    let mut plan = plan(vec![made]);
    plan.environment = "prod --><script>".into();
    plan.revision = Some(evil.into());
    plan.refused = vec![Refusal {
        id: id("ConfigMap/web/x"),
        code: "rejected".into(),
        message: evil.into(),
        help: Some(evil.into()),
        location: None,
    }];
    assert_snapshot!(shown(&plan), @r#"
    <!-- suimon:plan:medical-ai/prod%20--%3E%3Cscript%3E -->
    ### suimon plan: `prod --><script>`

    **Plan: 0 to add, 1 to change, 0 to destroy.**

    - Project `medical-ai`, environment `prod --><script>`
    - Revision ````x`\u{a}```\u{a}</details>@octocat [l](https://e.example) <img src=x> | ![i](u) #1 \u{202e}````, release `2026-11-22.3`
    - Plan digest `DIGEST`

    #### Refused: the plan cannot be applied

    - `ConfigMap/web/x` (`rejected`): ````x`\u{a}```\u{a}</details>@octocat [l](https://e.example) <img src=x> | ![i](u) #1 \u{202e}````. Help: ````x`\u{a}```\u{a}</details>@octocat [l](https://e.example) <img src=x> | ![i](u) #1 \u{202e}````

    #### Conflicts

    - ``ConfigMap/web/n</code><script>`@octocat``: ````x`\u{a}```\u{a}</details>@octocat [l](https://e.example) <img src=x> | ![i](u) #1 \u{202e}```` is managed by `kubectl-edit`; declared ````"x`\n```\n</details>@octocat [l](https://e.example) <img src=x> | ![i](u) #1 \u{202e}"````, live ``"`"``: apply refuses without `--force-conflicts`

    #### Actions

    <details><summary><code>~ ConfigMap/web/n&lt;/code&gt;&lt;script&gt;`@octocat</code> will be updated in-place</summary>

    Because the declaration changed, declared at ``a`b@octocat.yaml:1:1``.

    `````diff
      data:
        a: |-
    -     one
    -     x`
    -     ```
    -     </details>@octocat [l](https://e.example) <img src=x> | ![i](u) #1 \u{202e}
    -     ````diff
    +     2   # no newline at end
    `````

    </details>
    "#);
}

#[test]
fn titles_and_hints_are_the_callers() {
    let changes = (0..2_000).map(|n| config(&format!("ConfigMap/web/c{n}"), Action::Create, "1"));
    let plan = plan(changes.collect());
    let remark = |hint: &str| {
        let options = MarkdownOptions {
            title: Some("Plan for @prod".into()),
            full_plan_hint: Some(hint.into()),
            ..MarkdownOptions::default()
        };
        let text = markdown::plan(&plan, &options);
        assert_eq!(text.lines().nth(1), Some("### `Plan for @prod`"));
        text.lines().find(|line| line.starts_with("> ")).unwrap().to_owned()
    };
    assert_snapshot!(remark("https://ci.example/run/1"), @"> **Shortened to fit into a comment.** Listed without fields: 866 creates. Not listed: 1014 creates. To see everything: <https://ci.example/run/1>");
    assert_snapshot!(remark("https://e.example/> @octocat"), @"> **Shortened to fit into a comment.** Listed without fields: 866 creates. Not listed: 1014 creates. To see everything: `https://e.example/> @octocat`");
}

/// A plan with many creates, updates, deletes and drifts, each with a body of this size.
fn huge(objects: usize, size: usize) -> Plan {
    let text = "水 ".repeat(size);
    let changes = (0..objects).map(|n| {
        let action = [Action::Create, Action::Update, Action::Create, Action::Delete][n % 4];
        config(&format!("ConfigMap/web/c{n}"), action, &text)
    });
    let mut plan = plan(changes.collect());
    plan.drift = (0..3)
        .map(|n| {
            drift(&format!("ConfigMap/web/c{n}"), vec![drifted("/data/a", json!(1), Value::Null)])
        })
        .collect();
    plan
}

#[test]
fn bodies_of_creates_go_first_and_the_remark_counts_them() {
    let text = shown(&huge(40, 1_000));
    assert!(text.chars().count() <= markdown::LIMIT);
    assert_snapshot!(text.lines().find(|line| line.starts_with("> ")).unwrap(), @"> **Shortened to fit into a comment.** Listed without fields: 12 creates. To see everything: `suimon plan prod` or `suimon plan prod --json`");
    assert_eq!(text.matches("will be destroyed").count(), 10);
    assert_eq!(text.matches("will be created").count(), 20);
    assert_eq!(text.matches("<summary><code>- ConfigMap").count(), 10, "deletes keep their bodies");
    assert_eq!(text.matches("outside of suimon</summary>").count(), 3, "drift keeps its body");
}

#[test]
fn a_list_that_is_too_long_is_counted() {
    let text = shown(&huge(50_000, 1));
    assert!(text.chars().count() <= markdown::LIMIT);
    let remark = text.lines().find(|line| line.starts_with("> ")).unwrap();
    assert_snapshot!(remark, @"> **Shortened to fit into a comment.** Listed without fields: 746 deletes. Not listed: 11578 deletes, 12500 updates, 25000 creates. To see everything: `suimon plan prod` or `suimon plan prod --json`");
    assert!(text.contains("**Plan: 25000 to add, 12500 to change, 12500 to destroy.**"));
}

#[test]
fn a_huge_delete_is_cut_and_says_so() {
    let lines: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    let text = shown(&plan(vec![
        config("ConfigMap/web/huge", Action::Delete, &lines),
        config("ConfigMap/web/small", Action::Delete, "1"),
    ]));
    assert!(text.chars().count() <= markdown::LIMIT);
    assert!(text.contains("more lines not shown here)\n```\n"), "{text}");
    assert!(text.contains("-   a: \"1\""), "the small one is whole");
}

#[test]
fn secrets_are_not_in_comments() {
    let body = |old: char| json!({"data": {"p": masked(old)}, "stringData": {"q": "hunter2"}});
    let mut secret = change("Secret/web/db", Action::Update, Some(body('a')), Some(body('b')));
    secret.fields = vec![
        field("/data/p", masked('a'), masked('b')),
        field("/stringData/q", json!("hunter2"), json!("hunter3")),
    ];
    let text =
        shown(&plan(vec![secret, change("Secret/web/x", Action::Delete, Some(body('c')), None)]));
    assert!(!text.contains("hunter"), "{text}");
    assert!(
        !["aaaaaaaa", "bbbbbbbb", "cccccccc"].iter().any(|digest| text.contains(digest)),
        "{text}"
    );
    assert!(
        text.contains("! ") && text.contains("(sensitive value) -> (sensitive value)   # changes")
    );
}
