//! [`MemoryStore`]: chains in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::{Appended, Draft, Error, Result, Store, Stored};

/// Chains in memory: one machine's view of a shared place.
///
/// # Guarantees
/// As [`Store`]: ids are hashes of all content, appends are compare-and-swap, and a shared chain that is
/// no continuation of what this machine has seen is an error.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
    local: Arc<Mutex<Local>>,
}

#[derive(Debug, Default)]
struct Shared {
    commits: BTreeMap<String, Stored>,
    refs: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Local {
    seen: BTreeMap<String, String>,
    kept: BTreeMap<String, String>,
}

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another machine on the same shared place, which has seen nothing yet.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), local: Arc::default() }
    }

    /// Puts a commit there as it is, under the id of its content, which is returned: what anybody with
    /// access to the shared place can do.
    pub fn put(&self, mut stored: Stored) -> String {
        stored.id = id(&stored);
        let id = stored.id.clone();
        lock(&self.shared).commits.insert(id.clone(), stored);
        id
    }

    /// Moves a shared chain to any commit, or takes it away: what anybody with access to the shared
    /// place can do.
    pub fn force(&self, name: &str, tip: Option<&str>) {
        let mut shared = lock(&self.shared);
        match tip {
            Some(tip) => shared.refs.insert(name.to_owned(), tip.to_owned()),
            None => shared.refs.remove(name),
        };
    }

    /// Forgets what this machine has seen of shared chains: what anybody with access to this machine
    /// can do.
    pub fn forget_seen(&self) {
        lock(&self.local).seen.clear();
    }

    fn see(&self, shared: &Shared, name: &str) -> Result<Option<String>> {
        let now = shared.refs.get(name).cloned();
        let mut local = lock(&self.local);
        if let Some(seen) = local.seen.get(name) {
            let damaged = |why| Error::Damaged { environment: environment_of(name), why };
            match &now {
                None => return Err(damaged(format!("it is gone; its last record was {seen}"))),
                Some(now) if !shared.descends(now, seen) => {
                    return Err(damaged(format!(
                        "it was rewritten: {now} does not follow {seen}, which was seen before"
                    )));
                }
                Some(_) => {}
            }
        }
        if let Some(now) = &now {
            local.seen.insert(name.to_owned(), now.clone());
        }
        Ok(now)
    }
}

impl Shared {
    fn descends(&self, tip: &str, from: &str) -> bool {
        let mut at = Some(tip);
        while let Some(id) = at {
            if id == from {
                return true;
            }
            at = self.commits.get(id).and_then(|one| one.parents.first()).map(String::as_str);
        }
        false
    }
}

impl Store for MemoryStore {
    fn tip(&self, name: &str) -> Result<Option<String>> {
        self.see(&lock(&self.shared), name)
    }

    fn chain(&self, tip: &str, after: Option<&str>) -> Result<Vec<Stored>> {
        let shared = lock(&self.shared);
        let mut chain = Vec::new();
        let mut at = Some(tip.to_owned());
        while let Some(id) = at.filter(|id| Some(id.as_str()) != after) {
            let Some(stored) = shared.commits.get(&id) else {
                return Err(Error::Damaged {
                    environment: "memory".to_owned(),
                    why: format!("commit {id} is missing"),
                });
            };
            at = stored.parents.first().cloned();
            chain.push(stored.clone());
        }
        chain.reverse();
        Ok(chain)
    }

    fn append(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended> {
        let mut shared = lock(&self.shared);
        let now = self.see(&shared, name)?;
        if now.as_deref() != expected {
            return Ok(Appended::Lost { now });
        }
        let id = shared.add(expected, draft);
        shared.refs.insert(name.to_owned(), id.clone());
        lock(&self.local).seen.insert(name.to_owned(), id.clone());
        Ok(Appended::Done(id))
    }

    fn identify(&self, previous: Option<&str>, draft: &Draft) -> Result<String> {
        Ok(stored(previous, draft).id)
    }

    fn chains(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        Ok(below(&lock(&self.shared).refs, prefix))
    }

    fn seen(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        Ok(below(&lock(&self.local).seen, prefix))
    }

    fn kept(&self, name: &str) -> Result<Option<String>> {
        Ok(lock(&self.local).kept.get(name).cloned())
    }

    fn keep(&self, name: &str, expected: Option<&str>, draft: &Draft) -> Result<Appended> {
        let mut shared = lock(&self.shared);
        let mut local = lock(&self.local);
        let now = local.kept.get(name).cloned();
        if now.as_deref() != expected {
            return Ok(Appended::Lost { now });
        }
        let id = shared.add(expected, draft);
        local.kept.insert(name.to_owned(), id.clone());
        Ok(Appended::Done(id))
    }

    fn forget(&self, name: &str, expected: &str) -> Result<bool> {
        let mut local = lock(&self.local);
        let found = local.kept.get(name).is_some_and(|now| now == expected);
        if found {
            local.kept.remove(name);
        }
        Ok(found)
    }
}

impl Shared {
    fn add(&mut self, previous: Option<&str>, draft: &Draft) -> String {
        let stored = stored(previous, draft);
        let id = stored.id.clone();
        self.commits.insert(id.clone(), stored);
        id
    }
}

fn stored(previous: Option<&str>, draft: &Draft) -> Stored {
    let mut stored = Stored {
        id: String::new(),
        parents: previous.into_iter().map(str::to_owned).collect(),
        message: draft.message.clone(),
        author: draft.actor.signature(),
        time: Timestamp::from_second(draft.time.as_second()).unwrap_or(draft.time),
        files: draft.files.clone(),
    };
    stored.id = id(&stored);
    stored
}

fn id(stored: &Stored) -> String {
    let mut hash = Sha256::new();
    let mut put = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    put(&(stored.parents.len() as u64).to_be_bytes());
    for parent in &stored.parents {
        put(parent.as_bytes());
    }
    put(stored.message.as_bytes());
    put(stored.author.as_bytes());
    put(&stored.time.as_nanosecond().to_be_bytes());
    for (path, content) in &stored.files {
        put(path.as_bytes());
        put(content);
    }
    hash.finalize().iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

fn below(refs: &BTreeMap<String, String>, prefix: &str) -> BTreeMap<String, String> {
    let below = refs.iter().filter(|(name, _)| name.starts_with(prefix));
    below.map(|(name, tip)| (name.clone(), tip.clone())).collect()
}

/// The environment that a ref's name ends with.
pub(crate) fn environment_of(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
