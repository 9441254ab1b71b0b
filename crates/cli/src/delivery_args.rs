//! The command line of promotion, gates, approvals and the ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::ScopeArgs;

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The environment; all of them by default.
    #[arg(value_name = "ENV")]
    pub(crate) environment: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Tell what the ledgers say only; nothing live is read.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Write the health that was seen into the ledger: what was proved and is not healthy any more is
    /// not promoted.
    #[arg(long, conflicts_with = "offline")]
    pub(crate) record: bool,
    /// Most requests in flight at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallelism: u16,
}

#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// The environment that has proved the release.
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// The environment that comes next in the pipeline.
    #[arg(value_name = "TO")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) how: ProposalArgs,
    /// Wait behind an open promotion of another release instead of taking its place.
    #[arg(long, conflicts_with_all = ["commit", "dry_run"])]
    pub(crate) queue: bool,
    /// Most requests in flight at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallelism: u16,
}

/// What becomes of a change of `release.yaml`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProposalArgs {
    /// Open a change on the forge, or update the open one (the default).
    #[arg(long, conflicts_with_all = ["commit", "dry_run"])]
    pub(crate) pr: bool,
    /// Make one commit on the current branch.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) commit: bool,
    /// Print it; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// Digest of the plan that is approved: `suimon plan ENV` and `suimon gate ENV` print it.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) plan: String,
    /// The role to approve in.
    #[arg(long)]
    pub(crate) role: String,
    /// The SSH key to sign with: a private key, or a public key whose private key an agent holds; Git's
    /// `user.signingKey` by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Who approves, as the allowed signers know them; found by the key by default.
    #[arg(long, value_name = "PRINCIPAL")]
    pub(crate) principal: Option<String>,
    /// It is the plan of a rollback: what is still missing is judged by its shortened gate.
    #[arg(long)]
    pub(crate) rollback: bool,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Judge as for a rollback.
    #[arg(long)]
    pub(crate) rollback: bool,
    /// Say that an apply which broke the glass was seen: id of its record.
    #[arg(long, value_name = "RECORD")]
    pub(crate) acknowledge: Option<String>,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// Prove the chain, the signatures, and that every applied revision exists.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Only the last records.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// The release to go back to, by name or by the start of its identity; the last proved one before
    /// the present one by default.
    #[arg(long, value_name = "RELEASE")]
    pub(crate) to: Option<String>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Let the environment follow its declaration again, without a rollback.
    #[arg(long, conflicts_with_all = ["to", "reason", "commit", "dry_run", "pr"])]
    pub(crate) unpin: bool,
    #[command(flatten)]
    pub(crate) how: ProposalArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(subcommand)]
    pub(crate) command: ReleaseCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Pin artifacts in the release of the first environment of the pipeline.
    Set(ReleaseSetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseSetArgs {
    /// `NAME=IMAGE@sha256:DIGEST`; may be given more than once.
    #[arg(value_name = "NAME=IMAGE", required = true)]
    pub(crate) artifacts: Vec<String>,
    /// The environment; the first of the pipeline by default, and no other takes artifacts but by promotion.
    #[arg(long, value_name = "ENV")]
    pub(crate) environment: Option<String>,
    /// Make one commit on the current branch.
    #[arg(long)]
    pub(crate) commit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CiArgs {
    /// The commit that the change starts from; told by the pipeline's environment by default.
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,
    /// The last commit of the change; told by the pipeline's environment by default.
    #[arg(long, value_name = "REF")]
    pub(crate) head: Option<String>,
    /// The change's number on the forge; told by the pipeline's environment by default.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) change: Option<u64>,
    /// Write no comment and no status.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Most requests in flight at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallelism: u16,
}

/// How a run takes and passes the lock and the gate.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// Do not ask.
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// Take the environment over from a run that did not end; say so only when you know that it is gone.
    #[arg(long)]
    pub(crate) take_over: bool,
    /// Go through a closed gate where the gate allows it: why. It is recorded, and shown until somebody
    /// acknowledges it.
    #[arg(long, value_name = "REASON")]
    pub(crate) break_glass: Option<String>,
}
