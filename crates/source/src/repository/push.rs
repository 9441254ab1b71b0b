//! One push of one ref, and what came of it.

use gix::bstr::ByteSlice;

use super::Repository;
use super::problem::Problem;
use super::refs::Move;
use crate::git::Ended;
use crate::{Error, mirror};

/// How a push ended.
pub(super) enum Pushed {
    Done,
    /// There was nothing to push.
    Nothing,
    /// The other side, or git on this side, refused it, for this reason.
    Refused(String),
    /// Nothing was sent, for this reason.
    NotSent(String),
    /// It ended without an answer, for this reason.
    Unanswered(String),
}

/// What is said when somebody else moves the same ref at the same moment.
const CONTENTION: [&str; 8] = [
    "stale info",
    "fetch first",
    "non-fast-forward",
    "cannot lock ref",
    "failed to lock",
    "failed to update ref",
    "incorrect old value",
    "reference already exists",
];

/// What is said when nothing can have been sent.
const NOT_SENT: [&str; 12] = [
    crate::error::NO_CREDENTIALS,
    "Permission denied",
    "Could not resolve host",
    "Couldn't connect to server",
    "Failed to connect",
    "Connection refused",
    "Host key verification failed",
    "does not appear to be a git repository",
    "does not exist",
    "not found",
    "not allowed",
    "The requested URL returned error: 403",
];

impl Pushed {
    pub(super) fn unanswered() -> Self {
        Self::Unanswered(String::new())
    }

    /// Whether it may have been done all the same.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self, Self::Unanswered(_))
    }

    /// Whether it may be done when it is tried again.
    pub(super) fn is_contention(&self) -> bool {
        let Self::Refused(why) = self else { return false };
        CONTENTION.iter().any(|sign| why.contains(sign)) && !why.contains("cannot create")
    }
}

impl Repository {
    /// Pushes a ref, once.
    pub(super) fn push(&self, swap: &Move) -> Result<Pushed, Problem> {
        let name = swap.name.as_bstr().to_str_lossy();
        let id = |id: Option<gix::ObjectId>| id.map(|id| id.to_string()).unwrap_or_default();
        let lease = format!("--force-with-lease={name}:{}", id(swap.expected));
        let refspec = format!("{}:{name}", id(swap.new));
        let remote = self.remote_word();
        let mut arguments = vec!["push", "--porcelain", "--atomic", "--no-verify"];
        arguments.extend(["--no-follow-tags", "--no-signed", "--recurse-submodules=no"]);
        arguments.extend([lease.as_str(), "--end-of-options", &remote, &refspec]);
        match self.reach(&arguments, self.inner.limits.fetch_timeout) {
            Ok(ended) => Ok(pushed(&name, ended)),
            Err(Problem::Read(error @ Error::FetchTimeout { .. })) => {
                Ok(Pushed::Unanswered(error.to_string()))
            }
            Err(problem) => Err(problem),
        }
    }

    /// What to say of a push that has not moved the ref. `blind` is why nobody can tell where it is.
    pub(super) fn after(&self, swap: &Move, pushed: Pushed, blind: Option<Problem>) -> Problem {
        let address = self.remote_address().unwrap_or_default();
        let name = swap.name.as_bstr().to_str_lossy().into_owned();
        match (pushed, blind) {
            (Pushed::Refused(why), _) => Problem::Rejected { address, name, why },
            (Pushed::NotSent(why), _) => Problem::Push { address, name, why },
            (Pushed::Unanswered(why), None) => Problem::Unknown { address, name, why },
            (Pushed::Unanswered(why), Some(blind)) => {
                let why = if why.is_empty() { blind.to_string() } else { why };
                Problem::Unknown { address, name, why }
            }
            (Pushed::Done | Pushed::Nothing, Some(blind)) => blind,
            (Pushed::Done | Pushed::Nothing, None) => {
                Problem::Unknown { address, name, why: String::new() }
            }
        }
    }
}

/// What git says of one ref, in the lines that are made for programs: a flag, both names and a summary,
/// between tabs (`git push --porcelain`).
fn pushed(name: &str, ended: Ended) -> Pushed {
    let line = ended.stdout.lines().find_map(|line| {
        let mut fields = line.splitn(3, '\t');
        let (flag, names, summary) = (fields.next()?, fields.next()?, fields.next()?);
        (names.rsplit_once(':')?.1 == name).then_some((flag, summary))
    });
    match line {
        Some((" " | "+" | "-" | "*" | "=", _)) if ended.ok => Pushed::Done,
        Some(("!", summary)) if summary.starts_with("[remote failure]") => {
            Pushed::Unanswered(words(&ended.stderr, summary))
        }
        Some(("!", summary)) => Pushed::Refused(words(&ended.stderr, summary)),
        _ => {
            let why = mirror::why(ended);
            match NOT_SENT.iter().any(|sign| why.contains(sign)) {
                true => Pushed::NotSent(why),
                false => Pushed::Unanswered(why),
            }
        }
    }
}

/// What the server says, and git's word for it.
fn words(stderr: &str, summary: &str) -> String {
    let mut words: Vec<&str> = stderr
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let reason = summary.split_once(']').map_or(summary, |(_, reason)| reason);
    words.push(reason.trim().trim_start_matches('(').trim_end_matches(')'));
    words.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ok: bool, stdout: &str, stderr: &str) -> String {
        let ended = Ended { ok, stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        match pushed("refs/a", ended) {
            Pushed::Done => "done".to_owned(),
            Pushed::Nothing => "nothing".to_owned(),
            pushed @ Pushed::Refused(_) if pushed.is_contention() => "contention".to_owned(),
            Pushed::Refused(why) => format!("refused: {why}"),
            Pushed::NotSent(why) => format!("not sent: {why}"),
            Pushed::Unanswered(why) => format!("unanswered: {why}"),
        }
    }

    #[test]
    fn what_git_says_of_a_push_is_taken_for_what_it_is() {
        let to = "To https://example.com/a\n";
        let hook = "remote: \nremote: error: GH006: Protected branch update failed.   \n\
                    error: failed to push some refs to 'https://example.com/a'";
        for (ok, stdout, stderr, expected) in [
            (true, " \t1:refs/a\t1..2\nDone", "", "done"),
            (true, "*\t1:refs/a\t[new reference]\nDone", "", "done"),
            (true, "-\t:refs/a\t[deleted]\nDone", "", "done"),
            (true, "=\t1:refs/a\t[up to date]\nDone", "", "done"),
            (false, "!\t1:refs/a\t[rejected] (stale info)\nDone", "", "contention"),
            (
                false,
                "!\t1:refs/a\t[remote rejected] (cannot lock ref 'refs/a': is at 2)\n",
                "",
                "contention",
            ),
            (
                false,
                "!\t1:refs/a\t[remote rejected] (cannot lock ref 'refs/a': 'refs/a/b' exists; cannot create 'refs/a')\n",
                "",
                "refused: cannot lock ref 'refs/a': 'refs/a/b' exists; cannot create 'refs/a'",
            ),
            (
                false,
                "!\t1:refs/a\t[remote rejected] (protected branch hook declined)\nDone",
                hook,
                "refused: error: GH006: Protected branch update failed.\nprotected branch hook declined",
            ),
            (
                false,
                "",
                "fatal: unable to access: Failed to connect to x",
                "not sent: fatal: unable to access: Failed to connect to x",
            ),
            (
                false,
                "",
                "fatal: the remote end hung up unexpectedly",
                "unanswered: fatal: the remote end hung up unexpectedly",
            ),
            (
                false,
                "!\t1:refs/a\t[remote failure] (remote failed to report status)\nDone",
                "",
                "unanswered: remote failed to report status",
            ),
            (true, " \t1:refs/b\t1..2\nDone", "", "unanswered: git does not say why"),
            (false, " \t1:refs/a\t1..2\n", "x", "unanswered: x"),
        ] {
            assert_eq!(said(ok, &format!("{to}{stdout}"), stderr), expected);
        }
    }
}
