//! What is pure is tested in tables; the rest against servers, in `tests/it`.

use std::sync::Arc;

use serde_json::{Value, json};
use suimon_model::Body;
use suimon_model::{AwsTarget, Manifest, Origin, ResourceId, Sensitive};

use super::{Service, normal};
use crate::Options;
use crate::context::Context;
use crate::prepare::{declared, prepare};
use crate::resource::{Declared, Live};
use crate::session::Session;

mod check;
mod health;
mod normal_form;
mod update;
mod wanted;

/// A declaration named `api`.
fn manifest(spec: &Value) -> Manifest {
    let id = ResourceId::new("ecs.services.k8s.aws", "Service", None, "api");
    let body = json!({
        "apiVersion": "ecs.services.k8s.aws/v1alpha1", "kind": "Service",
        "metadata": {"name": "api"}, "spec": spec,
    });
    Manifest {
        id,
        api_version: "ecs.services.k8s.aws/v1alpha1".into(),
        body: Body::new(&body),
        origin: Origin { file: "a.yaml".into(), line: 1, instance: None },
        refs: Vec::new(),
    }
}

/// A declaration of it as the verbs get it.
fn declare(spec: &Value) -> Declared {
    let (prepared, problems) = prepare(&Service, &manifest(spec));
    assert_eq!(problems, Vec::new());
    declared(&prepared.id, &prepared.body.value())
}

/// A described service with these members besides the usual ones.
fn described(members: &Value) -> Value {
    let mut service = json!({
        "serviceArn": "arn:aws:ecs:us-east-1:123456789012:service/main/api", "serviceName": "api",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/main", "status": "ACTIVE",
        "createdAt": 1_700_000_000.5,
    });
    let (Value::Object(service), Value::Object(members)) = (&mut service, members.clone()) else {
        unreachable!("both are maps")
    };
    service.extend(members);
    json!(service)
}

/// A live service of this spec.
fn live(spec: &Value) -> Live {
    let mut whole = json!({"name": "api", "cluster": "main"});
    let (Value::Object(map), Value::Object(more)) = (&mut whole, spec.clone()) else {
        unreachable!("both are maps")
    };
    map.extend(more);
    let arn = "arn:aws:ecs:us-east-1:123456789012:service/main/api".to_owned();
    let spec = Value::Object(normal::of_declared(&whole));
    Live { key: "main/api".into(), arn, spec, ..Live::default() }
}

/// The rows of a table: one JSON list a line.
fn rows<const N: usize>(table: &str) -> Vec<[Value; N]> {
    let row = |line: &str| -> Vec<Value> { serde_json::from_str(line).unwrap() };
    table
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| row(line).try_into().unwrap())
        .collect()
}

/// A context that can reach nothing.
async fn context() -> Context {
    let target = AwsTarget { region: Some("us-east-1".into()), ..AwsTarget::default() };
    let mut options = Options::new(target, "shop", "dev");
    options.endpoint_url = Some("http://127.0.0.1:1".into());
    options.static_credentials = Some(("id".into(), Arc::new(Sensitive::new("secret".into()))));
    Context::new(Session::new(&options).await.unwrap(), options)
}
