//! `start`: how soon the binary is there, and how large it is.

use std::process::Command;
use std::time::Instant;

use super::report::{Goal, Report};
use super::tools::Tools;
use super::{Error, Result};

/// Runs in a round: one run takes a few milliseconds.
const RUNS: usize = 20;

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    let mut walls = Vec::new();
    for _ in 0..RUNS * tools.rounds {
        let start = Instant::now();
        let output = Command::new(&tools.suimon).arg("--version").output();
        let wall = start.elapsed();
        let output = output.map_err(Error::io("run suimon --version"))?;
        if !output.status.success() || !output.stdout.starts_with(b"suimon ") {
            return Err(Error::Different("`suimon --version` says no version".to_owned()));
        }
        walls.push(wall.as_secs_f64() * 1000.0);
    }
    report.number("suimon --version", &walls, " ms", Goal::AtMost(10.0))?;
    let file = tools.suimon.metadata().map_err(Error::io("look at the binary"))?;
    report.number("size of the binary", &[file.len() as f64 / 1e6], " MB", Goal::AtMost(60.0))
}
