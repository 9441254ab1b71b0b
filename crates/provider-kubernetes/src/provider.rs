//! [`Provider`] for [`Kubernetes`].

use async_trait::async_trait;
use suimon_model::{Body, DeferredRef, Health, Manifest, ResourceId, TargetIdentity};
use suimon_plan::{Change, LiveObject};
use suimon_provider::{
    Delete, DryRun, Exported, Membership, Observation, Provider, Result, Scope, Write, Written,
};

use crate::Kubernetes;

#[async_trait]
impl Provider for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn serves(&self, id: &ResourceId) -> bool {
        !id.is_aws()
    }

    async fn connect(&self) -> Result<TargetIdentity> {
        self.0.connect().await
    }

    fn prepare(&self, manifest: &Manifest) -> Result<Manifest> {
        self.0.prepare(manifest)
    }

    fn mask(&self, manifest: &Manifest) -> Body {
        self.0.mask(manifest)
    }

    async fn observe(
        &self,
        scope: Scope<'_>,
        sink: &mut (dyn FnMut(Observation) + Send),
    ) -> Result<()> {
        self.0.observe(scope, sink).await
    }

    async fn dry_run(&self, write: &Write) -> Result<DryRun> {
        self.0.dry_run(write).await
    }

    async fn open(&self, superset: &Membership) -> Result<()> {
        drop(self.0.take_first_look());
        if self.0.is_pending() {
            self.0.pending.open(superset);
            return Ok(());
        }
        self.0.open(&*self.0.session()?, superset).await
    }

    async fn write(&self, write: &Write) -> Result<Written> {
        drop(self.0.take_first_look());
        self.0.write(write).await
    }

    async fn delete(&self, delete: &Delete) -> Result<()> {
        drop(self.0.take_first_look());
        self.0.delete(delete).await
    }

    async fn forget(&self, change: &Change) -> Result<()> {
        drop(self.0.take_first_look());
        self.0.forget(change).await
    }

    async fn health(&self, ids: &[(ResourceId, String)]) -> Result<Vec<Health>> {
        self.0.health(ids).await
    }

    fn attribute(&self, object: &LiveObject, reference: &DeferredRef) -> Option<String> {
        crate::attribute::attribute(&object.body.value(), &reference.attribute)
    }

    fn served_versions(&self, id: &ResourceId) -> Vec<String> {
        self.0.served_versions(id)
    }

    async fn export(&self, name: &str) -> Result<Option<Exported>> {
        self.0.export(name).await
    }

    async fn close(&self, members: &Membership) -> Result<()> {
        self.0.close(members).await
    }
}
