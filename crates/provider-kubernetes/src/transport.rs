//! [`Transport`]: one request with its deadline, its retries and what its failure means.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use kube::client::Body;
use suimon_provider::Error;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::Policy;
use crate::call::Call;
use crate::connect::Connection;
use crate::failure::{Failure, read_failure};
use crate::status::Status;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// An earlier try got no answer: it may have done its work.
    pub(crate) after_lost: bool,
}

/// No answer, or none but transient errors, within the retries.
#[derive(Debug, Clone)]
pub(crate) struct Gone {
    pub(crate) error: Error,
    /// A try got no answer: it may have done its work.
    pub(crate) lost: bool,
}

/// The way to one API server.
pub(crate) struct Transport {
    /// `None` while it is not known where it leads.
    connection: RwLock<Option<Arc<Connection>>>,
    user_agent: String,
    pub(crate) policy: Policy,
    permits: Semaphore,
}

enum Attempt {
    Answer { status: u16, retry_after: Option<Duration>, body: Bytes },
    Failed(Failure),
}

impl Transport {
    /// A way that leads nowhere yet.
    pub(crate) fn new(options: &crate::Options) -> Self {
        Self {
            connection: RwLock::new(None),
            user_agent: format!("suimon/{}", options.tool_version),
            policy: options.policy,
            permits: Semaphore::new(options.concurrency.max(1)),
        }
    }

    /// Everything sent from now on goes there.
    pub(crate) fn lead_to(&self, connection: Connection) {
        let mut slot = self.connection.write().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(Arc::new(connection));
    }

    fn connection(&self) -> Option<Arc<Connection>> {
        self.connection.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where it leads, in words.
    pub(crate) fn endpoint(&self) -> String {
        self.connection().map_or_else(|| "the API server".to_owned(), |c| c.endpoint.clone())
    }

    /// Whose credentials, in words: ``context `prod` ``.
    pub(crate) fn credentials(&self) -> String {
        self.connection().map(|c| c.credentials.clone()).unwrap_or_default()
    }

    /// Why a server would not accept the credentials, in words.
    pub(crate) fn why_refused(&self) -> &'static str {
        match self.connection() {
            Some(connection) if connection.bearer.is_some() => {
                "no access entry of the cluster names that identity"
            }
            _ => "expired, or revoked",
        }
    }

    /// Sends until there is an answer that is not transient, or the retries are used up.
    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, Gone> {
        let started = Instant::now();
        let mut lost = false;
        let mut tries = 0;
        loop {
            let attempt = self.attempt(call).await;
            tries += 1;
            let (most, retry_after, error) = match attempt {
                Attempt::Answer { status, retry_after, body } => {
                    let Some(error) = transient(status, &body) else {
                        return Ok(Reply { status, body, after_lost: lost });
                    };
                    // A 503 or 429 is said before anything is done; the others may come after.
                    lost |= matches!(status, 500 | 502 | 504);
                    (self.policy.tries, retry_after, error)
                }
                Attempt::Failed(Failure::Fatal(error)) => return Err(Gone { error, lost }),
                Attempt::Failed(Failure::NotConnected(reason)) => {
                    (self.policy.connect_tries, None, self.unreachable(reason))
                }
                Attempt::Failed(Failure::NoAnswer(reason)) => {
                    lost = true;
                    (self.policy.tries, None, self.unreachable(reason))
                }
            };
            let wait = retry_after.unwrap_or_else(|| backoff(&self.policy, tries, jitter()));
            if tries >= most || started.elapsed() + wait > self.policy.budget {
                return Err(Gone { error, lost });
            }
            tracing::debug!(path = %call.path, tries, ?wait, "trying again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, call: &Call) -> Attempt {
        let permit = self.permits.acquire().await;
        let outcome = tokio::time::timeout(self.policy.deadline, self.exchange(call)).await;
        drop(permit);
        match outcome {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => Attempt::Failed(failure),
            Err(_) => Attempt::Failed(Failure::NoAnswer(format!(
                "no answer within {}",
                seconds(self.policy.deadline)
            ))),
        }
    }

    /// One request; once more with a fresh token where the token is not accepted.
    async fn exchange(&self, call: &Call) -> Result<Attempt, Failure> {
        let Some(connection) = self.connection() else {
            return Err(Failure::Fatal(not_connected()));
        };
        let Some(bearer) = &connection.bearer else {
            return self.request(&connection, call, None).await;
        };
        let header = bearer.header().await.map_err(Failure::Fatal)?;
        match self.request(&connection, call, Some(header.clone())).await? {
            Attempt::Answer { status: 401, .. } => {
                let fresh = bearer.instead_of(&header).await.map_err(Failure::Fatal)?;
                self.request(&connection, call, Some(fresh)).await
            }
            answer => Ok(answer),
        }
    }

    async fn request(
        &self,
        connection: &Connection,
        call: &Call,
        authorization: Option<HeaderValue>,
    ) -> Result<Attempt, Failure> {
        let mut request = http::Request::builder()
            .method(call.method.clone())
            .uri(&call.path)
            .header(ACCEPT, call.accept)
            .header(USER_AGENT, &self.user_agent);
        if let Some(content_type) = call.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request
            .body(Body::from(call.body.clone()))
            .map_err(|error| Failure::Fatal(Error::Rejected(format!("not a request: {error}"))))?;
        let response =
            connection.client.send(request).await.map_err(|error| read_failure(&error, self))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let body = response.into_body().collect_bytes().await.map_err(|error| {
            Failure::NoAnswer(format!("the answer was cut short: {}", crate::failure::root(&error)))
        })?;
        Ok(Attempt::Answer { status, retry_after, body })
    }

    fn unreachable(&self, reason: String) -> Error {
        Error::Unreachable { endpoint: self.endpoint(), reason }
    }
}

/// What everything answers before connecting.
pub(crate) fn not_connected() -> Error {
    Error::Config("not connected to the cluster yet".to_owned())
}

/// The error that an answer stands for, when trying again may give another one.
fn transient(status: u16, body: &[u8]) -> Option<Error> {
    if !matches!(status, 408 | 409 | 429 | 500 | 502 | 503 | 504) {
        return None;
    }
    let parsed = Status::read(status, body);
    parsed.is_transient().then(|| Error::Transient(parsed.text()))
}

/// Wait before the next try: doubles, up to a cap, spread over half to the whole of it.
fn backoff(policy: &Policy, tries: u32, jitter: f64) -> Duration {
    let doubled = policy.backoff.saturating_mul(1 << tries.saturating_sub(1).min(16));
    doubled.min(policy.max_backoff).mul_f64(0.5 + jitter / 2.0)
}

/// Somewhere in 0..1; spreads clients, guards nothing.
fn jitter() -> f64 {
    let bits = RandomState::new().hash_one(0_u8);
    f64::from((bits >> 32) as u32) / f64::from(u32::MAX)
}

/// A duration for people.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let policy = Policy::default();
        let waits = |jitter| {
            (1..=7).map(|tries| backoff(&policy, tries, jitter).as_millis()).collect::<Vec<_>>()
        };
        assert_eq!(waits(1.0), [200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(waits(0.0), [100, 200, 400, 800, 1600, 2500, 2500]);
        assert!((0.0..=1.0).contains(&jitter()));
    }
}
