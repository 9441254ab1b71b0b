//! [`split`]: a live object's text into the object and who owns its fields.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::fields::{Fields, FieldsSeed};

/// Reads an object from its text in one pass; `status` is not kept. `None` when it is no object.
pub(crate) fn split(text: &str) -> Option<(Map<String, Value>, Fields<'_>)> {
    let mut fields = Fields::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let object = Part::Object(&mut fields).deserialize(&mut deserializer).ok()?;
    Some((object, fields))
}

enum Part<'a, 't> {
    Object(&'a mut Fields<'t>),
    Metadata(&'a mut Fields<'t>),
}

impl<'de> DeserializeSeed<'de> for Part<'_, 'de> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Part<'_, 'de> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

        let mut rest = Map::new();
        let (is_root, fields) = match self {
            Self::Object(fields) => (true, fields),
            Self::Metadata(fields) => (false, fields),
        };
        while let Some(Key(key)) = map.next_key()? {
            match (is_root, key.as_ref()) {
                (true, "status") => {
                    map.next_value::<IgnoredAny>()?;
                }
                (true, "metadata") => {
                    let metadata = map.next_value_seed(Part::Metadata(fields))?;
                    rest.insert(key.into_owned(), Value::Object(metadata));
                }
                (false, "managedFields") => *fields = map.next_value_seed(FieldsSeed)?,
                _ => {
                    rest.insert(key.into_owned(), map.next_value()?);
                }
            }
        }
        Ok(rest)
    }
}
