//! [`Retry`]: when a request is made again, and how long that is waited for.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Request, Response};

/// What waiting is; tests have one that does not wait.
#[async_trait]
pub trait Pace: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Comes back after this long.
    async fn wait(&self, pause: Duration);
}

/// The clock on the wall.
struct Wall;

#[async_trait]
impl Pace for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn wait(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// When a request is made again.
#[derive(Clone)]
pub struct Retry {
    /// How often a request is made at most.
    pub attempts: u32,
    /// The first pause; each next one is twice as long, and a random part of it is left out.
    pub first_pause: Duration,
    /// The longest pause that is chosen here.
    pub longest_pause: Duration,
    /// How long one request waits in all, also where the other side says how long.
    pub budget: Duration,
    /// What waits.
    pub pace: Arc<dyn Pace>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
            budget: Duration::from_secs(90),
            pace: Arc::new(Wall),
        }
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Retry");
        shown.field("attempts", &self.attempts).field("budget", &self.budget);
        shown.finish_non_exhaustive()
    }
}

/// What is left of the budget of one request.
pub(super) struct Patience<'a> {
    retry: &'a Retry,
    made: u32,
    waited: Duration,
}

impl<'a> Patience<'a> {
    pub(super) fn new(retry: &'a Retry) -> Self {
        Self { retry, made: 0, waited: Duration::ZERO }
    }

    /// Whether there was no answer that counts and the request may be made again now, after a pause.
    pub(super) async fn after_failure(&mut self, request: &Request) -> bool {
        request.repeatable && self.pause(None).await
    }

    /// Whether this answer asks for patience and the request may be made again now, after a pause.
    pub(super) async fn after_answer(&mut self, request: &Request, answer: &Response) -> bool {
        if is_limited(answer) {
            // Nothing was done: the forge refused before it looked, so any request may be repeated.
            let told = told_pause(answer, self.retry.pace.now());
            return self.pause(Some(told.unwrap_or(Duration::from_secs(60)))).await;
        }
        if matches!(answer.status, 500 | 502 | 503 | 504) && request.repeatable {
            return self.pause(told_pause(answer, self.retry.pace.now())).await;
        }
        false
    }

    async fn pause(&mut self, told: Option<Duration>) -> bool {
        self.made += 1;
        let chosen =
            self.retry.first_pause.saturating_mul(1 << self.made.clamp(1, 16).saturating_sub(1));
        let pause = told.unwrap_or_else(|| jitter(chosen.min(self.retry.longest_pause)));
        let waited = self.waited.saturating_add(pause);
        if self.made >= self.retry.attempts || waited > self.retry.budget {
            return false;
        }
        self.waited = waited;
        self.retry.pace.wait(pause).await;
        true
    }
}

/// Whether an answer says that there were too many requests: 429, or 403 with the headers that GitHub
/// documents for its limits
/// (<https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>).
pub(crate) fn is_limited(answer: &Response) -> bool {
    match answer.status {
        429 => true,
        403 => {
            answer.header("retry-after").is_some()
                || answer.header("x-ratelimit-remaining") == Some("0")
                || says_limited(answer)
        }
        _ => false,
    }
}

/// A secondary limit may come without a header, only with words.
fn says_limited(answer: &Response) -> bool {
    let start = answer.body.get(..answer.body.len().min(2048)).unwrap_or_default();
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    text.contains("secondary rate limit") || text.contains("api rate limit exceeded")
}

/// How long the other side wants us to wait: `Retry-After` (seconds or a date), or until
/// `X-RateLimit-Reset` (GitHub) or `RateLimit-Reset` (GitLab) when nothing is left. Its clock counts, not ours.
fn told_pause(answer: &Response, ours: Timestamp) -> Option<Duration> {
    let now = answer.header("date").and_then(http_date).unwrap_or(ours);
    let until = |then: Timestamp| {
        let seconds = then.as_second().saturating_sub(now.as_second()).max(0);
        Duration::from_secs(seconds.unsigned_abs())
    };
    if let Some(told) = answer.header("retry-after") {
        let told = told.trim();
        return match told.parse::<u64>() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => http_date(told).map(until),
        };
    }
    let (left, reset) = [
        ("x-ratelimit-remaining", "x-ratelimit-reset"),
        ("ratelimit-remaining", "ratelimit-reset"),
    ]
    .into_iter()
    .find_map(|(left, reset)| Some((answer.header(left)?, answer.header(reset)?)))?;
    if left.trim() != "0" {
        return None;
    }
    let reset = Timestamp::from_second(reset.trim().parse().ok()?).ok()?;
    // The second in which it is reset is not over when it begins.
    Some(until(reset).saturating_add(Duration::from_secs(1)))
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}

/// Between half of the pause and all of it, so that those who were refused together do not return together.
fn jitter(pause: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(u32::MAX);
    let part = f64::from(random) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + part / 2.0)
}
