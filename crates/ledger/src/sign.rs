//! Signing of records.

use std::sync::Arc;

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
    /// Content of the allowed signers that the project asks for: what they would not accept is not
    /// written.
    pub allowed: Option<String>,
}

impl Signing {
    /// The signature of a record, where it is signed.
    pub(crate) fn sign(&self, _record: &Record, bytes: &[u8]) -> Result<Option<String>> {
        match (&self.signer, &self.allowed) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Error::Unsigned(
                "the project asks for signed records, and there is no key to sign with".to_owned(),
            )),
            (Some(signer), _) => {
                signer.sign(LEDGER_NAMESPACE, bytes).map(Some).map_err(Error::Unsigned)
            }
        }
    }
}
