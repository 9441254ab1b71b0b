//! Refs that others see too.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::refs::FullName;
use suimon_model::Diagnostic;

use super::objects::parse_id;
use super::problem::Problem;
use super::push::Pushed;
use super::refs::{Move, full_name};
use super::{Repository, Swap};
use crate::git::Ended;
use crate::mirror::why;
use crate::{Error, mirror};

/// Where refs of the remote are kept, so that their objects are not cleaned up.
const TRACKED: &str = "refs/suimon/remote/";

/// How long a ref of the remote may be held by somebody else.
const PATIENCE: Duration = Duration::from_secs(15);

/// What git says when another process writes to this repository at the same moment.
const HELD: [&str; 3] = ["cannot lock ref", "unable to update local ref", ".lock': File exists"];

/// What came of a fetch.
enum Fetched {
    Here(ObjectId),
    /// There is no such ref any more.
    Nothing,
    /// Another process was in the way.
    Held(Ended),
}

impl Repository {
    /// The same repository with the remote that shares its refs: `None` is `origin` where there is one
    /// and otherwise nobody, `local` is nobody, anything else is the remote of that name. A repository
    /// that is read by its URL is always shared there.
    ///
    /// # Errors
    /// There is no remote of that name, or its URL is of a kind that is not used.
    pub fn with_remote(&self, remote: Option<&str>) -> Result<Self, Diagnostic> {
        let remote = self.find_remote(remote)?.map(Arc::new);
        Ok(Self { inner: Arc::clone(&self.inner), remote })
    }

    /// Whether refs are shared by a remote.
    pub fn is_shared(&self) -> bool {
        self.remote.is_some() || self.inner.store.mirror().is_some()
    }

    /// The remote's address without credentials; `None` where refs are not shared.
    pub fn remote_address(&self) -> Option<String> {
        let mirrored = || self.inner.store.mirror().map(|mirror| mirror.address().to_owned());
        self.remote.as_ref().map(|own| own.address.clone()).or_else(mirrored)
    }

    /// The commit that a ref is at now, asked of the remote, with its objects; `None` when there is no
    /// such ref. Where nothing is shared, the ref of this machine.
    ///
    /// No ref of this machine moves but one below `refs/suimon/remote/`, which keeps the objects, and in
    /// a mirror the branch of the same name.
    ///
    /// # Errors
    /// The name is no ref's, or the remote cannot be asked.
    pub fn shared_ref(&self, name: &str) -> Result<Option<String>, Diagnostic> {
        if !self.is_shared() {
            return self.local_ref(name);
        }
        Ok(self.bring(&full_name(name)?)?.map(|id| id.to_string()))
    }

    /// Moves a ref of the remote from one commit to another, as long as it is where it is expected;
    /// `None` is no ref. Where nothing is shared, the ref of this machine.
    ///
    /// # Guarantees
    /// Of two that expect the same, one has [`Swap::Done`]. An answer that is lost is read back.
    ///
    /// # Errors
    /// The remote cannot be reached, or refuses for another reason than that the ref was moved; the
    /// diagnostic has its words. The code `push-unknown` says that it may have been moved.
    pub fn swap_shared(
        &self,
        name: &str,
        expected: Option<&str>,
        new: Option<&str>,
    ) -> Result<Swap, Diagnostic> {
        if !self.is_shared() {
            return self.swap_local(name, expected, new);
        }
        Ok(self.push_ref(&Move::new(name, expected, new)?)?)
    }

    /// All refs of the remote whose full names begin with `prefix`, with their ids, sorted. Their
    /// objects may not be here. Where nothing is shared, the refs of this machine.
    ///
    /// # Errors
    /// The prefix does not begin with `refs/`, or the remote cannot be asked.
    pub fn shared_refs(&self, prefix: &str) -> Result<Vec<(String, String)>, Diagnostic> {
        if !self.is_shared() {
            return self.local_refs(prefix);
        }
        let plain = |c: char| !c.is_control() && !matches!(c, '*' | '?' | '[' | '\\' | ' ');
        if !prefix.starts_with("refs/") || !prefix.chars().all(plain) {
            let why = "it is not the beginning of a full name".to_owned();
            return Err(Problem::BadRef { name: prefix.to_owned(), why }.into());
        }
        let listed = self.list(&format!("{prefix}*"))?.into_iter();
        let mut refs: Vec<(String, String)> = listed
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(name, id)| (name, id.to_string()))
            .collect();
        refs.sort();
        Ok(refs)
    }

    /// The short name of the branch that the remote's HEAD is on; where nothing is shared, of the branch
    /// that this repository's HEAD is on. `None` when it is on no branch.
    ///
    /// # Errors
    /// The remote cannot be asked.
    pub fn default_branch(&self) -> Result<Option<String>, Diagnostic> {
        if !self.is_shared() {
            return Ok(self.own_head()?);
        }
        let remote = self.remote_word();
        let said = self.answered(&[
            "ls-remote",
            "--quiet",
            "--symref",
            "--end-of-options",
            &remote,
            "HEAD",
        ])?;
        let head = |line: &str| {
            let (target, name) = line.strip_prefix("ref: ")?.split_once('\t')?;
            let branch = target.strip_prefix("refs/heads/")?;
            (name == "HEAD").then(|| branch.to_owned())
        };
        Ok(said.lines().find_map(head))
    }

    /// The short name of the branch that is checked out, with commits or without; `None` when HEAD is on
    /// none. Of a repository that is read by its URL, the remote's.
    ///
    /// # Errors
    /// HEAD cannot be read, or the remote cannot be asked.
    pub fn head_branch(&self) -> Result<Option<String>, Diagnostic> {
        match self.inner.store.mirror() {
            Some(_) => self.default_branch(),
            None => Ok(self.own_head()?),
        }
    }

    fn own_head(&self) -> Result<Option<String>, Problem> {
        let name = self.git().head_name();
        let name = name.map_err(|error| self.broken(&error))?;
        let branch = |name: FullName| {
            let name = name.as_bstr().to_str().ok()?;
            name.strip_prefix("refs/heads/").map(str::to_owned)
        };
        Ok(name.and_then(branch))
    }

    /// What git calls the remote: its name, or its URL.
    pub(super) fn remote_word(&self) -> String {
        match &self.remote {
            Some(own) => own.name.clone(),
            None => self.remote_address().unwrap_or_default(),
        }
    }

    /// What git says to a question that has to have an answer.
    fn answered(&self, arguments: &[&str]) -> Result<String, Problem> {
        let ended = self.ask(arguments)?;
        if ended.ok { Ok(ended.stdout) } else { Err(self.failed(ended)) }
    }

    pub(super) fn failed(&self, ended: Ended) -> Problem {
        let address = self.remote_address().unwrap_or_default();
        Error::Fetch { address, why: why(ended) }.into()
    }

    /// The remote's refs that fit a pattern.
    fn list(&self, pattern: &str) -> Result<Vec<(String, ObjectId)>, Problem> {
        let remote = self.remote_word();
        let question = ["ls-remote", "--quiet", "--refs", "--end-of-options", &remote, pattern];
        let mut refs = Vec::new();
        for line in self.answered(&question)?.lines() {
            let garbled = || {
                let address = self.remote_address().unwrap_or_default();
                Error::Fetch { address, why: format!("it lists `{}`", crate::path::shown(line)) }
            };
            let (id, name) = line.split_once('\t').ok_or_else(garbled)?;
            refs.push((name.to_owned(), parse_id(id).map_err(|_| garbled())?));
        }
        Ok(refs)
    }

    /// Where a ref of the remote is now.
    pub(super) fn remote_ref(&self, name: &FullName) -> Result<Option<ObjectId>, Problem> {
        let name = name.as_bstr().to_str_lossy();
        let found = self.list(&name)?.into_iter().find(|(other, _)| *other == name);
        Ok(found.map(|(_, id)| id))
    }

    /// Where a ref of the remote is now, with its objects.
    fn bring(&self, name: &FullName) -> Result<Option<ObjectId>, Problem> {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(20);
        loop {
            let Some(id) = self.remote_ref(name)? else { return Ok(None) };
            if self.git().has_object(id) {
                self.note(name, Some(id));
                return Ok(Some(id));
            }
            match self.fetch(name)? {
                Fetched::Here(id) => return Ok(Some(id)),
                Fetched::Nothing => return Ok(None),
                Fetched::Held(_) if Instant::now() < deadline => thread::sleep(pause),
                Fetched::Held(ended) => return Err(self.failed(ended)),
            }
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    /// Fetches a ref and what it needs; it may have moved since it was asked for.
    fn fetch(&self, name: &FullName) -> Result<Fetched, Problem> {
        let tracking = tracking(name)?;
        self.make_room(&tracking)?;
        let (from, to) = (name.as_bstr().to_str_lossy(), tracking.as_bstr().to_str_lossy());
        let refspec = format!("+{from}:{to}");
        let options = ["--no-prune", "--no-filter", "--refmap=", "--no-auto-maintenance"];
        let ended = match self.inner.store.mirror() {
            Some(mirror) => mirror.bring(&options, &refspec)?,
            None => {
                let remote = self.remote_word();
                let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
                arguments.extend(["--no-recurse-submodules", "--force"]);
                arguments.extend(options);
                arguments.extend(["--end-of-options", &remote, &refspec]);
                self.reach(&arguments, self.inner.limits.fetch_timeout)?
            }
        };
        if ended.ok
            && let Some(id) = self.ref_target(&tracking)?
        {
            self.note(name, Some(id));
            return Ok(Fetched::Here(id));
        }
        if ended.ok || HELD.iter().any(|sign| ended.stderr.contains(sign)) {
            return Ok(Fetched::Held(ended));
        }
        match ended.stderr.contains(mirror::NO_SUCH_REF) {
            true => Ok(Fetched::Nothing),
            false => Err(self.failed(ended)),
        }
    }

    /// Removes the refs of names that were there before, and that this name cannot be beside.
    fn make_room(&self, tracking: &FullName) -> Result<(), Problem> {
        let name = tracking.as_bstr().to_str_lossy().into_owned();
        let below = format!("{name}/");
        for (other, id) in self.listed(TRACKED)? {
            if other.starts_with(&below) || name.starts_with(&format!("{other}/")) {
                self.move_ref(&Move::new(&other, Some(&id), None)?)?;
            }
        }
        Ok(())
    }

    /// Remembers where a ref of the remote was seen. What is lost by a failure is that its objects are
    /// kept, for some weeks, and they can be fetched again.
    fn note(&self, name: &FullName, id: Option<ObjectId>) {
        let noted = tracking(name).and_then(|tracking| {
            self.make_room(&tracking)?;
            self.put(tracking, id)
        });
        let category = name.category();
        let mirrored = match category {
            Some(gix::refs::Category::LocalBranch | gix::refs::Category::Tag)
                if self.inner.store.mirror().is_some() =>
            {
                self.put(name.clone(), id)
            }
            _ => Ok(()),
        };
        if let Err(problem) = noted.and(mirrored) {
            tracing::debug!(reference = %name.as_bstr(), %problem, "not remembered");
        }
    }

    fn put(&self, name: FullName, new: Option<ObjectId>) -> Result<(), Problem> {
        let expected = self.ref_target(&name)?;
        if expected != new {
            self.move_ref(&Move { name, expected, new })?;
        }
        Ok(())
    }

    fn push_ref(&self, swap: &Move) -> Result<Swap, Problem> {
        if let Some(new) = swap.new {
            self.required_commit(new)?;
        }
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(20);
        loop {
            let pushed = match swap.expected == swap.new {
                true => Pushed::Nothing,
                false => self.push(swap)?,
            };
            if matches!(pushed, Pushed::Done) {
                self.note(&swap.name, swap.new);
                return Ok(Swap::Done);
            }
            let now = match self.remote_ref(&swap.name) {
                Ok(now) => now,
                Err(problem) => return Err(self.after(swap, pushed, Some(problem))),
            };
            if now == swap.new {
                self.note(&swap.name, swap.new);
                return Ok(Swap::Done);
            }
            if now != swap.expected {
                return self.overtaken(swap, now, &pushed);
            }
            if !pushed.is_contention() || Instant::now() >= deadline {
                return Err(self.after(swap, pushed, None));
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    /// The ref is elsewhere: others were first, or have gone on from what was pushed here when the
    /// answer was lost.
    fn overtaken(
        &self,
        swap: &Move,
        now: Option<ObjectId>,
        pushed: &Pushed,
    ) -> Result<Swap, Problem> {
        let lost = |now: Option<ObjectId>| Swap::Lost(now.map(|id| id.to_string()));
        let brought = match now {
            Some(_) => self.bring(&swap.name),
            None => Ok(None),
        };
        let now = match brought {
            Ok(brought) => brought,
            // A refusal is certain, whatever came after.
            Err(_) if !pushed.is_unanswered() => return Ok(lost(now)),
            Err(problem) => return Err(self.after(swap, Pushed::unanswered(), Some(problem))),
        };
        match (swap.new, now) {
            (Some(new), Some(now)) if self.leads_to(&new.to_string(), &now.to_string())? => {
                Ok(Swap::Done)
            }
            _ => Ok(lost(now)),
        }
    }
}

/// The ref of this machine that keeps the objects of one of the remote.
fn tracking(name: &FullName) -> Result<FullName, Problem> {
    let name = name.as_bstr().to_str_lossy();
    full_name(&format!("{TRACKED}{}", name.strip_prefix("refs/").unwrap_or(&name)))
}
