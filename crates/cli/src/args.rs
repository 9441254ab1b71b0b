//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use suimon_model::ResourceId;

use crate::delivery_args::{
    ApproveArgs, CiArgs, GateArgs, HistoryArgs, PromoteArgs, ReleaseArgs, RollbackArgs, RunArgs,
    StatusArgs,
};

/// Declarative GitOps reconciliation: from a Git repository to a plan and an apply.
#[derive(Debug, Parser)]
#[command(name = "suimon", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done or no change, 1 error or refused, 2 changes (plan \
--detailed-exitcode), 3 held by a gate, 4 stale plan or conflict, 5 applied in part, 130 interrupted.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Work in this folder.
    #[arg(short = 'C', long = "chdir", value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Read this repository instead of the folder: a path or an https, ssh or file URL.
    #[arg(long, value_name = "URL|PATH", global = true)]
    pub(crate) repo: Option<String>,
    /// Read this branch, tag or commit.
    #[arg(long, value_name = "REF", global = true)]
    pub(crate) revision: Option<String>,
    /// When to use colour.
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", global = true)]
    pub(crate) color: Color,
    /// Say more; twice for even more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// Format of progress and log lines on standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", global = true)]
    pub(crate) log_format: LogFormat,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first project into this folder, ready to plan.
    Init(InitArgs),
    /// Check files, schemas, templates, references and order: every error in one run.
    Validate(ValidateArgs),
    /// Print what an environment declares; nothing live is read.
    Render(RenderArgs),
    /// Print the dependency graph of an environment.
    Graph(GraphArgs),
    /// Show what apply would do.
    Plan(PlanArgs),
    /// Make the live state match the configuration.
    Apply(ApplyArgs),
    /// Show the pipeline: each environment's release, age, health, drift, gate and next step.
    Status(StatusArgs),
    /// Move what one environment has proved to the next one.
    Promote(PromoteArgs),
    /// Sign a plan as one who may approve it.
    Approve(ApproveArgs),
    /// Explain what an environment's gate wants, line by line, what is missing and who can give it.
    Gate(GateArgs),
    /// Print the record of what was done to an environment, by whom, and who allowed it.
    History(HistoryArgs),
    /// Go back to the last release that was proved, and stay there until the revert is merged.
    Rollback(RollbackArgs),
    /// Change the release of the first environment.
    Release(ReleaseArgs),
    /// Check a change in a pipeline: plans, comments and statuses for every environment that it touches.
    Ci(CiArgs),
    /// Write declarations for what is live, and mark it as managed by an environment.
    Import(ImportArgs),
    /// Show what two environments run differently, whatever their platforms.
    Compare(CompareArgs),
    /// Serve Kubernetes and AWS APIs on loopback until Ctrl-C.
    Sandbox(SandboxArgs),
    /// Tell the whole story on an embedded sandbox: plan, apply, drift, repair, on ECS and on EKS.
    Demo(DemoArgs),
    /// Runs templates for a parent process, under limits.
    #[command(hide = true, name = "render-worker")]
    RenderWorker,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The project's name; the folder's name by default.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The kubeconfig context that the first environment applies to; `dev` by default, which is what
    /// `suimon sandbox` serves.
    #[arg(long)]
    pub(crate) context: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Environments; all of them by default.
    #[arg(value_name = "ENV")]
    pub(crate) environments: Vec<String>,
    /// Print the problems as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// Output format.
    #[arg(short, long, value_enum, default_value_t = RenderFormat::Yaml)]
    pub(crate) output: RenderFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderFormat {
    /// YAML documents.
    Yaml,
    /// One JSON object of kind List, which `kubectl` reads too.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// Output format.
    #[arg(long, value_enum, default_value_t = GraphFormat::Tree)]
    pub(crate) format: GraphFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Indented text.
    Tree,
    /// Graphviz.
    Dot,
    /// Mermaid.
    Mermaid,
    /// JSON.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// Save the plan to a file that `suimon apply FILE` takes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
    /// Exit with 2 when there are changes.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Only what something else wrote; nothing that Git changed.
    #[arg(long, conflicts_with = "out")]
    pub(crate) drift_only: bool,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

/// What a plan looks at.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScopeArgs {
    /// Only this object and what it depends on; may be given more than once.
    #[arg(long = "target", value_name = "ID", num_args = 1..)]
    pub(crate) targets: Vec<ResourceId>,
    /// Take over objects that another engine owns.
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Take over fields that other managers own.
    #[arg(long)]
    pub(crate) force_conflicts: bool,
    /// Most requests in flight at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallelism: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// Text for a terminal.
    Text,
    /// JSON; `docs/json-output.md` describes it.
    Json,
    /// Markdown for a pull-request comment.
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// An environment, or a file that `plan --out` wrote.
    #[arg(value_name = "ENV|PLANFILE")]
    pub(crate) subject: String,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Wait until everything is healthy (the default).
    #[arg(long, overrides_with = "no_wait")]
    pub(crate) wait: bool,
    /// Done means written, not healthy.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// How long one object may take to become healthy, such as 90s or 1h; 10m by default, and more
    /// for what is known to be slow (an EKS cluster).
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Confirm deletes beyond the environment's limits by the digest of exactly that list.
    #[arg(long, value_name = "DIGEST")]
    pub(crate) confirm_deletes: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The environment.
    #[arg(value_name = "ENV")]
    pub(crate) environment: String,
    /// What to import: `Kind[.group]/[namespace/]name`, `Namespace/NAME` for everything in it, or an ARN. An ECS
    /// service (`Service.ecs.services.k8s.aws/CLUSTER/NAME`) comes with its task definition and what scales it.
    #[arg(value_name = "ID", required_unless_present = "ecspresso")]
    pub(crate) names: Vec<String>,
    /// Read the files of ecspresso instead: `ecspresso.yml`, or the folder that it is in.
    #[arg(long, value_name = "PATH", conflicts_with = "names")]
    pub(crate) ecspresso: Option<PathBuf>,
    /// Name of the file in the environment's manifests, without its ending.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Print the manifests; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the manifests, and leave what is live unmarked: the next apply takes it over.
    #[arg(long)]
    pub(crate) no_mark: bool,
    /// Most requests in flight at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) parallelism: u16,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The first environment.
    #[arg(value_name = "ENV")]
    pub(crate) left: String,
    /// The second environment.
    #[arg(value_name = "ENV")]
    pub(crate) right: String,
    /// Also what the declared inputs explain.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 2 when there are differences.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// First of the ports to listen on; free ones by default.
    #[arg(long, value_name = "N")]
    pub(crate) port_base: Option<u16>,
    /// Names of the clusters (contexts).
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "dev,stg,prod")]
    pub(crate) clusters: Vec<String>,
    /// Write the kubeconfig here.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Leave the sandbox up at the end, until Ctrl-C.
    #[arg(long)]
    pub(crate) keep: bool,
}

/// Parses `90s`, `10m`, `1h30m`, or plain seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration such as 90s, 10m or 1h30m");
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations() {
        let cases = [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("1h30m", Some(5400)),
            ("45", Some(45)),
            ("-5s", None),
            ("soon", None),
            ("", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(text).ok().map(|d| d.as_secs()), seconds, "{text:?}");
        }
    }
}
