//! Signatures of records.

use std::fmt;
use std::sync::Arc;

use suimon_gate::signers::AllowedSigners;
use suimon_gate::ssh;

use crate::{Error, Record, Result};

/// Namespace of the signatures of records (PROTOCOL.sshsig): one made for anything else is refused.
pub const LEDGER_NAMESPACE: &str = "ledger@suimon.dev";

/// Signs records.
pub trait Signer: Send + Sync {
    /// OpenSSH's signature of these bytes, in its armor (PROTOCOL.sshsig).
    ///
    /// # Errors
    /// Why it could not be signed, for people.
    fn sign(&self, namespace: &str, bytes: &[u8]) -> Result<String, String>;
}

/// How the records of a ledger are signed.
#[derive(Clone, Default)]
pub struct Signing {
    /// Who signs; `None` leaves records unsigned.
    pub signer: Option<Arc<dyn Signer>>,
    /// Content of the allowed signers that the project asks for: a record that they would not accept
    /// is not written.
    pub allowed: Option<String>,
}

impl Signing {
    /// The signature of a record, where it is signed.
    pub(crate) fn sign(&self, record: &Record, bytes: &[u8]) -> Result<Option<String>> {
        let Some(signer) = &self.signer else {
            return match &self.allowed {
                None => Ok(None),
                Some(_) => Err(Error::Unsigned(
                    "the project asks for signed records, and there is no key to sign with"
                        .to_owned(),
                )),
            };
        };
        let signature = signer.sign(LEDGER_NAMESPACE, bytes).map_err(Error::Unsigned)?;
        let allowed = self.allowed.as_deref().map(AllowedSigners::parse);
        check(&signature, bytes, record, allowed.as_ref()).map_err(Error::Unsigned)?;
        Ok(Some(signature))
    }
}

/// Whether a signature is of this record, by a key of its actor where the allowed signers are given.
pub(crate) fn check(
    signature: &str,
    bytes: &[u8],
    record: &Record,
    allowed: Option<&AllowedSigners>,
) -> Result<(), String> {
    let key = ssh::verify(signature, LEDGER_NAMESPACE, bytes).map_err(|error| error.to_string())?;
    let Some(allowed) = allowed else { return Ok(()) };
    allowed
        .admit(&key, &record.actor.email, LEDGER_NAMESPACE, &[record.time])
        .map(|_| ())
        .map_err(|error| error.to_string())
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing")
            .field("signer", &self.signer.is_some())
            .field("allowed", &self.allowed)
            .finish()
    }
}
