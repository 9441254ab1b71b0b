//! Questions about history.

use std::collections::{BTreeSet, HashMap};

use gix::ObjectId;
use gix::objs::tree::EntryKind as Mode;
use suimon_model::Diagnostic;

use super::objects::parse_id;
use super::problem::Problem;
use super::{CommitInfo, Repository};
use crate::path::{components, join};
use crate::tree::TreeEntry;
use crate::{Error, resolve};

impl Repository {
    /// The commit that a branch, tag, id or other revision means; `None` when there is none. Of a
    /// repository that is read by its URL, the remote is asked where the mirror cannot tell.
    ///
    /// # Errors
    /// It is ambiguous, means something else than a commit, or cannot be read.
    pub fn resolve(&self, revision: &str) -> Result<Option<String>, Diagnostic> {
        match resolve::commit(&self.inner.store, revision) {
            Ok((commit, _)) => Ok(Some(commit.to_string())),
            Err(Error::NoRevision { .. } | Error::NoCommit { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A commit and its first parents, newest first, at most `limit` of them.
    ///
    /// # Errors
    /// One of them is not there or cannot be read; so it is where a shallow clone ends.
    pub fn first_parents(&self, tip: &str, limit: usize) -> Result<Vec<CommitInfo>, Diagnostic> {
        let mut commits = Vec::new();
        let mut next = Some(tip.to_owned());
        while let Some(id) = next
            && commits.len() < limit
        {
            let commit = self.required_commit(parse_id(&id)?)?;
            next = commit.parents.first().cloned();
            commits.push(commit);
        }
        Ok(commits)
    }

    /// The commits that are reachable from `to` and not from `from`, newest first, at most `limit`.
    ///
    /// With `paths`, only those that change a file or folder of these paths, seen from every parent; the
    /// empty path is the top. Merged branches are looked through in full.
    ///
    /// # Errors
    /// A commit is not there or cannot be read, or a shallow clone ends before they all are seen.
    pub fn log(
        &self,
        from: Option<&str>,
        to: &str,
        paths: &[&str],
        limit: usize,
    ) -> Result<Vec<CommitInfo>, Diagnostic> {
        Ok(self.commits(from, to, paths, limit)?)
    }

    /// The paths of all files that differ between two commits, sorted. A renamed file is both of them.
    ///
    /// # Errors
    /// A commit is not there or cannot be read, or has a name that is not UTF-8 where they differ.
    pub fn touched(&self, base: &str, head: &str) -> Result<Vec<String>, Diagnostic> {
        let (base, head) = (self.tree_of(base)?, self.tree_of(head)?);
        let mut paths = BTreeSet::new();
        let mut folders = vec![(String::new(), Some(base), Some(head))];
        while let Some((folder, before, after)) = folders.pop() {
            self.differences(&folder, before, after, &mut folders, &mut paths)?;
        }
        Ok(paths.into_iter().collect())
    }

    /// Whether a commit is another one or one that leads to it.
    ///
    /// # Errors
    /// One of them is not there, or the answer lies where a shallow clone is cut off.
    pub fn is_ancestor(&self, ancestor: &str, of: &str) -> Result<bool, Diagnostic> {
        Ok(self.leads_to(ancestor, of)?)
    }

    /// The best commit that leads to both; `None` when they have no common history.
    ///
    /// # Errors
    /// One of them is not there, or the answer lies where a shallow clone is cut off.
    pub fn merge_base(&self, a: &str, b: &str) -> Result<Option<String>, Diagnostic> {
        Ok(self.common(a, b)?.map(|id| id.to_string()))
    }

    pub(super) fn leads_to(&self, ancestor: &str, of: &str) -> Result<bool, Problem> {
        let base = self.common(ancestor, of)?;
        let found = base == Some(parse_id(ancestor)?);
        if !found {
            self.require_whole(&[parse_id(of)?])?;
        }
        Ok(found)
    }

    fn common(&self, a: &str, b: &str) -> Result<Option<ObjectId>, Problem> {
        let (a, b) = (parse_id(a)?, parse_id(b)?);
        self.required_commit(a)?;
        self.required_commit(b)?;
        let base = {
            let repository = self.git();
            match repository.merge_bases_many(a, &[b]) {
                Ok(bases) => Ok(bases.into_iter().next().map(gix::Id::detach)),
                Err(error) => Err(self.unreadable(b, &error)),
            }
        };
        let base = base?;
        if base.is_none() {
            self.require_whole(&[a, b])?;
        }
        Ok(base)
    }

    fn unreadable(&self, id: ObjectId, error: &gix::Error) -> Problem {
        let why = error.probable_cause().to_string();
        Error::Broken { path: String::new(), id: id.to_string(), why }.into()
    }

    /// Refuses to say no where a shallow clone is cut off below one of these.
    fn require_whole(&self, tips: &[ObjectId]) -> Result<(), Problem> {
        for tip in tips {
            let shallow = self.git().shallow_commits();
            let Some(cut) = shallow.map_err(|error| self.unreadable(*tip, &error))? else {
                return Ok(());
            };
            if self.walk(None, *tip)?.iter().any(|id| cut.contains(id)) {
                return Err(Problem::Shallow { place: self.place().to_owned() });
            }
        }
        Ok(())
    }

    fn commits(
        &self,
        from: Option<&str>,
        to: &str,
        paths: &[&str],
        limit: usize,
    ) -> Result<Vec<CommitInfo>, Problem> {
        let to = parse_id(to)?;
        self.required_commit(to)?;
        let from = from.map(parse_id).transpose()?;
        if let Some(from) = from {
            self.required_commit(from)?;
        }
        let mut split = Vec::new();
        for path in paths {
            split.push(components(path, &self.inner.limits)?);
        }
        let mut found = Vec::new();
        let mut trees = HashMap::new();
        for id in self.walk(from, to)? {
            if found.len() == limit {
                return Ok(found);
            }
            let commit = self.required_commit(id)?;
            if self.is_cut_off(id)? {
                return Err(Problem::Shallow { place: self.place().to_owned() });
            }
            if split.is_empty() || self.changes(&commit, &split, &mut trees)? {
                found.push(commit);
            }
        }
        Ok(found)
    }

    fn walk(&self, from: Option<ObjectId>, to: ObjectId) -> Result<Vec<ObjectId>, Problem> {
        use gix::revision::walk::Sorting;
        use gix::traverse::commit::simple::CommitTimeOrder;
        let newest = Sorting::ByCommitTime(CommitTimeOrder::NewestFirst);
        let repository = self.git();
        let walk = repository.rev_walk([to]).sorting(newest).with_hidden(from);
        let ids = walk.all().and_then(|walk| walk.map(|info| Ok(info?.id)).collect());
        ids.map_err(|error| self.unreadable(to, &error))
    }

    fn is_cut_off(&self, id: ObjectId) -> Result<bool, Problem> {
        let shallow = self.git().shallow_commits();
        let shallow = shallow.map_err(|error| self.unreadable(id, &error))?;
        Ok(shallow.is_some_and(|commits| commits.contains(&id)))
    }

    /// Whether it has something else than each of its parents at one of the paths.
    fn changes(
        &self,
        commit: &CommitInfo,
        paths: &[Vec<&str>],
        trees: &mut HashMap<String, Vec<Option<(Mode, ObjectId)>>>,
    ) -> Result<bool, Problem> {
        let own = self.at_paths(&commit.tree, paths, trees)?;
        let mut parents = Vec::new();
        for parent in &commit.parents {
            let tree = self.required_commit(parse_id(parent)?)?.tree;
            parents.push(self.at_paths(&tree, paths, trees)?);
        }
        let differs = |index: usize, entry: &Option<(Mode, ObjectId)>| match parents.as_slice() {
            [] => entry.is_some(),
            parents => parents.iter().all(|parent| parent.get(index) != Some(entry)),
        };
        Ok(own.iter().enumerate().any(|(index, entry)| differs(index, entry)))
    }

    fn at_paths(
        &self,
        tree: &str,
        paths: &[Vec<&str>],
        trees: &mut HashMap<String, Vec<Option<(Mode, ObjectId)>>>,
    ) -> Result<Vec<Option<(Mode, ObjectId)>>, Problem> {
        if let Some(known) = trees.get(tree) {
            return Ok(known.clone());
        }
        let root = parse_id(tree)?;
        let mut found = Vec::new();
        for names in paths {
            found.push(match names.as_slice() {
                [] => Some((Mode::Tree, root)),
                names => self.any_entry(root, names)?,
            });
        }
        trees.insert(tree.to_owned(), found.clone());
        Ok(found)
    }

    /// What a tree has of a path, whatever kind it is.
    fn any_entry(
        &self,
        root: ObjectId,
        names: &[&str],
    ) -> Result<Option<(Mode, ObjectId)>, Problem> {
        let (mut at, mut folder) = (root, String::new());
        for (index, name) in names.iter().enumerate() {
            let entries = self.tree_entries(&folder, at)?;
            let Some(entry) = entries.iter().find(|entry| entry.name == name.as_bytes()) else {
                return Ok(None);
            };
            if index + 1 == names.len() {
                return Ok(Some((entry.mode, entry.id)));
            }
            if entry.mode != Mode::Tree {
                return Ok(None);
            }
            folder = join(&folder, name);
            at = entry.id;
        }
        Ok(None)
    }

    /// What differs in one folder: files, and the folders to look into.
    fn differences(
        &self,
        folder: &str,
        before: Option<ObjectId>,
        after: Option<ObjectId>,
        folders: &mut Vec<(String, Option<ObjectId>, Option<ObjectId>)>,
        paths: &mut BTreeSet<String>,
    ) -> Result<(), Problem> {
        if before == after {
            return Ok(());
        }
        let read = |id: Option<ObjectId>| match id {
            Some(id) => self.tree_entries(folder, id),
            None => Ok(Vec::new()),
        };
        let mut pairs: HashMap<Vec<u8>, [Option<TreeEntry>; 2]> = HashMap::new();
        for (side, id) in [before, after].into_iter().enumerate() {
            for entry in read(id)? {
                let pair = pairs.entry(entry.name.to_vec()).or_default();
                if let Some(place) = pair.get_mut(side) {
                    *place = Some(entry);
                }
            }
        }
        for (name, [before, after]) in pairs {
            let what = |entry: &Option<TreeEntry>| entry.as_ref().map(|e| (e.mode, e.id));
            let (before, after) = (what(&before), what(&after));
            if before == after {
                continue;
            }
            let name = String::from_utf8(name).map_err(|error| Error::NotUtf8 {
                folder: folder.to_owned(),
                name: String::from_utf8_lossy(error.as_bytes()).into_owned(),
            })?;
            let path = join(folder, &name);
            let tree = |side: Option<(Mode, ObjectId)>| {
                side.filter(|(mode, _)| *mode == Mode::Tree).map(|(_, id)| id)
            };
            let is_file =
                |side: Option<(Mode, ObjectId)>| side.is_some_and(|(mode, _)| mode != Mode::Tree);
            if tree(before).or(tree(after)).is_some() {
                folders.push((path.clone(), tree(before), tree(after)));
            }
            if is_file(before) || is_file(after) {
                paths.insert(path);
            }
        }
        Ok(())
    }
}
