//! From parser events to a [`Node`] tree, without recursion and within limits.

use std::collections::{HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Marker, ScalarStyle, ScanError, Span, Tag};
use serde_json::Value;
use suimon_model::Diagnostic;

use super::node::{Key, Kind, Node, Pos};
use super::scalar::{Dialect, Refused, resolve, unambiguous};
use crate::limits;
use crate::text::Places;

/// A marker as 1-based line and column.
pub(super) fn pos(marker: Marker) -> Pos {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: at(marker.line()), column: at(marker.col().saturating_add(1)) }
}

/// A syntax error; never quotes the text around it.
pub(super) fn scan_error(error: &ScanError, places: &Places) -> Diagnostic {
    let at = places.at(pos(*error.marker()));
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep().at(at);
    }
    let help = match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => Some("indent with spaces"),
        ErrorKind::UnclosedQuotedScalar => Some("close the quote that starts here"),
        _ => None,
    };
    let diagnostic = Diagnostic::error("yaml-syntax", format!("not YAML: {}", error.info())).at(at);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn too_deep() -> Diagnostic {
    Diagnostic::error("limit-depth", format!("nested deeper than {} levels", limits::DEPTH))
        .help("nothing that Kubernetes accepts is nested that deep")
}

/// Where the keys of a mapping are: looked up only in wide ones, most have a handful.
#[derive(Default)]
struct Seen(HashMap<Box<str>, Pos>);

impl Seen {
    const WIDE: usize = 16;

    /// Notes a key; where the same key was before.
    fn insert(&mut self, entries: &[(Key, Node)], key: &Key) -> Option<Pos> {
        if entries.len() < Self::WIDE {
            let same = |(known, _): &&(Key, Node)| known.name == key.name;
            return entries.iter().rev().find(same).map(|(known, _)| known.pos);
        }
        if self.0.is_empty() {
            self.0.extend(entries.iter().map(|(key, _)| (key.name.clone(), key.pos)));
        }
        self.0.insert(key.name.clone(), key.pos)
    }
}

struct Frame {
    pos: Pos,
    anchor: usize,
    kind: FrameKind,
}

enum FrameKind {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, key: Option<Key>, seen: Seen },
}

/// Builds one document after another.
pub(super) struct Builder<'a> {
    places: &'a Places,
    dialect: Dialect,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    errors: Vec<Diagnostic>,
    nodes: usize,
    alias_nodes: usize,
    alias_bytes: usize,
}

type Step = Result<(), Box<Diagnostic>>;

impl<'a> Builder<'a> {
    pub(super) fn new(places: &'a Places, dialect: Dialect) -> Self {
        Self {
            places,
            dialect,
            stack: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            errors: Vec::new(),
            nodes: 0,
            alias_nodes: 0,
            alias_bytes: 0,
        }
    }

    /// Whether a limit of the whole file is used up, so that going on makes no sense.
    pub(super) fn exhausted(&self) -> bool {
        self.alias_nodes > limits::ALIAS_NODES || self.alias_bytes > limits::ALIAS_BYTES
    }

    /// Gives up on the document; what was found wrong in it so far.
    pub(super) fn abandon(&mut self) -> Vec<Diagnostic> {
        self.stack.clear();
        self.root = None;
        self.anchors.clear();
        self.nodes = 0;
        std::mem::take(&mut self.errors)
    }

    /// Ends the document.
    pub(super) fn finish(&mut self) -> Result<Option<Node>, Vec<Diagnostic>> {
        let root = self.root.take();
        let errors = self.abandon();
        if !errors.is_empty() {
            return Err(errors);
        }
        // A stray `---` reads as null, and nobody means null by a document.
        Ok(root.filter(|node| !node.is_null()))
    }

    /// Takes one event. `Err` ends the document at once; lesser errors wait for `finish`.
    pub(super) fn event(&mut self, event: Event<'_>, span: &Span) -> Step {
        let at = pos(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), at);
                self.anchor(anchor, &node)?;
                self.add(node)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(at, anchor, tag.as_deref(), FrameKind::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                let kind = FrameKind::Map { entries: Vec::new(), key: None, seen: Seen::default() };
                self.open(at, anchor, tag.as_deref(), kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => self.alias(id, at),
            Event::UnresolvedAlias(_) => {
                self.error("yaml-alias", "this alias has no anchor before it", at);
                self.add(Node { pos: at, kind: Kind::Scalar { value: Value::Null, raw: None } })
            }
            _ => Ok(()),
        }
    }

    fn error(&mut self, code: &'static str, summary: &str, at: Pos) {
        if self.errors.len() < limits::ERRORS_PER_FILE {
            self.errors.push(Diagnostic::error(code, summary).at(self.places.at(at)));
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Pos) -> Node {
        let core = tag.and_then(Tag::core_suffix);
        let forced = match tag {
            None => None,
            Some(tag) => match core {
                Some("str") => Some(true),
                Some("int" | "float" | "bool" | "null") => Some(false),
                _ if tag.original() == "!" => Some(true),
                _ => {
                    self.unknown_tag(at);
                    Some(true)
                }
            },
        };
        let plain = forced.map_or(style == ScalarStyle::Plain, |is_string| !is_string);
        if !plain {
            let kind = Kind::Scalar { value: Value::String(text.to_owned()), raw: None };
            return Node { pos: at, kind };
        }
        let value = match resolve(text, self.dialect) {
            Ok(value) => value,
            Err(refused) => {
                self.refuse(text, refused, at);
                Value::String(text.to_owned())
            }
        };
        Node { pos: at, kind: Kind::Scalar { value, raw: Some(text.into()) } }
    }

    fn refuse(&mut self, text: &str, refused: Refused, at: Pos) {
        let diagnostic = match refused {
            Refused::NotJson => {
                Diagnostic::error("number-range", "this reads as a number that is out of range")
                    .help("write it in quotes if it is text")
            }
            Refused::Ambiguous => Diagnostic::error(
                "ambiguous-scalar",
                format!("`{text}` means one thing in YAML 1.1 and another in YAML 1.2"),
            )
            .help(format!("write {} or, for the text, \"{text}\"", unambiguous(text))),
        };
        if self.errors.len() < limits::ERRORS_PER_FILE {
            self.errors.push(diagnostic.at(self.places.at(at)));
        }
    }

    fn unknown_tag(&mut self, at: Pos) {
        self.error("yaml-tag", "only the tags of YAML itself (`!!str`, `!!int`, …) are read", at);
    }

    fn open(&mut self, at: Pos, anchor: usize, tag: Option<&Tag>, kind: FrameKind) -> Step {
        if self.stack.len() >= limits::DEPTH {
            return Err(Box::new(too_deep().at(self.places.at(at))));
        }
        let expected = if matches!(kind, FrameKind::List(_)) { "seq" } else { "map" };
        if tag.is_some_and(|tag| tag.core_suffix() != Some(expected) && tag.original() != "!") {
            self.unknown_tag(at);
        }
        self.stack.push(Frame { pos: at, anchor, kind });
        Ok(())
    }

    fn close(&mut self) -> Step {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let kind = match frame.kind {
            FrameKind::List(items) => Kind::List(items),
            FrameKind::Map { entries, .. } => Kind::Map(self.merge_keys(entries)),
        };
        let node = Node { pos: frame.pos, kind };
        self.anchor(frame.anchor, &node)?;
        self.add(node)
    }

    fn add(&mut self, node: Node) -> Step {
        self.nodes += 1;
        if self.nodes > limits::NODES {
            let summary = format!("this document has more than {} values", limits::NODES);
            return Err(Box::new(
                Diagnostic::error("limit-nodes", summary).at(self.places.at(node.pos)),
            ));
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut frame.kind {
            FrameKind::List(items) => items.push(node),
            FrameKind::Map { entries, key, .. } => match key.take() {
                Some(key) => entries.push((key, node)),
                None => self.key(&node),
            },
        }
        Ok(())
    }

    /// Takes a node as the key of what follows.
    fn key(&mut self, node: &Node) {
        let found = match &node.kind {
            Kind::Scalar { value: Value::String(text), raw } => {
                let merge = raw.is_some() && text == "<<";
                if merge && self.dialect == Dialect::Config {
                    self.error("merge-key", "merge keys are not read here", node.pos);
                }
                let odd = merge.then(|| "<<".into());
                Key { name: text.as_str().into(), pos: node.pos, odd }
            }
            Kind::Scalar { value: Value::Null, .. } => {
                self.error("yaml-key", "a key must be text", node.pos);
                Key { name: "null".into(), pos: node.pos, odd: None }
            }
            Kind::Scalar { value, raw } => {
                let name = value.to_string();
                if self.dialect == Dialect::Config && raw.as_deref() != Some(&name) {
                    self.error("yaml-key", "this key reads as another one: quote it", node.pos);
                }
                Key { name: name.into(), pos: node.pos, odd: raw.clone() }
            }
            Kind::List(_) | Kind::Map(_) => {
                self.error("yaml-key", "a key must be text, not a list or a mapping", node.pos);
                Key { name: "?".into(), pos: node.pos, odd: None }
            }
        };
        let Some(Frame { kind: FrameKind::Map { entries, key, seen }, .. }) = self.stack.last_mut()
        else {
            return;
        };
        let first = seen.insert(entries, &found);
        let duplicate = first.map(|first| {
            Diagnostic::error("duplicate-key", format!("key `{}` is given twice", found.name))
                .at(self.places.at(found.pos))
                .related(self.places.at(first), "first given here")
                .help("remove one of them")
        });
        *key = Some(found);
        if let Some(duplicate) = duplicate
            && self.errors.len() < limits::ERRORS_PER_FILE
        {
            self.errors.push(duplicate);
        }
    }

    /// Applies `<<`: what the mapping gives itself wins, then the earlier of several sources.
    fn merge_keys(&mut self, entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
        if self.dialect == Dialect::Config || !entries.iter().any(|(key, _)| key.merges()) {
            return entries;
        }
        let (merges, mut own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(key, _)| key.merges());
        let mut known: HashSet<Box<str>> = own.iter().map(|(key, _)| key.name.clone()).collect();
        for (_, source) in merges {
            let at = source.pos;
            let sources = match source.kind {
                Kind::List(items) => items,
                kind => vec![Node { pos: at, kind }],
            };
            for source in sources {
                let Kind::Map(more) = source.kind else {
                    self.error("merge-key", "`<<` takes a mapping or a list of mappings", at);
                    continue;
                };
                own.extend(more.into_iter().filter(|(key, _)| known.insert(key.name.clone())));
            }
        }
        own
    }

    fn anchor(&mut self, anchor: usize, node: &Node) -> Step {
        if anchor > 0 {
            self.charge(node, node.pos)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, at: Pos) -> Step {
        let Some(node) = self.anchors.get(&id).cloned() else {
            self.error("yaml-alias", "this alias stands inside its own anchor", at);
            return self
                .add(Node { pos: at, kind: Kind::Scalar { value: Value::Null, raw: None } });
        };
        self.charge(&node, at)?;
        if self.stack.len() + depth(&node) > limits::DEPTH {
            return Err(Box::new(too_deep().at(self.places.at(at))));
        }
        self.add(node)
    }

    /// Counts a copy against the limits of the file, before anyone makes it.
    fn charge(&mut self, node: &Node, at: Pos) -> Step {
        let (nodes, bytes) = size(node);
        self.alias_nodes += nodes;
        self.alias_bytes += bytes;
        if !self.exhausted() {
            return Ok(());
        }
        let summary = format!(
            "anchors and aliases expand past the limit of {} values or {}",
            limits::ALIAS_NODES,
            limits::mebibytes(limits::ALIAS_BYTES),
        );
        Err(Box::new(Diagnostic::error("limit-aliases", summary).at(self.places.at(at))))
    }
}

fn depth(node: &Node) -> usize {
    match &node.kind {
        Kind::Scalar { .. } => 0,
        Kind::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Kind::Map(entries) => 1 + entries.iter().map(|(_, v)| depth(v)).max().unwrap_or(0),
    }
}

fn size(node: &Node) -> (usize, usize) {
    let sum = |parts: &mut dyn Iterator<Item = (usize, usize)>| {
        parts.fold((1, 0), |(n, b), (n2, b2)| (n + n2, b + b2))
    };
    match &node.kind {
        Kind::Scalar { value: Value::String(text), .. } => (1, text.len()),
        Kind::Scalar { .. } => (1, 8),
        Kind::List(items) => sum(&mut items.iter().map(size)),
        Kind::Map(entries) => sum(&mut entries.iter().map(|(key, value)| {
            let (nodes, bytes) = size(value);
            (nodes, bytes + key.name.len())
        })),
    }
}
