//! [`Fault`]: why a policy has no answer.

use std::fmt;

use super::POLICY;
use super::compile::UNSAFE;
use crate::{Condition, Problem, State};

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// The policy's file.
    pub(super) file: String,
    /// 1-based line and column; 0 where only the file is known.
    pub(super) line: u32,
    pub(super) column: u32,
    /// What is wrong, in one line.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Fault {
    /// A fault of a whole file.
    pub(super) fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0, message: message.into(), help: None }
    }

    /// Reads an error of the engine: `--> file:line:column`, the line of the policy, `error: message`.
    ///
    /// `file` is what to name where the error names nothing.
    pub(super) fn read(file: &str, error: &str) -> Self {
        let place = error.lines().find_map(|line| line.trim_start().strip_prefix("--> "));
        let message = error.lines().find_map(|line| line.trim_start().strip_prefix("error: "));
        let first = error.lines().map(str::trim).find(|line| !line.is_empty());
        let message = message.or(first).unwrap_or("it cannot be evaluated");
        let name = message.split_once(UNSAFE).and_then(|(before, _)| before.strip_prefix("var "));
        let message = match name {
            Some(name) => format!("nothing gives `{name}` a value"),
            None => message.trim_end_matches(':').trim().to_owned(),
        };
        let mut fault = Self::of_file(file, message);
        let mut parts = place.unwrap_or_default().trim().rsplitn(3, ':');
        if let (Some(column), Some(line), Some(named)) = (parts.next(), parts.next(), parts.next())
            && let (Ok(line), Ok(column)) = (line.parse(), column.parse())
        {
            (fault.file, fault.line, fault.column) = (named.to_owned(), line, column);
        }
        fault
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The condition that it makes: nothing is passed that could not be judged.
    pub(super) fn condition(&self) -> Condition {
        let condition = Condition::new(POLICY, State::Denied, self.to_string());
        match &self.help {
            Some(help) => condition.help(help),
            None => condition.help("correct the policy"),
        }
    }

    /// The problem that it is, before anything is judged.
    pub(super) fn problem(&self) -> Problem {
        Problem { pointer: String::new(), message: self.to_string(), help: self.help.clone() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}
