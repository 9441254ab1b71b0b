//! The git program, run so that it asks nobody, runs nothing of the repository's, and ends in time.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::address::{Remote, Transport};
use crate::path::is_printable;

/// One run of git.
pub(crate) struct Git<'a> {
    /// The repository it works in.
    pub(crate) folder: &'a Path,
    pub(crate) remote: &'a Remote,
    /// Held open as its standard input, so that the lock outlives this process if git does.
    pub(crate) lock: &'a File,
    pub(crate) deadline: Instant,
    /// The user's own ssh command, where there is one.
    pub(crate) ssh: Option<String>,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) ok: bool,
    pub(crate) stderr: String,
}

/// Why there is no [`Ended`].
pub(crate) enum Failure {
    Timeout,
    Start(io::Error),
}

/// Variables of git's that may reach it: where things are, and how to prove who the user is.
const KEPT: [&str; 12] = [
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_EXEC_PATH",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "GIT_SSL_KEY",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_PROXY_SSL_CERT",
    "GIT_PROXY_SSL_KEY",
    "GIT_TRACE_REDACT",
];

impl Git<'_> {
    /// Runs git with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Ended, Failure> {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.folder).args(arguments);
        clean(&mut command);
        self.configure(&mut command);
        let stdin = self.lock.try_clone().map_err(Failure::Start)?;
        command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::piped());
        tracing::debug!(arguments = %arguments.join(" "), "git");
        let mut child = command.spawn().map_err(Failure::Start)?;
        let stderr = Output::of(child.stderr.take());
        let status = wait(&mut child, self.deadline)?;
        let secrets = self.secrets();
        Ok(Ended { ok: status.success(), stderr: readable(&stderr.text(), &secrets) })
    }

    fn secrets(&self) -> Vec<String> {
        let Some(credentials) = &self.remote.credentials else { return Vec::new() };
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
            ("safe.directory", "*"),
            ("http.sslVerify", "true"),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", "60"),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        if has_askpass() {
            settings.retain(|(key, _)| key != "core.askPass" && key != "credential.interactive");
        }
        let url = &self.remote.url;
        if self.remote.transport == Transport::Https {
            // The most specific setting wins, so this one beats any for the host.
            settings.push((format!("http.{url}.sslVerify"), "true"));
        }
        let allowed = match self.remote.transport {
            Transport::Https | Transport::Ssh => "https:ssh",
            Transport::Http => "http:https",
            Transport::File => "file",
        };
        command.env("GIT_ALLOW_PROTOCOL", allowed);
        if self.remote.transport == Transport::File {
            // The serving side only reads objects; without this it would refuse other people's.
            command.env("GIT_CONFIG_GLOBAL", self.folder.join("suimon.gitconfig"));
        }
        if let Some(credentials) = &self.remote.credentials {
            // Only through the environment: arguments can be seen by every user of the machine.
            let ask = "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \
                       \"$SUIMON_GIT_USER\" \"$SUIMON_GIT_PASSWORD\"; }; f";
            settings.push(("credential.helper".to_owned(), ""));
            settings.push((format!("credential.{url}.helper"), ""));
            settings.push((format!("credential.{url}.helper"), ask));
            command.env("SUIMON_GIT_USER", &credentials.user);
            command.env("SUIMON_GIT_PASSWORD", &credentials.password);
        }
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (index, (key, value)) in settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command.env("GIT_SSH_COMMAND", ssh_command(self.ssh.as_deref()));
    }
}

/// Whether the user named a program that knows passwords.
fn has_askpass() -> bool {
    std::env::var_os("GIT_ASKPASS").is_some_and(|program| !program.is_empty())
}

/// Removes what the environment says to git, except what is needed, and everything that asks.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let kept = name.to_str().is_some_and(|name| KEPT.contains(&name));
        if name.as_encoded_bytes().starts_with(b"GIT_") && !kept {
            command.env_remove(&name);
        }
    }
    command
        .env_remove("SSH_ASKPASS")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GCM_INTERACTIVE", "never")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C");
}

/// The ssh command: the user's, with host keys always checked and nobody asked. The first value that
/// ssh sees of an option wins, so ours go first wherever the command is plainly ssh.
fn ssh_command(own: Option<&str>) -> OsString {
    const OURS: &str = "-o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=30 \
                        -o ServerAliveInterval=15 -o ServerAliveCountMax=4";
    let own = own.map(str::trim).filter(|own| !own.is_empty()).unwrap_or("ssh");
    let (program, rest) = own.split_once(' ').unwrap_or((own, ""));
    let is_ssh = program == "ssh" || program.ends_with("/ssh");
    if is_ssh { format!("{program} {OURS} {rest}").into() } else { format!("{own} {OURS}").into() }
}

/// What a process writes, read by a thread so that it never has to wait; only the end is kept.
struct Output {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Output {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        const MOST: usize = 64 * 1024;
        let kept = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&kept);
        let reader = pipe.map(|mut pipe| {
            thread::spawn(move || {
                let mut buffer = [0; 8192];
                while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                    let mut kept = sink.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.extend_from_slice(buffer.get(..count).unwrap_or_default());
                    let excess = kept.len().saturating_sub(MOST);
                    kept.drain(..excess);
                }
            })
        });
        Self { kept, reader }
    }

    /// All of it, once the process has ended. A grandchild may keep the pipe open, so not for ever.
    fn text(self) -> String {
        let until = Instant::now() + Duration::from_secs(1);
        while self.reader.as_ref().is_some_and(|reader| !reader.is_finished())
            && Instant::now() < until
        {
            thread::sleep(Duration::from_millis(2));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

fn wait(child: &mut Child, deadline: Instant) -> Result<ExitStatus, Failure> {
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() >= deadline => {
                end(child);
                return Err(Failure::Timeout);
            }
            Ok(None) => thread::sleep(pause),
            Err(error) => {
                end(child);
                return Err(Failure::Start(error));
            }
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Asks git to end, which takes its helpers with it, and makes it end when it does not.
fn end(child: &mut Child) {
    let polite = Command::new("kill")
        .args(["-s", "TERM", &child.id().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let grace = Instant::now() + Duration::from_secs(2);
    while polite.is_ok() && Instant::now() < grace {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    if child.kill().is_ok() {
        child.wait().ok();
    }
}

/// The last lines of what git said, without progress, control characters and credentials.
fn readable(stderr: &str, secrets: &[String]) -> String {
    const MOST: usize = 6;
    const BOILERPLATE: [&str; 3] = [
        "fatal: Could not read from remote repository.",
        "Please make sure you have the correct access rights",
        "and the repository exists.",
    ];
    let mut lines: Vec<String> = stderr
        .lines()
        .filter_map(|line| line.rsplit('\r').find(|part| !part.trim().is_empty()))
        .map(|line| redact(line.trim_end(), secrets))
        .filter(|line| !line.is_empty() && !BOILERPLATE.contains(&line.as_str()))
        .collect();
    let excess = lines.len().saturating_sub(MOST);
    lines.drain(..excess);
    lines.join("\n")
}

fn redact(line: &str, secrets: &[String]) -> String {
    let mut text = line.to_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), "***");
    }
    let mut words = Vec::new();
    for word in text.split(' ') {
        words.push(match (word.split_once("://"), word.rsplit_once('@')) {
            (Some((before, _)), Some((_, after))) => format!("{before}://***@{after}"),
            _ => word.to_owned(),
        });
    }
    words.join(" ").chars().map(|c| if is_printable(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_keys_are_checked_whatever_the_users_command_says() {
        let command = |own| ssh_command(own).into_string().unwrap();
        let strict = "-o BatchMode=yes -o StrictHostKeyChecking=yes";
        assert!(command(None).starts_with(&format!("ssh {strict}")));
        let own = command(Some("/usr/bin/ssh -i key -o StrictHostKeyChecking=no"));
        assert!(own.starts_with(&format!("/usr/bin/ssh {strict}")), "{own}");
        assert!(own.ends_with("-i key -o StrictHostKeyChecking=no"), "{own}");
        assert!(command(Some("wrapper --x")).starts_with(&format!("wrapper --x {strict}")));
    }

    #[test]
    fn what_git_says_is_shown_without_credentials() {
        let said = "Receiving objects:  10%\rReceiving objects: 100%\r\n\
                    fatal: unable to access 'https://aiko:hunter22@example.com/a/': \u{1b}[31mno hunter22";
        insta::assert_snapshot!(readable(said, &["hunter22".to_owned()]), @r"
        Receiving objects: 100%
        fatal: unable to access 'https://***@example.com/a/': ?[31mno ***
        ");
    }
}
