//! `builds`: how long a developer waits.

use std::fs::{File, FileTimes};
use std::time::SystemTime;

use super::measure::Job;
use super::report::{Goal, Report};
use super::tools::{Tools, cargo, root};
use super::{Error, Result};

/// What is touched before a build: the outermost crate, and the innermost.
const TOUCHED: [&str; 2] = ["crates/cli/src/main.rs", "crates/model/src/lib.rs"];

pub(crate) fn run(tools: &Tools, report: &mut Report) -> Result<()> {
    let root = root();
    let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
    let build = |what: &[&str]| {
        Job::new(&cargo(), &root)
            .args(["build", "--locked"])
            .args(what.iter().copied())
            .env("CARGO_TARGET_DIR", folder.path())
    };
    let debug = build(&["--workspace"]);
    let clean = debug.run()?;
    report.contender("clean", &debug.line(), std::slice::from_ref(&clean))?;
    report.number("clean build of the workspace", &[clean.wall], " s", Goal::None)?;
    for path in TOUCHED {
        let mut samples = Vec::new();
        for _ in 0..tools.rounds {
            let now = FileTimes::new().set_modified(SystemTime::now());
            File::options()
                .append(true)
                .open(root.join(path))
                .and_then(|file| file.set_times(now))
                .map_err(Error::io(format!("touch {path}")))?;
            samples.push(debug.run()?);
        }
        report.contender(&format!("after {path}"), &debug.line(), &samples)?;
        let walls: Vec<f64> = samples.iter().map(|sample| sample.wall).collect();
        report.number(&format!("build after a change of {path}"), &walls, " s", Goal::None)?;
    }
    let release = build(&["--package", "suimon", "--release"]);
    report.contender("clean, release", &release.line(), &[release.run()?])
}
