//! [`Provider`] for [`Aws`].

use std::time::Duration;

use async_trait::async_trait;
use suimon_model::{
    Body, DeferredRef, Diagnostic, Health, HealthStatus, Manifest, ResourceId, TargetIdentity,
};
use suimon_plan::{Change, LiveObject};
use suimon_provider::{
    Delete, DryRun, Exported, Membership, Observation, Provider, Result, Scope, Write, Written,
};

use crate::Aws;
use crate::kinds::{families, find};

#[async_trait]
impl Provider for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn serves(&self, id: &ResourceId) -> bool {
        id.is_aws()
    }

    async fn connect(&self) -> Result<TargetIdentity> {
        let identity = self.0.session.identity().await?;
        Ok(TargetIdentity {
            provider: "aws".to_owned(),
            identity: format!("{}/{}", identity.account, self.0.session.region),
            endpoint: identity.arn.clone(),
        })
    }

    fn check(&self, manifest: &Manifest) -> Vec<Diagnostic> {
        crate::check(manifest)
    }

    fn prepare(&self, manifest: &Manifest) -> Result<Manifest> {
        self.prepare_one(manifest)
    }

    fn declared_attribute(&self, manifest: &Manifest, reference: &DeferredRef) -> Option<String> {
        let spec = manifest.body.value().get("spec")?.clone();
        find(&manifest.id)?.declared_attribute(&spec, &reference.attribute)
    }

    fn moves_with_update(&self, reference: &DeferredRef) -> bool {
        find(&reference.target).is_some_and(|kind| kind.moves_with_update(&reference.attribute))
    }

    fn in_progress(&self, live: &LiveObject) -> bool {
        let body = live.body.value();
        let deployments = body.pointer("/status/deployments").and_then(serde_json::Value::as_array);
        let deploying = deployments.into_iter().flatten().any(|deployment| {
            deployment["status"] == "PRIMARY" && deployment["rolloutState"] == "IN_PROGRESS"
        });
        let changing = body.pointer("/status/status").and_then(serde_json::Value::as_str);
        deploying || matches!(changing, Some("CREATING" | "UPDATING"))
    }

    fn stands_for(&self, manifest: &Manifest) -> Option<String> {
        let kind = find(&manifest.id)?;
        let declared = crate::prepare::declared(&manifest.id, &manifest.body.value());
        Some(format!("{} {}", manifest.id.group_kind(), kind.key(&declared)))
    }

    fn usual_time(&self, id: &ResourceId) -> Option<Duration> {
        find(id)?.usual_time()
    }

    fn mask(&self, manifest: &Manifest) -> Body {
        self.masked(manifest)
    }

    async fn observe(
        &self,
        scope: Scope<'_>,
        sink: &mut (dyn FnMut(Observation) + Send),
    ) -> Result<()> {
        self.observe_all(scope, sink).await
    }

    async fn dry_run(&self, write: &Write) -> Result<DryRun> {
        self.dry(write).await
    }

    async fn open(&self, _superset: &Membership) -> Result<()> {
        Ok(())
    }

    async fn write(&self, write: &Write) -> Result<Written> {
        self.write_one(write).await
    }

    async fn delete(&self, delete: &Delete) -> Result<()> {
        self.delete_one(delete).await
    }

    async fn forget(&self, change: &Change) -> Result<()> {
        self.forget_one(&change.id).await
    }

    async fn health(&self, ids: &[(ResourceId, String)]) -> Result<Vec<Health>> {
        let unknown = || Health::new(HealthStatus::Unknown, "it was not looked at");
        let mut answers: Vec<Health> = vec![unknown(); ids.len()];
        for family in families() {
            for kind in family.kinds() {
                let such = |id: &ResourceId| id.group == family.group() && id.kind == kind.kind();
                let places: Vec<usize> =
                    (0..ids.len()).filter(|place| such(&ids[*place].0)).collect();
                let wanted: Vec<(ResourceId, String)> = places
                    .iter()
                    .filter_map(|place| {
                        let id = &ids[*place].0;
                        Some((id.clone(), self.0.key(id)?))
                    })
                    .collect();
                if wanted.is_empty() {
                    continue;
                }
                let told = kind.health(&self.0, &wanted).await;
                for ((id, _), health) in wanted.into_iter().zip(told) {
                    for place in places.iter().filter(|place| ids[**place].0 == id) {
                        answers[*place] = health.clone();
                    }
                }
            }
        }
        Ok(answers)
    }

    fn attribute(&self, object: &LiveObject, reference: &DeferredRef) -> Option<String> {
        let body = object.body.value();
        attribute(&body, &reference.attribute)
            .or_else(|| find(&object.id)?.attribute(&body, &reference.attribute))
    }

    async fn export(&self, name: &str) -> Result<Option<Exported>> {
        self.export_one(name).await
    }

    async fn close(&self, _members: &Membership) -> Result<()> {
        Ok(())
    }
}

/// `arn`, a dotted path from the body's root, or a field of the status or of the spec.
fn attribute(body: &serde_json::Value, name: &str) -> Option<String> {
    let pointer = |text: &str| format!("/{}", text.replace('.', "/"));
    let places = [
        (name == "arn").then(|| "/status/ackResourceMetadata/arn".to_owned()),
        Some(pointer(name)),
        Some(pointer(&format!("status.{name}"))),
        Some(pointer(&format!("spec.{name}"))),
    ];
    let value = places.into_iter().flatten().find_map(|place| body.pointer(&place).cloned())?;
    match value {
        serde_json::Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
