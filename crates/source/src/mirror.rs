//! [`Mirror`]: a bare copy of a remote repository, fetched and kept by the git program.
//!
//! The git program does all fetching, over `file://` and `ssh://` too: gix would have to start `git
//! upload-pack` and `ssh` for these anyway, cannot be ended while a server keeps it waiting, and has
//! neither the user's proxies, certificates nor credential helpers for `https://`.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::address::{Remote, Transport};
use crate::error::{NO_CREDENTIALS, TOO_MUCH};
use crate::git::{Ended, Failure, Git, Input, Peer, clean};
use crate::{Error, Request};

/// The remote's HEAD, as the mirror keeps it.
pub(crate) const HEAD_OF_REMOTE: &str = "refs/suimon-mirror/head";

/// Branches and tags under their own names; deleted ones go.
const EVERYTHING: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/// What a server says that has no branch checked out.
const NO_HEAD: &str = "couldn't find remote ref HEAD";

/// What a server says that has no such reference.
pub(crate) const NO_SUCH_REF: &str = "couldn't find remote ref";

/// What a server says that will not give out one commit or reference.
const REFUSALS: [&str; 3] = ["not our ref", "unadvertised object", NO_SUCH_REF];

/// What git says when it has no credentials, or not the right ones.
const UNAUTHENTICATED: [&str; 4] = [
    "could not read Username",
    "could not read Password",
    "unable to get password",
    "Authentication failed",
];

/// A mirror in the cache.
///
/// # Guarantees
/// It is made in full before it has its name, is changed under a lock, and made anew when damaged.
/// Objects are never taken away from one that is intact.
pub(crate) struct Mirror {
    remote: Remote,
    address: String,
    folder: PathBuf,
    timeout: Duration,
    ssh: Option<String>,
    fresh: AtomicBool,
}

/// Nobody else changes the mirror until this goes, and what is done under it ends by the deadline.
pub(crate) struct Lock {
    file: File,
    deadline: Instant,
}

impl Mirror {
    /// The mirror of a remote repository; nothing is fetched yet.
    pub(crate) fn new(remote: Remote, request: &Request) -> Result<Self, Error> {
        let cache = match &request.cache_dir {
            Some(folder) => folder.clone(),
            None => default_cache().ok_or(Error::NoCache)?,
        };
        let cache =
            std::path::absolute(&cache).map_err(|source| Error::Cache { path: cache, source })?;
        let folder = cache.join(format!("{}.git", name(&remote.url)));
        check_version()?;
        let ssh = if remote.transport == Transport::Ssh { own_ssh_command() } else { None };
        let timeout = request.limits.fetch_timeout;
        Ok(Self {
            address: remote.url.clone(),
            remote,
            folder,
            timeout,
            ssh,
            fresh: AtomicBool::new(false),
        })
    }

    /// The repository's name in messages.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// Whether it was fetched before.
    pub(crate) fn exists(&self) -> bool {
        self.folder.is_dir()
    }

    /// Whether it is the full name of a reference that [`refresh`](Self::refresh) leaves out. Refs of
    /// suimon's own are not among them: here they say what was seen, not what is there.
    pub(crate) fn leaves_out(reference: &str) -> bool {
        let kept = ["refs/heads/", "refs/tags/", "refs/suimon-mirror/"];
        reference.starts_with("refs/")
            && !kept.iter().any(|kept| reference.starts_with(kept))
            && !reference.starts_with("refs/suimon/")
            && gix::validate::reference::name(reference.into()).is_ok()
    }

    /// Fetches what is new, once in a run.
    pub(crate) fn refresh(&self) -> Result<(), Error> {
        if self.fresh.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let lock = self.lock()?;
        tracing::info!(repository = %self.address, "fetching");
        if !self.exists() {
            return self.create(&lock);
        }
        self.remove_stale_locks()?;
        let ended = self.fetch(&self.folder, &lock)?;
        if ended.ok {
            return Ok(());
        }
        // Damage here and trouble there look alike in what git says, so ask the mirror itself.
        let check = ["fsck", "--connectivity-only", "--no-dangling", "--no-progress"];
        if self.git(&self.folder, &lock, &check)?.ok {
            return Err(self.failed(ended));
        }
        tracing::warn!(mirror = %self.folder.display(), "the cached repository is damaged, fetching it anew");
        self.create(&lock)
    }

    /// Fetches everything again into a new mirror.
    pub(crate) fn rebuild(&self) -> Result<(), Error> {
        tracing::warn!(mirror = %self.folder.display(), "the cached repository is damaged, fetching it anew");
        let lock = self.lock()?;
        self.create(&lock)?;
        self.fresh.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Fetches one commit by its id. The inner error is the server's answer.
    pub(crate) fn fetch_commit(&self, id: &str) -> Result<Result<(), String>, Error> {
        self.fetch_one(&format!("+{id}:refs/suimon-mirror/commits/{id}"))
    }

    /// Fetches one reference by its full name. The inner error is the server's answer.
    pub(crate) fn fetch_ref(&self, reference: &str) -> Result<Result<(), String>, Error> {
        self.fetch_one(&format!("+{reference}:{reference}"))
    }

    fn fetch_one(&self, refspec: &str) -> Result<Result<(), String>, Error> {
        let lock = self.lock()?;
        self.remove_stale_locks()?;
        let ended = self.fetch_refspecs(&self.folder, &lock, &[], &[refspec])?;
        let refused = REFUSALS.iter().any(|refusal| ended.stderr.contains(refusal));
        Ok(match ended.ok {
            true => Ok(()),
            false if refused => {
                Err("the server does not have it, or does not give it out".to_owned())
            }
            false => return Err(self.failed(ended)),
        })
    }

    /// A new mirror, which takes its place only when it is complete.
    fn create(&self, lock: &Lock) -> Result<(), Error> {
        let unusable = |source| Error::Cache { path: self.folder.clone(), source };
        let new = self.folder.with_extension("new");
        let old = self.folder.with_extension("old");
        for rest in [&new, &old] {
            remove(rest).map_err(unusable)?;
        }
        fs::create_dir(&new).map_err(unusable)?;
        fs::write(new.join("suimon.gitconfig"), "[safe]\n\tdirectory = *\n").map_err(unusable)?;
        let init = ["init", "--quiet", "--bare", "--template=", "--object-format=sha1", "."];
        for ended in [self.git(&new, lock, &init)?, self.fetch(&new, lock)?] {
            if !ended.ok {
                remove(&new).map_err(unusable)?;
                return Err(self.failed(ended));
            }
        }
        if self.exists() {
            crate::carry::carry(&self.folder, &new);
            fs::rename(&self.folder, &old).map_err(unusable)?;
        }
        fs::rename(&new, &self.folder).map_err(unusable)?;
        remove(&old).map_err(unusable)
    }

    /// Fetches all branches and tags, and HEAD where there is one.
    fn fetch(&self, folder: &Path, lock: &Lock) -> Result<Ended, Error> {
        let head = format!("+HEAD:{HEAD_OF_REMOTE}");
        let with_head = [EVERYTHING[0], EVERYTHING[1], &head];
        let ended = self.fetch_refspecs(folder, lock, &["--prune"], &with_head)?;
        if ended.ok || !ended.stderr.contains(NO_HEAD) {
            return Ok(ended);
        }
        self.git(folder, lock, &["update-ref", "-d", HEAD_OF_REMOTE])?;
        self.fetch_refspecs(folder, lock, &["--prune"], &EVERYTHING)
    }

    fn fetch_refspecs(
        &self,
        folder: &Path,
        lock: &Lock,
        options: &[&str],
        refspecs: &[&str],
    ) -> Result<Ended, Error> {
        let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
        // Without it git leaves out, without a word, every branch of a shallow remote.
        arguments.extend(["--update-shallow", "--no-recurse-submodules", "--force"]);
        arguments.extend(options);
        arguments.extend(["--end-of-options", self.remote.url.as_str()]);
        arguments.extend(refspecs);
        self.git(folder, lock, &arguments)
    }

    /// Asks the remote, or gives it something; nothing is changed here.
    pub(crate) fn ask(&self, arguments: &[&str], within: Duration) -> Result<Ended, Error> {
        self.run(&self.folder, Input::Nothing, Instant::now() + within, arguments)
    }

    /// Fetches what a refspec says.
    pub(crate) fn bring(&self, options: &[&str], refspec: &str) -> Result<Ended, Error> {
        let lock = self.lock()?;
        self.remove_stale_locks()?;
        self.fetch_refspecs(&self.folder, &lock, options, &[refspec])
    }

    fn git(&self, folder: &Path, lock: &Lock, arguments: &[&str]) -> Result<Ended, Error> {
        self.run(folder, Input::Lock(&lock.file), lock.deadline, arguments)
    }

    fn run(
        &self,
        folder: &Path,
        input: Input<'_>,
        deadline: Instant,
        arguments: &[&str],
    ) -> Result<Ended, Error> {
        let git = Git {
            folder,
            with: Peer::Mirrored(&self.remote),
            input,
            deadline,
            ssh: self.ssh.clone(),
        };
        git.run(arguments).map_err(|failure| match failure {
            Failure::Timeout => self.timeout(),
            Failure::TooMuch => {
                Error::Fetch { address: self.address.clone(), why: TOO_MUCH.to_owned() }
            }
            Failure::Start(error) => Error::NoGit { why: error.to_string() },
        })
    }

    fn timeout(&self) -> Error {
        Error::FetchTimeout { address: self.address.clone(), limit: self.timeout }
    }

    fn failed(&self, ended: Ended) -> Error {
        Error::Fetch { address: self.address.clone(), why: why(ended) }
    }

    /// Waits until no other process changes the mirror.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        let deadline = Instant::now() + self.timeout;
        let path = self.folder.with_extension("lock");
        let unusable = |source| Error::Cache { path: path.clone(), source };
        if let Some(cache) = path.parent() {
            create_private(cache).map_err(unusable)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unusable)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { file, deadline }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(self.timeout()),
                Err(TryLockError::Error(source)) => return Err(unusable(source)),
            }
        }
    }

    /// Removes git's own locks: under ours, whoever had them was killed.
    fn remove_stale_locks(&self) -> Result<(), Error> {
        let unusable = |source| Error::Cache { path: self.folder.clone(), source };
        let mut folders = vec![(self.folder.clone(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(unusable(source)),
            };
            for entry in entries {
                let entry = entry.map_err(unusable)?;
                let path = entry.path();
                if entry.file_type().map_err(unusable)?.is_dir() {
                    // Objects have no locks, and there are many of them.
                    if depth > 0 || entry.file_name() != "objects" {
                        folders.push((path, depth + 1));
                    }
                } else if path.extension().is_some_and(|extension| extension == "lock") {
                    fs::remove_file(&path).map_err(unusable)?;
                }
            }
        }
        Ok(())
    }
}

/// Why git ended as it did.
pub(crate) fn why(ended: Ended) -> String {
    if UNAUTHENTICATED.iter().any(|sign| ended.stderr.contains(sign)) {
        NO_CREDENTIALS.to_owned()
    } else if ended.stderr.is_empty() {
        "git does not say why".to_owned()
    } else {
        ended.stderr
    }
}

/// `suimon/git` where caches go.
fn default_cache() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(base.join("suimon").join("git"))
}

/// A name that only this URL has.
fn name(url: &str) -> String {
    let digest = Sha256::digest(url.trim_end_matches('/').as_bytes());
    digest.iter().take(16).fold(String::new(), |mut name, byte| {
        write!(name, "{byte:02x}").ok();
        name
    })
}

/// Mirrors may be of private repositories.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Older versions do not take their settings from the environment.
pub(crate) fn check_version() -> Result<(), Error> {
    let mut command = Command::new("git");
    clean(&mut command);
    let output =
        command.arg("version").output().map_err(|error| Error::NoGit { why: error.to_string() })?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut numbers = text
        .trim_start_matches("git version ")
        .split(['.', ' '])
        .map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= (2, 31) => Ok(()),
        _ => {
            Err(Error::NoGit { why: format!("`git version` says `{}`", crate::path::shown(&text)) })
        }
    }
}

/// What the user wants ssh to be run as.
fn own_ssh_command() -> Option<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    if let Some(command) = set("GIT_SSH_COMMAND") {
        return Some(command);
    }
    let mut git = Command::new("git");
    clean(&mut git);
    let output = git.args(["config", "--global", "--get", "core.sshCommand"]).output().ok()?;
    let configured = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !configured.is_empty() {
        return Some(configured);
    }
    let program = set("GIT_SSH")?;
    Some(format!("'{}'", program.replace('\'', r"'\''")))
}
