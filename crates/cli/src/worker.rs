//! Templates run in a child process of this binary, without environment and under limits.

use std::io::{BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use suimon_model::Diagnostic;
use suimon_render::worker::{Answers, Limit, job_file, killed_diagnostic, serve};
use suimon_render::{TemplateBatch, TemplateRunner};

use crate::failure::Failure;

/// Processor time of one environment's templates, in seconds.
const CPU_SECONDS: u64 = 8;
/// Memory of the child, in MB.
const MEMORY_MB: u64 = 224;
/// Time on the clock after which a child that finishes nothing is given up, in seconds.
const CLOCK_SECONDS: u64 = 9;

/// The child's side: takes the limits on itself, then works for its parent.
pub(crate) fn run() -> Result<u8, Failure> {
    let cap = |resource, value: u64| {
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
            .map_err(|e| Failure::new(format!("cannot limit the render worker: {e}")))
    };
    cap(Resource::Data, MEMORY_MB << 20)?;
    cap(Resource::Cpu, CPU_SECONDS)?;
    cap(Resource::Core, 0)?;
    cap(Resource::Fsize, 0)?;
    serve(std::io::stdin().lock(), std::io::stdout().lock())
        .map_err(|e| Failure::new(format!("render worker: {e}")))?;
    Ok(0)
}

/// Runs templates in a child process.
#[derive(Debug, Default)]
pub(crate) struct ChildRunner;

impl TemplateRunner for ChildRunner {
    fn run(&self, batch: &TemplateBatch) -> Vec<Result<String, Vec<Diagnostic>>> {
        if batch.jobs.is_empty() {
            return Vec::new();
        }
        match run_child(batch) {
            Ok(answers) => answers,
            Err(reason) => {
                let broken = Diagnostic::error(
                    "render-worker",
                    format!("the process that renders templates could not be used: {reason}"),
                );
                vec![Err(vec![broken]); batch.jobs.len()]
            }
        }
    }
}

fn run_child(batch: &TemplateBatch) -> Result<Vec<Result<String, Vec<Diagnostic>>>, String> {
    let input = serde_json::to_vec(batch).map_err(|e| e.to_string())?;
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut child = Command::new(program)
        .arg("render-worker")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let (answers, status) = std::thread::scope(|scope| talk(scope, &mut child, input))?;
    Ok(complete(batch, answers, status))
}

fn talk<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    child: &'scope mut Child,
    input: Vec<u8>,
) -> Result<(Answers, Ended), String> {
    let (Some(mut stdin), Some(stdout), Some(mut stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err("it has no pipes".to_owned());
    };
    // A child that died stops reading; its answers tell why.
    scope.spawn(move || stdin.write_all(&input).is_ok());
    let last_words = scope.spawn(move || {
        let mut words = Vec::new();
        // What cannot be read does not matter: the exit status says the most of it.
        let _ = (&mut stderr).take(1 << 16).read_to_end(&mut words);
        String::from_utf8_lossy(&words).into_owned()
    });
    let (heard, hearing) = std::sync::mpsc::channel::<()>();
    let reader =
        scope.spawn(move || Answers::read(BufReader::new(Progress { inner: stdout, heard })));
    let timed_out = loop {
        match hearing.recv_timeout(Duration::from_secs(CLOCK_SECONDS)) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().map_err(|e| e.to_string())?;
                break true;
            }
        }
    };
    let answers = reader
        .join()
        .map_err(|_| "its answers could not be read".to_owned())?
        .map_err(|e| e.to_string())?;
    let status = child.wait().map_err(|e| e.to_string())?;
    let words = last_words.join().unwrap_or_default();
    Ok((answers, if timed_out { Ended::TimedOut } else { Ended::Exited(status, words) }))
}

/// Tells that something was read: the child announces every job before it begins.
struct Progress<R> {
    inner: R,
    heard: Sender<()>,
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        // Nobody listens any more once the child was given up.
        let _ = self.heard.send(());
        Ok(count)
    }
}

enum Ended {
    TimedOut,
    Exited(ExitStatus, String),
}

/// Fills in an answer for every job: the one that was running is to blame, later ones were not run.
fn complete(
    batch: &TemplateBatch,
    answers: Answers,
    ended: Ended,
) -> Vec<Result<String, Vec<Diagnostic>>> {
    if answers.complete {
        return answers.answers;
    }
    let culprit = answers.running.unwrap_or(answers.answers.len());
    let limit = match ended {
        Ended::TimedOut => Limit::Time(CLOCK_SECONDS),
        Ended::Exited(status, _) if out_of_time(status) => Limit::Cpu(CPU_SECONDS),
        Ended::Exited(_, words) if words.contains("overflowed its stack") => Limit::Stack,
        Ended::Exited(..) => Limit::Memory(MEMORY_MB),
    };
    let mut all = answers.answers;
    all.truncate(culprit);
    all.resize_with(culprit, || Err(Vec::new()));
    all.push(Err(vec![killed_diagnostic(job_file(batch, culprit), limit)]));
    all.resize_with(batch.jobs.len().max(all.len()), || Err(Vec::new()));
    all.truncate(batch.jobs.len());
    all
}

fn out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    matches!(status.signal(), Some(SIGXCPU | SIGKILL))
}
