//! Pure crates compute: no file, network, process, environment or clock.

use crate::files::files;

pub(crate) const PURE: &[&str] = &["model", "graph", "plan", "gate", "render", "view"];

const IMPURE_MODULES: &[&str] = &["fs", "env", "net", "process"];

const IMPURE_NAMES: &[&str] =
    &["SystemTime", "Instant::now", "Timestamp::now", "Zoned::now", "tokio"];

/// What a source uses that a pure crate must not, without looking at comments.
fn impure(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let mut found: Vec<String> = IMPURE_NAMES
        .iter()
        .filter(|name| code.contains(**name))
        .map(|name| (*name).to_owned())
        .collect();
    for after in code.split("std::").skip(1) {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let imported: Vec<&str> = match after.strip_prefix('{') {
            None => vec![after],
            Some(list) => list
                .split(';')
                .next()
                .unwrap_or(list)
                .split([',', '{', '}'])
                .map(str::trim)
                .collect(),
        };
        for path in imported {
            let module = path.split(|c| !is_name(c)).next().unwrap_or(path);
            if IMPURE_MODULES.contains(&module) {
                found.push(format!("std::{module}"));
            }
        }
    }
    found
}

#[test]
fn pure_crates_do_no_io() {
    let mut wrong = Vec::new();
    for name in PURE {
        for (path, text) in files(&format!("crates/{name}/src"), &[".rs"]) {
            wrong.extend(impure(&text).into_iter().map(|what| format!("{path} uses {what}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_check_sees_every_way_to_import() {
    for (text, expected) in [
        ("std::fs::read(path)", "std::fs"),
        ("use std::{collections::BTreeMap, fs};", "std::fs"),
        ("use std::{\n    fmt,\n    net::TcpStream,\n};", "std::net"),
        ("let now = Instant::now();", "Instant::now"),
    ] {
        assert_eq!(impure(text), [expected], "{text}");
    }
    for text in ["use std::fmt;", "// std::fs is not used", "use std::{fmt, time::Duration};"] {
        assert!(impure(text).is_empty(), "{text}");
    }
}
