//! Application Auto Scaling.

use serde_json::Value;

use super::{
    context::Context,
    ecs::Ecs,
    error::{AwsError, AwsResult},
};

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct Autoscaling {}

impl Autoscaling {
    pub(crate) fn call(
        &mut self,
        _context: &mut Context<'_>,
        _ecs: &mut Ecs,
        _operation: &str,
        _body: &Value,
    ) -> AwsResult {
        Err(AwsError::unknown_operation())
    }

    /// Brings each service's desired count between its target's capacities; whether one changed.
    pub(crate) fn step(&mut self, _context: &mut Context<'_>, _ecs: &mut Ecs) -> bool {
        false
    }
}
