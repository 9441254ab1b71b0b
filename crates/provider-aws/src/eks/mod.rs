//! The `eks` API.

use std::sync::Arc;

use async_trait::async_trait;
use suimon_provider::Result;

use crate::context::Context;
use crate::resource::{Declared, Family, Found, Kind};

/// The `eks` API.
pub(crate) struct Eks;

#[async_trait]
impl Family for Eks {
    fn group(&self) -> &'static str {
        "eks.services.k8s.aws"
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
