//! GitLab, as its documentation has it: <https://docs.gitlab.com/api/rest/>.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{ACCOUNT, Comment, Pull, World, link, page};
use crate::server::{Call, Reply, Server, TOKEN, decode};

const PROJECT: &str = "acme/apps/shop";

/// Numbers of accounts, by login.
pub(crate) fn number(login: &str) -> u64 {
    login.bytes().map(u64::from).sum()
}

/// Starts one, with the project `acme/apps/shop`.
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
    Reply::json(status, &json!({"message": message}))
}

fn answer(world: &mut World, call: &Call, base: &str) -> Reply {
    if call.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return refusal(401, "401 Unauthorized");
    }
    let path = call.path().trim_start_matches("/api/v4").to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) => Reply::json(200, &user(ACCOUNT)),
        ("GET", ["users"]) => {
            let login = call.asked("username").unwrap();
            let known: Vec<Value> = world
                .permissions
                .keys()
                .filter(|known| **known == login)
                .map(|known| user(known))
                .collect();
            Reply::json(200, &json!(known))
        }
        ("GET", ["users", id]) => {
            let known = world
                .permissions
                .keys()
                .chain([&"release-bot".to_owned()])
                .cloned()
                .collect::<Vec<_>>();
            let login = known.into_iter().find(|login| number(login).to_string() == *id);
            login.map_or_else(
                || refusal(404, "404 User Not Found"),
                |login| Reply::json(200, &user(&login)),
            )
        }
        (_, ["projects", project, ..]) if decode(project) != PROJECT => {
            refusal(404, "404 Project Not Found")
        }
        ("GET", ["projects", _]) => Reply::json(
            200,
            &json!({"id": 7, "path_with_namespace": PROJECT, "default_branch": "main"}),
        ),
        (_, ["projects", _, "merge_requests", rest @ ..]) => requests(world, call, base, rest),
        (_, ["projects", _, rest @ ..]) => others(world, call, base, rest),
        _ => refusal(404, "404 Not Found"),
    }
}

fn list(world: &World, call: &Call, base: &str, all: &[Value]) -> Reply {
    let (reply, next) = page(call, world.page, "per_page", all);
    // Lists are paged with `Link`, as in keyset paging, or with numbers only.
    match next {
        Some(next) if call.path().ends_with("/notes") => {
            reply.header("x-next-page", &next.to_string())
        }
        Some(next) => reply.header("link", &link(call, base, next)),
        None if call.path().ends_with("/notes") => reply.header("x-next-page", ""),
        None => reply,
    }
}

fn requests(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    let body = call.json();
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let number = rest.first().map_or(0, |number| number.parse().unwrap());
    if number != 0 && world.pull(number).is_none() {
        return refusal(404, "404 Not found");
    }
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let branch = call.asked("source_branch").unwrap();
            let open =
                world.pulls.iter().filter(|pull| pull.state == "open" && pull.head == branch);
            let all: Vec<Value> = open.map(request).collect();
            list(world, call, base, &all)
        }
        ("POST", []) => {
            let (head, into) = (text("source_branch").unwrap(), text("target_branch").unwrap());
            if world.tip(&head).is_none() {
                return refusal(400, "source branch does not exist");
            }
            if world.exists(&head, &into) {
                let why = "Another open merge request already exists for this source branch: !1";
                return Reply::json(409, &json!({"message": [why]}));
            }
            let made =
                world.open(&head, &into, &text("title").unwrap(), &text("description").unwrap());
            Reply::json(201, &request(&made))
        }
        (method, [_]) => {
            let pull = world.pull(number).unwrap();
            if method == "PUT" {
                pull.title = text("title").unwrap_or(pull.title.clone());
                pull.body = text("description").unwrap_or(pull.body.clone());
                pull.base = text("target_branch").unwrap_or(pull.base.clone());
                if text("state_event").as_deref() == Some("close") {
                    pull.state = "closed";
                }
            }
            Reply::json(200, &request(pull))
        }
        ("GET", [_, "approvals"]) => {
            let of_pull =
                world.reviews.iter().filter(|one| one.pull == number && one.state == "approved");
            let each = of_pull.map(|one| match one.kind {
                // A GitLab that does not tell the time.
                "Old" => json!({"user": user(&one.login)}),
                _ => json!({"user": user(&one.login), "approved_at": one.at.to_string()}),
            });
            Reply::json(200, &json!({"approved": true, "approved_by": each.collect::<Vec<_>>()}))
        }
        ("GET", [_, "reviewers"]) => {
            let of_pull = world.reviews.iter().filter(|one| one.pull == number);
            let each = of_pull.map(|one| json!({"user": user(&one.login), "state": one.state}));
            Reply::json(200, &json!(each.collect::<Vec<_>>()))
        }
        ("GET", [_, "versions"]) => {
            let head = world.pull(number).unwrap().head.clone();
            let of_branch = world.pushes.iter().rev().filter(|push| push.branch == head);
            let each: Vec<Value> = of_branch
                .map(|push| json!({"head_commit_sha": push.commit, "created_at": push.at.to_string()}))
                .collect();
            list(world, call, base, &each)
        }
        (method, [_, "notes", rest @ ..]) => notes(world, call, base, (method, number, rest)),
        _ => refusal(404, "404 Not Found"),
    }
}

fn notes(world: &mut World, call: &Call, base: &str, what: (&str, u64, &[&str])) -> Reply {
    let (method, pull, rest) = what;
    let text = call.json()["body"].as_str().unwrap_or_default().to_owned();
    match (method, rest) {
        ("GET", []) => {
            let told =
                world.reviews.iter().filter(|one| one.pull == pull && one.state == "approved");
            let told = told.map(|one| {
                json!({
                    "id": 1, "body": "approved this merge request", "author": user(&one.login),
                    "system": true, "created_at": one.at.to_string(),
                })
            });
            let of_pull = world.comments.iter().filter(|comment| comment.pull == pull);
            let all: Vec<Value> = told.chain(of_pull.map(note)).collect();
            list(world, call, base, &all)
        }
        ("POST", []) => Reply::json(201, &note(&world.comment(pull, ACCOUNT, &text))),
        ("DELETE", [id]) => {
            world.comments.retain(|comment| comment.id.to_string() != *id);
            Reply::empty(204)
        }
        ("PUT", [id]) => {
            let one = world.comments.iter_mut().find(|one| one.id.to_string() == *id).unwrap();
            one.body = text;
            Reply::json(200, &note(one))
        }
        _ => refusal(404, "404 Not Found"),
    }
}

fn others(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    let body = call.json();
    match (call.method.as_str(), rest) {
        ("GET", ["repository", "commits", commit, "merge_requests"]) => {
            let has = |pull: &&Pull| {
                pull.head_commit == *commit || pull.merge_commit.as_deref() == Some(commit)
            };
            let all: Vec<Value> = world.pulls.iter().filter(has).map(request).collect();
            let known = world.pushes.iter().any(|push| push.commit == *commit) || !all.is_empty();
            if known { list(world, call, base, &all) } else { refusal(404, "404 Commit Not Found") }
        }
        ("GET", ["repository", "commits", commit, "statuses"]) => {
            let name = call.asked("name").unwrap();
            let latest = world.statuses.iter().rev().find(|one| one.0 == *commit && one.1 == name);
            let latest: Vec<Value> = latest.iter().map(|one| status(one)).collect();
            list(world, call, base, &latest)
        }
        ("POST", ["statuses", commit]) => {
            let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
            let latest =
                world.statuses.iter().rev().find(|one| one.0 == *commit && one.1 == text("name"));
            if text("state") == "pending" && latest.is_some_and(|one| one.2 == "pending") {
                let why = "Cannot transition status via :enqueue from :pending \
                           (Reason(s): Status cannot transition via \"enqueue\")";
                return refusal(400, why);
            }
            if text("description").chars().count() > 255 {
                return refusal(400, "description is too long");
            }
            let url = body["target_url"].as_str().map(str::to_owned);
            let one = ((*commit).to_owned(), text("name"), text("state"), text("description"), url);
            world.statuses.push(one.clone());
            Reply::json(201, &status(&one))
        }
        ("GET", ["members", "all", id]) => {
            let known =
                world.permissions.iter().find(|(login, _)| number(login).to_string() == *id);
            let Some((login, permission)) = known else { return refusal(404, "404 Not found") };
            let level = match *permission {
                "admin" => 50,
                "write" | "blocked" => 30,
                _ => 20,
            };
            let state = if *permission == "blocked" { "blocked" } else { "active" };
            let member = json!({"id": number(login), "username": login, "state": state, "access_level": level});
            Reply::json(200, &member)
        }
        ("GET", ["events"]) => {
            let each = world.pushes.iter().rev().map(|push| {
                json!({
                    "action_name": "pushed to", "author_username": push.login,
                    "push_data": {"ref_type": "branch", "ref": push.branch, "commit_to": push.commit},
                })
            });
            let all: Vec<Value> = each.collect();
            list(world, call, base, &all)
        }
        _ => refusal(404, "404 Not Found"),
    }
}

fn user(login: &str) -> Value {
    json!({"id": number(login), "username": login, "state": "active", "bot": login == "release-bot"})
}

fn note(comment: &Comment) -> Value {
    json!({
        "id": comment.id, "body": comment.body, "author": user(&comment.author), "system": false,
        "created_at": "2026-11-22T10:00:00Z",
    })
}

fn status(status: &(String, String, String, String, Option<String>)) -> Value {
    let (commit, name, state, description, url) = status;
    json!({"sha": commit, "name": name, "status": state, "description": description, "target_url": url})
}

fn request(pull: &Pull) -> Value {
    let state = if pull.state == "open" { "opened" } else { pull.state };
    json!({
        "iid": pull.number, "title": pull.title, "description": pull.body, "state": state,
        "source_branch": pull.head, "target_branch": pull.base,
        "source_project_id": if pull.fork { 8 } else { 7 }, "target_project_id": 7,
        "author": user(&pull.author), "sha": pull.head_commit, "merge_commit_sha": pull.merge_commit,
        "squash_commit_sha": null, "web_url": "https://elsewhere.example.com/1",
    })
}
