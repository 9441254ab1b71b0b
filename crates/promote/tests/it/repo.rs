//! A repository to work in.

use std::collections::BTreeMap;
use std::process::Command;

use suimon_source::{Limits, NewCommit, Place, Repository, Request, Swap};
use tempfile::TempDir;

pub(crate) struct Repo {
    pub(crate) repository: Repository,
    _folder: TempDir,
}

impl Repo {
    /// An empty repository on the branch `main`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("git")
            .args(["init", "-q", "-b", "main"])
            .current_dir(folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status()
            .unwrap();
        assert!(made.success());
        std::fs::write(folder.path().join("suimon.yaml"), "").unwrap();
        let request = Request {
            place: Place::Folder(folder.path().to_owned()),
            revision: None,
            cache_dir: None,
            limits: Limits::default(),
        };
        let repository = Repository::open(&request).unwrap().unwrap();
        Self { repository: repository.with_remote(Some("local")).unwrap(), _folder: folder }
    }

    /// A commit of these files on a parent.
    pub(crate) fn commit(
        &self,
        parent: Option<&str>,
        files: &[(&str, &str)],
        message: &str,
    ) -> String {
        let files: BTreeMap<String, Option<Vec<u8>>> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Some(text.as_bytes().to_vec())))
            .collect();
        let commit = NewCommit {
            parent: parent.map(str::to_owned),
            keep_files: true,
            files,
            message: message.to_owned(),
            name: "Emi".to_owned(),
            email: "emi@example.com".to_owned(),
            time: 1_795_000_000,
        };
        self.repository.commit(&commit).unwrap()
    }

    /// Puts a ref somewhere.
    pub(crate) fn set(&self, name: &str, commit: &str) {
        let now = self.repository.local_ref(name).unwrap();
        let swap = self.repository.swap_local(name, now.as_deref(), Some(commit)).unwrap();
        assert_eq!(swap, Swap::Done);
    }
}
