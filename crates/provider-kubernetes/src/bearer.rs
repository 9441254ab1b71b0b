//! [`Bearer`]: the token that requests carry, asked for again in time.

use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;
use suimon_provider::{ClusterAccess, Error, Result};
use tokio::sync::Mutex;

/// The token that requests carry, asked for again in time.
///
/// # Guarantees
/// However many requests need a token at once, it is asked for once.
pub(crate) struct Bearer {
    access: Arc<dyn ClusterAccess>,
    now: fn() -> SystemTime,
    held: Mutex<Option<Held>>,
}

struct Held {
    header: HeaderValue,
    refresh_after: SystemTime,
}

impl Bearer {
    pub(crate) fn new(access: Arc<dyn ClusterAccess>) -> Self {
        Self { access, now: SystemTime::now, held: Mutex::new(None) }
    }

    /// The value of `Authorization`.
    ///
    /// # Errors
    /// A token is needed and cannot be had.
    pub(crate) async fn header(&self) -> Result<HeaderValue> {
        let mut held = self.held.lock().await;
        match held.as_ref() {
            Some(token) if (self.now)() < token.refresh_after => Ok(token.header.clone()),
            _ => self.renew(&mut held).await,
        }
    }

    /// Another value than one that a server did not accept.
    ///
    /// # Errors
    /// As [`header`](Self::header).
    pub(crate) async fn instead_of(&self, refused: &HeaderValue) -> Result<HeaderValue> {
        let mut held = self.held.lock().await;
        match held.as_ref() {
            Some(token) if token.header != *refused => Ok(token.header.clone()),
            _ => self.renew(&mut held).await,
        }
    }

    async fn renew(&self, held: &mut Option<Held>) -> Result<HeaderValue> {
        let token = self.access.token().await?;
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.token.expose()))
            .map_err(|_| {
                Error::Malformed("the token has characters that no header takes".into())
            })?;
        header.set_sensitive(true);
        *held = Some(Held { header: header.clone(), refresh_after: token.refresh_after });
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use async_trait::async_trait;
    use suimon_model::Sensitive;
    use suimon_provider::{BearerToken, ClusterEndpoint};

    use super::*;

    /// Seconds since the epoch.
    static NOW: AtomicU64 = AtomicU64::new(1_000);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.load(Ordering::SeqCst))
    }

    /// Gives `token-1`, `token-2`, …, each good for ten minutes of the test's clock.
    #[derive(Debug, Default)]
    struct Counting(AtomicU64);

    #[async_trait]
    impl ClusterAccess for Counting {
        fn cluster(&self) -> &str {
            "shop"
        }

        async fn endpoint(&self) -> Result<Option<ClusterEndpoint>> {
            Ok(None)
        }

        async fn token(&self) -> Result<BearerToken> {
            // Others get their turn while a token is on its way.
            tokio::task::yield_now().await;
            let token = format!("token-{}", self.0.fetch_add(1, Ordering::SeqCst) + 1);
            let refresh_after = now() + Duration::from_secs(600);
            Ok(BearerToken { token: Sensitive::new(token), refresh_after })
        }
    }

    #[tokio::test]
    async fn a_token_is_asked_for_again_when_it_is_time_or_when_it_is_refused() {
        let bearer = Bearer { now, ..Bearer::new(Arc::new(Counting::default())) };
        let all = futures::future::try_join_all((0..8).map(|_| bearer.header())).await.unwrap();
        assert!(all.iter().all(|header| header == "Bearer token-1"), "{all:?}");
        assert!(all[0].is_sensitive());

        NOW.fetch_add(599, Ordering::SeqCst);
        assert_eq!(bearer.header().await.unwrap(), "Bearer token-1");
        NOW.fetch_add(1, Ordering::SeqCst);
        let second = bearer.header().await.unwrap();
        assert_eq!(second, "Bearer token-2");

        let refused = (0..8).map(|_| bearer.instead_of(&second));
        let fresh = futures::future::try_join_all(refused).await.unwrap();
        assert!(fresh.iter().all(|header| header == "Bearer token-3"), "{fresh:?}");
        assert_eq!(bearer.header().await.unwrap(), "Bearer token-3");
    }
}
