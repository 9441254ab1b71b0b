//! Records as bytes, and back.

use serde::Deserialize;

use crate::canonical::canonical;
use crate::{RECORD_FORMAT, Record};

/// Most bytes of one record.
pub const RECORD_BYTES: usize = 32 * 1024 * 1024;

/// Most records of one ledger.
pub const RECORDS: usize = 1_000_000;

/// The file of a record.
pub(crate) const RECORD_FILE: &str = "record.json";

/// The file of its signature.
pub(crate) const SIGNATURE_FILE: &str = "record.json.sig";

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Another format than this program knows.
    Format(String),
    /// Anything else.
    Other(String),
}

/// The one way to write a record: canonical JSON and a line feed.
pub(crate) fn encode(record: &Record) -> Result<Vec<u8>, String> {
    let value = serde_json::to_value(record).map_err(|error| error.to_string())?;
    let mut text = canonical(&value);
    text.push('\n');
    if text.len() > RECORD_BYTES {
        return Err(too_large(text.len()));
    }
    Ok(text.into_bytes())
}

/// Reads a record, strictly: anything but what [`encode`] writes is refused.
pub(crate) fn decode(bytes: &[u8]) -> Result<Record, Unreadable> {
    if bytes.len() > RECORD_BYTES {
        return Err(Unreadable::Other(too_large(bytes.len())));
    }
    let record: Record = match serde_json::from_slice(bytes) {
        Ok(record) => record,
        Err(error) => return Err(unreadable(bytes, &error)),
    };
    if record.format != RECORD_FORMAT {
        return Err(Unreadable::Format(record.format));
    }
    match encode(&record) {
        Ok(canonical) if canonical == bytes => Ok(record),
        Ok(_) => Err(Unreadable::Other(
            "it is not written as suimon writes records: unknown keys, another order, spaces or numbers"
                .to_owned(),
        )),
        Err(why) => Err(Unreadable::Other(why)),
    }
}

/// A record of a newer format fails in its first unknown key; its format says more.
fn unreadable(bytes: &[u8], error: &serde_json::Error) -> Unreadable {
    #[derive(Deserialize)]
    struct Format {
        format: String,
    }
    match serde_json::from_slice::<Format>(bytes) {
        Ok(found) if found.format != RECORD_FORMAT => Unreadable::Format(found.format),
        _ => Unreadable::Other(format!("it is no record: {error}")),
    }
}

fn too_large(bytes: usize) -> String {
    let mib = 1024 * 1024;
    format!(
        "the record has {bytes} bytes; the limit is {} MiB ({RECORD_BYTES} bytes)",
        RECORD_BYTES / mib
    )
}
