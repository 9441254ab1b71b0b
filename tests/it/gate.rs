//! A gate between the binary and an API: it counts writes and can hold one of them, so that a test
//! interrupts or kills a run at exactly that moment, without a sleep.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// When the n-th write is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Before the API sees it.
    Before(usize),
    /// When the API has done it and the client does not know yet.
    After(usize),
}

/// What becomes of a held write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// It goes on.
    GoOn,
    /// The connection ends.
    Cut,
}

#[derive(Debug, Default)]
struct State {
    hold: Option<Hold>,
    writes: usize,
    /// Every request, head and body.
    requests: Vec<String>,
    held: bool,
    released: Option<Release>,
}

/// The gate.
#[derive(Debug)]
pub(crate) struct Gate {
    port: u16,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Gate {
    /// A gate in front of the API at `upstream` (`127.0.0.1:PORT`).
    pub(crate) fn new(upstream: &str, hold: Option<Hold>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new((Mutex::new(State { hold, ..State::default() }), Condvar::new()));
        let (state, upstream) = (shared.clone(), upstream.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, upstream) = (state.clone(), upstream.clone());
                // A client that was killed breaks its connection; that is the test.
                std::thread::spawn(move || drop(pass(&stream, &upstream, &state)));
            }
        });
        Self { port, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until the write is held; whether it was, before `done` said that the client ended.
    pub(crate) fn wait_held(&self, mut done: impl FnMut() -> bool) -> bool {
        let (lock, changed) = &*self.shared;
        let mut state = lock.lock().unwrap();
        let patience = Instant::now() + Duration::from_secs(60);
        while !state.held {
            if done() {
                return false;
            }
            assert!(Instant::now() < patience, "no such write; {} so far", state.writes);
            state = changed.wait_timeout(state, Duration::from_millis(20)).unwrap().0;
        }
        true
    }

    pub(crate) fn release(&self, how: Release) {
        let (lock, changed) = &*self.shared;
        lock.lock().unwrap().released = Some(how);
        changed.notify_all();
    }

    /// Every request so far: its head and its body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.0.lock().unwrap().requests.clone()
    }

    /// Writes seen so far, dry runs not counted.
    pub(crate) fn writes(&self) -> usize {
        self.shared.0.lock().unwrap().writes
    }
}

type Shared = Arc<(Mutex<State>, Condvar)>;

/// One request per connection: the answer says `Connection: close`.
fn pass(client: &TcpStream, upstream: &str, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        assert!(!lower.starts_with("transfer-encoding:"), "the client sends chunks");
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let text = format!("{head}\r\n{}", String::from_utf8_lossy(&body));
    shared.0.lock().unwrap().requests.push(text);
    let number = number(shared, &head);
    if stop(shared, number, Hold::Before) == Some(Release::Cut) {
        return Ok(());
    }
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if stop(shared, number, Hold::After) == Some(Release::Cut) {
        return Ok(());
    }
    { client }.write_all(&answer)
}

/// Which write this is, counted from 1; `None` for reads and dry runs.
fn number(shared: &Shared, head: &str) -> Option<usize> {
    if is_read(head) {
        return None;
    }
    let mut state = shared.0.lock().unwrap();
    state.writes += 1;
    Some(state.writes)
}

/// Whether a request changes nothing: by its method on Kubernetes and EKS, by its operation on the rest of AWS. STS,
/// whose requests are forms, has nothing to change.
fn is_read(head: &str) -> bool {
    let first = head.lines().next().unwrap_or_default();
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()).next()
    };
    if let Some(target) = header("x-amz-target") {
        return crate::account::is_read(target.rsplit('.').next().unwrap_or_default());
    }
    let form = header("content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
    first.starts_with("GET ") || first.contains("dryRun=All") || form
}

fn stop(shared: &Shared, number: Option<usize>, at: fn(usize) -> Hold) -> Option<Release> {
    let (lock, changed) = &**shared;
    let mut state = lock.lock().unwrap();
    if number.is_none() || state.hold != number.map(at) {
        return None;
    }
    state.held = true;
    changed.notify_all();
    while state.released.is_none() {
        state = changed.wait(state).unwrap();
    }
    state.released
}
