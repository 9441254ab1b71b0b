//! Keys of the tests.

use std::sync::Arc;

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use suimon_ledger::{Signer, Signing};

pub(crate) struct TestKey(PrivateKey);

pub(crate) fn key(seed: u8) -> TestKey {
    let pair = Ed25519Keypair::from_seed(&[seed; 32]);
    TestKey(PrivateKey::new(KeypairData::from(pair), "test").unwrap())
}

impl TestKey {
    /// A line of allowed signers.
    pub(crate) fn line(&self, principal: &str, options: &str) -> String {
        format!("{principal} {options} {}\n", self.0.public_key().to_openssh().unwrap())
    }

    pub(crate) fn signature(&self, namespace: &str, bytes: &[u8]) -> String {
        let signature = self.0.sign(namespace, HashAlg::Sha512, bytes).unwrap();
        signature.to_pem(LineEnding::LF).unwrap()
    }
}

impl Signer for TestKey {
    fn sign(&self, namespace: &str, bytes: &[u8]) -> Result<String, String> {
        Ok(self.signature(namespace, bytes))
    }
}

/// Aiko signs with key 1.
pub(crate) fn allowed() -> String {
    key(1).line("aiko@example.com", "namespaces=\"ledger@suimon.dev\"")
}

pub(crate) fn signing() -> Signing {
    Signing { signer: Some(Arc::new(key(1))), allowed: Some(allowed()) }
}
