//! One file per command.

mod apply;
mod approve;
mod ci;
mod compare;
mod demo;
mod gate;
mod graph;
mod history;
mod import;
mod init;
mod plan;
mod promote;
mod release;
mod render;
mod rollback;
mod sandbox;
mod status;
mod validate;

use std::future::Future;

pub(crate) use approve::counts;

use crate::args::{Cli, Command};
use crate::console::Console;
use crate::failure::Failure;
use crate::{session, worker};

/// Runs the command; the answer is the exit code.
pub(crate) fn run(cli: &Cli, console: &Console) -> Result<u8, Failure> {
    let open = || session::Session::open(&cli.global, console);
    match &cli.command {
        Command::RenderWorker => worker::run(),
        Command::Init(args) => init::run(args, &cli.global, console),
        Command::Validate(args) => validate::run(args, &open()?),
        Command::Render(args) => render::run(args, &open()?),
        Command::Graph(args) => graph::run(args, &open()?),
        Command::Plan(args) => logged(cli, console, async |session| plan::run(args, session).await),
        Command::Apply(args) => {
            logged(cli, console, async |session| apply::run(args, session).await)
        }
        Command::Status(args) => {
            logged(cli, console, async |session| status::run(args, session).await)
        }
        Command::Promote(args) => {
            logged(cli, console, async |session| promote::run(args, session).await)
        }
        Command::Approve(args) => {
            logged(cli, console, async |session| approve::run(args, session).await)
        }
        Command::Gate(args) => logged(cli, console, async |session| gate::run(args, session).await),
        Command::History(args) => history::run(args, cli.global.verbose > 0, &open()?),
        Command::Rollback(args) => {
            logged(cli, console, async |session| rollback::run(args, session).await)
        }
        Command::Release(args) => release::run(args, &open()?),
        Command::Ci(args) => logged(cli, console, async |session| ci::run(args, session).await),
        Command::Import(args) => {
            log(cli, console);
            let session = open()?;
            let folder = import_folder(cli)?;
            block_on(import::run(args, &session, &folder))
        }
        Command::Compare(args) => compare::run(args, &open()?),
        Command::Sandbox(args) => block_on(sandbox::run(args, &cli.global, console)),
        Command::Demo(args) => block_on(demo::run(args, &cli.global, console)),
    }
}

/// Where an import writes: the folder, which a repository that is read without a checkout does not have.
fn import_folder(cli: &Cli) -> Result<std::path::PathBuf, Failure> {
    let global = &cli.global;
    if global.repo.is_some() || global.revision.is_some() {
        let what =
            "an import writes files, so it works in a folder: leave --repo and --revision out";
        return Err(Failure::new(what));
    }
    Ok(global.directory.clone().unwrap_or_else(|| ".".into()))
}

/// Runs a command that talks to APIs.
fn logged(
    cli: &Cli,
    console: &Console,
    work: impl AsyncFnOnce(&session::Session<'_>) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    log(cli, console);
    let session = session::Session::open(&cli.global, console)?;
    block_on(work(&session))
}

fn block_on<F: Future<Output = Result<u8, Failure>>>(work: F) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("cannot start: {e}")))?;
    let end = runtime.block_on(work);
    // A question that nobody answered still reads from the terminal; nothing waits for it.
    runtime.shutdown_background();
    end
}

/// Library logs go to standard error with `-v`.
fn log(cli: &Cli, console: &Console) {
    use tracing_subscriber::EnvFilter;
    let level = match cli.global.verbose {
        0 => return,
        1 => {
            "suimon=info,suimon_provider_kubernetes=info,suimon_provider_aws=info,suimon_apply=info,suimon_engine=info"
        }
        // The SDK's own lines may hold whole requests, and those may hold secrets.
        _ => {
            "debug,hyper=info,hyper_util=info,h2=info,rustls=info,tower=info,aws_config=info,aws_runtime=info,\
             aws_sigv4=info,aws_smithy_runtime=info,aws_smithy_runtime_api=info,aws_smithy_http_client=info,\
             aws_sdk_ecs=info,aws_sdk_eks=info,aws_sdk_secretsmanager=info,aws_sdk_sts=info,\
             aws_sdk_applicationautoscaling=info"
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_ansi(console.note_style().color)
        .with_writer(std::io::stderr);
    let set = if cli.global.log_format == crate::args::LogFormat::Json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
    // Only a second subscriber fails, and there is one command per process.
    drop(set);
}
