//! The one commit that is made in a work tree.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::lock::acquire::Fail;
use gix::refs::transaction::{PreviousValue, RefEdit};
use gix::refs::{FullName, Target};
use suimon_model::Diagnostic;

use super::objects::parse_id;
use super::problem::Problem;
use super::worktree::{WorkTree, Written};
use super::{Repository, index, trees};
use crate::git::Input;
use crate::path::shown;

/// How long another process may hold the index.
const PATIENCE: Duration = Duration::from_secs(2);

/// The branch that is checked out, and where it is.
struct Head {
    branch: FullName,
    commit: ObjectId,
    tree: ObjectId,
}

impl Repository {
    /// Makes one commit of exactly these files on the branch that is checked out, and returns its id.
    /// Index and work tree of these paths follow; every other file, and what else is in the index, stays
    /// as it is. Paths are from the repository's top; `None` takes a file out.
    ///
    /// Author, committer, date and signature (`commit.gpgSign`) are git's own.
    ///
    /// # Guarantees
    /// No hook and no filter runs. When it fails, nothing is changed. Git's lock of the index is held, so
    /// no other commit or checkout comes between.
    ///
    /// # Errors
    /// There is no work tree, HEAD is on no branch or on one without commits, a merge or rebase is in
    /// progress, a path has uncommitted changes, leads through a symlink or leaves the repository, git
    /// does not know who the user is, or nothing would change.
    pub fn commit_here(
        &self,
        files: &BTreeMap<String, Option<Vec<u8>>>,
        message: &str,
    ) -> Result<String, Diagnostic> {
        Ok(self.make_commit(files, message)?)
    }

    fn make_commit(
        &self,
        files: &BTreeMap<String, Option<Vec<u8>>>,
        message: &str,
    ) -> Result<String, Problem> {
        let Some(top) = self.inner.top.as_deref() else {
            let why = "the repository has no work tree";
            return Err(self.not_here(why, "run it in a checkout of the repository"));
        };
        let git_dir = self.git().git_dir().to_owned();
        let lock = self.lock_index(&git_dir)?;
        let head = self.own_branch()?;
        let mut tree = WorkTree::open(self, &git_dir, top, head.tree)?;
        let mut blobs = Vec::new();
        for (path, content) in files {
            if let Some(change) = tree.prepare(path, content.as_deref())? {
                blobs.push((path.as_str(), change));
            }
        }
        let new_tree = trees::edit(self, Some(head.tree), &blobs)?;
        if new_tree == head.tree {
            let why = "the files are committed like this already";
            return Err(self.not_here(why, "change something first"));
        }
        let commit = self.commit_tree(new_tree, head.commit, message)?;
        let changed: Vec<&str> = blobs.iter().map(|(path, _)| *path).collect();
        let written = tree.write(files, &changed)?;
        if let Err(problem) = self.advance(&head, commit, message) {
            written.undo()?;
            return Err(problem);
        }
        self.write_index(&git_dir, lock, &blobs, &written)?;
        Ok(commit.to_string())
    }

    pub(super) fn not_here(&self, why: impl Into<String>, help: &'static str) -> Problem {
        Problem::NoCommitHere { place: self.place().to_owned(), why: why.into(), help }
    }

    /// Keeps git's own commands off the index.
    fn lock_index(&self, git_dir: &Path) -> Result<gix::lock::File, Problem> {
        let patience = Fail::AfterDurationWithBackoff(PATIENCE);
        let path = git_dir.join("index");
        gix::lock::File::acquire_to_update_resource(&path, patience, None, 0).map_err(|error| {
            Problem::Busy { name: shown(&path.to_string_lossy()), why: error.to_string() }
        })
    }

    fn own_branch(&self) -> Result<Head, Problem> {
        const SWITCH: &str = "switch to a branch that has commits, with `git switch`";
        let (name, busy) = {
            let repository = self.git();
            (repository.head_name(), repository.state())
        };
        let name = name.map_err(|error| self.broken(&error))?;
        let Some(branch) = name else {
            return Err(self.not_here("HEAD is detached: it is on no branch", SWITCH));
        };
        if let Some(state) = busy {
            let help = "finish or abort that first";
            return Err(
                self.not_here(format!("git is in the middle of something: {state:?}"), help)
            );
        }
        let Some(commit) = self.ref_target(&branch)? else {
            return Err(self.not_here("the branch has no commit yet", SWITCH));
        };
        let tree = parse_id(&self.required_commit(commit)?.tree)?;
        Ok(Head { branch, commit, tree })
    }

    /// The commit, as git would make it: who, when and signed how is the user's to configure.
    fn commit_tree(
        &self,
        tree: ObjectId,
        parent: ObjectId,
        message: &str,
    ) -> Result<ObjectId, Problem> {
        self.who()?;
        let (tree, parent) = (tree.to_string(), parent.to_string());
        let mut arguments = vec!["-c", "user.useConfigOnly=true", "commit-tree", "-p", &parent];
        let signed = self.setting(&["--type=bool", "--get", "commit.gpgSign"]);
        if signed.as_deref() == Some("true") {
            arguments.push("-S");
        }
        arguments.extend(["-F", "-", &tree]);
        let made = self.own(&arguments, Input::Text(message))?;
        match parse_id(made.stdout.trim()) {
            Ok(id) if made.ok => Ok(id),
            _ => Err(self.not_here(made.stderr, "see what `git commit` says")),
        }
    }

    /// Moves the branch, as long as it is where it was.
    fn advance(&self, head: &Head, commit: ObjectId, message: &str) -> Result<(), Problem> {
        let (name, email) = self.who()?;
        let subject = message.lines().next().unwrap_or_default();
        let edit = RefEdit::update(
            FullName::try_from("HEAD").map_err(|error| self.not_here(error.to_string(), ""))?,
            commit,
            PreviousValue::MustExistAndMatch(Target::Object(head.commit)),
            format!("commit: {subject}"),
        )
        .with_deref(true);
        let time = gix::date::Time::now_utc().to_string();
        let who = gix::actor::SignatureRef {
            name: name.as_bytes().as_bstr(),
            email: email.as_bytes().as_bstr(),
            time: &time,
        };
        let moved = self.git().edit_references_as([edit], Some(who));
        match moved {
            Ok(_) => Ok(()),
            Err(error) => Err(Problem::Busy {
                name: head.branch.shorten().to_str_lossy().into_owned(),
                why: error.to_string(),
            }),
        }
    }

    fn write_index(
        &self,
        git_dir: &Path,
        lock: gix::lock::File,
        blobs: &[(&str, Option<ObjectId>)],
        written: &Written,
    ) -> Result<(), Problem> {
        let stat = self.git().stat_options();
        let stat = stat.map_err(|error| self.broken(&error))?;
        let mut changes = Vec::new();
        for (path, blob) in blobs {
            changes.push((*path, blob.map(|id| (id, written.mode(path), written.stat(path)))));
        }
        index::write(&git_dir.join("index"), lock, &changes, stat).map_err(|why| Problem::Write {
            place: self.place().to_owned(),
            why: format!("the commit is made, but the index does not have it: {why}"),
        })
    }
}
