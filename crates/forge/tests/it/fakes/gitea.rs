//! Gitea and Forgejo, as their description has it: <https://docs.gitea.com/api/>.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{ACCOUNT, Comment, Pull, World, link, page};
use crate::server::{Call, Reply, Server, TOKEN};

/// Starts one, with the repository `acme/shop`.
pub(crate) fn start(world: Arc<Mutex<World>>) -> Server {
    let base = Arc::new(Mutex::new(String::new()));
    let known = base.clone();
    let server = Server::start(move |call| {
        let base = known.lock().unwrap().clone();
        answer(&mut world.lock().unwrap(), call, &base)
    });
    *base.lock().unwrap() = server.url();
    server
}

fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"message": message, "url": "https://gitea.example.com/api/swagger"}),
    )
}

fn list(world: &World, call: &Call, base: &str, all: &[Value]) -> Reply {
    let (reply, next) = page(call, world.page, "limit", all);
    let reply = reply.header("x-total-count", &all.len().to_string());
    // Some lists have no `Link`.
    match next {
        Some(next) if !call.path().ends_with("/reviews") => {
            reply.header("link", &link(call, base, next))
        }
        _ => reply,
    }
}

fn answer(world: &mut World, call: &Call, base: &str) -> Reply {
    if call.header("authorization") != Some(&format!("token {TOKEN}")) {
        return refusal(401, "invalid username, password or token");
    }
    let path = call.path().trim_start_matches("/api/v1").to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) => Reply::json(200, &user(ACCOUNT)),
        (_, ["repos", owner, name, ..]) if (*owner, *name) != ("acme", "shop") => {
            refusal(404, "The target couldn't be found.")
        }
        ("GET", ["repos", _, _]) => {
            Reply::json(200, &json!({"id": 7, "full_name": "acme/shop", "default_branch": "main"}))
        }
        (_, ["repos", _, _, "pulls", rest @ ..]) => pulls(world, call, base, rest),
        (_, ["repos", _, _, "issues", rest @ ..]) => comments(world, call, base, rest),
        (_, ["repos", _, _, rest @ ..]) => others(world, call, base, rest),
        _ => refusal(404, "Not Found"),
    }
}

fn pulls(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    let body = call.json();
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let number = rest.first().map_or(0, |number| number.parse().unwrap());
    if number != 0 && world.pull(number).is_none() {
        return refusal(404, "The target couldn't be found.");
    }
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let open = world.pulls.iter().rev().filter(|pull| pull.state == "open");
            let all: Vec<Value> = open.map(pull).collect();
            list(world, call, base, &all)
        }
        ("POST", []) => {
            let (head, into) = (text("head").unwrap(), text("base").unwrap());
            if world.tip(&head).is_none() {
                return refusal(404, "The target couldn't be found.");
            }
            if world.exists(&head, &into) {
                return refusal(409, "pull request already exists for these targets");
            }
            let made = world.open(&head, &into, &text("title").unwrap(), &text("body").unwrap());
            Reply::json(201, &pull(&made))
        }
        (method, [_]) => {
            let one = world.pull(number).unwrap();
            if method == "PATCH" {
                one.title = text("title").unwrap_or(one.title.clone());
                one.body = text("body").unwrap_or(one.body.clone());
                one.base = text("base").unwrap_or(one.base.clone());
                if text("state").as_deref() == Some("closed") {
                    one.state = "closed";
                }
            }
            Reply::json(if method == "PATCH" { 201 } else { 200 }, &pull(one))
        }
        ("GET", [_, "reviews"]) => {
            let of_pull = world.reviews.iter().filter(|one| one.pull == number);
            let all: Vec<Value> = of_pull
                .map(|one| {
                    json!({
                        "id": 1, "user": user(&one.login), "state": one.state, "commit_id": one.commit,
                        "stale": one.kind == "Stale", "official": one.kind != "Visitor",
                        "dismissed": one.kind == "Dismissed", "submitted_at": one.at.to_string(),
                    })
                })
                .collect();
            list(world, call, base, &all)
        }
        _ => refusal(404, "Not Found"),
    }
}

fn comments(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    let text = call.json()["body"].as_str().unwrap_or_default().to_owned();
    match (call.method.as_str(), rest) {
        // All of them: this list has no pages.
        ("GET", [number, "comments"]) => {
            let of_pull = world.comments.iter().filter(|one| one.pull.to_string() == *number);
            let all: Vec<Value> = of_pull.map(comment).collect();
            Reply::json(200, &json!(all)).header("x-total-count", &all.len().to_string())
        }
        ("POST", [number, "comments"]) => {
            Reply::json(201, &comment(&world.comment(number.parse().unwrap(), ACCOUNT, &text)))
        }
        ("DELETE", ["comments", id]) => {
            world.comments.retain(|one| one.id.to_string() != *id);
            Reply::empty(204)
        }
        ("PATCH", ["comments", id]) => {
            let one = world.comments.iter_mut().find(|one| one.id.to_string() == *id).unwrap();
            one.body = text;
            Reply::json(200, &comment(one))
        }
        ("GET", [number, "timeline"]) => {
            let number: u64 = number.parse().unwrap();
            let head = world.pull(number).unwrap().head.clone();
            // The first push came before the pull request.
            let pushes = world.pushes.iter().filter(|push| push.branch == head).skip(1);
            let all: Vec<Value> = pushes
                .map(|push| {
                    let ids = json!({"is_force_push": false, "commit_ids": [push.commit]});
                    json!({"type": "pull_push", "user": user(&push.login), "body": ids.to_string()})
                })
                .chain([Value::Null])
                .collect();
            list(world, call, base, &all)
        }
        _ => refusal(404, "Not Found"),
    }
}

fn others(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    let body = call.json();
    match (call.method.as_str(), rest) {
        ("GET", ["commits", commit, "pull"]) => {
            let found = world.pulls.iter().find(|one| one.merge_commit.as_deref() == Some(commit));
            found.map_or_else(|| refusal(404, "Not Found"), |found| Reply::json(200, &pull(found)))
        }
        ("GET", ["commits", commit, "statuses"]) => {
            let all: Vec<Value> =
                world.statuses.iter().rev().filter(|one| one.0 == *commit).map(status).collect();
            list(world, call, base, &all)
        }
        ("POST", ["statuses", commit]) => {
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            let url = body["target_url"].as_str().map(str::to_owned);
            let one =
                ((*commit).to_owned(), text("context"), text("state"), text("description"), url);
            world.statuses.push(one.clone());
            Reply::json(201, &status(&one))
        }
        ("GET", ["collaborators", login, "permission"]) => match world.permissions.get(*login) {
            Some(permission) => Reply::json(
                200,
                &json!({"permission": permission, "role_name": permission, "user": user(login)}),
            ),
            None => refusal(404, "The target couldn't be found."),
        },
        ("GET", ["activities", "feeds"]) => {
            let each = world.pushes.iter().rev().map(|push| {
                let content = json!({"Commits": [], "HeadCommit": {"Sha1": push.commit}, "Len": 1});
                json!({
                    "op_type": "commit_repo", "act_user": user(&push.login),
                    "ref_name": format!("refs/heads/{}", push.branch), "content": content.to_string(),
                })
            });
            let all: Vec<Value> = each.collect();
            list(world, call, base, &all)
        }
        _ => refusal(404, "Not Found"),
    }
}

fn user(login: &str) -> Value {
    json!({"id": if login == "gitea-actions" { -2 } else { 5 }, "login": login})
}

fn comment(comment: &Comment) -> Value {
    json!({"id": comment.id, "body": comment.body, "user": user(&comment.author)})
}

fn status(status: &(String, String, String, String, Option<String>)) -> Value {
    let (_, context, state, description, url) = status;
    json!({"context": context, "status": state, "description": description, "target_url": url})
}

fn pull(pull: &Pull) -> Value {
    json!({
        "number": pull.number, "title": pull.title, "body": pull.body,
        "state": if pull.state == "open" { "open" } else { "closed" },
        "user": user(&pull.author), "merged": pull.merge_commit.is_some(),
        "merge_commit_sha": pull.merge_commit, "html_url": "https://elsewhere.example.com/1",
        "head": {"label": pull.head, "ref": pull.head, "sha": pull.head_commit, "repo_id": if pull.fork { 8 } else { 7 }},
        "base": {"label": pull.base, "ref": pull.base, "sha": "0".repeat(40), "repo_id": 7},
    })
}
