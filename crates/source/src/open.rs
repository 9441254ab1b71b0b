//! [`open`]: from a [`Request`] to an [`Opened`] project.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::bstr::ByteSlice;
use gix::discover::upwards;
use suimon_model::{Diagnostic, Snapshot as _};

use crate::address::{self, Address};
use crate::checkout::Checkout;
use crate::commit::CommitSnapshot;
use crate::folder::FolderSnapshot;
use crate::locate::{PROJECT_FILE, nearest};
use crate::mirror::Mirror;
use crate::path::{join, shown};
use crate::store::{self, Store};
use crate::{Error, Limits, Opened, Place, Request, changes, resolve, walk};

/// Opens a project.
///
/// A folder in a checkout is read at HEAD when all its files are as committed there, else as it is,
/// without what Git ignores. With a revision, and for a [`Place::Repository`], only commits are read.
///
/// # Guarantees
/// Nothing is written but the mirror of a remote repository. No message holds a credential.
///
/// # Errors
/// The place, the revision or the project is not there or may not be read; the diagnostic says why.
pub fn open(request: &Request) -> Result<Opened, Diagnostic> {
    if let Some(revision) = &request.revision {
        resolve::check(revision)?;
    }
    let opened = match &request.place {
        Place::Folder(folder) => open_folder(folder, request),
        Place::Repository(address) => match address::parse(address)? {
            Address::Local(path) => open_local(&path, request),
            Address::Remote(remote) => open_remote(Mirror::new(remote, request)?, request),
        },
    };
    Ok(opened?)
}

/// A Git repository around a folder.
pub(crate) struct Found {
    pub(crate) repository: gix::Repository,
    /// The folder of the checkout; `None` in a bare repository.
    pub(crate) top: Option<PathBuf>,
    /// The path from the top to the folder.
    pub(crate) inside: String,
}

fn open_folder(folder: &Path, request: &Request) -> Result<Opened, Error> {
    let folder = real(folder)?;
    let Some(found) = discover(&folder)? else { return open_plain(&folder, request) };
    let Some(top) = found.top.clone() else { return open_commit(found, &folder, request) };
    if request.revision.is_some() {
        let mut opened = open_commit(found, &top, request)?;
        opened.root = opened.root.filter(|root| root.is_dir());
        return Ok(opened);
    }
    let prefix = project_on_disk(&top, &found.inside)?;
    open_checkout(found, &top, prefix, request.limits)
}

fn open_local(path: &Path, request: &Request) -> Result<Opened, Error> {
    let path = real(path)?;
    let Some(found) = discover(&path)? else {
        return Err(Error::NotARepository {
            path,
            why: "neither it nor a folder above it is one".into(),
        });
    };
    let place = found.top.clone().unwrap_or_else(|| path.clone());
    let opened = open_commit(found, &place, request)?;
    Ok(Opened { root: None, ..opened })
}

fn open_remote(mirror: Mirror, request: &Request) -> Result<Opened, Error> {
    let revision = request.revision.as_deref().unwrap_or("HEAD");
    let keep = resolve::is_full_id(revision) && mirror.exists();
    if !keep {
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
    let place = store.place().to_owned();
    let snapshot = CommitSnapshot::new(Arc::new(store), revision, "", request.limits)?;
    project_in_commit(&snapshot, "", &place)?;
    Ok(Opened {
        description: describe(&snapshot, revision, &place),
        snapshot: Arc::new(snapshot),
        root: None,
    })
}

/// A commit of a local repository; `place` is the repository's name in messages.
fn open_commit(found: Found, place: &Path, request: &Request) -> Result<Opened, Error> {
    let place_shown = shown(&place.to_string_lossy());
    let revision = request.revision.as_deref().unwrap_or("HEAD");
    let store = Arc::new(Store::local(found.repository, place_shown.clone()));
    let mut snapshot = CommitSnapshot::new(store, revision, "", request.limits)?;
    let prefix = project_in_commit(&snapshot, &found.inside, &place_shown)?;
    if !prefix.is_empty() {
        snapshot.enter(&prefix)?;
    }
    let description = describe(&snapshot, revision, &place_shown);
    Ok(Opened {
        snapshot: Arc::new(snapshot),
        description,
        root: found.top.map(|top| top.join(prefix)),
    })
}

/// The project in a checkout: at HEAD where nothing of it has changed since.
fn open_checkout(
    found: Found,
    top: &Path,
    prefix: String,
    limits: Limits,
) -> Result<Opened, Error> {
    let root = if prefix.is_empty() { top.to_owned() } else { top.join(&prefix) };
    let mut checkout = Checkout::open(found.repository.git_dir(), top)?;
    let ignored = !prefix.is_empty()
        && !checkout.tracks_below(prefix.as_bytes().as_bstr())
        && checkout.ignores(prefix.as_bytes().as_bstr(), true)?;
    if ignored {
        return plain(root, "Git ignores the folder", limits);
    }
    let folders = walk::walk(&root, &prefix, Some(&mut checkout))?;
    let unborn = found.repository.head().is_ok_and(|head| head.is_unborn());
    let store = Arc::new(Store::local(found.repository, shown(&top.to_string_lossy())));
    let state = if unborn {
        "no commit yet".to_owned()
    } else {
        let head = CommitSnapshot::new(Arc::clone(&store), "HEAD", "", limits)?;
        match changes_since(head, &root, &prefix, &folders, &mut checkout)? {
            Ok(head) => {
                let description = describe(&head, "HEAD", &shown(&top.to_string_lossy()));
                return Ok(Opened { snapshot: Arc::new(head), description, root: Some(root) });
            }
            Err(state) => state,
        }
    };
    let description =
        format!("reading uncommitted files in {} ({state})", shown(&root.to_string_lossy()));
    let git = Some((store, checkout));
    let snapshot = FolderSnapshot::new(root.clone(), prefix, folders, git, limits);
    require_readable(&snapshot, &root)?;
    Ok(Opened { snapshot: Arc::new(snapshot), description, root: Some(root) })
}

/// The commit, or how the folder differs from it.
fn changes_since(
    mut head: CommitSnapshot,
    root: &Path,
    prefix: &str,
    folders: &walk::Folders,
    checkout: &mut Checkout,
) -> Result<Result<CommitSnapshot, String>, Error> {
    let id = short(head.commit()).to_owned();
    if !prefix.is_empty() {
        match head.enter(prefix) {
            Ok(()) => {}
            Err(
                Error::NoFolderInCommit { .. } | Error::Symlink { .. } | Error::Submodule { .. },
            ) => {
                return Ok(Err(format!("not in commit {id}")));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(match changes::count(root, prefix, folders, checkout, &head)? {
        0 => Ok(head),
        changed => Err(format!("{changed} changed since {id}")),
    })
}

/// A folder outside any repository.
fn open_plain(folder: &Path, request: &Request) -> Result<Opened, Error> {
    let place = shown(&folder.to_string_lossy());
    if let Some(revision) = &request.revision {
        return Err(Error::NoRepository { revision: revision.clone(), place });
    }
    let mut looked = Vec::new();
    for candidate in folder.ancestors() {
        let file = candidate.join(PROJECT_FILE);
        if fs::symlink_metadata(&file).is_ok() {
            return plain(candidate.to_owned(), "no Git repository", request.limits);
        }
        looked.push(shown(&file.to_string_lossy()));
    }
    Err(Error::NoProject { place, looked, local: true })
}

fn plain(root: PathBuf, why: &str, limits: Limits) -> Result<Opened, Error> {
    let folders = walk::walk(&root, "", None)?;
    let description =
        format!("reading uncommitted files in {} ({why})", shown(&root.to_string_lossy()));
    let snapshot = FolderSnapshot::new(root.clone(), String::new(), folders, None, limits);
    Ok(Opened { snapshot: Arc::new(snapshot), description, root: Some(root) })
}

/// Refuses a project whose own file is not part of it.
fn require_readable(snapshot: &FolderSnapshot, root: &Path) -> Result<(), Error> {
    if snapshot.has(PROJECT_FILE) {
        return Ok(());
    }
    let looked =
        vec![format!("{}, which Git ignores", shown(&root.join(PROJECT_FILE).to_string_lossy()))];
    Err(Error::NoProject { place: shown(&root.to_string_lossy()), looked, local: true })
}

fn project_on_disk(top: &Path, inside: &str) -> Result<String, Error> {
    let has = |file: &str| Ok(fs::symlink_metadata(top.join(file)).is_ok());
    nearest(inside, has)?.map_err(|looked| Error::NoProject {
        place: shown(&top.join(inside).to_string_lossy()),
        looked: looked.iter().map(|file| shown(&top.join(file).to_string_lossy())).collect(),
        local: true,
    })
}

fn project_in_commit(
    snapshot: &CommitSnapshot,
    inside: &str,
    place: &str,
) -> Result<String, Error> {
    let has = |file: &str| snapshot.has(file);
    nearest(inside, has)?.map_err(|looked| Error::NoProject {
        place: format!("commit {} of {place}", short(snapshot.commit())),
        looked: looked.iter().map(|file| shown(file)).collect(),
        local: false,
    })
}

fn describe(snapshot: &CommitSnapshot, revision: &str, place: &str) -> String {
    let commit = snapshot.revision().unwrap_or_default();
    if resolve::is_full_id(revision) {
        return format!("reading commit {} of {place}", short(commit));
    }
    format!("reading commit {} ({} of {place})", short(commit), shown(revision))
}

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

pub(crate) fn real(folder: &Path) -> Result<PathBuf, Error> {
    let fail = |source| Error::NoFolder { path: folder.to_owned(), source };
    let real = fs::canonicalize(folder).map_err(fail)?;
    fs::read_dir(&real).map_err(fail)?;
    Ok(real)
}

/// The repository that a folder is in or is.
pub(crate) fn discover(folder: &Path) -> Result<Option<Found>, Error> {
    let broken = |why: String| Error::NotARepository { path: folder.to_owned(), why };
    let trust = upwards::TrustPolicy::Assume(gix::sec::Trust::Full);
    let options = upwards::Options { trust, cross_fs: true, ..Default::default() };
    let map = gix::sec::trust::Mapping { full: store::options(), reduced: store::options() };
    let repository = match gix::ThreadSafeRepository::discover_opts(folder, options, map) {
        Ok(repository) => repository.to_thread_local(),
        Err(error) => {
            let nowhere = error.downcast_any_ref::<upwards::Error>().is_some();
            return match folder.ancestors().find(|f| fs::symlink_metadata(f.join(".git")).is_ok()) {
                None if nowhere => Ok(None),
                Some(at) if nowhere => Err(broken(format!(
                    "{} is there, but is no Git repository that can be read",
                    at.join(".git").display()
                ))),
                _ => Err(broken(unopened(&error))),
            };
        }
    };
    let top = repository.workdir().map(real).transpose()?;
    let inside = match &top {
        Some(top) => relative(folder, top).ok_or_else(|| {
            broken(format!("its checkout is {}, which the folder is not in", top.display()))
        })?,
        None => String::new(),
    };
    Ok(Some(Found { repository, top, inside }))
}

fn unopened(error: &gix::Error) -> String {
    let why = error.probable_cause().to_string();
    if why.contains("Object format") {
        "it has other object ids than SHA-1".to_owned()
    } else {
        why
    }
}

fn relative(folder: &Path, top: &Path) -> Option<String> {
    let mut path = String::new();
    for name in folder.strip_prefix(top).ok()?.iter() {
        path = join(&path, name.to_str()?);
    }
    Some(path)
}
