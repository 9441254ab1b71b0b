//! [`Step`]: one program that is run, with its progress on stdout.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Instant;

use crate::tiers::Tier;

/// Why xtask stops.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments name nothing that xtask does.
    #[error("these arguments mean nothing here\n\n{0}")]
    Usage(&'static str),
    /// A step ran and was not content.
    #[error("step `{name}` failed ({status}): {command}")]
    Failed {
        /// The step.
        name: &'static str,
        /// How its program ended.
        status: ExitStatus,
        /// How to run it alone.
        command: String,
    },
    /// A step's program did not start.
    #[error("step `{name}` did not start")]
    NotStarted {
        /// The step.
        name: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Where everything must be tested, something cannot be.
    #[error("tier `{name}` cannot run, and CI is set: {why}")]
    Tier {
        /// The tier.
        name: &'static str,
        /// Why, and how to get it.
        why: String,
    },
    /// A bench did not go well.
    #[error(transparent)]
    Bench(#[from] crate::bench::Error),
    /// Nobody reads what xtask says.
    #[error("cannot write to stdout")]
    Output(#[from] io::Error),
}

/// Finds out what this machine can run.
type FindTiers = fn() -> Result<Vec<Tier>, Error>;

/// One run of cargo.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    name: &'static str,
    arguments: Vec<String>,
    variables: Vec<(&'static str, &'static str)>,
    tiers: Option<FindTiers>,
}

impl Step {
    /// Cargo with these arguments.
    pub(crate) fn cargo<const N: usize>(name: &'static str, arguments: [&str; N]) -> Self {
        let step = Self { name, arguments: Vec::new(), variables: Vec::new(), tiers: None };
        step.arguments(&arguments)
    }

    /// More arguments.
    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// An environment variable.
    pub(crate) fn env(mut self, variable: &'static str, value: &'static str) -> Self {
        self.variables.push((variable, value));
        self
    }

    /// Tests that run or are skipped; which of the two is found out and said before the step starts.
    pub(crate) fn tiers(mut self, tiers: FindTiers) -> Self {
        self.tiers = Some(tiers);
        self
    }

    fn command_line(&self) -> String {
        let variables = self.variables.iter().map(|(name, value)| format!("{name}=\"{value}\" "));
        format!("{}cargo {}", variables.collect::<String>(), self.arguments.join(" "))
    }

    fn command(&self, tiers: &[Tier]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        command.current_dir(root.unwrap_or(Path::new(".")));
        command.args(&self.arguments).envs(self.variables.iter().copied());
        for tier in tiers {
            match &tier.value {
                Ok(value) => command.env(tier.variable, value),
                Err(_) => command.env_remove(tier.variable),
            };
        }
        command
    }
}

/// Runs the steps in order, until one fails.
pub(crate) fn run_all(steps: &[Step]) -> Result<(), Error> {
    for (number, step) in (1..).zip(steps) {
        say(&format!("==> [{number}/{}] {}: {}", steps.len(), step.name, step.command_line()))?;
        let tiers = step.tiers.map_or(Ok(Vec::new()), |tiers| tiers())?;
        for tier in &tiers {
            let name = tier.name;
            match &tier.value {
                Ok(value) => say(&format!("==> tier `{name}` runs: {}", value.display()))?,
                Err(why) => say(&format!("==> tier `{name}` is skipped: {why}"))?,
            }
        }
        let start = Instant::now();
        let status = step.command(&tiers).status();
        let status = status.map_err(|source| Error::NotStarted { name: step.name, source })?;
        if !status.success() {
            return Err(Error::Failed { name: step.name, status, command: step.command_line() });
        }
        say(&format!("==> {} done in {:.1} s", step.name, start.elapsed().as_secs_f64()))?;
    }
    Ok(())
}

/// Prints a line at once, so that it comes before what the next program prints.
pub(crate) fn say(line: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}
