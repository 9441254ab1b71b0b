//! Where in a text the values of a document are, for changing one and leaving the rest as it is.

use std::ops::Range;

use granit_parser::{Event, Parser};

/// A value and the bytes that it takes.
#[derive(Debug)]
pub(crate) struct Spanned {
    /// From its first byte to behind its last; of a block mapping from its first key to the end of its
    /// last value.
    pub(crate) bytes: Range<usize>,
    pub(crate) shape: Shape,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Scalar {
        value: String,
    },
    /// A mapping, and whether it is written with braces.
    Map {
        entries: Vec<Entry>,
        flow: bool,
    },
    /// A list or an alias.
    Other,
}

/// An entry of a mapping.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) key: Range<usize>,
    pub(crate) value: Spanned,
}

/// The first document of a text that is known to be YAML within the limits; `None` where a place cannot be
/// told.
pub(crate) fn spanned(text: &str) -> Option<Spanned> {
    let mut parser = Parser::new_from_str(text);
    loop {
        let (event, span) = parser.next_event()?.ok()?;
        let start = span.byte_range();
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::Comment(..) => {}
            event => return value(&mut parser, text, &event, start?),
        }
    }
}

type Events<'a> = Parser<'a, granit_parser::StrInput<'a>>;

/// Nesting is bounded by whoever read the text before.
fn value(
    parser: &mut Events<'_>,
    text: &str,
    event: &Event<'_>,
    bytes: Range<usize>,
) -> Option<Spanned> {
    match event {
        Event::Scalar(value, ..) => {
            Some(Spanned { bytes, shape: Shape::Scalar { value: value.to_string() } })
        }
        Event::Alias(_) => Some(Spanned { bytes, shape: Shape::Other }),
        Event::SequenceStart(..) => {
            let mut end = bytes.end;
            loop {
                let (event, span) = next(parser)?;
                if matches!(event, Event::SequenceEnd) {
                    let bytes = bytes.start..end.max(span.end);
                    return Some(Spanned { bytes, shape: Shape::Other });
                }
                end = value(parser, text, &event, span)?.bytes.end;
            }
        }
        Event::MappingStart(..) => {
            let flow = text.get(bytes.start..)?.starts_with('{');
            let (mut start, mut end) = (bytes.start, bytes.start);
            let mut entries: Vec<Entry> = Vec::new();
            loop {
                let (event, key) = next(parser)?;
                let name = match &event {
                    Event::MappingEnd if flow => {
                        return Some(map(entries, start..key.end, flow));
                    }
                    Event::MappingEnd => return Some(map(entries, start..end, flow)),
                    Event::Scalar(name, ..) => name.to_string(),
                    _ => return None,
                };
                if entries.is_empty() && !flow {
                    start = key.start;
                }
                let (event, span) = next(parser)?;
                let value = value(parser, text, &event, span)?;
                end = value.bytes.end.max(key.end);
                entries.push(Entry { name, key, value });
            }
        }
        _ => None,
    }
}

fn map(entries: Vec<Entry>, bytes: Range<usize>, flow: bool) -> Spanned {
    Spanned { bytes, shape: Shape::Map { entries, flow } }
}

fn next<'a>(parser: &mut Events<'a>) -> Option<(Event<'a>, Range<usize>)> {
    loop {
        let (event, span) = parser.next_event()?.ok()?;
        match event {
            Event::Comment(..) => {}
            event => return Some((event, span.byte_range()?)),
        }
    }
}

impl Spanned {
    /// The entries of a mapping.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.shape {
            Shape::Map { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.entries()?.iter().find(|entry| entry.name == name).map(|entry| &entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_in_the_text() {
        let text = "# é\na: plain value  # comment\nb:\n  c: \"quoted # text\"\n  d: {e: 'f', g: [1, 2]}\nh: 1\n";
        let root = spanned(text).unwrap();
        let at = |path: &[&str]| {
            let found = path.iter().fold(&root, |node, key| node.get(key).unwrap());
            &text[found.bytes.clone()]
        };
        assert_eq!(at(&["a"]), "plain value");
        assert_eq!(at(&["b", "c"]), "\"quoted # text\"");
        assert_eq!(at(&["b", "d"]), "{e: 'f', g: [1, 2]}");
        assert_eq!(at(&["b", "d", "e"]), "'f'");
        assert_eq!(at(&["b"]), "c: \"quoted # text\"\n  d: {e: 'f', g: [1, 2]}");
        assert_eq!(at(&["h"]), "1");
        let keys: Vec<_> = root.entries().unwrap().iter().map(|e| &text[e.key.clone()]).collect();
        assert_eq!(keys, ["a", "b", "h"]);
    }
}
