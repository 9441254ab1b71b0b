//! ECS services.

use std::sync::Arc;

use crate::context::Context;
use crate::resource::{Declared, Found};

/// Reads what is declared and, in these clusters, what is ours.
pub(super) async fn read(
    context: &Context,
    clusters: &[String],
    declared: &[Arc<Declared>],
    targeted: bool,
) -> Vec<Found> {
    let _ = (context, clusters, declared, targeted);
    Vec::new()
}
