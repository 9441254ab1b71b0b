//! Commits and their files, read and written.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::tree::EntryKind as Mode;
use gix::objs::{CommitRef, Kind};
use suimon_model::Diagnostic;

use super::problem::Problem;
use super::{CommitInfo, NewCommit, Repository, trees};
use crate::path::{components, join};
use crate::{Error, tree};

/// Nobody writes a longer message or header.
const LARGEST_COMMIT: u64 = 8 * 1024 * 1024;

/// Of how many commits the trees are remembered: whoever reads a chain wants its files next.
const MOST_TREES: usize = 100_000;

const LARGEST_TREE: u64 = 64 * 1024 * 1024;

impl Repository {
    /// Makes a commit and returns its id. No ref points to it yet.
    ///
    /// Author and committer are the same, and its time is in UTC, so that the same commit has the same
    /// id wherever it is made. A file that is replaced stays executable if it was.
    ///
    /// # Errors
    /// The parent is not there, a path is none or is a folder or symlink of the parent, the name or
    /// e-mail address cannot be one of a commit, or the repository cannot be written.
    pub fn commit(&self, commit: &NewCommit) -> Result<String, Diagnostic> {
        Ok(self.write_commit(commit)?)
    }

    /// A commit by its id; `None` when the repository has none of that id.
    ///
    /// # Errors
    /// The id is none, or what is there cannot be read.
    pub fn info(&self, id: &str) -> Result<Option<CommitInfo>, Diagnostic> {
        Ok(self.find_commit(parse_id(id)?)?)
    }

    /// Every file of a commit by path from the repository's top, for commits of few and small files.
    ///
    /// # Errors
    /// The commit is not there or cannot be read, it has a symlink, a submodule or a name that is not
    /// UTF-8, or its files have more than `max_bytes` in all or are more than the limits allow.
    pub fn files(
        &self,
        commit: &str,
        max_bytes: u64,
    ) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
        Ok(self.all_files(commit, max_bytes)?)
    }

    /// A file of a commit by its path from the repository's top; `None` when it has none of that path.
    ///
    /// # Errors
    /// The commit is not there or cannot be read, the path is none or leads through a symlink or a
    /// submodule, or the file is larger than the limits allow.
    pub fn read(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        Ok(self.read_file(commit, path)?)
    }

    /// The object, unless it is not there.
    fn object(
        &self,
        path: &str,
        id: ObjectId,
        kind: Kind,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let broken = |why: String| Error::Broken { path: path.to_owned(), id: id.to_string(), why };
        let said = |error: gix::Error| broken(error.probable_cause().to_string());
        let repository = self.git();
        let too_large =
            |size| Problem::from(Error::TooLarge { path: path.to_owned(), size, limit });
        let mut object = match repository.try_find_object(id) {
            Ok(Some(object)) => object,
            Ok(None) => return Ok(None),
            // Nothing larger than `store::LARGEST_OBJECT` is read into memory.
            Err(error) if error.is_resource_exhausted() => {
                let header = repository.try_find_header(id).map_err(said)?;
                return Err(too_large(header.map_or(u64::MAX, |header| header.size())));
            }
            Err(error) => return Err(said(error).into()),
        };
        if object.kind != kind {
            return Err(broken(format!("it is a {}, not a {kind}", object.kind)).into());
        }
        if object.data.len() as u64 > limit {
            return Err(too_large(object.data.len() as u64));
        }
        Ok(Some(std::mem::take(&mut object.data)))
    }

    fn required(
        &self,
        path: &str,
        id: ObjectId,
        kind: Kind,
        limit: u64,
    ) -> Result<Vec<u8>, Problem> {
        self.object(path, id, kind, limit)?.ok_or_else(|| {
            let (path, id) = (path.to_owned(), id.to_string());
            Error::Missing { path, id, partial: self.inner.store.is_partial() }.into()
        })
    }

    pub(super) fn tree_entries(
        &self,
        folder: &str,
        id: ObjectId,
    ) -> Result<Vec<tree::TreeEntry>, Problem> {
        if id == ObjectId::empty_tree(id.kind()) {
            return Ok(Vec::new());
        }
        let data = self.required(folder, id, Kind::Tree, LARGEST_TREE)?;
        Ok(tree::decode(folder, id, &data)?)
    }

    /// The commit, unless it is not there.
    pub(super) fn find_commit(&self, id: ObjectId) -> Result<Option<CommitInfo>, Problem> {
        let Some(data) = self.object("", id, Kind::Commit, LARGEST_COMMIT)? else {
            return Ok(None);
        };
        let info = decode(id, &data).map_err(|error| {
            let why = error.probable_cause().to_string();
            Problem::from(Error::Broken { path: String::new(), id: id.to_string(), why })
        })?;
        let mut trees = self.inner.trees.lock().unwrap_or_else(PoisonError::into_inner);
        if trees.len() >= MOST_TREES {
            trees.clear();
        }
        trees.insert(id, parse_id(&info.tree)?);
        Ok(Some(info))
    }

    /// The commit, which has to be there.
    pub(super) fn required_commit(&self, id: ObjectId) -> Result<CommitInfo, Problem> {
        self.find_commit(id)?.ok_or_else(|| Problem::NoCommit {
            id: id.to_string(),
            place: self.place().to_owned(),
            shallow: self.git().is_shallow().unwrap_or(false),
        })
    }

    pub(super) fn tree_of(&self, commit: &str) -> Result<ObjectId, Problem> {
        let id = parse_id(commit)?;
        let known =
            self.inner.trees.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        match known {
            Some(tree) => Ok(tree),
            None => parse_id(&self.required_commit(id)?.tree),
        }
    }

    fn all_files(
        &self,
        commit: &str,
        max_bytes: u64,
    ) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
        let limit = self.inner.limits.max_files;
        let mut files = BTreeMap::new();
        let mut left = max_bytes;
        let mut seen = 0;
        let mut folders = vec![(String::new(), self.tree_of(commit)?)];
        while let Some((folder, id)) = folders.pop() {
            let entries = self.tree_entries(&folder, id)?;
            let names = tree::checked_names(&folder, id, &entries)?;
            for (entry, name) in entries.iter().zip(names) {
                tree::refuse_others(&folder, &name, entry.mode)?;
                let path = join(&folder, &name);
                seen += 1;
                if seen > limit {
                    return Err(Error::TooManyFiles { path, limit }.into());
                }
                if entry.mode == Mode::Tree {
                    folders.push((path, entry.id));
                    continue;
                }
                let content = match self.required(&path, entry.id, Kind::Blob, left) {
                    Err(Problem::Read(Error::TooLarge { .. })) => {
                        let id = commit.to_owned();
                        return Err(Problem::TooMuch { id, limit: max_bytes });
                    }
                    content => content?,
                };
                left = left.saturating_sub(content.len() as u64);
                files.insert(path, content);
            }
        }
        Ok(files)
    }

    fn read_file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        let limits = self.inner.limits;
        let names = components(path, &limits)?;
        match self.entry(self.tree_of(commit)?, &names)? {
            Some(entry) if entry.mode != Mode::Tree => {
                self.required(path, entry.id, Kind::Blob, limits.max_file_bytes).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What a tree has of a path, which leads through no symlink and no submodule.
    pub(super) fn entry(
        &self,
        root: ObjectId,
        names: &[&str],
    ) -> Result<Option<tree::TreeEntry>, Problem> {
        let (mut at, mut folder) = (root, String::new());
        for (index, name) in names.iter().enumerate() {
            let entries = self.tree_entries(&folder, at)?;
            let Some(entry) = tree::find(&folder, at, &entries, name)? else { return Ok(None) };
            tree::refuse_others(&folder, name, entry.mode)?;
            if index + 1 == names.len() {
                return Ok(Some(entry.clone()));
            }
            if entry.mode != Mode::Tree {
                return Ok(None);
            }
            folder = join(&folder, name);
            at = entry.id;
        }
        Ok(None)
    }

    fn write_commit(&self, new: &NewCommit) -> Result<String, Problem> {
        let parent = new.parent.as_deref().map(parse_id).transpose()?;
        let parent = parent.map(|id| Ok::<_, Problem>((id, self.required_commit(id)?)));
        let parent = parent.transpose()?;
        let base = match &parent {
            Some((_, info)) if new.keep_files => Some(parse_id(&info.tree)?),
            _ => None,
        };
        let mut blobs = Vec::new();
        for (path, content) in &new.files {
            let blob = content.as_ref().map(|content| self.write_blob(content)).transpose()?;
            blobs.push((path.as_str(), blob));
        }
        let tree = trees::edit(self, base, &blobs)?;
        for who in [&new.name, &new.email] {
            if who.contains(['<', '>', '\n', '\0']) {
                let why = "it has `<`, `>`, a line's end or a NUL character".to_owned();
                return Err(Problem::BadIdentity { who: who.clone(), why });
            }
        }
        let signature = gix::actor::Signature {
            name: new.name.trim().into(),
            email: new.email.trim().into(),
            time: gix::date::Time { seconds: new.time, offset: 0 },
        };
        let commit = gix::objs::Commit {
            tree,
            parents: parent.iter().map(|(id, _)| *id).collect(),
            author: signature.clone(),
            committer: signature,
            encoding: None,
            message: new.message.as_str().into(),
            extra_headers: Vec::new(),
        };
        self.write(&commit).map(|id| id.to_string())
    }

    pub(super) fn write_blob(&self, content: &[u8]) -> Result<ObjectId, Problem> {
        let written = self.git().write_blob(content).map(gix::Id::detach);
        written.map_err(|error| self.broken(&error))
    }

    pub(super) fn write(&self, object: impl gix::objs::WriteTo) -> Result<ObjectId, Problem> {
        let written = self.git().write_object(object).map(gix::Id::detach);
        written.map_err(|error| self.broken(&error))
    }
}

/// A whole commit id, in the one way to write it.
pub(super) fn parse_id(id: &str) -> Result<ObjectId, Problem> {
    let is_id =
        id.len() == 40 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let parsed = if is_id { ObjectId::from_hex(id.as_bytes()).ok() } else { None };
    parsed.ok_or_else(|| Problem::BadId { id: id.to_owned() })
}

fn decode(id: ObjectId, data: &[u8]) -> gix::Result<CommitInfo> {
    let commit = CommitRef::from_bytes(data, id.kind())?;
    let (author, committer) = (commit.author()?, commit.committer()?);
    let text = |text: &BStr| text.to_str_lossy().into_owned();
    let ssh_signature = commit
        .extra_headers
        .iter()
        .find(|(name, value)| *name == "gpgsig" && value.starts_with(SSH_ARMOR))
        .map(|(_, value)| text(value.as_ref()));
    Ok(CommitInfo {
        id: id.to_string(),
        tree: commit.tree().to_string(),
        parents: commit.parents().map(|parent| parent.to_string()).collect(),
        message: text(commit.message),
        author: text(author.name),
        author_email: text(author.email),
        committer_email: text(committer.email),
        time: committer.seconds(),
        ssh_signature,
    })
}

/// How `ssh-keygen` begins a signature; others are of OpenPGP or X.509.
const SSH_ARMOR: &[u8] = b"-----BEGIN SSH SIGNATURE-----";
