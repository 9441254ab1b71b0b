//! [`CommitSnapshot`]: a project at one commit, read from the object database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind as Mode;
use suimon_model::{Diagnostic, Entry, EntryKind, Snapshot};

use crate::attributes::Attributes;
use crate::budget::Budget;
use crate::path::{components, join};
use crate::store::Store;
use crate::tree::{self, TreeEntry};
use crate::{Error, Limits, resolve};

/// The files of a commit below one folder.
pub(crate) struct CommitSnapshot {
    store: Arc<Store>,
    commit: String,
    /// The folder of the repository that the project is in; empty for its root.
    prefix: String,
    root: ObjectId,
    /// The root of the repository, whose attributes are the project's too.
    top: ObjectId,
    limits: Limits,
    seen: Mutex<Seen>,
    attributes: Mutex<Attributes>,
}

struct Seen {
    budget: Budget,
    trees: HashMap<ObjectId, Arc<[TreeEntry]>>,
    blobs: HashMap<ObjectId, Arc<[u8]>>,
}

/// What a path leads to.
enum Found {
    Folder(ObjectId),
    File(ObjectId),
}

impl CommitSnapshot {
    /// The folder `prefix` at a revision.
    pub(crate) fn new(
        store: Arc<Store>,
        revision: &str,
        prefix: &str,
        limits: Limits,
    ) -> Result<Self, Error> {
        let (commit, tree) = resolve::commit(&store, revision)?;
        let mut snapshot = Self {
            store,
            commit: commit.to_string(),
            prefix: String::new(),
            root: tree,
            top: tree,
            attributes: Mutex::default(),
            limits,
            seen: Mutex::new(Seen {
                budget: Budget::new(limits),
                trees: HashMap::new(),
                blobs: HashMap::new(),
            }),
        };
        if !prefix.is_empty() {
            snapshot.enter(prefix)?;
        }
        Ok(snapshot)
    }

    /// The commit's whole id.
    pub(crate) fn commit(&self) -> &str {
        &self.commit
    }

    /// Makes a folder the root.
    pub(crate) fn enter(&mut self, prefix: &str) -> Result<(), Error> {
        match self.walk(&prefix.split('/').collect::<Vec<_>>())? {
            Some(Found::Folder(id)) => {
                self.root = id;
                self.prefix = join(&self.prefix, prefix);
                Ok(())
            }
            _ => Err(Error::NoFolderInCommit {
                folder: prefix.to_owned(),
                commit: self.commit.clone(),
            }),
        }
    }

    /// Whether there is anything of that path.
    pub(crate) fn has(&self, path: &str) -> Result<bool, Error> {
        let names: Vec<&str> = path.split('/').collect();
        match self.walk(&names) {
            Ok(found) => Ok(matches!(found, Some(Found::File(_)))),
            // It is there; whoever reads it says what is wrong with it.
            Err(Error::Symlink { .. } | Error::Submodule { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn tree(&self, folder: &str, id: ObjectId) -> Result<Arc<[TreeEntry]>, Error> {
        let known = self.seen().trees.get(&id).cloned();
        if let Some(tree) = known {
            return Ok(tree);
        }
        let data = self.store.tree(folder, id)?;
        let entries: Arc<[TreeEntry]> = tree::decode(folder, id, &data)?.into();
        self.seen().trees.insert(id, Arc::clone(&entries));
        Ok(entries)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn walk(&self, names: &[&str]) -> Result<Option<Found>, Error> {
        self.walk_from(self.root, names)
    }

    fn walk_from(&self, root: ObjectId, names: &[&str]) -> Result<Option<Found>, Error> {
        let mut at = root;
        let mut folder = String::new();
        for (index, name) in names.iter().enumerate() {
            let entries = self.tree(&folder, at)?;
            let Some(entry) = tree::find(&folder, at, &entries, name)? else { return Ok(None) };
            tree::refuse_others(&folder, name, entry.mode)?;
            folder = join(&folder, name);
            match (entry.mode, index + 1 == names.len()) {
                (Mode::Tree, _) => at = entry.id,
                (_, true) => return Ok(Some(Found::File(entry.id))),
                (_, false) => return Ok(None),
            }
        }
        Ok(Some(Found::Folder(at)))
    }

    fn read_file(&self, path: &str) -> Result<Option<Arc<[u8]>>, Error> {
        let names = components(path, &self.limits)?;
        let Some(Found::File(id)) = self.walk(&names)? else { return Ok(None) };
        let known = {
            let mut seen = self.seen();
            seen.budget.file(path)?;
            seen.blobs.get(&id).cloned()
        };
        if let Some(known) = known {
            return Ok(Some(known));
        }
        let size = |size| self.seen().budget.bytes(path, size);
        let content: Arc<[u8]> =
            self.store.blob(path, id, self.limits.max_file_bytes, size)?.into();
        crate::content::refuse_pointers(path, &content)?;
        self.refuse_filtered(path)?;
        self.seen().blobs.insert(id, Arc::clone(&content));
        Ok(Some(content))
    }

    /// Refuses a file whose content in Git is not what a checkout would have.
    fn refuse_filtered(&self, path: &str) -> Result<(), Error> {
        let from_top = join(&self.prefix, path);
        let mut attributes = self.attributes.lock().unwrap_or_else(PoisonError::into_inner);
        match attributes.filter(&from_top, |folder| self.attributes_of(folder))? {
            Some(filter) => Err(Error::Filtered { path: path.to_owned(), filter }),
            None => Ok(()),
        }
    }

    /// The content of a folder's `.gitattributes`, as long as it is a file, as Git has it.
    fn attributes_of(&self, folder: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = join(folder, ".gitattributes");
        let names: Vec<&str> = path.split('/').collect();
        match self.walk_from(self.top, &names) {
            Ok(Some(Found::File(id))) => {
                let within = |size| self.seen().budget.bytes(&path, size);
                self.store.blob(&path, id, self.limits.max_file_bytes, within).map(Some)
            }
            Ok(_) | Err(Error::Symlink { .. } | Error::Submodule { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list_folder(&self, folder: &str) -> Result<Option<Vec<Entry>>, Error> {
        let names = components(folder, &self.limits)?;
        let Some(Found::Folder(id)) = self.walk(&names)? else { return Ok(None) };
        let entries = self.tree(folder, id)?;
        let names = tree::checked_names(folder, id, &entries)?;
        let mut listed = Vec::with_capacity(names.len());
        for (entry, name) in entries.iter().zip(names) {
            tree::refuse_others(folder, &name, entry.mode)?;
            let kind = if entry.mode == Mode::Tree { EntryKind::Folder } else { EntryKind::File };
            if kind == EntryKind::File {
                self.seen().budget.file(&join(folder, &name))?;
            }
            listed.push(Entry { name, kind });
        }
        listed.sort();
        Ok(Some(listed))
    }

    fn folder_id(&self, folder: &str) -> Result<Option<String>, Error> {
        let names = components(folder, &self.limits)?;
        Ok(match self.walk(&names)? {
            Some(Found::Folder(id)) => Some(id.to_string()),
            _ => None,
        })
    }

    /// Every file below the root with its mode and id, symlinks and submodules too.
    pub(crate) fn flatten(&self) -> Result<HashMap<Vec<u8>, (Mode, ObjectId)>, Error> {
        // A few small trees can name each other often enough to unfold without end.
        const MOST: usize = 1_000_000;
        let mut files = HashMap::new();
        let mut seen = 0;
        let mut folders: Vec<(Vec<u8>, ObjectId)> = vec![(Vec::new(), self.root)];
        while let Some((folder, id)) = folders.pop() {
            let shown = folder.to_str_lossy();
            let data = self.store.tree(&shown, id)?;
            for entry in tree::decode(&shown, id, &data)? {
                seen += 1;
                if seen > MOST {
                    let path = join(&shown, &entry.name.to_str_lossy());
                    return Err(Error::TooManyFiles { path, limit: MOST });
                }
                let mut path = folder.clone();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(&entry.name);
                match entry.mode {
                    Mode::Tree => folders.push((path, entry.id)),
                    mode => drop(files.insert(path, (mode, entry.id))),
                }
            }
        }
        Ok(files)
    }
}

impl Snapshot for CommitSnapshot {
    fn revision(&self) -> Option<&str> {
        Some(&self.commit)
    }

    fn read(&self, path: &str) -> Result<Option<Arc<[u8]>>, Diagnostic> {
        Ok(self.read_file(path)?)
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<Entry>>, Diagnostic> {
        Ok(self.list_folder(folder)?)
    }

    fn tree_id(&self, folder: &str) -> Result<Option<String>, Diagnostic> {
        Ok(self.folder_id(folder)?)
    }

    fn at(&self, revision: &str) -> Result<Arc<dyn Snapshot>, Diagnostic> {
        let store = Arc::clone(&self.store);
        Ok(Arc::new(Self::new(store, revision, &self.prefix, self.limits)?))
    }
}
