//! Gitea and Forgejo alone: their requests against the shapes in their documentation.

use serde_json::json;
use suimon_forge::ReviewState;

use crate::conformance::{Remote, id, proposal};
use crate::gitlab::check_against;
use crate::server::{Reply, Server};

/// Method, path, parameters of the query, and fields of the body (required ones end in `!`), as in
/// <https://docs.gitea.com/api/>.
const OPERATIONS: &[(&str, &str, &[&str], &[&str])] = &[
    ("GET", "/user", &[], &[]),
    ("GET", "/repos/ID/ID", &[], &[]),
    ("GET", "/repos/ID/ID/pulls", &["state", "sort"], &[]),
    ("POST", "/repos/ID/ID/pulls", &[], &["head!", "base!", "title!", "body"]),
    ("GET", "/repos/ID/ID/pulls/ID", &[], &[]),
    ("PATCH", "/repos/ID/ID/pulls/ID", &[], &["title", "body", "base", "state"]),
    ("GET", "/repos/ID/ID/pulls/ID/reviews", &[], &[]),
    ("GET", "/repos/ID/ID/commits/ID/pull", &[], &[]),
    ("GET", "/repos/ID/ID/commits/ID/statuses", &["sort", "state"], &[]),
    ("POST", "/repos/ID/ID/statuses/ID", &[], &["state!", "context", "description", "target_url"]),
    ("GET", "/repos/ID/ID/issues/ID/comments", &[], &[]),
    ("POST", "/repos/ID/ID/issues/ID/comments", &[], &["body!"]),
    ("PATCH", "/repos/ID/ID/issues/comments/ID", &[], &["body!"]),
    ("DELETE", "/repos/ID/ID/issues/comments/ID", &[], &[]),
    ("GET", "/repos/ID/ID/issues/ID/timeline", &[], &[]),
    ("GET", "/repos/ID/ID/activities/feeds", &[], &[]),
    ("GET", "/repos/ID/ID/collaborators/ID/permission", &[], &[]),
];

/// Every request is one that the documentation has.
pub(crate) fn check(server: &Server) {
    check_against(OPERATIONS, "/api/v1", &["page", "limit"], &server.calls());
}

fn opened(remote: &Remote) {
    remote.world(|world| {
        world.push("main", &id('0'), "ben");
        world.push("topic", &id('1'), "ben");
        world.open("topic", "main", "Topic", "");
    });
}

#[tokio::test]
async fn approvals_count_only_when_gitea_would_count_them() {
    let remote = Remote::gitea();
    opened(&remote);
    remote.world(|world| {
        for (login, kind, state) in [
            ("aiko", "User", "APPROVED"),
            ("visitor", "Visitor", "APPROVED"),
            ("ben", "Stale", "APPROVED"),
            ("carol", "Dismissed", "APPROVED"),
            ("dana", "User", "REQUEST_CHANGES"),
            ("dana", "User", "COMMENT"),
            ("erin", "User", "REQUEST_REVIEW"),
            ("erin", "User", "PENDING"),
            ("gitea-actions", "User", "APPROVED"),
        ] {
            world.review(1, login, state, &id('1'));
            world.reviews.last_mut().unwrap().kind = kind;
        }
    });
    let reviews = remote.forge.reviews(1).await.unwrap();
    let found: Vec<_> =
        reviews.iter().map(|one| (one.login.as_str(), one.bot, one.state)).collect();
    assert_eq!(
        found,
        [
            ("aiko", false, ReviewState::Approved),
            ("visitor", false, ReviewState::Commented),
            ("ben", false, ReviewState::Dismissed),
            ("carol", false, ReviewState::Dismissed),
            ("dana", false, ReviewState::ChangesRequested),
            ("dana", false, ReviewState::Commented),
            ("gitea-actions", true, ReviewState::Approved),
        ]
    );
    assert!(reviews.iter().all(|one| one.commit == id('1')));
    check(&remote.server);
}

#[tokio::test]
async fn who_pushed_last_is_in_the_timeline_or_the_activity() {
    let remote = Remote::gitea();
    opened(&remote);
    // The first push is from before the pull request.
    let change = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!(change.last_pusher.as_deref(), Some("ben"));
    remote.world(|world| {
        world.push("topic", &id('2'), "carol");
        world.push("topic", &id('3'), "dana");
        world.push("other", &id('3'), "eve");
    });
    let change = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!(change.last_pusher.as_deref(), Some("dana"));
    // What may not be read is unknown.
    remote.world(|world| world.pushes.retain(|push| push.commit != id('3')));
    assert_eq!(remote.forge.change(1).await.unwrap().unwrap().last_pusher, None);
    remote.server.plan("GET /api/v1/repos/acme/shop/issues/1/timeline", Reply::empty(404));
    remote.server.plan("GET /api/v1/repos/acme/shop/activities/feeds", Reply::empty(403));
    assert_eq!(remote.forge.change(1).await.unwrap().unwrap().last_pusher, None);
}

#[tokio::test]
async fn writers_may_write() {
    let remote = Remote::gitea();
    for (permission, expected) in
        [("owner", true), ("admin", true), ("write", true), ("read", false), ("none", false)]
    {
        remote.world(|world| world.permissions.insert("dana".to_owned(), permission));
        assert_eq!(remote.forge.may_write("dana").await.unwrap(), expected, "{permission}");
    }
    check(&remote.server);
}

#[tokio::test]
async fn a_conflict_updates_what_is_there() {
    let remote = Remote::gitea();
    opened(&remote);
    remote.server.plan("GET /api/v1/repos/acme/shop/pulls?", Reply::json(200, &json!([])));
    let change = remote.forge.put_change(&proposal("topic", "Mine")).await.unwrap();
    assert_eq!((change.number, change.title.as_str()), (1, "Mine"));
    check(&remote.server);
}

#[tokio::test]
async fn a_fork_has_none_of_our_branches() {
    let remote = Remote::gitea();
    opened(&remote);
    remote.world(|world| world.pulls[0].fork = true);
    assert_eq!(remote.forge.open_change("topic").await.unwrap(), None);
    let theirs = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!(theirs.head, "8:topic");
    let url = remote.server.url();
    assert_eq!(theirs.url, format!("{url}/acme/shop/pulls/1"));
}
