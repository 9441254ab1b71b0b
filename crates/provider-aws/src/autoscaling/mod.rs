//! Application Auto Scaling: scalable targets, and scaling policies and scheduled actions.

mod api;
mod marks;
mod normal;
mod policy;
mod policy_check;
mod read;
mod schedule;
mod target;

use std::sync::Arc;

use async_trait::async_trait;
use suimon_provider::Result;

use crate::context::Context;
use crate::resource::{Declared, Family, Found, Kind};

/// The `applicationautoscaling` API.
pub(crate) struct AutoScaling;

const GROUP: &str = "applicationautoscaling.services.k8s.aws";

#[async_trait]
impl Family for AutoScaling {
    fn group(&self) -> &'static str {
        GROUP
    }

    fn kinds(&self) -> &'static [&'static dyn Kind] {
        &[&target::ScalableTarget, &policy::ScalingPolicy]
    }

    async fn read(
        &self,
        context: &Context,
        declared: &[Arc<Declared>],
        targeted: bool,
    ) -> Result<Vec<Found>> {
        Ok(read::read(context, declared, targeted).await)
    }
}
