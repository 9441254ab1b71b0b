//! `checks` of a gate.

use std::collections::HashMap;

use suimon_model::{Check, Diagnostic, HttpProbe, Probe};

use super::reader::Reader;
use crate::yaml::{Node, Pos};

/// How long a check may take where the file does not say, in seconds.
const TIMEOUT: u64 = 10;

/// Reads the checks; their names are unique.
pub(super) fn checks(reader: &mut Reader, gate: &Node) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut seen: HashMap<String, Pos> = HashMap::new();
    for item in reader.items(gate, "checks") {
        if !reader.mapping(item, "a check", &["name", "http", "command", "timeout"]) {
            continue;
        }
        let name = reader.filled_text(item, "name");
        let timeout = reader.duration(item, "timeout", false).unwrap_or(TIMEOUT);
        let probe = match (item.get("http"), item.get("command")) {
            (Some(node), None) => http(reader, node).map(Probe::Http),
            (None, Some(node)) => command(reader, node).map(Probe::Command),
            _ => {
                let summary = "a check needs exactly one of `http`, `command`";
                reader.error("wrong-value", summary.to_owned(), item.pos);
                None
            }
        };
        let Some(probe) = probe else { continue };
        let name = name.unwrap_or_else(|| match &probe {
            Probe::Http(http) => http.url.clone(),
            Probe::Command(words) => words.first().cloned().unwrap_or_default(),
        });
        reader.once(&mut seen, &name, item.pos, &format!("the check `{name}`"));
        checks.push(Check { name, probe, timeout });
    }
    checks
}

fn http(reader: &mut Reader, node: &Node) -> Option<HttpProbe> {
    if !reader.mapping(node, "`http`", &["url", "expect", "contains"]) {
        return None;
    }
    let contains = reader.filled_text(node, "contains");
    let expect = match node.get("expect") {
        None => 200,
        Some(found) => {
            let status = reader.count(node, "expect")?;
            match u16::try_from(status).ok().filter(|status| (100..600).contains(status)) {
                Some(status) => status,
                None => {
                    let summary = "`expect` must be an HTTP status from 100 to 599";
                    reader.error("wrong-value", summary.to_owned(), found.pos);
                    200
                }
            }
        }
    };
    let found = reader.required(node, "url")?;
    let url = reader.text(found, "url")?;
    if let Some(problem) = web_address(&url) {
        reader.errors.push(problem.at(reader.at(found)));
        return None;
    }
    Some(HttpProbe { url, expect, contains })
}

/// What is wrong with an address; its text is not repeated, because it may hold a password.
pub(super) fn web_address(url: &str) -> Option<Diagnostic> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let authority =
        rest.map(|rest| rest.split_once(['/', '?', '#']).map_or(rest, |(authority, _)| authority));
    match authority {
        Some(authority) if authority.contains('@') => Some(
            Diagnostic::error("secret-in-file", "`url` has a user or a password in it")
                .help("give an address that answers without one"),
        ),
        Some(authority)
            if !authority.is_empty()
                && !authority.starts_with(':')
                && !url.contains(|c: char| c.is_whitespace() || c.is_control()) =>
        {
            None
        }
        _ => Some(
            Diagnostic::error("wrong-value", "`url` is not a web address")
                .help("write `https://host/path` or `http://host/path`"),
        ),
    }
}

fn command(reader: &mut Reader, node: &Node) -> Option<Vec<String>> {
    let Some(items) = node.items() else {
        reader.wrong_type(node, "`command`", "a list: a program and its arguments");
        return None;
    };
    let words: Option<Vec<String>> =
        items.iter().map(|item| reader.text(item, "command")).collect();
    let words = words?;
    if words.first().is_none_or(|program| program.trim().is_empty()) {
        reader.error("empty-list", "`command` names no program".to_owned(), node.pos);
        return None;
    }
    Some(words)
}
