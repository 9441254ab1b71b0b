//! The append-only, hash-chained history of an environment, in a Git ref.
//!
//! # Guarantees
//! Every record is a commit that follows the one before it, so that its id vouches for all before it.
//! Appends are compare-and-swap. The last record that this machine has seen of each ledger is kept: a
//! ledger that does not continue it is an error in every command. Each record names the last records of
//! the other ledgers that its writer had seen.
//!
//! # Caveats
//! A rewrite of a whole ledger whose records are not signed, consistent in itself, cannot be found in a
//! fresh clone that has seen nothing and where no other ledger names its records. Signed records, any
//! other clone and any other ledger find it. Of the last record of such a ledger nothing but what was
//! seen and what others name tells whether it is the one that was written. Whoever can write to the
//! refs of this machine can also make it forget what it has seen.

mod approvals;
mod canonical;
mod chain;
mod codec;
mod error;
mod git;
mod history;
mod lease;
mod ledger;
mod link;
mod memory;
mod message;
mod pending;
mod proof;
mod record;
mod rules;
mod run;
mod sign;
mod store;
mod verify;

pub use approvals::{APPROVAL_REFS, Approvals};
pub use codec::{RECORD_BYTES, RECORDS};
pub use error::{Error, Result};
pub use git::{CHAIN_BYTES, GitStore};
pub use history::{Applied, Closed, Held, History, OpenRun, PinRecord, Recorded};
pub use lease::{Liveness, Process};
pub use ledger::{Entry, LEDGER_REFS, Ledger};
pub use memory::MemoryStore;
pub use proof::ProvedRelease;
pub use record::{Actor, Attempt, Event, HealthSummary, Lease, RECORD_FORMAT, Record, Trigger};
pub use run::{Basis, Opening, Run};
pub use sign::{LEDGER_NAMESPACE, Signer, Signing};
pub use store::{Appended, Draft, Store, Stored};
pub use verify::{GateAt, Outside, Problem, Verification, verify};
