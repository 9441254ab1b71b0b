//! The remote of a repository on this machine, and how git is run for either kind of repository.

use std::time::{Duration, Instant};

use gix::bstr::ByteSlice;

use super::Repository;
use super::problem::Problem;
use crate::Error;
use crate::address::{self, Address, Transport};
use crate::error::TOO_MUCH;
use crate::git::{Ended, Failure, Git, Input, Own, Peer};

/// How long a question may take that needs no objects.
const QUESTION: Duration = Duration::from_secs(60);

/// The remote that a clone has.
const DEFAULT: &str = "origin";

/// No remote at all, by the user's wish.
const LOCAL: &str = "local";

/// Transports of git's own that are not used, because anybody on the way could answer.
const OPEN: [&str; 4] = ["git", "http", "ftp", "ftps"];

impl Repository {
    /// The remote that is meant; `None` is nobody.
    pub(super) fn find_remote(&self, wanted: Option<&str>) -> Result<Option<Own>, Problem> {
        if self.inner.store.mirror().is_some() || wanted == Some(LOCAL) {
            return Ok(None);
        }
        let name = wanted.unwrap_or(DEFAULT);
        let configured = self.remote_names();
        if wanted.is_none() && !configured.iter().any(|other| other == DEFAULT) {
            return Ok(None);
        }
        let missing = || Problem::NoRemote {
            name: name.to_owned(),
            place: self.place().to_owned(),
            others: configured
                .iter()
                .map(|other| format!("`{}`", crate::path::shown(other)))
                .collect(),
        };
        if name.is_empty() || name.starts_with('-') || name.contains(char::is_whitespace) {
            return Err(missing());
        }
        crate::mirror::check_version()?;
        let urls = self.own(&["remote", "get-url", "--push", "--all", name], Input::Nothing)?;
        if !urls.ok {
            let place = self.place().to_owned();
            return Err(match urls.stderr {
                said if said.contains("No such remote") => missing(),
                said if said.contains("dubious ownership") => Problem::NotOwned { place },
                said => self.unusable(name, said),
            });
        }
        match urls.stdout.lines().collect::<Vec<_>>().as_slice() {
            [url] => self.own_remote(name, url).map(Some),
            [] => Err(self.unusable(name, "it has no URL".to_owned())),
            _ => {
                let why =
                    "it is pushed to more than one URL, and only one can decide who was first";
                Err(self.unusable(name, why.to_owned()))
            }
        }
    }

    fn unusable(&self, name: &str, why: String) -> Problem {
        Problem::BadRemote { name: name.to_owned(), place: self.place().to_owned(), why }
    }

    fn own_remote(&self, name: &str, url: &str) -> Result<Own, Problem> {
        let name = name.to_owned();
        let own = |address: String, transports: &str| Own {
            name: name.clone(),
            address,
            transports: transports.to_owned(),
            remote: None,
            ssh: None,
        };
        match address::parse(url) {
            Ok(Address::Local(path)) => Ok(own(path.display().to_string(), "file")),
            Ok(Address::Remote(remote)) => {
                let is_ssh = remote.transport == Transport::Ssh;
                let ssh = if is_ssh { self.ssh_command()? } else { None };
                let own = own(remote.url.clone(), remote.transport.allowed());
                Ok(Own { ssh, remote: Some(remote), ..own })
            }
            Err(error) => match helper(url) {
                Some(helper) => Ok(own(address::shown(url), helper)),
                None => {
                    let why = suimon_model::Diagnostic::from(error);
                    let said = why.detail.unwrap_or(why.summary);
                    Err(self.unusable(&name, format!("{}: {said}", address::shown(url))))
                }
            },
        }
    }

    /// The remotes in the repository's own configuration.
    fn remote_names(&self) -> Vec<String> {
        let repository = self.git();
        let names = repository.remote_names();
        names.iter().map(|name| name.to_str_lossy().into_owned()).collect()
    }

    /// What the user wants ssh to be run as in this repository.
    fn ssh_command(&self) -> Result<Option<String>, Problem> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        if let Some(command) = set("GIT_SSH_COMMAND") {
            return Ok(Some(command));
        }
        let configured = self.own(&["config", "--get", "core.sshCommand"], Input::Nothing)?;
        let configured = configured.stdout.trim();
        if !configured.is_empty() {
            return Ok(Some(configured.to_owned()));
        }
        Ok(set("GIT_SSH").map(|program| format!("'{}'", program.replace('\'', r"'\''"))))
    }

    /// Runs git for what is of this machine alone.
    pub(super) fn own(&self, arguments: &[&str], input: Input<'_>) -> Result<Ended, Problem> {
        let deadline = Instant::now() + QUESTION;
        let folder = &self.inner.folder;
        let git = Git { folder, with: Peer::Nobody, input, deadline, ssh: None };
        git.run(arguments).map_err(|failure| self.failure(failure, "git"))
    }

    /// Asks the remote something that needs no objects.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Ended, Problem> {
        self.reach(arguments, self.inner.limits.fetch_timeout.min(QUESTION))
    }

    /// Runs git with the remote.
    pub(super) fn reach(&self, arguments: &[&str], within: Duration) -> Result<Ended, Problem> {
        if let Some(mirror) = self.inner.store.mirror() {
            return Ok(mirror.ask(arguments, within)?);
        }
        let Some(own) = self.remote.as_deref() else { return self.own(arguments, Input::Nothing) };
        let (folder, deadline) = (&self.inner.folder, Instant::now() + within);
        let (with, ssh) = (Peer::Own(own), own.ssh.clone());
        let git = Git { folder, with, input: Input::Nothing, deadline, ssh };
        git.run(arguments).map_err(|failure| match failure {
            Failure::Timeout => {
                Error::FetchTimeout { address: own.address.clone(), limit: within }.into()
            }
            failure => self.failure(failure, &own.address),
        })
    }

    fn failure(&self, failure: Failure, address: &str) -> Problem {
        let address = address.to_owned();
        match failure {
            Failure::Timeout => {
                Error::FetchTimeout { address, limit: self.inner.limits.fetch_timeout }.into()
            }
            Failure::TooMuch => Error::Fetch { address, why: TOO_MUCH.to_owned() }.into(),
            Failure::Start(error) => Error::NoGit { why: error.to_string() }.into(),
        }
    }
}

/// The program that the user's own configuration names as a remote's transport.
fn helper(url: &str) -> Option<&str> {
    let (helper, _) = url.split_once("::").or_else(|| url.split_once("://"))?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let known = ["ext", "fd", "https", "ssh", "file"];
    let is_name = !helper.is_empty() && !helper.starts_with('-') && helper.chars().all(plain);
    (is_name && !known.contains(&helper) && !OPEN.contains(&helper)).then_some(helper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_of_the_users_own_is_a_plain_name_that_git_has_nothing_of_its_own_for() {
        for (url, name) in [
            ("codecommit::ap-northeast-1://team@repo", Some("codecommit")),
            ("codecommit://team@repo", Some("codecommit")),
            ("ext::sh -c x", None),
            ("fd::17", None),
            ("git://example.com/a", None),
            ("http://example.com/a", None),
            ("https://example.com:99999/a", None),
            ("a b::c", None),
            ("git@example.com:a", None),
        ] {
            assert_eq!(helper(url), name, "{url}");
        }
    }
}
