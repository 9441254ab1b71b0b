//! What a request is answered with.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::status::ApiError;

use super::body::{self, Body};

/// An answer before it is written.
#[derive(Debug)]
pub(crate) enum Answer {
    Text(&'static str),
    Json {
        code: u16,
        value: Value,
        warnings: Vec<String>,
    },
    /// JSON with another media type.
    Typed {
        media: &'static str,
        value: Value,
    },
    /// One JSON text.
    Raw(String),
    /// A list whose items are stored texts, each with its type in front when there is one.
    List {
        head: String,
        prefix: String,
        items: Vec<Arc<str>>,
    },
    Stream(mpsc::Receiver<Bytes>),
}

impl Answer {
    pub(crate) fn ok(value: Value) -> Self {
        Self::Json { code: 200, value, warnings: Vec::new() }
    }

    pub(crate) fn response(self) -> Response<Body> {
        match self {
            Self::Text(text) => {
                make(200, "text/plain; charset=utf-8", body::full(text.to_owned()), &[])
            }
            Self::Json { code, value, warnings } => {
                make(code, "application/json", body::full(value.to_string()), &warnings)
            }
            Self::Typed { media, value } => make(200, media, body::full(value.to_string()), &[]),
            Self::Raw(text) => make(200, "application/json", body::full(text), &[]),
            Self::List { head, prefix, items } => {
                make(200, "application/json", body::list(head, prefix, items), &[])
            }
            Self::Stream(lines) => make(200, "application/json", body::stream(lines), &[]),
        }
    }
}

pub(crate) fn error(error: &ApiError) -> Response<Body> {
    if error.is_plain() {
        return make(404, "text/plain; charset=utf-8", body::full(error.message().to_owned()), &[]);
    }
    make(error.code(), "application/json", body::full(error.body().to_string()), &[])
}

/// A response; header values that are no valid headers are left out.
pub(crate) fn make(
    code: u16,
    media: &'static str,
    body: Body,
    warnings: &[String],
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            headers.append(header::WARNING, value);
        }
    }
    response
}
