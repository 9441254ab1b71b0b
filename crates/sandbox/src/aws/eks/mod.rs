//! EKS.

use serde_json::Value;

use super::{
    context::Context,
    error::{AwsError, AwsResult},
};

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct Eks {}

impl Eks {
    pub(crate) fn call(
        &mut self,
        _context: &mut Context<'_>,
        _operation: &str,
        _body: &Value,
    ) -> AwsResult {
        Err(AwsError::unknown_operation())
    }

    /// One step of what happens by itself; whether anything did.
    pub(crate) fn step(&mut self, _context: &mut Context<'_>) -> bool {
        false
    }
}

/// The operation that a request means, and its input with path and query parameters under their API names.
///
/// `path` is as it was sent, still percent-encoded; `query` is decoded.
pub(crate) fn route(
    _method: &str,
    _path: &str,
    _query: &[(String, String)],
    _body: &Value,
) -> Option<(String, Value)> {
    None
}
