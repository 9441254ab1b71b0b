//! The subcommands.

use crate::bench;
use crate::step::{self, Error, Step};
use crate::tiers;

const HELP: &str = "\
cargo xtask test [-- ARGS]   build and run every test; ARGS go to the test binaries
cargo xtask ci               format, lints, documentation, then the same tests: what .ci/run runs
cargo xtask bench [NAME...]  the numbers of docs/benchmarks.md; --rounds N, --binary PATH
cargo xtask help             this text
";

/// Runs the subcommand that the arguments name.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), Error> {
    let command = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (command.as_deref(), rest.as_slice()) {
        (Some("test"), []) => step::run_all(&test(&[])),
        (Some("test"), ["--", arguments @ ..]) => step::run_all(&test(arguments)),
        (Some("ci"), []) => step::run_all(&[checks(), test(&[])].concat()),
        (Some("bench"), arguments) => Ok(bench::run(arguments)?),
        (None | Some("help" | "--help" | "-h"), []) => step::say(HELP.trim_end()),
        _ => Err(Error::Usage(HELP)),
    }
}

/// Everything that can be said about the code without running it.
fn checks() -> Vec<Step> {
    let warnings = ["-D", "warnings"];
    vec![
        Step::cargo("format", ["fmt", "--all", "--check"]),
        Step::cargo("lints", ["clippy", "--workspace", "--all-targets", "--locked", "--"])
            .arguments(&warnings),
        Step::cargo("documentation", ["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    ]
}

/// Building and running the tests (which do not write snapshots that differ), with every tier that this machine can run.
fn test(arguments: &[&str]) -> Vec<Step> {
    let all = ["test", "--workspace", "--all-targets", "--locked"];
    let run = Step::cargo("run the tests", all)
        .env("INSTA_UPDATE", "no")
        .arguments(&["--"])
        .arguments(arguments)
        .tiers(tiers::all);
    vec![Step::cargo("build the tests", all).arguments(&["--no-run"]), run]
}
