//! Values that are made here, once.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use suimon_provider::{Error, Result};
use zeroize::Zeroizing;

use super::payload::{Member, object};
use crate::prepare::hex;
use crate::shape::{Problem, unknown_key};

const FIELDS: [&str; 5] = ["length", "alphabet", "excludeCharacters", "key", "template"];
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// How a value is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Generator {
    length: usize,
    characters: Vec<char>,
    /// The JSON object that the value goes into, and under which key.
    template: Option<(String, Map<String, Value>)>,
}

impl Generator {
    /// Reads `{length, alphabet, excludeCharacters, key, template}`.
    pub(super) fn read(value: &Value, path: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let Value::Object(map) = value else {
            problems.push(Problem::new(path, "it is a map such as `{length: 32}`"));
            return None;
        };
        let before = problems.len();
        for key in map.keys().filter(|key| !FIELDS.contains(&key.as_str())) {
            problems.push(unknown_key(key, &format!("{path}.{key}"), FIELDS.into_iter()));
        }
        let length = length(map, path, problems);
        let characters = characters(map, path, problems);
        if problems.len() == before && (characters.len() as f64).log2() * (length as f64) < 32.0 {
            problems
                .push(Problem::new(path, "such a value would be easy to guess: make it longer"));
        }
        let template = template(map, path, problems);
        (problems.len() == before).then_some(Self { length, characters, template })
    }

    /// Whether it makes a JSON object.
    pub(super) fn is_object(&self) -> bool {
        self.template.is_some()
    }

    /// The keys of the JSON object that it makes.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        let (key, template) = self.template.as_ref()?;
        let mut keys: Vec<String> = template.keys().filter(|k| *k != key).cloned().collect();
        keys.push(key.clone());
        keys.sort();
        Some(keys)
    }

    /// Tells it from any other way of making a value: 64 letters.
    pub(super) fn digest(&self) -> String {
        let spec = json!([self.length, String::from_iter(&self.characters), self.template]);
        hex(&Sha256::digest(format!("suimon generate {spec}")))
    }

    /// Another value each time.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(super) fn make(&self) -> Result<Zeroizing<Vec<u8>>> {
        let made = self.letters()?;
        let Some((key, template)) = &self.template else { return Ok(made) };
        let given = template.iter().filter(|(name, _)| *name != key);
        let mut parts: Vec<(&str, Member)> =
            given.map(|(name, value)| (name.as_str(), Member::Json(value.to_string()))).collect();
        parts.push((key, Member::Text(made)));
        parts.sort_by(|one, other| one.0.cmp(other.0));
        object(&parts)
    }

    fn letters(&self) -> Result<Zeroizing<Vec<u8>>> {
        let count = self.characters.len();
        // A byte beyond the last whole multiple would favour the first characters.
        let fair = 256 - 256 % count;
        let mut made = Zeroizing::new(Vec::with_capacity(self.length * 4));
        let mut random = Zeroizing::new([0u8; 256]);
        let mut left = self.length;
        while left > 0 {
            fill(random.as_mut_slice())?;
            for byte in random.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair) {
                if let Some(character) = self.characters.get(byte % count)
                    && left > 0
                {
                    let mut buffer = [0; 4];
                    made.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                    left -= 1;
                }
            }
        }
        Ok(made)
    }
}

/// Random bytes of the operating system.
pub(super) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::Config(format!("this system gives no randomness: {error}")))
}

/// Random letters `0`–`9`, `a`–`f`, two for each byte.
pub(super) fn random_hex<const BYTES: usize>() -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0u8; BYTES]);
    fill(bytes.as_mut_slice())?;
    Ok(Zeroizing::new(hex(bytes.as_slice())))
}

fn length(map: &Map<String, Value>, path: &str, problems: &mut Vec<Problem>) -> usize {
    let Some(value) = map.get("length") else { return 32 };
    let told = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    match told.and_then(|length| usize::try_from(length).ok()) {
        Some(length) if (8..=4096).contains(&length) => length,
        _ => {
            let what = "it is a whole number from 8 to 4096";
            problems.push(Problem::new(format!("{path}.length"), what));
            32
        }
    }
}

fn characters(map: &Map<String, Value>, path: &str, problems: &mut Vec<Problem>) -> Vec<char> {
    let mut text = |name: &str| match map.get(name) {
        None => None,
        Some(Value::String(text)) if !text.is_empty() && !text.contains(char::is_control) => {
            Some(text.as_str())
        }
        Some(_) => {
            let what = "it is a text of the characters";
            problems.push(Problem::new(format!("{path}.{name}"), what));
            None
        }
    };
    let excluded = text("excludeCharacters").unwrap_or_default();
    let mut characters: Vec<char> = text("alphabet").unwrap_or(LETTERS).chars().collect();
    characters.retain(|character| !excluded.contains(*character));
    characters.sort_unstable();
    characters.dedup();
    if !(2..=256).contains(&characters.len()) {
        let what = "it is made of 2 to 256 different characters";
        problems.push(Problem::new(format!("{path}.alphabet"), what));
    }
    characters
}

fn template(
    map: &Map<String, Value>,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Option<(String, Map<String, Value>)> {
    let key = map.get("key").map(|key| key.as_str().filter(|key| !key.is_empty()));
    let template = map.get("template").map(|template| match template {
        Value::Object(template) => Some(template.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    });
    match (key, template) {
        (None, None) => None,
        (Some(Some(key)), None) => Some((key.to_owned(), Map::new())),
        (Some(Some(key)), Some(Some(template))) => Some((key.to_owned(), template)),
        (None, Some(_)) => {
            problems.push(Problem::new(path, "a `template` needs the `key` that the value gets"));
            None
        }
        (Some(None), _) => {
            problems.push(Problem::new(format!("{path}.key"), "it is the name of a JSON key"));
            None
        }
        (_, Some(None)) => {
            problems.push(Problem::new(format!("{path}.template"), "it is a JSON object"));
            None
        }
    }
}
