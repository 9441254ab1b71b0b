//! The file that an import writes.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use suimon_model::ResourceId;

use crate::failure::Failure;

/// The address of a manifest.
pub(super) fn id(manifest: &Value) -> ResourceId {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
    let version = text("/apiVersion").unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let (kind, name) = (text("/kind").unwrap_or_default(), text("/metadata/name"));
    ResourceId::new(group, kind, text("/metadata/namespace"), name.unwrap_or_default())
}

/// The manifests as YAML documents.
pub(super) fn text(manifests: &[Value]) -> String {
    let documents: Vec<String> = manifests.iter().map(suimon_render::to_yaml).collect();
    documents.join("---\n")
}

/// What to call the file: the last manifest's kind and name say best what it is about.
pub(super) fn name(manifests: &[Value]) -> String {
    let namespace = manifests.iter().map(id).find(|id| id.kind == "Namespace");
    let service = manifests.iter().map(id).find(|id| id.is_aws() && id.kind == "Service");
    let about = namespace.or(service).or_else(|| manifests.last().map(id));
    about.map_or_else(
        || "imported".to_owned(),
        |id| format!("{}-{}", id.kind.to_lowercase(), id.name),
    )
}

/// Writes a new file; one that is there is not touched.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err(Failure::new(format!("`{name}` is not a name for a file"))
            .hint("choose one with --name: letters, digits, `-`, `_` and `.`"));
    }
    let path = folder.join(format!("{name}.yaml"));
    let cannot = |e: std::io::Error| {
        Failure::new(format!("cannot write {}: {e}", path.display()))
            .hint("choose another name with --name, or print with --dry-run")
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)?;
    Ok(path)
}

/// `1 manifest`, `3 manifests`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
