//! Kubernetes versions, and how EKS moves between them.

use std::fmt;

use serde_json::Value;

use super::rules::get;
use crate::shape::{Problem, is_deferred};

/// A minor version of Kubernetes: `1.31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Minor(pub(super) u32);

impl Minor {
    /// `1.31`, and nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let minor = text.strip_prefix("1.")?;
        let digits = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        minor.parse().ok().filter(|_| digits).map(Self)
    }

    /// How many minor versions nodes may be behind
    /// (<https://kubernetes.io/releases/version-skew-policy/>).
    fn skew(self) -> u32 {
        if self.0 >= 28 { 3 } else { 2 }
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// The form of a `version`.
pub(super) fn check(spec: &Value, problems: &mut Vec<Problem>) {
    let Some(value) = get(spec, "version").filter(|value| !is_deferred(value)) else { return };
    let text = value.as_str().unwrap_or_default();
    match Minor::parse(text) {
        // YAML reads an unquoted 1.30 as the number 1.3.
        Some(Minor(minor)) if minor < 10 => {
            let what = format!("`{text}` is no Kubernetes version that EKS has");
            let help =
                format!("without quotes YAML reads 1.{minor}0 as a number: write \"1.{minor}0\"");
            problems.push(Problem::new("spec.version", what).help(help));
        }
        Some(_) => {}
        None => {
            let what = format!("`{text}` is not a Kubernetes version");
            let help = "a version is a minor version such as \"1.31\"; EKS patches by itself";
            problems.push(Problem::new("spec.version", what).help(help));
        }
    }
}

/// Why a cluster does not go from one version to another.
pub(super) fn cluster_move(
    cluster: &str,
    live: Minor,
    wanted: Minor,
    nodes: &[(String, Minor)],
) -> Option<String> {
    if wanted < live {
        return Some(format!(
            "EKS does not go back: cluster `{cluster}` is at {live}, and {wanted} is declared; \
             declare `version: \"{live}\"`. (EKS rolls an upgrade back to the previous minor \
             version within 7 days of it, as an explicit act with the AWS CLI or console; a \
             declaration does not do that)"
        ));
    }
    if wanted.0 > live.0 + 1 {
        let next = Minor(live.0 + 1);
        return Some(format!(
            "EKS goes up one minor version at a time: cluster `{cluster}` is at {live}, and \
             {wanted} is declared; the next allowed version is {next}: declare \
             `version: \"{next}\"`, apply, bring its node groups along, and so on up to {wanted}"
        ));
    }
    let other: Vec<String> = nodes
        .iter()
        .filter(|(_, at)| wanted > live && *at != live)
        .map(|(name, at)| format!("`{name}` ({at})"))
        .collect();
    let which = if other.len() == 1 { "node group" } else { "node groups" };
    (!other.is_empty()).then(|| {
        format!(
            "cluster `{cluster}` cannot go from {live} to {wanted} yet: EKS upgrades a cluster only \
             when its managed node groups have the cluster's version; bring {which} {} to {live} \
             first, and then declare {wanted}",
            other.join(", ")
        )
    })
}

/// Why a node group does not get a version.
pub(super) fn nodes_move(
    nodegroup: &str,
    live: Option<Minor>,
    wanted: Minor,
    (cluster, version): (&str, Minor),
) -> Option<String> {
    if wanted > version {
        return Some(format!(
            "node group `{nodegroup}` cannot be newer than its cluster: {wanted} is declared, and \
             cluster `{cluster}` is at {version}; the highest allowed version is {version}: bring \
             the cluster to {wanted} first"
        ));
    }
    if let Some(live) = live.filter(|live| wanted < *live) {
        return Some(format!(
            "node group `{nodegroup}` is at {live}, and {wanted} is declared: EKS does not move \
             node groups back; declare `version: \"{live}\"`, or a node group of another name"
        ));
    }
    let lowest = Minor(version.0.saturating_sub(version.skew()));
    (wanted < lowest && live != Some(wanted)).then(|| {
        format!(
            "node group `{nodegroup}` would be too far behind its cluster: {wanted} is declared, \
             cluster `{cluster}` is at {version}, and nodes may be at most {} minor versions \
             behind; the lowest allowed version is {lowest}",
            version.skew()
        )
    })
}
