//! Token buckets.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::state::Service;

/// How many calls each service of an account takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How many calls may come at once.
    pub burst: u32,
    /// How many calls per second the bucket is refilled by.
    pub per_second: f64,
}

/// What is left in the buckets, by account and service.
#[derive(Debug, Default)]
pub(crate) struct Buckets(BTreeMap<(String, Service), (f64, Timestamp)>);

impl Buckets {
    /// Takes one token; false when there is none.
    pub(crate) fn take(
        &mut self,
        rate: Rate,
        account: &str,
        service: Service,
        now: Timestamp,
    ) -> bool {
        let burst = f64::from(rate.burst);
        let (tokens, at) = self.0.entry((account.to_owned(), service)).or_insert((burst, now));
        let elapsed = now.duration_since(*at).as_secs_f64().max(0.0);
        *tokens = (*tokens + elapsed * rate.per_second).min(burst);
        *at = now.max(*at);
        let taken = *tokens >= 1.0;
        if taken {
            *tokens -= 1.0;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Buckets, Rate};
    use crate::aws::state::Service;

    #[test]
    fn a_bucket_empties_and_refills() {
        let rate = Rate { burst: 2, per_second: 4.0 };
        let mut buckets = Buckets::default();
        let start = Timestamp::UNIX_EPOCH;
        let mut take = |account: &str, service, millis| {
            let now = start + SignedDuration::from_millis(millis);
            buckets.take(rate, account, service, now)
        };
        assert!(take("1", Service::Ecs, 0) && take("1", Service::Ecs, 0));
        assert!(!take("1", Service::Ecs, 0), "the bucket is empty");
        assert!(take("1", Service::Eks, 0), "another service has its own");
        assert!(take("2", Service::Ecs, 0), "another account has its own");
        assert!(!take("1", Service::Ecs, 249));
        assert!(take("1", Service::Ecs, 250), "a quarter of a second refills one");
        assert!(take("1", Service::Ecs, 60_000) && take("1", Service::Ecs, 60_000));
        assert!(!take("1", Service::Ecs, 60_000), "a full bucket holds no more than the burst");
    }
}
