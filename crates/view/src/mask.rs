//! Secrets: what marks a masked value, and which fields are hidden whatever they hold.

use std::borrow::Cow;

use serde_json::Value;
use suimon_model::{DeferredRef, REF_MARKER_PREFIX, ResourceId};
use suimon_plan::MASK_PREFIX;

/// What is shown instead of a secret.
pub(crate) const SENSITIVE: &str = "(sensitive value)";

/// What is shown instead of a value that another resource has only once it is live.
pub(crate) const UNKNOWN: &str = "(known after apply)";

/// Fewer hexadecimal digits than any digest has: shorter runs are words.
const SHORTEST_DIGEST: usize = 8;

/// Annotations in which tools keep a copy of the whole object, secret values included.
const COPIES: [&str; 3] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
];

/// A text without the digests of masked values inside it.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    if !text.contains(MASK_PREFIX) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(MASK_PREFIX);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean.push_str(SENSITIVE);
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits < SHORTEST_DIGEST {
            clean.push(' ');
            clean.push_str(part);
        } else {
            clean.push_str(&part[digits..]);
        }
    }
    Cow::Owned(clean)
}

/// Whether a string stands for a secret.
pub(crate) fn is_masked(text: &str) -> bool {
    text.starts_with(MASK_PREFIX) || text == SENSITIVE
}

/// Whether a string holds a value that is known only after apply.
pub(crate) fn is_deferred(text: &str) -> bool {
    text.contains(REF_MARKER_PREFIX) && !DeferredRef::find_markers(text).is_empty()
}

/// Which fields of one object are never shown, even if somebody forgot to mask them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Veil {
    secret: bool,
}

impl Veil {
    pub(crate) fn of(id: &ResourceId) -> Self {
        Self { secret: id.group.is_empty() && id.kind == "Secret" }
    }

    /// Whether a scalar at this path is hidden.
    pub(crate) fn hides<S: AsRef<str>>(self, path: &[S]) -> bool {
        let first = path.first().map(AsRef::as_ref);
        (self.secret && matches!(first, Some("data" | "stringData")))
            || path.last().is_some_and(|last| COPIES.contains(&last.as_ref()))
    }

    /// As [`hides`](Self::hides), for a field as the API server writes it: `.data.password`.
    pub(crate) fn hides_field(self, field: &str) -> bool {
        (self.secret && (field.starts_with(".data") || field.starts_with(".stringData")))
            || COPIES.iter().any(|copy| field.contains(copy))
    }
}

/// A value fit for JSON output: masked strings without digest, hidden fields masked, deferred values
/// as `(known after apply)`.
pub(crate) fn clean(value: &Value, veil: Veil, path: &mut Vec<String>) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, item)| {
                    path.push(key.clone());
                    let item = clean(item, veil, path);
                    path.pop();
                    (redact(key).into_owned(), item)
                })
                .collect(),
        ),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| clean(item, veil, path)).collect())
        }
        Value::Null => Value::Null,
        _ if veil.hides(path) => SENSITIVE.into(),
        Value::String(text) if is_masked(text) => SENSITIVE.into(),
        Value::String(text) if is_deferred(text) => UNKNOWN.into(),
        Value::String(text) => redact(text).into_owned().into(),
        other => other.clone(),
    }
}

/// As [`clean`], for a value that stands alone.
pub(crate) fn clean_aside(value: &Value, veil: Veil) -> Value {
    clean(value, veil, &mut Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_secrets_are_dropped_wherever_they_stand() {
        for (given, expected) in [
            ("no secret", "no secret"),
            ("(sensitive value) 00ff00ff", "(sensitive value)"),
            ("a (sensitive value) 00ff00ff, b", "a (sensitive value), b"),
            (
                "x(sensitive value) aaaaaaaa(sensitive value) bbbbbbbb",
                "x(sensitive value)(sensitive value)",
            ),
            ("a (sensitive value) a day", "a (sensitive value) a day"),
        ] {
            assert_eq!(redact(given), expected, "{given:?}");
        }
    }
}
