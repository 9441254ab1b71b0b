//! What other people would send to the sandbox: requests by hand.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use suimon_sandbox::{Aws, Sandbox};

use crate::failure::Failure;

/// Some deployment with a container, to have something to drift.
pub(super) fn a_deployment(cluster: &Sandbox) -> Result<Option<(String, String)>, Failure> {
    let list = send(&cluster.url(), "GET", "/apis/apps/v1/deployments", &[], "")?;
    let list: Value = serde_json::from_str(&list).map_err(Failure::new)?;
    let first = list.pointer("/items/0/metadata");
    let text = |key: &str| first.and_then(|m| m.get(key)?.as_str().map(str::to_owned));
    Ok(text("namespace").zip(text("name")))
}

/// What `kubectl edit` would send.
pub(super) fn edit_deployment(
    cluster: &Sandbox,
    namespace: &str,
    name: &str,
) -> Result<(), Failure> {
    let path = format!(
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}?fieldManager=kubectl-edit"
    );
    let body = r#"[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.example.com/hotfix:latest"}]"#;
    let headers = [("Content-Type", "application/json-patch+json".to_owned())];
    send(&cluster.url(), "PATCH", &path, &headers, body).map(drop)
}

/// What `aws ecs update-service --enable-execute-command` would send.
pub(super) fn open_a_shell(aws: &Aws, cluster: &str, service: &str) -> Result<(), Failure> {
    let now = jiff::Timestamp::now();
    let variables = aws.environment();
    let value = |name: &str| {
        let found = variables.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let scope = format!("{}/{}/ecs/aws4_request", now.strftime("%Y%m%d"), value("AWS_REGION"));
    let headers = [
        ("Content-Type", "application/x-amz-json-1.1".to_owned()),
        ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.UpdateService".to_owned()),
        ("X-Amz-Date", now.strftime("%Y%m%dT%H%M%SZ").to_string()),
        (
            "Authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature=0",
                value("AWS_ACCESS_KEY_ID")
            ),
        ),
    ];
    let body = serde_json::json!({
        "cluster": cluster, "service": service, "enableExecuteCommand": true,
    });
    send(&aws.url(), "POST", "/", &headers, &body.to_string()).map(drop)
}

fn send(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &str,
) -> Result<String, Failure> {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).map_err(Failure::new)?;
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept: application/json\r\n\
         {headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .map_err(Failure::new)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(Failure::new)?;
    let (head, content) = answer.split_once("\r\n\r\n").unwrap_or((answer.as_str(), ""));
    if !head.starts_with("HTTP/1.1 2") {
        let status = head.lines().next().unwrap_or_default();
        return Err(Failure::new(format!("{method} {path}: {status}: {content}")));
    }
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return Ok(dechunk(content));
    }
    Ok(content.to_owned())
}

fn dechunk(mut rest: &str) -> String {
    let mut text = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let (Some(chunk), true) = (after.get(..size), size > 0) else { break };
        text.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    text
}
