//! Every kind that is served: the only table of them.

use suimon_model::ResourceId;

use crate::resource::{Family, Kind};
use crate::{autoscaling, ecs, eks, secrets};

/// The APIs.
pub(crate) fn families() -> &'static [&'static dyn Family] {
    &[&ecs::Ecs, &autoscaling::AutoScaling, &eks::Eks, &secrets::SecretsManager]
}

/// The kind of a resource.
pub(crate) fn find(id: &ResourceId) -> Option<&'static dyn Kind> {
    let family = families().iter().find(|family| family.group() == id.group)?;
    family.kinds().iter().copied().find(|kind| kind.kind() == id.kind)
}
