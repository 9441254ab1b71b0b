//! Trees, made from other trees and what changes in them.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::objs::tree::EntryKind as Mode;

use super::Repository;
use super::problem::Problem;
use crate::path::{components, join};

/// A change below some folder: the names that lead to it, and the file's new content.
type Change<'a> = (Vec<&'a str>, Option<ObjectId>);

/// The tree with these files put in, or taken out, beside those of `base`.
pub(super) fn edit(
    repository: &Repository,
    base: Option<ObjectId>,
    files: &[(&str, Option<ObjectId>)],
) -> Result<ObjectId, Problem> {
    let mut changes = Vec::new();
    for (path, blob) in files {
        let names = components(path, &repository.inner.limits)?;
        if names.is_empty() {
            return Err(Problem::NotAFile { path: String::new(), why: "it is empty" });
        }
        for name in &names {
            check_name(path, name)?;
        }
        changes.push((names, *blob));
    }
    match folder(repository, "", base, &changes)? {
        Some(tree) => Ok(tree),
        None => repository.write(gix::objs::Tree::empty()),
    }
}

/// Refuses a name that is `.git` to some file system, or a device.
fn check_name(path: &str, name: &str) -> Result<(), Problem> {
    let options = gix::validate::path::component::Options::default();
    match gix::validate::path::component(name.into(), None, options) {
        Ok(_) => Ok(()),
        Err(_) => {
            let why = "some file system takes a name in it for another one";
            Err(Problem::NotAFile { path: path.to_owned(), why })
        }
    }
}

/// The folder's new tree; `None` when nothing is left in it.
fn folder(
    repository: &Repository,
    at: &str,
    base: Option<ObjectId>,
    changes: &[Change<'_>],
) -> Result<Option<ObjectId>, Problem> {
    let mut entries: BTreeMap<BString, (Mode, ObjectId)> = BTreeMap::new();
    for entry in base.map(|id| repository.tree_entries(at, id)).transpose()?.unwrap_or_default() {
        entries.insert(entry.name, (entry.mode, entry.id));
    }
    let mut below: BTreeMap<&str, Vec<Change<'_>>> = BTreeMap::new();
    // What is taken out makes room for what comes in.
    let (out, come): (Vec<_>, Vec<_>) = changes.iter().partition(|(_, blob)| blob.is_none());
    for (names, blob) in out.into_iter().chain(come) {
        match names.split_first() {
            Some((name, [])) => file(&mut entries, at, name, *blob)?,
            Some((name, rest)) => below.entry(name).or_default().push((rest.to_vec(), *blob)),
            None => {}
        }
    }
    for (name, changes) in below {
        let path = join(at, name);
        let inside = match entries.get(name.as_bytes().as_bstr()) {
            Some((Mode::Tree, id)) => Some(*id),
            None => None,
            // Nothing is below a file.
            Some(_) if changes.iter().all(|(_, blob)| blob.is_none()) => continue,
            Some(_) => {
                return Err(Problem::NotAFile { path, why: "it has to be a folder, and is none" });
            }
        };
        match folder(repository, &path, inside, &changes)? {
            Some(tree) => entries.insert(name.into(), (Mode::Tree, tree)),
            None => entries.remove(name.as_bytes().as_bstr()),
        };
    }
    if entries.is_empty() {
        return Ok(None);
    }
    write(repository, entries).map(Some)
}

fn file(
    entries: &mut BTreeMap<BString, (Mode, ObjectId)>,
    at: &str,
    name: &str,
    blob: Option<ObjectId>,
) -> Result<(), Problem> {
    let refused = |why| Err(Problem::NotAFile { path: join(at, name), why });
    let mode = match entries.get(name.as_bytes().as_bstr()) {
        Some((mode @ (Mode::Blob | Mode::BlobExecutable), _)) => *mode,
        Some((Mode::Link, _)) => return refused("it is a symlink"),
        Some((Mode::Commit, _)) => return refused("it is a submodule"),
        Some((Mode::Tree, _)) => return refused("it is a folder"),
        None => Mode::Blob,
    };
    match blob {
        Some(id) => entries.insert(name.into(), (mode, id)),
        None => entries.remove(name.as_bytes().as_bstr()),
    };
    Ok(())
}

fn write(
    repository: &Repository,
    entries: BTreeMap<BString, (Mode, ObjectId)>,
) -> Result<ObjectId, Problem> {
    let entry = |(filename, (mode, oid)): (BString, (Mode, ObjectId))| gix::objs::tree::Entry {
        mode: mode.into(),
        filename,
        oid,
    };
    let mut entries: Vec<_> = entries.into_iter().map(entry).collect();
    // Git sorts folders as if their names ended in a slash.
    entries.sort();
    repository.write(&gix::objs::Tree { entries })
}
