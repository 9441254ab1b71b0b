//! What git hears of the environment.

use std::ffi::OsString;
use std::process::Command;

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

/// Variables that also count in a repository of the user's own.
const KEPT_FOR_USER: [&str; 9] = [
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_DATE",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
];

/// Whether the user named a program that knows passwords.
pub(super) fn has_askpass() -> bool {
    std::env::var_os("GIT_ASKPASS").is_some_and(|program| !program.is_empty())
}

/// Removes what the environment says to git, except what is needed, and everything that asks.
pub(crate) fn clean(command: &mut Command) {
    remove(command, |name| KEPT.contains(&name));
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_ATTR_NOSYSTEM", "1");
}

/// The same for a repository of the user's own: who they are and what they told git counts, where git
/// would work does not.
pub(crate) fn users_own(command: &mut Command) {
    remove(command, |name| {
        KEPT.contains(&name)
            || KEPT_FOR_USER.contains(&name)
            || name.starts_with("GIT_CONFIG_KEY_")
            || name.starts_with("GIT_CONFIG_VALUE_")
    });
}

fn remove(command: &mut Command, kept: impl Fn(&str) -> bool) {
    for (name, _) in std::env::vars_os() {
        let kept = name.to_str().is_some_and(&kept);
        if name.as_encoded_bytes().starts_with(b"GIT_") && !kept {
            command.env_remove(&name);
        }
    }
    command
        .env_remove("SSH_ASKPASS")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GCM_INTERACTIVE", "never")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C");
}

/// How many settings the user's environment has for git; ours come after them.
pub(super) fn settings() -> usize {
    std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// The ssh command: the user's, with host keys always checked and nobody asked. The first value that
/// ssh sees of an option wins, so ours go first wherever the command is plainly ssh.
pub(super) fn ssh_command(own: Option<&str>) -> OsString {
    const OURS: &str = "-o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=30 \
                        -o ServerAliveInterval=15 -o ServerAliveCountMax=4";
    let own = own.map(str::trim).filter(|own| !own.is_empty()).unwrap_or("ssh");
    let (program, rest) = own.split_once(' ').unwrap_or((own, ""));
    let is_ssh = program == "ssh" || program.ends_with("/ssh");
    if is_ssh { format!("{program} {OURS} {rest}").into() } else { format!("{own} {OURS}").into() }
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
}
