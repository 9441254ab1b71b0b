//! Writing YAML that kubectl reads back unchanged.

use serde_json::Value;

/// Block-style YAML of a value, ending in a line break.
///
/// # Guarantees
/// Strings that a YAML 1.1 or 1.2 reader would take for something else (`no`, `1e3`, `0777`, the
/// empty text, …) are quoted, as values and as keys. Equal values give equal text.
pub fn to_yaml(value: &Value) -> String {
    match serde_saphyr::to_string(value) {
        Ok(mut text) => {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text
        }
        // JSON is YAML: a value that the emitter refuses is still written down in full.
        Err(_) => format!("{value}\n"),
    }
}
