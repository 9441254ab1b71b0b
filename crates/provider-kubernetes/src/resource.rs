//! [`Resource`]: where the objects of one kind are served.

use std::fmt::Write;

/// Where the objects of one kind are served.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Resource {
    /// API group; empty for core.
    pub(crate) group: String,
    /// API version, without the group.
    pub(crate) version: String,
    /// Kind.
    pub(crate) kind: String,
    /// Plural name in URLs.
    pub(crate) plural: String,
    /// Whether objects live in namespaces.
    pub(crate) namespaced: bool,
    /// Whether the kind can be listed.
    pub(crate) listable: bool,
}

impl Resource {
    /// `apiVersion` of the objects.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `Kind[.group]`.
    pub(crate) fn group_kind(&self) -> String {
        if self.group.is_empty() {
            self.kind.clone()
        } else {
            format!("{}.{}", self.kind, self.group)
        }
    }

    /// Path of the collection, in one namespace or in all.
    pub(crate) fn collection(&self, namespace: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", encode(&self.version))
        } else {
            format!("/apis/{}/{}", encode(&self.group), encode(&self.version))
        };
        if let Some(namespace) = namespace.filter(|_| self.namespaced) {
            path.push_str("/namespaces/");
            path.push_str(&encode(namespace));
        }
        path.push('/');
        path.push_str(&encode(&self.plural));
        path
    }

    /// Path of one object. One that names no namespace was declared before it was known that its kind
    /// has them; it is in `default`.
    pub(crate) fn object(&self, namespace: Option<&str>, name: &str) -> String {
        let namespace = namespace.or(self.namespaced.then_some("default"));
        format!("{}/{}", self.collection(namespace), encode(name))
    }
}

/// Percent-encodes what may not stand in a path segment or a query value.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_group_scope_and_need_no_trust_in_names() {
        let resource = |group: &str, plural: &str, namespaced| Resource {
            group: group.into(),
            version: "v1".into(),
            kind: "X".into(),
            plural: plural.into(),
            namespaced,
            listable: true,
        };
        let pods = resource("", "pods", true);
        assert_eq!(pods.collection(None), "/api/v1/pods");
        assert_eq!(pods.object(Some("a"), "b"), "/api/v1/namespaces/a/pods/b");
        assert_eq!(pods.object(None, "b"), "/api/v1/namespaces/default/pods/b");
        let roles = resource("rbac.authorization.k8s.io", "clusterroles", false);
        assert_eq!(
            roles.object(Some("ignored"), "system:node"),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node"
        );
        assert_eq!(pods.object(Some("a/../b"), "x?y"), "/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fy");
    }
}
