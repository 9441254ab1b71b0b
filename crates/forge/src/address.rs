//! Where a repository is hosted: [`detect`], [`from_settings`].

use std::sync::Arc;

use suimon_model::{ForgeKind, ForgeSettings, Sensitive};

use crate::http::Client;
use crate::{Documents, Error, Forge, Gitea, Github, Gitlab, Local, Result};

/// Hosts that are known: name, API, and base address where the adapter has no default.
const HOSTS: &[(&str, ForgeKind, Option<&str>)] = &[
    ("github.com", ForgeKind::Github, None),
    ("www.github.com", ForgeKind::Github, None),
    ("ssh.github.com", ForgeKind::Github, None),
    ("gitlab.com", ForgeKind::Gitlab, None),
    ("altssh.gitlab.com", ForgeKind::Gitlab, None),
    ("codeberg.org", ForgeKind::Gitea, Some("https://codeberg.org")),
    ("gitea.com", ForgeKind::Gitea, Some("https://gitea.com")),
];

/// What makes a [`Forge`].
pub struct Access {
    /// What makes requests.
    pub client: Client,
    /// The account's token; the local forge has none.
    pub token: Option<Sensitive<String>>,
    /// The repository, for the local forge.
    pub documents: Option<Arc<dyn Documents>>,
}

/// The forge that hosts a repository, as its address tells; `None` for a host that is not known, a path of this
/// machine, and what is no address.
///
/// # Guarantees
/// [`ForgeSettings::repository`] of the answer is set.
pub fn detect(remote_address: &str) -> Option<ForgeSettings> {
    let (host, repository) = split(remote_address)?;
    let (_, kind, url) = HOSTS.iter().find(|(name, ..)| *name == host)?;
    if *kind != ForgeKind::Gitlab && repository.split('/').count() != 2 {
        return None;
    }
    let url = url.map(str::to_owned);
    Some(ForgeSettings { kind: *kind, url, repository: Some(repository) })
}

/// The forge of these settings. A repository that they do not name is the one of the remote's address.
///
/// # Errors
/// [`Error::Settings`] when something is missing or cannot be used, [`Error::Unauthenticated`] without a token.
pub fn from_settings(
    settings: &ForgeSettings,
    remote_address: Option<&str>,
    access: Access,
) -> Result<Arc<dyn Forge>> {
    if settings.kind == ForgeKind::Local {
        let documents = access.documents.ok_or_else(|| Error::Settings {
            what: "local forge".to_owned(),
            why: "there is no repository to keep it in".to_owned(),
        })?;
        return Ok(Arc::new(Local::new(documents)));
    }
    let name = match settings.kind {
        ForgeKind::Gitlab => "GitLab",
        ForgeKind::Gitea => "Gitea",
        _ => "GitHub",
    };
    let of_remote = || Some(split(remote_address?)?.1);
    let repository = settings.repository.clone().or_else(of_remote).ok_or_else(|| {
        let why = "which repository? set spec.forge.repository".to_owned();
        Error::Settings { what: name.to_owned(), why }
    })?;
    let token = access.token.ok_or_else(|| Error::Unauthenticated {
        what: name.to_owned(),
        why: "no token is set".to_owned(),
    })?;
    let (client, url) = (access.client, settings.url.as_deref());
    Ok(match settings.kind {
        ForgeKind::Gitlab => Arc::new(Gitlab::new(client, url, &repository, &token)?),
        ForgeKind::Gitea => Arc::new(Gitea::new(client, url, &repository, &token)?),
        _ => Arc::new(Github::new(client, url, &repository, &token)?),
    })
}

/// Host and path of a remote's address: a URL, or `user@host:path` as Git reads it.
fn split(address: &str) -> Option<(String, String)> {
    let (authority, path) = match address.split_once("://") {
        Some(("http" | "https" | "ssh" | "git" | "git+ssh" | "ssh+git", rest)) => {
            rest.split_once('/')?
        }
        Some(_) => return None,
        None => {
            let (authority, path) = address.split_once(':')?;
            // A path of Windows or of this machine is no host.
            if authority.contains('/') || authority.len() < 2 {
                return None;
            }
            (authority, path)
        }
    };
    let host = authority.rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |part: &&str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty() && part.chars().all(allowed) && !matches!(*part, "." | "..")
    };
    (!host.is_empty() && parts.len() >= 2 && parts.iter().all(plain))
        .then(|| (host, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_the_forge() {
        use ForgeKind::{Gitea, Github, Gitlab};
        let cases: &[(&str, Option<(ForgeKind, &str)>)] = &[
            ("https://github.com/suimon-dev/shop", Some((Github, "suimon-dev/shop"))),
            ("https://github.com/suimon-dev/shop.git", Some((Github, "suimon-dev/shop"))),
            ("https://github.com/suimon-dev/shop/", Some((Github, "suimon-dev/shop"))),
            ("https://user:secret@GitHub.com/a/b.git", Some((Github, "a/b"))),
            ("git@github.com:suimon-dev/shop.git", Some((Github, "suimon-dev/shop"))),
            ("github.com:suimon-dev/shop.git", Some((Github, "suimon-dev/shop"))),
            ("ssh://git@github.com/suimon-dev/shop.git", Some((Github, "suimon-dev/shop"))),
            ("ssh://git@ssh.github.com:443/suimon-dev/shop.git", Some((Github, "suimon-dev/shop"))),
            ("https://gitlab.com/group/sub/shop.git", Some((Gitlab, "group/sub/shop"))),
            ("git@gitlab.com:group/sub/shop.git", Some((Gitlab, "group/sub/shop"))),
            ("https://codeberg.org/a/b", Some((Gitea, "a/b"))),
            ("https://gitea.com/a/b.js", Some((Gitea, "a/b.js"))),
            ("https://github.com/a", None),
            ("https://github.com/a/b/c", None),
            ("https://github.com/a/../b", None),
            ("https://github.com.evil.example/a/b", None),
            ("https://evil.example/github.com/a/b", None),
            ("https://github.com@evil.example/a/b", None),
            ("https://github.com/a/b?x=y", None),
            ("https://example.com/a/b", None),
            ("/srv/git/github.com/a/b", None),
            ("./github.com:a/b", None),
            ("C:/work/shop", None),
            ("file:///srv/git/shop", None),
            ("", None),
        ];
        for (address, expected) in cases {
            let found = detect(address);
            let found = found.as_ref().map(|found| (found.kind, found.repository.as_deref()));
            let expected = expected.map(|(kind, repository)| (kind, Some(repository)));
            assert_eq!(found, expected, "{address}");
        }
    }

    #[test]
    fn a_public_host_of_gitea_has_its_own_address() {
        let found = detect("https://codeberg.org/a/b").unwrap();
        assert_eq!(found.url.as_deref(), Some("https://codeberg.org"));
    }
}
