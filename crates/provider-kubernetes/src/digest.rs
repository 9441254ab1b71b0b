//! The public identity of a cluster.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// `sha256:<hex>` of a cluster's UID: plans are bound to it and do not give the UID away, which is
/// the key that secrets are masked with.
pub(crate) fn identity(uid: &str) -> String {
    let mut out = String::from("sha256:");
    for byte in Sha256::digest(uid.as_bytes()) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
