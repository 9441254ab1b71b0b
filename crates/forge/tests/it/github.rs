//! GitHub alone.

use serde_json::json;
use suimon_forge::{Error, Forge, Github, ReviewState, Status, StatusState};
use suimon_model::Sensitive;

use crate::conformance::{Remote, id, proposal};
use crate::fakes::Comment;
use crate::server::{Reply, Server, TOKEN, client};

fn opened(remote: &Remote) {
    remote.world(|world| {
        world.push("main", &id('0'), "ben");
        world.push("topic", &id('1'), "ben");
        world.open("topic", "main", "Topic", "");
    });
}

#[tokio::test]
async fn what_is_asked_is_what_the_story_needs() {
    let remote = Remote::github();
    remote.world(|world| world.push("topic", &id('1'), "ben"));
    remote.forge.put_change(&proposal("topic", "Topic")).await.unwrap();
    remote.forge.put_comment(1, "plan:stg", "x").await.unwrap();
    remote.forge.put_comment(1, "plan:stg", "x").await.unwrap();
    insta::assert_snapshot!(remote.server.lines().join("\n"), @r"
    GET /repos/acme/shop/pulls?state=open&head=acme%3Atopic&per_page=100
    POST /repos/acme/shop/pulls
    GET /repos/acme/shop/activity?ref=refs%2Fheads%2Ftopic&per_page=100
    GET /user
    GET /repos/acme/shop/issues/1/comments?per_page=100
    POST /repos/acme/shop/issues/1/comments
    GET /repos/acme/shop/issues/1/comments?per_page=100
    ");
}

#[tokio::test]
async fn a_pull_request_that_somebody_else_opened_meanwhile_is_updated() {
    let remote = Remote::github();
    opened(&remote);
    // The list is from before it was opened.
    remote.server.plan("GET /repos/acme/shop/pulls?", Reply::json(200, &json!([])));
    let change = remote.forge.put_change(&proposal("topic", "Mine")).await.unwrap();
    assert_eq!((change.number, change.title.as_str()), (1, "Mine"));
    assert_eq!(remote.world(|world| world.pulls.len()), 1);
    crate::openapi::check(&remote.server.calls());
}

#[tokio::test]
async fn a_refusal_says_what_github_says() {
    let remote = Remote::github();
    let failed = remote.forge.put_change(&proposal("none", "x")).await.unwrap_err();
    let url = remote.server.url();
    let expected =
        format!("POST {url}/repos/acme/shop/pulls: Validation Failed: head is invalid (422)");
    assert_eq!(failed.to_string(), expected);
}

#[tokio::test]
async fn only_ones_own_comments_are_changed() {
    let remote = Remote::github();
    opened(&remote);
    let marked = "<!-- suimon:plan:stg -->\nours, says a stranger";
    remote.world(|world| world.comment(1, "eve", marked));
    remote.world(|world| world.comment(1, "suimon-ci", "I say: <!-- suimon:plan:stg -->\nx"));
    remote.forge.put_comment(1, "plan:stg", "one").await.unwrap();
    remote.forge.put_comment(1, "plan:stg", "two").await.unwrap();
    let bodies = remote.world(|world| {
        world.comments.iter().map(|Comment { body, .. }| body.clone()).collect::<Vec<_>>()
    });
    let expected = [marked, "I say: <!-- suimon:plan:stg -->\nx", "<!-- suimon:plan:stg -->\ntwo"];
    assert_eq!(bodies, expected);
    let own = remote.forge.own_comments(1).await.unwrap();
    assert_eq!(own, [("plan:stg".to_owned(), "two".to_owned())]);
}

#[tokio::test]
async fn what_a_race_left_is_removed() {
    let remote = Remote::github();
    opened(&remote);
    for body in ["one", "two", "three"] {
        let marked = format!("<!-- suimon:plan:stg -->\n{body}");
        remote.world(|world| world.comment(1, "suimon-ci", &marked));
    }
    remote.forge.put_comment(1, "plan:stg", "one").await.unwrap();
    let left = remote.world(|world| world.comments.iter().map(|one| one.id).collect::<Vec<_>>());
    assert_eq!(left, [2]);
    crate::openapi::check(&remote.server.calls());
}

#[tokio::test]
async fn the_token_of_an_app_is_asked_who_it_is_in_another_way() {
    let remote = Remote::github();
    opened(&remote);
    let marked = "<!-- suimon:plan:stg -->\none";
    remote.world(|world| world.comment(1, "github-actions[bot]", marked));
    let no = json!({"message": "Resource not accessible by integration"});
    remote.server.plan("GET /user", Reply::json(403, &no));
    let viewer = json!({"data": {"viewer": {"login": "github-actions[bot]"}}});
    remote.server.plan("POST /graphql", Reply::json(200, &viewer));
    remote.forge.put_comment(1, "plan:stg", "two").await.unwrap();
    let bodies =
        remote.world(|world| world.comments.iter().map(|one| one.body.clone()).collect::<Vec<_>>());
    assert_eq!(bodies, ["<!-- suimon:plan:stg -->\ntwo"]);
}

#[tokio::test]
async fn who_it_is_must_be_known() {
    let remote = Remote::github();
    opened(&remote);
    let no = json!({"message": "Resource not accessible by integration"});
    remote.server.plan("GET /user", Reply::json(403, &no));
    remote.server.plan("POST /graphql", Reply::json(200, &json!({"errors": [{"message": "no"}]})));
    let failed = remote.forge.put_comment(1, "plan:stg", "two").await.unwrap_err();
    assert!(matches!(failed, Error::Forbidden { .. }), "{failed}");
    assert_eq!(remote.world(|world| world.comments.len()), 0);
}

#[tokio::test]
async fn long_texts_are_cut_to_what_github_takes() {
    let remote = Remote::github();
    opened(&remote);
    remote.forge.put_comment(1, "plan:stg", &"行\n".repeat(50_000)).await.unwrap();
    let body = remote.world(|world| world.comments[0].body.clone());
    assert!(body.chars().count() <= 65_536 && body.chars().count() > 65_000);
    assert!(body.ends_with("*… cut: it is longer than what can be written here.*\n"), "{body}");
    let status = Status {
        context: "suimon/plan: stg".to_owned(),
        state: StatusState::Success,
        description: "長".repeat(200),
        url: Some("https://example.com/run/1".to_owned()),
    };
    for _ in 0..2 {
        remote.forge.put_status(&id('1'), &status).await.unwrap();
    }
    let statuses = remote.world(|world| world.statuses.clone());
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0].3, format!("{}…", "長".repeat(139)));
    let mut long = proposal("topic", &"t".repeat(300));
    long.body = "b".repeat(70_000);
    let change = remote.forge.put_change(&long).await.unwrap();
    assert_eq!((change.title.chars().count(), change.body.chars().count() <= 65_536), (255, true));
    crate::openapi::check(&remote.server.calls());
}

#[tokio::test]
async fn reviews_say_who_and_what_and_of_which_commit() {
    let remote = Remote::github();
    opened(&remote);
    remote.world(|world| {
        for (login, kind, state) in [
            ("aiko", "User", "APPROVED"),
            ("release-app", "Bot", "APPROVED"),
            ("renovate[bot]", "User", "APPROVED"),
            ("ben", "User", "COMMENTED"),
            ("aiko", "User", "CHANGES_REQUESTED"),
            ("carol", "User", "DISMISSED"),
            ("carol", "User", "PENDING"),
            ("acme", "Organization", "APPROVED"),
        ] {
            world.review(1, login, state, &id('1'));
            world.reviews.last_mut().unwrap().kind = kind;
        }
        // The list's order is not what counts.
        world.reviews.reverse();
    });
    let reviews = remote.forge.reviews(1).await.unwrap();
    let found: Vec<_> =
        reviews.iter().map(|one| (one.login.as_str(), one.bot, one.state)).collect();
    assert_eq!(
        found,
        [
            ("aiko", false, ReviewState::Approved),
            ("release-app", true, ReviewState::Approved),
            ("renovate[bot]", true, ReviewState::Approved),
            ("ben", false, ReviewState::Commented),
            ("aiko", false, ReviewState::ChangesRequested),
            ("carol", false, ReviewState::Dismissed),
            ("acme", true, ReviewState::Approved),
        ]
    );
    assert!(reviews.iter().all(|one| one.commit == id('1')));
    crate::openapi::check(&remote.server.calls());
}

#[tokio::test]
async fn a_review_that_cannot_be_read_is_an_error() {
    for (login, state) in [("a b", "APPROVED"), ("../eve", "APPROVED"), ("aiko", "BLESSED")] {
        let remote = Remote::github();
        opened(&remote);
        remote.world(|world| world.review(1, login, state, &id('1')));
        let failed = remote.forge.reviews(1).await.unwrap_err();
        assert!(matches!(failed, Error::Malformed { .. }), "{login} {state}: {failed}");
    }
}

#[tokio::test]
async fn who_may_write_is_what_github_says_now() {
    let remote = Remote::github();
    let cases = [
        ("admin", true),
        ("maintain", true),
        ("write", true),
        ("triage", false),
        ("read", false),
        ("none", false),
    ];
    for (permission, expected) in cases {
        remote.world(|world| world.permissions.insert("dana".to_owned(), permission));
        assert_eq!(remote.forge.may_write("dana").await.unwrap(), expected, "{permission}");
    }
    assert!(!remote.forge.may_write("nobody").await.unwrap());
    assert!(!remote.forge.may_write("a/../../b").await.unwrap());
    let other = json!({"permission": "admin", "role_name": "admin", "user": {"login": "eve", "type": "User"}});
    remote.server.plan("GET /repos/acme/shop/collaborators/dana", Reply::json(200, &other));
    assert!(!remote.forge.may_write("dana").await.unwrap());
}

#[tokio::test]
async fn who_pushed_last_is_what_the_activity_says_of_the_head() {
    let remote = Remote::github();
    opened(&remote);
    remote.world(|world| {
        for at in 0..3 {
            world.push("topic", &id(char::from(b'3' + at)), "carol");
        }
        world.push("topic", &id('2'), "dana");
        world.push("other", &id('2'), "eve");
    });
    let change = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!((change.head_commit, change.last_pusher.as_deref()), (id('2'), Some("dana")));
    // An activity that does not have it, or that may not be read, leaves it unknown.
    remote.world(|world| world.pull(1).unwrap().head_commit = id('9'));
    assert_eq!(remote.forge.change(1).await.unwrap().unwrap().last_pusher, None);
    let no = Reply::json(403, &json!({"message": "Must have push access"}));
    remote.server.plan("GET /repos/acme/shop/activity", no);
    assert_eq!(remote.forge.change(1).await.unwrap().unwrap().last_pusher, None);
    let limited = Reply::empty(429).header("retry-after", "3600");
    remote.server.plan("GET /repos/acme/shop/activity", limited);
    assert!(matches!(remote.forge.change(1).await, Err(Error::RateLimited { .. })));
    crate::openapi::check(&remote.server.calls()[..1]);
}

#[tokio::test]
async fn a_fork_has_none_of_our_branches() {
    let remote = Remote::github();
    opened(&remote);
    remote.world(|world| {
        world.pulls[0].fork = true;
        world.pulls[0].author = "eve".to_owned();
    });
    assert_eq!(remote.forge.open_change("topic").await.unwrap(), None);
    let theirs = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!((theirs.head.as_str(), theirs.last_pusher), ("visitor:topic", None));
    let ours = remote.forge.put_change(&proposal("topic", "Ours")).await.unwrap();
    assert_eq!((ours.number, ours.head.as_str()), (2, "topic"));
}

#[tokio::test]
async fn addresses_for_people_are_on_the_configured_host() {
    let remote = Remote::github();
    opened(&remote);
    let change = remote.forge.change(1).await.unwrap().unwrap();
    assert_eq!(change.url, format!("{}/acme/shop/pull/1", remote.server.url()));
}

#[tokio::test]
async fn an_enterprise_server_has_its_api_below_a_path() {
    let server = Server::start(|call| match call.path() {
        "/api/v3/user" => Reply::json(403, &json!({"message": "Resource not accessible"})),
        "/api/graphql" => Reply::json(200, &json!({"data": {"viewer": {"login": "ci[bot]"}}})),
        "/api/v3/repos/acme/shop/issues/1/comments" => Reply::json(200, &json!([])),
        _ => Reply::empty(404),
    });
    let url = format!("{}/api/v3/", server.url());
    let token = Sensitive::new(TOKEN.to_owned());
    let github = Github::new(client().0, Some(&url), "acme/shop", &token).unwrap();
    assert_eq!(github.own_comments(1).await.unwrap(), []);
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn a_head_that_is_no_commit_is_an_error() {
    let remote = Remote::github();
    opened(&remote);
    remote.world(|world| world.pull(1).unwrap().head_commit = "main".to_owned());
    assert!(matches!(remote.forge.change(1).await, Err(Error::Malformed { .. })));
}

#[tokio::test]
async fn a_repository_answers_to_its_old_name() {
    let remote = Remote::github();
    opened(&remote);
    let url = remote.server.url();
    let token = Sensitive::new(TOKEN.to_owned());
    let old = Github::new(client().0, Some(&url), "acme/old", &token).unwrap();
    let moved = || Reply::empty(301).header("location", "/repos/acme/shop/pulls/1");
    remote.server.plan("GET /repos/acme/old/pulls/1", moved());
    let found = old.change(1).await.unwrap().unwrap();
    assert_eq!((found.head.as_str(), found.number), ("topic", 1));
    remote.server.plan("POST /repos/acme/old/statuses", Reply::empty(307).header("location", "/x"));
    remote.server.plan("GET /repos/acme/old/commits", Reply::json(200, &json!([])));
    let status = Status {
        context: "suimon/plan: stg".to_owned(),
        state: StatusState::Success,
        description: String::new(),
        url: None,
    };
    let failed = old.put_status(&id('1'), &status).await.unwrap_err();
    assert!(
        failed.to_string().ends_with("it has moved (307): name its new address in spec.forge"),
        "{failed}"
    );
}
