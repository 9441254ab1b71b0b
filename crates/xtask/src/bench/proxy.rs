//! [`Proxy`]: a loopback proxy in front of an AWS endpoint that counts calls and may throttle them.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::{Error, Result};

/// What was called, by operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) by_operation: BTreeMap<String, usize>,
    /// Those of them that were answered with a `ThrottlingException`.
    pub(crate) rejected: usize,
}

impl Calls {
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
    pub(crate) fn floor(self, calls: usize) -> f64 {
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
    /// By service: tokens, and when they were counted.
    buckets: BTreeMap<String, (f64, Instant)>,
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

    /// Counts from zero again, with full buckets of this size or none.
    pub(crate) fn reset(&self, rate: Option<Rate>) {
        *self.shared.state() = State { rate, ..State::default() };
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
        *self.calls.by_operation.entry(call.operation.clone()).or_default() += 1;
        let Some(rate) = self.rate else { return true };
        let (tokens, at) = self.buckets.entry(call.service.clone()).or_insert((rate.burst, now));
        let passed = now.saturating_duration_since(*at).as_secs_f64();
        *tokens = (*tokens + passed * rate.per_second).min(rate.burst);
        *at = now;
        let taken = *tokens >= 1.0;
        if taken {
            *tokens -= 1.0;
        } else {
            self.calls.rejected += 1;
        }
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
    let mut upstream = TcpStream::connect(&shared.upstream)?;
    upstream.write_all(closing(&request.head).as_bytes())?;
    upstream.write_all(&request.body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let line = answer.windows(2).position(|window| window == b"\r\n").map_or(0, |at| at + 2);
    client.write_all(answer.get(..line).unwrap_or_default())?;
    client.write_all(b"connection: close\r\n")?;
    client.write_all(answer.get(line..).unwrap_or_default())
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
    service: String,
    operation: String,
}

impl Call {
    /// AWS has three protocols: the operation is in a header, in a form, or it is method and path.
    fn of(request: &Request) -> Self {
        if let Some((service, operation)) =
            request.header("x-amz-target").and_then(|target| target.rsplit_once('.'))
        {
            return Self { service: service.to_owned(), operation: operation.to_owned() };
        }
        let form = String::from_utf8_lossy(&request.body);
        if let Some(action) = form.split('&').find_map(|field| field.strip_prefix("Action=")) {
            return Self { service: "query".to_owned(), operation: action.to_owned() };
        }
        let mut words = request.head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = path.split('?').next().unwrap_or_default();
        Self { service: "rest".to_owned(), operation: format!("{method} {path}") }
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
    fn a_service_gets_its_burst_and_then_its_rate() {
        let rate = Rate { burst: 2.0, per_second: 10.0 };
        let mut state = State { rate: Some(rate), ..State::default() };
        let start = Instant::now();
        let mut take = |service: &str, millis| {
            let call = Call { service: service.to_owned(), operation: "List".to_owned() };
            state.take(&call, start + Duration::from_millis(millis))
        };
        assert!(take("a", 0) && take("a", 0) && !take("a", 0));
        assert!(take("b", 0), "another service has its own bucket");
        assert!(!take("a", 90) && take("a", 101));
        assert_eq!((state.calls.all(), state.calls.rejected), (6, 2));
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
        proxy.reset(Some(Rate { burst: 1.0, per_second: 0.0 }));
        assert_eq!(call(), "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi");
        assert_eq!(server.join().unwrap(), (Some("close".to_owned()), b"body".to_vec()));
        let rejected = call();
        let (head, body) = rejected.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 ") && body.contains("ThrottlingException"));
        assert_eq!(header(head, "content-length"), Some(body.len().to_string().as_str()));
        assert_eq!((proxy.calls().of("List"), proxy.calls().rejected), (2, 1));
        assert_eq!(proxy.calls().line(), "2 List");
    }
}
