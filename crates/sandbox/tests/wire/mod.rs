//! Signed calls over plain HTTP, without an SDK.
// Each test file uses its own part of it.
#![allow(dead_code, unreachable_pub)]

use jiff::Timestamp;
use serde_json::Value;
use suimon_sandbox::Aws;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Who calls which server.
pub struct Wire {
    address: String,
    region: String,
}

impl Wire {
    pub fn new(aws: &Aws) -> Self {
        Self { address: aws.url().replace("http://", ""), region: "us-east-1".to_owned() }
    }

    pub fn in_region(self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self }
    }

    /// Status and body of a Secrets Manager call.
    pub async fn secrets(&self, operation: &str, body: Value) -> (u16, Value) {
        let target = format!("X-Amz-Target: secretsmanager.{operation}\r\n");
        self.send("secretsmanager", "POST", "/", &target, &body.to_string()).await
    }

    /// Status and body of an EKS call.
    pub async fn eks(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send("eks", method, path, "", &body).await
    }

    async fn send(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, Value) {
        let now = Timestamp::now();
        let (day, date) = (now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ"));
        let (region, length) = (&self.region, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\nX-Amz-Date: {date}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/{day}/{region}/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\n{headers}\r\n{body}",
            self.address
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }
}
