//! What the ledgers of the other environments say.

use std::collections::{BTreeMap, BTreeSet};

use super::Problem;
use crate::link;
use crate::{LEDGER_REFS, Result, Store, Stored};

/// The other ledgers, as they were before this one was read: what they name of it has to be in it.
pub(super) struct Others {
    chains: BTreeMap<String, Result<Chain, String>>,
}

struct Chain {
    tip: Option<String>,
    ids: BTreeSet<String>,
    /// Records of the ledger that is verified, with the record that names them.
    named: Vec<(String, String)>,
}

impl Others {
    pub(super) fn read(store: &dyn Store, environment: &str) -> Result<Self> {
        let mut chains = BTreeMap::new();
        for name in store.chains(LEDGER_REFS)?.into_keys() {
            let other = name.strip_prefix(LEDGER_REFS).unwrap_or(&name);
            if other != environment {
                let chain = super::read(store, &name)?;
                let chain = chain.map(|chain| Chain::new(&chain, environment));
                chains.insert(other.to_owned(), chain);
            }
        }
        Ok(Self { chains })
    }

    /// What does not agree: `ids` are the records of the ledger that is verified, `witnessed` what they
    /// name of other ones.
    pub(super) fn compare(
        mut self,
        store: &dyn Store,
        environment: &str,
        ids: &[String],
        witnessed: &BTreeSet<(String, String, String)>,
    ) -> Result<Vec<Problem>> {
        let mut problems = Vec::new();
        let here: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        for (other, chain) in &self.chains {
            match chain {
                Err(why) => problems.push(problem(
                    None,
                    format!("it cannot be held against the ledger of {other}: {why}"),
                )),
                Ok(chain) => {
                    let named =
                        chain.named.iter().find(|(named, _)| !here.contains(named.as_str()));
                    if let Some((named, by)) = named {
                        let what = format!("{named} is gone, which record {by} of {other} names");
                        problems.push(problem(None, what));
                    }
                }
            }
        }
        let mut said = BTreeSet::new();
        for (other, id, by) in witnessed {
            if !self.has(store, environment, other, id)? && said.insert((other, id)) {
                let what = format!("it names {id} of {other}, which that ledger does not have");
                problems.push(problem(Some((by, ids)), what));
            }
        }
        Ok(problems)
    }

    /// Whether another ledger has a record; it may have come after it was first read.
    fn has(&mut self, store: &dyn Store, environment: &str, other: &str, id: &str) -> Result<bool> {
        let has = |chain: Option<&Result<Chain, String>>| match chain {
            Some(Ok(chain)) => chain.ids.contains(id),
            // It was said already that it cannot be compared.
            Some(Err(_)) => true,
            None => false,
        };
        if other == environment || has(self.chains.get(other)) {
            return Ok(other != environment);
        }
        let name = format!("{LEDGER_REFS}{other}");
        let known = self.chains.get(other).and_then(|chain| chain.as_ref().ok());
        let Ok(now) = store.tip(&name) else { return Ok(false) };
        if known.is_some_and(|known| known.tip == now) || now.is_none() {
            return Ok(false);
        }
        let chain = super::read(store, &name)?;
        self.chains.insert(other.to_owned(), chain.map(|chain| Chain::new(&chain, environment)));
        Ok(has(self.chains.get(other)))
    }
}

impl Chain {
    fn new(chain: &[Stored], environment: &str) -> Self {
        let mut named = Vec::new();
        for stored in chain {
            if let Ok(record) = link::record(stored)
                && let Some(id) = record.witnessed.get(environment)
            {
                named.push((id.clone(), stored.id.clone()));
            }
        }
        Self {
            tip: chain.last().map(|last| last.id.clone()),
            ids: chain.iter().map(|one| one.id.clone()).collect(),
            named,
        }
    }
}

fn problem(at: Option<(&String, &[String])>, what: String) -> Problem {
    let number = at.and_then(|(id, ids)| ids.iter().position(|one| one == id));
    Problem {
        record: at.map(|(id, _)| id.clone()),
        number: number.map(|index| index as u64 + 1),
        what,
    }
}
