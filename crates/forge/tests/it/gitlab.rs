//! GitLab alone: its requests against the shapes in its documentation.

use std::collections::BTreeSet;

use serde_json::json;
use suimon_forge::{Error, ReviewState, Status, StatusState};

use crate::conformance::{Remote, id, proposal};
use crate::server::{Call, Reply, Server, decode};

/// Method, path, parameters of the query, and fields of the body (required ones end in `!`), with the page
/// of <https://docs.gitlab.com/api/> that has them.
const OPERATIONS: &[(&str, &str, &[&str], &[&str])] = &[
    // users
    ("GET", "/user", &[], &[]),
    ("GET", "/users", &["username"], &[]),
    ("GET", "/users/ID", &[], &[]),
    // projects
    ("GET", "/projects/ID", &[], &[]),
    // merge_requests
    ("GET", "/projects/ID/merge_requests", &["state", "source_branch", "target_branch"], &[]),
    (
        "POST",
        "/projects/ID/merge_requests",
        &[],
        &["source_branch!", "target_branch!", "title!", "description"],
    ),
    ("GET", "/projects/ID/merge_requests/ID", &[], &[]),
    (
        "PUT",
        "/projects/ID/merge_requests/ID",
        &[],
        &["title", "description", "target_branch", "state_event"],
    ),
    ("GET", "/projects/ID/merge_requests/ID/versions", &[], &[]),
    ("GET", "/projects/ID/merge_requests/ID/reviewers", &[], &[]),
    // merge_request_approvals
    ("GET", "/projects/ID/merge_requests/ID/approvals", &[], &[]),
    // notes
    ("GET", "/projects/ID/merge_requests/ID/notes", &["sort", "order_by"], &[]),
    ("POST", "/projects/ID/merge_requests/ID/notes", &[], &["body!"]),
    ("PUT", "/projects/ID/merge_requests/ID/notes/ID", &[], &["body!"]),
    ("DELETE", "/projects/ID/merge_requests/ID/notes/ID", &[], &[]),
    // commits
    ("GET", "/projects/ID/repository/commits/ID/merge_requests", &[], &[]),
    ("GET", "/projects/ID/repository/commits/ID/statuses", &["name"], &[]),
    ("POST", "/projects/ID/statuses/ID", &[], &["state!", "name", "description", "target_url"]),
    // members
    ("GET", "/projects/ID/members/all/ID", &[], &[]),
    // events
    ("GET", "/projects/ID/events", &["action"], &[]),
];

/// Every request is one that the documentation has.
pub(crate) fn check(server: &Server) {
    check_against(OPERATIONS, "/api/v4", &["page", "per_page"], &server.calls());
}

type Operation = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

pub(crate) fn check_against(operations: &[Operation], base: &str, paging: &[&str], calls: &[Call]) {
    assert!(!calls.is_empty());
    for call in calls {
        let path = call.path().strip_prefix(base).expect("the version's path");
        let fits = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) =
                (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len()
                && template.iter().zip(&path).all(|(one, other)| *one == "ID" || one == other)
        };
        let line = call.line();
        let found =
            operations.iter().find(|(method, path, ..)| *method == call.method && fits(path));
        let (_, _, query, body) = found.unwrap_or_else(|| panic!("{line}: not documented"));
        for (name, _) in call.query() {
            assert!(
                query.contains(&name.as_str()) || paging.contains(&name.as_str()),
                "{line}: {name}"
            );
        }
        let sent = call.json();
        let sent: BTreeSet<&str> =
            sent.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let known: BTreeSet<&str> = body.iter().map(|name| name.trim_end_matches('!')).collect();
        assert!(sent.is_subset(&known), "{line}: {sent:?}");
        for name in body.iter().filter_map(|name| name.strip_suffix('!')) {
            assert!(sent.contains(name), "{line}: {name} is missing");
        }
    }
}

fn opened(remote: &Remote) {
    remote.world(|world| {
        world.push("main", &id('0'), "ben");
        world.push("topic", &id('1'), "ben");
        world.open("topic", "main", "Topic", "");
        world.permissions.insert("ben".to_owned(), "write");
        world.permissions.insert("release-bot".to_owned(), "write");
    });
}

#[tokio::test]
async fn an_approval_counts_for_the_head_that_it_was_given_to() {
    let remote = Remote::gitlab();
    opened(&remote);
    remote.world(|world| {
        world.review(1, "aiko", "approved", "");
        world.push("topic", &id('2'), "ben");
        world.review(1, "visitor", "approved", "");
    });
    let reviews = remote.forge.reviews(1).await.unwrap();
    let found: Vec<_> =
        reviews.iter().map(|one| (one.login.as_str(), one.commit.clone())).collect();
    assert_eq!(found, [("aiko", id('1')), ("visitor", id('2'))]);
}

#[tokio::test]
async fn the_time_of_an_approval_is_in_a_note_or_unknown() {
    let remote = Remote::gitlab();
    opened(&remote);
    remote.world(|world| {
        world.review(1, "aiko", "approved", "");
        world.reviews[0].kind = "Old";
        world.comment(1, "visitor", "approved this merge request");
    });
    let reviews = remote.forge.reviews(1).await.unwrap();
    assert_eq!((reviews.len(), reviews[0].commit.clone()), (1, id('1')));
    // Without the note, or from before the first version, it is for no commit.
    let notes = "GET /api/v4/projects/acme%2Fapps%2Fshop/merge_requests/1/notes";
    remote.server.plan(notes, Reply::json(200, &json!([])));
    assert_eq!(remote.forge.reviews(1).await.unwrap()[0].commit, "");
    remote.world(|world| world.reviews[0].kind = "User");
    remote.world(|world| world.reviews[0].at = "2020-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(remote.forge.reviews(1).await.unwrap()[0].commit, "");
    check(&remote.server);
}

#[tokio::test]
async fn reviewers_who_want_changes_come_last() {
    let remote = Remote::gitlab();
    opened(&remote);
    remote.world(|world| {
        world.review(1, "visitor", "requested_changes", "");
        world.review(1, "aiko", "approved", "");
        world.review(1, "ben", "reviewed", "");
        world.review(1, "release-bot", "approved", "");
        world.review(1, "project_7_bot_8f2c", "approved", "");
    });
    let reviews = remote.forge.reviews(1).await.unwrap();
    let found: Vec<_> =
        reviews.iter().map(|one| (one.login.as_str(), one.bot, one.state)).collect();
    assert_eq!(
        found,
        [
            ("aiko", false, ReviewState::Approved),
            ("release-bot", true, ReviewState::Approved),
            ("project_7_bot_8f2c", true, ReviewState::Approved),
            ("visitor", false, ReviewState::ChangesRequested),
        ]
    );
    check(&remote.server);
}

#[tokio::test]
async fn developers_may_write() {
    let remote = Remote::gitlab();
    for (permission, expected) in
        [("admin", true), ("write", true), ("read", false), ("blocked", false)]
    {
        remote.world(|world| world.permissions.insert("dana".to_owned(), permission));
        assert_eq!(remote.forge.may_write("dana").await.unwrap(), expected, "{permission}");
    }
    // The search may find others.
    let other = json!([{"id": 1, "username": "dana2"}]);
    remote.server.plan("GET /api/v4/users", Reply::json(200, &other));
    assert!(!remote.forge.may_write("dana").await.unwrap());
    check(&remote.server);
}

#[tokio::test]
async fn who_pushed_last_is_what_the_events_say_of_the_head() {
    let remote = Remote::gitlab();
    opened(&remote);
    remote.world(|world| {
        world.push("topic", &id('2'), "carol");
        world.push("other", &id('2'), "eve");
        world.push("other", &id('3'), "eve");
    });
    let change = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!(change.last_pusher.as_deref(), Some("carol"));
    remote.world(|world| world.pull(1).unwrap().head_commit = id('9'));
    assert_eq!(remote.forge.change(1).await.unwrap().unwrap().last_pusher, None);
}

#[tokio::test]
async fn a_conflict_updates_what_is_there() {
    let remote = Remote::gitlab();
    opened(&remote);
    let list = "GET /api/v4/projects/acme%2Fapps%2Fshop/merge_requests?";
    remote.server.plan(list, Reply::json(200, &json!([])));
    let change = remote.forge.put_change(&proposal("topic", "Mine")).await.unwrap();
    assert_eq!((change.number, change.title.as_str()), (1, "Mine"));
    check(&remote.server);
}

#[tokio::test]
async fn a_fork_has_none_of_our_branches() {
    let remote = Remote::gitlab();
    opened(&remote);
    remote.world(|world| world.pulls[0].fork = true);
    assert_eq!(remote.forge.open_change("topic").await.unwrap(), None);
    let theirs = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!((theirs.head.as_str(), theirs.last_pusher), ("8:topic", None));
}

#[tokio::test]
async fn addresses_are_encoded_and_on_the_configured_host() {
    let remote = Remote::gitlab();
    opened(&remote);
    let change = remote.forge.change(1).await.unwrap().unwrap();
    let url = remote.server.url();
    assert_eq!(change.url, format!("{url}/acme/apps/shop/-/merge_requests/1"));
    let call = &remote.server.calls()[0];
    assert_eq!(decode(call.path()), "/api/v4/projects/acme/apps/shop/merge_requests/1");
}

#[tokio::test]
async fn an_error_may_be_a_list_or_an_object() {
    let remote = Remote::gitlab();
    let project = "GET /api/v4/projects/acme%2Fapps%2Fshop";
    let said = json!({"message": {"base": ["is odd"]}});
    remote.server.plan(project, Reply::json(400, &said));
    let failed = remote.forge.default_branch().await.unwrap_err();
    assert!(matches!(failed, Error::Refused { .. }));
    assert!(failed.to_string().ends_with(r#": {"base":["is odd"]} (400)"#), "{failed}");
}

#[tokio::test]
async fn no_line_that_is_written_is_a_command() {
    let remote = Remote::gitlab();
    opened(&remote);
    let mut bad = proposal("topic", "Topic");
    bad.body = "* fix\n/merge\n".to_owned();
    remote.forge.put_change(&bad).await.unwrap();
    remote.forge.put_comment(1, "plan:stg", "/approve\n").await.unwrap();
    remote.forge.close_change(1, "over\n/unprotect").await.unwrap();
    let sent: Vec<String> = remote.world(|world| {
        let comments = world.comments.iter().map(|comment| comment.body.clone());
        comments.chain([world.pulls[0].body.clone()]).collect()
    });
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|text| text.contains("\n\\/")), "{sent:?}");
    let lines = sent.iter().flat_map(|text| text.lines());
    assert!(lines.into_iter().all(|line| !line.trim_start().starts_with('/')), "{sent:?}");
}

#[tokio::test]
async fn a_status_that_is_set_already_is_not_set_again() {
    let remote = Remote::gitlab();
    let status = Status {
        context: "suimon/gate: stg".to_owned(),
        state: StatusState::Success,
        description: "open".to_owned(),
        url: Some("https://example.com/run/1".to_owned()),
    };
    for _ in 0..2 {
        remote.forge.put_status(&id('1'), &status).await.unwrap();
    }
    assert_eq!(remote.world(|world| world.statuses.len()), 1);
    check(&remote.server);
}
