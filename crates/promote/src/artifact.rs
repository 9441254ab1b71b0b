//! `NAME=IMAGE@sha256:…`: an artifact to pin.

use crate::Refusal;

/// Reads `api=registry.example.com/api@sha256:…` into the artifact's name and its image.
///
/// The grammar of images is that of the distribution project's `reference` package, with a digest.
///
/// # Errors
/// There is no name or no image, or the image has no digest: a tag can be moved, so that what one
/// environment has proved is not what the next one runs.
pub fn parse_artifact(text: &str) -> Result<(String, String), Refusal> {
    let Some((name, image)) = text.split_once('=') else {
        return Err(Refusal::new(format!("`{text}` names no artifact")).help(
            "write NAME=IMAGE@sha256:DIGEST, such as api=registry.example.com/api@sha256:…",
        ));
    };
    if !is_name(name) {
        return Err(Refusal::new(format!("`{name}` cannot be the name of an artifact")).help(
            "a name has letters, digits, `-`, `_` and `.`, and begins with a letter or a digit",
        ));
    }
    let Some((repository, digest)) = image.split_once('@') else {
        if !is_repository(image) {
            return Err(not_an_image(image));
        }
        return Err(Refusal::new(format!("`{image}` has no digest: a tag can come to mean another image"))
            .help(format!(
                "resolve it, and pin what it means now: {name}={}@$(crane digest {image}), or the digest \
                 that `docker buildx imagetools inspect {image}` prints",
                without_tag(image)
            )));
    };
    if !is_repository(repository) {
        return Err(not_an_image(image));
    }
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() != 64 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Refusal::new(format!("`{digest}` is not a digest of an image"))
            .help("a digest is `sha256:` and 64 hexadecimal digits in lower case"));
    }
    Ok((name.to_owned(), image.to_owned()))
}

fn not_an_image(image: &str) -> Refusal {
    Refusal::new(format!("`{image}` is not the name of an image"))
        .help("write REGISTRY/NAME@sha256:DIGEST, in lower case and without spaces")
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= 128
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A registry's name, folders and a name, and perhaps a tag.
fn is_repository(text: &str) -> bool {
    let path = without_tag(text);
    let tag = text.get(path.len()..).unwrap_or_default().strip_prefix(':');
    let tag_fits = tag.is_none_or(|tag| {
        (1..=128).contains(&tag.len())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            && !tag.starts_with(['-', '.'])
    });
    let (host, rest) = match path.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':', '[']) || host == "localhost" => (host, rest),
        _ => ("", path),
    };
    let host_fits = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
    let part_fits = |part: &str| {
        let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        part.bytes().all(|b| edge(b) || b"._-".contains(&b))
            && part.bytes().next().is_some_and(edge)
            && part.bytes().last().is_some_and(edge)
    };
    text.len() <= 512 && tag_fits && host_fits && rest.split('/').all(part_fits)
}

fn without_tag(image: &str) -> &str {
    match image.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => path,
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_digest_pins_an_image() {
        let hex = "0123456789abcdef".repeat(4);
        let good = [
            format!("api=registry.example.com/team/api@sha256:{hex}"),
            format!("api=registry.example.com:5000/api:v1.2@sha256:{hex}"),
            format!("api=localhost:5000/api@sha256:{hex}"),
            format!("my_api.v2-x=api@sha256:{hex}"),
            format!("api=[::1]:5000/a__b/c-d@sha256:{hex}"),
        ];
        for text in good {
            let (name, image) = text.split_once('=').unwrap();
            assert_eq!(parse_artifact(&text), Ok((name.to_owned(), image.to_owned())), "{text}");
        }
        let upper = hex.to_uppercase();
        let bad = [
            ("api", "`api` names no artifact"),
            ("=x", "`` cannot be the name of an artifact"),
            ("a b=x", "`a b` cannot be the name of an artifact"),
            ("api=", "`` is not the name of an image"),
            ("api=r/api:v1", "`r/api:v1` has no digest: a tag can come to mean another image"),
            ("api=r/api", "`r/api` has no digest: a tag can come to mean another image"),
            ("api=R/api:v1", "`R/api:v1` is not the name of an image"),
            ("api=https://r/api:v1", "`https://r/api:v1` is not the name of an image"),
            ("api=r/api@sha256:12", "`sha256:12` is not a digest of an image"),
            ("api=r/api@md5:12", "`md5:12` is not a digest of an image"),
            (
                &format!("api=r/api@sha256:{upper}"),
                &format!("`sha256:{upper}` is not a digest of an image"),
            ),
            (
                &format!("api=r/a pi@sha256:{hex}"),
                &format!("`r/a pi@sha256:{hex}` is not the name of an image"),
            ),
            (
                &format!("api=@sha256:{hex}"),
                &format!("`@sha256:{hex}` is not the name of an image"),
            ),
            (
                &format!("api=r/api@sha256:{hex}@sha256:{hex}"),
                &format!("`sha256:{hex}@sha256:{hex}` is not a digest of an image"),
            ),
        ];
        for (text, why) in bad {
            assert_eq!(parse_artifact(text).unwrap_err().why, why, "{text}");
        }
    }

    #[test]
    fn a_tag_is_answered_with_how_to_resolve_it() {
        let refusal = parse_artifact("api=registry.example.com:5000/api:v1").unwrap_err();
        assert_eq!(
            refusal.help.unwrap(),
            "resolve it, and pin what it means now: api=registry.example.com:5000/api@$(crane digest \
             registry.example.com:5000/api:v1), or the digest that `docker buildx imagetools inspect \
             registry.example.com:5000/api:v1` prints"
        );
    }
}
