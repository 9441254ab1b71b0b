//! OpenSSH's public keys and signatures (PROTOCOL.sshsig), verified without any program.

mod armor;

use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey, SshSig};

/// The longest armor that is looked at, in bytes: the largest key's signature is far below.
pub const MAX_SIGNATURE: usize = 16 * 1024;

const MIN_RSA_BITS: usize = 2048;
/// What the arithmetic behind it takes.
const MAX_RSA_BITS: usize = 4096;
/// U2F's flag of user presence (PROTOCOL.u2f).
const TOUCHED: u8 = 1;
/// Flags and counter after a security key's signature (PROTOCOL.u2f).
const SECURITY_KEY_TRAILER: usize = 5;

/// Why a public key is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is not `type base64`.
    #[error("this is not a public key in OpenSSH's format")]
    Malformed,
    /// A certificate names its own principals.
    #[error("certificates are not taken, list the key itself")]
    Certificate,
    /// Another algorithm.
    #[error("keys of type {0} are not taken; use ed25519, ecdsa, rsa or a FIDO key of these")]
    Algorithm(String),
    /// RSA below 2048 bits.
    #[error("the RSA key has {0} bits, at least 2048 are needed")]
    TooShort(usize),
    /// RSA above 4096 bits.
    #[error("the RSA key has {0} bits, at most 4096 can be checked")]
    TooLong(usize),
}

/// Why a signature is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It is not OpenSSH's armor, is cut off, or names a hash or an algorithm that is not taken.
    #[error("the signature is damaged or of a kind that is not taken")]
    Malformed,
    /// Longer than [`MAX_SIGNATURE`].
    #[error("the signature is longer than {MAX_SIGNATURE} bytes")]
    TooLong,
    /// Made for something else.
    #[error("the signature is for namespace `{found}`, not `{wanted}`")]
    Namespace {
        /// What it is for.
        found: String,
        /// What it had to be for.
        wanted: String,
    },
    /// Its key is not taken.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The security key says that nobody touched it.
    #[error("nobody touched the security key when it signed")]
    Untouched,
    /// The key did not sign this text.
    #[error("the signature is not of this text by this key")]
    Wrong,
}

/// A public key that is strong enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    data: KeyData,
    fingerprint: String,
}

impl Key {
    /// Reads `type base64`, with or without a comment.
    ///
    /// # Errors
    /// It is none, or of a kind that is not taken.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut words = text.split_whitespace();
        let (Some(kind), Some(base64)) = (words.next(), words.next()) else {
            return Err(KeyError::Malformed);
        };
        if kind.contains("-cert-") {
            return Err(KeyError::Certificate);
        }
        let key = PublicKey::from_openssh(&format!("{kind} {base64}"));
        Self::new(key.map_err(|_| KeyError::Malformed)?.key_data().clone())
    }

    /// OpenSSH's fingerprint, `SHA256:…`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn new(data: KeyData) -> Result<Self, KeyError> {
        match &data {
            KeyData::Ed25519(_)
            | KeyData::Ecdsa(_)
            | KeyData::SkEd25519(_)
            | KeyData::SkEcdsaSha2NistP256(_) => {}
            KeyData::Rsa(key) => match key.n.as_positive_bytes().map_or(0, bits) {
                size if size < MIN_RSA_BITS => return Err(KeyError::TooShort(size)),
                size if size > MAX_RSA_BITS => return Err(KeyError::TooLong(size)),
                _ => {}
            },
            other if other.algorithm().as_str().contains("-cert-") => {
                return Err(KeyError::Certificate);
            }
            other => return Err(KeyError::Algorithm(other.algorithm().as_str().to_owned())),
        }
        let fingerprint = data.fingerprint(HashAlg::Sha256).to_string();
        Ok(Self { data, fingerprint })
    }
}

/// Checks a signature: right armor, namespace, algorithm, and that its key signed exactly `message`.
///
/// Whether the key is anybody's is another question: [`AllowedSigners`](crate::signers::AllowedSigners).
///
/// # Errors
/// It is not believed, and why.
pub fn verify(armor: &str, namespace: &str, message: &[u8]) -> Result<Key, SignatureError> {
    let signature = read(armor)?;
    if signature.namespace() != namespace {
        return Err(SignatureError::Namespace {
            found: signature.namespace().to_owned(),
            wanted: namespace.to_owned(),
        });
    }
    let key = Key::new(signature.public_key().clone())?;
    let same = match (&key.data.algorithm(), &signature.algorithm()) {
        (Algorithm::Rsa { .. }, Algorithm::Rsa { hash }) => hash.is_some(),
        (of_key, of_signature) => of_key == of_signature,
    };
    if !same {
        return Err(SignatureError::Malformed);
    }
    PublicKey::from(key.data.clone())
        .verify(namespace, message, &signature)
        .map_err(|_| SignatureError::Wrong)?;
    if key.data.is_sk_ed25519() || key.data.is_sk_ecdsa_p256() {
        let bytes = signature.signature_bytes();
        let flags = bytes.len().checked_sub(SECURITY_KEY_TRAILER).and_then(|at| bytes.get(at));
        if flags.is_none_or(|flags| flags & TOUCHED == 0) {
            return Err(SignatureError::Untouched);
        }
    }
    Ok(key)
}

/// Fingerprint of the key that a signature claims, believed or not: enough to leave its owner out.
///
/// # Errors
/// It is no signature that could be read.
pub fn claimed_key(armor: &str) -> Result<String, SignatureError> {
    Ok(read(armor)?.public_key().fingerprint(HashAlg::Sha256).to_string())
}

fn read(armor: &str) -> Result<SshSig, SignatureError> {
    if armor.len() > MAX_SIGNATURE {
        return Err(SignatureError::TooLong);
    }
    armor::read(armor).ok_or(SignatureError::Malformed)
}

fn bits(bytes: &[u8]) -> usize {
    let bytes = bytes.iter().position(|byte| *byte != 0).map_or(&bytes[..0], |at| &bytes[at..]);
    let unused = bytes.first().map_or(0, |byte| byte.leading_zeros());
    bytes.len() * 8 - usize::try_from(unused).unwrap_or(0)
}
