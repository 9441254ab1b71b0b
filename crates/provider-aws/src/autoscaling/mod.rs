//! The `applicationautoscaling` API.

use std::sync::Arc;

use async_trait::async_trait;
use suimon_provider::Result;

use crate::context::Context;
use crate::resource::{Declared, Family, Found, Kind};

/// The `applicationautoscaling` API.
pub(crate) struct AutoScaling;

#[async_trait]
impl Family for AutoScaling {
    fn group(&self) -> &'static str {
        "applicationautoscaling.services.k8s.aws"
    }

    fn kinds(&self) -> &'static [&'static dyn Kind] {
        &[]
    }

    async fn read(
        &self,
        _context: &Context,
        _declared: &[Arc<Declared>],
        _targeted: bool,
    ) -> Result<Vec<Found>> {
        Ok(Vec::new())
    }
}
