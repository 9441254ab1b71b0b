//! [`Proxy`]: a loopback proxy in front of an AWS endpoint that counts calls, and may throttle them.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::{Error, Result};

/// What was called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) by_operation: BTreeMap<String, usize>,
    /// By service, without those that were rejected.
    pub(crate) accepted: BTreeMap<Service, usize>,
    /// How many were answered with a `ThrottlingException`.
    pub(crate) rejected: usize,
    /// The secrets whose values were read.
    pub(crate) values: Vec<String>,
    /// When the first and the last came.
    span: Option<(Instant, Instant)>,
}

/// What limits calls together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Ecs,
    SecretsManager,
    Sts,
    /// EKS, and whatever nobody here asks for.
    Other,
}

impl Calls {
    fn add(&mut self, call: &Call, accepted: bool, now: Instant) {
        self.span = Some((self.span.map_or(now, |(first, _)| first), now));
        *self.by_operation.entry(call.operation.clone()).or_default() += 1;
        self.values.extend(call.value.clone());
        if accepted {
            *self.accepted.entry(call.service).or_default() += 1;
        } else {
            self.rejected += 1;
        }
    }

    /// The least time that an account of this rate allows, in seconds.
    pub(crate) fn floor(&self, rate: Rate) -> f64 {
        self.accepted.values().map(|calls| rate.floor(*calls)).fold(0.0, f64::max)
    }

    /// Seconds from the first to the last.
    pub(crate) fn seconds(&self) -> f64 {
        self.span.map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64())
    }

    pub(crate) fn rejected_share(&self) -> f64 {
        self.rejected as f64 / self.all().max(1) as f64
    }

    pub(crate) fn all(&self) -> usize {
        self.by_operation.values().sum()
    }

    pub(crate) fn of(&self, operation: &str) -> usize {
        self.by_operation.get(operation).copied().unwrap_or_default()
    }

    /// `3 GetCallerIdentity, 10 ListServices`.
    pub(crate) fn line(&self) -> String {
        let parts =
            self.by_operation.iter().map(|(operation, count)| format!("{count} {operation}"));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// How many calls of a service are let through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// At once.
    pub(crate) burst: f64,
    /// A second, afterwards.
    pub(crate) per_second: f64,
}

impl Rate {
    /// The least time that so many calls take, in seconds.
    fn floor(self, calls: usize) -> f64 {
        ((calls as f64 - self.burst) / self.per_second).max(0.0)
    }
}

/// A running proxy; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    ending: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: Calls,
    rate: Option<Rate>,
    /// Tokens, and when they were counted.
    buckets: BTreeMap<Service, (f64, Instant)>,
    /// Answers by request.
    answers: HashMap<Vec<u8>, Vec<u8>>,
}

impl Proxy {
    /// Listens on a free loopback port, in front of `127.0.0.1:PORT`.
    ///
    /// # Errors
    /// There is no free port.
    pub(crate) fn start(upstream: &str) -> Result<Self> {
        let what = || Error::io("listen for calls");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(what())?;
        let address = listener.local_addr().map_err(what())?;
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            ending: AtomicBool::new(false),
            state: Mutex::default(),
        });
        let accepting = std::thread::spawn({
            let shared = shared.clone();
            move || accept(&listener, &shared)
        });
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    /// What `AWS_ENDPOINT_URL` must be.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Counts from zero again, and forgets every answer.
    pub(crate) fn count(&self) {
        *self.shared.state() = State::default();
    }

    /// Counts from zero again with full buckets. What was asked since [`Proxy::count`] has the same answer again, at
    /// once: what is measured is how somebody copes with the buckets, and not how fast the answers are made.
    pub(crate) fn throttle(&self, rate: Rate) {
        let mut state = self.shared.state();
        let answers = std::mem::take(&mut state.answers);
        *state = State { rate: Some(rate), answers, ..State::default() };
    }

    /// What was called since the last reset.
    pub(crate) fn calls(&self) -> Calls {
        self.shared.state().calls.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts; when that fails, it ends with this process.
        if TcpStream::connect(self.address).is_ok()
            && let Some(accepting) = self.accepting.take()
        {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a call; false when its service has had too many.
    fn take(&mut self, call: &Call, now: Instant) -> bool {
        let Some(rate) = self.rate else {
            self.calls.add(call, true, now);
            return true;
        };
        let (tokens, at) = self.buckets.entry(call.service).or_insert((rate.burst, now));
        let passed = now.saturating_duration_since(*at).as_secs_f64();
        *tokens = (*tokens + passed * rate.per_second).min(rate.burst);
        *at = now;
        let taken = *tokens >= 1.0;
        if taken {
            *tokens -= 1.0;
        }
        self.calls.add(call, taken, now);
        taken
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.ending.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = shared.clone();
        // A client that goes away is its own affair.
        std::thread::spawn(move || drop(serve(stream, &shared)));
    }
}

/// One call on a connection: what it costs to connect again is nothing here.
fn serve(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    let Some(request) = read_request(&mut client)? else { return Ok(()) };
    let call = Call::of(&request);
    if !shared.state().take(&call, Instant::now()) {
        return client.write_all(throttled().as_bytes());
    }
    let recorded = {
        let state = shared.state();
        state.rate.and_then(|_| state.answers.get(&request.key()).cloned())
    };
    if let Some(answer) = recorded {
        return client.write_all(&answer);
    }
    let answer = ask(&shared.upstream, &request)?;
    client.write_all(&answer)?;
    shared.state().answers.insert(request.key(), answer);
    Ok(())
}

/// The answer of the server, as one after which the connection is closed.
fn ask(upstream: &str, request: &Request) -> io::Result<Vec<u8>> {
    let mut upstream = TcpStream::connect(upstream)?;
    upstream.write_all(closing(&request.head).as_bytes())?;
    upstream.write_all(&request.body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let line = answer.windows(2).position(|window| window == b"\r\n").map_or(0, |at| at + 2);
    answer.splice(line..line, *b"connection: close\r\n");
    Ok(answer)
}

/// How ECS and Secrets Manager say that there were too many calls.
fn throttled() -> String {
    let body = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    format!(
        "HTTP/1.1 400 Bad Request\r\nconnection: close\r\nx-amzn-errortype: ThrottlingException\r\n\
         content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A request in memory.
#[derive(Debug)]
struct Request {
    /// From the request line to the empty line, which is not in it.
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The name or names of secrets in the body.
    fn secret(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.get("SecretId").unwrap_or(&body).to_string()
    }

    /// What makes two requests the same: not when they were signed.
    fn key(&self) -> Vec<u8> {
        let line = self.head.lines().next().unwrap_or_default();
        let target = self.header("x-amz-target").unwrap_or_default();
        [line.as_bytes(), b"\n", target.as_bytes(), b"\n", &self.body].concat()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A whole request; `None` when the client closed instead.
fn read_request(client: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            bytes.truncate(end);
            let head = String::from_utf8_lossy(&bytes).into_owned();
            let length = header(&head, "content-length").and_then(|text| text.parse().ok());
            let mut request = Request { head, body };
            let missing = length.unwrap_or(0_usize).saturating_sub(request.body.len());
            client.take(missing as u64).read_to_end(&mut request.body)?;
            return Ok(Some(request));
        }
        match client.read(&mut buffer)? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The head of a request whose connection the server closes, as bytes to send.
fn closing(head: &str) -> String {
    let others = head.lines().filter(|line| {
        !line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("connection"))
    });
    let lines: String = others.map(|line| format!("{line}\r\n")).collect();
    format!("{lines}connection: close\r\n\r\n")
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    service: Service,
    operation: String,
    /// The secret whose value is asked for.
    value: Option<String>,
}

impl Call {
    /// AWS has three protocols: the operation is in a header, in a form, or it is method and path.
    fn of(request: &Request) -> Self {
        if let Some((service, operation)) =
            request.header("x-amz-target").and_then(|target| target.rsplit_once('.'))
        {
            let service = match service {
                "secretsmanager" => Service::SecretsManager,
                name if name.starts_with("AmazonEC2ContainerService") => Service::Ecs,
                _ => Service::Other,
            };
            let value = operation.ends_with("GetSecretValue").then(|| request.secret());
            return Self { service, operation: operation.to_owned(), value };
        }
        let form = String::from_utf8_lossy(&request.body);
        if let Some(action) = form.split('&').find_map(|field| field.strip_prefix("Action=")) {
            return Self { service: Service::Sts, operation: action.to_owned(), value: None };
        }
        let mut words = request.head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = path.split('?').next().unwrap_or_default();
        Self { service: Service::Other, operation: format!("{method} {path}"), value: None }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn request(head: &str, body: &str) -> Request {
        Request { head: head.to_owned(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn operations_of_the_three_protocols() {
        for (head, body, expected) in [
            (
                "POST / HTTP/1.1\r\nX-Amz-Target: Service.V1.DescribeServices",
                "{}",
                "DescribeServices",
            ),
            ("POST / HTTP/1.1", "Version=1&Action=GetCallerIdentity", "GetCallerIdentity"),
            ("GET /clusters/a?b=c HTTP/1.1\r\nhost: x", "", "GET /clusters/a"),
        ] {
            assert_eq!(Call::of(&request(head, body)).operation, expected);
        }
    }

    #[test]
    fn whose_value_is_read() {
        let head = "POST / HTTP/1.1\r\nX-Amz-Target: secretsmanager.GetSecretValue";
        let mut calls = Calls::default();
        calls.add(&Call::of(&request(head, r#"{"SecretId":"dev/db"}"#)), true, Instant::now());
        assert_eq!(calls.values, ["\"dev/db\""]);
        assert_eq!(calls.accepted, [(Service::SecretsManager, 1)].into());
    }

    #[test]
    fn a_service_gets_its_burst_and_then_its_rate() {
        let rate = Rate { burst: 2.0, per_second: 10.0 };
        let mut state = State { rate: Some(rate), ..State::default() };
        let start = Instant::now();
        let mut take = |service, millis| {
            let call = Call { service, operation: "List".to_owned(), value: None };
            state.take(&call, start + Duration::from_millis(millis))
        };
        let (one, other) = (Service::Ecs, Service::Sts);
        assert!(take(one, 0) && take(one, 0) && !take(one, 0));
        assert!(take(other, 0), "another service has its own bucket");
        assert!(!take(one, 90) && take(one, 101));
        assert_eq!((state.calls.all(), state.calls.rejected), (6, 2));
        assert!((state.calls.floor(rate) - 0.1).abs() < 1e-9, "three were accepted of one");
        assert!((state.calls.rejected_share() - 1.0 / 3.0).abs() < 1e-9);
        assert!((state.calls.seconds() - 0.101).abs() < 1e-9);
        assert!(Calls::default().rejected_share().abs() < 1e-9);
        assert!((rate.floor(12) - 1.0).abs() < 1e-9 && rate.floor(1).abs() < 1e-9);
    }

    #[test]
    fn calls_go_through_and_are_counted() {
        let upstream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = upstream.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = upstream.accept().unwrap();
            let request = read_request(&mut stream).unwrap().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").unwrap();
            (request.header("connection").map(str::to_owned), request.body)
        });
        let proxy = Proxy::start(&address).unwrap();
        let call = || {
            let mut stream = TcpStream::connect(proxy.address).unwrap();
            let head = "POST / HTTP/1.1\r\nx-amz-target: A.List\r\nConnection: keep-alive";
            write!(stream, "{head}\r\ncontent-length: 4\r\n\r\nbody").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        proxy.count();
        let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi";
        assert_eq!(call(), answer);
        assert_eq!(server.join().unwrap(), (Some("close".to_owned()), b"body".to_vec()));
        assert_eq!(proxy.calls().line(), "1 List");

        proxy.throttle(Rate { burst: 1.0, per_second: 0.0 });
        assert_eq!(call(), answer, "as it was, from a server that is gone");
        let rejected = call();
        let (head, body) = rejected.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 ") && body.contains("ThrottlingException"));
        assert_eq!(header(head, "content-length"), Some(body.len().to_string().as_str()));
        assert_eq!((proxy.calls().of("List"), proxy.calls().rejected), (2, 1));
    }
}
