//! `images-pinned` and `no-latest-tag`.

use serde_json::Value;
use suimon_model::REF_MARKER_PREFIX;

use super::Inspected;
use super::rules::Found;
use super::settings::Settings;
use super::workload::{Container, containers};

/// An image as it is written.
struct Image<'a> {
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

/// Splits `[host[:port]/]path[:tag][@digest]`; a colon before a slash is a port's.
fn split(text: &str) -> Image<'_> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    Image { tag: last.split_once(':').map(|(_, tag)| tag), digest }
}

fn is_digest(text: &str) -> bool {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha512", _)) => 128,
        _ => return false,
    };
    let hex = text.split_once(':').map_or("", |(_, hex)| hex);
    hex.len() == length && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Every image has a digest.
pub(super) fn pinned(settings: &Settings, objects: &[Inspected]) -> Found {
    each(settings, objects, |image| match image.digest {
        Some(digest) if is_digest(digest) => None,
        Some(_) => Some("has a digest that is none"),
        None => Some("is not pinned by a digest"),
    })
}

/// No image is whatever was pushed last.
pub(super) fn no_latest(settings: &Settings, objects: &[Inspected]) -> Found {
    each(settings, objects, |image| match (image.tag, image.digest) {
        (Some("latest"), _) => Some("has the tag `latest`"),
        (None, None) => Some("has neither a tag nor a digest, which means `latest`"),
        _ => None,
    })
}

fn each(
    settings: &Settings,
    objects: &[Inspected],
    wrong: fn(&Image<'_>) -> Option<&'static str>,
) -> Found {
    let mut found = Found::default();
    for object in objects.iter().filter(|object| !settings.excepts(&object.id)) {
        let containers = containers(object);
        if !containers.is_empty() {
            let problems = containers.iter().filter_map(|container| judge(container, wrong));
            found.judge(object, problems);
        }
    }
    found
}

fn judge(
    container: &Container<'_>,
    wrong: fn(&Image<'_>) -> Option<&'static str>,
) -> Option<String> {
    let path = &container.path;
    match container.body.get("image") {
        Some(Value::String(text)) if !text.is_empty() => {
            let what = wrong(&split(text))?;
            if text.contains(REF_MARKER_PREFIX) {
                return Some(format!("{path}.image is known only after it is applied"));
            }
            Some(format!("{path}.image {what}: {text}"))
        }
        _ => Some(format!("{path} has no image")),
    }
}
