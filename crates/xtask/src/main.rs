//! What CI and developers run: `cargo xtask test`, `cargo xtask ci`, `cargo xtask bench`.

mod bench;
mod command;
mod openapi;
mod step;
mod tiers;
mod venv;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut message = format!("error: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(deeper) = cause {
                message.push_str(&format!(": {deeper}"));
                cause = deeper.source();
            }
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}
