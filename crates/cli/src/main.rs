//! `suimon`: from a Git repository to a plan and an apply.

mod args;
mod commands;
mod console;
mod failure;
mod progress;
mod session;
mod signals;
mod wiring;
mod worker;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let console = console::Console::new(&cli.global);
    match commands::run(&cli, &console) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            console.fail(&failure);
            ExitCode::from(failure.code)
        }
    }
}
