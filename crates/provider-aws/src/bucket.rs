//! [`Bucket`]: a token bucket that learns from being throttled.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// How far the rate falls when the API throttles, and how fast it comes back.
const BACK_OFF: f64 = 0.85;
const RECOVERY_PER_SECOND: f64 = 0.1;

/// A token bucket: `burst` calls at once, then `rate` calls a second.
///
/// # Guarantees
/// First come, first served. When the API throttles all the same (others use the same account), the
/// bucket is emptied and the rate falls by a seventh; it recovers by ten per cent a second.
#[derive(Debug)]
pub(crate) struct Bucket {
    burst: f64,
    rate: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tokens: f64,
    share: f64,
    filled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(burst: u32, rate: f64) -> Self {
        let state =
            Mutex::new(State { tokens: f64::from(burst), share: 1.0, filled: Instant::now() });
        Self { burst: f64::from(burst), rate, state }
    }

    /// Waits for a token and takes it.
    pub(crate) async fn take(&self) {
        // Holding the lock while waiting keeps the order of arrival.
        let mut state = self.state.lock().await;
        self.refill(&mut state);
        if state.tokens < 1.0 {
            let wait = (1.0 - state.tokens) / (self.rate * state.share);
            tokio::time::sleep(Duration::from_secs_f64(wait)).await;
            self.refill(&mut state);
            state.tokens = state.tokens.max(1.0);
        }
        state.tokens -= 1.0;
    }

    /// The API throttled a call: slow down.
    pub(crate) async fn throttled(&self) {
        let mut state = self.state.lock().await;
        self.refill(&mut state);
        state.tokens = state.tokens.min(0.0);
        state.share = (state.share * BACK_OFF).max(0.05);
    }

    fn refill(&self, state: &mut State) {
        let now = Instant::now();
        let passed = now.duration_since(state.filled).as_secs_f64();
        state.filled = now;
        state.tokens = (state.tokens + passed * self.rate * state.share).min(self.burst);
        state.share = (state.share + passed * RECOVERY_PER_SECOND).min(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time is tokio's paused clock: exact, and nothing sleeps.
    async fn seconds_for(bucket: &Bucket, calls: usize) -> f64 {
        let start = Instant::now();
        for _ in 0..calls {
            bucket.take().await;
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_the_rest_is_paced() {
        let bucket = Bucket::new(50, 20.0);
        assert!(seconds_for(&bucket, 50).await < 0.01);
        let paced = seconds_for(&bucket, 100).await;
        assert!((4.9..5.2).contains(&paced), "{paced}");
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(seconds_for(&bucket, 50).await < 0.01, "it fills up, and not further");
        assert!(seconds_for(&bucket, 1).await > 0.04);
    }

    #[tokio::test(start_paused = true)]
    async fn being_throttled_slows_down_for_a_while() {
        let bucket = Bucket::new(50, 20.0);
        bucket.throttled().await;
        let slow = seconds_for(&bucket, 18).await;
        assert!((0.95..1.1).contains(&slow), "{slow}");
        tokio::time::advance(Duration::from_secs(60)).await;
        seconds_for(&bucket, 50).await;
        let again = seconds_for(&bucket, 20).await;
        assert!((0.9..1.1).contains(&again), "{again}");
    }
}
