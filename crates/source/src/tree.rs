//! Git trees, decoded and mistrusted.

use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryKind as Mode;

use crate::Error;
use crate::path::{join, name_problem};

/// What a tree says about one name.
#[derive(Debug, Clone)]
pub(crate) struct TreeEntry {
    pub(crate) name: BString,
    pub(crate) mode: Mode,
    pub(crate) id: ObjectId,
}

/// All entries of a tree object, as they are; `folder` is where it is, for messages.
pub(crate) fn decode(folder: &str, id: ObjectId, data: &[u8]) -> Result<Vec<TreeEntry>, Error> {
    let mut entries = Vec::new();
    for entry in TreeRefIter::from_bytes(data, id.kind()) {
        let entry = entry.map_err(|error| bad(folder, id, error.probable_cause().to_string()))?;
        entries.push(TreeEntry {
            name: entry.filename.to_owned(),
            mode: entry.mode.kind(),
            id: entry.oid.to_owned(),
        });
    }
    Ok(entries)
}

/// The entry of that name, which must be the only one.
pub(crate) fn find<'a>(
    folder: &str,
    id: ObjectId,
    entries: &'a [TreeEntry],
    name: &str,
) -> Result<Option<&'a TreeEntry>, Error> {
    let mut same = entries.iter().filter(|entry| entry.name == name.as_bytes());
    let found = same.next();
    if same.next().is_some() {
        return Err(bad(folder, id, format!("the name `{name}` is in it twice")));
    }
    Ok(found)
}

/// The names of a folder that is listed, all of them checked.
pub(crate) fn checked_names(
    folder: &str,
    id: ObjectId,
    entries: &[TreeEntry],
) -> Result<Vec<String>, Error> {
    let mut seen = HashSet::new();
    let mut names = Vec::with_capacity(entries.len());
    for entry in entries {
        let Ok(name) = entry.name.to_str() else {
            let name = entry.name.to_str_lossy().into_owned();
            return Err(Error::NotUtf8 { folder: folder.to_owned(), name });
        };
        if let Some(why) = name_problem(name) {
            return Err(bad(folder, id, format!("the name `{}`: {why}", crate::path::shown(name))));
        }
        if !seen.insert(name) {
            return Err(bad(
                folder,
                id,
                format!("the name `{}` is in it twice", crate::path::shown(name)),
            ));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Refuses what is neither a file nor a folder.
pub(crate) fn refuse_others(folder: &str, name: &str, mode: Mode) -> Result<(), Error> {
    match mode {
        Mode::Link => Err(Error::Symlink { path: join(folder, name) }),
        Mode::Commit => Err(Error::Submodule { path: join(folder, name) }),
        Mode::Tree | Mode::Blob | Mode::BlobExecutable => Ok(()),
    }
}

fn bad(folder: &str, id: ObjectId, why: String) -> Error {
    Error::BadTree { folder: folder.to_owned(), id: id.to_string(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ObjectId {
        ObjectId::null(gix::hash::Kind::Sha1)
    }

    fn raw(entries: &[(&str, &str)]) -> Vec<u8> {
        entries
            .iter()
            .flat_map(|(mode, name)| [format!("{mode} {name}\0").as_bytes(), &[7; 20]].concat())
            .collect()
    }

    #[test]
    fn a_tree_that_was_cut_off_is_an_error_unless_an_entry_ends_there() {
        let data = raw(&[("100644", "a"), ("40000", "b")]);
        let first = raw(&[("100644", "a")]).len();
        for end in 0..=data.len() {
            let whole = [0, first, data.len()].iter().position(|at| *at == end);
            let entries = decode("", id(), &data[..end]).ok().map(|entries| entries.len());
            assert_eq!(entries, whole, "the first {end} bytes");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let data = raw(&[("100644", "a"), ("120000", "b"), ("160000", "c")]);
        for at in 0..data.len() {
            for byte in 0..=u8::MAX {
                let mut changed = data.clone();
                changed[at] = byte;
                let Ok(entries) = decode("", id(), &changed) else { continue };
                let names = checked_names("", id(), &entries);
                assert!(names.is_err() || names.unwrap().len() == entries.len());
            }
        }
    }
}
