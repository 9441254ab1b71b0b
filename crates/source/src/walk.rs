//! What is in a working folder, looked at once.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::index::entry::Mode as IndexMode;

use crate::Error;
use crate::checkout::Checkout;
use crate::path::join;

/// What a name in a working folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    Folder,
    File {
        executable: bool,
    },
    /// Tracked, but left out of the folder by a sparse checkout: read from the object database.
    LeftOut {
        id: ObjectId,
        executable: bool,
    },
    Symlink,
    Submodule,
    Special,
}

/// One folder.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    pub(crate) items: BTreeMap<String, Item>,
    /// The first name that is not UTF-8, made readable.
    pub(crate) not_utf8: Option<String>,
    /// Why not all of it could be looked at.
    pub(crate) unreadable: Option<io::ErrorKind>,
}

/// All folders of a project by path; the root is the empty path. Folders without any file are not in
/// it, as they are not in Git.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    folders: BTreeMap<String, Folder>,
    /// Paths whose last name is not UTF-8.
    not_utf8: Vec<BString>,
}

impl Folders {
    pub(crate) fn get(&self, folder: &str) -> Option<&Folder> {
        self.folders.get(folder)
    }

    /// Every item that is no folder.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, Item)> {
        self.folders.iter().flat_map(|(folder, content)| {
            let files = content.items.iter().filter(|(_, item)| **item != Item::Folder);
            files.map(move |(name, item)| (join(folder, name), *item))
        })
    }

    /// Every file or folder whose own name is not UTF-8.
    pub(crate) fn not_utf8(&self) -> &[BString] {
        &self.not_utf8
    }

    /// How many folders could not be read, or not all of them.
    pub(crate) fn unreadable(&self) -> usize {
        self.folders.values().filter(|folder| folder.unreadable.is_some()).count()
    }

    /// Adds an item and the folders that lead to it.
    fn add(&mut self, folder: &str, name: String, item: Item) {
        self.folders.entry(folder.to_owned()).or_default().items.insert(name, item);
        self.lead_to(folder);
    }

    /// Who lists the folder hears of it. What is gone by now is no problem.
    fn add_unreadable(&mut self, folder: &str, error: &io::Error) {
        if error.kind() != io::ErrorKind::NotFound {
            self.folders.entry(folder.to_owned()).or_default().unreadable = Some(error.kind());
            self.lead_to(folder);
        }
    }

    fn add_not_utf8(&mut self, folder: &str, name: &OsStr) {
        let shown = name.to_string_lossy().into_owned();
        self.folders.entry(folder.to_owned()).or_default().not_utf8 = Some(shown);
        self.lead_to(folder);
        let mut path = BString::from(join(folder, ""));
        path.extend_from_slice(name.as_encoded_bytes());
        self.not_utf8.push(path);
    }

    fn lead_to(&mut self, folder: &str) {
        let mut below = folder;
        while !below.is_empty() {
            let (parent, name) = below.rsplit_once('/').unwrap_or(("", below));
            let parents = self.folders.entry(parent.to_owned()).or_default();
            if parents.items.insert(name.to_owned(), Item::Folder).is_some() {
                break;
            }
            below = parent;
        }
    }
}

/// A walk through a working folder.
struct Walk<'a> {
    root: &'a Path,
    /// The root's path in its checkout.
    prefix: &'a str,
    checkout: Option<&'a mut Checkout>,
    folders: Folders,
    seen: usize,
}

/// Looks at everything below `root` that is not ignored, following no symlink.
pub(crate) fn walk(
    root: &Path,
    prefix: &str,
    checkout: Option<&mut Checkout>,
) -> Result<Folders, Error> {
    let mut walk = Walk { root, prefix, checkout, folders: Folders::default(), seen: 0 };
    walk.folders.folders.insert(String::new(), Folder::default());
    let mut todo = vec![(String::new(), root.to_owned())];
    while let Some((folder, full)) = todo.pop() {
        walk.folder(&folder, &full, &mut todo)?;
    }
    walk.add_left_out();
    Ok(walk.folders)
}

impl Walk<'_> {
    fn folder(
        &mut self,
        folder: &str,
        full: &Path,
        todo: &mut Vec<(String, PathBuf)>,
    ) -> Result<(), Error> {
        let entries = match fs::read_dir(full) {
            Ok(entries) => entries,
            Err(error) => {
                self.folders.add_unreadable(folder, &error);
                return Ok(());
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(folder, &entry, todo)?,
                Err(error) => self.folders.add_unreadable(folder, &error),
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        folder: &str,
        entry: &fs::DirEntry,
        todo: &mut Vec<(String, PathBuf)>,
    ) -> Result<(), Error> {
        // Nobody needs a project of more names; without an end a folder could hold up a run for good.
        const MOST: usize = 1_000_000;
        let name = entry.file_name();
        if name.eq_ignore_ascii_case(".git") {
            return Ok(());
        }
        let full = entry.path();
        let in_checkout = self.in_checkout(folder, &name);
        let meta = match fs::symlink_metadata(&full) {
            Ok(meta) => meta,
            Err(error) => {
                self.folders.add_unreadable(folder, &error);
                return Ok(());
            }
        };
        if self.is_ignored(&in_checkout, meta.is_dir())? {
            return Ok(());
        }
        self.seen += 1;
        if self.seen > MOST {
            let path = join(folder, &name.to_string_lossy());
            return Err(Error::TooManyFiles { path, limit: MOST });
        }
        let Some(name) = name.to_str() else {
            self.folders.add_not_utf8(folder, &name);
            return Ok(());
        };
        match self.item(&in_checkout, &full, &meta) {
            Item::Folder => todo.push((join(folder, name), full)),
            item => self.folders.add(folder, name.to_owned(), item),
        }
        Ok(())
    }

    fn item(&self, in_checkout: &BString, full: &Path, meta: &fs::Metadata) -> Item {
        let checkout = self.checkout.as_deref();
        let path = in_checkout.as_bstr();
        if meta.is_symlink() || checkout.is_some_and(|c| c.is_disguised_symlink(path)) {
            Item::Symlink
        } else if meta.is_file() {
            let executable = is_executable(meta);
            Item::File {
                executable: checkout.map_or(executable, |c| c.is_executable(path, executable)),
            }
        } else if meta.is_dir() {
            let tracked =
                checkout.and_then(|c| c.entry(path)).is_some_and(|e| e.mode == IndexMode::COMMIT);
            if tracked || fs::symlink_metadata(full.join(".git")).is_ok() {
                Item::Submodule
            } else {
                Item::Folder
            }
        } else {
            Item::Special
        }
    }

    fn is_ignored(&mut self, path: &BString, is_folder: bool) -> Result<bool, Error> {
        let Some(checkout) = self.checkout.as_deref_mut() else { return Ok(false) };
        let path = path.as_bstr();
        if checkout.entry(path).is_some() || (is_folder && checkout.tracks_below(path)) {
            return Ok(false);
        }
        checkout.ignores(path, is_folder)
    }

    fn in_checkout(&self, folder: &str, name: &OsStr) -> BString {
        let mut path = BString::from(join(self.prefix, folder).trim_end_matches('/'));
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_encoded_bytes());
        path
    }

    fn add_left_out(&mut self) {
        let Some(checkout) = self.checkout.as_deref() else { return };
        let prefix =
            if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        for (path, entry) in checkout.left_out() {
            let Some(path) = path.strip_prefix(prefix.as_bytes()).and_then(|p| p.to_str().ok())
            else {
                continue;
            };
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let there = self.folders.get(folder).is_some_and(|f| f.items.contains_key(name));
            if there || fs::symlink_metadata(self.root.join(path)).is_ok() {
                continue;
            }
            let item = match entry.mode {
                IndexMode::SYMLINK => Item::Symlink,
                IndexMode::COMMIT => Item::Submodule,
                mode => {
                    Item::LeftOut { id: entry.id, executable: mode == IndexMode::FILE_EXECUTABLE }
                }
            };
            self.folders.add(folder, name.to_owned(), item);
        }
    }
}

#[cfg(unix)]
fn is_executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}
