//! `suimon`: from a Git repository to a plan and an apply.

mod args;
mod commands;
mod console;
mod deliver;
mod delivery_args;
mod failure;
mod ground;
mod progress;
mod session;
mod signals;
mod wiring;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match <args::Cli as clap::Parser>::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return usage(&answer),
    };
    let console = console::Console::new(&cli.global);
    match commands::run(&cli, &console) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            console.fail(&failure);
            ExitCode::from(failure.code)
        }
    }
}

/// Help and version are answers. A command line that makes no sense is an error like any other: clap's
/// own code for it, 2, means "changes" here.
fn usage(answer: &clap::Error) -> ExitCode {
    // A reader that went away has read enough.
    let _ = answer.print();
    if answer.use_stderr() { ExitCode::from(failure::ERROR) } else { ExitCode::SUCCESS }
}
