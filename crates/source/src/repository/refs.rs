//! Refs of this machine.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::lock::acquire::Fail;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};
use suimon_model::Diagnostic;

use super::objects::parse_id;
use super::problem::Problem;
use super::{Repository, Swap};

/// How long another process may hold a ref.
const PATIENCE: Duration = Duration::from_secs(10);

impl Repository {
    /// The commit that a ref of this machine is at, by its full name; `None` when there is no such ref.
    ///
    /// # Errors
    /// The name is no ref's, or the ref cannot be read.
    pub fn local_ref(&self, name: &str) -> Result<Option<String>, Diagnostic> {
        Ok(self.ref_target(&full_name(name)?)?.map(|id| id.to_string()))
    }

    /// Moves a ref of this machine from one commit to another, as long as it is where it is expected;
    /// `None` is no ref.
    ///
    /// # Guarantees
    /// Atomic between threads and processes: of two that expect the same, one has [`Swap::Done`].
    ///
    /// # Errors
    /// The name is no ref's, the new commit is not there, the branch is checked out, another process
    /// holds the ref for more than ten seconds, or the repository cannot be written.
    pub fn swap_local(
        &self,
        name: &str,
        expected: Option<&str>,
        new: Option<&str>,
    ) -> Result<Swap, Diagnostic> {
        let swap = Move::new(name, expected, new)?;
        self.refuse_checked_out(&swap.name)?;
        Ok(self.move_ref(&swap)?)
    }

    /// All refs of this machine whose full names begin with `prefix`, with their commits, sorted.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn local_refs(&self, prefix: &str) -> Result<Vec<(String, String)>, Diagnostic> {
        Ok(self.listed(prefix)?)
    }

    pub(super) fn listed(&self, prefix: &str) -> Result<Vec<(String, String)>, Problem> {
        let listed = {
            let repository = self.git();
            list(&repository, prefix)
        };
        let mut refs = listed.map_err(|error| self.broken(&error))?;
        refs.sort();
        Ok(refs)
    }

    pub(super) fn ref_target(&self, name: &FullName) -> Result<Option<ObjectId>, Problem> {
        let found = {
            let repository = self.git();
            target(&repository, name)
        };
        found.map_err(|error| Problem::BadRef {
            name: name.as_bstr().to_str_lossy().into_owned(),
            why: error.probable_cause().to_string(),
        })
    }

    /// Moves a ref, whether it is a branch that is checked out or not.
    pub(super) fn move_ref(&self, swap: &Move) -> Result<Swap, Problem> {
        if let Some(new) = swap.new {
            self.required_commit(new)?;
        }
        // A ref that is packed while it moves could be read as it was before, so that what moves refs of
        // ours waits for this.
        let _alone = self.alone()?;
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(1);
        for attempt in 0.. {
            let now = self.ref_target(&swap.name)?;
            if now != swap.expected {
                return Ok(Swap::Lost(now.map(|id| id.to_string())));
            }
            if now == swap.new {
                return Ok(Swap::Done);
            }
            let tried = {
                let repository = self.git();
                swap.apply(&repository)
            };
            let Err(error) = tried else { return Ok(Swap::Done) };
            let held = error.is_retryable();
            if Instant::now() >= deadline || (!held && attempt >= 3) {
                let name = swap.name.as_bstr().to_str_lossy().into_owned();
                let why = error.to_string();
                return Err(match held {
                    true => Problem::Busy { name, why },
                    false => Problem::BadRef { name, why },
                });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        Ok(Swap::Lost(self.ref_target(&swap.name)?.map(|id| id.to_string())))
    }

    /// Waits until no other process of suimon moves a ref.
    fn alone(&self) -> Result<Alone, Problem> {
        if let Some(mirror) = self.inner.store.mirror() {
            return Ok(Alone { _mirror: Some(mirror.lock()?), _file: None });
        }
        let path = self.git().common_dir().join("suimon.lock");
        let unusable = |error: std::io::Error| Problem::Write {
            place: self.place().to_owned(),
            why: format!("{}: {error}", path.display()),
        };
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(unusable)?;
        let deadline = Instant::now() + PATIENCE * 3;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Alone { _mirror: None, _file: Some(file) }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(2));
                }
                Err(TryLockError::WouldBlock) => {
                    let why = format!("another process holds {}", path.display());
                    return Err(Problem::Write { place: self.place().to_owned(), why });
                }
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
        }
    }

    /// Refuses to move a branch whose files are in some folder, as git does.
    fn refuse_checked_out(&self, name: &FullName) -> Result<(), Problem> {
        if name.category() != Some(gix::refs::Category::LocalBranch) {
            return Ok(());
        }
        let found = {
            let repository = self.git();
            checked_out(&repository, name)
        };
        match found.map_err(|error| self.broken(&error))? {
            None => Ok(()),
            Some(folder) => {
                let branch = name.shorten().to_str_lossy().into_owned();
                Err(Problem::CheckedOut { branch, folder })
            }
        }
    }
}

/// Goes when the ref is moved.
struct Alone {
    _mirror: Option<crate::mirror::Lock>,
    _file: Option<File>,
}

/// A ref to move.
pub(super) struct Move {
    pub(super) name: FullName,
    pub(super) expected: Option<ObjectId>,
    pub(super) new: Option<ObjectId>,
}

impl Move {
    pub(super) fn new(
        name: &str,
        expected: Option<&str>,
        new: Option<&str>,
    ) -> Result<Self, Problem> {
        let name = full_name(name)?;
        let (expected, new) = (expected.map(parse_id), new.map(parse_id));
        Ok(Self { name, expected: expected.transpose()?, new: new.transpose()? })
    }

    fn apply(&self, repository: &gix::Repository) -> gix::Result<()> {
        let expected = match self.expected {
            Some(id) => PreviousValue::MustExistAndMatch(Target::Object(id)),
            None => PreviousValue::MustNotExist,
        };
        let log = LogChange { message: "suimon".into(), ..LogChange::default() };
        let change = match self.new {
            Some(id) => Change::Update { log, expected, new: Target::Object(id) },
            None if self.expected.is_none() => return Ok(()),
            None => Change::Delete { expected, log: RefLog::AndReference },
        };
        let edit = RefEdit { change, name: self.name.clone(), deref: false };
        let time = gix::date::Time::now_utc().to_string();
        let who = gix::actor::SignatureRef {
            name: "suimon".into(),
            email: "suimon@localhost".into(),
            time: &time,
        };
        // Whoever waits has to look at the ref again, so nobody waits in there.
        let transaction = repository.refs.transaction();
        transaction.prepare([edit], Fail::Immediately, Fail::Immediately)?.commit(Some(who))?;
        Ok(())
    }
}

/// A ref's name in full, which is below `refs/`.
pub(super) fn full_name(name: &str) -> Result<FullName, Problem> {
    let refused = |why: String| Problem::BadRef { name: name.to_owned(), why };
    if !name.starts_with("refs/") {
        return Err(refused("a full name begins with `refs/`".to_owned()));
    }
    FullName::try_from(name).map_err(|error| refused(error.to_string()))
}

fn target(repository: &gix::Repository, name: &FullName) -> gix::Result<Option<ObjectId>> {
    match repository.try_find_reference(name.as_ref())? {
        Some(reference) => Ok(reference.target().try_id().map(ToOwned::to_owned)),
        None => Ok(None),
    }
}

fn list(repository: &gix::Repository, prefix: &str) -> gix::Result<Vec<(String, String)>> {
    let mut refs = Vec::new();
    for reference in repository.references()?.all()? {
        let reference = reference?;
        let Ok(name) = reference.name().as_bstr().to_str() else { continue };
        if let Some(id) = reference.target().try_id()
            && name.starts_with(prefix)
        {
            refs.push((name.to_owned(), id.to_string()));
        }
    }
    Ok(refs)
}

/// The folder that a branch is checked out in.
fn checked_out(repository: &gix::Repository, name: &FullName) -> gix::Result<Option<PathBuf>> {
    let main = repository.main_repo()?;
    let is_on = |repository: &gix::Repository| {
        repository.head_name().map(|head| head.as_ref() == Some(name))
    };
    if let Some(folder) = main.workdir()
        && is_on(&main)?
    {
        return Ok(Some(folder.to_owned()));
    }
    for tree in main.worktrees()? {
        let Ok(folder) = tree.base() else { continue };
        let linked = tree.into_repo_with_possibly_inaccessible_worktree()?;
        if is_on(&linked)? && fs::symlink_metadata(&folder).is_ok() {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}
