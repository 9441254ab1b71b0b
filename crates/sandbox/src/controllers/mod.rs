//! The controllers of a cluster, as far as health and collection need them.
//!
//! One task reads the log of changes and reconciles what they touch; it sleeps when there is nothing to do.

use std::sync::Arc;

use crate::state::Shared;

/// Runs until the sandbox stops.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut written = shared.written.subscribe();
    loop {
        let rv = *written.borrow_and_update();
        shared.settled.send_replace(rv);
        if written.changed().await.is_err() {
            return;
        }
    }
}
