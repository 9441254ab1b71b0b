//! A server on the loopback that records what it is asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use suimon_forge::http::{Client, Pace, Retry, Settings};

pub(crate) const TOKEN: &str = "hunter2-token";

/// What was asked, and what was answered.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) answer: Reply,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (decode(key), decode(value)))
            .collect()
    }

    pub(crate) fn asked(&self, key: &str) -> Option<String> {
        self.query().into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Method and path, for lists of what was asked.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// Undoes percent-encoding.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (code, after) = after.split_at(2);
            let code = std::str::from_utf8(code).unwrap();
            bytes.push(u8::from_str_radix(code, 16).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    /// No answer: the connection closes.
    Nothing,
    /// Half of the body, and then silence until the client gives up.
    Silence,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes(), end: End::Whole }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), end: End::Whole }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }
}

type Handler = dyn FnMut(&Call) -> Reply + Send;

/// A server that answers with a function, after the answers that were planned.
#[derive(Clone)]
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    calls: Vec<Call>,
    planned: VecDeque<Planned>,
    handler: Box<Handler>,
}

/// An answer for the next request that fits; the request still reaches the fake with `done`.
struct Planned {
    fits: String,
    reply: Reply,
    done: bool,
}

impl Server {
    pub(crate) fn start(handler: impl FnMut(&Call) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let handler = Box::new(handler);
        let state = State { calls: Vec::new(), planned: VecDeque::new(), handler };
        let server = Self { address, state: Arc::new(Mutex::new(state)) };
        let shared = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (server, Ok(stream)) = (shared.clone(), stream) else { return };
                std::thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request whose method and target start like this gets this answer and does nothing.
    pub(crate) fn plan(&self, fits: &str, reply: Reply) {
        let planned = Planned { fits: fits.to_owned(), reply, done: false };
        self.state.lock().unwrap().planned.push_back(planned);
    }

    /// Like [`Server::plan`], but what was asked is done.
    pub(crate) fn plan_after(&self, fits: &str, reply: Reply) {
        let planned = Planned { fits: fits.to_owned(), reply, done: true };
        self.state.lock().unwrap().planned.push_back(planned);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// What was asked since the last look.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut state = self.state.lock().unwrap();
        std::mem::take(&mut state.calls).iter().map(Call::line).collect()
    }

    fn serve(&self, stream: TcpStream) {
        let Some(mut call) = read(&stream) else { return };
        let reply = {
            let mut state = self.state.lock().unwrap();
            let line = call.line();
            let at = state.planned.iter().position(|planned| line.starts_with(&planned.fits));
            let reply = match at.and_then(|at| state.planned.remove(at)) {
                Some(planned) => {
                    if planned.done {
                        (state.handler)(&call);
                    }
                    planned.reply
                }
                None => (state.handler)(&call),
            };
            call.answer = reply.clone();
            state.calls.push(call);
            reply
        };
        write(stream, &reply);
    }
}

pub(crate) fn read<S: Read>(stream: S) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(Call { method, target, headers, body, answer: Reply::empty(0) })
}

pub(crate) fn write<S: Read + Write>(mut stream: S, reply: &Reply) {
    if reply.end == End::Nothing {
        return;
    }
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    head.push_str("\r\n");
    let silent = reply.end == End::Silence;
    let sent = if silent { &reply.body[..reply.body.len() / 2] } else { &reply.body[..] };
    // A client that has gone is what some tests are about.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
    let _ = stream.flush();
    if silent {
        let _ = stream.read(&mut [0]);
    }
}

/// Writes down how long it was told to wait, and does not.
#[derive(Default)]
pub(crate) struct Waits(Mutex<Vec<Duration>>);

impl Waits {
    pub(crate) fn seconds(&self) -> Vec<f64> {
        self.0.lock().unwrap().iter().map(Duration::as_secs_f64).collect()
    }
}

/// When the tests think that they run.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

#[async_trait]
impl Pace for Waits {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn wait(&self, pause: Duration) {
        self.0.lock().unwrap().push(pause);
    }
}

/// A client that does not wait, and what it would have waited.
pub(crate) fn client() -> (Client, Arc<Waits>) {
    with(Settings::default())
}

pub(crate) fn with(settings: Settings) -> (Client, Arc<Waits>) {
    // The system's certificates are many, and none of these tests asks anybody who has one.
    let ca_file = settings.ca_file.or_else(|| Some(crate::tls::fixture("ca.pem")));
    let waits = Arc::new(Waits::default());
    let retry = Retry { pace: waits.clone(), ..Retry::default() };
    (Client::new(Settings { retry, ca_file, ..settings }).unwrap(), waits)
}
