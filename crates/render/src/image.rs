//! References to container images.

use std::fmt;
use std::str::FromStr;

/// A reference to a container image: `[host[:port]/]path[:tag][@sha256:…]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Host and path, as written.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// `sha256:` and 64 lower-case hexadecimal digits.
    pub digest: Option<String>,
}

/// Why a text is not a reference to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageError {
    /// The repository is none.
    Repository,
    /// The tag is none.
    Tag,
    /// The digest is none.
    Digest,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Repository => {
                "this is not the name of an image, such as `registry.example.com/api`"
            }
            Self::Tag => "a tag has up to 128 letters, digits, `_`, `.` and `-`",
            Self::Digest => "a digest is `sha256:` and 64 lower-case hexadecimal digits",
        })
    }
}

impl std::error::Error for ImageError {}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Image {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        parse_image(text)
    }
}

/// Reads a reference to an image, by the grammar of the container registries
/// (<https://pkg.go.dev/github.com/distribution/reference>), with SHA-256 as the only digest.
///
/// # Errors
/// Which part of it is wrong.
pub fn parse_image(text: &str) -> Result<Image, ImageError> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let path = name.rfind('/').map_or(0, |slash| slash + 1);
    let (repository, tag) = match name[path..].split_once(':') {
        Some((last, tag)) => (&name[..path + last.len()], Some(tag)),
        None => (name, None),
    };
    if !is_repository(repository) {
        return Err(ImageError::Repository);
    }
    if !tag.is_none_or(is_tag) {
        return Err(ImageError::Tag);
    }
    if !digest.is_none_or(is_digest) {
        return Err(ImageError::Digest);
    }
    let own = |part: Option<&str>| part.map(str::to_owned);
    Ok(Image { repository: repository.to_owned(), tag: own(tag), digest: own(digest) })
}

fn is_repository(text: &str) -> bool {
    let host = |first: &str| first == "localhost" || first.contains(['.', ':']);
    let path = match text.split_once('/') {
        Some((first, path)) if host(first) && is_host(first) => path,
        Some((first, _)) if first.contains(':') => return false,
        _ => text,
    };
    text.len() <= 255 && path.split('/').all(is_path_part)
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            if address.parse::<core::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("localhost", port)
        }
        None => text.find(':').map_or((text, ""), |colon| text.split_at(colon)),
    };
    let label = |label: &str| {
        let edge = |c: char| c.is_ascii_alphanumeric();
        label.starts_with(edge)
            && label.ends_with(edge)
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let number = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    name.split('.').all(label) && (port.is_empty() || port.strip_prefix(':').is_some_and(number))
}

/// Lower-case letters and digits, between them one `.`, one or two `_`, or any number of `-`.
fn is_path_part(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let joints = text.split(word).filter(|joint| !joint.is_empty());
    text.starts_with(word)
        && text.ends_with(word)
        && joints
            .into_iter()
            .all(|joint| matches!(joint, "." | "_" | "__") || joint.chars().all(|c| c == '-'))
}

fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(word)
        && text.len() <= 128
        && text.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

/// Whether a text is `sha256:` and 64 lower-case hexadecimal digits.
pub(crate) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_has_a_repository_a_tag_and_a_digest() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (text, repository, tag, digest) in [
            ("api", "api", None, None),
            ("api:1.2", "api", Some("1.2"), None),
            ("library/api:V1_2-x", "library/api", Some("V1_2-x"), None),
            ("localhost/api", "localhost/api", None, None),
            ("localhost:5000/a/b", "localhost:5000/a/b", None, None),
            (
                "r.example.com:443/a__b/c.d-e--f:x",
                "r.example.com:443/a__b/c.d-e--f",
                Some("x"),
                None,
            ),
            ("[::1]:5000/api", "[::1]:5000/api", None, None),
            (&format!("r.io/api@{digest}"), "r.io/api", None, Some(&digest)),
            (&format!("r.io/api:1@{digest}"), "r.io/api", Some("1"), Some(&digest)),
        ] {
            let image = parse_image(text).unwrap();
            let found = (&*image.repository, image.tag.as_deref(), image.digest.as_deref());
            assert_eq!(found, (repository, tag, digest.map(|digest| digest as &str)));
            assert_eq!(image.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_reference_says_which_part() {
        use ImageError::{Digest, Repository, Tag};
        let hex = "a".repeat(64);
        for (text, expected) in [
            ("", Repository),
            ("API", Repository),
            ("https://r.io/api", Repository),
            ("r.io/", Repository),
            ("r.io//api", Repository),
            ("/api", Repository),
            ("r.io/a b", Repository),
            ("r.io/a..b", Repository),
            ("r.io/a___b", Repository),
            ("r.io/-a", Repository),
            ("r.io:0/api", Repository),
            ("r.io:99999/api", Repository),
            ("r_x.io/api:1/b", Repository),
            ("[::x]/api", Repository),
            ("user@r.io/api", Digest),
            ("api:", Tag),
            ("api:.x", Tag),
            (&format!("api:{}", "x".repeat(129)), Tag),
            ("api@", Digest),
            ("api@sha256:abc", Digest),
            (&format!("api@sha256:{}", "A".repeat(64)), Digest),
            (&format!("api@md5:{hex}"), Digest),
            (&format!("api@sha256:{hex}a"), Digest),
            (&format!("api@sha256:{hex}@sha256:{hex}"), Digest),
        ] {
            assert_eq!(parse_image(text), Err(expected), "{text}");
        }
    }
}
