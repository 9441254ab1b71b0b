//! Running programs and measuring them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Error, Result};

/// How often the memory of a run is looked at. The kernel keeps the peak, so only a peak in the
/// last moments of a process can be missed.
const LOOK: Duration = Duration::from_millis(20);

/// What one run took.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sample {
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// Seconds of processor time, with children, in user and system mode.
    pub(crate) cpu: f64,
    /// Exit code; 128 and more for a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A program with its arguments, run from a folder.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    program: PathBuf,
    arguments: Vec<OsString>,
    folder: PathBuf,
    variables: BTreeMap<&'static str, OsString>,
    /// Prefixes of variables that it does not inherit.
    without: Vec<&'static str>,
    name: Option<String>,
    /// Exit codes that say that all is well.
    content: Vec<i32>,
}

impl Job {
    pub(crate) fn new(program: &Path, folder: &Path) -> Self {
        Self {
            program: program.to_owned(),
            arguments: Vec::new(),
            folder: folder.to_owned(),
            variables: BTreeMap::new(),
            without: Vec::new(),
            name: None,
            content: vec![0],
        }
    }

    pub(crate) fn args<T: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    /// No variable of this process that begins so.
    pub(crate) fn without(mut self, prefix: &'static str) -> Self {
        self.without.push(prefix);
        self
    }

    /// Shown as this, because nobody would type what it is.
    pub(crate) fn named(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// This exit code is no failure either.
    pub(crate) fn or_code(mut self, code: i32) -> Self {
        self.content.push(code);
        self
    }

    /// How a person would type it in that folder.
    pub(crate) fn line(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let words = self.arguments.iter().map(|word| word.to_string_lossy().into_owned());
        std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// Runs it through the shell's `time`, which has milliseconds and counts children.
    ///
    /// # Errors
    /// It did not start, or was not content.
    pub(crate) fn run(&self) -> Result<Sample> {
        let files = tempfile::tempdir().map_err(Error::io("make a folder"))?;
        self.finish(self.command(files.path()).status(), files.path())
    }

    /// Runs it, and returns with the sample the sum of the peaks of its processes, in MiB.
    pub(crate) fn run_with_memory(&self) -> Result<(Sample, f64)> {
        let files = tempfile::tempdir().map_err(Error::io("make a folder"))?;
        let mut child = self.command(files.path()).spawn().map_err(Error::io(self.line()))?;
        let mut peaks = BTreeMap::new();
        let status = loop {
            match child.try_wait() {
                Ok(None) => look(child.id(), &mut peaks),
                Ok(Some(status)) => break Ok(status),
                Err(error) => break Err(error),
            }
            std::thread::sleep(LOOK);
        };
        let sample = self.finish(status, files.path())?;
        Ok((sample, peaks.values().sum::<u64>() as f64 / 1024.0))
    }

    fn command(&self, files: &Path) -> Command {
        const SCRIPT: &str = r#"
            TIMEFORMAT='%R %U %S'
            files=$1; shift
            { time "$@" </dev/null >"$files/stdout" 2>"$files/stderr"; } 2>"$files/time""#;
        let mut command = Command::new("bash");
        command.args(["-c", SCRIPT, "bash"]).arg(files).arg(&self.program).args(&self.arguments);
        command.current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            let unwanted = |prefix: &&str| name.to_string_lossy().starts_with(*prefix);
            if self.without.iter().any(unwanted) {
                command.env_remove(&name);
            }
        }
        command.envs(&self.variables).env("LC_ALL", "C");
        command.stdin(Stdio::null());
        command
    }

    fn finish(
        &self,
        status: std::io::Result<std::process::ExitStatus>,
        files: &Path,
    ) -> Result<Sample> {
        let status = status.map_err(Error::io(format!("run {}", self.line())))?;
        let read = |name: &str| {
            let bytes = fs::read(files.join(name)).map_err(Error::io(format!("read {name}")))?;
            Ok::<_, Error>(String::from_utf8_lossy(&bytes).into_owned())
        };
        let (wall, cpu) = times(&read("time")?)?;
        let code = status.code().unwrap_or(255);
        let sample = Sample { wall, cpu, code, stdout: read("stdout")?, stderr: read("stderr")? };
        if self.content.contains(&code) {
            return Ok(sample);
        }
        Err(Error::Failed {
            command: self.line(),
            status: status.to_string(),
            stderr: end_of(if sample.stderr.is_empty() { &sample.stdout } else { &sample.stderr }),
        })
    }
}

/// Runs the contenders in turns, `rounds` times; one list of samples for each.
pub(crate) fn interleave(rounds: usize, contenders: &[&Job]) -> Result<Vec<Vec<Sample>>> {
    let mut samples = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (job, samples) in contenders.iter().zip(&mut samples) {
            samples.push(job.run()?);
        }
    }
    Ok(samples)
}

/// The last lines of a text.
pub(crate) fn end_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n")
}

/// What the shell's `time` says: wall, and user and system time together.
fn times(text: &str) -> Result<(f64, f64)> {
    let line = text.lines().last().unwrap_or_default();
    let numbers: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [wall, user, system] => Ok((*wall, user + system)),
        _ => Err(Error::Unreadable { what: "the shell's `time`".to_owned(), why: text.to_owned() }),
    }
}

/// Notes the peak of every process below this one, in KiB.
fn look(root: u32, peaks: &mut BTreeMap<u32, u64>) {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, parent(&stat)?))
        })
        .collect();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(one) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(_, parent)| *parent == one).map(|(pid, _)| *pid));
        next += 1;
    }
    // The first is the shell that keeps the time.
    for pid in family.into_iter().skip(1) {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        if let Some(peak) = peak(&status) {
            peaks.insert(pid, peak);
        }
    }
}

/// The parent in a `/proc/PID/stat`, whose second field may hold spaces and parentheses.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// The peak of the resident memory in a `/proc/PID/status`, in KiB.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_its_times_its_output_and_its_code() {
        let shell =
            |script: &str| Job::new(Path::new("/bin/sh"), Path::new("/")).args(["-c", script]);
        let sample = shell("echo out; echo err >&2").run().unwrap();
        assert_eq!((sample.stdout.as_str(), sample.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(shell("exit 2").or_code(2).run().unwrap().code, 2);
        let error = shell("echo no >&2; exit 3").run().unwrap_err();
        assert_eq!(error.to_string(), "`sh -c echo no >&2; exit 3` ended with exit status: 3: no");
    }

    #[test]
    fn contenders_take_turns() {
        let folder = tempfile::tempdir().unwrap();
        let job = |name: &str| {
            let script = format!("echo {name} >> order; cat order");
            Job::new(Path::new("/bin/sh"), folder.path()).args(["-c", &script])
        };
        let samples = interleave(2, &[&job("a"), &job("b")]).unwrap();
        assert_eq!(samples[1][1].stdout, "a\nb\na\nb\n");
    }

    #[test]
    fn the_times_of_the_shell() {
        assert_eq!(times("1.500 0.250 0.125\n").unwrap(), (1.5, 0.375));
        assert!(times("bash: no such program\n").is_err());
    }

    #[test]
    fn what_the_kernel_says_of_a_process() {
        assert_eq!(parent("7 (a) b) c) S 42 7 7 0"), Some(42));
        assert_eq!(peak("Name:\ta\nVmHWM:\t  2048 kB\nVmRSS:\t 10 kB\n"), Some(2048));
        assert_eq!(peak("Name:\tkernel thread\n"), None);
    }
}
