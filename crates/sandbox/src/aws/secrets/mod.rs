//! Secrets Manager.

use serde_json::Value;

use super::{
    context::Context,
    error::{AwsError, AwsResult},
};

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct Secrets {}

impl Secrets {
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
