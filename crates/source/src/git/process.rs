//! A process that is watched: what it writes is read, and it ends in time.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Failure;

/// What a process writes, read by a thread so that it never has to wait; only the end is kept.
pub(super) struct Output {
    kept: Arc<Mutex<Kept>>,
    reader: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Whether there was more before.
    cut: bool,
}

impl Output {
    /// Reads a pipe, and keeps the last `most` bytes.
    pub(super) fn of(pipe: Option<impl Read + Send + 'static>, most: usize) -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let sink = Arc::clone(&kept);
        let reader = pipe.map(|mut pipe| {
            thread::spawn(move || {
                let mut buffer = [0; 8192];
                loop {
                    let count = match pipe.read(&mut buffer) {
                        Ok(0) => break,
                        Ok(count) => count,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(_) => break,
                    };
                    let mut kept = sink.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
                    let excess = kept.bytes.len().saturating_sub(most);
                    kept.cut |= excess > 0;
                    kept.bytes.drain(..excess);
                }
            })
        });
        Self { kept, reader }
    }

    /// The end of it, once the process has ended. A grandchild may keep the pipe open, so not for ever.
    pub(super) fn end(self) -> String {
        self.wait(Instant::now() + Duration::from_secs(1));
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept.bytes).into_owned()
    }

    /// All of it, once the process has ended.
    pub(super) fn all(self) -> Result<String, Failure> {
        if !self.wait(Instant::now() + Duration::from_secs(10)) {
            return Err(Failure::Timeout);
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.cut {
            true => Err(Failure::TooMuch),
            false => Ok(String::from_utf8_lossy(&kept.bytes).into_owned()),
        }
    }

    /// Whether the pipe has come to its end.
    fn wait(&self, until: Instant) -> bool {
        let open = || self.reader.as_ref().is_some_and(|reader| !reader.is_finished());
        while open() && Instant::now() < until {
            thread::sleep(Duration::from_millis(2));
        }
        !open()
    }
}

/// Gives a process its input from a thread, so that one that does not read holds nobody up.
pub(super) fn feed(pipe: Option<ChildStdin>, text: &str) {
    let text = text.to_owned();
    if let Some(mut pipe) = pipe {
        // A process that does not want all of it says so by how it ends.
        thread::spawn(move || pipe.write_all(text.as_bytes()).ok());
    }
}

pub(super) fn wait(child: &mut Child, deadline: Instant) -> Result<ExitStatus, Failure> {
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
