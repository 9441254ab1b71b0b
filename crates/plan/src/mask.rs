//! [`Mask`]: secret values become keyed digests before anything else sees them.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::hex::hex;

/// What stands before the digest of a masked value.
pub const MASK_PREFIX: &str = "(sensitive value) ";

/// Annotations in which tools keep a copy of the whole object, secret values included.
const COPIES: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "objectset.rio.cattle.io/applied",
];

const BLOCK: usize = 64;

/// Replaces secret values by keyed digests, so that equality can be seen and nothing else.
///
/// # Guarantees
/// * Equal values at the same place of objects of one name have equal digests, whether they were
///   written as `data` or as `stringData`; equal values elsewhere have other digests.
/// * `Debug` does not print the key.
///
/// # Caveats
/// Masking twice gives another digest: mask once, at the boundary.
#[derive(Clone)]
pub struct Mask(Hmac<Sha256>);

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask(..)")
    }
}

impl Mask {
    /// A mask with this key, of any length: the cluster's UID.
    pub fn new(key: impl AsRef<[u8]>) -> Self {
        let key = key.as_ref();
        let mut block = [0u8; BLOCK];
        let hashed = Sha256::digest(key);
        let used: &[u8] = if key.len() > BLOCK { &hashed } else { key };
        block.iter_mut().zip(used).for_each(|(to, from)| *to = *from);
        Self(Hmac::new(&block.into()))
    }

    /// HMAC-SHA-256 of a text, in hexadecimal.
    pub fn digest(&self, text: &str) -> String {
        self.hmac(&[text.as_bytes()])
    }

    /// Masks the values of a core `Secret` and the copies of whole objects in annotations; looks
    /// into the items of lists.
    ///
    /// `stringData` is folded into `data`, over which it wins, as the API server does.
    pub fn object(&self, object: &mut Value) {
        self.object_of_kind(object, None);
    }

    /// The items of a typed list do not repeat their kind.
    fn object_of_kind(&self, object: &mut Value, implied: Option<&str>) {
        let Value::Object(map) = object else { return };
        self.annotations(map);
        let kind = map.get("kind").and_then(Value::as_str).or(implied).unwrap_or("").to_owned();
        let version = map.get("apiVersion").and_then(Value::as_str).unwrap_or("");
        if kind.eq_ignore_ascii_case("Secret") && !version.contains('/') {
            self.secret(map);
        }
        let item_kind =
            kind.strip_suffix("List").map(|kind| if kind.is_empty() { None } else { Some(kind) });
        if let Some(item_kind) = item_kind
            && let Some(Value::Array(items)) = map.get_mut("items")
        {
            for item in items {
                self.object_of_kind(item, item_kind);
            }
        }
    }

    fn annotations(&self, object: &mut Map<String, Value>) {
        let Some(annotations) = object
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("annotations"))
            .and_then(Value::as_object_mut)
        else {
            return;
        };
        for copy in COPIES {
            if let Some(value) = annotations.get_mut(*copy) {
                *value = self.masked(&["annotation", copy], value.to_string().as_bytes());
            }
        }
    }

    fn secret(&self, object: &mut Map<String, Value>) {
        let metadata = object.get("metadata");
        let name = metadata.and_then(|m| m.get("name")).and_then(Value::as_str).unwrap_or("");
        let name = name.to_owned();
        let mut masked = Map::new();
        let mut whole = None;
        match object.remove("data") {
            Some(Value::Object(data)) => {
                for (key, value) in data {
                    let digest = self.data_value(&name, &key, &value);
                    masked.insert(key, digest);
                }
            }
            None | Some(Value::Null) => {}
            Some(other) => whole = Some(self.other(&name, "data", &other)),
        }
        match object.remove("stringData") {
            Some(Value::Object(data)) => {
                for (key, value) in data {
                    let digest = self.string_value(&name, &key, &value);
                    masked.insert(key, digest);
                }
            }
            None | Some(Value::Null) => {}
            Some(other) => whole = Some(self.other(&name, "stringData", &other)),
        }
        if let Some(whole) = whole {
            object.insert("data".to_owned(), whole);
        } else if !masked.is_empty() {
            object.insert("data".to_owned(), Value::Object(masked));
        }
    }

    /// The API server decodes base64 and ignores line breaks in it; so does this. What is not
    /// base64 is masked as it is.
    fn data_value(&self, name: &str, key: &str, value: &Value) -> Value {
        let Value::String(text) = value else { return self.string_value(name, key, value) };
        let compact: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        let config = GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
            .with_decode_allow_trailing_bits(true);
        match GeneralPurpose::new(&STANDARD, config).decode(&compact) {
            Ok(bytes) => self.masked(&["secret", name, key], &bytes),
            Err(_) => self.masked(&["not base64", name, key], text.as_bytes()),
        }
    }

    /// A null is stored as the empty string.
    fn string_value(&self, name: &str, key: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => self.masked(&["secret", name, key], text.as_bytes()),
            Value::Null => self.masked(&["secret", name, key], b""),
            other => self.other(name, key, other),
        }
    }

    fn other(&self, name: &str, key: &str, value: &Value) -> Value {
        self.masked(&["not a string", name, key], value.to_string().as_bytes())
    }

    fn masked(&self, place: &[&str], bytes: &[u8]) -> Value {
        let place = Value::from(place).to_string();
        Value::String(format!("{MASK_PREFIX}{}", self.hmac(&[place.as_bytes(), b"\0", bytes])))
    }

    fn hmac(&self, parts: &[&[u8]]) -> String {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        hex(&mac.finalize().into_bytes())
    }
}

/// Whether a value is what [`Mask`] left of a secret.
pub fn is_masked(value: &Value) -> bool {
    let digest = value.as_str().and_then(|text| text.strip_prefix(MASK_PREFIX));
    digest.is_some_and(|d| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit()))
}
