//! A small HTTP client for an API on loopback: what somebody else does to a cluster.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// An API server that speaks plain HTTP on loopback.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) address: String,
}

impl Api {
    pub(crate) fn new(url: &str) -> Self {
        Self { address: url.trim_start_matches("http://").trim_end_matches('/').to_owned() }
    }

    /// One request; the status and the JSON of the answer.
    pub(crate) fn call(&self, method: &str, path: &str, kind: &str, body: &str) -> (u16, Value) {
        let (status, body) = self.send(method, path, &[("Content-Type", kind.to_owned())], body);
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// One request with these headers; the status and the answer's body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> (u16, Vec<u8>) {
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: application/json\r\n\
             {headers}Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        split(&answer)
    }

    /// The object at this path, if it is there.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        match self.call("GET", path, "application/json", "") {
            (200, object) => Some(object),
            (404, _) => None,
            (status, body) => panic!("GET {path}: {status} {body}"),
        }
    }

    /// Creates an object as `kubectl create` does.
    #[track_caller]
    pub(crate) fn create(&self, collection: &str, object: &Value) {
        let path = format!("{collection}?fieldManager=kubectl-create");
        self.ok("POST", &path, "application/json", &object.to_string());
    }

    /// A merge patch by some manager, as of `kubectl edit`, `scale` or `label`.
    #[track_caller]
    pub(crate) fn merge(&self, path: &str, manager: &str, patch: &Value) {
        let path = format!("{path}?fieldManager={manager}");
        self.ok("PATCH", &path, "application/merge-patch+json", &patch.to_string());
    }

    /// A server-side apply by some manager.
    #[track_caller]
    pub(crate) fn apply(&self, path: &str, manager: &str, object: &Value) {
        let path = format!("{path}?fieldManager={manager}&force=true");
        self.ok("PATCH", &path, "application/apply-patch+yaml", &object.to_string());
    }

    /// Deletes an object.
    #[track_caller]
    pub(crate) fn delete(&self, path: &str) {
        self.ok("DELETE", path, "application/json", "");
    }

    #[track_caller]
    fn ok(&self, method: &str, path: &str, kind: &str, body: &str) {
        let (status, answer) = self.call(method, path, kind, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    }
}

/// The status and the body of a whole answer.
fn split(answer: &[u8]) -> (u16, Vec<u8>) {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let body = &answer[end + 4..];
    let chunked = head.contains("transfer-encoding: chunked");
    (status, if chunked { dechunk(body) } else { body.to_vec() })
}

/// Takes chunks apart.
pub(crate) fn dechunk(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(line) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = String::from_utf8_lossy(&rest[..line]);
        let size = usize::from_str_radix(size.trim(), 16).expect("a chunk size");
        if size == 0 {
            break;
        }
        whole.extend(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 2 + size + 2..];
    }
    whole
}
