//! What goes wrong on the way, for each adapter.

use suimon_forge::{Error, Forge, Gitea, Github, Gitlab, Status, StatusState};
use suimon_model::Sensitive;

use crate::conformance::{Remote, id, proposal};
use crate::server::{End, Reply, Server, TOKEN, client};

fn remotes() -> [Remote; 3] {
    let remotes = [Remote::github(), Remote::gitlab(), Remote::gitea()];
    for remote in &remotes {
        remote.world(|world| world.push("topic", &id('1'), "ben"));
    }
    remotes
}

fn forges(url: &str, token: &str) -> [Box<dyn Forge>; 3] {
    let token = Sensitive::new(token.to_owned());
    [
        Box::new(Github::new(client().0, Some(url), "acme/shop", &token).unwrap()),
        Box::new(Gitlab::new(client().0, Some(url), "acme/apps/shop", &token).unwrap()),
        Box::new(Gitea::new(client().0, Some(url), "acme/shop", &token).unwrap()),
    ]
}

/// Every call of the port, as text: what failed, or that it did not.
async fn everything(forge: &dyn Forge) -> Vec<Result<(), Error>> {
    let status = Status {
        context: "suimon/gate: stg".to_owned(),
        state: StatusState::Pending,
        description: String::new(),
        url: None,
    };
    vec![
        forge.default_branch().await.map(drop),
        forge.open_change("topic").await.map(drop),
        forge.change(1).await.map(drop),
        forge.changes_of_commit(&id('1')).await.map(drop),
        forge.put_change(&proposal("topic", "Topic")).await.map(drop),
        forge.close_change(1, "no more").await,
        forge.put_comment(1, "plan:stg", "x").await,
        forge.own_comments(1).await.map(drop),
        forge.put_status(&id('1'), &status).await,
        forge.reviews(1).await.map(drop),
        forge.may_write("aiko").await.map(drop),
    ]
}

#[tokio::test]
async fn a_wrong_token_is_told_and_not_shown() {
    for (remote, at) in remotes().iter().zip(0..) {
        let forge = &forges(&remote.server.url(), "wrong-hunter2")[at];
        for answer in everything(&**forge).await {
            let failed = answer.unwrap_err();
            assert!(matches!(failed, Error::Unauthenticated { .. }), "{failed}");
            assert!(failed.to_string().ends_with("(401)"), "{failed}");
            assert!(!format!("{failed} {failed:?}").contains("hunter2"), "{failed:?}");
        }
    }
}

/// What is refused or cannot be read is an error of every call: never an empty list or "no".
#[tokio::test]
async fn what_is_refused_is_never_taken_for_nothing() {
    let forbidden = Reply::json(403, &serde_json::json!({"message": "Resource not accessible"}));
    let faults = [
        ("forbidden", forbidden),
        ("limited", Reply::empty(429).header("retry-after", "3600")),
        ("gone", Reply::empty(410)),
        ("broken", Reply::empty(500)),
        ("no answer", Reply::empty(200).ending(End::Nothing)),
        ("no JSON", Reply { body: b"<html>sign in</html>".to_vec(), ..Reply::empty(200) }),
        ("other JSON", Reply::json(200, &serde_json::json!({"hello": [1]}))),
        ("moved", Reply::empty(301).header("location", "https://elsewhere.example.com/")),
    ];
    for (name, fault) in faults {
        let server = Server::start(move |_| fault.clone());
        for forge in forges(&server.url(), TOKEN) {
            for (at, answer) in everything(&*forge).await.into_iter().enumerate() {
                let failed = answer.expect_err(&format!("{} call {at}: {name}", forge.name()));
                let expected = match name {
                    "forbidden" => matches!(failed, Error::Forbidden { .. }),
                    "limited" => matches!(failed, Error::RateLimited { .. }),
                    "gone" | "moved" => matches!(failed, Error::Refused { .. }),
                    "broken" | "no answer" => matches!(failed, Error::Unreachable { .. }),
                    _ => matches!(failed, Error::Malformed { .. }),
                };
                assert!(expected, "{} call {at}: {name}: {failed:?}", forge.name());
            }
        }
    }
}

/// A repository that the token may not see answers 404 for everything in it.
#[tokio::test]
async fn a_repository_that_cannot_be_seen_is_not_empty() {
    for remote in remotes() {
        let token = Sensitive::new(TOKEN.to_owned());
        let url = remote.server.url();
        let forge: Box<dyn Forge> = match remote.forge.name() {
            "GitHub" => {
                Box::new(Github::new(client().0, Some(&url), "acme/hidden", &token).unwrap())
            }
            "GitLab" => {
                Box::new(Gitlab::new(client().0, Some(&url), "acme/hidden", &token).unwrap())
            }
            _ => Box::new(Gitea::new(client().0, Some(&url), "acme/hidden", &token).unwrap()),
        };
        for (at, answer) in everything(&*forge).await.into_iter().enumerate() {
            // Who may not be seen may not write.
            if at == 10 {
                assert!(!forge.may_write("aiko").await.unwrap());
                continue;
            }
            let failed = answer.expect_err(&format!("{} call {at}", forge.name()));
            assert!(matches!(failed, Error::Refused { .. }), "{failed}");
        }
    }
}

/// Every request fails once, and the change is still opened once, with one comment and one status.
#[tokio::test]
async fn one_failure_of_each_request_leaves_one_of_each() {
    let faults = [
        Reply::empty(502),
        Reply::empty(200).ending(End::Nothing),
        Reply::empty(429).header("retry-after", "1"),
    ];
    for fault in faults {
        for done in [false, true] {
            for remote in remotes() {
                for method in ["GET", "POST", "GET", "POST", "PUT", "PATCH", "POST", "POST"] {
                    if done && method == "POST" {
                        remote.server.plan_after(method, fault.clone());
                    } else {
                        remote.server.plan(method, fault.clone());
                    }
                }
                let forge = &remote.forge;
                let opened = forge.put_change(&proposal("topic", "Topic")).await.unwrap();
                for _ in 0..2 {
                    forge.put_comment(opened.number, "plan:stg", "x").await.unwrap();
                    forge.put_comment(opened.number, "plan:stg", "y").await.unwrap();
                }
                let name = forge.name();
                assert_eq!(remote.world(|world| world.pulls.len()), 1, "{name} {fault:?} {done}");
                let comments = remote.world(|world| world.comments.len());
                assert_eq!(comments, 1, "{name} {fault:?} {done}");
            }
        }
    }
}

/// A comment whose answer was lost may be there or not: it is there once afterwards.
#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_looked_for() {
    for fault in [Reply::empty(502), Reply::empty(200).ending(End::Nothing)] {
        for written in [false, true] {
            for remote in remotes() {
                let opened = remote.forge.put_change(&proposal("topic", "Topic")).await.unwrap();
                match written {
                    true => remote.server.plan_after("POST", fault.clone()),
                    false => remote.server.plan("POST", fault.clone()),
                }
                remote.forge.put_comment(opened.number, "plan:stg", "x").await.unwrap();
                let posts =
                    remote.server.lines().iter().filter(|line| line.starts_with("POST")).count();
                // One for the change.
                assert_eq!(posts, if written { 2 } else { 3 }, "{} {fault:?}", remote.forge.name());
                assert_eq!(remote.world(|world| world.comments.len()), 1);
            }
        }
    }
}

/// The token is sent to the host that it is for, whatever the answers say.
#[tokio::test]
async fn pages_and_redirects_of_other_hosts_are_not_asked() {
    let elsewhere = Server::start(|_| Reply::json(200, &serde_json::json!([])));
    let next = format!("<{}/repos>; rel=\"next\"", elsewhere.url());
    let page = Reply::json(200, &serde_json::json!([serde_json::Value::Null]));
    let cases = [
        Reply { body: b"[]".to_vec(), ..page.clone() }.header("link", &next),
        Reply::empty(302).header("location", &elsewhere.url()),
        Reply::empty(307).header("location", &elsewhere.url()),
    ];
    for reply in cases {
        let server = Server::start(move |_| reply.clone());
        for forge in forges(&server.url(), TOKEN) {
            let _ = everything(&*forge).await;
        }
    }
    // A full page whose next one is elsewhere.
    for remote in remotes() {
        let opened = remote.forge.put_change(&proposal("topic", "Topic")).await.unwrap();
        let number = opened.number;
        remote.world(|world| world.comment(number, "ben", "hello"));
        let comments = remote.server.calls();
        assert!(!comments.is_empty());
        let body = serde_json::json!([{"id": 1, "body": "x", "user": {"login": "ben"}}]);
        let path = match remote.forge.name() {
            "GitLab" => "GET /api/v4/projects/acme%2Fapps%2Fshop/merge_requests/1/notes",
            "GitHub" => "GET /repos/acme/shop/issues/1/comments",
            _ => "GET /api/v1/repos/acme/shop/issues/1/comments",
        };
        remote.server.plan(path, Reply::json(200, &body).header("link", &next));
        let failed = remote.forge.own_comments(number).await.unwrap_err();
        assert!(failed.to_string().ends_with("its next page is on another host"), "{failed}");
    }
    assert_eq!(elsewhere.calls().len(), 0);
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    let server = Server::start(|call| {
        let url = format!("http://{}{}", call.header("host").unwrap(), call.path());
        let body = serde_json::json!([{"id": 1, "body": "x", "user": {"login": "ben"}}]);
        match call.path().ends_with("/user") {
            true => Reply::json(200, &serde_json::json!({"id": 1, "login": "x", "username": "x"})),
            false => Reply::json(200, &body).header("link", &format!("<{url}>; rel=\"next\"")),
        }
    });
    for forge in forges(&server.url(), TOKEN) {
        let failed = forge.own_comments(1).await.unwrap_err();
        assert!(failed.to_string().ends_with("the list has more than 100 pages"), "{failed}");
    }
}

#[test]
fn a_token_is_not_sent_in_the_clear_and_must_be_one() {
    let token = Sensitive::new(TOKEN.to_owned());
    let new = |url: &str, repository: &str, token: &Sensitive<String>| {
        [
            Github::new(client().0, Some(url), repository, token).map(drop),
            Gitlab::new(client().0, Some(url), repository, token).map(drop),
            Gitea::new(client().0, Some(url), repository, token).map(drop),
        ]
    };
    for url in [
        "http://git.example.com",
        "http://127.0.0.1.example.com",
        "https://git.example.com/?a=b",
        "git.example.com",
    ] {
        for made in new(url, "acme/shop", &token) {
            assert!(matches!(made, Err(Error::Settings { .. })), "{url}: {made:?}");
        }
    }
    for made in new("http://localhost:3000", "acme/shop", &token) {
        made.unwrap();
    }
    for bad in ["", "a\nb", "a\rb", "é"] {
        for made in new("https://git.example.com", "acme/shop", &Sensitive::new(bad.to_owned())) {
            assert!(matches!(made, Err(Error::Unauthenticated { .. })), "{bad:?}: {made:?}");
        }
    }
    for repository in
        ["", "shop", "acme/", "/shop", "acme/..", "acme/shop?x", "acme/a b", "../user"]
    {
        for made in new("https://git.example.com", repository, &token) {
            assert!(matches!(made, Err(Error::Settings { .. })), "{repository}: {made:?}");
        }
    }
}
