//! The `eks` API.
//!
//! [`part`] says what its kinds differ in and makes the verbs of them; [`read`] finds what is there; [`updates`] and
//! [`health`] follow what runs in the service.

use std::sync::Arc;

use async_trait::async_trait;
use suimon_provider::Result;

use crate::context::Context;
use crate::resource::{Declared, Family, Found, Kind};

mod access_entry;
mod addon;
mod api;
mod check;
mod cluster;
mod fargate;
mod health;
mod nodegroup;
mod part;
mod pod_identity;
mod read;
mod rules;
mod skew;
mod updates;
mod version;

#[cfg(test)]
mod tests;

use part::{GROUP, Managed};

/// The `eks` API.
pub(crate) struct Eks;

#[async_trait]
impl Family for Eks {
    fn group(&self) -> &'static str {
        GROUP
    }

    fn kinds(&self) -> &'static [&'static dyn Kind] {
        &[
            &Managed(cluster::Cluster),
            &Managed(access_entry::AccessEntry),
            &Managed(nodegroup::Nodegroup),
            &Managed(fargate::FargateProfile),
            &Managed(pod_identity::PodIdentityAssociation),
            &Managed(addon::Addon),
        ]
    }

    async fn read(
        &self,
        context: &Context,
        declared: &[Arc<Declared>],
        targeted: bool,
    ) -> Result<Vec<Found>> {
        read::read(context, declared, targeted).await
    }
}
