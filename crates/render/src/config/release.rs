//! `envs/<env>/release.yaml`.

use std::collections::BTreeMap;

use suimon_model::{Artifact, Diagnostic, Location, Release, Snapshot};

use super::reader::Reader;
use crate::image::{ImageError, is_digest, parse_image};
use crate::yaml::Node;

/// Codes of errors about an image that is no pinned one.
pub(crate) const IMAGE_CODES: [&str; 2] = ["image-not-pinned", "bad-image"];

/// Where the release of an environment is.
pub(crate) fn release_path(env: &str) -> String {
    format!("envs/{env}/release.yaml")
}

/// Reads the release of an environment and the place of its `modules` pin.
///
/// Without the file the environment follows its own revision.
pub(crate) fn release_file(
    snapshot: &dyn Snapshot,
    env: &str,
) -> Result<(Release, Location), Vec<Diagnostic>> {
    let path = release_path(env);
    if crate::names::dns_label(env).is_some() {
        // There is no such environment, and whoever reads its file says so.
        return Ok((Release::default(), Location::file(path)));
    }
    let mut reader = Reader::new(&path);
    match reader.load(snapshot, &path) {
        Some(root) => contents(reader, &root),
        None if reader.errors.is_empty() => Ok((Release::default(), Location::file(path))),
        None => Err(reader.errors),
    }
}

/// Reads the text of a release.
pub(crate) fn release_text(file: &str, text: &str) -> Result<(Release, Location), Vec<Diagnostic>> {
    let mut reader = Reader::new(file);
    match reader.parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Some(root) => contents(reader, &root),
        None => Err(reader.errors),
    }
}

fn contents(mut reader: Reader, root: &Node) -> Result<(Release, Location), Vec<Diagnostic>> {
    let mut at = Location::file(&*reader.file);
    let header = reader.header(root, "Release", false);
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
                if let Some(artifact) = artifact(&mut reader, &key.name, node) {
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

fn artifact(reader: &mut Reader, name: &str, node: &Node) -> Option<Artifact> {
    let Some(entries) = node.entries() else {
        reader.wrong_type(node, "an artifact", "a mapping such as `{image: …}`");
        return None;
    };
    let mut artifact = BTreeMap::new();
    for (key, value) in entries {
        let Some(text) = reader.text(value, &key.name) else { continue };
        let error = match &*key.name {
            "image" => image(name, &text),
            "digest" if !is_digest(&text) => Some(bad_image(ImageError::Digest)),
            _ => None,
        };
        reader.errors.extend(error.map(|error| error.at(reader.places.at(value.pos))));
        artifact.insert(key.name.to_string(), text);
    }
    Some(artifact)
}

/// What is wrong with an image that a release pins.
fn image(name: &str, text: &str) -> Option<Diagnostic> {
    let image = match parse_image(text) {
        Err(error) => return Some(bad_image(error)),
        Ok(image) => image,
    };
    if image.digest.is_some() {
        return None;
    }
    let repository = &image.repository;
    Some(
        Diagnostic::error("image-not-pinned", format!("the image of `{name}` has no digest"))
            .detail("a tag can come to mean another image, and then what was proved is not what runs")
            .help(format!(
                "ask for the digest:\n  docker buildx imagetools inspect {text} --format '{{{{.Manifest.Digest}}}}'\n  \
                 crane digest {text}\nand write it: suimon release set {name}={repository}@sha256:…"
            )),
    )
}

fn bad_image(error: ImageError) -> Diagnostic {
    Diagnostic::error("bad-image", error.to_string())
        .help("write `registry.example.com/name@sha256:` and the 64 digits")
}
