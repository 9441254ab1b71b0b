//! [`ResourceId`]: the stable address of a resource within one environment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The address of a resource within one environment.
///
/// `Display` and `FromStr` are inverse: `Kind[.group]/[namespace/]name`, for example
/// `Deployment.apps/web/api`, `Namespace/web` or `Secret.secretsmanager.services.k8s.aws/dev-db`.
/// The API version is not part of it: `apps/v1` and `apps/v1beta1` name the same object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// API group; empty for the Kubernetes core group.
    pub group: String,
    /// Kind, as the API spells it.
    pub kind: String,
    /// Namespace; `None` for cluster-scoped Kubernetes objects and for AWS resources.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl ResourceId {
    /// Creates an id; an empty namespace is the same as none.
    pub fn new(
        group: impl Into<String>,
        kind: impl Into<String>,
        namespace: Option<&str>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.filter(|n| !n.is_empty()).map(str::to_owned),
            name: name.into(),
        }
    }

    /// The part of [`Display`](fmt::Display) before the first `/`: `Kind[.group]`.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.clone()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    /// Whether this addresses an AWS resource, written in the shape of ACK.
    pub fn is_aws(&self) -> bool {
        self.group.ends_with(".services.k8s.aws")
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, "/{namespace}/{}", self.name),
            None => write!(f, "/{}", self.name),
        }
    }
}

/// A text that is not of the form `Kind[.group]/[namespace/]name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a resource id of the form Kind[.group]/[namespace/]name")]
pub struct InvalidResourceId(pub String);

impl FromStr for ResourceId {
    type Err = InvalidResourceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidResourceId(text.to_owned());
        let mut parts = text.split('/');
        let group_kind = parts.next().filter(|p| !p.is_empty()).ok_or_else(invalid)?;
        let second = parts.next().filter(|p| !p.is_empty()).ok_or_else(invalid)?;
        let third = parts.next();
        if parts.next().is_some() || third == Some("") {
            return Err(invalid());
        }
        let (kind, group) = group_kind.split_once('.').unwrap_or((group_kind, ""));
        if kind.is_empty() || group_kind.ends_with('.') {
            return Err(invalid());
        }
        let (namespace, name) = match third {
            Some(name) => (Some(second), name),
            None => (None, second),
        };
        Ok(Self::new(group, kind, namespace, name))
    }
}

impl Serialize for ResourceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResourceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_are_inverse() {
        for text in [
            "Namespace/web",
            "Deployment.apps/web/api",
            "ConfigMap/web/settings",
            "Secret.secretsmanager.services.k8s.aws/dev-db",
            "ClusterRole.rbac.authorization.k8s.io/system:node",
        ] {
            let id: ResourceId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn malformed_ids_are_refused() {
        for text in ["", "Pod", "/x", "Pod/", "Pod//x", "Pod/a/b/c", ".apps/x", "Pod./x", "Pod/a/"]
        {
            assert!(text.parse::<ResourceId>().is_err(), "{text:?} was accepted");
        }
    }
}
