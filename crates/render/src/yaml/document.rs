//! Splitting a file into documents.

use granit_parser::{Event, Parser, StrInput};
use suimon_model::Diagnostic;

use super::node::{Node, Pos};
use super::scalar::Dialect;
use super::tree::{Builder, scan_error};
use crate::limits;
use crate::text::Places;

/// One document of a file.
pub(crate) struct Document {
    /// Its first line: of the content, not of the `---` before it.
    pub(crate) pos: Pos,
    /// `None` for a document that holds nothing (a stray `---`).
    pub(crate) root: Option<Node>,
}

/// The documents of a text, one at a time; a broken one does not hide those after it.
pub(crate) struct Documents<'a> {
    parser: Parser<'a, StrInput<'a>>,
    builder: Builder<'a>,
    places: &'a Places,
    finished: bool,
}

/// Starts reading.
pub(crate) fn documents<'a>(text: &'a str, places: &'a Places, dialect: Dialect) -> Documents<'a> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: limits::DEPTH,
        block_nesting_limit: limits::DEPTH,
        emit_unresolved_aliases: true,
    };
    Documents {
        parser: Parser::new_from_str_with_options(text, options),
        builder: Builder::new(places, dialect),
        places,
        finished: false,
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Document, Vec<Diagnostic>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut start = Pos { line: 1, column: 1 };
        while !self.finished {
            let (event, span) = match self.parser.next_event() {
                None => {
                    self.finished = true;
                    break;
                }
                Some(Ok(next)) => next,
                Some(Err(error)) => {
                    let mut errors = self.builder.abandon();
                    errors.push(scan_error(&error, self.places));
                    self.recover();
                    return Some(Err(errors));
                }
            };
            match event {
                Event::StreamEnd => self.finished = true,
                Event::DocumentStart(..) => start = super::tree::pos(span.start),
                Event::DocumentEnd => {
                    return Some(self.builder.finish().map(|root| Document {
                        pos: root.as_ref().map_or(start, |node| node.pos),
                        root,
                    }));
                }
                event => {
                    if let Err(error) = self.builder.event(event, &span) {
                        let mut errors = self.builder.abandon();
                        errors.push(*error);
                        self.recover();
                        return Some(Err(errors));
                    }
                }
            }
        }
        None
    }
}

impl Documents<'_> {
    fn recover(&mut self) {
        if self.builder.exhausted() || !matches!(self.parser.proceed_next_document(), Ok(true)) {
            self.finished = true;
        }
    }
}

/// The single document of a configuration file.
pub(crate) fn one_document(text: &str, places: &Places) -> Result<Option<Node>, Vec<Diagnostic>> {
    let mut found: Option<Node> = None;
    let mut errors = Vec::new();
    for document in documents(text, places, Dialect::Config) {
        match document {
            Err(more) => errors.extend(more),
            Ok(document) => match (&found, document.root) {
                (_, None) => {}
                (None, root) => found = root,
                (Some(first), Some(second)) => errors.push(
                    Diagnostic::error("several-documents", "this file must hold one document")
                        .at(places.at(second.pos))
                        .related(places.at(first.pos), "the first document")
                        .help("move what follows `---` to a file of its own"),
                ),
            },
        }
        if errors.len() >= limits::ERRORS_PER_FILE {
            break;
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}
