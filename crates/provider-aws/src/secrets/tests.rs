//! What others ask of secrets, against the sandbox.

use std::sync::Arc;

use serde_json::{Value, json};
use suimon_model::{AwsTarget, DeferredRef, ResourceId, Sensitive};
use suimon_sandbox::{Aws as Sandbox, AwsFault, AwsOptions};

use super::lookup::missing;
use crate::Options;
use crate::call::call;
use crate::context::Context;
use crate::resource::{Declared, Family};
use crate::secrets::SecretsManager;
use crate::session::Session;

const GROUP: &str = "secretsmanager.services.k8s.aws";

async fn context(sandbox: &Sandbox) -> Context {
    let target = AwsTarget { region: Some("us-east-1".into()), ..AwsTarget::default() };
    let mut options = Options::new(target, "shop", "dev");
    options.endpoint_url = Some(sandbox.url());
    let key = ("123456789012".to_owned(), Arc::new(Sensitive::new("secret".to_owned())));
    options.static_credentials = Some(key);
    let value = Arc::new(Sensitive::new(r#"{"user": "a", "password": "b"}"#.to_owned()));
    options.variables.insert("DATABASE".to_owned(), value);
    Context::new(Session::new(&options).await.unwrap(), options)
}

async fn sandbox() -> Sandbox {
    let options = AwsOptions { controllers: false, record_requests: true, ..AwsOptions::default() };
    Sandbox::start(options).await.unwrap()
}

/// Makes a secret of somebody else; its ARN.
async fn theirs(context: &Context, name: &str, value: &str) -> String {
    let body = json!({"Name": name, "SecretString": value});
    let made =
        call!(context.session, secretsmanager, CreateSecret, Once, create_secret(), body).unwrap();
    made["ARN"].as_str().unwrap().to_owned()
}

fn declared(name: &str, spec: &Value) -> Declared {
    let id = ResourceId::new(GROUP, "Secret", None, name);
    let mut spec = spec.clone();
    spec["name"] = name.into();
    crate::prepare::declared(&id, &json!({"apiVersion": format!("{GROUP}/v1alpha1"), "spec": spec}))
}

#[tokio::test]
async fn secrets_and_keys_that_are_not_there_are_named() {
    let sandbox = sandbox().await;
    let context = context(&sandbox).await;
    let object = theirs(&context, "theirs/db", r#"{"user": "x", "password": "y"}"#).await;
    let text = theirs(&context, "theirs/token", "word").await;
    let gone = theirs(&context, "theirs/gone", "word").await;
    let body = json!({"SecretId": gone});
    call!(context.session, secretsmanager, DeleteSecret, Once, delete_secret(), body).unwrap();
    let nowhere = object.replace("theirs/db", "theirs/dbb");
    let marker =
        |name: &str| DeferredRef::marker_for(&ResourceId::new(GROUP, "Secret", None, name), "arn");
    for (name, spec) in [
        ("env", json!({"secretString": {"valueFrom": {"env": "DATABASE"}}})),
        ("made", json!({"secretString": {"valueFrom": {"generate": {"key": "password"}}}})),
        ("plain", json!({"secretString": {"valueFrom": {"generate": {}}}})),
    ] {
        context.declare(Arc::new(declared(name, &spec)));
    }
    let references = [
        object.clone(),
        format!("{object}:password::"),
        format!("{object}:pasword::"),
        format!("{object}:pasword:AWSCURRENT:"),
        format!("{text}:user::"),
        format!("{nowhere}:user::"),
        nowhere.clone(),
        gone.clone(),
        format!("{gone}:user::"),
        object.replace("us-east-1", "eu-west-1"),
        "arn:aws:ssm:us-east-1:123456789012:parameter/x".to_owned(),
        "parameter".to_owned(),
        format!("{}:user::", marker("env")),
        format!("{}:usr::", marker("env")),
        format!("{}:password::", marker("made")),
        format!("{}:user::", marker("made")),
        format!("{}:user::", marker("plain")),
        marker("plain"),
    ];
    let ends = |text: &str| text.rsplit_once('-').unwrap().1.to_owned();
    let mut told = missing(&context, &references).await.unwrap().join("\n");
    for arn in [&object, &gone, &text] {
        told = told.replace(&ends(arn), "xxxxxx");
    }
    insta::assert_snapshot!(told, @"
    the secret `env` has no JSON key `usr`
    the secret `made` has no JSON key `user`
    the secret `plain` is not a JSON object: no key `user`
    the secret `theirs/db-xxxxxx` has no JSON key `pasword`
    the secret `theirs/token-xxxxxx` is not a JSON object: no key `user`
    there is no secret `theirs/dbb-xxxxxx`
    there is no secret `theirs/gone-xxxxxx`
    ");
    sandbox.clear_requests();
    missing(&context, &[format!("{object}:password::")]).await.unwrap();
    assert_eq!(sandbox.requests(), [], "keys are remembered");
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_taken_to_be_there() {
    let sandbox = sandbox().await;
    let context = context(&sandbox).await;
    let object = theirs(&context, "theirs/db", "{}").await;
    for operation in ["DescribeSecret", "GetSecretValue"] {
        sandbox.fault(AwsFault::error(operation, 400, "AccessDeniedException", "no", 9));
    }
    let references = [object.clone(), format!("{object}:key::")];
    assert_eq!(missing(&context, &references).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn keys_of_ours_are_told_by_a_tag() {
    let sandbox = sandbox().await;
    let before = context(&sandbox).await;
    let valued = declared("db", &json!({"secretString": {"valueFrom": {"env": "DATABASE"}}}));
    let kind = SecretsManager.kinds()[0];
    let done = kind.write(&before, &valued, false).await.unwrap();
    assert_eq!(done.live.tags["suimon.dev/keys"], "password user");
    // Declared without a value now: what it holds is told by the tag.
    let context = context(&sandbox).await;
    let bare = Arc::new(declared("db", &json!({})));
    context.declare(Arc::clone(&bare));
    context.saw(&bare.id, Some(Arc::new(done.live.clone())));
    sandbox.clear_requests();
    let references = ["user", "usr"].map(|key| format!("{}:{key}::", done.live.arn));
    let told = missing(&context, &references).await.unwrap();
    assert_eq!(told, ["the secret `db` has no JSON key `usr`"]);
    let calls = sandbox.requests();
    assert!(calls.iter().all(|call| call.operation != "GetSecretValue"), "{calls:?}");
}
