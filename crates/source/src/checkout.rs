//! [`Checkout`]: what Git knows of a working folder: what it tracks, ignores and would store.

use std::io::Read;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::entry::{Flags, Mode as IndexMode};
use gix::worktree::stack::state::{attributes, ignore};

use crate::{Error, store};

/// A checkout's index, ignore rules and line endings.
pub(crate) struct Checkout {
    repository: gix::Repository,
    index: gix::worktree::Index,
    stack: gix::worktree::Stack,
    pipeline: gix::filter::plumbing::Pipeline,
    top: PathBuf,
    executable_bit: bool,
    symlinks: bool,
    stat: gix::index::entry::stat::Options,
}

/// What a file's attributes make of its content.
pub(crate) enum Stored {
    /// The bytes that Git would store.
    Bytes(Vec<u8>),
    /// Only a filter of that name could tell.
    Filter(String),
}

impl Checkout {
    /// Opens the checkout that has this Git folder.
    ///
    /// Unlike objects, the state of a checkout depends on the user's own configuration: ignored files
    /// and line endings. Filters are left out: they would start programs.
    pub(crate) fn open(git_dir: &Path, top: &Path) -> Result<Self, Error> {
        let fail = |error: gix::Error| Error::Checkout {
            place: top.display().to_string(),
            why: error.probable_cause().to_string(),
        };
        let mut repository = open(git_dir).map_err(fail)?;
        // A Git folder of its own place does not know its checkout.
        repository.set_workdir(top.to_owned()).map_err(fail)?;
        let index = repository.index_or_empty().map_err(fail)?;
        if index.is_sparse() {
            return Err(Error::SparseIndex { place: top.display().to_string() });
        }
        let stack = repository
            .attributes(
                &index,
                attributes::Source::WorktreeThenIdMapping,
                ignore::Source::WorktreeThenIdMappingIfNotSkipped,
                None,
            )
            .map_err(fail)?
            .detach();
        let mut options = gix::filter::Pipeline::options(&repository).map_err(fail)?;
        options.drivers.clear();
        options.crlf_roundtrip_check = gix::filter::plumbing::pipeline::CrlfRoundTripCheck::Skip;
        let context = repository.command_context().map_err(fail)?;
        let pipeline =
            gix::filter::plumbing::Pipeline::new(context, repository.object_hash(), options);
        let fs = repository.filesystem_options().map_err(fail)?;
        let stat = repository.stat_options().map_err(fail)?;
        Ok(Self {
            top: top.to_owned(),
            executable_bit: fs.executable_bit,
            symlinks: fs.symlink,
            repository,
            index,
            stack,
            pipeline,
            stat,
        })
    }

    /// The index's entry of a path; of a path with a merge conflict, one of them.
    pub(crate) fn entry(&self, path: &BStr) -> Option<&gix::index::Entry> {
        self.index.entry_by_path(path).or_else(|| {
            let range = self.index.entry_range(path)?;
            self.index.entries().get(range.start)
        })
    }

    /// Whether Git tracks anything below a folder.
    pub(crate) fn tracks_below(&self, folder: &BStr) -> bool {
        if folder.is_empty() {
            return !self.index.entries().is_empty();
        }
        let mut prefix = BString::from(folder);
        prefix.push(b'/');
        self.index.prefixed_entries_range(prefix.as_bstr()).is_some()
    }

    /// Tracked files that a sparse checkout leaves out of the folder, below `prefix`.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = (&BStr, &gix::index::Entry)> {
        self.index
            .entries()
            .iter()
            .filter(|entry| entry.flags.contains(Flags::SKIP_WORKTREE))
            .map(|entry| (entry.path(&self.index), entry))
    }

    /// Whether Git ignores an untracked path.
    pub(crate) fn ignores(&mut self, path: &BStr, is_folder: bool) -> Result<bool, Error> {
        let mode = if is_folder { IndexMode::DIR } else { IndexMode::FILE };
        let place = || self.top.display().to_string();
        let relative = gix::path::from_bstr(path)
            .map_err(|error| Error::Checkout { place: place(), why: error.to_string() })?;
        self.stack
            .at_path(relative.as_ref(), Some(mode), &self.repository.objects)
            .map(|platform| platform.is_excluded())
            .map_err(|error| Error::Checkout {
                place: self.top.display().to_string(),
                why: error.to_string(),
            })
    }

    /// Whether a file that is on disk as a plain file is a symlink in Git.
    pub(crate) fn is_disguised_symlink(&self, path: &BStr) -> bool {
        !self.symlinks && self.entry(path).is_some_and(|entry| entry.mode == IndexMode::SYMLINK)
    }

    /// Whether Git would store the file as executable.
    pub(crate) fn is_executable(&self, path: &BStr, on_disk: bool) -> bool {
        if self.executable_bit {
            return on_disk;
        }
        self.entry(path).is_some_and(|entry| entry.mode == IndexMode::FILE_EXECUTABLE)
    }

    /// The id in the index, when the file is surely what it was when the index was written.
    pub(crate) fn unchanged(&self, path: &BStr, careful: bool) -> Option<ObjectId> {
        let entry = self.index.entry_by_path(path)?;
        let full = self.top.join(gix::path::from_bstr(path).ok()?);
        let now = gix::index::fs::Metadata::from_path_no_follow(&full).ok()?;
        let now = gix::index::entry::Stat::from_fs(&now).ok()?;
        let racy = careful && entry.stat.is_racy(self.index.timestamp(), self.stat);
        (entry.stat.matches(&now, self.stat) && !racy).then_some(entry.id)
    }

    /// What Git would store for a file with this content.
    pub(crate) fn stored(&mut self, path: &BStr, content: &[u8]) -> Result<Stored, Error> {
        let place = self.top.display().to_string();
        let fail = |why: String| Error::Checkout { place: place.clone(), why };
        let relative = gix::path::from_bstr(path).map_err(|error| fail(error.to_string()))?;
        let objects = &self.repository.objects;
        let platform = self
            .stack
            .at_path(relative.as_ref(), Some(IndexMode::FILE), objects)
            .map_err(|error| fail(error.to_string()))?;
        let mut filter = None;
        let mut attributes = |_: &BStr, out: &mut gix::attrs::search::Outcome| {
            platform.matching_attributes(out);
            filter = out.iter_selected().find_map(|found| match found.assignment.state {
                gix::attrs::StateRef::Value(value)
                    if found.assignment.name.as_str() == "filter" =>
                {
                    Some(value.as_bstr().to_str_lossy().into_owned())
                }
                _ => None,
            });
        };
        let index = &self.index;
        let mut in_index = |buf: &mut Vec<u8>| -> gix::Result<Option<()>> {
            use gix::objs::Find as _;
            let Some(entry) = index.entry_by_path(path) else { return Ok(None) };
            Ok(objects.try_find(&entry.id, buf)?.map(|_| ()))
        };
        let outcome = self
            .pipeline
            .convert_to_git(content, relative.as_ref(), &mut attributes, &mut in_index)
            .map_err(|error| fail(error.probable_cause().to_string()))?;
        let mut bytes = Vec::new();
        { outcome }.read_to_end(&mut bytes).map_err(|error| fail(error.to_string()))?;
        Ok(match filter {
            Some(name) => Stored::Filter(name),
            None => Stored::Bytes(bytes),
        })
    }
}

fn open(git_dir: &Path) -> gix::Result<gix::Repository> {
    let allow = gix::sec::Permission::Allow;
    let mut permissions = gix::open::Permissions::isolated();
    permissions.config.git = true;
    permissions.config.user = true;
    permissions.config.includes = true;
    permissions.attributes.git = true;
    permissions.env.home = allow;
    permissions.env.xdg_config_home = allow;
    let repository =
        store::options().permissions(permissions).open_path_as_is(true).open(git_dir)?;
    Ok(repository.to_thread_local())
}
