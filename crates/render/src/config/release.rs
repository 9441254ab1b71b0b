//! `envs/<env>/release.yaml`.

use std::collections::BTreeMap;

use suimon_model::{Artifact, Diagnostic, Location, Release, Snapshot};

use super::reader::Reader;
use crate::yaml::Node;

/// Reads the release of an environment and the place of its `modules` pin.
///
/// Without the file the environment follows its own revision.
pub(crate) fn release_file(
    snapshot: &dyn Snapshot,
    env: &str,
) -> Result<(Release, Location), Vec<Diagnostic>> {
    let path = format!("envs/{env}/release.yaml");
    if crate::names::dns_label(env).is_some() {
        // There is no such environment, and whoever reads its file says so.
        return Ok((Release::default(), Location::file(path)));
    }
    let mut reader = Reader::new(&path);
    let mut at = Location::file(&*path);
    let Some(root) = reader.load(snapshot, &path) else {
        return reader.errors.is_empty().then(|| (Release::default(), at)).ok_or(reader.errors);
    };
    let header = reader.header(&root, "Release", false);
    let mut release = Release { name: Some(header.name), ..Release::default() };
    if let Some(spec) = header.spec
        && reader.mapping(spec, "`spec`", &["modules", "artifacts"])
    {
        if let Some(node) = spec.get("modules") {
            at = reader.at(node);
            release.modules = commit(&mut reader, node);
        }
        if let Some(artifacts) = reader.free_mapping(spec, "artifacts") {
            for (key, node) in artifacts.entries().unwrap_or_default() {
                if let Some(artifact) = artifact(&mut reader, node) {
                    release.artifacts.insert(key.name.to_string(), artifact);
                }
            }
        }
    }
    reader.finish(Some((release, at)))
}

fn commit(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "modules")?;
    let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if hex && matches!(text.len(), 40 | 64) {
        return Some(text);
    }
    reader.errors.push(
        Diagnostic::error("wrong-value", "`modules` must be a full commit id")
            .at(reader.at(node))
            .detail("a branch, a tag or a short id can come to mean another commit")
            .help("write the 40 hexadecimal digits that `git rev-parse` prints"),
    );
    None
}

fn artifact(reader: &mut Reader, node: &Node) -> Option<Artifact> {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "an artifact", "a mapping such as `{image: …}`");
        return None;
    };
    let mut artifact = BTreeMap::new();
    for (key, value) in entries {
        if let Some(text) = reader.text(value, &key.name) {
            artifact.insert(key.name.to_string(), text);
        }
    }
    Some(artifact)
}
