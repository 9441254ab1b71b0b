//! Secrets when answers are lost, lists are old and keys cannot be read.

use std::sync::Arc;

use serde_json::{Value, json};
use suimon_provider::Error;
use suimon_sandbox::{AwsEffect, AwsFault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::secrets_values::{Folder, hand, secret, with};
use crate::support::{
    Server, apply, assert_unchanged, connect, differences, dry_run, observe, options, provider,
    write,
};

fn lose(operation: &str) -> AwsFault {
    AwsFault {
        service: None,
        operation: Some(operation.to_owned()),
        effect: AwsEffect::LoseReply,
        times: Some(1),
    }
}

#[tokio::test]
async fn a_run_that_stops_anywhere_is_completed_by_the_next() {
    let folder = Folder::new();
    let refuse =
        |operation: &str| AwsFault::error(operation, 403, "AccessDeniedException", "no", 1);
    let spec = |file: &str| {
        crate::support::manifest(
            "secretsmanager",
            "Secret",
            "db",
            &json!({
                "description": file, "tags": {"team": file},
                "resourcePolicy": {"Statement": [{"Effect": "Deny", "Principal": "*",
                    "Action": "secretsmanager:DeleteSecret", "Resource": "*"}]},
                "secretString": {"valueFrom": {"file": folder.file(file, file)}},
            }),
        )
    };
    let steps = [
        "CreateSecret",
        "DescribeSecret",
        "UpdateSecret",
        "PutResourcePolicy",
        "PutSecretValue",
        "TagResource",
        "GetSecretValue",
    ];
    for step in steps {
        for fault in [refuse(step), lose(step)] {
            let server = Server::sandbox().await;
            for file in ["one", "two"] {
                let manifests = [spec(file)];
                let aws = provider(&server).await;
                let seen = observe(&aws, &manifests).await;
                server.as_sandbox().fault(fault.clone());
                let stopped = write(&aws, &seen, &manifests[0]).await;
                server.as_sandbox().clear_faults();
                let aws = provider(&server).await;
                apply(&server, &aws, &manifests).await.unwrap();
                assert_unchanged(&server, &manifests).await;
                drop(stopped);
            }
            let client = hand(&server);
            let all = client.list_secret_version_ids().secret_id("db").include_deprecated(true);
            assert_eq!(all.send().await.unwrap().versions().len(), 2, "{step}");
            assert_eq!(
                client.list_secrets().send().await.unwrap().secret_list().len(),
                2,
                "{step}"
            );
        }
    }
}

#[tokio::test]
async fn two_first_runs_at_once_agree_on_a_key() {
    for server in Server::all().await {
        let folder = Folder::new();
        let file = folder.file("password", "correct horse");
        let manifests: Vec<_> = (0..6)
            .map(|number| secret(&format!("db-{number}"), &json!({"valueFrom": {"file": file}})))
            .collect();
        let (one, other) = (provider(&server).await, provider(&server).await);
        let seen = observe(&one, &manifests).await;
        let seen_by_other = observe(&other, &manifests).await;
        let writes = manifests.iter().flat_map(|manifest| {
            [write(&one, &seen, manifest), write(&other, &seen_by_other, manifest)]
        });
        for written in futures::future::join_all(writes).await {
            written.unwrap();
        }
        assert_unchanged(&server, &manifests).await;
    }
}

#[tokio::test]
async fn without_the_key_a_value_is_unknown() {
    let server = Server::sandbox().await;
    let manifests = [
        secret("db", &json!({"valueFrom": {"env": "PASSWORD"}})),
        secret("other", &json!({"valueFrom": {"generate": {}}})),
    ];
    let password = [("PASSWORD", "correct horse")];
    apply(&server, &connect(with(&server, &password)).await, &manifests).await.unwrap();
    let fault = AwsFault::error("GetSecretValue", 400, "AccessDeniedException", "not allowed", 9);
    server.as_sandbox().fault(fault);
    let seen = observe(&connect(with(&server, &password)).await, &manifests).await;
    assert_eq!(seen.live.len(), 1, "what is generated needs no key");
    let [(what, why)] = &seen.unknown[..] else { panic!("{:?}", seen.unknown) };
    insta::assert_snapshot!(format!("{what}: {why}"), @"Secret.secretsmanager.services.k8s.aws/db: the digest key of this environment, the secret `suimon/shop/dev/digest-key`, cannot be read (forbidden: secretsmanager GetSecretValue: AccessDeniedException: not allowed): allow secretsmanager:GetSecretValue on it, restore it if it was deleted, or set SUIMON_DIGEST_KEY");
}

#[tokio::test]
async fn a_key_that_is_too_short_is_refused() {
    let server = Server::sandbox().await;
    let variables = [("PASSWORD", "x"), ("SUIMON_DIGEST_KEY", "short")];
    let manifests = [secret("db", &json!({"valueFrom": {"env": "PASSWORD"}}))];
    let seen = observe(&connect(with(&server, &variables)).await, &manifests).await;
    let [(what, why)] = &seen.unknown[..] else { panic!("{:?}", seen.unknown) };
    insta::assert_snapshot!(format!("{what}: {why}"), @"Secret.secretsmanager.services.k8s.aws/db: SUIMON_DIGEST_KEY has 5 bytes; it needs 32 or more");
}

#[tokio::test]
async fn a_secret_that_cannot_be_looked_up_is_unknown() {
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({"valueFrom": {"generate": {}}}))];
    let fault = AwsFault::error("DescribeSecret", 400, "AccessDeniedException", "not allowed", 9);
    server.as_sandbox().fault(fault);
    let seen = observe(&provider(&server).await, &manifests).await;
    assert!(seen.absent.is_empty() && seen.live.is_empty());
    assert_eq!(seen.unknown.len(), 1, "{:?}", seen.unknown);
    server.as_sandbox().clear_faults();
    let fault = AwsFault::error("ListSecrets", 400, "AccessDeniedException", "not allowed", 9);
    server.as_sandbox().fault(fault);
    let seen = observe(&provider(&server).await, &manifests).await;
    assert!(seen.absent.is_empty() && !seen.unknown.is_empty(), "{seen:?}");
}

/// Passes calls on, and answers `ListSecrets` as the first time until it is told otherwise.
struct StaleLists {
    url: String,
    first: Arc<Mutex<Option<Vec<u8>>>>,
}

impl StaleLists {
    async fn start(server: &Server) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let first: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        let (to, memory) = (server.url().replace("http://", ""), Arc::clone(&first));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, to.clone(), Arc::clone(&memory)));
            }
        });
        Self { url, first }
    }
}

/// One call on each connection: both sides are told to close.
async fn pass(mut client: TcpStream, to: String, first: Arc<Mutex<Option<Vec<u8>>>>) {
    let Some(request) = message(&mut client).await else { return };
    let text = String::from_utf8_lossy(&request).to_lowercase();
    let is_list = text.contains("secretsmanager.listsecrets");
    let mut first = first.lock().await;
    if is_list && let Some(answer) = &*first {
        client.write_all(answer).await.unwrap();
        return;
    }
    let mut server = TcpStream::connect(to).await.unwrap();
    server.write_all(&request).await.unwrap();
    let Some(answer) = message(&mut server).await else { return };
    let answer =
        String::from_utf8(answer).unwrap().replacen("\r\n", "\r\nconnection: close\r\n", 1);
    if is_list {
        *first = Some(answer.clone().into_bytes());
    }
    client.write_all(answer.as_bytes()).await.unwrap();
}

/// A message with a `content-length`.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= head.len() + 4 + length {
                return Some(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

#[tokio::test]
async fn an_old_list_is_not_believed() {
    let server = Server::sandbox().await;
    let lists = StaleLists::start(&server).await;
    let folder = Folder::new();
    let through = || {
        let mut options = options(&server);
        options.endpoint_url = Some(lists.url.clone());
        connect(options)
    };
    let db = |text: &str| secret("db", &json!({"valueFrom": {"file": folder.file(text, text)}}));
    // The list says for ever that there is nothing.
    let aws = through().await;
    apply(&server, &aws, &[db("one")]).await.unwrap();
    let fresh = through().await;
    let manifests = [db("one")];
    let seen = observe(&fresh, &manifests).await;
    assert_eq!(differences(&fresh, &seen, &manifests[0]), "");
    // The list says for ever that the value is `one`.
    *lists.first.lock().await = None;
    observe(&through().await, &manifests).await;
    let manifests = [db("two")];
    apply(&server, &through().await, &manifests).await.unwrap();
    let fresh = through().await;
    let seen = observe(&fresh, &manifests).await;
    assert_eq!(differences(&fresh, &seen, &manifests[0]), "");
    // The list says for ever that it is there.
    crate::support::delete(&fresh, &seen, &manifests[0].id).await.unwrap();
    assert!(observe(&through().await, &[]).await.live.is_empty());
}

#[tokio::test]
async fn a_missing_source_is_told_in_the_plan_of_a_new_and_of_a_live_secret() {
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({"valueFrom": {"env": "PASSWORD"}}))];
    let told = async |server: &Server| {
        let aws = provider(server).await;
        let seen = observe(&aws, &manifests).await;
        assert_ne!(differences(&aws, &seen, &manifests[0]), "");
        match dry_run(&aws, &seen, &manifests[0]).await {
            Err(Error::Rejected(told)) => told,
            other => panic!("{other:?}"),
        }
    };
    let first = told(&server).await;
    apply(&server, &connect(with(&server, &[("PASSWORD", "x1")])).await, &manifests).await.unwrap();
    assert_eq!(told(&server).await, first);
    insta::assert_snapshot!(first, @"Secret.secretsmanager.services.k8s.aws/db: the environment variable `PASSWORD` is not set");
}

#[tokio::test]
async fn what_sources_cannot_be_is_told_without_what_they_hold() {
    let server = Server::sandbox().await;
    let folder = Folder::new();
    let file = |name: &str, content: &[u8]| folder.file(name, content).display().to_string();
    let other = age::x25519::Identity::generate();
    let locked = age::encrypt(&other.to_public(), b"hidden").unwrap();
    let mine = age::x25519::Identity::generate().to_string();
    let mine = age::secrecy::ExposeSecret::expose_secret(&mine).to_owned();
    let of = |source: Value| json!({"valueFrom": source});
    let cases = [
        of(json!({"file": "nowhere/password"})),
        of(json!({"file": folder.file("x", "").parent()})),
        of(json!({"file": file("empty", b"")})),
        of(json!({"file": file("long", &[b'a'; 70_000])})),
        of(json!({"file": file("bytes", &[255, 254])})),
        of(json!({"env": "EMPTY"})),
        of(json!({"age": file("locked.age", &locked)})),
        of(json!({"age": file("plain.age", b"no age at all")})),
        json!({"json": {"a": of(json!({"file": file("bytes", &[255, 254])}))}}),
    ];
    let mut told = Vec::new();
    for value in cases {
        let manifests = [secret("db", &value)];
        let aws = connect(with(&server, &[("EMPTY", ""), ("SUIMON_AGE_KEY", &mine)])).await;
        let seen = observe(&aws, &manifests).await;
        let refused = dry_run(&aws, &seen, &manifests[0]).await.unwrap_err().to_string();
        told.push(
            refused.replace(&folder.file("x", "").parent().unwrap().display().to_string(), "DIR"),
        );
    }
    let calls = server.take_operations();
    assert!(
        calls.iter().all(|call| !call.contains("Create") && !call.contains("Put")),
        "{calls:?}"
    );
    insta::assert_snapshot!(told.join("\n"), @r#"
    Secret.secretsmanager.services.k8s.aws/db: there is no file `nowhere/password`
    Secret.secretsmanager.services.k8s.aws/db: `DIR` is not a regular file
    Secret.secretsmanager.services.k8s.aws/db: the file `DIR/empty` is empty, and a secret is not
    Secret.secretsmanager.services.k8s.aws/db: the file `DIR/long` has 70000 bytes, and a secret holds at most 65536
    Secret.secretsmanager.services.k8s.aws/db: the source of `secretString` is not UTF-8 text: declare it as `secretBinary`
    Secret.secretsmanager.services.k8s.aws/db: the environment variable `EMPTY` is empty, and a secret is not
    Secret.secretsmanager.services.k8s.aws/db: the file `DIR/locked.age` cannot be decrypted with age: it is encrypted to other recipients
    Secret.secretsmanager.services.k8s.aws/db: the file `DIR/plain.age` cannot be decrypted with age: it is damaged
    Secret.secretsmanager.services.k8s.aws/db: the source of `a` is not UTF-8 text
    "#);
}

#[tokio::test]
async fn a_file_that_is_in_git_holds_no_value() {
    let folder = Folder::new();
    let file = folder.file("password", "correct horse");
    let git = |arguments: &[&str]| {
        let root = file.parent().unwrap();
        let done = std::process::Command::new("git").args(arguments).current_dir(root).output();
        assert!(done.unwrap().status.success());
    };
    git(&["init", "-q"]);
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({"valueFrom": {"file": "password"}}))];
    let mut options = options(&server);
    options.folder = file.parent().map(std::path::Path::to_owned);
    let aws = connect(options).await;
    let seen = observe(&aws, &manifests).await;
    dry_run(&aws, &seen, &manifests[0]).await.unwrap();
    git(&["add", "password"]);
    let told = dry_run(&aws, &seen, &manifests[0]).await.unwrap_err().to_string();
    insta::assert_snapshot!(told, @"Secret.secretsmanager.services.k8s.aws/db: the file `password` is in Git, where no value belongs: take it out and change the value, or encrypt it and write `age: password`");
}
