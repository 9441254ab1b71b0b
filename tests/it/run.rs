//! What a command did, and one that is not done yet.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};

use crate::env::Env;

/// What a command did.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Insists on the exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Insists on a text on standard output.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} in stdout:\n{}", self.stdout);
        self
    }

    /// Insists on a text on standard error.
    #[track_caller]
    pub(crate) fn notes(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in stderr:\n{}", self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Standard error without the lines that say what is read, and that nothing is recorded in a folder
    /// without Git.
    pub(crate) fn problems(&self) -> String {
        let usual = ["reading ", "Nothing is recorded: "];
        let lines = self.stderr.lines();
        let lines = lines.filter(|line| !usual.iter().any(|usual| line.starts_with(usual)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Everything that was printed.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The binary while it runs.
pub(crate) struct Running<'a> {
    env: &'a Env,
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    seen: String,
}

impl<'a> Running<'a> {
    pub(crate) fn new(env: &'a Env, mut child: Child) -> Self {
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { env, child, stderr, seen: String::new() }
    }

    /// Waits until standard error has this text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).unwrap();
            self.seen.push_str(&line);
            assert!(read > 0, "it ended without {text:?}:\n{}", self.seen);
        }
    }

    /// Sends a signal: `INT`, `TERM`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// Whether it has ended.
    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Ran {
        let mut stdout = Vec::new();
        let mut out = self.child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            out.read_to_end(&mut stdout).unwrap();
            stdout
        });
        let mut stderr = std::mem::take(&mut self.seen).into_bytes();
        self.stderr.read_to_end(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        self.env.ran(status, reader.join().unwrap(), stderr)
    }
}
