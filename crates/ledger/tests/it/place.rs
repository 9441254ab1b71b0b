//! Places that a chain is kept in, and what somebody with access to them can do there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gix::ObjectId;
use gix::objs::tree::{Entry, EntryKind};
use suimon_ledger::{GitStore, MemoryStore, Store, Stored};
use suimon_source::{Limits, Place as Where, Repository, Request};
use tempfile::TempDir;

/// A place that can be tampered with.
pub(crate) trait Place {
    /// A machine that has seen nothing of it.
    fn machine(&self) -> Arc<dyn Store>;
    /// Writes a commit of exactly this content, and returns its id.
    fn put(&self, stored: &Stored) -> String;
    /// Moves a chain anywhere, or takes it away.
    fn force(&self, name: &str, tip: Option<&str>);
}

impl Place for MemoryStore {
    fn machine(&self) -> Arc<dyn Store> {
        Arc::new(self.beside())
    }

    fn put(&self, stored: &Stored) -> String {
        MemoryStore::put(self, stored.clone())
    }

    fn force(&self, name: &str, tip: Option<&str>) {
        MemoryStore::force(self, name, tip);
    }
}

/// A Git repository of this machine.
pub(crate) struct GitPlace {
    _dir: TempDir,
    path: PathBuf,
}

impl GitPlace {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("repository.git");
        git(dir.path(), &["init", "-q", "--bare", path.to_str().unwrap()]);
        Self { _dir: dir, path }
    }

    pub(crate) fn raw(&self) -> gix::Repository {
        gix::open_opts(&self.path, gix::open::Options::isolated()).unwrap()
    }

    /// A machine that remembers what it has seen, again.
    pub(crate) fn same_machine(&self) -> Arc<dyn Store> {
        Arc::new(store(&self.path, Some("local")))
    }

    /// What git says of it.
    pub(crate) fn show(&self, arguments: &[&str]) -> String {
        let shown = command(&self.path).args(arguments).output().unwrap();
        assert!(shown.status.success(), "git {arguments:?}");
        String::from_utf8(shown.stdout).unwrap()
    }

    pub(crate) fn ref_at(&self, name: &str) -> Option<String> {
        ref_at(&self.path, name)
    }

    fn forget(&self, prefix: &str) {
        for name in refs(&self.path, prefix) {
            git(&self.path, &["update-ref", "-d", &name]);
        }
    }
}

impl Place for GitPlace {
    fn machine(&self) -> Arc<dyn Store> {
        self.forget("refs/suimon/seen/");
        self.same_machine()
    }

    fn put(&self, stored: &Stored) -> String {
        let repository = self.raw();
        let files = stored.files.iter().map(|(path, content)| Entry {
            mode: EntryKind::Blob.into(),
            filename: path.as_str().into(),
            oid: repository.write_blob(content).unwrap().detach(),
        });
        let mut entries: Vec<Entry> = files.collect();
        entries.sort();
        let tree = repository.write_object(gix::objs::Tree { entries }).unwrap().detach();
        let (name, email) = stored.author.split_once(" <").unwrap();
        let time = gix::date::Time { seconds: stored.time.as_second(), offset: 0 };
        let email = email.trim_end_matches('>');
        let author = gix::actor::Signature { name: name.into(), email: email.into(), time };
        let id = |id: &String| ObjectId::from_hex(id.as_bytes()).unwrap();
        let commit = gix::objs::Commit {
            tree,
            parents: stored.parents.iter().map(id).collect(),
            author: author.clone(),
            committer: author,
            encoding: None,
            message: stored.message.as_str().into(),
            extra_headers: Vec::new(),
        };
        repository.write_object(&commit).unwrap().to_string()
    }

    fn force(&self, name: &str, tip: Option<&str>) {
        match tip {
            Some(tip) => git(&self.path, &["update-ref", name, tip]),
            None => git(&self.path, &["update-ref", "-d", name]),
        }
    }
}

/// The chains of a repository.
pub(crate) fn store(path: &Path, remote: Option<&str>) -> GitStore {
    let place = Where::Folder(path.to_owned());
    let limits = Limits::default();
    let request = Request { place, revision: None, cache_dir: None, limits };
    let repository = Repository::open(&request).unwrap().unwrap();
    GitStore::new(repository.with_remote(remote).unwrap())
}

/// Runs git without anybody's configuration.
pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let done = command(folder).args(arguments).status().unwrap();
    assert!(done.success(), "git {arguments:?}");
}

pub(crate) fn refs(folder: &Path, prefix: &str) -> Vec<String> {
    let listed =
        command(folder).args(["for-each-ref", "--format=%(refname)", prefix]).output().unwrap();
    String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect()
}

pub(crate) fn ref_at(folder: &Path, name: &str) -> Option<String> {
    let found = command(folder).args(["rev-parse", "-q", "--verify", name]).output().unwrap();
    found.status.success().then(|| String::from_utf8(found.stdout).unwrap().trim().to_owned())
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    let configuration = [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")];
    command.current_dir(folder).envs(configuration);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command
}

/// The commits of a chain, oldest first.
pub(crate) fn chain(store: &dyn Store, name: &str) -> Vec<Stored> {
    let tip = store.tip(name).unwrap().unwrap();
    store.chain(&tip, None).unwrap()
}

/// Writes commits as a chain, each after the one before it and after what else it names.
pub(crate) fn write(place: &dyn Place, chain: &[Edited]) -> Option<String> {
    let mut previous: Option<String> = None;
    for one in chain {
        let mut stored = one.stored.clone();
        stored.parents = previous.iter().chain(&one.more_parents).cloned().collect();
        previous = Some(place.put(&stored));
    }
    previous
}

/// A commit that somebody has changed.
#[derive(Clone)]
pub(crate) struct Edited {
    pub stored: Stored,
    pub more_parents: Vec<String>,
}

impl Edited {
    pub(crate) fn all(chain: &[Stored]) -> Vec<Self> {
        let same = |stored: &Stored| Self { stored: stored.clone(), more_parents: Vec::new() };
        chain.iter().map(same).collect()
    }

    pub(crate) fn files(&mut self) -> &mut BTreeMap<String, Vec<u8>> {
        &mut self.stored.files
    }
}
