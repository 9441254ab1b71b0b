//! Dry runs, for what differs.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};
use suimon_model::{Manifest, ResourceId};
use suimon_plan::Preview;
use suimon_provider::{Error, Registry, Write};

/// Asks the APIs what these writes would store.
pub(crate) async fn preview<'a>(
    manifests: impl Iterator<Item = &'a Manifest>,
    registry: &Registry,
    parallelism: usize,
) -> BTreeMap<ResourceId, Preview> {
    stream::iter(manifests)
        .map(|manifest| async move { (manifest.id.clone(), one(manifest, registry).await) })
        .buffer_unordered(parallelism.max(1))
        .collect()
        .await
}

async fn one(manifest: &Manifest, registry: &Registry) -> Preview {
    let Some(provider) = registry.provider(&manifest.id) else {
        return Preview::Failed { reason: "nothing here serves this kind".to_owned() };
    };
    let write = Write {
        id: manifest.id.clone(),
        body: manifest.body.clone(),
        resource_version: None,
        force: false,
    };
    match provider.dry_run(&write).await {
        Ok(answer) => Preview::Stored { object: answer.object, conflicts: answer.conflicts },
        Err(Error::Immutable { fields, message }) => Preview::Immutable { fields, message },
        Err(error @ (Error::Rejected(_) | Error::KindNotServed(_) | Error::NotFound(_))) => {
            // The refusal names the object.
            let (message, id) = (error.to_string(), format!("{}: ", manifest.id));
            Preview::Rejected { message: message.strip_prefix(&id).unwrap_or(&message).to_owned() }
        }
        Err(Error::RolledBack(message)) => Preview::RolledBack { message },
        Err(error) => Preview::Failed { reason: error.to_string() },
    }
}
