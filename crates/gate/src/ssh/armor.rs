//! The armor and the blob in it (PROTOCOL.sshsig), read to the last byte.
//!
//! `ssh-key`'s own reader passes over wrong lengths, so that many blobs would be one signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ssh_key::{Algorithm, PublicKey, Signature, SshSig};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";

/// Reads a signature; `None` where it is none.
pub(super) fn read(armor: &str) -> Option<SshSig> {
    let body = armor.trim_end().strip_prefix(BEGIN)?.strip_suffix(END)?;
    if !body.starts_with(['\r', '\n']) || !body.ends_with('\n') {
        return None;
    }
    let base64: String = body.split(['\r', '\n']).collect();
    let blob = STANDARD.decode(base64).ok()?;
    let mut blob = Blob(blob.strip_prefix(MAGIC)?);
    if blob.number()? != SshSig::VERSION {
        return None;
    }
    let bytes = blob.string()?;
    let public = PublicKey::from_bytes(bytes).ok()?;
    if public.to_bytes().ok()? != bytes {
        return None;
    }
    let namespace = blob.text()?;
    // OpenSSH does not put reserved bytes under the signature, so nobody else may give them a meaning.
    if !blob.string()?.is_empty() {
        return None;
    }
    let hash = blob.text()?.parse().ok()?;
    let signature = signature(Blob(blob.string()?))?;
    blob.end()?;
    SshSig::new(public.key_data().clone(), namespace, hash, signature).ok()
}

fn signature(mut blob: Blob<'_>) -> Option<Signature> {
    let algorithm = Algorithm::new(blob.text()?).ok()?;
    let mut data = blob.string()?.to_vec();
    if matches!(algorithm, Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256) {
        data.extend_from_slice(blob.take(super::SECURITY_KEY_TRAILER)?);
    }
    blob.end()?;
    Signature::new(algorithm, data).ok()
}

/// What is left of a blob (RFC 4251, section 5).
struct Blob<'a>(&'a [u8]);

impl<'a> Blob<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
