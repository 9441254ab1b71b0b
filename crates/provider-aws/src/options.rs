//! [`Options`]: which account, whose credentials, for what.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use suimon_model::{AwsTarget, Sensitive};

/// Which account, whose credentials, for what.
#[derive(Debug, Clone)]
pub struct Options {
    /// The environment's `targets.aws`.
    pub target: AwsTarget,
    /// The project, for the marks of ownership.
    pub project: String,
    /// The environment, for the marks of ownership.
    pub environment: String,
    /// Names the run in the sessions of assumed roles, so that an audit log tells which run wrote
    /// what: `plan-dev-1764000000`. Characters that STS does not take are replaced.
    pub run: String,
    /// Where digests of immutable task definitions are kept between runs; nowhere by default.
    pub cache_dir: Option<PathBuf>,
    /// Most requests in flight at once.
    pub concurrency: usize,
    /// Version of suimon, for the user agent.
    pub tool_version: String,
    /// Where requests go instead of to AWS; `AWS_ENDPOINT_URL` and its kin decide without it.
    pub endpoint_url: Option<String>,
    /// An access key's id and secret instead of the profile's or the process environment's.
    pub static_credentials: Option<(String, Arc<Sensitive<String>>)>,
    /// Variables that sources of secret values name, looked at before the process environment.
    pub variables: BTreeMap<String, Arc<Sensitive<String>>>,
    /// The folder that relative paths of sources of secret values start from; the process's by default.
    pub folder: Option<PathBuf>,
    /// How many revisions of a task definition are kept when older ones are deregistered.
    pub keep_revisions: usize,
}

impl Options {
    /// Options for an environment, everything else as usual.
    pub fn new(target: AwsTarget, project: &str, environment: &str) -> Self {
        Self {
            target,
            project: project.to_owned(),
            environment: environment.to_owned(),
            run: format!("suimon-{environment}"),
            cache_dir: None,
            concurrency: 32,
            tool_version: "0".to_owned(),
            endpoint_url: None,
            static_credentials: None,
            variables: BTreeMap::new(),
            folder: None,
            keep_revisions: 10,
        }
    }
}
