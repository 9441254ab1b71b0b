//! [`Approvals`]: the signed statements of approvers, in a chain of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use suimon_gate::{SignedApproval, Statement};

use crate::codec::RECORDS;
use crate::message::line;
use crate::{Actor, Appended, Draft, Error, Result, Store, Stored};

/// Where the approvals of an environment are: `refs/suimon/approvals/<env>`.
pub const APPROVAL_REFS: &str = "refs/suimon/approvals/";

/// Most bytes of a statement, and of its signature.
const APPROVAL_BYTES: usize = 64 * 1024;

/// How often an append begins again because another writer was faster.
const ATTEMPTS: usize = 64;

const STATEMENT_FILE: &str = "approval.json";
const SIGNATURE_FILE: &str = "approval.json.sig";

/// The approvals of one environment.
///
/// # Guarantees
/// What is read is what was appended, to the byte; nothing about it is believed: the gate judges it.
#[derive(Clone)]
pub struct Approvals {
    store: Arc<dyn Store>,
    project: String,
    environment: String,
}

impl Approvals {
    /// The approvals of an environment.
    pub fn new(
        store: Arc<dyn Store>,
        project: impl Into<String>,
        environment: impl Into<String>,
    ) -> Self {
        Self { store, project: project.into(), environment: environment.into() }
    }

    /// All of them, oldest first, also those of other plans.
    ///
    /// # Errors
    /// The store cannot be asked, or the chain does not continue what this machine has seen of it.
    pub fn read(&self) -> Result<Vec<SignedApproval>> {
        let Some(tip) = self.store.tip(&self.name())? else { return Ok(Vec::new()) };
        Ok(self.chain(&tip)?.iter().map(signed).collect())
    }

    /// Appends one: its commit id. One that is there already is not appended again.
    ///
    /// # Errors
    /// As [`read`](Self::read); and it cannot be written, or is larger than 64 KiB.
    pub fn append(
        &self,
        approval: &SignedApproval,
        actor: &Actor,
        time: Timestamp,
    ) -> Result<String> {
        if approval.statement.len().max(approval.signature.len()) > APPROVAL_BYTES {
            let why =
                format!("an approval is larger than {APPROVAL_BYTES} bytes, which is the limit");
            return Err(Error::TooLarge(why));
        }
        let draft = self.draft(approval, actor, time);
        for _ in 0..ATTEMPTS {
            let tip = self.store.tip(&self.name())?;
            let chain = match &tip {
                Some(tip) => self.chain(tip)?,
                None => Vec::new(),
            };
            if let Some(known) = chain.iter().find(|one| signed(one) == *approval) {
                return Ok(known.id.clone());
            }
            if let Appended::Done(id) = self.store.append(&self.name(), tip.as_deref(), &draft)? {
                return Ok(id);
            }
        }
        Err(Error::Contention)
    }

    fn draft(&self, approval: &SignedApproval, actor: &Actor, time: Timestamp) -> Draft {
        let what = match serde_json::from_str::<Statement>(&approval.statement) {
            Ok(said) => format!("{} approves {} as {}", said.principal, said.digest, said.role),
            Err(_) => "an approval".to_owned(),
        };
        let environment = line(&self.environment);
        let message = format!(
            "{environment}: {}\n\nSuimon-Approvals: {}/{environment}\n",
            line(&what),
            line(&self.project)
        );
        let files = BTreeMap::from([
            (STATEMENT_FILE.to_owned(), approval.statement.clone().into_bytes()),
            (SIGNATURE_FILE.to_owned(), approval.signature.clone().into_bytes()),
        ]);
        Draft { message, actor: actor.settled(), time, files }
    }

    fn chain(&self, tip: &str) -> Result<Vec<Stored>> {
        let chain = self.store.chain(tip, None)?;
        if chain.len() > RECORDS {
            let why = format!("there are more than {RECORDS} approvals, which is the limit");
            return Err(Error::TooLarge(why));
        }
        Ok(chain)
    }

    fn name(&self) -> String {
        format!("{APPROVAL_REFS}{}", self.environment)
    }
}

/// What a commit says. Where it is no approval, the gate refuses it: a missing file is an empty one.
fn signed(stored: &Stored) -> SignedApproval {
    let text = |name: &str| {
        let bytes = stored.files.get(name).map(Vec::as_slice).unwrap_or_default();
        let bytes = if bytes.len() > APPROVAL_BYTES { &[] } else { bytes };
        String::from_utf8_lossy(bytes).into_owned()
    };
    SignedApproval { statement: text(STATEMENT_FILE), signature: text(SIGNATURE_FILE) }
}

impl std::fmt::Debug for Approvals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Approvals")
            .field("project", &self.project)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
