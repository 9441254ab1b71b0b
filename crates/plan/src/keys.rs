//! How the items of two lists are told to be the same item.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::fields::Node;
use crate::path::Step;

/// Key fields of the lists of built-in kinds, by the key that holds the list.
const BUILT_IN: &[(&str, &[&str])] = &[
    ("ports", &["containerPort", "protocol"]),
    ("ports", &["port", "protocol"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("conditions", &["type"]),
    ("ownerReferences", &["uid"]),
];

/// How the items of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alignment {
    /// By these fields of the items.
    Keyed(Rc<[String]>),
    /// By their value; the items are scalars.
    Set,
    /// By their place.
    Positional,
}

impl Alignment {
    /// As managed fields tell.
    pub(crate) fn told_by(node: Option<&Node<'_>>) -> Self {
        let element = node.and_then(|node| node.children.keys().find(|element| *element != "."));
        let Some((prefix, rest)) = element.and_then(|element| element.split_at_checked(2)) else {
            return Self::Positional;
        };
        match prefix {
            "k:" => match serde_json::from_str::<Map<String, Value>>(rest) {
                Ok(fields) => Self::Keyed(fields.into_iter().map(|(name, _)| name).collect()),
                Err(_) => Self::Positional,
            },
            "v:" => Self::Set,
            _ => Self::Positional,
        }
    }

    /// As built-in kinds have it, or by `name`, where that fits every item of both lists.
    pub(crate) fn guessed(list: Option<&str>, a: &[Value], b: &[Value]) -> Self {
        let known = BUILT_IN.iter().filter(|(at, _)| Some(*at) == list).map(|(_, names)| *names);
        for names in known.chain([&["name"][..]]) {
            let names: Rc<[String]> = names.iter().map(|name| (*name).to_owned()).collect();
            let keyed = Self::Keyed(names);
            if !(a.is_empty() && b.is_empty())
                && keyed.index(a).is_some()
                && keyed.index(b).is_some()
            {
                return keyed;
            }
        }
        Self::Positional
    }

    /// The items by their FieldsV1 path element; `None` when an item has none, or two have the same.
    pub(crate) fn index(&self, items: &[Value]) -> Option<HashMap<String, usize>> {
        let mut index = HashMap::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            if index.insert(self.element(item)?, at).is_some() {
                return None;
            }
        }
        Some(index)
    }

    /// The FieldsV1 path element of an item.
    pub(crate) fn element(&self, item: &Value) -> Option<String> {
        match self {
            Self::Keyed(names) => keyed_element(item.as_object()?, names),
            Self::Set if !item.is_object() && !item.is_array() => Some(format!("v:{item}")),
            Self::Set | Self::Positional => None,
        }
    }

    /// An item by its key alone.
    pub(crate) fn key_of(&self, item: &Value) -> Value {
        match (self, item) {
            (Self::Keyed(names), Value::Object(fields)) => match &names[..] {
                [name] => key_value(fields, name).cloned().unwrap_or_default(),
                names => names
                    .iter()
                    .filter_map(|name| Some((name.clone(), key_value(fields, name)?.clone())))
                    .collect(),
            },
            _ => item.clone(),
        }
    }

    /// The step to an item.
    pub(crate) fn step<'a>(&self, item: &'a Value, at: usize) -> Step<'a> {
        match self {
            Self::Keyed(names) => Step::Item(Rc::clone(names), item),
            Self::Set => Step::Member(item),
            Self::Positional => Step::Index(at),
        }
    }
}

fn keyed_element(item: &Map<String, Value>, names: &[String]) -> Option<String> {
    let mut element = String::from("k:{");
    for (at, name) in names.iter().enumerate() {
        let value = key_value(item, name)?;
        if at > 0 {
            element.push(',');
        }
        element.push('"');
        element.push_str(name);
        element.push_str("\":");
        match value {
            Value::Object(_) | Value::Array(_) | Value::Null => return None,
            scalar => element.push_str(&scalar.to_string()),
        }
    }
    element.push('}');
    Some(element)
}

/// The value of a key field; the only one with a default is a port's protocol.
pub(crate) fn key_value<'a>(item: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    static TCP: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| Value::from("TCP"));
    match item.get(name) {
        None | Some(Value::Null) => (name == "protocol").then_some(&*TCP),
        value => value,
    }
}
