//! Paths inside a project: what may be asked for, and how a path is shown.

use crate::{Error, Limits};

/// The names of a requested path; none for the root.
pub(crate) fn components<'a>(path: &'a str, limits: &Limits) -> Result<Vec<&'a str>, Error> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let refuse = |why| Err(Error::BadPath { path: path.to_owned(), why });
    if path.starts_with('/') {
        return refuse("it is absolute");
    }
    let names: Vec<&str> = path.split('/').collect();
    if let Some(why) = names.iter().find_map(|name| name_problem(name)) {
        return refuse(why);
    }
    if names.len() > limits.max_depth {
        return Err(Error::TooDeep { path: path.to_owned(), limit: limits.max_depth });
    }
    Ok(names)
}

/// Why a name can be no name in a project.
pub(crate) fn name_problem(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("it has an empty name"),
        "." => Some("it has the name `.`"),
        ".." => Some("it leaves the project with `..`"),
        _ if name.eq_ignore_ascii_case(".git") => Some("`.git` is no part of a project"),
        _ if name.contains('/') => Some("a name in it has a slash"),
        _ if name.contains('\\') => Some("it has a backslash"),
        _ if name.contains('\0') => Some("it has a NUL character"),
        _ => None,
    }
}

/// `folder/name`, or `name` in the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Text for a terminal: control characters escaped, overlong text cut.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        if is_printable(c) {
            out.push(c);
        } else {
            out.extend(c.escape_default());
        }
    }
    out
}

/// Neither a control character nor one that reorders the text around it.
pub(crate) fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requested_path_stays_inside_the_project() {
        let limits = Limits { max_depth: 3, ..Limits::default() };
        for good in ["", "a", "a/b.yaml", "a/b/c", "...", ".gitignore", "a b/ü"] {
            assert!(components(good, &limits).is_ok(), "{good}");
        }
        let refused = [
            "/etc/passwd",
            "a/../b",
            "..",
            ".",
            "./a",
            "a/.",
            "a//b",
            "a/",
            "a\\b",
            "a\0b",
            ".git/config",
            "a/.GIT",
            "a/b/c/d",
        ];
        for bad in refused {
            assert!(components(bad, &limits).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn control_characters_are_never_shown_raw() {
        assert_eq!(shown("a\u{1b}[31m\n\u{202e}b"), r"a\u{1b}[31m\n\u{202e}b");
        assert_eq!(shown(&"x".repeat(400)).chars().count(), 301);
    }
}
