//! [`Status`]: the API server's way of saying no.

use serde::Deserialize;

/// Longest text taken over from a server, in characters.
const LONGEST: usize = 1000;
/// Longest text of one cause before the value inside it is left out.
const LONGEST_CAUSE: usize = 300;

/// `Status` (meta/v1), as far as it matters.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) details: Details,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Details {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) causes: Vec<Cause>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Cause {
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) field: String,
}

impl Status {
    /// Reads an answer's body; one that is no `Status` becomes the message.
    pub(crate) fn read(code: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<Self>(body) {
            Ok(status) => Self { code, ..status },
            Err(_) => {
                let text = String::from_utf8_lossy(body);
                let message = if text.trim().is_empty() {
                    format!("HTTP status {code}")
                } else {
                    format!("HTTP status {code}: {}", one_line(&text))
                };
                Self { code, message, ..Self::default() }
            }
        }
    }

    /// Whether the same request may be answered otherwise a moment later.
    pub(crate) fn is_transient(&self) -> bool {
        match self.code {
            408 | 429 | 502 | 503 | 504 => true,
            // Server-side apply answers a bad manifest with a 500 that has no reason.
            500 => !self.is_bad_manifest(),
            // Two admissions counted against one quota at the same moment.
            409 => self.message.starts_with("Operation cannot be fulfilled on resourcequotas"),
            _ => false,
        }
    }

    /// Whether a 500 blames the object that was sent.
    pub(crate) fn is_bad_manifest(&self) -> bool {
        [
            "failed to create typed patch object",
            "field not declared in schema",
            "failed to create manager for existing fields",
            "failed to convert new object",
            "unable to convert unstructured object",
            "error decoding patch",
        ]
        .iter()
        .any(|mark| self.message.contains(mark))
    }

    /// The causes that are fields, each as `field: message`, or else the message; in one line.
    pub(crate) fn text(&self) -> String {
        let causes = &self.details.causes;
        if self.code == 422 && !causes.is_empty() {
            return cap(&causes.iter().map(Cause::text).collect::<Vec<_>>().join("; "));
        }
        if self.message.is_empty() {
            return format!("HTTP status {} {}", self.code, self.reason).trim_end().to_owned();
        }
        cap(&one_line(&self.message))
    }
}

impl Cause {
    /// `field: message`, without a value that would fill a screen.
    pub(crate) fn text(&self) -> String {
        // What follows the first line is a diff of the whole object.
        let first = self.message.lines().next().unwrap_or_default();
        let text = if first.chars().count() > LONGEST_CAUSE {
            match (first.split_once(": "), first.rsplit_once(": ")) {
                (Some((head, _)), Some((_, tail))) => format!("{head}: …: {tail}"),
                _ => cap(first),
            }
        } else {
            first.to_owned()
        };
        if self.field.is_empty() { text } else { format!("{}: {text}", self.field) }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cap(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
