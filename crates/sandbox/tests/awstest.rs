//! `moto` and `ministack` start, answer, and leave nothing behind.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use suimon_sandbox::awstest::{ACCOUNT, AwsServer, SKIPPED};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The answer to STS `GetCallerIdentity`, or `None` when nobody listens.
async fn caller_identity(server: &str) -> Option<String> {
    let address = server.strip_prefix("http://").unwrap();
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/sts/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    Some(answer)
}

async fn answers_until_dropped(server: Option<AwsServer>) {
    let Some(server) = server else {
        println!("{SKIPPED}");
        return;
    };
    let url = server.url().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let answer = caller_identity(&url).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(&format!("<Account>{ACCOUNT}</Account>")), "{answer}");
    drop(server);
    assert_eq!(caller_identity(&url).await, None);
}

#[tokio::test]
async fn moto_answers_until_it_is_dropped() {
    answers_until_dropped(AwsServer::moto().await.unwrap()).await;
}

#[tokio::test]
async fn ministack_answers_until_it_is_dropped() {
    answers_until_dropped(AwsServer::ministack().await.unwrap()).await;
}

#[tokio::test]
async fn servers_run_beside_each_other() {
    let (Some(one), Some(two)) =
        (AwsServer::ministack().await.unwrap(), AwsServer::ministack().await.unwrap())
    else {
        println!("{SKIPPED}");
        return;
    };
    assert_ne!(one.url(), two.url());
    drop(one);
    assert!(caller_identity(two.url()).await.is_some());
}
