//! What a reader may rely on wherever they look.

use crate::files::{files, top_level};

const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".github",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "docs",
    "envs",
    "examples",
    "modules",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "suimon.yaml",
    "tests",
];

/// Marks of work that is not finished, spelt so that this file does not hold them.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// How long a file of this name may be, in lines.
fn limit(path: &str) -> usize {
    match path.rsplit('/').next() {
        Some("main.rs") => 40,
        Some("lib.rs") => 100,
        _ => 600,
    }
}

#[test]
fn the_top_level_is_a_table_of_contents() {
    let names = top_level();
    let strange: Vec<_> = names.iter().filter(|name| !TOP_LEVEL.contains(&name.as_str())).collect();
    assert!(strange.is_empty(), "not expected at the top: {strange:?}");
}

#[test]
fn files_are_short() {
    let long: Vec<String> = files("", &[".rs"])
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(path, lines)| *lines > limit(path))
        .map(|(path, lines)| format!("{path} has {lines} lines, {} are allowed", limit(path)))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn nothing_is_left_for_later() {
    let mut found = Vec::new();
    for (path, text) in files("", &[".rs", ".toml", ".md", ".yml", ".yaml", ".tera"]) {
        for (number, line) in (1..).zip(text.lines()) {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.any(|word| UNFINISHED.contains(&word)) {
                found.push(format!("{path}:{number}: {line}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn lines_do_not_end_in_spaces() {
    let mut found = Vec::new();
    for (path, text) in files("", &[".rs", ".toml", ".md", ".yml", ".yaml"]) {
        for (number, line) in (1..).zip(text.split('\n')) {
            if line.ends_with([' ', '\t', '\r']) {
                found.push(format!("{path}:{number}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_crate_obeys_the_lints_of_the_workspace() {
    let manifests =
        ["crates", "tests"].into_iter().flat_map(|folder| files(folder, &["Cargo.toml"]));
    let lax: Vec<String> = manifests
        .filter(|(_, text)| !text.contains("[lints]\nworkspace = true\n"))
        .map(|(path, _)| path)
        .collect();
    assert!(lax.is_empty(), "{lax:?}");
}
