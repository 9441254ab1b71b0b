//! From bytes to text, and from a place in a text to the place that its author knows.

use std::sync::Arc;

use suimon_model::{Diagnostic, Location};

use crate::template::LineMap;
use crate::yaml::Pos;

/// Whose text it is.
pub(crate) struct Places {
    file: Arc<str>,
    /// For rendered text: which template line each line came from.
    map: Option<LineMap>,
}

impl Places {
    /// A file as it is.
    pub(crate) fn file(file: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), map: None }
    }

    /// What a template rendered.
    pub(crate) fn rendered(file: impl Into<Arc<str>>, map: LineMap) -> Self {
        Self { file: file.into(), map: Some(map) }
    }

    /// The place for a message.
    pub(crate) fn at(&self, pos: Pos) -> Location {
        match &self.map {
            None => Location::new(&*self.file, pos.line, pos.column),
            Some(map) => map.at(&self.file, pos),
        }
    }

    /// Whether a template's `{{ … }}` printed what stands at a place.
    pub(crate) fn is_printed(&self, pos: Pos) -> bool {
        self.map.as_ref().is_some_and(|map| map.is_printed(&self.file, pos))
    }

    /// The file and line where something starts.
    pub(crate) fn origin(&self, pos: Pos) -> (Arc<str>, u32) {
        match &self.map {
            None => (self.file.clone(), pos.line),
            Some(map) => map.line(&self.file, pos.line),
        }
    }
}

/// A file's text: UTF-8, one byte order mark tolerated at its start.
pub(crate) fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Diagnostic> {
    let fail = |summary: String| {
        Diagnostic::error("not-utf8", summary)
            .at(Location::file(file))
            .help("save the file as UTF-8 without a byte order mark")
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(fail("this file is UTF-16, found at byte 0".to_owned()));
    }
    let body = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let skipped = bytes.len() - body.len();
    if body.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err(fail("a second byte order mark at byte 3".to_owned()));
    }
    match std::str::from_utf8(body) {
        Ok(text) => match text.find('\0') {
            Some(at) => Err(fail(format!("a NUL byte at byte {}", at + skipped))),
            None => Ok(text),
        },
        Err(error) => {
            let at = error.valid_up_to();
            let line = body[..at].iter().filter(|b| **b == b'\n').count() + 1;
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let summary = format!("this file is not UTF-8: a wrong byte at byte {}", at + skipped);
            Err(fail(summary).at(Location::new(file, line, 0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf8_is_refused_with_its_byte() {
        let summary = |bytes: &[u8]| decode("f", bytes).unwrap_err().summary;
        assert_eq!(decode("f", b"\xef\xbb\xbfa: 1").unwrap(), "a: 1");
        assert_eq!(summary(b"a: \xff"), "this file is not UTF-8: a wrong byte at byte 3");
        assert_eq!(summary(b"\xff\xfea\0"), "this file is UTF-16, found at byte 0");
        assert_eq!(summary(b"\xef\xbb\xbfa\0"), "a NUL byte at byte 4");
    }
}
