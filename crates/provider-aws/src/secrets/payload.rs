//! Bodies of requests that hold a value, in memory that is wiped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use suimon_provider::{Error, Result};
use zeroize::{Zeroize, Zeroizing};

use crate::call::wiped;
use crate::failure::ApiError;

/// What a secret holds.
pub(super) struct Content {
    /// Whether it is bytes and not text.
    pub(super) binary: bool,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// A member of a JSON object.
pub(super) enum Member {
    /// A text that is part of the value.
    Text(Zeroizing<Vec<u8>>),
    /// JSON of the declaration.
    Json(String),
}

impl Member {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Json(json) => json.len(),
        }
    }
}

/// A JSON object. The buffer has room for the longest escapes, so that it never moves and leaves a copy.
///
/// # Errors
/// A part is not text.
pub(super) fn object(parts: &[(&str, Member)]) -> Result<Zeroizing<Vec<u8>>> {
    let room: usize = parts.iter().map(|(key, part)| 6 * (key.len() + part.len()) + 8).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(room + 2));
    out.push(b'{');
    for (at, (key, part)) in parts.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        escaped(&mut out, key)?;
        out.push(b':');
        match part {
            Member::Text(text) => escaped(&mut out, utf8(text, key)?)?,
            Member::Json(json) => out.extend_from_slice(json.as_bytes()),
        }
    }
    out.push(b'}');
    Ok(out)
}

fn utf8<'a>(bytes: &'a [u8], what: &str) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|_| Error::Rejected(format!("`{what}` is not UTF-8 text")))
}

fn escaped(out: &mut Zeroizing<Vec<u8>>, text: &str) -> Result<()> {
    serde_json::to_writer(&mut **out, text)
        .map_err(|_| Error::Malformed("a value that cannot be written as JSON".to_owned()))
}

/// A request's body: the members of `members`, and the value.
///
/// # Errors
/// The value is not text where it has to be.
pub(super) fn body(members: &Value, content: &Content) -> Result<Bytes> {
    let members = members.to_string();
    let encoded = match content.binary {
        true => Zeroizing::new(STANDARD.encode(&content.bytes)),
        false => Zeroizing::new(String::new()),
    };
    let length = encoded.len() + 6 * content.bytes.len() + members.len() + 32;
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    out.extend_from_slice(members.strip_suffix('}').unwrap_or(&members).as_bytes());
    out.extend_from_slice(match content.binary {
        true => br#","SecretBinary":"#,
        false => br#","SecretString":"#,
    });
    match content.binary {
        true => escaped(&mut out, &encoded)?,
        false => escaped(&mut out, utf8(&content.bytes, "secretString")?)?,
    }
    out.push(b'}');
    Ok(wiped(out))
}

/// The error without what it repeats of the value.
pub(super) fn withheld(error: ApiError, content: &Content) -> ApiError {
    let repeats = std::str::from_utf8(&content.bytes).is_ok_and(|text| {
        let text = text.trim();
        !text.is_empty() && error.message.contains(text)
    });
    let repeats = repeats || {
        let encoded = Zeroizing::new(STANDARD.encode(&content.bytes));
        error.message.contains(encoded.trim_end_matches('='))
    };
    if !repeats {
        return error;
    }
    let message = "the message is withheld: it repeats the value".to_owned();
    ApiError { message, ..error }
}

/// The value in an answer of `GetSecretValue`; every text of the answer is wiped.
pub(super) fn taken(mut answer: Value) -> Option<Content> {
    let text = |answer: &mut Value, name: &str| match answer.get_mut(name).map(Value::take) {
        Some(Value::String(text)) => Some(Zeroizing::new(text)),
        _ => None,
    };
    let content = match text(&mut answer, "SecretString") {
        Some(text) => {
            Some(Content { binary: false, bytes: Zeroizing::new(text.as_bytes().to_vec()) })
        }
        None => text(&mut answer, "SecretBinary").and_then(|text| {
            let bytes = STANDARD.decode(text.as_bytes()).ok()?;
            Some(Content { binary: true, bytes: Zeroizing::new(bytes) })
        }),
    };
    wipe(answer);
    content
}

/// Wipes every text of a JSON value.
pub(super) fn wipe(value: Value) {
    match value {
        Value::String(mut text) => text.zeroize(),
        Value::Array(items) => items.into_iter().for_each(wipe),
        Value::Object(map) => map.into_iter().for_each(|(mut key, value)| {
            key.zeroize();
            wipe(value);
        }),
        _ => {}
    }
}
