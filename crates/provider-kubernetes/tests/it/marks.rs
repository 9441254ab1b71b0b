//! What is put on declarations.

use serde_json::json;
use suimon_plan::APPLIED_ANNOTATION;
use suimon_provider::Provider;

use crate::cluster::Cluster;
use crate::manifests::{config_map, manifest, object};

#[tokio::test]
async fn the_digest_tells_equal_declarations_and_nothing_else() {
    let (one, two) = (Cluster::sandbox().await, Cluster::sandbox().await);
    let (one, two) = (one.provider("dev").await, two.provider("dev").await);
    let digest = |provider: &suimon_provider_kubernetes::Kubernetes, manifest| {
        let body = provider.prepare(&manifest).unwrap().body.value();
        body["metadata"]["annotations"][APPLIED_ANNOTATION].as_str().unwrap().to_owned()
    };
    let first = digest(&one, config_map("a", "c", "v"));
    assert_eq!(first, digest(&one, config_map("a", "c", "v")));
    assert_ne!(first, digest(&one, config_map("a", "c", "w")));
    // The same secret in two clusters has two digests: they are keyed.
    assert_ne!(first, digest(&two, config_map("a", "c", "v")));
    // The namespace that the scope implies makes no other declaration.
    let implied = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    let named = object("v1", "ConfigMap", "default", "c");
    assert_eq!(digest(&one, manifest(&implied)), digest(&one, manifest(&named)));
}
