//! Reading documents into manifests.

use std::sync::Arc;

use serde_json::{Map, Value};
use suimon_model::{
    Body, DeferredRef, Diagnostic, Diagnostics, Location, Manifest, Origin, REF_MARKER_PREFIX,
    ResourceId,
};

use super::check::{Found, Where, check_object};
use super::kinds::namespaced;
use crate::limits;
use crate::text::Places;
use crate::yaml::{Dialect, Kind, Node, Pos, documents};

/// A manifest with the places that later checks need.
pub(crate) struct Read {
    pub(crate) manifest: Manifest,
    /// The place of each of its deferred values.
    pub(crate) refs_at: Vec<Location>,
}

/// Collects the objects of one environment.
#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) read: Vec<Read>,
    pub(crate) problems: Diagnostics,
    full: bool,
}

struct Context<'a> {
    places: &'a Places,
    instance: Option<&'a Arc<str>>,
    refs: bool,
}

struct InText<'a> {
    node: &'a Node,
    places: &'a Places,
}

impl Where for InText<'_> {
    fn find(&self, path: &[String], key: bool) -> Found {
        let (node, _) = self.node.follow(path);
        let key = if key { self.node.key_pos(path) } else { None };
        let raw = node.raw().map(str::to_owned);
        Found {
            at: self.places.at(key.unwrap_or(node.pos)),
            raw,
            printed: self.places.is_printed(node.pos),
        }
    }
}

impl Collector {
    /// Goes on from the problems found so far.
    pub(crate) fn new(problems: Diagnostics) -> Self {
        Self { problems, ..Self::default() }
    }

    /// Takes every object of a text.
    pub(crate) fn text(&mut self, text: &str, places: &Places, instance: Option<&Arc<str>>) {
        let refs = holds_marker(text);
        let context = Context { places, instance, refs };
        let before = self.problems.len();
        for document in documents(text, places, Dialect::Kubernetes) {
            match document {
                Ok(document) => {
                    if let Some(root) = document.root {
                        self.node(&root, &context, 0);
                    }
                }
                Err(errors) => self.problems.extend(errors),
            }
            if self.full {
                return;
            }
            if self.problems.len() - before >= limits::ERRORS_PER_FILE {
                let (file, _) = places.origin(Pos { line: 1, column: 1 });
                let summary = "what else is wrong with this file is left out";
                self.problems
                    .push(Diagnostic::error("too-many-errors", summary).at(Location::file(&*file)));
                return;
            }
        }
    }

    fn error(&mut self, context: &Context<'_>, node: &Node, code: &'static str, summary: String) {
        self.problems.push(Diagnostic::error(code, summary).at(context.places.at(node.pos)));
    }

    /// Takes an object or the items of a list.
    fn node(&mut self, node: &Node, context: &Context<'_>, depth: usize) {
        if node.entries().is_none() {
            let summary = format!("an object must be a mapping, not {}", node.type_name());
            self.error(context, node, "not-an-object", summary);
            return;
        }
        let list = node.get("kind").and_then(Node::as_str).is_some_and(|k| k.ends_with("List"));
        if list
            && depth < 4
            && let Some(items) = node.get("items")
        {
            match items.items() {
                Some(items) => {
                    for item in items {
                        self.node(item, context, depth + 1);
                    }
                }
                None if items.is_null() => {}
                None => {
                    let summary = format!("`items` must be a list, not {}", items.type_name());
                    self.error(context, items, "wrong-type", summary);
                }
            }
            return;
        }
        self.object(node, context);
    }

    fn object(&mut self, node: &Node, context: &Context<'_>) {
        if self.read.len() >= limits::OBJECTS {
            if !self.full {
                let summary = format!("more than {} objects in one environment", limits::OBJECTS);
                self.error(context, node, "limit-objects", summary);
            }
            self.full = true;
            return;
        }
        odd_keys(node, context.places, &mut self.problems);
        let Some((mut id, api_version)) = self.identity(node, context) else { return };
        let mut value = node.value();
        if namespaced(&id.group, &id.kind) == Some(true) && id.namespace.is_none() {
            set_namespace(&mut id, &mut value, "default");
        }
        if value.as_object_mut().is_some_and(|object| object.remove("status").is_some()) {
            let at = node.key_pos(&["status"]).unwrap_or(node.pos);
            self.problems.push(
                Diagnostic::warning("status-dropped", format!("`status` of {id} is left out"))
                    .at(context.places.at(at))
                    .detail("status is what the cluster reports, nobody declares it")
                    .help("remove it from the manifest"),
            );
        }
        let version = api_version.rsplit('/').next().unwrap_or_default();
        let place = InText { node, places: context.places };
        self.problems.extend(check_object(&id, version, &value, &place));
        self.cluster_scope(&id, node, context);
        self.plain_secret(&id, node, context);
        let (refs, refs_at) = self.refs(&id, &value, node, context);
        let (file, line) = context.places.origin(node.pos);
        self.read.push(Read {
            manifest: Manifest {
                id,
                api_version: api_version.into(),
                body: Body::new(&value),
                origin: Origin { file, line, instance: context.instance.cloned() },
                refs,
            },
            refs_at,
        });
    }

    /// `apiVersion`, `kind` and `metadata.name`; all that is missing is reported.
    fn identity(&mut self, node: &Node, context: &Context<'_>) -> Option<(ResourceId, String)> {
        let api_version = self.field(node, &["apiVersion"], context);
        let kind = self.field(node, &["kind"], context);
        let metadata = node.get("metadata");
        let generated = metadata.and_then(|metadata| metadata.entry("generateName"));
        let name = if let Some((key, _)) = generated {
            self.problems.push(
                Diagnostic::error("generated-name", "`generateName` names a new object each time")
                    .at(context.places.at(key.pos))
                    .help("give the object a `name`, so that the next run finds it again"),
            );
            None
        } else {
            self.field(node, &["metadata", "name"], context)
        };
        let namespace = match metadata.and_then(|metadata| metadata.get("namespace")) {
            Some(found) if !found.is_null() => {
                Some(self.field(node, &["metadata", "namespace"], context)?)
            }
            _ => None,
        };
        let (api_version, kind, name) = (api_version?, kind?, name?);
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        if api_version.split('/').any(str::is_empty) || api_version.split('/').count() > 2 {
            let summary =
                format!("`apiVersion` is `{api_version}`, not `version` or `group/version`");
            self.error(context, node.get("apiVersion")?, "wrong-value", summary);
            return None;
        }
        let plain =
            |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        if !plain(&kind) || !plain(group) || kind.contains('.') {
            let summary = "`kind` and `apiVersion` must be plain names".to_owned();
            self.error(context, node.get("kind")?, "wrong-value", summary);
            return None;
        }
        Some((ResourceId::new(group, kind, namespace.as_deref(), name), api_version))
    }

    fn field(&mut self, node: &Node, path: &[&str], context: &Context<'_>) -> Option<String> {
        let (found, used) = node.follow(path);
        let field = path.join(".");
        if used < path.len() || found.is_null() {
            self.error(context, found, "missing-key", format!("the object has no `{field}`"));
            return None;
        }
        match found.as_str() {
            Some("") => {
                self.error(context, found, "missing-key", format!("`{field}` is empty"));
                None
            }
            Some(text) => Some(text.to_owned()),
            None => {
                let help = found.raw().map(|raw| format!("write it in quotes: \"{raw}\""));
                let mut error = Diagnostic::error(
                    if help.is_some() { "unquoted-string" } else { "wrong-type" },
                    format!("`{field}` must be a string, not {}", found.type_name()),
                )
                .at(context.places.at(found.pos));
                error.help = help;
                self.problems.push(error);
                None
            }
        }
    }

    fn cluster_scope(&mut self, id: &ResourceId, node: &Node, context: &Context<'_>) {
        if id.namespace.is_some() && namespaced(&id.group, &id.kind) == Some(false) {
            let (at, _) = node.follow(&["metadata", "namespace"]);
            self.problems.push(
                Diagnostic::error(
                    "cluster-scoped",
                    format!("{} is cluster-scoped, it has no namespace", id.kind),
                )
                .at(context.places.at(at.pos))
                .help("remove `metadata.namespace`"),
            );
        }
    }

    fn plain_secret(&mut self, id: &ResourceId, node: &Node, context: &Context<'_>) {
        if !id.group.is_empty() || id.kind != "Secret" {
            return;
        }
        for field in ["data", "stringData"] {
            let Some((key, found)) = node.entry(field) else { continue };
            let plain = |node: &Node| node.as_str().is_none_or(|t| !t.contains(REF_MARKER_PREFIX));
            if found.entries().is_some_and(|entries| entries.iter().any(|(_, v)| plain(v))) {
                self.problems.push(
                    Diagnostic::warning(
                        "secret-in-git",
                        format!("the values of {id} are in the repository in plain text"),
                    )
                    .at(context.places.at(key.pos))
                    .help("keep secret values out of Git, and replace those that were in it"),
                );
                return;
            }
        }
    }

    fn refs(
        &mut self,
        id: &ResourceId,
        value: &Value,
        node: &Node,
        context: &Context<'_>,
    ) -> (Vec<DeferredRef>, Vec<Location>) {
        let mut found = Vec::new();
        if context.refs {
            markers(value, &mut String::new(), &mut found);
        }
        let (mut refs, mut places) = (Vec::new(), Vec::new());
        for marker in found {
            let path = marker.path();
            let key = if matches!(marker, Marker::Key(_)) { node.key_pos(&path) } else { None };
            let at = context.places.at(key.unwrap_or_else(|| node.follow(&path).0.pos));
            match marker {
                Marker::Broken(_) => self.problems.push(
                    Diagnostic::error("bad-ref", "a deferred value was changed after `ref`")
                        .at(at)
                        .detail("it stands for text that is not known yet")
                        .help("print what `ref` gives as it is, without filters"),
                ),
                Marker::Key(_) => self
                    .problems
                    .push(Diagnostic::error("bad-ref", "a deferred value cannot be a key").at(at)),
                Marker::Value(deferred)
                    if id.kind == "Secret" && id.group.is_empty() && path[0] == "data" =>
                {
                    let what =
                        format!("`{}` must be base64, a deferred value is not", path.join("."));
                    self.problems.push(
                        Diagnostic::error("bad-ref", what).at(at).help("put it under `stringData`"),
                    );
                    let _ = deferred;
                }
                Marker::Value(deferred) => {
                    refs.push(deferred);
                    places.push(at);
                }
            }
        }
        (refs, places)
    }
}

/// Gives an object a namespace, in its id and in its body.
pub(crate) fn set_namespace(id: &mut ResourceId, value: &mut Value, namespace: &str) {
    id.namespace = Some(namespace.to_owned());
    if let Some(Value::Object(metadata)) = value.get_mut("metadata") {
        metadata.insert("namespace".to_owned(), Value::from(namespace));
    }
}

/// Keys that YAML does not read as they are written: `yes: x` declares the key `true`.
fn odd_keys(node: &Node, places: &Places, problems: &mut Diagnostics) {
    match &node.kind {
        Kind::Scalar { .. } => {}
        Kind::List(items) => items.iter().for_each(|item| odd_keys(item, places, problems)),
        Kind::Map(entries) => {
            for (key, value) in entries {
                if let Some(odd) = key.odd.as_ref().filter(|odd| **odd != key.name) {
                    problems.push(
                        Diagnostic::error(
                            "unquoted-string",
                            format!("the key `{odd}` reads as `{}`", key.name),
                        )
                        .at(places.at(key.pos))
                        .help(format!("write it in quotes: \"{odd}\"")),
                    );
                }
                odd_keys(value, places, problems);
            }
        }
    }
}

/// Whether a text holds the start of a marker, whatever a filter did to its case.
fn holds_marker(text: &str) -> bool {
    text.contains(REF_MARKER_PREFIX) || text.contains(&REF_MARKER_PREFIX.to_ascii_lowercase())
}

enum Marker {
    /// What a filter left of a deferred value.
    Broken(String),
    Key(String),
    Value(DeferredRef),
}

impl Marker {
    fn path(&self) -> Vec<String> {
        let pointer = match self {
            Self::Broken(pointer) | Self::Key(pointer) => pointer,
            Self::Value(deferred) => &deferred.pointer,
        };
        pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
    }
}

/// Every deferred value below a value.
fn markers(value: &Value, pointer: &mut String, found: &mut Vec<Marker>) {
    let length = pointer.len();
    match value {
        Value::String(text) if holds_marker(text) => {
            let (mut rest, mut from) = (String::new(), 0);
            for (range, target, attribute) in DeferredRef::find_markers(text) {
                rest.push_str(&text[from..range.start]);
                from = range.end;
                let pointer = pointer.clone();
                found.push(Marker::Value(DeferredRef { pointer, target, attribute }));
            }
            rest.push_str(&text[from..]);
            if holds_marker(&rest) {
                found.push(Marker::Broken(pointer.clone()));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                markers(item, pointer, found);
                pointer.truncate(length);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                if key.contains(REF_MARKER_PREFIX) {
                    found.push(Marker::Key(pointer.clone()));
                }
                markers(value, pointer, found);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

/// The deferred values of an object's body.
pub(crate) fn deferred(object: &Map<String, Value>) -> Vec<DeferredRef> {
    let mut found = Vec::new();
    for (key, value) in object {
        let mut pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        markers(value, &mut pointer, &mut found);
    }
    found
        .into_iter()
        .filter_map(|marker| match marker {
            Marker::Value(deferred) => Some(deferred),
            Marker::Broken(_) | Marker::Key(_) => None,
        })
        .collect()
}
