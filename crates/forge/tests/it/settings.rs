//! Which forge settings make.

use std::sync::Arc;

use suimon_forge::{Access, Documents, Error, Forge, from_settings};
use suimon_model::{ForgeKind, ForgeSettings, Sensitive};

use crate::documents::Memory;
use crate::server::{TOKEN, client};

fn settings(kind: ForgeKind, repository: Option<&str>) -> ForgeSettings {
    ForgeSettings { kind, url: None, repository: repository.map(str::to_owned) }
}

fn made(
    settings: &ForgeSettings,
    remote: Option<&str>,
    token: bool,
) -> Result<Arc<dyn Forge>, Error> {
    let documents: Arc<dyn Documents> = Arc::new(Memory::default());
    let access = Access {
        client: client().0,
        token: token.then(|| Sensitive::new(TOKEN.to_owned())),
        documents: Some(documents),
    };
    from_settings(settings, remote, access)
}

#[test]
fn every_kind_is_made_from_its_settings_or_the_remote() {
    let remote = Some("git@git.example.com:acme/shop.git");
    for (kind, name) in
        [(ForgeKind::Github, "GitHub"), (ForgeKind::Gitlab, "GitLab"), (ForgeKind::Gitea, "Gitea")]
    {
        assert_eq!(made(&settings(kind, Some("acme/shop")), None, true).unwrap().name(), name);
        assert_eq!(made(&settings(kind, None), remote, true).unwrap().name(), name);
        let no_token = made(&settings(kind, None), remote, false).map(drop);
        assert!(matches!(no_token, Err(Error::Unauthenticated { .. })), "{no_token:?}");
        for remote in [None, Some("/srv/git/shop"), Some("https://git.example.com/shop")] {
            let unknown = made(&settings(kind, None), remote, true).map(drop).unwrap_err();
            let expected = format!("{name}: which repository? set spec.forge.repository");
            assert_eq!(unknown.to_string(), expected);
        }
    }
}

#[test]
fn the_local_forge_needs_a_repository_and_no_token() {
    let local = settings(ForgeKind::Local, None);
    assert_eq!(made(&local, None, false).unwrap().name(), "local");
    let access = Access { client: client().0, token: None, documents: None };
    let none = from_settings(&local, None, access).map(drop);
    assert!(matches!(none, Err(Error::Settings { .. })), "{none:?}");
}
