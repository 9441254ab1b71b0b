//! Git's index, after a commit.

use std::io::{BufWriter, Write};
use std::path::Path;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::index::entry::stat::Options;
use gix::index::entry::{Flags, Mode, Stage, Stat};

/// What becomes of an entry: `None` is none any more.
pub(super) type Change<'a> = (&'a str, Option<(ObjectId, Mode, Stat)>);

/// Writes the index with these entries changed, under its lock.
pub(super) fn write(
    path: &Path,
    lock: gix::lock::File,
    changes: &[Change<'_>],
    options: Options,
) -> Result<(), String> {
    let said = |error: gix::Error| error.to_string();
    let hash = gix::hash::Kind::Sha1;
    let mut index = gix::index::File::at(path, hash, false, Default::default()).map_err(said)?;
    let read_at = index.timestamp();
    for entry in index.entries_mut() {
        // What was written in the moment the index was could have changed since without a trace. Once
        // the index is younger nobody would know, so git has to look at these files again.
        if entry.stat.is_racy(read_at, options) {
            entry.stat = Stat::default();
        }
    }
    for (path, change) in changes {
        let path: &BStr = path.as_bytes().as_bstr();
        match (change, index.entry_mut_by_path_and_stage(path, Stage::Unconflicted)) {
            (Some((id, mode, stat)), Some(entry)) => {
                (entry.id, entry.mode, entry.stat) = (*id, *mode, *stat);
            }
            (Some((id, mode, stat)), None) => {
                index.dangerously_push_entry(*stat, *id, Flags::empty(), *mode, path);
                index.sort_entries();
            }
            (None, _) => index.remove_entries(|_, other, _| other == path),
        }
    }
    // It has the ids of folders as they were.
    index.remove_tree();
    let mut out = BufWriter::new(lock);
    index.write_to(&mut out, Default::default()).map_err(said)?;
    out.flush().map_err(|error| error.to_string())?;
    let lock = out.into_inner().map_err(|error| error.to_string())?;
    lock.commit().map(drop).map_err(|error| error.to_string())
}
