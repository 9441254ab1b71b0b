//! Ctrl-C and SIGTERM: the first asks to stop before the next write, the second ends at once.

use std::sync::Arc;

use suimon_apply::Stop;
use tokio::signal::unix::{SignalKind, signal};

use crate::console::Console;
use crate::failure::{Failure, INTERRUPTED};

/// Listens from now on.
pub(crate) fn listen(console: Arc<Console>) -> Result<Stop, Failure> {
    let cannot = |e: std::io::Error| Failure::new(format!("cannot listen for signals: {e}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let (stopper, stop) = suimon_apply::stop_channel();
    tokio::spawn(async move {
        let mut asked = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asked {
                console.note("Interrupted again: ending now. What was in flight is unknown; the next run reads it back.");
                std::process::exit(i32::from(INTERRUPTED));
            }
            asked = true;
            console.note("Interrupted: no further write begins; waiting for the ones in flight.");
            stopper.send_replace(true);
        }
    });
    Ok(stop)
}

/// Waits until asked to stop.
pub(crate) async fn stopped(stop: &mut Stop) {
    // An error means that the listener is gone, and then nobody can ask any more.
    if stop.wait_for(|asked| *asked).await.is_err() {
        std::future::pending::<()>().await;
    }
}
