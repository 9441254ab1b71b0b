//! Telling values apart without showing them: version ids, and what stands for a value in a plan.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use suimon_model::Sensitive;
use suimon_plan::MASK_PREFIX;

use crate::prepare::hex;

/// The version id of a value: equal values of one secret have equal ids, and without the key an id tells nothing.
pub(super) fn token(key: &Sensitive<Vec<u8>>, name: &str, kind: &str, parts: &[&[u8]]) -> String {
    // A key of any length is taken; see RFC 2104.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key.expose()) else {
        return String::new();
    };
    mac.update(name.as_bytes());
    mac.update(b"\0");
    mac.update(kind.as_bytes());
    for part in parts {
        mac.update(b"\0");
        mac.update(part);
    }
    hex(&mac.finalize().into_bytes())
}

/// What a plan shows in place of a value that has this version id.
pub(super) fn masked(version: &str) -> Value {
    let id = version.len() == 64 && version.bytes().all(|b| b.is_ascii_hexdigit());
    match id {
        true => Value::String(format!("{MASK_PREFIX}{version}")),
        false => Value::String(format!("{MASK_PREFIX}{}", hex(&Sha256::digest(version)))),
    }
}

/// What a plan shows in place of a value whose version id cannot be told: it differs from every live one.
pub(super) fn untold(name: &str, declaration: &Value) -> Value {
    masked(&hex(&Sha256::digest(format!("suimon untold {name} {declaration}"))))
}
