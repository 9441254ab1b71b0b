//! `metadata.managedFields`: who set which field, when.

mod apply;
mod update;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{schema::Schema, typed::FieldSet, value::text};

pub(crate) use apply::{Request, apply};
pub(crate) use update::update;

/// Metadata that the server owns: no manager has it.
const UNOWNED: [&[&str]; 12] = [
    &["f:apiVersion"],
    &["f:kind"],
    &["f:metadata"],
    &["f:metadata", "f:name"],
    &["f:metadata", "f:namespace"],
    &["f:metadata", "f:creationTimestamp"],
    &["f:metadata", "f:selfLink"],
    &["f:metadata", "f:uid"],
    &["f:metadata", "f:clusterName"],
    &["f:metadata", "f:generation"],
    &["f:metadata", "f:managedFields"],
    &["f:metadata", "f:resourceVersion"],
];

/// How a manager wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// A manager: one entry of `managedFields`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Manager {
    pub(crate) operation: Operation,
    pub(crate) name: String,
    /// Empty for appliers: they are the same manager whatever version they apply.
    pub(crate) version: String,
    pub(crate) subresource: String,
}

impl Manager {
    pub(crate) fn new(name: &str, operation: Operation, version: &str, subresource: &str) -> Self {
        Self {
            operation,
            name: name.to_owned(),
            version: if operation == Operation::Update {
                version.to_owned()
            } else {
                String::new()
            },
            subresource: subresource.to_owned(),
        }
    }

    /// As conflicts name it.
    fn display(&self) -> String {
        let mut out = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            out = format!("{out} with subresource {:?}", self.subresource);
        }
        if self.operation == Operation::Update {
            out = format!("{out} using {}", self.version);
        }
        out
    }
}

/// What a manager has.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub(crate) fields: FieldSet,
    pub(crate) version: String,
    pub(crate) time: Option<String>,
}

/// All managers of an object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Managers(pub(crate) BTreeMap<Manager, Owned>);

/// What a write is done with: the type, the resource's version, and the fields that this endpoint ignores.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) schema: &'a Schema,
    /// `apps/v1`.
    pub(crate) version: &'a str,
    /// Trees that a write through this endpoint never changes.
    pub(crate) reset: &'a [&'a [&'a str]],
    pub(crate) now: &'a str,
}

impl Context<'_> {
    fn filter(&self, mut set: FieldSet) -> FieldSet {
        for path in UNOWNED {
            set.remove_member(path);
        }
        for path in self.reset {
            set.remove_tree(path);
        }
        set
    }
}

impl Managers {
    /// Reads `managedFields`; `None` when an entry is not readable.
    pub(crate) fn decode(object: &Value) -> Option<Self> {
        let mut out = BTreeMap::new();
        for entry in crate::value::items(object, "/metadata/managedFields") {
            let operation = match text(entry, "/operation") {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return None,
            };
            let version = text(entry, "/apiVersion");
            let manager = Manager::new(
                text(entry, "/manager"),
                operation,
                version,
                text(entry, "/subresource"),
            );
            let fields = match entry.get("fieldsV1") {
                Some(fields) => FieldSet::from_json(fields)?,
                None => FieldSet::default(),
            };
            let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
            out.insert(manager, Owned { fields, version: version.to_owned(), time });
        }
        Some(Self(out))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes `managedFields`: appliers first, then by time and name.
    pub(crate) fn encode(&self) -> Option<Value> {
        let mut entries: Vec<_> = self.0.iter().collect();
        entries.sort_by(|(a, x), (b, y)| {
            (a.operation, &x.time, &a.name, &x.version, &a.subresource).cmp(&(
                b.operation,
                &y.time,
                &b.name,
                &y.version,
                &b.subresource,
            ))
        });
        let list: Vec<Value> =
            entries.into_iter().map(|(manager, owned)| encode_one(manager, owned)).collect();
        (!list.is_empty()).then_some(Value::Array(list))
    }

    fn drop_empty(&mut self) {
        self.0.retain(|_, owned| !owned.fields.is_empty());
    }

    /// Folds the oldest updaters into one when there are more than ten.
    fn cap(&mut self) {
        const MAX: usize = 10;
        let mut updaters: Vec<_> = self
            .0
            .iter()
            .filter(|(m, _)| m.operation == Operation::Update && m.subresource.is_empty())
            .map(|(m, owned)| (owned.time.clone(), m.clone()))
            .collect();
        if updaters.len() <= MAX {
            return;
        }
        updaters.sort();
        let excess = updaters.len() + 1 - MAX;
        for (_, manager) in updaters.into_iter().take(excess) {
            if let Some(owned) = self.0.remove(&manager) {
                let ancient = Manager { name: "ancient-changes".to_owned(), ..manager };
                let slot = self
                    .0
                    .entry(ancient)
                    .or_insert_with(|| Owned { fields: FieldSet::default(), ..owned.clone() });
                slot.fields = std::mem::take(&mut slot.fields).union(&owned.fields);
                slot.time = owned.time;
            }
        }
    }
}

fn encode_one(manager: &Manager, owned: &Owned) -> Value {
    let operation = match manager.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    let mut out = json!({
        "manager": manager.name,
        "operation": operation,
        "apiVersion": owned.version,
        "fieldsType": "FieldsV1",
        "fieldsV1": owned.fields.to_json(),
    });
    if manager.name.is_empty() {
        crate::value::put(&mut out, "manager", None);
    }
    crate::value::put(&mut out, "time", owned.time.clone().map(Value::from));
    if !manager.subresource.is_empty() {
        crate::value::put(&mut out, "subresource", Some(manager.subresource.clone().into()));
    }
    out
}
