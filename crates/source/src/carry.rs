//! Refs of suimon's own, carried from a damaged mirror into the one that takes its place.

use std::collections::HashSet;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::{CommitRefIter, Kind, TagRefIter, TreeRefIter};
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};
use gix::refs::{FullName, Target};

use crate::store;

/// What this machine has seen of the remote's refs, and what it has still to say.
const OWN: &str = "refs/suimon/";

/// What can be asked of the remote again.
const TRACKED: &str = "refs/suimon/remote/";

/// No ref of ours needs more objects.
const MOST: usize = 1_000_000;

/// Copies every ref of suimon's own that is whole in the old mirror, with its objects. What is not is lost
/// with the mirror, and said.
pub(crate) fn carry(old: &Path, new: &Path) {
    let (Ok(old), Ok(new)) = (store::open(old), store::open(new)) else { return };
    let Ok(refs) = old.references() else { return };
    let Ok(all) = refs.all() else { return };
    for reference in all.flatten() {
        let name = reference.name().to_owned();
        let is_own = name.as_bstr().starts_with(OWN.as_bytes());
        let Some(id) = reference.target().try_id().map(ToOwned::to_owned) else { continue };
        if !is_own || name.as_bstr().starts_with(TRACKED.as_bytes()) {
            continue;
        }
        if let Err(error) = copy(&old, &new, &name, id) {
            let reference = name.as_bstr().to_str_lossy();
            tracing::warn!(%reference, %error, "lost with the damaged cached repository");
        }
    }
}

fn copy(
    old: &gix::Repository,
    new: &gix::Repository,
    name: &FullName,
    tip: ObjectId,
) -> gix::Result<()> {
    use gix::objs::Write as _;
    // Nothing is written before all is there: what is there is taken for whole.
    let objects = missing(old, new, tip)?;
    for (kind, data) in objects.iter().rev() {
        new.objects.write_buf(*kind, data)?;
    }
    let change = Change::Update {
        log: LogChange::default(),
        expected: PreviousValue::Any,
        new: Target::Object(tip),
    };
    let edit = RefEdit { change, name: name.clone(), deref: false };
    let who = gix::actor::SignatureRef {
        name: "suimon".into(),
        email: "suimon@localhost".into(),
        time: "0 +0000",
    };
    new.edit_references_as([edit], Some(who)).map(drop)
}

/// The objects that the new mirror lacks, each before what it needs.
fn missing(
    old: &gix::Repository,
    new: &gix::Repository,
    tip: ObjectId,
) -> gix::Result<Vec<(Kind, Vec<u8>)>> {
    let mut objects = Vec::new();
    let mut seen = HashSet::new();
    let mut next = vec![tip];
    while let Some(id) = next.pop() {
        if !seen.insert(id) || new.has_object(id) {
            continue;
        }
        let mut object = old.find_object(id)?;
        let (kind, data) = (object.kind, std::mem::take(&mut object.data));
        gix::objs::Data::new(&data, kind, id.kind()).verify_checksum(&id)?;
        match kind {
            Kind::Commit => {
                let mut commit = CommitRefIter::from_bytes(&data, id.kind());
                next.push(commit.tree_id()?);
                next.extend(CommitRefIter::from_bytes(&data, id.kind()).parent_ids());
            }
            Kind::Tree => {
                for entry in TreeRefIter::from_bytes(&data, id.kind()) {
                    let entry = entry?;
                    if !entry.mode.is_commit() {
                        next.push(entry.oid.to_owned());
                    }
                }
            }
            Kind::Tag => next.push(TagRefIter::from_bytes(&data, id.kind()).target_id()?),
            Kind::Blob => {}
        }
        objects.push((kind, data));
        if objects.len() > MOST {
            return Err(gix::error::message("it has too many objects").into());
        }
    }
    Ok(objects)
}
