//! Rendering in a child process, so that a hostile template costs the child and not the parent.
//!
//! # Protocol
//! The parent starts the child under limits of processor time and memory, writes one
//! [`TemplateBatch`] as JSON to its input and closes it. The child calls [`serve`], which answers in
//! lines of JSON:
//!
//! ```text
//! {"start":0}                      job 0 starts; written before anything of it runs
//! {"text":"…"}                     what job 0 rendered, or
//! {"problems":[{…}]}               why it did not
//! {"start":1}
//! …
//! {"end":2}                        all 2 jobs are done
//! ```
//!
//! The parent reads with [`Answers::read`]. When the child is killed, [`Answers::running`] is the job
//! it was at, and [`killed_diagnostic`] is what to tell the user. A child that goes away without
//! `end` has failed, whatever its exit code.

use std::fmt;
use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use suimon_model::{Diagnostic, Location};

use super::batch::{InProcess, TemplateBatch};
use super::problem::Problem;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Start(usize),
    Text(String),
    Problems(Vec<Problem>),
    End(usize),
}

/// The child's side: reads a batch, renders it, writes the answers.
///
/// # Errors
/// The batch is not readable, or the parent has gone.
pub fn serve(input: impl Read, output: impl Write) -> io::Result<()> {
    let batch: TemplateBatch = serde_json::from_reader(io::BufReader::new(input))?;
    let output = std::cell::RefCell::new(io::BufWriter::new(output));
    let write = |line: &Line| -> io::Result<()> {
        let mut output = output.borrow_mut();
        serde_json::to_writer(&mut *output, line)?;
        output.write_all(b"\n")
    };
    let failure = std::cell::Cell::new(None);
    InProcess::default().each(
        &batch,
        &mut |job| {
            let written = write(&Line::Start(job)).and_then(|()| output.borrow_mut().flush());
            written.map_err(|error| failure.set(Some(error))).is_ok()
        },
        &mut |answer| {
            let line = answer.map_or_else(Line::Problems, Line::Text);
            write(&line).map_err(|error| failure.set(Some(error))).is_ok()
        },
    );
    match failure.take() {
        Some(error) => Err(error),
        None => {
            write(&Line::End(batch.jobs.len()))?;
            output.borrow_mut().flush()
        }
    }
}

/// What a child has answered.
#[derive(Debug, Default)]
pub struct Answers {
    /// One answer per finished job, in order.
    pub answers: Vec<Result<String, Vec<Diagnostic>>>,
    /// The job that was running when the output ended; `None` when all were done.
    pub running: Option<usize>,
    /// Whether the child said that it is done.
    pub complete: bool,
}

impl Answers {
    /// The parent's side: reads until the child closes its output.
    ///
    /// # Errors
    /// The output cannot be read, or is not of this protocol. A line cut short is not an error:
    /// that is how a killed child ends.
    pub fn read(mut output: impl BufRead) -> io::Result<Self> {
        let mut read = Self::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            if output.read_until(b'\n', &mut line)? == 0 || line.last() != Some(&b'\n') {
                return Ok(read);
            }
            match serde_json::from_slice(&line)? {
                Line::Start(job) => read.running = Some(job),
                Line::Text(text) => read.answer(Ok(text)),
                Line::Problems(problems) => {
                    let problems = problems.into_iter().map(Problem::into_diagnostic).collect();
                    read.answer(Err(problems));
                }
                Line::End(jobs) => read.complete = jobs == read.answers.len(),
            }
        }
    }

    fn answer(&mut self, answer: Result<String, Vec<Diagnostic>>) {
        self.answers.push(answer);
        self.running = None;
    }
}

/// The limit at which a child was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Seconds of processor time.
    Cpu(u64),
    /// Seconds on the clock.
    Time(u64),
    /// Megabytes (2²⁰ bytes) of memory.
    Memory(u64),
    /// The stack: the child died by a signal that nobody sent.
    Stack,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu(seconds) => write!(f, "{seconds} s of CPU"),
            Self::Time(seconds) => write!(f, "{seconds} s"),
            Self::Memory(megabytes) => write!(f, "{megabytes} MB of memory"),
            Self::Stack => f.write_str("the stack"),
        }
    }
}

/// What to tell about a template that a child was killed for.
pub fn killed_diagnostic(template: &str, limit: Limit) -> Diagnostic {
    Diagnostic::error("template-limit", format!("template exceeded {limit}"))
        .at(Location::file(template))
        .help("look for a loop over a large range, or a string that grows in a loop")
}

/// The file of a job, for [`killed_diagnostic`].
pub fn job_file(batch: &TemplateBatch, job: usize) -> &str {
    let named = batch.jobs.get(job).and_then(|job| {
        let source = batch.sets.get(job.set)?.sources.get(job.source)?;
        Some(&*source.file)
    });
    named.unwrap_or("modules")
}
