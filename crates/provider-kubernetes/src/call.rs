//! [`Call`]: one request, as often as it is tried.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

/// Server-side apply's content type; JSON is YAML.
const APPLY: &str = "application/apply-patch+yaml";
const JSON_PATCH: &str = "application/json-patch+json";
const JSON: &str = "application/json";

/// One request, as often as it is tried.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) accept: &'static str,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            accept: JSON,
            content_type: None,
            body: Bytes::new(),
        }
    }

    pub(crate) fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    pub(crate) fn apply(path: String, body: &Value) -> Self {
        Self::with_body(Method::PATCH, path, APPLY, body)
    }

    pub(crate) fn json_patch(path: String, body: &Value) -> Self {
        Self::with_body(Method::PATCH, path, JSON_PATCH, body)
    }

    pub(crate) fn delete(path: String, body: &Value) -> Self {
        Self::with_body(Method::DELETE, path, JSON, body)
    }

    fn with_body(method: Method, path: String, kind: &'static str, body: &Value) -> Self {
        let body = Bytes::from(body.to_string());
        Self { method, path, accept: JSON, content_type: Some(kind), body }
    }
}
