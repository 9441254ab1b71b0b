//! Protobuf request bodies, as far as `kubectl create namespace|serviceaccount|configmap|secret` sends them.
//!
//! These commands always send protobuf; everything else that kubectl sends is JSON.

use base64::Engine as _;
use serde_json::{Map, Value, json};

/// What every body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// One field of a message: its number and bytes. Numbers and fixed-width fields are skipped: none is needed here.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let tag = self.varint()?;
            match tag & 7 {
                0 => {
                    self.varint()?;
                }
                1 => self.skip(8)?,
                5 => self.skip(4)?,
                2 => {
                    let length = usize::try_from(self.varint()?).ok()?;
                    let (bytes, rest) = self.0.split_at_checked(length)?;
                    self.0 = rest;
                    return Some((tag >> 3, bytes));
                }
                _ => return None,
            }
        }
    }
}

impl Fields<'_> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn field(message: &[u8], number: u64) -> Option<&[u8]> {
    Fields(message).find(|(found, _)| *found == number).map(|(_, bytes)| bytes)
}

fn entries(
    message: &[u8],
    number: u64,
    value: fn(&[u8]) -> Option<Value>,
) -> Option<Map<String, Value>> {
    Fields(message)
        .filter(|(found, _)| *found == number)
        .map(|(_, entry)| {
            Some((text(field(entry, 1)?)?, value(field(entry, 2).unwrap_or_default())?))
        })
        .collect()
}

/// Reads a body; `None` when it is no protobuf or of a kind that is not read.
pub(super) fn decode(body: &[u8]) -> Option<Value> {
    let unknown = body.strip_prefix(MAGIC)?;
    let types = field(unknown, 1)?;
    let (version, kind) = (text(field(types, 1)?)?, text(field(types, 2)?)?);
    let raw = field(unknown, 2).unwrap_or_default();
    let string = |bytes: &[u8]| text(bytes).map(Value::from);
    let encoded =
        |bytes: &[u8]| Some(Value::from(base64::engine::general_purpose::STANDARD.encode(bytes)));
    let mut out = json!({"apiVersion": version, "kind": kind, "metadata": metadata(field(raw, 1).unwrap_or_default())?});
    let mut put = |key: &str, map: Map<String, Value>| {
        if !map.is_empty() {
            crate::value::put(&mut out, key, Some(map.into()));
        }
    };
    match (version.as_str(), kind.as_str()) {
        ("v1", "Namespace" | "ServiceAccount") => {}
        ("v1", "ConfigMap") => {
            put("data", entries(raw, 2, string)?);
            put("binaryData", entries(raw, 3, encoded)?);
        }
        ("v1", "Secret") => {
            put("data", entries(raw, 2, encoded)?);
            if let Some(kind) = field(raw, 3) {
                crate::value::put(&mut out, "type", Some(text(kind)?.into()));
            }
        }
        _ => return None,
    }
    Some(out)
}

fn metadata(message: &[u8]) -> Option<Value> {
    let string = |bytes: &[u8]| text(bytes).map(Value::from);
    let mut out = json!({});
    for (number, key) in [(1, "name"), (2, "generateName"), (3, "namespace")] {
        let value = field(message, number).map(text);
        if let Some(value) = value {
            crate::value::put(&mut out, key, Some(value?.into()));
        }
    }
    for (number, key) in [(11, "labels"), (12, "annotations")] {
        let map = entries(message, number, string)?;
        if !map.is_empty() {
            crate::value::put(&mut out, key, Some(map.into()));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_messages_are_read() {
        let body = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x08\x0a\x06\x0a\x04team";
        assert_eq!(
            decode(body),
            Some(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}))
        );
        for cut in 0..body.len() {
            if let Some(found) = decode(&body[..cut]) {
                assert_ne!(found["metadata"]["name"], "team", "{cut}");
            }
        }
        assert_eq!(decode(b"{}"), None);
    }
}
