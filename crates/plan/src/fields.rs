//! [`Fields`]: who owns which field, as `metadata.managedFields` tells it.
//!
//! FieldsV1 is a trie: `f:<name>` is a key of a map, `k:<json>` an item of a keyed list, `v:<json>`
//! a member of a set, `i:<n>` an item by position, and `.` the thing itself. All managers are merged
//! into one trie whose nodes say who owns them, straight from the text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{FIELD_MANAGER, Owner};

/// A set of managers: one bit each, by their place in `managedFields`.
pub(crate) type Managers = u128;

/// The manager that the built-in controllers write as.
const CONTROLLERS: &str = "kube-controller-manager";

/// How many managers fit.
const MOST: usize = 128;

/// Who owns a field, and everything below it.
#[derive(Debug, Default)]
pub(crate) struct Node<'t> {
    /// Who owns it as it is.
    pub(crate) own: Managers,
    /// Who owns it or something below it.
    pub(crate) within: Managers,
    /// What is below it, by FieldsV1 path element.
    pub(crate) children: BTreeMap<Cow<'t, str>, Node<'t>>,
}

/// One entry of `managedFields`, without its fields.
#[derive(Debug, Default)]
struct Entry<'t> {
    manager: Cow<'t, str>,
    operation: Cow<'t, str>,
    time: Option<Cow<'t, str>>,
    subresource: Cow<'t, str>,
}

/// Who owns which field of one object.
#[derive(Debug, Default)]
pub(crate) struct Fields<'t> {
    /// The trie.
    pub(crate) root: Node<'t>,
    /// Our own entry, applied and not of a subresource.
    pub(crate) ours: Managers,
    /// Whether there are more managers than can be told apart.
    pub(crate) overflow: bool,
    entries: Vec<Entry<'t>>,
}

impl<'t> Fields<'t> {
    /// The manager among these that wrote last.
    pub(crate) fn latest(&self, among: Managers) -> Option<Owner> {
        let candidates = self.entries.iter().take(MOST).enumerate();
        let latest = candidates
            .filter(|(at, _)| among & bit(*at) != 0)
            .max_by(|(_, a), (_, b)| a.time.cmp(&b.time))?;
        Some(latest.1.owner())
    }

    /// Who updated the object itself since we last applied it, where that is one manager.
    ///
    /// What a manager only removed is not in its fields, so this is a guess; the controllers of
    /// Kubernetes, which write to objects all the time, are left out of it.
    pub(crate) fn updated_since_ours(&self) -> Option<Owner> {
        let entries = || self.entries.iter().take(MOST).enumerate();
        let applied = entries().find(|(at, _)| self.ours & bit(*at) != 0)?.1.time.as_deref()?;
        let mut later = entries().map(|(_, entry)| entry).filter(|entry| {
            entry.operation == "Update"
                && entry.subresource.is_empty()
                && entry.manager != CONTROLLERS
                && entry.time.as_deref().is_some_and(|time| time >= applied)
        });
        let only = later.next()?;
        later.next().is_none().then(|| only.owner())
    }

    /// Whether everything that this manager did was `Update`, and there is such a manager.
    pub(crate) fn only_updates(&self, manager: &str) -> bool {
        let mut entries = self.entries.iter().filter(|e| e.manager == manager).peekable();
        entries.peek().is_some() && entries.all(|entry| entry.operation == "Update")
    }

    fn add(&mut self, entry: Entry<'t>) {
        let index = self.entries.len();
        self.overflow |= index >= MOST;
        if entry.manager == FIELD_MANAGER
            && entry.operation == "Apply"
            && entry.subresource.is_empty()
        {
            self.ours |= bit(index);
        }
        self.entries.push(entry);
    }
}

impl Entry<'_> {
    fn owner(&self) -> Owner {
        Owner {
            manager: self.manager.clone().into_owned(),
            operation: self.operation.clone().into_owned(),
            time: self.time.clone().map(Cow::into_owned),
            subresource: Some(self.subresource.clone().into_owned()).filter(|s| !s.is_empty()),
        }
    }
}

fn bit(index: usize) -> Managers {
    if index < MOST { 1 << index } else { 0 }
}

/// Reads `managedFields`.
pub(crate) struct FieldsSeed;

impl<'de> DeserializeSeed<'de> for FieldsSeed {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldsSeed {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("managedFields")
    }

    fn visit_unit<E>(self) -> Result<Fields<'de>, E> {
        Ok(Fields::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        loop {
            let index = fields.entries.len();
            let seed = EntrySeed { root: &mut fields.root, index };
            let Some(entry) = items.next_element_seed(seed)? else { break };
            fields.add(entry);
        }
        Ok(fields)
    }
}

struct EntrySeed<'a, 't> {
    root: &'a mut Node<'t>,
    index: usize,
}

impl<'de> DeserializeSeed<'de> for EntrySeed<'_, 'de> {
    type Value = Entry<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EntrySeed<'_, 'de> {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of managedFields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry<'de>, A::Error> {
        let mut entry = Entry::default();
        while let Some(Text(key)) = map.next_key()? {
            match key.as_ref() {
                "fieldsV1" => {
                    map.next_value_seed(NodeSeed { node: self.root, bit: bit(self.index) })?;
                }
                "manager" => entry.manager = map.next_value::<Text<'de>>()?.0,
                "operation" => entry.operation = map.next_value::<Text<'de>>()?.0,
                "time" => entry.time = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0),
                "subresource" => {
                    let text = map.next_value::<Option<Text<'de>>>()?;
                    entry.subresource = text.map(|text| text.0).unwrap_or_default();
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(entry)
    }
}

struct NodeSeed<'a, 't> {
    node: &'a mut Node<'t>,
    bit: Managers,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a FieldsV1 node")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.node.within |= self.bit;
        let mut leaf = true;
        while let Some(Text(key)) = map.next_key()? {
            leaf = false;
            if key == "." {
                self.node.own |= self.bit;
                map.next_value::<IgnoredAny>()?;
            } else {
                let node = self.node.children.entry(key).or_default();
                map.next_value_seed(NodeSeed { node, bit: self.bit })?;
            }
        }
        if leaf {
            self.node.own |= self.bit;
        }
        Ok(())
    }
}

/// A string, borrowed where the text allows.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
