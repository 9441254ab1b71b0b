//! Content negotiation.

use http::{HeaderMap, header};

use crate::{
    api::read::Form,
    status::{ApiError, ApiResult},
};

/// What the client accepts, best first, cut down to what the sandbox has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) form: Form,
    /// Aggregated discovery.
    pub(crate) aggregated: bool,
}

/// The first media type in `Accept` that can be served.
pub(crate) fn accepted(headers: &HeaderMap) -> ApiResult<Accepted> {
    let header: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).collect();
    let plain = Accepted { form: Form::Object, aggregated: false };
    if header.is_empty() {
        return Ok(plain);
    }
    header.iter().flat_map(|line| line.split(',')).find_map(one).ok_or_else(|| {
        ApiError::new(
            406,
            "NotAcceptable",
            "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf",
        )
    })
}

fn one(item: &str) -> Option<Accepted> {
    let mut parts = item.split(';').map(str::trim);
    let media = parts.next()?;
    if !matches!(media, "application/json" | "*/*" | "application/*") {
        return None;
    }
    let mut form = Form::Object;
    let mut aggregated = false;
    for part in parts {
        match part.split_once('=') {
            Some(("as", "Table")) => form = Form::Table,
            Some(("as", "PartialObjectMetadata" | "PartialObjectMetadataList")) => {
                form = Form::Metadata;
            }
            Some(("as", "APIGroupDiscoveryList")) => aggregated = true,
            Some(("v", version)) if aggregated && !matches!(version, "v2" | "v2beta1") => {
                return None;
            }
            _ => {}
        }
    }
    Some(Accepted { form, aggregated })
}
