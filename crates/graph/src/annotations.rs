//! The annotations that say something about order.

use serde::Deserialize;
use serde_json::Value;

/// The head of an object; the rest of it is not kept.
#[derive(Deserialize, Default)]
struct Head {
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    annotations: Option<Annotations>,
}

/// The annotations that say something about order, as written.
#[derive(Deserialize, Default)]
pub(crate) struct Annotations {
    /// Ids of objects to wait for.
    #[serde(rename = "suimon.dev/depends-on")]
    pub(crate) depends_on: Option<Value>,
    /// The same in the syntax of cli-utils.
    #[serde(rename = "config.kubernetes.io/depends-on")]
    pub(crate) cli_utils: Option<Value>,
    /// Argo CD's wave.
    #[serde(rename = "argocd.argoproj.io/sync-wave")]
    pub(crate) sync_wave: Option<Value>,
    /// Whose token a `Secret` is to hold.
    #[serde(rename = "kubernetes.io/service-account.name")]
    pub(crate) service_account: Option<Value>,
    /// The class of an `Ingress`, as it was written before `spec.ingressClassName`.
    #[serde(rename = "kubernetes.io/ingress.class")]
    pub(crate) ingress_class: Option<Value>,
}

impl Annotations {
    /// Reads them from an object's text without building the rest of the object.
    pub(crate) fn of_text(body: &str) -> Self {
        Self::of_head(serde_json::from_str(body).unwrap_or_default())
    }

    /// Reads them from an object.
    pub(crate) fn of_value(body: &Value) -> Self {
        Self::of_head(Head::deserialize(body).unwrap_or_default())
    }

    fn of_head(head: Head) -> Self {
        head.metadata.and_then(|metadata| metadata.annotations).unwrap_or_default()
    }
}
