//! Repositories made with the git program, with nothing of this machine's in them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use suimon_model::{Diagnostic, Snapshot};
use suimon_source::{Limits, Opened, Place, Repository, Request, open};
use tempfile::TempDir;

/// A temporary folder with repositories in it.
pub struct Scene {
    temp: TempDir,
}

impl Scene {
    pub fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap() }
    }

    /// A path in the scene, without symlinks above it.
    pub fn path(&self, path: &str) -> PathBuf {
        let real = self.temp.path().canonicalize().unwrap();
        if path.is_empty() { real } else { real.join(path) }
    }

    /// Writes files, with the folders above them.
    pub fn write(&self, files: &[(&str, &str)]) {
        for (path, content) in files {
            let path = self.path(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }

    /// Runs git in a folder of the scene; its output, trimmed.
    pub fn git(&self, folder: &str, arguments: &[&str]) -> String {
        self.git_with(folder, arguments, "")
    }

    /// Runs git with standard input.
    pub fn git_with(&self, folder: &str, arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        use std::io::Write as _;
        let mut child = Command::new("git")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", "Aiko"), ("GIT_AUTHOR_EMAIL", "aiko@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Aiko"), ("GIT_COMMITTER_EMAIL", "aiko@example.com")])
            .envs([
                ("GIT_AUTHOR_DATE", "1700000000 +0000"),
                ("GIT_COMMITTER_DATE", "1700000000 +0000"),
            ])
            .args(["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"])
            .args(["-c", "advice.detachedHead=false", "-c", "gc.auto=0"])
            .args(arguments)
            .current_dir(self.path(folder))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A repository with one commit of these files.
    pub fn repository(&self, folder: &str, files: &[(&str, &str)]) -> String {
        std::fs::create_dir_all(self.path(folder)).unwrap();
        self.git(folder, &["init", "--quiet"]);
        self.commit(folder, files)
    }

    /// Commits these files with everything else that changed.
    pub fn commit(&self, folder: &str, files: &[(&str, &str)]) -> String {
        let files: Vec<(String, &str)> =
            files.iter().map(|(path, content)| (format!("{folder}/{path}"), *content)).collect();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, content)| (path.as_str(), *content)).collect();
        self.write(&files);
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--allow-empty", "-m", "change"]);
        self.git(folder, &["rev-parse", "HEAD"])
    }

    /// A request for a folder of the scene.
    pub fn folder(&self, folder: &str) -> Request {
        self.request(Place::Folder(self.path(folder)))
    }

    /// A request for a repository by its address.
    pub fn address(&self, address: impl Into<String>) -> Request {
        self.request(Place::Repository(address.into()))
    }

    fn request(&self, place: Place) -> Request {
        Request {
            place,
            revision: None,
            cache_dir: Some(self.path("cache")),
            limits: Limits::default(),
        }
    }

    /// Text with the scene's own path and all ids replaced.
    pub fn neutral(&self, text: &str) -> String {
        let text = text.replace(self.path("").to_str().unwrap(), "[scene]");
        let mut out = String::new();
        let mut word = String::new();
        for c in text.chars().chain(['\n']) {
            if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() {
                word.push(c);
                continue;
            }
            let id = word.len() == 40
                || (word.len() == 7 && word.contains(|c: char| c.is_ascii_digit()));
            out.push_str(if id { "[id]" } else { &word });
            word.clear();
            out.push(c);
        }
        out.trim_end().to_owned()
    }

    /// What goes wrong, in full, without what is only of this scene.
    pub fn problem(&self, problem: &Diagnostic) -> String {
        self.neutral(&problem.to_string())
    }

    /// What opening says: its description, or what is wrong.
    pub fn said(&self, request: &Request) -> String {
        match open(request) {
            Ok(opened) => self.neutral(&opened.description),
            Err(problem) => self.problem(&problem),
        }
    }
}

/// The same request at a revision.
pub fn at(request: Request, revision: &str) -> Request {
    Request { revision: Some(revision.to_owned()), ..request }
}

/// A file's content as text.
pub fn text(snapshot: &dyn Snapshot, path: &str) -> Option<String> {
    snapshot.read(path).unwrap().map(|content| String::from_utf8(content.to_vec()).unwrap())
}

/// The names in a folder; folders end in a slash.
pub fn names(snapshot: &dyn Snapshot, folder: &str) -> Option<String> {
    let entries = snapshot.list(folder).unwrap()?;
    let name = |entry: &suimon_model::Entry| match entry.kind {
        suimon_model::EntryKind::File => entry.name.clone(),
        suimon_model::EntryKind::Folder => format!("{}/", entry.name),
    };
    Some(entries.iter().map(name).collect::<Vec<_>>().join(" "))
}

/// Opens, or fails the test with the problem.
pub fn opened(request: &Request) -> Opened {
    open(request).unwrap_or_else(|problem| panic!("{problem}"))
}

/// The path as text.
pub fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Who the user is and what they sign with, or what is wrong.
fn who(scene: &Scene, request: &Request) -> String {
    let repository = Repository::open(request).unwrap().unwrap();
    match repository.identity() {
        Ok((name, email)) => format!("{name}, {email}, {:?}", repository.signing_key()),
        Err(problem) => scene.problem(&problem),
    }
}

/// What opening says in a process of its own, which can have another environment than this one.
pub fn elsewhere(
    scene: &Scene,
    output: &Path,
    kind: &str,
    place: &str,
    env: &[(&str, &str)],
) -> String {
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "support::print_what_opening_says"])
        .env(kind, place)
        .env("SUIMON_TEST_OUTPUT", output)
        .env("HOME", scene.path("home"))
        .env("XDG_CONFIG_HOME", scene.path("home/.config"))
        .env_remove("GIT_CONFIG_GLOBAL")
        .envs(env.iter().copied())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    scene.neutral(&std::fs::read_to_string(output).unwrap())
}

#[test]
#[ignore = "is run by `elsewhere`"]
fn print_what_opening_says() {
    let Ok(output) = std::env::var("SUIMON_TEST_OUTPUT") else { return };
    let scene = Scene::new();
    let request = match std::env::var("SUIMON_TEST_ADDRESS") {
        Ok(address) => scene.address(address),
        Err(_) => scene.request(Place::Folder(std::env::var("SUIMON_TEST_FOLDER").unwrap().into())),
    };
    let said = match std::env::var("SUIMON_TEST_ASK").as_deref() {
        Ok("identity") => who(&scene, &request),
        Ok("commit") => {
            let files = [("suimon.yaml".to_owned(), Some(b"y".to_vec()))].into();
            let repository = Repository::open(&request).unwrap().unwrap();
            match repository.commit_here(&files, "change") {
                Ok(_) => "committed".to_owned(),
                Err(problem) => scene.problem(&problem),
            }
        }
        _ => scene.said(&request),
    };
    std::fs::write(output, said).unwrap();
}
