//! Values of secrets: where they come from, and that an unchanged one is told without reading it.

use std::path::PathBuf;
use std::sync::Arc;

use age::secrecy::ExposeSecret as _;
use aws_sdk_secretsmanager::Client;
use serde_json::{Value, json};
use suimon_model::{Manifest, Sensitive};
use suimon_provider_aws::{Aws, Options};

use crate::support::{
    REGION, Seen, Server, apply, assert_unchanged, connect, differences, dry_run, manifest,
    observe, options, provider, write,
};

/// Files of one test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file; its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

/// A client of one's own in the account of the sandbox.
pub(crate) fn hand(server: &Server) -> Client {
    let credentials =
        aws_credential_types::Credentials::new(server.account(), "secret", None, None, "test");
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(REGION))
        .endpoint_url(server.url())
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

pub(crate) fn secret(name: &str, value: &Value) -> Manifest {
    manifest("secretsmanager", "Secret", name, &json!({"secretString": value}))
}

/// Options with these variables.
pub(crate) fn with(server: &Server, variables: &[(&str, &str)]) -> Options {
    let mut options = options(server);
    for (name, value) in variables {
        let value = Arc::new(Sensitive::new((*value).to_owned()));
        options.variables.insert((*name).to_owned(), value);
    }
    options
}

const KEY: (&str, &str) = ("SUIMON_DIGEST_KEY", "0123456789abcdef0123456789abcdef");

async fn value_of(server: &Server, name: &str) -> String {
    let told = hand(server).get_secret_value().secret_id(name).send().await.unwrap();
    told.secret_string().unwrap().to_owned()
}

/// The calls of Secrets Manager since the last time.
fn take_calls(server: &Server) -> Vec<String> {
    let calls = server.take_operations();
    calls.into_iter().filter(|call| call.starts_with("secretsmanager ")).collect()
}

async fn versions(server: &Server, name: &str) -> usize {
    let all = hand(server).list_secret_version_ids().secret_id(name).include_deprecated(true);
    all.send().await.unwrap().versions().len()
}

async fn put(server: &Server, aws: &Aws, manifests: &[Manifest]) -> Seen {
    apply(server, aws, manifests).await.unwrap()
}

#[tokio::test]
async fn three_hundred_unchanged_secrets_cost_three_lists_and_no_value_is_read() {
    let server = Server::sandbox().await;
    let folder = Folder::new();
    let file = folder.file("password", "correct horse");
    let value = json!({"valueFrom": {"file": file}});
    let manifests: Vec<_> =
        (0..300).map(|number| secret(&format!("db-{number}"), &value)).collect();
    let aws = provider(&server).await;
    let seen = observe(&aws, &manifests).await;
    let writes = manifests.iter().map(|manifest| write(&aws, &seen, manifest));
    for written in futures::future::join_all(writes).await {
        written.unwrap();
    }
    server.take_operations();
    assert_unchanged(&server, &manifests).await;
    let mut calls = take_calls(&server);
    calls.sort();
    let lists = vec!["secretsmanager ListSecrets".to_owned(); 3];
    assert_eq!(calls[0], "secretsmanager GetSecretValue", "of the digest key");
    assert_eq!(calls[1..], lists);
}

#[tokio::test]
async fn with_a_key_of_ones_own_nothing_is_read_at_all() {
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({"valueFrom": {"env": "PASSWORD"}}))];
    let aws = connect(with(&server, &[KEY, ("PASSWORD", "correct horse")])).await;
    put(&server, &aws, &manifests).await;
    server.take_operations();
    let aws = connect(with(&server, &[KEY, ("PASSWORD", "correct horse")])).await;
    let seen = observe(&aws, &manifests).await;
    assert_eq!(differences(&aws, &seen, &manifests[0]), "");
    assert_eq!(take_calls(&server), ["secretsmanager ListSecrets"]);
    assert!(hand(&server).list_secrets().send().await.unwrap().secret_list().len() == 1);
}

#[tokio::test]
async fn each_value_has_one_version() {
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({"valueFrom": {"env": "PASSWORD"}}))];
    for (round, value) in ["one", "two", "two", "one", "two"].into_iter().enumerate() {
        let aws = connect(with(&server, &[KEY, ("PASSWORD", value)])).await;
        let seen = observe(&aws, &manifests).await;
        let differs = differences(&aws, &seen, &manifests[0]);
        assert_eq!(differs.is_empty(), round == 2, "{round}: {differs}");
        put(&server, &aws, &manifests).await;
        assert_eq!(value_of(&server, "db").await, value);
    }
    assert_eq!(versions(&server, "db").await, 2);
}

#[tokio::test]
async fn a_value_that_was_rolled_back_by_hand_is_drift_and_a_new_one_is_a_change() {
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({"valueFrom": {"env": "PASSWORD"}}))];
    let applied = |seen: &Seen| {
        let id = &manifests[0].id;
        let annotation = "suimon.dev/applied";
        seen.live[id].body.value()["metadata"]["annotations"][annotation].clone()
    };
    let one = connect(with(&server, &[KEY, ("PASSWORD", "one")])).await;
    put(&server, &one, &manifests).await;
    let two = connect(with(&server, &[KEY, ("PASSWORD", "two")])).await;
    let seen = observe(&two, &manifests).await;
    assert_eq!(applied(&seen), "another value", "the declaration has moved on");
    let seen = put(&server, &two, &manifests).await;
    let mark = applied(&seen);
    assert_ne!(mark, "another value");

    let client = hand(&server);
    let all = client.describe_secret().secret_id("db").send().await.unwrap();
    let labelled = |label: &str| {
        let all = all.version_ids_to_stages().unwrap();
        all.iter().find(|(_, labels)| labels.iter().any(|l| l == label)).unwrap().0.clone()
    };
    let back = client.update_secret_version_stage().secret_id("db").version_stage("AWSCURRENT");
    let back = back.move_to_version_id(labelled("AWSPREVIOUS"));
    back.remove_from_version_id(labelled("AWSCURRENT")).send().await.unwrap();

    let seen = observe(&two, &manifests).await;
    assert_ne!(differences(&two, &seen, &manifests[0]), "");
    assert_eq!(applied(&seen), mark, "it is drift");
    server.take_operations();
    write(&two, &seen, &manifests[0]).await.unwrap();
    let calls = server.take_operations();
    assert!(calls.contains(&"secretsmanager UpdateSecretVersionStage".to_owned()), "{calls:?}");
    assert!(!calls.contains(&"secretsmanager PutSecretValue".to_owned()), "{calls:?}");
    assert_eq!(value_of(&server, "db").await, "two");
}

#[tokio::test]
async fn a_source_that_moved_since_the_plan_is_not_written() {
    let server = Server::sandbox().await;
    let folder = Folder::new();
    let file = folder.file("password", "one");
    let manifests = [secret("db", &json!({"valueFrom": {"file": file}}))];
    let aws = connect(with(&server, &[KEY])).await;
    let seen = observe(&aws, &manifests).await;
    dry_run(&aws, &seen, &manifests[0]).await.unwrap();
    folder.file("password", "two");
    let told = write(&aws, &seen, &manifests[0]).await.unwrap_err().to_string();
    insta::assert_snapshot!(told, @"Secret.secretsmanager.services.k8s.aws/db: the source of the value has changed since the plan was made: plan again");
}

#[tokio::test]
async fn a_generated_value_is_made_once_for_each_way_of_making_it() {
    for server in Server::all().await {
        let by = |generate: &Value| [secret("db", &json!({"valueFrom": {"generate": generate}}))];
        let version = |seen: &Seen| {
            let id = &by(&json!({}))[0].id;
            seen.live[id].body.value()["status"]["versionId"].clone()
        };
        let first = by(&json!({"length": 24, "alphabet": "abcdef", "excludeCharacters": "f"}));
        let aws = provider(&server).await;
        let one = put(&server, &aws, &first).await;
        assert_unchanged(&server, &first).await;
        let again = put(&server, &provider(&server).await, &first).await;
        assert_eq!(version(&one), version(&again), "{}", server.name());
        let second = by(
            &json!({"length": 40, "key": "password", "template": {"user": "app", "port": 5432}}),
        );
        let other = put(&server, &provider(&server).await, &second).await;
        assert_ne!(version(&one), version(&other), "{}", server.name());
        assert_unchanged(&server, &second).await;
        if let Server::Sandbox(_) = server {
            let made: Value = serde_json::from_str(&value_of(&server, "db").await).unwrap();
            assert_eq!((&made["user"], &made["port"]), (&json!("app"), &json!(5432)));
            assert_eq!(made["password"].as_str().unwrap().len(), 40);
            assert_eq!(versions(&server, "db").await, 2);
            let third = put(&server, &provider(&server).await, &first).await;
            assert_ne!(version(&one), version(&third), "an old one does not come back");
            let made = value_of(&server, "db").await;
            assert!(made.len() == 24 && made.chars().all(|c| "abcde".contains(c)));
        }
    }
}

#[tokio::test]
async fn a_generated_part_stays_when_another_part_changes() {
    let server = Server::sandbox().await;
    let manifests = [secret(
        "db",
        &json!({"json": {
            "user": {"valueFrom": {"env": "DB_USER"}},
            "password": {"valueFrom": {"generate": {"length": 16}}},
        }}),
    )];
    let mut made = Vec::new();
    for user in ["a\"b", "c"] {
        let aws = connect(with(&server, &[KEY, ("DB_USER", user)])).await;
        put(&server, &aws, &manifests).await;
        let value: Value = serde_json::from_str(&value_of(&server, "db").await).unwrap();
        assert_eq!(value["user"], user);
        made.push(value["password"].as_str().unwrap().to_owned());
        let seen = observe(&aws, &manifests).await;
        assert_eq!(differences(&aws, &seen, &manifests[0]), "");
    }
    assert!(made[0] == made[1] && made[0].len() == 16);
}

#[tokio::test]
async fn parts_become_a_json_object_with_sorted_keys() {
    let server = Server::sandbox().await;
    let value = json!({"json": {
        "b": {"valueFrom": {"env": "B"}}, "a": {"valueFrom": {"env": "A"}},
    }});
    let aws = connect(with(&server, &[KEY, ("A", "1\n\u{1}"), ("B", "é\\")])).await;
    put(&server, &aws, &[secret("db", &value)]).await;
    assert_eq!(value_of(&server, "db").await, r#"{"a":"1\n\u0001","b":"é\\"}"#);
}

#[tokio::test]
async fn bytes_and_newlines_arrive_as_they_are() {
    let server = Server::sandbox().await;
    let folder = Folder::new();
    let bytes = folder.file("key", [0u8, 255, 10]);
    let text = folder.file("text", "word\n");
    let manifests = [
        manifest(
            "secretsmanager",
            "Secret",
            "bytes",
            &json!({"secretBinary": {"valueFrom": {"file": bytes}}}),
        ),
        secret("kept", &json!({"valueFrom": {"file": text}})),
        secret("cut", &json!({"valueFrom": {"file": text, "trimNewline": true}})),
    ];
    put(&server, &provider(&server).await, &manifests).await;
    let told = hand(&server).get_secret_value().secret_id("bytes").send().await.unwrap();
    assert_eq!(told.secret_binary().unwrap().as_ref(), [0u8, 255, 10]);
    assert_eq!(value_of(&server, "kept").await, "word\n");
    assert_eq!(value_of(&server, "cut").await, "word");
}

#[tokio::test]
async fn an_encrypted_file_is_opened_with_an_identity() {
    let server = Server::sandbox().await;
    let folder = Folder::new();
    let identity = age::x25519::Identity::generate();
    let plain = age::encrypt(&identity.to_public(), b"correct horse").unwrap();
    let armored = age::encrypt_and_armor(&identity.to_public(), b"battery staple").unwrap();
    let key = identity.to_string();
    let keys = folder.file("keys.txt", format!("# mine\n{}\n", key.expose_secret()));
    let manifests = [
        secret("plain", &json!({"valueFrom": {"age": folder.file("plain.age", plain)}})),
        secret(
            "armored",
            &json!({"valueFrom": {"age": {
                "file": folder.file("armored.age", armored), "identity": keys,
            }}}),
        ),
    ];
    let aws = connect(with(&server, &[KEY, ("SUIMON_AGE_KEY", key.expose_secret())])).await;
    put(&server, &aws, &manifests).await;
    assert_eq!(value_of(&server, "plain").await, "correct horse");
    assert_eq!(value_of(&server, "armored").await, "battery staple");
}

/// Spellings in which a leaked value would show.
fn spellings(value: &str) -> Vec<String> {
    use base64::Engine as _;
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let encoded = base64::engine::general_purpose::STANDARD.encode(value);
    let escaped = json!(value).to_string().trim_matches('"').to_owned();
    vec![value.to_owned(), hex, encoded.trim_end_matches('=').to_owned(), escaped]
}

#[tokio::test]
async fn a_value_is_seen_nowhere() {
    const CANARY: &str = "canary\"7f3a-vivid-ostrich";
    let folder = Folder::new();
    let file = folder.file("canary", CANARY);
    for server in Server::all().await {
        let aws = connect(with(&server, &[("CANARY", CANARY)])).await;
        let manifests = [
            secret("env", &json!({"valueFrom": {"env": "CANARY"}})),
            secret("file", &json!({"valueFrom": {"file": file}})),
            secret("json", &json!({"json": {"a": {"valueFrom": {"env": "CANARY"}}}})),
            manifest(
                "secretsmanager",
                "Secret",
                "bytes",
                &json!({"secretBinary": {"valueFrom": {"file": file}}}),
            ),
        ];
        let mut told = format!("{aws:?}");
        for round in 0..2 {
            let seen = observe(&aws, &manifests).await;
            told += &format!("{seen:?}");
            for manifest in &manifests {
                let prepared = suimon_provider::Provider::prepare(&aws, manifest).unwrap();
                let masked = suimon_provider::Provider::mask(&aws, &prepared);
                let dry = dry_run(&aws, &seen, manifest).await;
                let written = write(&aws, &seen, manifest).await;
                told += &format!("{round} {prepared:?} {masked:?} {dry:?} {written:?}");
                told += masked.as_str();
                told += written.unwrap().object.body.as_str();
            }
        }
        if let Server::Sandbox(sandbox) = &server {
            for message in ["no `canary\"7f3a-vivid-ostrich` here", "bad"] {
                for operation in ["CreateSecret", "PutSecretValue"] {
                    let fault = suimon_sandbox::AwsFault::error(
                        operation,
                        400,
                        "InvalidParameterException",
                        message,
                        1,
                    );
                    sandbox.fault(fault);
                }
                let other = [secret("other", &json!({"valueFrom": {"env": "CANARY"}}))];
                let seen = observe(&aws, &other).await;
                let failed = write(&aws, &seen, &other[0]).await.unwrap_err();
                told += &format!("{failed:?} {failed}");
                sandbox.clear_faults();
            }
            assert!(told.contains("the message is withheld"), "the fault was met");
        }
        for spelling in spellings(CANARY) {
            assert!(!told.contains(&spelling), "{}: it is shown", server.name());
        }
    }
}
