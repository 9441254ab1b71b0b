//! Files of a work tree: looked at, written and put back.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode as IndexMode, Stage, Stat};
use gix::objs::tree::EntryKind as Mode;

use super::Repository;
use super::problem::Problem;
use crate::Error;
use crate::checkout::{Checkout, Stored};
use crate::folder::{hash, read_plain};
use crate::path::{components, join};
use gix::objs::Kind;

/// The work tree as a commit to be made finds it.
pub(super) struct WorkTree<'a> {
    repository: &'a Repository,
    top: &'a Path,
    head: ObjectId,
    checkout: Checkout,
    /// What is on disk now of the paths that were prepared; `None` is nothing.
    before: BTreeMap<String, Option<Before>>,
}

struct Before {
    content: Vec<u8>,
    permissions: Permissions,
    executable: bool,
}

/// Files that were written, which can be put back.
pub(super) struct Written {
    top: PathBuf,
    done: Vec<(String, Option<Before>)>,
    new: BTreeMap<String, (IndexMode, Stat)>,
}

impl<'a> WorkTree<'a> {
    /// The work tree beside a commit's tree.
    pub(super) fn open(
        repository: &'a Repository,
        git_dir: &Path,
        top: &'a Path,
        head: ObjectId,
    ) -> Result<Self, Problem> {
        let checkout = Checkout::open(git_dir, top)?;
        Ok(Self { repository, top, head, checkout, before: BTreeMap::new() })
    }

    /// Looks at a path that is to have this content: what Git would store, unless it is what is
    /// committed already.
    ///
    /// The path has no uncommitted changes, neither in the index nor on disk.
    pub(super) fn prepare(
        &mut self,
        path: &str,
        content: Option<&[u8]>,
    ) -> Result<Option<Option<ObjectId>>, Problem> {
        let names = components(path, &self.repository.inner.limits)?;
        if names.is_empty() {
            return Err(Problem::NotAFile { path: String::new(), why: "it is empty" });
        }
        let committed = match self.repository.entry(self.head, &names)? {
            Some(entry) if entry.mode == Mode::Tree => {
                let why = "it is a folder";
                return Err(Problem::NotAFile { path: path.to_owned(), why });
            }
            entry => entry.map(|entry| (entry.mode, entry.id)),
        };
        self.check_index(path, committed)?;
        self.check_folders(path, &names)?;
        let before = match committed {
            Some(committed) => Some(self.check_file(path, &names, committed)?),
            None => self.check_nothing(path)?,
        };
        self.before.insert(path.to_owned(), before);
        let blob = match content {
            Some(content) => Some(match self.stored(path, content)? {
                Stored::Bytes(bytes) => self.repository.write_blob(&bytes)?,
                Stored::Filter(filter) => {
                    return Err(Error::Filtered { path: path.to_owned(), filter }.into());
                }
            }),
            None => None,
        };
        Ok((blob != committed.map(|(_, id)| id)).then_some(blob))
    }

    fn stored(&mut self, path: &str, content: &[u8]) -> Result<Stored, Problem> {
        Ok(self.checkout.stored(path.as_bytes().as_bstr(), content)?)
    }

    /// The index has of the path what the commit has.
    fn check_index(&self, path: &str, committed: Option<(Mode, ObjectId)>) -> Result<(), Problem> {
        let dirty = |why| Err(Problem::Dirty { path: path.to_owned(), why });
        let Some(entry) = self.checkout.entry(path.as_bytes().as_bstr()) else {
            return if committed.is_none() {
                Ok(())
            } else {
                dirty("it is removed from the index")
            };
        };
        let is_executable = entry.mode == IndexMode::FILE_EXECUTABLE;
        if entry.stage() != Stage::Unconflicted {
            return dirty("it has a merge conflict");
        }
        if entry.flags.contains(Flags::SKIP_WORKTREE) {
            return dirty("a sparse checkout leaves it out");
        }
        match committed {
            Some((mode, id))
                if entry.id == id && is_executable == (mode == Mode::BlobExecutable) =>
            {
                Ok(())
            }
            _ => dirty("other changes of it are in the index"),
        }
    }

    /// Every folder on the way is one, or is not there yet.
    fn check_folders(&self, path: &str, names: &[&str]) -> Result<(), Problem> {
        let mut full = self.top.to_owned();
        let mut at = String::new();
        let folders = names.split_last().map_or(&[][..], |(_, folders)| folders);
        for name in folders {
            full.push(name);
            at = join(&at, name);
            match fs::symlink_metadata(&full) {
                Ok(meta) if meta.is_symlink() => return Err(Error::Symlink { path: at }.into()),
                Ok(meta) if !meta.is_dir() => {
                    let why = "a file is where a folder has to be";
                    return Err(Problem::Dirty { path: path.to_owned(), why });
                }
                Ok(_) if fs::symlink_metadata(full.join(".git")).is_ok() => {
                    return Err(Error::Submodule { path: at }.into());
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(source) => return Err(Error::Unreadable { path: at, source }.into()),
            }
        }
        Ok(())
    }

    /// The file on disk is what is committed.
    fn check_file(
        &mut self,
        path: &str,
        names: &[&str],
        (mode, id): (Mode, ObjectId),
    ) -> Result<Before, Problem> {
        let dirty = |why| Problem::Dirty { path: path.to_owned(), why };
        let full = self.top.join(path);
        let meta = match fs::symlink_metadata(&full) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(dirty("it is removed from the work tree"));
            }
            Err(source) => {
                return Err(Error::Unreadable { path: path.to_owned(), source }.into());
            }
        };
        let limit = self.repository.inner.limits.max_file_bytes;
        let small = |size: u64| {
            let path = path.to_owned();
            if size > limit { Err(Error::TooLarge { path, size, limit }) } else { Ok(()) }
        };
        let content = read_plain(self.top, path, names, small)?;
        let stored = match self.stored(path, &content)? {
            Stored::Bytes(bytes) => bytes,
            Stored::Filter(filter) => {
                return Err(Error::Filtered { path: path.to_owned(), filter }.into());
            }
        };
        if hash(path, Kind::Blob, &stored)? != id {
            return Err(dirty("it is changed in the work tree"));
        }
        let key = path.as_bytes().as_bstr();
        let executable = self.checkout.is_executable(key, is_executable(&meta));
        if executable != (mode == Mode::BlobExecutable) {
            return Err(dirty("whether it is executable is changed in the work tree"));
        }
        Ok(Before { content, permissions: meta.permissions(), executable })
    }

    /// Nothing is on disk where nothing is committed.
    fn check_nothing(&self, path: &str) -> Result<Option<Before>, Problem> {
        match fs::symlink_metadata(self.top.join(path)) {
            Ok(_) => {
                let why = "it is in the work tree, and not in the commit";
                Err(Problem::Dirty { path: path.to_owned(), why })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Unreadable { path: path.to_owned(), source }.into()),
        }
    }

    /// Writes these paths; when one of them fails, all are as they were.
    pub(super) fn write(
        mut self,
        files: &BTreeMap<String, Option<Vec<u8>>>,
        paths: &[&str],
    ) -> Result<Written, Problem> {
        let top = self.top.to_owned();
        let mut written = Written { top, done: Vec::new(), new: BTreeMap::new() };
        // What is taken out makes room for what comes in.
        let content = |path: &str| files.get(path).and_then(|content| content.as_deref());
        let (out, come): (Vec<&str>, Vec<&str>) =
            paths.iter().partition(|path| content(path).is_none());
        for path in out.into_iter().chain(come) {
            let before = self.before.remove(path).flatten();
            if let Err(source) = written.file(path, before, content(path)) {
                written.undo()?;
                return Err(Error::Unreadable { path: path.to_owned(), source }.into());
            }
        }
        Ok(written)
    }
}

impl Written {
    /// The mode that the index has for a file that was written.
    pub(super) fn mode(&self, path: &str) -> IndexMode {
        self.new.get(path).map_or(IndexMode::FILE, |(mode, _)| *mode)
    }

    /// What the index remembers of a file that was written.
    pub(super) fn stat(&self, path: &str) -> Stat {
        self.new.get(path).map(|(_, stat)| *stat).unwrap_or_default()
    }

    fn file(
        &mut self,
        path: &str,
        before: Option<Before>,
        content: Option<&[u8]>,
    ) -> io::Result<()> {
        let permissions = before.as_ref().map(|before| before.permissions.clone());
        let executable = before.as_ref().is_some_and(|before| before.executable);
        self.done.push((path.to_owned(), before));
        match content {
            Some(content) => {
                put(&self.top, path, content, permissions)?;
                let now = gix::index::fs::Metadata::from_path_no_follow(&self.top.join(path))?;
                // Without it git looks at the content, which is no harm.
                let stat = Stat::from_fs(&now).unwrap_or_default();
                let mode = if executable { IndexMode::FILE_EXECUTABLE } else { IndexMode::FILE };
                self.new.insert(path.to_owned(), (mode, stat));
                Ok(())
            }
            None => take(&self.top, path),
        }
    }

    /// Puts everything back.
    pub(super) fn undo(self) -> Result<(), Problem> {
        for (path, before) in self.done.into_iter().rev() {
            let undone = match before {
                Some(before) => put(&self.top, &path, &before.content, Some(before.permissions)),
                None => take(&self.top, &path),
            };
            undone.map_err(|source| Error::Unreadable { path, source })?;
        }
        Ok(())
    }
}

/// Replaces a file in one step, with the folders that lead to it.
fn put(top: &Path, path: &str, content: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let full = top.join(path);
    let folder = full.parent().unwrap_or(top);
    fs::create_dir_all(folder)?;
    let (mut file, new) = fresh(folder)?;
    let written = file.write_all(content).and_then(|()| match permissions {
        Some(permissions) => file.set_permissions(permissions),
        None => Ok(()),
    });
    drop(file);
    written.and_then(|()| fs::rename(&new, &full)).inspect_err(|_| drop(fs::remove_file(&new)))
}

/// A file of its own name, which no other run has.
fn fresh(folder: &Path) -> io::Result<(File, PathBuf)> {
    let mut number = 0u32;
    loop {
        let path = folder.join(format!(".suimon-{}-{number}.new", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => {
                number += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Removes a file, and the folders that nothing is left in, as git does.
fn take(top: &Path, path: &str) -> io::Result<()> {
    let full = top.join(path);
    match fs::remove_file(&full) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let above = full.ancestors().skip(1).take_while(|folder| *folder != top);
    for folder in above {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
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
