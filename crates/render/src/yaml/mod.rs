//! The only place that reads and writes YAML.
//!
//! Reading is our own tree builder over `granit-parser`'s events, because every value must know its
//! line and column, duplicate keys must be reported with both places, and the scalars must mean what
//! kubectl thinks they mean. Writing is `serde-saphyr`, which quotes what a YAML 1.1 reader would
//! otherwise take for a boolean or a number.

mod document;
mod emit;
mod node;
mod read;
mod scalar;
mod span;
mod tree;

pub(crate) use document::{documents, one_document};
pub use emit::to_yaml;
pub(crate) use node::{Kind, Node, Pos, type_name};
pub use read::{KubernetesDocument, parse_kubernetes_yaml};
pub(crate) use scalar::{Dialect, is_text};
pub(crate) use span::{Entry, Shape, Spanned, spanned};
