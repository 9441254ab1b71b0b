//! [`Changes`]: the rules of the local forge.

use jiff::Timestamp;

use super::files::{ChangeFile, Files, StateFile};
use super::{BODY, Documents, Version, unreadable};
use crate::{Change, ChangeState, Error, Proposal, Result, text};

/// Longest title, in characters.
const TITLE: usize = 255;

/// The changes of one version of the files, brought up to date with the branches.
pub(super) struct Changes<'a> {
    documents: &'a dyn Documents,
    pub(super) files: Files,
}

impl<'a> Changes<'a> {
    pub(super) fn parse(documents: &'a dyn Documents, version: &Version) -> Result<Self> {
        let mut changes = Self { documents, files: Files::parse(&version.files)? };
        changes.catch_up()?;
        Ok(changes)
    }

    pub(super) fn account(&self) -> Result<String> {
        self.documents.account().map_err(unreadable)
    }

    /// Branches move without telling: an open change has its branch's commit as its head, and is merged once
    /// what was proposed, or what the branch has now, is in the base branch.
    fn catch_up(&mut self) -> Result<()> {
        for change in self.files.changes.values_mut() {
            if change.state != StateFile::Open {
                continue;
            }
            let documents = self.documents;
            let Some(base) = documents.tip(&change.base).map_err(unreadable)? else { continue };
            let within = |commit: &str| documents.is_ancestor(commit, &base).map_err(unreadable);
            if within(&change.head_commit)? {
                change.state = StateFile::Merged;
                continue;
            }
            if let Some(tip) = documents.tip(&change.head).map_err(unreadable)? {
                // A branch that was put back onto its base proposes nothing; that is no merge.
                let moved_on = documents.is_ancestor(&change.head_commit, &tip);
                if within(&tip)? {
                    if moved_on.map_err(unreadable)? {
                        change.state = StateFile::Merged;
                        change.head_commit = tip;
                    }
                } else {
                    change.head_commit = tip;
                }
            }
        }
        Ok(())
    }

    pub(super) fn open(&self, head: &str) -> Result<Option<Change>> {
        let open = |change: &&ChangeFile| change.head == head && change.state == StateFile::Open;
        Ok(self.files.changes.values().find(open).map(change))
    }

    pub(super) fn by_number(&self, number: u64) -> Result<Option<Change>> {
        Ok(self.files.changes.get(&number).map(change))
    }

    pub(super) fn existing(&self, number: u64) -> Result<Change> {
        self.by_number(number)?.ok_or_else(|| Error::Refused {
            what: format!("change {number}"),
            why: "there is no such change".to_owned(),
        })
    }

    pub(super) fn of_commit(&self, commit: &str) -> Result<Vec<Change>> {
        let mut found = Vec::new();
        for one in self.files.changes.values().rev() {
            let is =
                |commit: &str, of: &str| self.documents.is_ancestor(commit, of).map_err(unreadable);
            let brought = one.state == StateFile::Merged
                && is(commit, &one.head_commit)?
                && !is(commit, &one.base_commit)?;
            if one.head_commit == commit || brought {
                found.push(change(one));
            }
        }
        Ok(found)
    }

    pub(super) fn put(&mut self, proposal: &Proposal) -> Result<Change> {
        let refused = |why: String| Error::Refused {
            what: format!("propose {}", text::line(&proposal.head, 200)),
            why,
        };
        let tip = |branch: &str| {
            let tip = self.documents.tip(branch).map_err(unreadable)?;
            let why = || refused(format!("there is no branch `{}`", text::line(branch, 200)));
            tip.ok_or_else(why)
        };
        let (head_commit, base_commit) = (tip(&proposal.head)?, tip(&proposal.base)?);
        if self.documents.is_ancestor(&head_commit, &base_commit).map_err(unreadable)? {
            return Err(refused(format!("all of it is in `{}` already", proposal.base)));
        }
        let title = text::line(&proposal.title, TITLE);
        let body = text::body(&proposal.body, BODY);
        let open =
            |one: &&mut ChangeFile| one.head == proposal.head && one.state == StateFile::Open;
        if let Some(one) = self.files.changes.values_mut().find(open) {
            if one.base != proposal.base {
                one.base_commit = base_commit;
            }
            (one.title, one.body, one.head_commit) = (title, body, head_commit);
            one.base.clone_from(&proposal.base);
            return Ok(change(one));
        }
        let last = self.files.changes.keys().next_back().copied().unwrap_or_default();
        let one = ChangeFile {
            number: last.saturating_add(1),
            title,
            body,
            head: proposal.head.clone(),
            head_commit,
            base: proposal.base.clone(),
            base_commit,
            author: self.account()?,
            state: StateFile::Open,
            opened: Timestamp::now(),
        };
        let answer = change(&one);
        self.files.changes.insert(one.number, one);
        Ok(answer)
    }

    pub(super) fn close(&mut self, number: u64, why: &str) -> Result<()> {
        match self.existing(number)?.state {
            ChangeState::Open => {}
            ChangeState::Closed => return Ok(()),
            ChangeState::Merged => {
                return Err(Error::Refused {
                    what: format!("close change {number}"),
                    why: "it is merged already".to_owned(),
                });
            }
        }
        let author = self.account()?;
        self.files.comment(number, "closed", &author, &text::body(why, BODY))?;
        if let Some(one) = self.files.changes.get_mut(&number) {
            one.state = StateFile::Closed;
        }
        Ok(())
    }
}

fn change(file: &ChangeFile) -> Change {
    let state = match file.state {
        StateFile::Open => ChangeState::Open,
        StateFile::Merged => ChangeState::Merged,
        StateFile::Closed => ChangeState::Closed,
    };
    Change {
        number: file.number,
        url: format!("refs/suimon/forge:changes/{}.json", file.number),
        state,
        head: file.head.clone(),
        head_commit: file.head_commit.clone(),
        base: file.base.clone(),
        merge_commit: (state == ChangeState::Merged).then(|| file.head_commit.clone()),
        author: file.author.clone(),
        last_pusher: None,
        title: file.title.clone(),
        body: file.body.clone(),
    }
}
