//! Reading a YAML text as kubectl does, for others than rendering.

use serde_json::Value;
use suimon_model::Diagnostics;

use super::document::documents;
use super::scalar::Dialect;
use crate::text::Places;

/// One document and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct KubernetesDocument {
    /// The content.
    pub value: Value,
    /// 1-based line where the content starts.
    pub line: u32,
}

/// The documents of a text, read as kubectl reads them; empty documents are left out.
///
/// # Errors
/// Everything that is wrong with the YAML, with places in `file`.
pub fn parse_kubernetes_yaml(
    file: &str,
    text: &str,
) -> Result<Vec<KubernetesDocument>, Diagnostics> {
    let places = Places::file(file);
    let mut problems = Diagnostics::new();
    let mut found = Vec::new();
    for document in documents(text, &places, Dialect::Kubernetes) {
        match document {
            Ok(document) => {
                let line = document.pos.line;
                let value = document.root.map(|root| root.value());
                found.extend(value.map(|value| KubernetesDocument { value, line }));
            }
            Err(errors) => problems.extend(errors),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems.sorted()) }
}
