//! [`Body`]: an object as compact canonical JSON.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A whole object (`apiVersion`, `kind`, `metadata`, …) as compact JSON with sorted keys.
///
/// A tree of `serde_json::Value` costs five to ten times its text in memory; a hundred thousand
/// objects must fit in well under a gigabyte, so objects at rest are text and parsed when looked at.
///
/// # Guarantees
/// Two equal values have equal bytes, whatever the order of their keys was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Body(Box<str>);

impl Body {
    /// Writes a value down. Object keys are sorted (`serde_json`'s default map is ordered).
    pub fn new(value: &Value) -> Self {
        Self(value.to_string().into_boxed_str())
    }

    /// The value again.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Body {
    /// Prints only the size: a body may hold secret values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::new(&value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_order_does_not_matter_and_debug_hides_the_content() {
        let one: Body = serde_json::from_str(r#"{"b": 1, "a": {"d": "x", "c": 2}}"#).unwrap();
        let two: Body = serde_json::from_str(r#"{"a": {"c": 2, "d": "x"}, "b": 1}"#).unwrap();
        assert_eq!(one, two);
        assert_eq!(one.as_str(), r#"{"a":{"c":2,"d":"x"},"b":1}"#);
        assert_eq!(format!("{one:?}"), "Body(27 bytes)");
    }
}
