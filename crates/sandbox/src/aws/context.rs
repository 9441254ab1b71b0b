//! What an operation knows besides its input.

use std::hash::{BuildHasher, Hasher, RandomState};

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::EksEndpoint;

/// The circumstances of a call or of a step.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// The account, twelve digits.
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    /// The ARN of who calls; of the account's root in a step.
    pub(crate) caller: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) ids: &'a mut Ids,
    /// Where the clusters of these names really are.
    pub(crate) clusters: &'a [EksEndpoint],
}

impl Context<'_> {
    /// `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// Now as JSON bodies write it: seconds since 1970, to the millisecond.
    pub(crate) fn stamp(&self) -> Value {
        stamp(self.now)
    }
}

/// A time as JSON bodies write it: seconds since 1970, to the millisecond.
pub(crate) fn stamp(time: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
    let seconds = time.as_millisecond() as f64 / 1000.0;
    seconds.into()
}

/// Identifiers that occur once in a run and differ between runs.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: u64,
}

impl Ids {
    /// Another sequence in each run.
    pub(crate) fn fresh() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    /// The same sequence for the same seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { seed, next: 0 }
    }

    fn digest(&mut self) -> [u8; 32] {
        self.next += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(self.next.to_le_bytes());
        hash.finalize().into()
    }

    /// `length` lower-case hexadecimal digits, at most 64.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.digest().iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..length.min(64)]
            .to_owned()
    }

    /// A UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = self.hex(32);
        let variant = ["8", "9", "a", "b"][usize::from(hex.as_bytes()[16] % 4)];
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        )
    }

    fn pick(&mut self, alphabet: &[u8], length: usize) -> String {
        let digest = self.digest();
        digest
            .iter()
            .cycle()
            .take(length)
            .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
            .collect()
    }

    /// Letters and digits, as at the end of a secret's ARN.
    pub(crate) fn letters(&mut self, length: usize) -> String {
        self.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    /// Capital letters and digits, as in an access key id.
    pub(crate) fn capitals(&mut self, length: usize) -> String {
        self.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
    }

    /// Digits.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        self.pick(b"0123456789", length)
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_have_their_shape_and_do_not_repeat() {
        let mut ids = Ids::seeded(1);
        let (one, two) = (ids.uuid(), ids.uuid());
        assert_ne!(one, two);
        assert_eq!(one.len(), 36);
        assert_eq!(one.as_bytes()[14], b'4');
        assert!(matches!(one.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_eq!(ids.hex(32).len(), 32);
        assert_eq!(ids.letters(6).len(), 6);
        assert_eq!(ids.capitals(40).len(), 40);
    }
}
