//! The provider suite, on every server there is.

use serde_json::json;
use suimon_provider::conformance::{Subjects, check};

use crate::support::{config_map, manifest, real};

fn subjects(namespace: &str) -> Subjects {
    Subjects {
        object: config_map(namespace, "object", "one"),
        changed: config_map(namespace, "object", "two"),
        secret: manifest(&json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "secret", "namespace": namespace},
            "stringData": {"password": "correct horse battery"},
        })),
        secret_text: vec!["correct horse".into(), "Y29ycmVjdCBob3JzZ".into()],
    }
}

#[tokio::test]
async fn a_real_api_server() {
    check(&real().await, &subjects("default")).await.unwrap();
}
