//! Asks a gate's checks: pages, and programs where a person runs the command line.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use suimon_forge::http::{Client, Settings};
use suimon_gate::CheckAnswer;
use suimon_model::{Check, HttpProbe, Probe};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::actor::variable;

/// Most of a page that is looked at, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// Most of what a program says that is kept, in bytes.
const MAX_OUTPUT: usize = 16 * 1024;

/// The answers, in the order of the checks, and what failed programs said, for the terminal only: it may
/// hold anything, so it goes into no record.
pub(crate) async fn ask(
    checks: &[Check],
    folder: Option<&Path>,
) -> (Vec<CheckAnswer>, Vec<String>) {
    let asked: Vec<_> = checks
        .iter()
        .cloned()
        .map(|check| {
            let folder = folder.map(Path::to_path_buf);
            tokio::spawn(async move { one(&check, folder).await })
        })
        .collect();
    let (mut answers, mut said) = (Vec::new(), Vec::new());
    for (check, asked) in checks.iter().zip(asked) {
        let (answer, output) =
            asked.await.unwrap_or_else(|error| (Err(format!("it was not asked: {error}")), None));
        said.extend(output.map(|output| format!("check {}: {output}", check.name)));
        answers.push(CheckAnswer { name: check.name.clone(), answer });
    }
    (answers, said)
}

type Answer = (Result<(), String>, Option<String>);

async fn one(check: &Check, folder: Option<PathBuf>) -> Answer {
    let timeout = Duration::from_secs(check.timeout);
    match &check.probe {
        Probe::Http(probe) => (page(probe, timeout).await, None),
        Probe::Command(argv) => program(argv, timeout, folder).await,
    }
}

async fn page(probe: &HttpProbe, timeout: Duration) -> Result<(), String> {
    let settings = Settings { max_body: MAX_BODY, ..Settings::from_variables(&variable) };
    let client = Client::new(settings).map_err(|error| error.to_string())?;
    let answer = client.probe(&probe.url, timeout).await.map_err(|error| error.to_string())?;
    if answer.status() != probe.expect {
        return Err(format!("it answers {} instead of {}", answer.status(), probe.expect));
    }
    let Some(wanted) = &probe.contains else { return Ok(()) };
    if String::from_utf8_lossy(answer.body()).contains(wanted.as_str()) {
        Ok(())
    } else {
        Err(format!("its answer does not hold `{wanted}`"))
    }
}

/// Ends a program and what it started, unless it has ended.
struct Ending(Option<Pid>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It may have ended in this moment.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

async fn program(argv: &[String], timeout: Duration, folder: Option<PathBuf>) -> Answer {
    let Some((program, arguments)) = argv.split_first() else {
        return (Err("it names no program".to_owned()), None);
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return (Err(format!("{program} does not start: {error}")), None),
    };
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let mut ending = Ending(pid);
    let output = Arc::new(Mutex::new(Vec::new()));
    let readers = [
        child.stdout.take().map(|stream| tokio::spawn(keep(stream, Arc::clone(&output)))),
        child.stderr.take().map(|stream| tokio::spawn(keep(stream, Arc::clone(&output)))),
    ];
    let answer = match tokio::time::timeout(timeout, child.wait()).await {
        Err(_) => Err(format!("{program} did not end within {}s", timeout.as_secs())),
        Ok(Err(error)) => Err(format!("{program} could not be waited for: {error}")),
        Ok(Ok(status)) => {
            ending.0 = None;
            if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}")) }
        }
    };
    drop(ending);
    for reader in readers.into_iter().flatten() {
        // Something that it left running may hold the stream open.
        let patience = Duration::from_millis(200);
        drop(tokio::time::timeout(patience, reader).await);
    }
    let said = output.lock().unwrap_or_else(PoisonError::into_inner);
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    let said = (answer.is_err() && !said.is_empty()).then_some(said);
    (answer, said)
}

/// Keeps the first part of what a program says, and reads the rest so that it is not held up.
async fn keep(mut stream: impl AsyncRead + Unpin, output: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_OUTPUT.saturating_sub(output.len()).min(read);
        output.extend_from_slice(&buffer[..room]);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn command(argv: &[&str], timeout: u64) -> Check {
        let argv = argv.iter().map(|part| (*part).to_owned()).collect();
        Check { name: "c".into(), probe: Probe::Command(argv), timeout }
    }

    #[tokio::test]
    async fn programs() {
        let cases: &[(Check, Result<(), &str>, &[&str])] = &[
            (command(&["true"], 10), Ok(()), &[]),
            (
                command(&["sh", "-c", "echo no; exit 3"], 10),
                Err("sh ended with exit status: 3"),
                &["check c: no"],
            ),
            (command(&["sleep", "60"], 0), Err("sleep did not end within 0s"), &[]),
            (command(&[], 10), Err("it names no program"), &[]),
            (
                command(&["/nonexistent/program"], 10),
                Err("/nonexistent/program does not start: No such file or directory (os error 2)"),
                &[],
            ),
        ];
        for (check, expected, output) in cases {
            let (answers, said) = ask(std::slice::from_ref(check), None).await;
            let expected = expected.map_err(str::to_owned);
            assert_eq!(answers[0].answer, expected, "{check:?}");
            assert_eq!(said, *output, "{check:?}");
        }
    }

    #[tokio::test]
    async fn what_a_program_says_is_cut() {
        let check = command(&["sh", "-c", "yes | head -c 1000000; exit 1"], 60);
        let (_, said) = ask(&[check], None).await;
        assert!(said[0].len() <= MAX_OUTPUT + 10, "{}", said[0].len());
    }
}
