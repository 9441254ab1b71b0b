//! What every forge does, whatever its API: one suite, run over each adapter.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use suimon_forge::{
    ChangeState, Forge, Gitea, Github, Gitlab, Local, Proposal, ReviewState, Status, StatusState,
};
use suimon_model::Sensitive;

use crate::documents::Memory;
use crate::fakes::{self, World};
use crate::server::{Server, TOKEN, client};

/// The other side of a forge: what people and other programs do.
#[async_trait]
pub(crate) trait Host: Send + Sync {
    fn forge(&self) -> &dyn Forge;

    /// Somebody pushes a commit on top of the branch.
    fn push(&self, branch: &str, commit: &str);

    /// Somebody merges; the commit that main has then.
    fn merge(&self, number: u64) -> String;

    async fn approve(&self, number: u64, commit: &str);

    /// Bodies of all comments of a change, by whomever.
    fn comments(&self, number: u64) -> Vec<String>;

    /// Context, state and description of the latest status of a commit for each context.
    fn statuses(&self, commit: &str) -> Vec<(String, String, String)>;

    /// Holds the requests against what the API is known to take.
    fn check(&self) {}
}

pub(crate) fn id(letter: char) -> String {
    letter.to_string().repeat(40)
}

pub(crate) fn proposal(head: &str, title: &str) -> Proposal {
    Proposal {
        head: head.to_owned(),
        base: "main".to_owned(),
        title: title.to_owned(),
        body: format!("{title}\n\n* notes\n"),
    }
}

fn status(state: StatusState, description: &str) -> Status {
    Status {
        context: "suimon/plan: stg".to_owned(),
        state,
        description: description.to_owned(),
        url: None,
    }
}

async fn conforms(host: &dyn Host) {
    let forge = host.forge();
    host.push("main", &id('0'));
    nothing_is_there(forge).await;
    changes_are_opened_once(host).await;
    changes_are_listed_by_commit(host).await;
    comments_are_kept_in_place(host).await;
    statuses_are_set(host).await;
    reviews_are_read(host).await;
    a_merged_change_is_over(host).await;
    a_closed_change_is_over(host).await;
    host.check();
}

async fn nothing_is_there(forge: &dyn Forge) {
    assert_eq!(forge.default_branch().await.unwrap(), "main");
    assert_eq!(forge.open_change("suimon/promote/stg").await.unwrap(), None);
    assert_eq!(forge.change(99).await.unwrap(), None);
    assert_eq!(forge.changes_of_commit(&id('9')).await.unwrap(), []);
    assert!(forge.put_change(&proposal("no-such-branch", "x")).await.is_err());
    assert!(!forge.may_write("nobody").await.unwrap());
    assert!(!forge.may_write("../../user").await.unwrap());
}

async fn changes_are_opened_once(host: &dyn Host) {
    let forge = host.forge();
    host.push("suimon/promote/stg", &id('1'));
    let first = forge.put_change(&proposal("suimon/promote/stg", "Promote 1")).await.unwrap();
    assert_eq!(first.state, ChangeState::Open);
    assert_eq!((first.head.as_str(), first.base.as_str()), ("suimon/promote/stg", "main"));
    assert_eq!((first.title.as_str(), first.head_commit.as_str()), ("Promote 1", id('1').as_str()));
    assert_eq!(first.merge_commit, None);
    let again = forge.put_change(&proposal("suimon/promote/stg", "Promote 1")).await.unwrap();
    assert_eq!(again, first);
    host.push("suimon/promote/stg", &id('2'));
    let newer = forge.put_change(&proposal("suimon/promote/stg", "Promote 2")).await.unwrap();
    assert_eq!((newer.number, newer.title.as_str()), (first.number, "Promote 2"));
    assert_eq!(newer.head_commit, id('2'));
    assert_eq!(forge.open_change("suimon/promote/stg").await.unwrap(), Some(newer.clone()));
    assert_eq!(forge.change(newer.number).await.unwrap(), Some(newer));
    assert_eq!(forge.open_change("suimon/promote").await.unwrap(), None);
    // More open ones than a page has.
    for (at, letter) in ['a', 'b', 'c', 'd'].into_iter().enumerate() {
        let branch = format!("feature/{at}");
        host.push(&branch, &id(letter));
        let opened = forge.put_change(&proposal(&branch, "Feature")).await.unwrap();
        assert_eq!(forge.open_change(&branch).await.unwrap(), Some(opened));
    }
}

async fn changes_are_listed_by_commit(host: &dyn Host) {
    let forge = host.forge();
    let found = forge.changes_of_commit(&id('2')).await.unwrap();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].head, "suimon/promote/stg");
}

async fn comments_are_kept_in_place(host: &dyn Host) {
    let forge = host.forge();
    let number = forge.open_change("suimon/promote/stg").await.unwrap().unwrap().number;
    assert_eq!(forge.own_comments(number).await.unwrap(), []);
    for (name, body) in [("plan:stg", "one"), ("plan:prod", "other"), ("plan:stg", "two\n\n```\n")]
    {
        forge.put_comment(number, name, body).await.unwrap();
        forge.put_comment(number, name, body).await.unwrap();
    }
    let mut own = forge.own_comments(number).await.unwrap();
    own.sort();
    let expected = [("plan:prod", "other"), ("plan:stg", "two\n\n```\n")];
    assert_eq!(own, expected.map(|(name, body)| (name.to_owned(), body.to_owned())));
    assert_eq!(host.comments(number).len(), 2);
    for wrong in ["", "a b", "-->"] {
        assert!(forge.put_comment(number, wrong, "x").await.is_err(), "{wrong:?}");
    }
}

async fn statuses_are_set(host: &dyn Host) {
    let forge = host.forge();
    let commit = id('2');
    for (state, name) in [
        (StatusState::Pending, "pending"),
        (StatusState::Error, "error"),
        (StatusState::Failure, "failure"),
        (StatusState::Success, "success"),
    ] {
        forge.put_status(&commit, &status(state, "2 to add")).await.unwrap();
        let found = host.statuses(&commit);
        assert_eq!(found.len(), 1, "{found:?}");
        let (context, found, description) = &found[0];
        // GitLab knows one way to go wrong.
        let name = if name == "error" && found == "failed" { "failed" } else { name };
        assert_eq!(found.replace("failed", "failure"), name.replace("failed", "failure"));
        assert_eq!((context.as_str(), description.as_str()), ("suimon/plan: stg", "2 to add"));
    }
    forge.put_status(&commit, &status(StatusState::Success, &"長い\n".repeat(200))).await.unwrap();
    let (_, _, description) = &host.statuses(&commit)[0];
    assert!(description.starts_with("長い 長い"), "{description}");
}

async fn reviews_are_read(host: &dyn Host) {
    let forge = host.forge();
    let change = forge.open_change("suimon/promote/stg").await.unwrap().unwrap();
    assert_eq!(forge.reviews(change.number).await.unwrap(), []);
    host.approve(change.number, &change.head_commit).await;
    let reviews = forge.reviews(change.number).await.unwrap();
    assert_eq!(reviews.len(), 1, "{reviews:#?}");
    assert_eq!((reviews[0].state, reviews[0].bot), (ReviewState::Approved, false));
    assert_eq!(reviews[0].commit, change.head_commit);
}

async fn a_merged_change_is_over(host: &dyn Host) {
    let forge = host.forge();
    let open = forge.open_change("suimon/promote/stg").await.unwrap().unwrap();
    let commit = host.merge(open.number);
    let merged = forge.change(open.number).await.unwrap().unwrap();
    assert_eq!((merged.state, merged.merge_commit), (ChangeState::Merged, Some(commit.clone())));
    assert_eq!(forge.open_change("suimon/promote/stg").await.unwrap(), None);
    let found = forge.changes_of_commit(&commit).await.unwrap();
    assert_eq!(found.iter().map(|change| change.number).collect::<Vec<_>>(), [open.number]);
    assert!(forge.close_change(open.number, "too late").await.is_err());
    host.push("suimon/promote/stg", &id('3'));
    let next = forge.put_change(&proposal("suimon/promote/stg", "Promote 3")).await.unwrap();
    assert!(next.number > open.number, "{next:#?}");
}

async fn a_closed_change_is_over(host: &dyn Host) {
    let forge = host.forge();
    let open = forge.open_change("suimon/promote/stg").await.unwrap().unwrap();
    for _ in 0..2 {
        forge.close_change(open.number, "a newer release is on its way").await.unwrap();
    }
    let closed = forge.change(open.number).await.unwrap().unwrap();
    assert_eq!((closed.state, closed.merge_commit), (ChangeState::Closed, None));
    assert_eq!(forge.open_change("suimon/promote/stg").await.unwrap(), None);
    let comments = host.comments(open.number);
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("a newer release is on its way"), "{comments:?}");
    assert!(forge.close_change(99, "there is none").await.is_err());
    let next = forge.put_change(&proposal("suimon/promote/stg", "Promote 4")).await.unwrap();
    assert!(next.number > open.number, "{next:#?}");
}

/// A fake in this process.
pub(crate) struct Remote {
    pub(crate) forge: Box<dyn Forge>,
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) server: Server,
    words: [&'static str; 3],
    check: fn(&Server),
}

impl Remote {
    pub(crate) fn github() -> Self {
        let world = Arc::new(Mutex::new(World::new()));
        let server = fakes::github::start(world.clone());
        let token = Sensitive::new(TOKEN.to_owned());
        let forge = Github::new(client().0, Some(&server.url()), "acme/shop", &token).unwrap();
        let words = ["APPROVED", "CHANGES_REQUESTED", "COMMENTED"];
        let check = |server: &Server| crate::openapi::check(&server.calls());
        Self { forge: Box::new(forge), world, server, words, check }
    }

    pub(crate) fn gitlab() -> Self {
        let world = Arc::new(Mutex::new(World::new()));
        let server = fakes::gitlab::start(world.clone());
        let token = Sensitive::new(TOKEN.to_owned());
        let forge = Gitlab::new(client().0, Some(&server.url()), "acme/apps/shop", &token).unwrap();
        let words = ["approved", "requested_changes", "reviewed"];
        Self { forge: Box::new(forge), world, server, words, check: crate::gitlab::check }
    }

    pub(crate) fn gitea() -> Self {
        let world = Arc::new(Mutex::new(World::new()));
        let server = fakes::gitea::start(world.clone());
        let token = Sensitive::new(TOKEN.to_owned());
        let forge = Gitea::new(client().0, Some(&server.url()), "acme/shop", &token).unwrap();
        let words = ["APPROVED", "REQUEST_CHANGES", "COMMENT"];
        Self { forge: Box::new(forge), world, server, words, check: crate::gitea::check }
    }

    pub(crate) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.lock().unwrap())
    }
}

#[async_trait]
impl Host for Remote {
    fn forge(&self) -> &dyn Forge {
        &*self.forge
    }

    fn push(&self, branch: &str, commit: &str) {
        self.world(|world| world.push(branch, commit, "ben"));
    }

    fn merge(&self, number: u64) -> String {
        let commit = id('f');
        self.world(|world| {
            let pull = world.pull(number).unwrap();
            pull.state = "merged";
            pull.merge_commit = Some(commit.clone());
        });
        commit
    }

    async fn approve(&self, number: u64, commit: &str) {
        self.world(|world| world.review(number, "aiko", self.words[0], commit));
    }

    fn comments(&self, number: u64) -> Vec<String> {
        self.world(|world| {
            let of_pull = world.comments.iter().filter(|comment| comment.pull == number);
            of_pull.map(|comment| comment.body.clone()).collect()
        })
    }

    fn statuses(&self, commit: &str) -> Vec<(String, String, String)> {
        self.world(|world| {
            let mut latest: Vec<(String, String, String)> = Vec::new();
            for (of, context, state, description, _) in world.statuses.iter().rev() {
                if of == commit && latest.iter().all(|(known, ..)| known != context) {
                    latest.push((context.clone(), state.clone(), description.clone()));
                }
            }
            latest
        })
    }

    fn check(&self) {
        (self.check)(&self.server);
    }
}

/// The local forge over a repository in memory.
struct Here {
    forge: Local,
    memory: Arc<Memory>,
}

#[async_trait]
impl Host for Here {
    fn forge(&self) -> &dyn Forge {
        &self.forge
    }

    fn push(&self, branch: &str, commit: &str) {
        let main = id('0');
        let parents = if branch == "main" { &[][..] } else { &[main.as_str()][..] };
        self.memory.push(branch, commit, parents);
    }

    fn merge(&self, number: u64) -> String {
        let change = self.memory.file(&format!("changes/{number}.json")).unwrap();
        let change: serde_json::Value = serde_json::from_str(&change).unwrap();
        let commit = change["headCommit"].as_str().unwrap().to_owned();
        self.memory.put("main", &commit);
        commit
    }

    async fn approve(&self, number: u64, _: &str) {
        self.forge.review(number, ReviewState::Approved).await.unwrap();
    }

    fn comments(&self, number: u64) -> Vec<String> {
        let file = self.memory.file(&format!("comments/{number}.json")).unwrap();
        let file: Vec<serde_json::Value> = serde_json::from_str(&file).unwrap();
        file.iter().map(|comment| comment["body"].as_str().unwrap().to_owned()).collect()
    }

    fn statuses(&self, commit: &str) -> Vec<(String, String, String)> {
        let file = self.memory.file(&format!("statuses/{commit}.json")).unwrap();
        let file: serde_json::Value = serde_json::from_str(&file).unwrap();
        let each = file.as_object().unwrap().iter();
        let text = |status: &serde_json::Value, key: &str| status[key].as_str().unwrap().to_owned();
        each.map(|(context, status)| {
            (context.clone(), text(status, "state"), text(status, "description"))
        })
        .collect()
    }
}

#[tokio::test]
async fn github_conforms() {
    conforms(&Remote::github()).await;
}

#[tokio::test]
async fn gitlab_conforms() {
    conforms(&Remote::gitlab()).await;
}

#[tokio::test]
async fn gitea_conforms() {
    conforms(&Remote::gitea()).await;
}

#[tokio::test]
async fn the_local_forge_conforms() {
    let memory = Arc::new(Memory::default());
    conforms(&Here { forge: Local::new(memory.clone()), memory }).await;
}
