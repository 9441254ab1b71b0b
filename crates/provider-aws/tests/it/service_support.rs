//! Somebody else's client of the same account, and what services need before they can be made.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ecs::types::{ContainerDefinition, PortMapping, Service};
use serde_json::{Map, Value, json};
use suimon_model::Manifest;

use crate::support::{REGION, Server, manifest};

/// A client that is not ours.
pub(crate) async fn client(server: &Server) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let account = server.account();
    let base = Credentials::new("123456789012", "secret", None, None, "test");
    let credentials = if matches!(server, Server::Sandbox(_)) {
        base
    } else {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http.clone())
            .region(Region::new(REGION))
            .endpoint_url(server.url())
            .credentials_provider(base)
            .build();
        let role = format!("arn:aws:iam::{account}:role/somebody");
        let sts = aws_sdk_sts::Client::from_conf(config);
        let sent = sts.assume_role().role_arn(role).role_session_name("somebody").send();
        let given = sent.await.unwrap().credentials.unwrap();
        let token = Some(given.session_token);
        Credentials::new(given.access_key_id, given.secret_access_key, token, None, "test")
    };
    let config = aws_sdk_ecs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new(REGION))
        .endpoint_url(server.url())
        .credentials_provider(credentials)
        .build();
    Client::from_conf(config)
}

/// The cluster `main`.
pub(crate) async fn cluster(client: &Client) {
    client.create_cluster().cluster_name("main").send().await.unwrap();
}

/// Registers a revision of `api` that runs this image, by somebody else; its ARN.
pub(crate) async fn definition(client: &Client, image: &str) -> String {
    let port = PortMapping::builder().container_port(80).name("web").build();
    let container =
        ContainerDefinition::builder().name("api").image(image).memory(64).port_mappings(port);
    let sent = client.register_task_definition().family("api");
    let sent = sent.container_definitions(container.build()).send().await.unwrap();
    sent.task_definition.unwrap().task_definition_arn.unwrap()
}

/// A declaration of the service `api` in the cluster `main`.
pub(crate) fn api(definition: &str, more: &Value) -> Manifest {
    let mut spec = json!({"cluster": "main", "taskDefinition": definition});
    let empty = Map::new();
    let more = more.as_object().unwrap_or(&empty);
    spec.as_object_mut().unwrap().extend(more.clone());
    manifest("ecs", "Service", "api", &spec)
}

/// The service as somebody else sees it.
pub(crate) async fn seen(client: &Client) -> Service {
    let sent = client.describe_services().cluster("main").services("api").send().await.unwrap();
    sent.services.unwrap_or_default().remove(0)
}

/// How many tasks can run: moto never gets any running.
pub(crate) fn some(server: &Server) -> i64 {
    if matches!(server, Server::Moto { .. }) { 0 } else { 2 }
}
