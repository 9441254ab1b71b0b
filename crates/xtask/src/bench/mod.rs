//! `cargo xtask bench`: suimon next to what it is measured against, in ratios from interleaved runs.
//!
//! `docs/benchmarks.md` says what each number means. Contenders take turns, so that a machine that is
//! busy is busy for all of them; what they produce is compared, and a bench whose contenders did
//! different work fails.

mod account;
mod audit;
mod aws_ecs;
mod aws_secrets;
mod builds;
mod error;
mod first_apply;
mod hundred_thousand;
mod measure;
mod moto;
mod no_change;
mod objects;
mod project;
mod proxy;
mod render;
mod report;
mod server;
mod start;
mod stats;
mod tools;

use std::path::PathBuf;

pub(crate) use error::{Error, Result};
use report::Report;
use tools::Tools;

use crate::step::say;

/// A bench: its name, whether it runs without being named, and how it runs.
type Bench = (&'static str, bool, fn(&Tools, &mut Report) -> Result<()>);

const BENCHES: &[Bench] = &[
    ("start", true, start::run),
    ("render", true, render::run),
    ("no-change-plan", true, no_change::run),
    ("first-apply", true, first_apply::run),
    ("hundred-thousand", true, hundred_thousand::run),
    ("aws-ecs", true, aws_ecs::run),
    ("aws-secrets", true, aws_secrets::run),
    ("builds", false, builds::run),
];

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    names: Vec<String>,
    rounds: usize,
    binary: Option<PathBuf>,
}

impl Default for Request {
    fn default() -> Self {
        let names = BENCHES.iter().filter(|bench| bench.1).map(|bench| bench.0.to_owned());
        Self { names: names.collect(), rounds: 5, binary: None }
    }
}

/// Runs the benches that the arguments name, or all that run without being named.
///
/// # Errors
/// The arguments are wrong, a bench could not run, contenders did different work, or a goal was
/// missed. A bench whose tools are not there is skipped with a line that says so.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let request = parse(arguments)?;
    let tools = Tools::find(request.binary, request.rounds)?;
    for line in tools.versions() {
        say(&line)?;
    }
    let mut report = Report::default();
    for (name, _, bench) in
        BENCHES.iter().filter(|bench| request.names.iter().any(|n| n == bench.0))
    {
        say(&format!("\n{name}"))?;
        match bench(&tools, &mut report) {
            Err(Error::Missing(what)) => say(&format!("  skipped: {what}"))?,
            other => other?,
        }
    }
    report.end()
}

fn parse(arguments: &[&str]) -> Result<Request> {
    let mut request = Request::default();
    let mut names = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--rounds" => {
                let rounds = rest.next().and_then(|text| text.parse().ok());
                request.rounds = rounds
                    .filter(|rounds| *rounds > 0)
                    .ok_or_else(|| Error::Usage("--rounds wants a number above 0".to_owned()))?;
            }
            "--binary" => {
                let path = rest.next();
                let path = path.ok_or_else(|| Error::Usage("--binary wants a path".to_owned()))?;
                request.binary = Some(PathBuf::from(path));
            }
            name if BENCHES.iter().any(|bench| bench.0 == name) => names.push(name.to_owned()),
            unknown => {
                let known: Vec<&str> = BENCHES.iter().map(|bench| bench.0).collect();
                let known = known.join(", ");
                return Err(Error::Usage(format!(
                    "there is no bench `{unknown}`; there are {known}"
                )));
            }
        }
    }
    if !names.is_empty() {
        request.names = names;
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_runs_but_what_must_be_named() {
        let all = parse(&[]).unwrap();
        assert_eq!(all, Request::default());
        assert!(all.names.contains(&"render".to_owned()));
        assert!(!all.names.contains(&"builds".to_owned()));
        let named = parse(&["builds", "--rounds", "7", "--binary", "/bin/suimon"]).unwrap();
        let expected = Request {
            names: vec!["builds".to_owned()],
            rounds: 7,
            binary: Some(PathBuf::from("/bin/suimon")),
        };
        assert_eq!(named, expected);
    }

    #[test]
    fn arguments_that_mean_nothing_are_refused() {
        for (arguments, message) in [
            (
                &["rendre"][..],
                "there is no bench `rendre`; there are start, render, no-change-plan, first-apply, hundred-thousand, aws-ecs, aws-secrets, builds",
            ),
            (&["--rounds"], "--rounds wants a number above 0"),
            (&["--rounds", "0"], "--rounds wants a number above 0"),
            (&["--binary"], "--binary wants a path"),
        ] {
            assert_eq!(parse(arguments).unwrap_err().to_string(), message);
        }
    }
}
