//! [`DesiredState`](suimon_model::DesiredState) to [`Order`]: what waits for what, and why.
//!
//! Dependencies come from `ref()`, from annotations (`suimon.dev/depends-on`, Argo CD's
//! `sync-wave`, cli-utils' `config.kubernetes.io/depends-on`), from ACK's `fooRef` fields, from the
//! names by which AWS resources call each other, and from what Kubernetes itself implies. Everything is index based: an object is a number from 0 to
//! [`Order::len`], in an order in which dependencies come first.
//!
//! Where many objects wait for many others (sync waves, a selector that matches a whole
//! namespace), the two groups meet in one hidden vertex, a [`Barrier`], so that a thousand times a
//! thousand costs two thousand edges.

mod ack;
mod annotations;
mod aws;
mod cluster;
mod cycle;
mod draft;
mod edge;
mod explicit;
pub mod format;
mod implied;
mod index;
mod kinds;
mod links;
mod order;
mod selector;
mod sort;
mod walk;
mod waves;

pub use edge::{Barrier, Edge, EdgeReason};
pub use order::Order;
pub use walk::Walk;

use suimon_model::{Diagnostics, KubernetesTarget, Manifest};

/// Puts the declared objects in order.
///
/// # Guarantees
/// The result depends on the set of manifests alone, not on the order they come in. Time and memory
/// grow with the objects and with the dependencies as written, never with their product.
///
/// # Errors
/// Everything that is wrong, in one go: annotations that do not parse, dependencies on what is not
/// declared, objects that wait for themselves, and cycles. Of each group of objects that wait for
/// each other the shortest cycle is reported, for at most ten groups.
pub fn order(manifests: &[Manifest]) -> Result<Order, Diagnostics> {
    draft::Draft::of(manifests, None).into_order()
}

/// [`order`], for an environment whose Kubernetes objects live on this target.
///
/// Where that is an EKS cluster which is declared too, every Kubernetes object waits for it and for
/// the declared parts of it (node groups, Fargate profiles, access entries, add-ons, pod identity
/// associations). AWS resources without a `sync-wave` are then in no wave.
///
/// # Errors
/// As [`order`].
pub fn order_for(
    manifests: &[Manifest],
    target: Option<&KubernetesTarget>,
) -> Result<Order, Diagnostics> {
    draft::Draft::of(manifests, eks_cluster(target)).into_order()
}

/// Whether these objects declare the EKS cluster that the target is: it may be missing until they
/// are applied.
pub fn declares_target(manifests: &[Manifest], target: Option<&KubernetesTarget>) -> bool {
    eks_cluster(target).is_some_and(|name| cluster::is_declared(manifests, name))
}

fn eks_cluster(target: Option<&KubernetesTarget>) -> Option<&str> {
    match target {
        Some(KubernetesTarget::EksCluster(name)) => Some(name),
        _ => None,
    }
}

/// Puts objects that exist in order, for deleting them; it never fails.
///
/// What [`order`] reports is passed over here: an annotation on an object that is about to go must
/// not keep it from going. Dependencies on what is not among the objects are dropped, and so are
/// those between objects that wait for each other. Of two manifests with one id the first counts.
pub fn order_existing(manifests: &[Manifest]) -> Order {
    draft::Draft::of(manifests, None).into_order_regardless()
}
