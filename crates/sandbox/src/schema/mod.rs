//! What a value may look like: the fields of a type, how its lists and maps merge, which zero values it keeps.
//!
//! Built-in types come from `types.txt`; those of custom resources from their definition.

mod builtin;
mod custom;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

pub(crate) use builtin::{BUILTIN_RESOURCES, builtin};
pub(crate) use custom::{StructuralSchema, custom_schema, structural};

/// A type, shared because types refer to each other.
pub(crate) type TypeRef = Arc<Schema>;

/// The form of a value.
#[derive(Debug)]
pub(crate) enum Schema {
    /// A leaf.
    Scalar(Scalar),
    /// Anything: scalars are leaves, lists are atomic, maps merge key by key.
    Any,
    /// A list.
    List { item: TypeRef, kind: ListKind },
    /// A struct (`fields`), a map (`rest`), or a struct with further keys (both).
    Object(Object),
    /// A type of the built-in table, resolved when it is looked at: types may be recursive.
    Named(&'static str),
}

/// The fields of a struct and of a map.
#[derive(Debug, Default)]
pub(crate) struct Object {
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) rest: Option<TypeRef>,
    pub(crate) atomic: bool,
}

/// One field of a struct.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) ty: TypeRef,
    /// Written even when it is empty: a Go value without `omitempty`.
    pub(crate) always: bool,
    /// A pointer in Go: an explicit zero is kept.
    pub(crate) keeps_zero: bool,
    pub(crate) required: bool,
    pub(crate) default: Option<Value>,
    /// The values a string may have, when the API lists them.
    pub(crate) allowed: Vec<&'static str>,
    /// How a strategic merge patch treats the field.
    pub(crate) patch: PatchStrategy,
}

impl Field {
    pub(crate) fn plain(ty: TypeRef) -> Self {
        Self {
            ty,
            always: false,
            keeps_zero: true,
            required: false,
            default: None,
            allowed: Vec::new(),
            patch: PatchStrategy::default(),
        }
    }
}

/// How a strategic merge patch treats a list or struct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PatchStrategy {
    /// Lists merge instead of being replaced; by this key when they hold objects.
    pub(crate) merge: bool,
    pub(crate) key: Option<&'static str>,
    pub(crate) retain_keys: bool,
}

/// How the items of a list are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListKind {
    Atomic,
    Set,
    Map(Vec<String>),
}

/// A leaf type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    String,
    Int32,
    Int64,
    Number,
    Bool,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Bytes,
}

impl Schema {
    /// The schema itself, with names of built-in types looked up.
    pub(crate) fn resolve(&self) -> &Self {
        match self {
            Self::Named(name) => builtin(name).map_or(&Self::Any, AsRef::as_ref),
            other => other,
        }
    }

    pub(crate) fn object(&self) -> Option<&Object> {
        match self.resolve() {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The struct field called `name`.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.object().and_then(|object| object.fields.get(name))
    }

    /// The type below `name`, be it a struct field or a map entry.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        match self.resolve() {
            Self::Any => Some(&Self::Any),
            Self::Object(object) => {
                object.fields.get(name).map(|field| field.ty.as_ref()).or(object.rest.as_deref())
            }
            _ => None,
        }
    }
}
