//! From a [`Request`] to a [`Repository`].

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::problem::Problem;
use super::{Inner, Repository};
use crate::address::{self, Address};
use crate::locate::nearest;
use crate::mirror::Mirror;
use crate::open::{Found, discover, real};
use crate::path::{join, shown};
use crate::store::Store;
use crate::{Error, Place, Request, resolve};

pub(super) fn open(request: &Request) -> Result<Option<Repository>, Problem> {
    if let Some(revision) = &request.revision {
        resolve::check(revision)?;
    }
    match &request.place {
        Place::Folder(folder) => {
            let folder = real(folder)?;
            let Some(found) = discover(&folder)? else { return Ok(None) };
            local(found, &folder, request).map(Some)
        }
        Place::Repository(address) => match address::parse(address)? {
            Address::Local(path) => {
                let path = real(&path)?;
                let Some(found) = discover(&path)? else {
                    let why = "neither it nor a folder above it is one".into();
                    return Err(Error::NotARepository { path, why }.into());
                };
                local(found, &path, request).map(Some)
            }
            Address::Remote(remote) => mirrored(Mirror::new(remote, request)?, request).map(Some),
        },
    }
}

fn mirrored(mirror: Mirror, request: &Request) -> Result<Repository, Problem> {
    if !mirror.exists() {
        mirror.refresh()?;
    }
    let store = match Store::mirrored(mirror) {
        Ok(store) => store,
        Err(damaged) => {
            let (_, mirror) = *damaged;
            mirror.rebuild()?;
            Store::mirrored(mirror).map_err(|damaged| damaged.0)?
        }
    };
    let folder = store.lock().git_dir().to_owned();
    let limits = request.limits;
    let inner =
        Inner { store, top: None, folder, prefix: String::new(), limits, trees: Mutex::default() };
    Ok(Repository { inner: Arc::new(inner), remote: None })
}

fn local(found: Found, place: &Path, request: &Request) -> Result<Repository, Problem> {
    let Found { repository, top, inside } = found;
    let named = top.clone().unwrap_or_else(|| place.to_owned());
    let folder = top.clone().unwrap_or_else(|| repository.git_dir().to_owned());
    let store = Store::local(repository, shown(&named.to_string_lossy()));
    let prefix = prefix(&store, top.as_deref(), &inside, request)?;
    let inner =
        Inner { store, top, folder, prefix, limits: request.limits, trees: Mutex::default() };
    Ok(Repository { inner: Arc::new(inner), remote: None })
}

/// Where the project is: on disk where files are read, otherwise in the commit that is. A repository
/// without a project is one all the same.
fn prefix(
    store: &Store,
    top: Option<&Path>,
    inside: &str,
    request: &Request,
) -> Result<String, Problem> {
    let from_disk = request.revision.is_none() && matches!(request.place, Place::Folder(_));
    if let Some(top) = top
        && from_disk
    {
        let has = |file: &str| Ok(fs::symlink_metadata(top.join(file)).is_ok());
        return Ok(nearest(inside, has)?.unwrap_or_default());
    }
    let revision = request.revision.as_deref().unwrap_or("HEAD");
    let tree = match resolve::commit(store, revision) {
        Ok((_, tree)) => tree,
        Err(Error::NoRevision { .. } | Error::NoCommit { .. }) => return Ok(String::new()),
        Err(error) => return Err(error.into()),
    };
    let has = |file: &str| {
        let repository = store.lock();
        let looked = repository.find_tree(tree).and_then(|tree| tree.lookup_entry_by_path(file));
        looked.map(|entry| entry.is_some()).map_err(|error| Error::Broken {
            path: join("", file),
            id: tree.to_string(),
            why: error.probable_cause().to_string(),
        })
    };
    Ok(nearest(inside, has)?.unwrap_or_default())
}
