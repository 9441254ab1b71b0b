//! The Kubernetes sandbox with the authentication of EKS.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use suimon_sandbox::{Clock, Options, Sandbox};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Status and body of a GET with these header lines.
async fn get(sandbox: &Sandbox, path: &str, headers: &str) -> (u16, String) {
    let address = sandbox.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn bearer(date: &str) -> String {
    let url = format!(
        "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260102%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date={date}&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=00"
    );
    format!("Authorization: Bearer k8s-aws-v1.{}\r\n", BASE64_URL_SAFE_NO_PAD.encode(url))
}

#[tokio::test]
async fn a_request_needs_a_token_that_is_good_now() {
    let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
    let options = Options { clock: clock.clone(), require_eks_token: true, ..Options::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let good = bearer("20260102T030405Z");
    let path = "/api/v1/namespaces/default";
    assert_eq!(get(&sandbox, path, &good).await.0, 200);
    let refused = |answer: (u16, String)| {
        assert_eq!(answer.0, 401);
        assert_eq!(
            answer.1,
            r#"{"apiVersion":"v1","code":401,"kind":"Status","message":"Unauthorized","metadata":{},"reason":"Unauthorized","status":"Failure"}"#
        );
    };
    let basic = "Authorization: Basic YTpi\r\n";
    for headers in
        ["", basic, "Authorization: Bearer k8s-aws-v1.x\r\n", &bearer("20260102T020405Z")]
    {
        refused(get(&sandbox, path, headers).await);
        refused(get(&sandbox, "/apis", headers).await);
        refused(get(&sandbox, "/no/such/path", headers).await);
    }
    assert_eq!(get(&sandbox, "/version", "").await.0, 200);
    assert_eq!(get(&sandbox, "/readyz", "").await.0, 200);
    refused(get(&sandbox, "/version", basic).await);
    clock.advance(std::time::Duration::from_secs(15 * 60));
    assert_eq!(get(&sandbox, path, &good).await.0, 200);
    clock.advance(std::time::Duration::from_secs(1));
    refused(get(&sandbox, path, &good).await);
}

#[tokio::test]
async fn a_sandbox_without_the_option_takes_everybody() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    assert_eq!(get(&sandbox, "/api/v1/namespaces/default", "").await.0, 200);
}
