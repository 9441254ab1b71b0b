//! [`Schemas`]: the kinds whose CRD we wrote a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use suimon_model::ResourceId;
use tokio::time::Instant;

/// How long an API server may go on judging objects by a CRD's old schema after the CRD was written.
const LAG: Duration = Duration::from_secs(5);

/// When we wrote which CRD, by group and kind.
///
/// An API server answers for a CRD before its own handlers, and those of its replicas, have seen it:
/// for that long, what it says about an object of this kind is said by the old schema.
#[derive(Debug, Default)]
pub(crate) struct Schemas(Mutex<HashMap<(String, String), Instant>>);

impl Schemas {
    /// Notes an object that was written; only CRDs matter.
    pub(crate) fn wrote(&self, id: &ResourceId, object: &Value) {
        if id.kind != "CustomResourceDefinition" || id.group != "apiextensions.k8s.io" {
            return;
        }
        let spec = &object["spec"];
        if let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str())
        {
            let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            written.insert((group.to_owned(), kind.to_owned()), Instant::now());
        }
    }

    /// Whether an object of this kind may still be judged by the old schema.
    pub(crate) fn may_be_old(&self, id: &ResourceId) -> bool {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = written.get(&(id.group.clone(), id.kind.clone()));
        at.is_some_and(|at| at.elapsed() < LAG)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_may_be_old_for_a_while_after_its_crd_was_written() {
        let thing = ResourceId::new("example.com", "Thing", Some("web"), "t");
        let crd =
            ResourceId::new("apiextensions.k8s.io", "CustomResourceDefinition", None, "things");
        let object = json!({"spec": {"group": "example.com", "names": {"kind": "Thing"}}});
        let schemas = Schemas::default();
        schemas.wrote(&thing, &object);
        schemas.wrote(&crd, &json!({"spec": {}}));
        assert!(!schemas.may_be_old(&thing));
        schemas.wrote(&crd, &object);
        assert!(schemas.may_be_old(&thing));
        assert!(!schemas.may_be_old(&ResourceId::new("example.com", "Other", None, "t")));
    }
}
