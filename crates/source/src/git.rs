//! The git program, run so that it asks nobody, runs nothing of the repository's, and ends in time.

mod environment;
mod process;
mod said;

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::address::{Remote, Transport};
pub(crate) use environment::{clean, users_own};
use environment::{has_askpass, ssh_command};
use process::Output;

/// One run of git.
pub(crate) struct Git<'a> {
    /// The repository it works in.
    pub(crate) folder: &'a Path,
    pub(crate) with: Peer<'a>,
    pub(crate) input: Input<'a>,
    pub(crate) deadline: Instant,
    /// The user's own ssh command, where there is one.
    pub(crate) ssh: Option<String>,
}

/// Whom git speaks with, and so whose settings count.
#[derive(Clone, Copy)]
pub(crate) enum Peer<'a> {
    /// The repository that a mirror is of; the mirror has no settings of its own.
    Mirrored(&'a Remote),
    /// A remote of the user's own repository, with all settings that the user gave git.
    Own(&'a Own),
    /// Nobody: git only says what it knows of the user, or makes an object.
    Nobody,
}

/// A remote in the configuration of a repository of this machine.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) name: String,
    /// Its address without credentials.
    pub(crate) address: String,
    /// What git may use to reach it, as in `GIT_ALLOW_PROTOCOL`.
    pub(crate) transports: String,
    pub(crate) remote: Option<Remote>,
    pub(crate) ssh: Option<String>,
}

/// What git reads as its standard input.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    /// Held open, so that the lock outlives this process if git does.
    Lock(&'a File),
    Text(&'a str),
    Nothing,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Why there is no [`Ended`].
pub(crate) enum Failure {
    Timeout,
    TooMuch,
    Start(io::Error),
}

/// More than that is no answer to any of our questions.
const LONGEST_ANSWER: usize = 32 * 1024 * 1024;

const LONGEST_COMPLAINT: usize = 64 * 1024;

impl Git<'_> {
    /// Runs git with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Ended, Failure> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.folder).args(arguments);
        match self.with {
            Peer::Mirrored(_) => clean(&mut command),
            Peer::Own(_) | Peer::Nobody => users_own(&mut command),
        }
        self.configure(&mut command);
        match self.input {
            Input::Lock(file) => command.stdin(file.try_clone().map_err(Failure::Start)?),
            Input::Text(_) => command.stdin(Stdio::piped()),
            Input::Nothing => command.stdin(Stdio::null()),
        };
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        tracing::debug!(arguments = %arguments.join(" "), "git");
        let mut child = command.spawn().map_err(Failure::Start)?;
        let stdout = Output::of(child.stdout.take(), LONGEST_ANSWER);
        let stderr = Output::of(child.stderr.take(), LONGEST_COMPLAINT);
        if let Input::Text(text) = self.input {
            process::feed(child.stdin.take(), text);
        }
        let status = process::wait(&mut child, self.deadline)?;
        Ok(Ended {
            ok: status.success(),
            stdout: stdout.all()?,
            stderr: said::readable(&stderr.end(), &self.secrets()),
        })
    }

    fn remote(&self) -> Option<&Remote> {
        match self.with {
            Peer::Mirrored(remote) => Some(remote),
            Peer::Own(own) => own.remote.as_ref(),
            Peer::Nobody => None,
        }
    }

    fn secrets(&self) -> Vec<String> {
        let Some(credentials) = self.remote().and_then(|remote| remote.credentials.as_ref()) else {
            return Vec::new();
        };
        [&credentials.password, &credentials.user]
            .into_iter()
            .filter(|s| s.len() > 3)
            .cloned()
            .collect()
    }

    /// Settings that the user's configuration cannot undo.
    fn configure(&self, command: &mut Command) {
        let mut settings: Vec<(String, &str)> = [
            ("core.hooksPath", "/dev/null"),
            ("core.fsmonitor", "false"),
            ("core.useReplaceRefs", "false"),
            ("core.askPass", ""),
            ("fetch.recurseSubmodules", "false"),
            ("fetch.writeCommitGraph", "false"),
            ("gc.autoDetach", "false"),
            ("maintenance.autoDetach", "false"),
            ("protocol.ext.allow", "never"),
            ("transfer.bundleURI", "false"),
            ("credential.interactive", "false"),
            ("http.sslVerify", "true"),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", "60"),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        if has_askpass() {
            settings.retain(|(key, _)| key != "core.askPass" && key != "credential.interactive");
        }
        if let Some(Remote { url, transport: Transport::Https, .. }) = self.remote() {
            // The most specific setting wins, so this one beats any for the host.
            settings.push((format!("http.{url}.sslVerify"), "true"));
        }
        let allowed = match self.with {
            Peer::Mirrored(remote) => self.configure_mirror(command, remote, &mut settings),
            Peer::Own(own) => {
                // A clone made with `--mirror` pushes everything otherwise.
                settings.push((format!("remote.{}.mirror", own.name), "false"));
                own.transports.as_str()
            }
            Peer::Nobody => "none",
        };
        command.env("GIT_ALLOW_PROTOCOL", allowed);
        let first = match self.with {
            Peer::Mirrored(_) => 0,
            Peer::Own(_) | Peer::Nobody => environment::settings(),
        };
        command.env("GIT_CONFIG_COUNT", (first + settings.len()).to_string());
        for (index, (key, value)) in settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{}", first + index), key);
            command.env(format!("GIT_CONFIG_VALUE_{}", first + index), value);
        }
        command.env("GIT_SSH_COMMAND", ssh_command(self.ssh.as_deref()));
    }

    fn configure_mirror(
        &self,
        command: &mut Command,
        remote: &Remote,
        settings: &mut Vec<(String, &str)>,
    ) -> &'static str {
        settings.push(("safe.directory".to_owned(), "*"));
        if remote.transport == Transport::File {
            // The serving side only reads objects; without this it would refuse other people's.
            command.env("GIT_CONFIG_GLOBAL", self.folder.join("suimon.gitconfig"));
        }
        if let Some(credentials) = &remote.credentials {
            // Only through the environment: arguments can be seen by every user of the machine.
            let ask = "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \
                       \"$SUIMON_GIT_USER\" \"$SUIMON_GIT_PASSWORD\"; }; f";
            let url = &remote.url;
            settings.push(("credential.helper".to_owned(), ""));
            settings.push((format!("credential.{url}.helper"), ""));
            settings.push((format!("credential.{url}.helper"), ask));
            command.env("SUIMON_GIT_USER", &credentials.user);
            command.env("SUIMON_GIT_PASSWORD", &credentials.password);
        }
        remote.transport.allowed()
    }
}
