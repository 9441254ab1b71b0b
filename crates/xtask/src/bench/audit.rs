//! What an API server was asked, from its audit log.

use serde::Deserialize;

use super::{Error, Result};

/// What to log of every request, once it is answered.
pub(crate) const POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
";

/// One request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    verb: String,
    #[serde(rename = "requestURI")]
    uri: String,
    #[serde(default)]
    user_agent: String,
}

impl Event {
    /// Whether it changes something, in a dry run or not.
    fn is_change(&self) -> bool {
        !matches!(self.verb.as_str(), "get" | "list" | "watch" | "head")
    }

    fn is_dry(&self) -> bool {
        self.uri.contains("dryRun=All")
    }
}

/// Requests of one program.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    pub(crate) reads: usize,
    pub(crate) dry_runs: usize,
    pub(crate) writes: usize,
}

impl Requests {
    pub(crate) fn all(&self) -> usize {
        self.reads + self.dry_runs + self.writes
    }
}

/// Counts the requests in a piece of an audit log whose user agent begins like this.
pub(crate) fn count(log: &str, agent: &str) -> Result<Requests> {
    let mut requests = Requests::default();
    for line in log.lines().filter(|line| !line.is_empty()) {
        let event: Event = serde_json::from_str(line).map_err(|error| Error::Unreadable {
            what: "the audit log".to_owned(),
            why: error.to_string(),
        })?;
        if !event.user_agent.starts_with(agent) {
            continue;
        }
        match (event.is_change(), event.is_dry()) {
            (true, true) => requests.dry_runs += 1,
            (true, false) => requests.writes += 1,
            (false, _) => requests.reads += 1,
        }
    }
    Ok(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_by_program_and_effect() {
        let line = |verb: &str, uri: &str, agent: &str| {
            format!("{{\"verb\":\"{verb}\",\"requestURI\":\"{uri}\",\"userAgent\":\"{agent}\"}}\n")
        };
        let log = [
            line("get", "/apis", "suimon/0.1.0"),
            line("list", "/api/v1/namespaces", "suimon/0.1.0"),
            line("patch", "/api/v1/x?force=true", "suimon/0.1.0"),
            line("patch", "/api/v1/x?force=true&dryRun=All", "suimon/0.1.0"),
            line("patch", "/api/v1/x", "kubectl/v1.32"),
            "{\"verb\":\"get\",\"requestURI\":\"/\"}\n".to_owned(),
        ];
        let requests = count(&log.concat(), "suimon/").unwrap();
        assert_eq!(requests, Requests { reads: 2, dry_runs: 1, writes: 1 });
        assert_eq!(requests.all(), 4);
        assert!(count("{\n", "suimon/").is_err());
    }
}
