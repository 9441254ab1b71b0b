//! The objects, as JSON texts, with a bounded log of what happened to them.
//!
//! Guarantees: resource versions are one counter over everything; keys iterate in the order in which etcd would list
//! them. Caveats: the log keeps the last [`LOG_EVENTS`] changes; older ones cannot be watched or listed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use serde_json::Value;

use crate::value::{items, map, text};

/// How many changes can be replayed.
pub(crate) const LOG_EVENTS: usize = 20_000;

/// `group/plural`: the versions of a resource share one table.
pub(crate) type Table = Arc<str>;

/// One stored object.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// JSON without `apiVersion` and `kind`.
    pub(crate) json: Arc<str>,
    pub(crate) labels: Arc<[(Box<str>, Box<str>)]>,
    owners: Box<[Box<str>]>,
}

impl Entry {
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    fn new(object: &Value) -> Self {
        let labels = map(object, "/metadata/labels")
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str().into(), value.as_str().unwrap_or_default().into()))
            .collect();
        let owners = items(object, "/metadata/ownerReferences")
            .iter()
            .map(|owner| text(owner, "/uid").into())
            .collect();
        Self { json: object.to_string().into(), labels, owners }
    }

    pub(crate) fn owners(&self) -> &[Box<str>] {
        &self.owners
    }
}

/// What happened to an object.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) rv: u64,
    pub(crate) table: Table,
    pub(crate) key: Arc<str>,
    /// The object before; none when it was created.
    pub(crate) old: Option<Entry>,
    /// The object after; none when it was deleted.
    pub(crate) new: Option<Entry>,
    /// A deleted object as the last event shows it: with the deletion's resource version.
    pub(crate) last: Option<Entry>,
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    rv: u64,
    tables: HashMap<Table, BTreeMap<Arc<str>, Entry>>,
    log: VecDeque<Event>,
    /// The newest change that has left the log.
    forgotten: u64,
    owned: HashMap<Box<str>, BTreeSet<(Table, Arc<str>)>>,
}

impl Store {
    /// The resource version of the last write.
    pub(crate) fn rv(&self) -> u64 {
        self.rv
    }

    /// The oldest resource version that can still be listed or watched from.
    pub(crate) fn oldest(&self) -> u64 {
        self.forgotten
    }

    pub(crate) fn get(&self, table: &str, key: &str) -> Option<&Entry> {
        self.tables.get(table)?.get(key)
    }

    /// The entries whose key begins with `prefix` and is greater than `after`.
    pub(crate) fn range<'a>(
        &'a self,
        table: &str,
        prefix: &'a str,
        after: Option<&str>,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Entry)> {
        use std::ops::Bound;
        let start = match after {
            Some(key) => Bound::Excluded(key.to_owned()),
            None => Bound::Included(prefix.to_owned()),
        };
        let start = match &start {
            Bound::Excluded(key) => Bound::Excluded(key.as_str()),
            Bound::Included(key) => Bound::Included(key.as_str()),
            Bound::Unbounded => Bound::Unbounded,
        };
        self.tables
            .get(table)
            .map(|entries| entries.range::<str, _>((start, Bound::Unbounded)))
            .into_iter()
            .flatten()
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.keys()
    }

    /// The objects that name `uid` as an owner.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<(Table, Arc<str>)> {
        self.owned.get(uid).into_iter().flatten().cloned().collect()
    }

    /// Stores `object` with the next resource version and returns that.
    pub(crate) fn put(&mut self, table: &Table, key: &str, object: &mut Value) -> u64 {
        self.rv += 1;
        crate::value::put_meta(object, "resourceVersion", Some(self.rv.to_string().into()));
        let entry = Entry::new(object);
        let key: Arc<str> = key.into();
        let old = self.tables.entry(table.clone()).or_default().insert(key.clone(), entry.clone());
        self.index(table, &key, old.as_ref(), Some(&entry));
        self.record(Event {
            rv: self.rv,
            table: table.clone(),
            key,
            old,
            new: Some(entry),
            last: None,
        });
        self.rv
    }

    /// Removes an object; its last state carries the resource version of the removal.
    pub(crate) fn remove(&mut self, table: &Table, key: &str) -> Option<Value> {
        let (key, old) = self.tables.get_mut(table)?.remove_entry(key)?;
        self.rv += 1;
        let mut object = old.value();
        crate::value::put_meta(&mut object, "resourceVersion", Some(self.rv.to_string().into()));
        let last = Entry::new(&object);
        self.index(table, &key, Some(&old), None);
        self.record(Event {
            rv: self.rv,
            table: table.clone(),
            key,
            old: Some(old),
            new: None,
            last: Some(last),
        });
        Some(object)
    }

    fn index(&mut self, table: &Table, key: &Arc<str>, old: Option<&Entry>, new: Option<&Entry>) {
        for owner in old.into_iter().flat_map(Entry::owners) {
            if let Some(set) = self.owned.get_mut(owner) {
                set.remove(&(table.clone(), key.clone()));
                if set.is_empty() {
                    self.owned.remove(owner);
                }
            }
        }
        for owner in new.into_iter().flat_map(Entry::owners) {
            self.owned.entry(owner.clone()).or_default().insert((table.clone(), key.clone()));
        }
    }

    fn record(&mut self, event: Event) {
        self.log.push_back(event);
        if self.log.len() > LOG_EVENTS {
            self.forget(self.log.len() - LOG_EVENTS);
        }
    }

    /// Drops the oldest `count` events from the log.
    pub(crate) fn forget(&mut self, count: usize) {
        for event in self.log.drain(..count.min(self.log.len())) {
            self.forgotten = event.rv;
        }
    }

    /// Drops the whole log, as compaction does.
    pub(crate) fn compact(&mut self) {
        self.forget(self.log.len());
        self.forgotten = self.rv;
    }

    /// The changes after `rv`; `None` when some of them are gone.
    pub(crate) fn since(&self, rv: u64) -> Option<impl DoubleEndedIterator<Item = &Event>> {
        if rv < self.forgotten {
            return None;
        }
        let start = self.log.partition_point(|event| event.rv <= rv);
        Some(self.log.range(start..))
    }
}
