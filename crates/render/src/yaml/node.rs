//! [`Node`]: a YAML value that remembers where it was written.

use serde_json::{Map, Value};

/// A 1-based line and a 1-based column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pos {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) pos: Pos,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A scalar; `raw` is the text of an unquoted one.
    Scalar {
        value: Value,
        raw: Option<Box<str>>,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A mapping's key; keys are always strings in JSON.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: Box<str>,
    pub(crate) pos: Pos,
    /// The text of an unquoted key that YAML 1.1 does not read as a string.
    pub(crate) odd: Option<Box<str>>,
}

impl Key {
    /// Whether it is YAML's merge key; in quotes it is an ordinary one.
    pub(crate) fn merges(&self) -> bool {
        &*self.name == "<<" && self.odd.is_some()
    }
}

impl Node {
    /// The JSON value; consumes no stack beyond the nesting limit of the parser.
    pub(crate) fn value(&self) -> Value {
        match &self.kind {
            Kind::Scalar { value, .. } => value.clone(),
            Kind::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Kind::Map(entries) => Value::Object(
                entries.iter().map(|(k, v)| (k.name.to_string(), v.value())).collect::<Map<_, _>>(),
            ),
        }
    }

    pub(crate) fn entries(&self) -> Option<&[(Key, Node)]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.entries()?.iter().find(|(k, _)| &*k.name == key).map(|(k, v)| (k, v))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, v)| v)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { value: Value::String(text), .. } => Some(text),
            _ => None,
        }
    }

    /// The text of an unquoted scalar.
    pub(crate) fn raw(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { raw, .. } => raw.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { value: Value::Null, .. })
    }

    /// What it is, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Scalar { value, .. } => type_name(value),
        }
    }

    /// Follows unescaped pointer segments as far as they lead: the node reached and how many
    /// segments were used.
    pub(crate) fn follow<S: AsRef<str>>(&self, path: &[S]) -> (&Node, usize) {
        let mut node = self;
        for (used, segment) in path.iter().enumerate() {
            let segment = segment.as_ref();
            let next = match &node.kind {
                Kind::Map(_) => node.get(segment),
                Kind::List(items) => segment.parse().ok().and_then(|i: usize| items.get(i)),
                Kind::Scalar { .. } => None,
            };
            match next {
                Some(next) => node = next,
                None => return (node, used),
            }
        }
        (node, path.len())
    }

    /// The place of the key at a path, where there is one; else the place of the node.
    pub(crate) fn key_pos<S: AsRef<str>>(&self, path: &[S]) -> Option<Pos> {
        let (parent, used) = self.follow(&path[..path.len().saturating_sub(1)]);
        let last = path.last().filter(|_| used + 1 == path.len())?;
        parent.entry(last.as_ref()).map(|(key, _)| key.pos)
    }
}

/// A JSON type, for messages.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
