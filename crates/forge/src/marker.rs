//! Comments that are found again: their first line names them, hidden from readers.

use crate::{Error, Result, text};

const START: &str = "<!-- suimon:";
const END: &str = " -->";

/// A comment with a name, no longer than a forge takes.
///
/// # Errors
/// [`Error::Settings`] for a name that cannot stand in a comment.
pub(crate) fn mark(name: &str, body: &str, most: usize) -> Result<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._:/-".contains(c);
    if name.is_empty() || name.len() > 200 || !name.chars().all(allowed) || name.contains("--") {
        return Err(Error::Settings {
            what: format!("name of a comment {:?}", text::line(name, 60)),
            why: "it has letters, digits and ._:/- only, and no --".to_owned(),
        });
    }
    Ok(text::body(&format!("{START}{name}{END}\n{body}"), most))
}

/// The name and the rest of a comment that has one.
pub(crate) fn read(comment: &str) -> Option<(String, String)> {
    let comment = comment.replace("\r\n", "\n");
    let (first, rest) = comment.split_once('\n').unwrap_or((&comment, ""));
    let name = first.strip_prefix(START)?.strip_suffix(END)?;
    Some((name.to_owned(), rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_again_on_the_first_line_only() {
        let marked = mark("plan:stg", "## stg\n<!-- suimon:plan:prod -->\n", 1000).unwrap();
        assert_eq!(marked, "<!-- suimon:plan:stg -->\n## stg\n<!-- suimon:plan:prod -->\n");
        let (name, body) = read(&marked.replace('\n', "\r\n")).unwrap();
        assert_eq!(name, "plan:stg");
        assert_eq!(body, "## stg\n<!-- suimon:plan:prod -->\n");
        for other in ["", "## stg", " <!-- suimon:a -->", "x\n<!-- suimon:a -->", "<!-- suimon:a"] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_name_cannot_end_its_comment() {
        for name in ["", "a b", "a-->", "a--b", "<!--", "a\nb", "é"] {
            assert!(mark(name, "", 1000).is_err(), "{name:?}");
        }
    }
}
