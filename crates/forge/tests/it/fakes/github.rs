//! GitHub, as its description has it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{ACCOUNT, Comment, Pull, Push, Rev, World, link, page};
use crate::openapi::example;
use crate::server::{Call, Reply, Server, TOKEN};

const REPOSITORY: &str = "acme/shop";
const REPO: &str = "/repos/{owner}/{repo}";

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

fn answer(world: &mut World, call: &Call, base: &str) -> Reply {
    if call.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return refusal(401, "Bad credentials");
    }
    let path = call.path().to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) => {
            Reply::json(200, &with(example("get", "/user", 200), &json!({"login": ACCOUNT})))
        }
        (_, ["repos", owner, name, ..]) if format!("{owner}/{name}") != REPOSITORY => {
            refusal(404, "Not Found")
        }
        ("GET", ["repos", _, _]) => {
            let mut repository = example("get", REPO, 200);
            // GitHub's own example lacks what its schema requires.
            repository["language"] = Value::Null;
            repository["source"]["language"] = Value::Null;
            Reply::json(200, &with(repository, &json!({"default_branch": "main"})))
        }
        (_, ["repos", _, _, "pulls", rest @ ..]) => pulls(world, call, base, rest),
        (_, ["repos", _, _, "issues", rest @ ..]) => comments(world, call, base, rest),
        (_, ["repos", _, _, rest @ ..]) => others(world, call, base, rest),
        _ => refusal(404, "Not Found"),
    }
}

fn list(world: &World, call: &Call, base: &str, all: &[Value]) -> Reply {
    let (reply, next) = page(call, world.page, "per_page", all);
    match next {
        Some(next) => reply.header("link", &link(call, base, next)),
        None => reply,
    }
}

fn pulls(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let head = call.asked("head").unwrap();
            let fits = |pull: &&Pull| {
                let owner = if pull.fork { "visitor" } else { "acme" };
                pull.state == "open" && head == format!("{owner}:{}", pull.head)
            };
            let all: Vec<Value> = world.pulls.iter().filter(fits).map(simple).collect();
            list(world, call, base, &all)
        }
        ("POST", []) => create(world, &call.json()),
        (method, [number]) => {
            let Some(pull) = world.pull(number.parse().unwrap()) else {
                return refusal(404, "Not Found");
            };
            if method == "PATCH" {
                edit(pull, &call.json());
            }
            Reply::json(200, &full(pull))
        }
        ("GET", [number, "reviews"]) => {
            let number: u64 = number.parse().unwrap();
            let reviews = world.reviews.iter().filter(|review| review.pull == number);
            let all: Vec<Value> = reviews.map(review).collect();
            list(world, call, base, &all)
        }
        _ => refusal(404, "Not Found"),
    }
}

fn comments(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    let text = call.json()["body"].as_str().unwrap_or_default().to_owned();
    if text.chars().count() > 65_536 {
        return refusal(422, "body is too long (maximum is 65536 characters)");
    }
    match (call.method.as_str(), rest) {
        ("GET", [number, "comments"]) => {
            let of_pull = world.comments.iter().filter(|one| one.pull.to_string() == *number);
            let all: Vec<Value> = of_pull.map(comment).collect();
            list(world, call, base, &all)
        }
        ("POST", [number, "comments"]) => {
            let made = world.comment(number.parse().unwrap(), ACCOUNT, &text);
            Reply::json(201, &comment(&made))
        }
        ("DELETE", ["comments", id]) => {
            world.comments.retain(|comment| comment.id.to_string() != *id);
            Reply::empty(204)
        }
        ("PATCH", ["comments", id]) => {
            let one = world.comments.iter_mut().find(|one| one.id.to_string() == *id).unwrap();
            one.body = text;
            Reply::json(200, &comment(one))
        }
        _ => refusal(404, "Not Found"),
    }
}

fn others(world: &mut World, call: &Call, base: &str, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", ["commits", commit, "pulls"]) => {
            let has = |pull: &&Pull| {
                pull.head_commit == *commit || pull.merge_commit.as_deref() == Some(commit)
            };
            let all: Vec<Value> = world.pulls.iter().filter(has).map(simple).collect();
            let known = world.pushes.iter().any(|push| push.commit == *commit) || !all.is_empty();
            match known {
                true => list(world, call, base, &all),
                false => refusal(422, "No commit found for SHA"),
            }
        }
        ("GET", ["commits", commit, "statuses"]) => {
            let newest = world.statuses.iter().rev().filter(|status| status.0 == *commit);
            let all: Vec<Value> = newest.map(status).collect();
            list(world, call, base, &all)
        }
        ("POST", ["statuses", commit]) => set_status(world, commit, &call.json()),
        ("GET", ["collaborators", login, "permission"]) => {
            let Some(permission) = world.permissions.get(*login) else {
                return refusal(404, &format!("{login} is not a user"));
            };
            let path = format!("{REPO}/collaborators/{{username}}/permission");
            let fields = json!({"permission": permission, "role_name": permission});
            let mut answer = with(example("get", &path, 200), &fields);
            answer["user"]["login"] = json!(login);
            Reply::json(200, &answer)
        }
        ("GET", ["activity"]) => {
            let wanted = call.asked("ref").unwrap();
            let of_branch = |push: &&Push| format!("refs/heads/{}", push.branch) == wanted;
            let each = world.pushes.iter().rev().filter(of_branch).map(|push| {
                json!({
                    "id": 1, "node_id": "PSH_1", "before": "0".repeat(40), "after": push.commit,
                    "ref": wanted, "timestamp": push.at.to_string(), "activity_type": "push",
                    "actor": user(&push.login, "User"),
                })
            });
            let all: Vec<Value> = each.collect();
            list(world, call, base, &all)
        }
        _ => refusal(404, "Not Found"),
    }
}

fn set_status(world: &mut World, commit: &str, body: &Value) -> Reply {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    if text("description").chars().count() > 140 {
        return refusal(422, "description is too long (maximum is 140 characters)");
    }
    let url = body["target_url"].as_str().map(str::to_owned);
    let one = (commit.to_owned(), text("context"), text("state"), text("description"), url);
    world.statuses.push(one.clone());
    Reply::json(201, &status(&one))
}

fn refusal(status: u16, message: &str) -> Reply {
    let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest"});
    Reply::json(status, &body)
}

/// A value with other fields.
fn with(mut value: Value, other: &Value) -> Value {
    for (key, other) in other.as_object().unwrap() {
        value[key] = other.clone();
    }
    value
}

fn user(login: &str, kind: &str) -> Value {
    let comment = example("post", &format!("{REPO}/issues/{{issue_number}}/comments"), 201);
    with(comment["user"].clone(), &json!({"login": login, "type": kind}))
}

fn comment(comment: &Comment) -> Value {
    let example = example("post", &format!("{REPO}/issues/{{issue_number}}/comments"), 201);
    let author = user(&comment.author, "User");
    with(example, &json!({"id": comment.id, "body": comment.body, "user": author}))
}

fn review(review: &Rev) -> Value {
    let example = example("get", &format!("{REPO}/pulls/{{pull_number}}/reviews"), 200);
    with(
        example[0].clone(),
        &json!({
            "state": review.state,
            "commit_id": review.commit,
            "submitted_at": review.at.to_string(),
            "user": user(&review.login, review.kind),
        }),
    )
}

fn status(status: &(String, String, String, String, Option<String>)) -> Value {
    let example = example("post", &format!("{REPO}/statuses/{{sha}}"), 201);
    let (_, context, state, description, url) = status;
    let fields =
        json!({"context": context, "state": state, "description": description, "target_url": url});
    with(example, &fields)
}

fn full(pull: &Pull) -> Value {
    let example = example("get", &format!("{REPO}/pulls/{{pull_number}}"), 200);
    let merged = pull.merge_commit.is_some();
    with(filled(example, pull), &json!({"merged": merged}))
}

fn simple(pull: &Pull) -> Value {
    filled(example("get", &format!("{REPO}/pulls"), 200)[0].clone(), pull)
}

fn filled(example: Value, pull: &Pull) -> Value {
    let merged = pull.merge_commit.as_ref().map(|_| "2026-11-22T11:00:00Z");
    let mut value = with(
        example,
        &json!({
            "number": pull.number,
            "title": pull.title,
            "body": pull.body,
            "state": if pull.state == "open" { "open" } else { "closed" },
            "merged_at": merged,
            // While it is open this is a merge that GitHub tries.
            "merge_commit_sha": pull.merge_commit.clone().unwrap_or_else(|| "e".repeat(40)),
            "user": user(&pull.author, "User"),
            "html_url": "https://elsewhere.example.com/pull/1",
            // GitHub's own example of a team lacks what its schema requires.
            "requested_teams": [],
        }),
    );
    let owner = if pull.fork { "visitor" } else { "acme" };
    let head = [
        ("label", format!("{owner}:{}", pull.head)),
        ("ref", pull.head.clone()),
        ("sha", pull.head_commit.clone()),
    ];
    for (key, text) in head {
        value["head"][key] = json!(text);
    }
    value["head"]["user"] = user(owner, "User");
    value["head"]["repo"]["full_name"] = json!(format!("{owner}/shop"));
    value["base"]["ref"] = json!(pull.base);
    value["base"]["repo"]["full_name"] = json!(REPOSITORY);
    value
}

fn create(world: &mut World, body: &Value) -> Reply {
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    let refuse = |message: &str| {
        let error = json!({"resource": "PullRequest", "code": "custom", "message": message});
        let body = json!({
            "message": "Validation Failed", "errors": [error],
            "documentation_url": "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
        });
        Reply::json(422, &body)
    };
    if world.tip(&text("head")).is_none() {
        return refuse("head is invalid");
    }
    if world.exists(&text("head"), &text("base")) {
        return refuse(&format!("A pull request already exists for acme:{}.", text("head")));
    }
    let made = world.open(&text("head"), &text("base"), &text("title"), &text("body"));
    Reply::json(201, &full(&made))
}

fn edit(pull: &mut Pull, body: &Value) {
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    pull.title = text("title").unwrap_or(pull.title.clone());
    pull.body = text("body").unwrap_or(pull.body.clone());
    pull.base = text("base").unwrap_or(pull.base.clone());
    if text("state").as_deref() == Some("closed") {
        pull.state = "closed";
    }
}
