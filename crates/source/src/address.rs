//! Repository addresses: which are allowed, and how they are shown without their credentials.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::Error;

/// Where a repository is.
#[derive(Debug)]
pub(crate) enum Address {
    Local(PathBuf),
    Remote(Remote),
}

/// A repository that is fetched.
#[derive(Debug)]
pub(crate) struct Remote {
    /// Without any password; for `https` without a user either.
    pub(crate) url: String,
    pub(crate) transport: Transport,
    pub(crate) credentials: Option<Credentials>,
}

/// How it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Https,
    /// To this machine only.
    Http,
    Ssh,
    File,
}

impl Transport {
    /// What git may use to reach it, as in `GIT_ALLOW_PROTOCOL`.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Https | Self::Ssh => "https:ssh",
            Self::Http => "http:https",
            Self::File => "file",
        }
    }
}

/// A user and a password from a URL.
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// What may be read, said once.
const ALLOWED: &str = "use a path, or an https://, ssh:// or file:// URL, or user@host:path";

/// Tells local paths from URLs, and refuses what could start a program or leak.
pub(crate) fn parse(text: &str) -> Result<Address, Error> {
    if text.is_empty() {
        return Err(refused(text, "it is empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(refused(text, "it has control characters"));
    }
    if text.starts_with('-') {
        return Err(refused(text, "it starts with `-`, like an option"));
    }
    if let Some((scheme, rest)) = text.split_once("://")
        && !scheme.is_empty()
        && scheme.chars().all(is_scheme_char)
    {
        return url(text, &scheme.to_ascii_lowercase(), rest).map(Address::Remote);
    }
    if text.split_once("::").is_some_and(|(helper, _)| helper.chars().all(is_scheme_char)) {
        return Err(refused(text, "it asks for a transport that is a program of its own"));
    }
    match text.split_once(':') {
        Some((host, path)) if !host.contains('/') && std::fs::symlink_metadata(text).is_err() => {
            scp_like(text, host, path).map(Address::Remote)
        }
        _ => Ok(Address::Local(PathBuf::from(text))),
    }
}

fn is_scheme_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

fn refused(text: &str, why: &'static str) -> Error {
    Error::BadAddress { address: shown(text), why, help: ALLOWED }
}

/// An address without anything that may be a credential: nothing before the last `@`, no query.
pub(crate) fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        (None, Some((_, rest))) => rest.to_owned(),
        _ => text.to_owned(),
    }
}

fn url(text: &str, scheme: &str, rest: &str) -> Result<Remote, Error> {
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    match scheme {
        "file" if !matches!(authority, "" | "localhost") => {
            Err(refused(text, "a file:// URL has three slashes: it names no host"))
        }
        "file" => Ok(plain(format!("file://{path}"), Transport::File)),
        "https" | "http" => {
            if path.contains(['@', '?', '#']) || host.contains(['?', '#']) {
                return Err(refused(text, "it has `@`, `?` or `#` after the host"));
            }
            check_host(text, host)?;
            let transport = if scheme == "https" { Transport::Https } else { Transport::Http };
            if transport == Transport::Http && !is_loopback(host) {
                return Err(refused(text, "http:// is neither encrypted nor authenticated"));
            }
            let url = format!("{scheme}://{}{path}", host.to_ascii_lowercase());
            let credentials = user.map(|user| credentials(text, user)).transpose()?;
            Ok(Remote { url, transport, credentials })
        }
        "ssh" => {
            check_host(text, host)?;
            let user = ssh_user(text, user)?;
            Ok(plain(format!("ssh://{user}{host}{path}"), Transport::Ssh))
        }
        _ => Err(refused(text, "its transport is not allowed")),
    }
}

fn scp_like(text: &str, host: &str, path: &str) -> Result<Remote, Error> {
    let (user, host) = match host.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, host),
    };
    check_host(text, host)?;
    let user = ssh_user(text, user)?;
    if path.is_empty() || path.starts_with('-') {
        return Err(refused(text, "it has no path"));
    }
    if path.contains('@') {
        return Err(refused(text, "it has `@` after the host"));
    }
    Ok(plain(format!("{user}{host}:{path}"), Transport::Ssh))
}

fn plain(url: String, transport: Transport) -> Remote {
    Remote { url, transport, credentials: None }
}

fn ssh_user(text: &str, user: Option<&str>) -> Result<String, Error> {
    let Some(user) = user else { return Ok(String::new()) };
    if user.contains(':') {
        return Err(refused(text, "ssh takes no password from a URL"));
    }
    if user.starts_with('-') || user.is_empty() {
        return Err(refused(text, "it has no user before the `@`"));
    }
    Ok(format!("{user}@"))
}

fn check_host(text: &str, host: &str) -> Result<(), Error> {
    let (name, port) = split_port(host);
    if name.is_empty() {
        return Err(refused(text, "it names no host"));
    }
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '%');
    if name.starts_with('-') || !name.chars().all(plain) {
        return Err(refused(text, "its host is not a host name"));
    }
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(refused(text, "its port is not a number up to 65535"));
    }
    Ok(())
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    if let Some(end) = host.rfind(']') {
        let (name, rest) = host.split_at(end + 1);
        return (name, rest.strip_prefix(':'));
    }
    host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)))
}

fn is_loopback(host: &str) -> bool {
    let (name, _) = split_port(host);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn credentials(text: &str, user: &str) -> Result<Credentials, Error> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |part: &str| {
        percent_decode(part)
            .filter(|part| !part.chars().any(char::is_control))
            .ok_or_else(|| refused(text, "its user or password is not text"))
    };
    Ok(Credentials { user: decoded(user)?, password: decoded(password)? })
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let hex = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(text: &str) -> Remote {
        match parse(text).unwrap() {
            Address::Remote(remote) => remote,
            Address::Local(path) => panic!("{text} is the path {}", path.display()),
        }
    }

    #[test]
    fn allowed_addresses_are_taken_apart() {
        for (text, url, transport) in [
            ("https://Example.com/a/b.git", "https://example.com/a/b.git", Transport::Https),
            ("HTTPS://example.com:8443/a", "https://example.com:8443/a", Transport::Https),
            ("https://aiko:pw@example.com/a", "https://example.com/a", Transport::Https),
            ("http://127.0.0.1:80/a", "http://127.0.0.1:80/a", Transport::Http),
            ("http://[::1]:80/a", "http://[::1]:80/a", Transport::Http),
            ("ssh://git@example.com:22/a", "ssh://git@example.com:22/a", Transport::Ssh),
            ("git@example.com:a/b.git", "git@example.com:a/b.git", Transport::Ssh),
            ("file:///srv/a.git", "file:///srv/a.git", Transport::File),
        ] {
            let remote = remote(text);
            assert_eq!((remote.url.as_str(), remote.transport), (url, transport));
        }
        for path in [".", "/srv/a.git", "../x:y", "a/b"] {
            assert!(matches!(parse(path).unwrap(), Address::Local(_)), "{path}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_printed() {
        let remote = remote("https://ai%20ko:p%40ss@example.com/a");
        let credentials = remote.credentials.as_ref().unwrap();
        assert_eq!((credentials.user.as_str(), credentials.password.as_str()), ("ai ko", "p@ss"));
        assert!(!format!("{remote:?}").contains("p@ss"));
    }

    #[test]
    fn everything_else_is_refused_without_showing_a_credential() {
        for text in [
            "",
            "-upload-pack=x",
            "--upload-pack=x",
            "ext::sh -c x",
            "fd::17",
            "ssh://-oProxyCommand=x/a",
            "ssh://git@-oProxyCommand=x/a",
            "-oProxyCommand=x:a",
            "git@-oProxyCommand=x:a",
            "http://example.com/a",
            "http://127.0.0.1.example.com/a",
            "git://example.com/a",
            "ftp://example.com/a",
            "git+ssh://example.com/a",
            "file://host/a",
            "https:///a",
            "https://example.com:99999/a",
            "https://user:s3cret@example.com:x/a",
            "https://user:s3cret/more@example.com/a",
            "https://s3cret/more@example.com/a",
            "https://user:s3cret%0a@example.com/a",
            "https://example.com/a?token=s3cret",
            "ssh://git:s3cret@example.com/a",
            "git:s3cret@example.com:a",
            "https://exa\u{1b}mple.com/a",
        ] {
            let error = parse(text).unwrap_err();
            let diagnostic = suimon_model::Diagnostic::from(error).to_string();
            assert!(diagnostic.contains("bad-repository-address"), "{text}: {diagnostic}");
            assert!(!diagnostic.contains("s3cret"), "{diagnostic}");
        }
    }
}
