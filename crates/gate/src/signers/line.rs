//! One line of `allowed_signers`: principals, options, key.

use jiff::Timestamp;

use crate::ssh::Key;

use super::{Signer, time};

/// Why a line is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

fn bad<T>(message: impl Into<String>, help: &str) -> Result<T, Bad> {
    Err(Bad { message: message.into(), help: Some(help.to_owned()) })
}

const SHAPE: &str =
    "a line is `aiko@example.com [namespaces=\"…\",valid-before=\"…\"] ssh-ed25519 AAAA…`";

/// Reads one line; `None` where it is empty or a comment.
pub(super) fn parse(number: u32, text: &str) -> Result<Option<Signer>, Bad> {
    let text = text.trim_matches([' ', '\t', '\r']);
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let (names, rest) = principals(text)?;
    let (options, rest) = options(rest)?;
    let key = match Key::parse(rest) {
        Ok(key) => key,
        Err(why) => return bad(why.to_string(), SHAPE),
    };
    let Options { namespaces, valid_after, valid_before } = options;
    if let (Some(after), Some(before)) = (valid_after, valid_before)
        && before <= after
    {
        return bad("`valid-before` is not after `valid-after`", "no time is between them");
    }
    let principals = names;
    Ok(Some(Signer { line: number, principals, key, namespaces, valid_after, valid_before }))
}

/// Whether a word is where the key begins.
pub(super) fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-", "webauthn-"]
        .iter()
        .any(|prefix| word.starts_with(prefix))
}

fn principals(text: &str) -> Result<(Vec<String>, &str), Bad> {
    let (list, rest) = match text.strip_prefix('"') {
        Some(quoted) => match quoted.split_once('"') {
            Some((list, rest)) => (list, rest),
            None => return bad("a quote is not closed", SHAPE),
        },
        None => text.split_once([' ', '\t']).unwrap_or((text, "")),
    };
    let names: Vec<String> = list.split(',').map(str::to_owned).collect();
    for name in &names {
        if name.is_empty() {
            return bad("a principal is empty", SHAPE);
        }
        if name.starts_with('!') || name.contains(['*', '?']) {
            return bad(
                format!("`{name}` is a pattern, and a pattern cannot name a person"),
                "list each person's exact principal with their own key",
            );
        }
    }
    Ok((names, rest.trim_start_matches([' ', '\t'])))
}

#[derive(Debug, Default)]
struct Options {
    namespaces: Option<String>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
}

fn options(text: &str) -> Result<(Options, &str), Bad> {
    let mut options = Options::default();
    if text.is_empty() {
        return bad("there is no key", SHAPE);
    }
    if text.split([' ', '\t']).next().is_some_and(is_key_type) {
        return Ok((options, text));
    }
    let mut rest = text;
    loop {
        let end = rest.find(['=', ',', ' ', '\t']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => {
                let (value, after) = quoted(name, after)?;
                (Some(value), after)
            }
            None => (None, after),
        };
        options.set(&name.to_ascii_lowercase(), value)?;
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None if after.is_empty() => return bad("there is no key", SHAPE),
            None if after.starts_with([' ', '\t']) => {
                return Ok((options, after.trim_start_matches([' ', '\t'])));
            }
            None => return bad(format!("there is text after the value of `{name}`"), SHAPE),
        }
    }
}

/// A value in double quotes; `\"` is a quote.
fn quoted<'a>(name: &str, text: &'a str) -> Result<(String, &'a str), Bad> {
    let Some(text) = text.strip_prefix('"') else {
        return bad(format!("the value of `{name}` is not in double quotes"), SHAPE);
    };
    let mut value = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                value.push('"');
                letters.next();
            }
            other => value.push(other),
        }
    }
    bad(format!("the value of `{name}` is not closed with a double quote"), SHAPE)
}

impl Options {
    fn set(&mut self, name: &str, value: Option<String>) -> Result<(), Bad> {
        let twice = match (name, value) {
            ("cert-authority", _) => {
                return bad(
                    "a certificate authority names whom it likes, so `cert-authority` is not taken",
                    "list each person's own key",
                );
            }
            ("namespaces", Some(list)) => self.namespaces.replace(list).is_some(),
            ("valid-after", Some(text)) => self.valid_after.replace(when(name, &text)?).is_some(),
            ("valid-before", Some(text)) => self.valid_before.replace(when(name, &text)?).is_some(),
            ("namespaces" | "valid-after" | "valid-before", None) => {
                return bad(format!("`{name}` has no value"), SHAPE);
            }
            _ => {
                return bad(
                    format!("`{name}` is neither an option nor the type of a key"),
                    "the options are `namespaces`, `valid-after` and `valid-before`",
                );
            }
        };
        if twice { bad(format!("`{name}` is given twice"), SHAPE) } else { Ok(()) }
    }
}

fn when(name: &str, text: &str) -> Result<Timestamp, Bad> {
    time::parse(text).map_or_else(
        || {
            bad(
                format!("the value of `{name}` is no time"),
                "times are `YYYYMMDD` or `YYYYMMDDHHMM[SS]`, with `Z` for UTC",
            )
        },
        Ok,
    )
}
