//! [`Account`]: an AWS account on this machine, whose calls are counted.

use std::path::PathBuf;

use super::measure::{Job, Sample};
use super::moto::{self, Moto};
use super::proxy::{Calls, Proxy, Rate};
use super::tools::Tools;
use super::{Error, Result};

/// The region of everything.
const REGION: &str = "ap-northeast-1";

/// A plain loop that reads one by one.
const LOOP: &str = include_str!("aws_loop.py");

/// An account of `moto`, behind a proxy.
#[derive(Debug)]
pub(crate) struct Account {
    python: PathBuf,
    proxy: Proxy,
    _moto: Moto,
}

impl Account {
    /// An empty one.
    ///
    /// # Errors
    /// `moto` cannot be installed, or does not start.
    pub(crate) fn start(tools: &Tools) -> Result<Self> {
        let bin = tools.aws_servers()?;
        let moto = Moto::start(&bin)?;
        let proxy = Proxy::start(moto.address())?;
        Ok(Self { python: bin.join("python"), proxy, _moto: moto })
    }

    /// The lines of an `environment.yaml` that target it.
    pub(crate) fn target() -> String {
        format!("  targets: {{aws: {{region: {REGION}, accountId: \"{}\"}}}}\n", moto::ACCOUNT)
    }

    /// A program with credentials of this account, and nothing else that concerns AWS.
    pub(crate) fn job(&self, job: Job) -> Job {
        job.without("AWS_")
            .env("AWS_ENDPOINT_URL", self.proxy.url())
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
            .env("AWS_SECRET_ACCESS_KEY", "bench")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// The plain loop over one API: `ecs`, `secrets`.
    pub(crate) fn plain_loop(&self, api: &str) -> Job {
        let script = ["-c", LOOP, api];
        self.job(Job::new(&self.python, "/".as_ref()).args(script))
            .named(format!("python aws_loop.py {api}"))
    }

    /// Runs a job and counts its calls.
    ///
    /// # Errors
    /// It was not content.
    pub(crate) fn count(&self, job: &Job) -> Result<(Sample, Calls)> {
        self.proxy.count();
        let sample = job.run()?;
        Ok((sample, self.proxy.calls()))
    }

    /// Runs a job that asks what the last one asked, of an account that takes so many calls.
    ///
    /// # Errors
    /// It was not content.
    pub(crate) fn throttle(&self, job: &Job, rate: Rate) -> Result<(Sample, Calls)> {
        self.proxy.throttle(rate);
        let sample = job.run()?;
        Ok((sample, self.proxy.calls()))
    }
}

/// A run must have said this, or it did other work.
pub(crate) fn says(sample: &Sample, expected: &str) -> Result<()> {
    if sample.stdout.contains(expected) {
        return Ok(());
    }
    let end = super::measure::end_of(&sample.stdout);
    Err(Error::Different(format!("`{expected}` is not in what it says: {end}")))
}
