//! [`World`]: what a forge knows, without the words of its API.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::server::{Call, Reply};

/// Who the token belongs to.
pub(crate) const ACCOUNT: &str = "suimon-ci";

#[derive(Clone)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) head: String,
    pub(crate) fork: bool,
    pub(crate) head_commit: String,
    pub(crate) base: String,
    pub(crate) author: String,
    pub(crate) state: &'static str,
    pub(crate) merge_commit: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) pull: u64,
    pub(crate) author: String,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct Rev {
    pub(crate) pull: u64,
    pub(crate) login: String,
    pub(crate) kind: &'static str,
    pub(crate) state: &'static str,
    pub(crate) commit: String,
    pub(crate) at: Timestamp,
}

#[derive(Clone)]
pub(crate) struct Push {
    pub(crate) branch: String,
    pub(crate) commit: String,
    pub(crate) login: String,
    pub(crate) at: Timestamp,
}

pub(crate) struct World {
    pub(crate) pulls: Vec<Pull>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) reviews: Vec<Rev>,
    /// Commit, context, state, description, address.
    pub(crate) statuses: Vec<(String, String, String, String, Option<String>)>,
    pub(crate) pushes: Vec<Push>,
    pub(crate) permissions: BTreeMap<String, &'static str>,
    /// Items on a page at most, whatever is asked for.
    pub(crate) page: usize,
    last: u64,
    clock: Timestamp,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            pulls: Vec::new(),
            comments: Vec::new(),
            reviews: Vec::new(),
            statuses: Vec::new(),
            pushes: Vec::new(),
            permissions: [("aiko".to_owned(), "write"), ("visitor".to_owned(), "read")].into(),
            page: 2,
            last: 0,
            clock: "2026-11-22T10:00:00Z".parse().unwrap(),
        }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// A minute later than whatever was before.
    pub(crate) fn tick(&mut self) -> Timestamp {
        self.clock = self.clock.checked_add(SignedDuration::from_mins(1)).unwrap();
        self.clock
    }

    pub(crate) fn push(&mut self, branch: &str, commit: &str, login: &str) {
        let at = self.tick();
        let (branch, commit, login) = (branch.to_owned(), commit.to_owned(), login.to_owned());
        for pull in &mut self.pulls {
            if pull.head == branch && pull.state == "open" && !pull.fork {
                pull.head_commit.clone_from(&commit);
            }
        }
        self.pushes.push(Push { branch, commit, login, at });
    }

    pub(crate) fn tip(&self, branch: &str) -> Option<&str> {
        let of_branch = |push: &&Push| push.branch == branch;
        self.pushes.iter().rev().find(of_branch).map(|push| push.commit.as_str())
    }

    pub(crate) fn open(&mut self, head: &str, base: &str, title: &str, body: &str) -> Pull {
        let head_commit = self.tip(head).expect("a branch that was pushed").to_owned();
        let pull = Pull {
            number: self.next(),
            title: title.to_owned(),
            body: body.to_owned(),
            head: head.to_owned(),
            fork: false,
            head_commit,
            base: base.to_owned(),
            author: ACCOUNT.to_owned(),
            state: "open",
            merge_commit: None,
        };
        self.pulls.push(pull.clone());
        pull
    }

    pub(crate) fn pull(&mut self, number: u64) -> Option<&mut Pull> {
        self.pulls.iter_mut().find(|pull| pull.number == number)
    }

    pub(crate) fn exists(&self, head: &str, base: &str) -> bool {
        let same = |pull: &Pull| {
            pull.head == head && pull.base == base && pull.state == "open" && !pull.fork
        };
        self.pulls.iter().any(same)
    }

    pub(crate) fn comment(&mut self, pull: u64, author: &str, body: &str) -> Comment {
        let id = self.next();
        let (author, body) = (author.to_owned(), body.to_owned());
        let comment = Comment { id, pull, author, body };
        self.comments.push(comment.clone());
        comment
    }

    pub(crate) fn review(&mut self, pull: u64, login: &str, state: &'static str, commit: &str) {
        let at = self.tick();
        let (login, commit) = (login.to_owned(), commit.to_owned());
        self.reviews.push(Rev { pull, login, kind: "User", state, commit, at });
    }
}

/// One page of a list, as the request asks for it, and whether there is another.
pub(crate) fn page(call: &Call, most: usize, size: &str, all: &[Value]) -> (Reply, Option<usize>) {
    let number: usize = call.asked("page").map_or(1, |page| page.parse().unwrap());
    let wanted = call.asked(size).map_or(most, |size| size.parse().unwrap());
    let size = wanted.min(most);
    let items: Vec<Value> = all.iter().skip((number - 1) * size).take(size).cloned().collect();
    let more = number * size < all.len();
    (Reply::json(200, &Value::Array(items)), more.then_some(number + 1))
}

/// The address of a page, for a `Link` header.
pub(crate) fn link(call: &Call, base: &str, page: usize) -> String {
    let query: Vec<String> = call
        .target
        .split_once('?')
        .map_or("", |(_, query)| query)
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("page="))
        .map(str::to_owned)
        .chain([format!("page={page}")])
        .collect();
    let at = format!("{base}{}?{}", call.path(), query.join("&"));
    format!("<{at}>; rel=\"next\", <{base}/last>; rel=\"last\"")
}
