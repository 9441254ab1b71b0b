//! A declared value with its sources read: its version id, its JSON keys, and what is sent.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};
use suimon_provider::{Error, Result};
use zeroize::Zeroizing;

use super::generate::Generator;
use super::key::Key;
use super::payload::{Content, Member, object, wipe};
use super::source::{self, MOST};
use super::token::token;
use super::value::{Declaration, Source};
use crate::Options;
use crate::prepare::hex;

/// A declared value with its sources read.
pub(super) struct Resolved<'a> {
    declaration: &'a Declaration,
    whole: Whole<'a>,
}

enum Whole<'a> {
    Given(Zeroizing<Vec<u8>>),
    Made(&'a Generator),
    Object(BTreeMap<&'a str, Part<'a>>),
}

enum Part<'a> {
    Given(Zeroizing<Vec<u8>>),
    Made(&'a Generator),
}

/// Reads the sources of a declaration.
///
/// # Errors
/// Why one cannot be read, or cannot be a value.
pub(super) fn resolve<'a>(
    declaration: &'a Declaration,
    options: &Options,
) -> Result<Resolved<'a>, String> {
    let whole = match declaration {
        Declaration::Text(Source::Generate(generator)) => Whole::Made(generator),
        Declaration::Text(source) | Declaration::Binary(source) => {
            Whole::Given(source::read(source, options)?.unwrap_or_default())
        }
        Declaration::Object(sources) => {
            let mut parts = BTreeMap::new();
            for (key, source) in sources {
                let part = match source {
                    Source::Generate(generator) => Part::Made(generator),
                    source => {
                        let bytes = source::read(source, options)?.unwrap_or_default();
                        is_text(&bytes)
                            .map_err(|reason| format!("the source of `{key}` {reason}"))?;
                        Part::Given(bytes)
                    }
                };
                parts.insert(key.as_str(), part);
            }
            Whole::Object(parts)
        }
    };
    if let (Whole::Given(bytes), Declaration::Text(_)) = (&whole, declaration) {
        is_text(bytes).map_err(|reason| {
            format!("the source of `secretString` {reason}: declare it as `secretBinary`")
        })?;
    }
    Ok(Resolved { declaration, whole })
}

fn is_text(bytes: &[u8]) -> Result<(), String> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err("is not UTF-8 text".to_owned()),
    }
}

impl Resolved<'_> {
    /// Its version id. A part that is made counts by how it is made.
    ///
    /// # Errors
    /// A part is not text.
    pub(super) fn token(&self, key: &Key, name: &str) -> Result<String> {
        Ok(match &self.whole {
            Whole::Given(bytes) if matches!(self.declaration, Declaration::Binary(_)) => {
                token(key, name, "binary", &[bytes])
            }
            Whole::Given(bytes) => token(key, name, "string", &[bytes]),
            Whole::Made(generator) => token(key, name, "made", &[generator.digest().as_bytes()]),
            Whole::Object(_) => {
                let made = self.generated().unwrap_or_default();
                let given = self.object(|_, _| Ok(None))?;
                match made.is_empty() {
                    true => token(key, name, "string", &[&given]),
                    false => token(key, name, "mixed", &[made.as_bytes(), &given]),
                }
            }
        })
    }

    /// Tells how the parts that are made are made.
    pub(super) fn generated(&self) -> Option<String> {
        match &self.whole {
            Whole::Given(_) => None,
            Whole::Made(generator) => Some(generator.digest()),
            Whole::Object(parts) => {
                let mut all = Sha256::new();
                let mut some = false;
                for (key, part) in parts {
                    if let Part::Made(generator) = part {
                        some = true;
                        all.update(format!("{} {key} {}\n", key.len(), generator.digest()));
                    }
                }
                some.then(|| hex(&all.finalize()))
            }
        }
    }

    /// The keys of the JSON object that the value is.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        match &self.whole {
            Whole::Given(bytes) if matches!(self.declaration, Declaration::Text(_)) => keys(bytes),
            Whole::Given(_) => None,
            Whole::Made(generator) => generator.keys(),
            Whole::Object(parts) => Some(parts.keys().map(|key| (*key).to_owned()).collect()),
        }
    }

    /// The value. What is made is made now, but for parts that `old` has: they stay.
    ///
    /// # Errors
    /// It is too long, or the system has no randomness.
    pub(super) fn content(&self, old: Option<&Content>) -> Result<Content> {
        let binary = matches!(self.declaration, Declaration::Binary(_));
        let bytes = match &self.whole {
            Whole::Given(bytes) => bytes.clone(),
            Whole::Made(generator) => generator.make()?,
            Whole::Object(_) => {
                let mut kept = old.map(members).unwrap_or_default();
                self.object(|key, generator| match kept.remove(key) {
                    Some(kept) => Ok(Some(kept)),
                    None => generator.make().map(Some),
                })?
            }
        };
        match bytes.len() {
            length if length > MOST => Err(Error::Rejected(source::too_long("the value", length))),
            _ => Ok(Content { binary, bytes }),
        }
    }

    /// The JSON object of the parts; those that are made are what `made` says, or left out.
    fn object(
        &self,
        mut made: impl FnMut(&str, &Generator) -> Result<Option<Zeroizing<Vec<u8>>>>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let Whole::Object(parts) = &self.whole else { return Ok(Zeroizing::default()) };
        let mut members = Vec::new();
        for (key, part) in parts {
            let text = match part {
                Part::Given(bytes) => Some(bytes.clone()),
                Part::Made(generator) => made(key, generator)?,
            };
            if let Some(text) = text {
                members.push((*key, Member::Text(text)));
            }
        }
        object(&members)
    }
}

/// The keys of a JSON object.
pub(super) fn keys(bytes: &[u8]) -> Option<Vec<String>> {
    let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(bytes) else { return None };
    let keys = map.keys().cloned().collect();
    map.into_iter().for_each(|(_, value)| wipe(value));
    Some(keys)
}

/// The texts of a JSON object.
fn members(content: &Content) -> BTreeMap<String, Zeroizing<Vec<u8>>> {
    let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(&content.bytes) else {
        return BTreeMap::new();
    };
    let text = |(key, value)| match value {
        Value::String(text) => Some((key, Zeroizing::new(text.into_bytes()))),
        other => {
            wipe(other);
            None
        }
    };
    map.into_iter().filter_map(text).collect()
}
