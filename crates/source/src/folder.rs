//! [`FolderSnapshot`]: the uncommitted files of a project.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::objs::Kind;
use suimon_model::{Diagnostic, Entry, EntryKind, Snapshot};

use crate::budget::Budget;
use crate::checkout::{Checkout, Stored};
use crate::commit::CommitSnapshot;
use crate::path::{components, join};
use crate::store::Store;
use crate::walk::{Folders, Item};
use crate::{Error, Limits};

/// The files of a working folder, as Git would store them.
///
/// # Guarantees
/// Which files there are is fixed when it is made, and a file's content when it is first read.
pub(crate) struct FolderSnapshot {
    root: PathBuf,
    /// The root's path in its checkout.
    prefix: String,
    folders: Folders,
    store: Option<Arc<Store>>,
    limits: Limits,
    state: Mutex<State>,
}

struct State {
    checkout: Option<Checkout>,
    budget: Budget,
    files: HashMap<String, Arc<[u8]>>,
}

impl FolderSnapshot {
    /// The files that a walk found below `root`.
    pub(crate) fn new(
        root: PathBuf,
        prefix: String,
        folders: Folders,
        git: Option<(Arc<Store>, Checkout)>,
        limits: Limits,
    ) -> Self {
        let (store, checkout) = git.unzip();
        let state = State { checkout, budget: Budget::new(limits), files: HashMap::new() };
        Self { root, prefix, folders, store, limits, state: Mutex::new(state) }
    }

    /// Whether there is anything of that name in the root.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.folders.get("").is_some_and(|root| root.items.contains_key(name))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a path leads to; refuses what may not be followed.
    fn item(&self, names: &[&str]) -> Result<Option<Item>, Error> {
        let mut folder = String::new();
        let mut item = Item::Folder;
        for name in names {
            if item != Item::Folder {
                return Ok(None);
            }
            let Some(content) = self.folders.get(&folder) else { return Ok(None) };
            let Some(found) = content.items.get(*name) else {
                return match content.unreadable {
                    // Unknown is not absent.
                    Some(kind) => {
                        Err(Error::Unreadable { path: join(&folder, name), source: kind.into() })
                    }
                    None => Ok(None),
                };
            };
            item = *found;
            refuse_others(&folder, name, item)?;
            folder = join(&folder, name);
        }
        Ok(Some(item))
    }

    fn read_file(&self, path: &str) -> Result<Option<Arc<[u8]>>, Error> {
        let names = components(path, &self.limits)?;
        let Some(item) = self.item(&names)? else { return Ok(None) };
        if item == Item::Folder {
            return Ok(None);
        }
        let mut state = self.state();
        if let Some(content) = state.files.get(path) {
            return Ok(Some(Arc::clone(content)));
        }
        state.budget.file(path)?;
        let content = match (item, &self.store) {
            (Item::LeftOut { id, .. }, Some(store)) => {
                let limit = self.limits.max_file_bytes;
                let content = store.blob(path, id, limit, |size| state.budget.bytes(path, size))?;
                self.stored(path, &content, &mut state)?;
                content
            }
            _ => self.read_from_disk(path, &names, &mut state)?,
        };
        crate::content::refuse_pointers(path, &content)?;
        let content: Arc<[u8]> = content.into();
        state.files.insert(path.to_owned(), Arc::clone(&content));
        Ok(Some(content))
    }

    fn read_from_disk(
        &self,
        path: &str,
        names: &[&str],
        state: &mut State,
    ) -> Result<Vec<u8>, Error> {
        let raw = read_plain(&self.root, path, names, |size| state.budget.bytes(path, size))?;
        Ok(self.stored(path, &raw, state)?.unwrap_or(raw))
    }

    /// The bytes that Git would store; `None` outside any repository. Refuses what needs a filter.
    fn stored(&self, path: &str, raw: &[u8], state: &mut State) -> Result<Option<Vec<u8>>, Error> {
        let Some(checkout) = &mut state.checkout else { return Ok(None) };
        let in_checkout = BString::from(join(&self.prefix, path));
        match checkout.stored(in_checkout.as_bstr(), raw)? {
            Stored::Bytes(bytes) => Ok(Some(bytes)),
            Stored::Filter(filter) => Err(Error::Filtered { path: path.to_owned(), filter }),
        }
    }

    fn list_folder(&self, folder: &str) -> Result<Option<Vec<Entry>>, Error> {
        let names = components(folder, &self.limits)?;
        if self.item(&names)? != Some(Item::Folder) {
            return Ok(None);
        }
        let Some(content) = self.folders.get(folder) else { return Ok(None) };
        if let Some(name) = &content.not_utf8 {
            return Err(Error::NotUtf8 { folder: folder.to_owned(), name: name.clone() });
        }
        if let Some(kind) = content.unreadable {
            return Err(Error::Unreadable { path: folder.to_owned(), source: kind.into() });
        }
        let mut entries = Vec::with_capacity(content.items.len());
        for (name, item) in &content.items {
            refuse_others(folder, name, *item)?;
            let kind = if *item == Item::Folder { EntryKind::Folder } else { EntryKind::File };
            if kind == EntryKind::File {
                self.state().budget.file(&join(folder, name))?;
            }
            entries.push(Entry { name: name.clone(), kind });
        }
        Ok(Some(entries))
    }

    /// The id of the tree that Git would write for a folder.
    fn folder_id(&self, folder: &str, depth: usize) -> Result<Option<ObjectId>, Error> {
        if depth > self.limits.max_depth {
            return Err(Error::TooDeep { path: folder.to_owned(), limit: self.limits.max_depth });
        }
        let Some(entries) = self.list_folder(folder)? else { return Ok(None) };
        let mut tree: Vec<(String, &str, ObjectId)> = Vec::with_capacity(entries.len());
        for Entry { name, .. } in entries {
            let path = join(folder, &name);
            let item = self.folders.get(folder).and_then(|content| content.items.get(&name));
            let (mode, id) = match item {
                Some(Item::LeftOut { id, executable }) => (file_mode(*executable), Some(*id)),
                Some(Item::File { executable }) => (file_mode(*executable), self.file_id(&path)?),
                _ => ("40000", self.folder_id(&path, depth + 1)?),
            };
            if let Some(id) = id {
                tree.push((name, mode, id));
            }
        }
        // Git sorts a folder as if its name ended in a slash.
        tree.sort_by_cached_key(
            |(name, mode, _)| {
                if *mode == "40000" { format!("{name}/") } else { name.clone() }
            },
        );
        let mut data = Vec::new();
        for (name, mode, id) in &tree {
            data.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            data.extend_from_slice(id.as_bytes());
        }
        hash(folder, Kind::Tree, &data).map(Some)
    }

    fn file_id(&self, path: &str) -> Result<Option<ObjectId>, Error> {
        self.read_file(path)?.map(|content| hash(path, Kind::Blob, &content)).transpose()
    }
}

fn file_mode(executable: bool) -> &'static str {
    if executable { "100755" } else { "100644" }
}

/// The id that Git gives an object.
pub(crate) fn hash(path: &str, kind: Kind, data: &[u8]) -> Result<ObjectId, Error> {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, data).map_err(|error| Error::Broken {
        path: path.to_owned(),
        id: "of this content".to_owned(),
        why: error.probable_cause().to_string(),
    })
}

fn refuse_others(folder: &str, name: &str, item: Item) -> Result<(), Error> {
    let path = || join(folder, name);
    match item {
        Item::Symlink => Err(Error::Symlink { path: path() }),
        Item::Submodule => Err(Error::Submodule { path: path() }),
        Item::Special => Err(Error::Special { path: path() }),
        Item::Folder | Item::File { .. } | Item::LeftOut { .. } => Ok(()),
    }
}

/// Reads a plain file, refusing any symlink that has come to be on the way since the walk.
pub(crate) fn read_plain(
    root: &Path,
    path: &str,
    names: &[&str],
    size: impl FnOnce(u64) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => Error::Changed { path: path.to_owned() },
        _ => Error::Unreadable { path: path.to_owned(), source },
    };
    let mut full = root.to_owned();
    let mut looked = fs::symlink_metadata(&full).map_err(unreadable)?;
    let mut at = String::new();
    for name in names {
        full.push(name);
        at = join(&at, name);
        looked = fs::symlink_metadata(&full).map_err(unreadable)?;
        if looked.is_symlink() {
            return Err(Error::Symlink { path: at });
        }
    }
    if !looked.is_file() {
        return Err(Error::Special { path: at });
    }
    let file = fs::File::open(&full).map_err(unreadable)?;
    let opened = file.metadata().map_err(unreadable)?;
    if !is_same(&looked, &opened) {
        return Err(Error::Changed { path: path.to_owned() });
    }
    size(opened.len())?;
    let mut content = Vec::new();
    file.take(opened.len().saturating_add(1)).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 != opened.len() {
        return Err(Error::Changed { path: path.to_owned() });
    }
    Ok(content)
}

#[cfg(unix)]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    a.is_file() && b.is_file()
}

impl Snapshot for FolderSnapshot {
    fn revision(&self) -> Option<&str> {
        None
    }

    fn read(&self, path: &str) -> Result<Option<Arc<[u8]>>, Diagnostic> {
        Ok(self.read_file(path)?)
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<Entry>>, Diagnostic> {
        Ok(self.list_folder(folder)?)
    }

    fn tree_id(&self, folder: &str) -> Result<Option<String>, Diagnostic> {
        Ok(self.folder_id(folder, 0)?.map(|id| id.to_string()))
    }

    fn at(&self, revision: &str) -> Result<Arc<dyn Snapshot>, Diagnostic> {
        let Some(store) = &self.store else {
            let place = self.root.display().to_string();
            return Err(Error::NoRepository { revision: revision.to_owned(), place }.into());
        };
        let snapshot = CommitSnapshot::new(Arc::clone(store), revision, &self.prefix, self.limits)?;
        Ok(Arc::new(snapshot))
    }
}
