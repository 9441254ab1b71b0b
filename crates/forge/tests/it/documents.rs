//! [`Memory`]: a repository in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use suimon_forge::{Documents, Version};

/// Branches, parents of commits, and the files of the local forge.
#[derive(Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    branches: BTreeMap<String, String>,
    parents: BTreeMap<String, Vec<String>>,
    version: Version,
    messages: Vec<String>,
    /// How many writes are overtaken by somebody else's.
    overtaken: usize,
}

impl Memory {
    /// A branch that gets a commit on top of these.
    pub(crate) fn push(&self, branch: &str, commit: &str, parents: &[&str]) {
        let mut state = self.state.lock().unwrap();
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        state.parents.insert(commit.to_owned(), parents);
        state.branches.insert(branch.to_owned(), commit.to_owned());
    }

    pub(crate) fn put(&self, branch: &str, commit: &str) {
        self.state.lock().unwrap().branches.insert(branch.to_owned(), commit.to_owned());
    }

    pub(crate) fn remove(&self, branch: &str) {
        self.state.lock().unwrap().branches.remove(branch);
    }

    pub(crate) fn overtake(&self, times: usize) {
        self.state.lock().unwrap().overtaken = times;
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        self.state.lock().unwrap().messages.clone()
    }

    pub(crate) fn file(&self, path: &str) -> Option<String> {
        let state = self.state.lock().unwrap();
        state.version.files.get(path).map(|bytes| String::from_utf8(bytes.clone()).unwrap())
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let mut state = self.state.lock().unwrap();
        state.version.files.insert(path.to_owned(), content.as_bytes().to_vec());
    }
}

impl Documents for Memory {
    fn read(&self) -> Result<Version, String> {
        Ok(self.state.lock().unwrap().version.clone())
    }

    fn swap(
        &self,
        expected: Option<&str>,
        files: &BTreeMap<String, Vec<u8>>,
        message: &str,
    ) -> Result<bool, String> {
        let mut state = self.state.lock().unwrap();
        if state.overtaken > 0 {
            state.overtaken -= 1;
            let id = format!("other{}", state.overtaken);
            state.version.id = Some(id);
        }
        if state.version.id.as_deref() != expected {
            return Ok(false);
        }
        state.messages.push(message.to_owned());
        let id = format!("v{}", state.messages.len());
        state.version = Version { id: Some(id), files: files.clone() };
        Ok(true)
    }

    fn default_branch(&self) -> Result<Option<String>, String> {
        let state = self.state.lock().unwrap();
        Ok(state.branches.contains_key("main").then(|| "main".to_owned()))
    }

    fn tip(&self, branch: &str) -> Result<Option<String>, String> {
        Ok(self.state.lock().unwrap().branches.get(branch).cloned())
    }

    fn is_ancestor(&self, commit: &str, of: &str) -> Result<bool, String> {
        let state = self.state.lock().unwrap();
        let mut stack = vec![of];
        while let Some(one) = stack.pop() {
            if one == commit {
                return Ok(true);
            }
            stack.extend(state.parents.get(one).into_iter().flatten().map(String::as_str));
        }
        Ok(false)
    }

    fn account(&self) -> Result<String, String> {
        Ok("aiko@example.com".to_owned())
    }
}
