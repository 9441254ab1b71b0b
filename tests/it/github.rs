//! The part of GitHub's REST API that the binary uses, kept in memory: pull requests, comments, statuses, reviews.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// The only token that is believed.
pub(crate) const TOKEN: &str = "ghs_good";

/// What GitHub knows, and what it was asked.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) pulls: Vec<Value>,
    /// Comments of issues; `issue` is the number that they are of.
    pub(crate) comments: Vec<Value>,
    /// Statuses, oldest first; `sha` is the commit that they are of.
    pub(crate) statuses: Vec<Value>,
    pub(crate) reviews: Vec<Value>,
    /// Accounts that may write.
    pub(crate) writers: Vec<String>,
    /// Method and path of every write that was taken.
    pub(crate) writes: Vec<String>,
}

/// A repository `acme/shop` of a fake GitHub whose branches are those of a bare repository.
#[derive(Debug)]
pub(crate) struct GitHub {
    port: u16,
    pub(crate) state: Arc<Mutex<State>>,
}

impl GitHub {
    pub(crate) fn new(repository: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, repository) = (state.clone(), repository.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Server { state: shared.clone(), repository: repository.clone() };
                std::thread::spawn(move || drop(server.answer(&stream)));
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A pull request that a person has opened; its number.
    pub(crate) fn open(&self, author: &str, head: &str) -> u64 {
        let mut state = self.state.lock().unwrap();
        let content = json!({"title": "A change", "body": "", "head": head, "base": "main"});
        pull(&mut state, &content, author)
    }

    /// Bodies of the comments of a pull request, in order.
    pub(crate) fn comments(&self, number: u64) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let of = |one: &&Value| one["issue"] == number;
        let body = |one: &Value| one["body"].as_str().unwrap().to_owned();
        state.comments.iter().filter(of).map(body).collect()
    }

    /// The latest status of a commit by its name: state and description.
    pub(crate) fn status(&self, commit: &str, context: &str) -> (String, String) {
        let state = self.state.lock().unwrap();
        let of = |one: &&Value| one["sha"] == commit && one["context"] == context;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let found = state.statuses.iter().rev().find(of);
        found.map(|one| (text(&one["state"]), text(&one["description"]))).unwrap_or_default()
    }

    /// What was written since this was last asked.
    pub(crate) fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().writes)
    }
}

/// Opens a pull request.
fn pull(state: &mut State, content: &Value, author: &str) -> u64 {
    let number = state.pulls.len() as u64 + 1;
    let repo = json!({"full_name": "acme/shop"});
    let side = |name: &Value| json!({"ref": name, "repo": repo, "user": {"login": "acme"}});
    state.pulls.push(json!({
        "number": number, "state": "open", "title": content["title"], "body": content["body"],
        "user": {"login": author, "type": "User"}, "head": side(&content["head"]),
        "base": side(&content["base"]), "merged_at": null, "merge_commit_sha": null,
    }));
    number
}

struct Server {
    state: Arc<Mutex<State>>,
    repository: PathBuf,
}

impl Server {
    fn answer(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let mut words = head.split_whitespace();
        let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let (status, answer) = if header("authorization") == format!("Bearer {TOKEN}") {
            self.route(method, target, &serde_json::from_slice(&body).unwrap_or_default())
        } else {
            (401, json!({"message": "Bad credentials"}))
        };
        let text = answer.to_string();
        write!(
            { stream },
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{text}",
            text.len()
        )
    }

    fn route(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == "/user" {
            return (200, json!({"login": "suimon-bot", "type": "User"}));
        }
        let Some(path) = path.strip_prefix("/repos/acme/shop") else {
            return (404, json!({"message": "Not Found"}));
        };
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let mut state = self.state.lock().unwrap();
        if method != "GET" {
            state.writes.push(format!("{method} {path}"));
        }
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        match (method, parts.as_slice()) {
            ("GET", []) => (200, json!({"default_branch": "main"})),
            ("GET", ["pulls"]) => {
                let head = query.split("head=acme%3A").nth(1).unwrap_or("");
                let head = head.split('&').next().unwrap_or("").replace("%2F", "/");
                let of = |one: &&Value| one["head"]["ref"] == head && one["state"] == "open";
                let found: Vec<Value> =
                    state.pulls.iter().filter(of).map(|one| self.shown(one)).collect();
                (200, found.into())
            }
            ("POST", ["pulls"]) => {
                let number = pull(&mut state, body, "suimon-bot");
                (201, self.shown(&state.pulls[number as usize - 1]))
            }
            (_, ["pulls", one]) => {
                let Some(found) = state.pulls.iter_mut().find(|p| p["number"] == number(one))
                else {
                    return (404, json!({"message": "Not Found"}));
                };
                for (key, value) in body.as_object().into_iter().flatten() {
                    found[key] = value.clone();
                }
                (200, self.shown(found))
            }
            ("GET", ["pulls", one, "reviews"]) => (200, of(&state.reviews, "pull", number(one))),
            ("GET", ["commits", sha, "pulls"]) => {
                let shown = state.pulls.iter().map(|one| self.shown(one));
                let found: Vec<Value> = shown.filter(|one| one["head"]["sha"] == *sha).collect();
                (200, found.into())
            }
            ("GET", ["commits", sha, "statuses"]) => {
                let all = state.statuses.iter().rev().filter(|one| one["sha"] == *sha);
                (200, all.cloned().collect::<Vec<_>>().into())
            }
            ("POST", ["statuses", sha]) => {
                let mut status = body.clone();
                status["sha"] = json!(sha);
                state.statuses.push(status.clone());
                (201, status)
            }
            (_, ["issues", ..]) => comment(&mut state, method, &parts, body),
            ("GET", ["activity"]) => {
                let pushed = |one: &Value| {
                    json!({"after": self.shown(one)["head"]["sha"], "activity_type": "push",
                           "actor": one["user"]})
                };
                (200, state.pulls.iter().map(pushed).collect::<Vec<_>>().into())
            }
            ("GET", ["collaborators", login, "permission"]) => {
                let may = state.writers.iter().any(|one| one == login);
                let permission = if may { "write" } else { "read" };
                (200, json!({"permission": permission, "user": {"login": login, "type": "User"}}))
            }
            _ => (404, json!({"message": format!("Not Found: {method} {path}")})),
        }
    }

    /// A pull request with the commits that its branches are at now.
    fn shown(&self, one: &Value) -> Value {
        let mut shown = one.clone();
        for side in ["head", "base"] {
            let name = format!("refs/heads/{}", one[side]["ref"].as_str().unwrap_or_default());
            let output = Command::new("git")
                .args(["rev-parse", &name])
                .current_dir(&self.repository)
                .output()
                .unwrap();
            shown[side]["sha"] = String::from_utf8_lossy(&output.stdout).trim().into();
        }
        shown
    }
}

fn of(all: &[Value], key: &str, number: u64) -> Value {
    all.iter().filter(|one| one[key] == number).cloned().collect::<Vec<_>>().into()
}

/// Comments of pull requests, which are issues to GitHub.
fn comment(state: &mut State, method: &str, parts: &[&str], body: &Value) -> (u16, Value) {
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    match (method, parts) {
        ("GET", ["issues", one, "comments"]) => (200, of(&state.comments, "issue", number(one))),
        ("POST", ["issues", one, "comments"]) => {
            let id = state.comments.len() + 1;
            let user = json!({"login": "suimon-bot", "type": "User"});
            let comment =
                json!({"id": id, "issue": number(one), "body": body["body"], "user": user});
            state.comments.push(comment.clone());
            (201, comment)
        }
        ("PATCH", ["issues", "comments", id]) => {
            let id = number(id);
            match state.comments.iter_mut().find(|one| one["id"] == id) {
                Some(found) => {
                    found["body"] = body["body"].clone();
                    (200, found.clone())
                }
                None => (404, json!({"message": "Not Found"})),
            }
        }
        _ => (404, json!({"message": "Not Found"})),
    }
}
