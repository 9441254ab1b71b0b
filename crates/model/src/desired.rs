//! [`DesiredState`]: what rendering produces.

use std::sync::Arc;

use serde::Serialize;

use crate::{Body, Environment, GateFiles, Location, Release, ResourceId};

/// How a deferred value looks inside a rendered string: this, lower-case hexadecimal of
/// `<resource id>\0<attribute>`, and a closing `_`.
///
/// Only letters, digits and `_`, so that it passes through YAML and JSON quoting unchanged.
pub const REF_MARKER_PREFIX: &str = "SUIMONREF_";

/// Where a manifest comes from, as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// Template or manifest file, from the project's root.
    pub file: Arc<str>,
    /// 1-based line where the document starts in that file; 0 when it is not known.
    pub line: u32,
    /// The module instance that rendered it; `None` for `manifests/`.
    pub instance: Option<Arc<str>>,
}

impl Origin {
    /// The place for a message.
    pub fn location(&self) -> Location {
        Location::new(&*self.file, self.line, u32::from(self.line > 0))
    }
}

/// A value that another resource has only once it is live.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DeferredRef {
    /// RFC 6901 pointer to the string that holds the marker.
    pub pointer: String,
    /// Whose value it is.
    pub target: ResourceId,
    /// Which value: an attribute such as `arn`, or a dotted path in the live object such as
    /// `status.loadBalancer.ingress.0.hostname`.
    pub attribute: String,
}

impl DeferredRef {
    /// The marker that stands for this value inside a rendered string.
    pub fn marker(&self) -> String {
        Self::marker_for(&self.target, &self.attribute)
    }

    /// The marker for a target's attribute.
    pub fn marker_for(target: &ResourceId, attribute: &str) -> String {
        let mut marker = String::from(REF_MARKER_PREFIX);
        for byte in format!("{target}\0{attribute}").bytes() {
            marker.push_str(&format!("{byte:02x}"));
        }
        marker.push('_');
        marker
    }

    /// Every marker in a string, in order: `(byte range, target, attribute)`.
    ///
    /// A prefix without a well-formed rest is ordinary text.
    pub fn find_markers(text: &str) -> Vec<(std::ops::Range<usize>, ResourceId, String)> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = text[from..].find(REF_MARKER_PREFIX) {
            let start = from + at;
            let digits = start + REF_MARKER_PREFIX.len();
            let length = text[digits..].bytes().take_while(u8::is_ascii_hexdigit).count();
            let end = digits + length;
            from = end;
            if text[end..].starts_with('_')
                && let Some((target, attribute)) = decode(&text[digits..end])
            {
                from = end + 1;
                found.push((start..end + 1, target, attribute));
            }
        }
        found
    }
}

fn decode(hex: &str) -> Option<(ResourceId, String)> {
    let bytes: Option<Vec<u8>> = (0..hex.len())
        .step_by(2)
        .map(|i| hex.get(i..i + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    let text = String::from_utf8(bytes?).ok()?;
    let (target, attribute) = text.split_once('\0')?;
    Some((target.parse().ok()?, attribute.to_owned()))
}

/// One declared object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// Its address.
    ///
    /// # Caveats
    /// For Kubernetes objects without `metadata.namespace` the namespace is `None` here; whether the
    /// kind is namespaced is known only to the API server, so the provider fills in `default`.
    pub id: ResourceId,
    /// `apiVersion` as declared.
    pub api_version: Box<str>,
    /// The object as declared; deferred values are markers inside it.
    pub body: Body,
    /// Where it comes from.
    pub origin: Origin,
    /// Deferred values inside the body.
    pub refs: Vec<DeferredRef>,
}

impl Manifest {
    /// The manifest with the deferred values filled in that `value` knows; the others stay.
    #[must_use]
    pub fn resolve(&self, value: impl Fn(&ResourceId, &str) -> Option<String>) -> Self {
        if self.refs.is_empty() {
            return self.clone();
        }
        let mut body = self.body.value();
        let mut open = Vec::new();
        for reference in &self.refs {
            let known = value(&reference.target, &reference.attribute);
            match (body.pointer_mut(&reference.pointer), known) {
                (Some(serde_json::Value::String(text)), Some(known)) => {
                    *text = text.replace(&reference.marker(), &known);
                }
                _ => open.push(reference.clone()),
            }
        }
        Self { body: Body::new(&body), refs: open, ..self.clone() }
    }
}

/// Everything that one environment declares, in the order it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredState {
    /// The project's name.
    pub project: String,
    /// The environment.
    pub environment: Environment,
    /// The revision it was read at; `None` for uncommitted files.
    pub revision: Option<String>,
    /// The release in force.
    pub release: Release,
    /// Git tree id of `modules/` at the release (the release's identity needs it).
    pub modules_tree: String,
    /// The objects; ids are unique.
    pub manifests: Vec<Manifest>,
    /// The files that the gate is judged with.
    pub gate_files: GateFiles,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_are_filled_in_and_unknown_ones_stay() {
        let target: ResourceId = "Service/web/api".parse().unwrap();
        let [ip, port] = ["spec.clusterIP", "spec.port"].map(|attribute| DeferredRef {
            pointer: "/data/address".into(),
            target: target.clone(),
            attribute: attribute.into(),
        });
        let address = format!("{}:{}", ip.marker(), port.marker());
        let manifest = Manifest {
            id: "ConfigMap/web/c".parse().unwrap(),
            api_version: "v1".into(),
            body: Body::new(&serde_json::json!({"data": {"address": address}})),
            origin: Origin { file: "f".into(), line: 1, instance: None },
            refs: vec![ip, port.clone()],
        };
        let resolved =
            manifest.resolve(|_, a| (a == "spec.clusterIP").then(|| "10.0.0.1".to_owned()));
        assert_eq!(resolved.refs, std::slice::from_ref(&port));
        assert_eq!(resolved.body.value()["data"]["address"], format!("10.0.0.1:{}", port.marker()));
    }

    #[test]
    fn markers_survive_being_part_of_a_longer_text() {
        let target: ResourceId = "Secret.secretsmanager.services.k8s.aws/dev-db".parse().unwrap();
        let marker = DeferredRef::marker_for(&target, "arn");
        let text = format!("a-{marker}:password::{marker}");
        let found = DeferredRef::find_markers(&text);
        assert_eq!(found.len(), 2);
        assert_eq!(&text[found[0].0.clone()], marker);
        assert_eq!((&found[1].1, found[1].2.as_str()), (&target, "arn"));
        assert!(DeferredRef::find_markers("SUIMONREF_zz SUIMONREF_00_ SUIMONREF_").is_empty());
    }
}
