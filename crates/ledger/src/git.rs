//! [`GitStore`]: chains in a Git repository.

use std::collections::BTreeMap;

use jiff::Timestamp;
use suimon_source::{CommitInfo, NewCommit, Repository, Swap};

use crate::codec::{RECORD_BYTES, RECORDS};
use crate::memory::environment_of;
use crate::{Appended, Draft, Error, Result, Store, Stored};

/// Most bytes of a chain that is read at once.
pub const CHAIN_BYTES: usize = 1024 * 1024 * 1024;

/// Most bytes of one commit: a record and its signature.
const COMMIT_BYTES: u64 = RECORD_BYTES as u64 + 64 * 1024;

/// How many commits are looked through first for the one that is known.
const FIRST_LOOK: usize = 16;

/// How often a ref of this machine is moved again because another process moved it.
const ATTEMPTS: usize = 64;

/// Chains in a Git repository, shared through its remote where it has one.
///
/// Beside a chain `refs/suimon/<chain>` stand `refs/suimon/seen/<chain>`, the last commit of it that
/// this machine has seen, and, where there is a remote, `refs/suimon/shared/<chain>`, the last one that
/// the remote has shown.
///
/// # Guarantees
/// A chain that does not continue what was seen is an error. A chain that was begun before there was a
/// remote goes to the remote with the next append, as long as the remote has none of that name.
#[derive(Debug, Clone)]
pub struct GitStore {
    repository: Repository,
}

/// A chain as it is now.
struct View {
    tip: Option<String>,
    /// Where the remote's ref is; the tip, unless this machine is ahead of it.
    shared: Option<String>,
}

impl GitStore {
    /// The chains of a repository and its remote.
    pub fn new(repository: Repository) -> Self {
        Self { repository }
    }

    fn look(&self, name: &str) -> Result<View> {
        // What was seen is read first: what is read after that can only be further.
        let seen = self.repository.local_ref(&seen_name(name))?;
        if !self.repository.is_shared() {
            let tip = self.repository.local_ref(name)?;
            self.require(name, tip.as_deref(), seen.as_deref(), "this machine")?;
            return Ok(View { shared: tip.clone(), tip });
        }
        let known = self.repository.local_ref(&shared_name(name))?;
        let local = self.repository.local_ref(name)?;
        let shared = self.repository.shared_ref(name)?;
        self.require(name, shared.as_deref(), known.as_deref(), &self.place())?;
        let tip = self.further(name, local, shared.clone())?;
        self.require(name, tip.as_deref(), seen.as_deref(), &self.place())?;
        Ok(View { tip, shared })
    }

    /// The further of what this machine has and what the remote has.
    fn further(
        &self,
        name: &str,
        local: Option<String>,
        shared: Option<String>,
    ) -> Result<Option<String>> {
        match (local, shared) {
            (local, None) => Ok(local),
            (None, shared) => Ok(shared),
            (Some(local), Some(shared)) if self.leads(&local, &shared)? => Ok(Some(shared)),
            (Some(local), Some(shared)) if self.leads(&shared, &local)? => Ok(Some(local)),
            (Some(local), Some(shared)) => Err(damaged(
                name,
                format!(
                    "{} has {shared}, and this machine {local}: neither follows the other",
                    self.place()
                ),
            )),
        }
    }

    /// Refuses a tip that does not continue what was seen.
    fn require(
        &self,
        name: &str,
        tip: Option<&str>,
        seen: Option<&str>,
        place: &str,
    ) -> Result<()> {
        let Some(seen) = seen else { return Ok(()) };
        match tip {
            None => Err(damaged(
                name,
                format!("it is gone from {place}, where its last record was {seen}"),
            )),
            Some(tip) if self.leads(seen, tip)? => Ok(()),
            Some(tip) => Err(damaged(
                name,
                format!(
                    "it was rewritten on {place}: {tip} does not follow {seen}, which was seen before"
                ),
            )),
        }
    }

    fn leads(&self, ancestor: &str, of: &str) -> Result<bool> {
        Ok(ancestor == of || self.repository.is_ancestor(ancestor, of)?)
    }

    /// Remembers what was seen.
    fn remember(&self, name: &str, view: &View) -> Result<()> {
        if self.repository.is_shared() {
            if let Some(shared) = &view.shared {
                self.advance(name, &shared_name(name), shared)?;
            }
            if let Some(tip) = &view.tip {
                self.advance(name, name, tip)?;
            }
        }
        match &view.tip {
            Some(tip) => self.advance(name, &seen_name(name), tip),
            None => Ok(()),
        }
    }

    /// Moves a ref of this machine on to a commit, unless it is further already.
    fn advance(&self, name: &str, to: &str, tip: &str) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let now = self.repository.local_ref(to)?;
            if now.as_deref() == Some(tip) {
                return Ok(());
            }
            if let Some(now) = &now
                && !self.leads(now, tip)?
            {
                // It is further already, or else was rewritten.
                return self.require(name, Some(now), Some(tip), "this machine");
            }
            if self.repository.swap_local(to, now.as_deref(), Some(tip))? == Swap::Done {
                return Ok(());
            }
        }
        Err(Error::Contention)
    }

    /// Where the shared ref has to be for an append after `expected`; `Err` is where it is instead.
    fn lease(&self, name: &str, expected: Option<&str>) -> Result<Result<Option<String>, String>> {
        let expected = expected.map(str::to_owned);
        if !self.repository.is_shared() {
            return Ok(Ok(expected));
        }
        let known = self.repository.local_ref(&shared_name(name))?;
        Ok(match (known, expected) {
            (None, _) => Ok(None),
            (Some(known), Some(expected)) if self.leads(&known, &expected)? => Ok(Some(known)),
            (Some(known), _) => Err(known),
        })
    }

    fn place(&self) -> String {
        self.repository.remote_address().unwrap_or_else(|| self.repository.place().to_owned())
    }

    fn commit(&self, previous: Option<&str>, draft: &Draft) -> Result<String> {
        let files = draft.files.iter().map(|(path, content)| (path.clone(), Some(content.clone())));
        Ok(self.repository.commit(&NewCommit {
            parent: previous.map(str::to_owned),
            keep_files: false,
            files: files.collect(),
            message: draft.message.clone(),
            name: draft.actor.name.clone(),
            email: draft.actor.email.clone(),
            time: draft.time.as_second(),
        })?)
    }

    /// Commits that end at `tip`, newest first: those after `after`, or all.
    fn commits(&self, tip: &str, after: Option<&str>) -> Result<Vec<CommitInfo>> {
        let mut limit = if after.is_some() { FIRST_LOOK } else { RECORDS + 1 };
        loop {
            let mut commits = self.repository.first_parents(tip, limit)?;
            let known = commits.iter().position(|one| Some(one.id.as_str()) == after);
            if let Some(known) = known {
                commits.truncate(known);
                return Ok(commits);
            }
            if commits.len() < limit {
                return Ok(commits);
            }
            if limit > RECORDS {
                return Err(Error::TooLarge(format!(
                    "the chain that ends at {tip} has more than {RECORDS} records, which is the limit"
                )));
            }
            limit = (limit * 8).min(RECORDS + 1);
        }
    }
}

impl Store for GitStore {
    fn tip(&self, name: &str) -> Result<Option<String>> {
        let view = self.look(name)?;
        self.remember(name, &view)?;
        Ok(view.tip)
    }

    fn chain(&self, tip: &str, after: Option<&str>) -> Result<Vec<Stored>> {
        let mut bytes = 0;
        let mut chain = Vec::new();
        for info in self.commits(tip, after)?.into_iter().rev() {
            let files = self.repository.files(&info.id, COMMIT_BYTES)?;
            bytes += files.values().map(Vec::len).sum::<usize>();
            if bytes > CHAIN_BYTES {
                return Err(Error::TooLarge(format!(
                    "the chain that ends at {tip} has more than {CHAIN_BYTES} bytes, which is the limit"
                )));
            }
            chain.push(Stored {
                time: Timestamp::from_second(info.time).unwrap_or(Timestamp::MIN),
                author: format!("{} <{}>", info.author, info.author_email),
                id: info.id,
                parents: info.parents,
                message: info.message,
                files,
            });
        }
        Ok(chain)
    }

    fn append(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended> {
        let lease = match self.lease(name, expected)? {
            Ok(lease) => lease,
            Err(now) => return Ok(Appended::Lost { now: Some(now) }),
        };
        let id = self.commit(expected, draft)?;
        match self.repository.swap_shared(name, lease.as_deref(), Some(&id))? {
            Swap::Lost(now) => Ok(Appended::Lost { now }),
            Swap::Done => {
                let view = View { tip: Some(id.clone()), shared: Some(id.clone()) };
                if let Err(error) = self.remember(name, &view) {
                    // It is appended; the next look remembers it.
                    tracing::warn!(%error, name, "what was appended could not be noted as seen");
                }
                Ok(Appended::Done(id))
            }
        }
    }

    fn identify(&self, previous: Option<&str>, draft: &Draft) -> Result<String> {
        self.commit(previous, draft)
    }

    fn chains(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        let mut chains = self.seen(prefix)?;
        chains.extend(self.repository.shared_refs(prefix)?);
        Ok(chains)
    }

    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        Ok(self.repository.local_refs(prefix)?.into_iter().collect())
    }

    fn kept(&self, name: &str) -> Result<Option<String>> {
        Ok(self.repository.local_ref(name)?)
    }

    fn keep(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended> {
        let id = self.commit(expected, draft)?;
        Ok(match self.repository.swap_local(name, expected, Some(&id))? {
            Swap::Done => Appended::Done(id),
            Swap::Lost(now) => Appended::Lost { now },
        })
    }

    fn forget(&self, name: &str, expected: &str) -> Result<bool> {
        Ok(self.repository.swap_local(name, Some(expected), None)? == Swap::Done)
    }
}

fn seen_name(name: &str) -> String {
    name.replacen("refs/suimon/", "refs/suimon/seen/", 1)
}

fn shared_name(name: &str) -> String {
    name.replacen("refs/suimon/", "refs/suimon/shared/", 1)
}

fn damaged(name: &str, why: String) -> Error {
    Error::Damaged { environment: environment_of(name), why }
}
