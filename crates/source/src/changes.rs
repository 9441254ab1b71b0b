//! How a working folder differs from its last commit.

use std::path::Path;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::objs::Kind;
use gix::objs::tree::EntryKind as Mode;

use crate::Error;
use crate::checkout::{Checkout, Stored};
use crate::commit::CommitSnapshot;
use crate::folder::{hash, read_plain};
use crate::path::join;
use crate::walk::{Folders, Item};

/// How many files were added, changed or removed since a commit.
///
/// Only what the project is made of counts: neither ignored files nor other repositories inside it. What
/// has a name that is not UTF-8 cannot be read either way, so only whether it is
/// there counts; a folder that cannot be read may hold anything, so it counts too.
pub(crate) fn count(
    root: &Path,
    prefix: &str,
    folders: &Folders,
    checkout: &mut Checkout,
    commit: &CommitSnapshot,
) -> Result<usize, Error> {
    let mut committed = commit.flatten()?;
    let mut changed = 0;
    for (path, item) in folders.files() {
        let before = committed.remove(path.as_bytes());
        if item == Item::Submodule && before.is_none_or(|(mode, _)| mode == Mode::Commit) {
            continue;
        }
        let same = match before {
            Some(before) => is_same(root, prefix, &path, item, checkout, before)?,
            None => false,
        };
        changed += usize::from(!same);
    }
    for path in folders.not_utf8() {
        let below = [path.as_slice(), b"/"].concat();
        let before = committed.len();
        committed.retain(|other, _| other != path.as_slice() && !other.starts_with(&below));
        changed += usize::from(committed.len() == before);
    }
    Ok(changed + committed.len() + folders.unreadable())
}

/// A larger file counts as changed when the index cannot tell, like one that cannot be read.
const LARGEST: u64 = 256 * 1024 * 1024;

fn is_same(
    root: &Path,
    prefix: &str,
    path: &str,
    item: Item,
    checkout: &mut Checkout,
    (mode, id): (Mode, ObjectId),
) -> Result<bool, Error> {
    let expected = match item {
        Item::File { executable: true } | Item::LeftOut { executable: true, .. } => {
            Mode::BlobExecutable
        }
        Item::File { .. } | Item::LeftOut { .. } => Mode::Blob,
        Item::Symlink => Mode::Link,
        Item::Submodule => Mode::Commit,
        Item::Special | Item::Folder => return Ok(false),
    };
    if expected != mode {
        return Ok(false);
    }
    if let Item::LeftOut { id: left_out, .. } = item {
        return Ok(left_out == id);
    }
    let in_checkout = BString::from(join(prefix, path));
    let in_checkout = in_checkout.as_bstr();
    if let Some(indexed) = checkout.unchanged(in_checkout, true) {
        return Ok(indexed == id);
    }
    let names: Vec<&str> = path.split('/').collect();
    if item == Item::Symlink {
        let Ok(target) = std::fs::read_link(root.join(path)) else { return Ok(false) };
        return Ok(hash(path, Kind::Blob, target.as_os_str().as_encoded_bytes())? == id);
    }
    let bounded = |size: u64| {
        let path = path.to_owned();
        if size > LARGEST { Err(Error::TooLarge { path, size, limit: LARGEST }) } else { Ok(()) }
    };
    let Ok(content) = read_plain(root, path, &names, bounded) else { return Ok(false) };
    match checkout.stored(in_checkout, &content)? {
        Stored::Bytes(bytes) => Ok(hash(path, Kind::Blob, &bytes)? == id),
        Stored::Filter(_) => Ok(checkout.unchanged(in_checkout, false) == Some(id)),
    }
}
