//! What Kubernetes allows as a name, a label and an annotation.

fn alphanumeric(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// Why a text is not a DNS label (RFC 1123); `None` when it is one.
pub(crate) fn dns_label(text: &str) -> Option<String> {
    length(text, 63).or_else(|| {
        (!is_dns_part(text))
            .then(|| format!("must hold only lower-case letters, digits and `-`, {EDGES}"))
    })
}

/// Why a text is not a DNS subdomain name; `None` when it is one.
pub(crate) fn dns_subdomain(text: &str) -> Option<String> {
    let good = || text.split('.').all(is_dns_part);
    length(text, 253).or_else(|| {
        (!good())
            .then(|| format!("must hold only lower-case letters, digits, `-` and `.`, {EDGES}"))
    })
}

/// Why a text cannot be the last part of a URL path, which is all that RBAC names need.
pub(crate) fn path_segment(text: &str) -> Option<String> {
    length(text, 253).or_else(|| {
        (text == "." || text == ".." || text.contains(['/', '%']))
            .then(|| "must not be `.` or `..`, and not hold `/` or `%`".to_owned())
    })
}

const EDGES: &str = "and start and end with a letter or digit";

fn is_dns_part(part: &str) -> bool {
    part.chars().all(|c| alphanumeric(c) || c == '-')
        && part.starts_with(alphanumeric)
        && part.ends_with(alphanumeric)
}

/// Why a text is not a label's value.
pub(crate) fn label_value(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    length(text, 63).or_else(|| qualified_part(text))
}

/// Why a text is not the key of a label or an annotation.
pub(crate) fn qualified_key(text: &str) -> Option<String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if let Some(problem) = prefix.and_then(dns_subdomain) {
        return Some(format!("has a prefix that {problem}"));
    }
    length(name, 63).or_else(|| qualified_part(name))
}

fn qualified_part(text: &str) -> Option<String> {
    let edge = |c: char| c.is_ascii_alphanumeric();
    let good = text.chars().all(|c| edge(c) || matches!(c, '-' | '_' | '.'))
        && text.starts_with(edge)
        && text.ends_with(edge);
    (!good).then(|| format!("must hold only letters, digits, `-`, `_` and `.`, {EDGES}"))
}

fn length(text: &str, most: usize) -> Option<String> {
    if text.is_empty() {
        return Some("must not be empty".to_owned());
    }
    let length = text.chars().count();
    (length > most).then(|| format!("has {length} characters, at most {most} are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_kubernetes_allows() {
        for good in ["a", "web-1", "0"] {
            assert_eq!(dns_label(good), None, "{good}");
        }
        for bad in ["", "Web", "-a", "a-", "a.b", "a_b", "ü", &"a".repeat(64)] {
            assert!(dns_label(bad).is_some(), "{bad}");
        }
        assert_eq!(dns_subdomain("a.b-c.d"), None);
        assert!(dns_subdomain("a..b").is_some());
        assert_eq!(path_segment("system:node"), None);
        assert!(path_segment("a/b").is_some());
    }

    #[test]
    fn labels_are_what_kubernetes_allows() {
        assert_eq!(label_value(""), None);
        assert_eq!(label_value("A_b.c-1"), None);
        assert!(label_value("a b").is_some());
        assert_eq!(
            label_value(&"a".repeat(64)).unwrap(),
            "has 64 characters, at most 63 are allowed"
        );
        assert_eq!(qualified_key("app.kubernetes.io/Name"), None);
        assert!(qualified_key("a/b/c").is_some());
        assert!(qualified_key("Ü/b").is_some());
        assert!(qualified_key("/b").is_some());
    }
}
