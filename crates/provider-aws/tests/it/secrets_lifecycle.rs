//! Secrets from their creation to their deletion, on every server.

use serde_json::{Value, json};
use suimon_model::{HealthStatus, Manifest};
use suimon_provider::Error;

use crate::secrets_values::{Folder, hand};
use crate::support::{
    Server, apply, assert_unchanged, connect, delete, differences, dry_run, health, look, manifest,
    observe, options, provider, round_trip, wait, write,
};

fn secret(name: &str, spec: &Value) -> Manifest {
    manifest("secretsmanager", "Secret", name, spec)
}

#[tokio::test]
async fn what_was_written_is_found_unchanged() {
    let folder = Folder::new();
    let file = folder.file("password", "correct horse");
    for server in Server::all().await {
        let manifests = [
            secret("bare", &json!({})),
            secret("value", &json!({"secretString": {"valueFrom": {"file": file}}})),
            secret("bytes", &json!({"secretBinary": {"valueFrom": {"file": file}}})),
            secret(
                "generated",
                &json!({"secretString": {"valueFrom": {"generate": {"length": 20}}}}),
            ),
            secret(
                "whole",
                &json!({
                    "name": "dev/whole", "description": "of the shop", "kmsKeyID": "alias/shop",
                    "tags": [{"key": "team", "value": "a"}], "recoveryWindowInDays": 7,
                    "resourcePolicy": {"Version": "2012-10-17", "Statement": {
                        "Effect": "Deny", "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
                        "Action": ["secretsmanager:DeleteSecret"], "Resource": "*"}},
                    "secretString": {"json": {
                        "user": {"valueFrom": {"file": file}},
                        "password": {"valueFrom": {"generate": {}}},
                    }},
                }),
            ),
        ];
        let seen = round_trip(&server, &manifests).await;
        let live = seen.live[&manifests[4].id].body.value();
        assert_eq!(live["spec"]["name"], "dev/whole", "{}", server.name());
        let version = live["status"]["versionId"].as_str().unwrap();
        let masked = live["spec"]["secretString"].as_str().unwrap();
        assert_eq!(masked.len(), "(sensitive value) ".len() + 64, "{}", server.name());
        if !matches!(server, Server::Ministack { .. }) {
            assert!(masked.ends_with(version), "{}: {masked} {version}", server.name());
        }
    }
}

#[tokio::test]
async fn everything_can_change_in_place_and_back() {
    let folder = Folder::new();
    let file = folder.file("password", "correct horse");
    for server in Server::all().await {
        let before = secret(
            "db",
            &json!({"description": "old", "secretString": {"valueFrom": {"file": file}}}),
        );
        let after = secret(
            "db",
            &json!({
                "description": "of the shop", "kmsKeyId": "alias/shop", "tags": {"team": "a"},
                "recoveryWindowInDays": 7,
                "resourcePolicy": r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny",
                    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                    "Action": "secretsmanager:DeleteSecret", "Resource": "*"}]}"#,
                "secretString": {"valueFrom": {"file": folder.file("other", "battery staple")}},
            }),
        );
        round_trip(&server, std::slice::from_ref(&before)).await;
        // moto takes no description away.
        let bare = matches!(server, Server::Sandbox(_)).then(|| secret("db", &json!({})));
        for manifest in [after, before].into_iter().chain(bare) {
            let aws = provider(&server).await;
            let manifests = [manifest];
            let seen = observe(&aws, &manifests).await;
            assert_ne!(differences(&aws, &seen, &manifests[0]), "", "{}", server.name());
            apply(&server, &aws, &manifests).await.unwrap();
            assert_unchanged(&server, &manifests).await;
        }
    }
}

#[tokio::test]
async fn replicas_come_and_go() {
    let servers = [Some(Server::sandbox().await), Server::moto().await];
    for server in servers.into_iter().flatten() {
        let with = |regions: &Value| secret("db", &json!({"replicaRegions": regions}));
        let manifests = [with(&json!([{"region": "us-west-2"}, {"region": "eu-west-1"}]))];
        round_trip(&server, &manifests).await;
        let manifests = [with(&json!([{"region": "eu-west-1"}, {"region": "eu-west-3"}]))];
        let aws = provider(&server).await;
        let seen = apply(&server, &aws, &manifests).await.unwrap();
        assert_unchanged(&server, &manifests).await;
        delete(&aws, &seen, &manifests[0].id).await.unwrap();
        assert_eq!(health(&aws, &manifests[0].id).await.status, HealthStatus::NotFound);
    }
}

#[tokio::test]
async fn a_deleted_secret_waits_and_comes_back_as_it_was() {
    let folder = Folder::new();
    for server in Server::all().await {
        let spec = json!({
            "recoveryWindowInDays": 7,
            "secretString": {"valueFrom": {"file": folder.file("password", "correct horse")}},
        });
        let manifests = [secret("db", &spec)];
        let seen = round_trip(&server, &manifests).await;
        let version = |seen: &crate::support::Seen| {
            seen.live[&manifests[0].id].body.value()["status"]["versionId"].clone()
        };
        let first = version(&seen);
        let aws = provider(&server).await;
        let nobody = observe(&aws, &[]).await;
        delete(&aws, &nobody, &manifests[0].id).await.unwrap();
        delete(&aws, &nobody, &manifests[0].id).await.unwrap();
        assert_eq!(wait(&server, &aws, &manifests[0].id).await.status, HealthStatus::NotFound);
        assert!(observe(&aws, &[]).await.live.is_empty(), "{}", server.name());

        let seen = observe(&aws, &manifests).await;
        let told = differences(&aws, &seen, &manifests[0]);
        assert!(told.starts_with("/spec/deletionDate: \"2"), "{}: {told}", server.name());
        apply(&server, &aws, &manifests).await.unwrap();
        assert_unchanged(&server, &manifests).await;
        assert_eq!(version(&observe(&aws, &manifests).await), first, "{}", server.name());
    }
}

#[tokio::test]
async fn the_window_of_a_deletion_is_the_declared_one() {
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({"recoveryWindowInDays": 9}))];
    round_trip(&server, &manifests).await;
    let aws = provider(&server).await;
    let seen = observe(&aws, &[]).await;
    delete(&aws, &seen, &manifests[0].id).await.unwrap();
    let told = health(&aws, &manifests[0].id).await.message;
    let nine = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(9 * 24)).to_string();
    assert_eq!(told.split('T').next(), Some(&*format!("it is deleted on {}", &nine[..10])));
}

#[tokio::test]
async fn another_name_is_another_secret() {
    let server = Server::sandbox().await;
    round_trip(&server, &[secret("db", &json!({}))]).await;
    let renamed = [secret("db", &json!({"name": "dev/db"}))];
    let aws = provider(&server).await;
    let seen = observe(&aws, &renamed).await;
    match dry_run(&aws, &seen, &renamed[0]).await {
        Err(Error::Immutable { fields, .. }) => assert_eq!(fields, ["spec.name"]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_rotation_that_runs_is_left_alone() {
    let server = Server::sandbox().await;
    let folder = Folder::new();
    let value = |text: &str| json!({"valueFrom": {"file": folder.file(text, text)}});
    let before = [secret("db", &json!({"secretString": value("one")}))];
    round_trip(&server, &before).await;
    let client = hand(&server);
    client
        .rotate_secret()
        .secret_id("db")
        .rotation_lambda_arn("arn:aws:lambda:us-east-1:123456789012:function:fail")
        .send()
        .await
        .unwrap();
    let after = [secret("db", &json!({"secretString": value("two")}))];
    let aws = provider(&server).await;
    let seen = observe(&aws, &after).await;
    let dry = dry_run(&aws, &seen, &after[0]).await.unwrap();
    let [conflict] = &dry.conflicts[..] else { panic!("{:?}", dry.conflicts) };
    assert_eq!(conflict.field, "rotation");
    assert!(conflict.manager.starts_with("Secrets Manager rotation since 20"), "{conflict:?}");
    assert!(!conflict.repairs_drift);
    server.take_operations();
    let refused = write(&aws, &seen, &after[0]).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let refused = delete(&aws, &seen, &after[0].id).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let done = server.take_operations();
    assert!(
        done.iter().all(|call| call.contains(" Describe") || call.contains(" List")),
        "{done:?}"
    );
    assert_eq!(health(&aws, &after[0].id).await.status, HealthStatus::InProgress);
}

#[tokio::test]
async fn a_rotated_value_is_rotations_business() {
    let server = Server::sandbox().await;
    let folder = Folder::new();
    let with = |text: &str, days: u32| {
        let file = folder.file(text, text);
        [secret(
            "db",
            &json!({
                "secretString": {"valueFrom": {"file": file}},
                "rotation": {
                    "rotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:rotate",
                    "rotationRules": {"automaticallyAfterDays": days},
                },
            }),
        )]
    };
    // Settled by `wait`: the rotation makes another value, which stays.
    round_trip(&server, &with("one", 30)).await;
    assert_unchanged(&server, &with("two", 30)).await;
    let aws = provider(&server).await;
    let other = with("two", 60);
    let seen = observe(&aws, &other).await;
    let told = differences(&aws, &seen, &other[0]);
    assert_eq!(told, "/spec/rotation/rotationRules/automaticallyAfterDays: 30 -> 60");
    let version = |seen: &crate::support::Seen| {
        seen.live[&other[0].id].body.value()["status"]["versionId"].clone()
    };
    let before = version(&seen);
    let after = apply(&server, &aws, &other).await.unwrap();
    assert_eq!(version(&after), before, "new rules do not rotate");
    assert_unchanged(&server, &other).await;
    // Without a declaration it is switched off, and the declared value counts again.
    let off = [secret(
        "db",
        &json!({"secretString": {"valueFrom": {"file": folder.file("two", "two")}}}),
    )];
    let aws = provider(&server).await;
    apply(&server, &aws, &off).await.unwrap();
    assert_unchanged(&server, &off).await;
}

#[tokio::test]
async fn somebody_elses_secret_is_seen_as_theirs() {
    let server = Server::sandbox().await;
    let client = hand(&server);
    client.create_secret().name("db").secret_string("theirs").send().await.unwrap();
    let manifests = [secret("db", &json!({"description": "ours"}))];
    let aws = provider(&server).await;
    let seen = observe(&aws, &manifests).await;
    assert!(!seen.live[&manifests[0].id].owned);
    assert!(observe(&aws, &[]).await.live.is_empty());
    // Adopted: its value is not declared, and stays.
    apply(&server, &aws, &manifests).await.unwrap();
    assert_unchanged(&server, &manifests).await;
    let value = client.get_secret_value().secret_id("db").send().await.unwrap();
    assert_eq!(value.secret_string(), Some("theirs"));
}

#[tokio::test]
async fn one_that_appeared_since_the_plan_is_not_taken_over() {
    let server = Server::sandbox().await;
    let manifests = [secret("db", &json!({}))];
    let aws = provider(&server).await;
    let seen = look(&aws, &manifests, true).await;
    hand(&server).create_secret().name("db").send().await.unwrap();
    let refused = write(&aws, &seen, &manifests[0]).await;
    assert!(matches!(refused, Err(Error::Stale)), "{refused:?}");
}

#[tokio::test]
async fn what_is_exported_has_no_change() {
    let server = Server::sandbox().await;
    let client = hand(&server);
    let made = client.create_secret().name("app/db").description("d").secret_string("theirs");
    made.send().await.unwrap();
    let bare = [secret("app", &json!({"name": "app/db"}))];
    let aws = connect(options(&server)).await;
    let seen = observe(&aws, &bare).await;
    let spec = seen.live[&bare[0].id].body.value()["spec"].clone();
    let exported = [secret("app", &spec)];
    assert_eq!(differences(&aws, &seen, &exported[0]), "");
}
