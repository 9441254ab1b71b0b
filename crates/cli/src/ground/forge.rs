//! The Git host that a project is on.

use std::sync::Arc;

use suimon_forge::http::{Client, Settings};
use suimon_forge::{Access, Forge, detect, from_settings};
use suimon_model::{ForgeKind, ForgeSettings, Sensitive};
use suimon_promote::RepositoryDocuments;

use super::Ground;
use super::actor::{Variables, variable};
use crate::console::Console;
use crate::failure::Failure;

/// Variables that hold the token of an account, the first that is set counts.
fn token_variables(kind: ForgeKind) -> &'static [&'static str] {
    match kind {
        ForgeKind::Local => &[],
        ForgeKind::Github => &["GITHUB_TOKEN", "GH_TOKEN"],
        ForgeKind::Gitlab => &["GITLAB_TOKEN"],
        ForgeKind::Gitea => &["GITEA_TOKEN"],
    }
}

fn name(kind: ForgeKind) -> &'static str {
    match kind {
        ForgeKind::Local => "the local forge",
        ForgeKind::Github => "GitHub",
        ForgeKind::Gitlab => "GitLab",
        ForgeKind::Gitea => "Gitea",
    }
}

impl Ground {
    /// The forge: the one of `spec.forge`, else the one that hosts the remote, else the repository itself
    /// (`SUIMON_FORGE=local` always means that). Without a token it is the repository too, which is said.
    pub(crate) fn forge(&self, console: &Console) -> Result<Arc<dyn Forge>, Failure> {
        let settings = self.forge_settings()?;
        let token = token(&variable, settings.kind);
        if settings.kind != ForgeKind::Local && token.is_none() {
            let names = token_variables(settings.kind).join(" or ");
            console.note(&format!(
                "{names} is not set, so {} is left alone: changes are kept in the repository itself.",
                name(settings.kind)
            ));
            return self.make(&local(), None);
        }
        self.make(&settings, token)
    }

    /// The forge whose reviews count; why there is none otherwise.
    pub(crate) fn reviewing_forge(
        &self,
        declared: Option<&ForgeSettings>,
    ) -> Result<Arc<dyn Forge>, String> {
        let remote = self.repository().map_err(|failure| failure.line())?.remote_address();
        let settings = settings(&variable, declared, remote.as_deref());
        let settings = settings.map_err(|failure| failure.line())?;
        let token = token(&variable, settings.kind);
        if settings.kind != ForgeKind::Local && token.is_none() {
            let names = token_variables(settings.kind).join(" or ");
            return Err(format!("{names} is not set, so {} was not asked", name(settings.kind)));
        }
        self.make(&settings, token).map_err(|failure| failure.line())
    }

    fn forge_settings(&self) -> Result<ForgeSettings, Failure> {
        let remote = self.repository()?.remote_address();
        settings(&variable, self.project.forge.as_ref(), remote.as_deref())
    }

    fn make(
        &self,
        settings: &ForgeSettings,
        token: Option<Sensitive<String>>,
    ) -> Result<Arc<dyn Forge>, Failure> {
        let repository = self.repository()?;
        let client = Client::new(Settings::from_variables(&variable)).map_err(Failure::new)?;
        let documents = RepositoryDocuments::new(
            repository.clone(),
            &self.actor.name,
            &self.actor.email,
            self.project.branch.clone(),
        );
        let access = Access { client, token, documents: Some(Arc::new(documents)) };
        let remote = repository.remote_address();
        from_settings(settings, remote.as_deref(), access).map_err(Failure::new)
    }
}

fn local() -> ForgeSettings {
    ForgeSettings { kind: ForgeKind::Local, url: None, repository: None }
}

fn token(variable: Variables<'_>, kind: ForgeKind) -> Option<Sensitive<String>> {
    let value = token_variables(kind).iter().find_map(|name| variable(name))?;
    Some(Sensitive::new(value.trim().to_owned()))
}

/// Which forge it is.
fn settings(
    variable: Variables<'_>,
    declared: Option<&ForgeSettings>,
    remote: Option<&str>,
) -> Result<ForgeSettings, Failure> {
    match variable("SUIMON_FORGE").as_deref() {
        Some("local") => return Ok(local()),
        Some(other) => {
            let what = format!("SUIMON_FORGE is `{other}`; only `local` is understood");
            return Err(Failure::new(what).hint("say which forge it is in suimon.yaml: spec.forge"));
        }
        None => {}
    }
    if let Some(declared) = declared {
        return Ok(declared.clone());
    }
    if let Some(known) = remote.and_then(detect) {
        return Ok(known);
    }
    Ok(pipeline(variable).filter(|_| remote.is_some()).unwrap_or_else(local))
}

/// The forge that runs this pipeline, where its host is not a public one.
fn pipeline(variable: Variables<'_>) -> Option<ForgeSettings> {
    if variable("GITLAB_CI").is_some() {
        let repository = Some(variable("CI_PROJECT_PATH")?);
        return Some(ForgeSettings {
            kind: ForgeKind::Gitlab,
            url: variable("CI_SERVER_URL"),
            repository,
        });
    }
    let repository = Some(variable("GITHUB_ACTIONS").and(variable("GITHUB_REPOSITORY"))?);
    Some(if variable("GITEA_ACTIONS").is_some() {
        ForgeSettings { kind: ForgeKind::Gitea, url: variable("GITHUB_SERVER_URL"), repository }
    } else {
        ForgeSettings { kind: ForgeKind::Github, url: variable("GITHUB_API_URL"), repository }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn which_forge_it_is() {
        let declared = ForgeSettings {
            kind: ForgeKind::Gitea,
            url: Some("https://git.example.com".into()),
            repository: None,
        };
        let github = Some("git@github.com:a/b.git");
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a ForgeSettings>, Option<&'a str>);
        let actions = &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "a/b"),
            ("GITHUB_API_URL", "https://ghe.example.com/api/v3"),
        ];
        let cases: &[(Case<'_>, ForgeKind)] = &[
            ((&[], None, None), ForgeKind::Local),
            ((&[], None, Some("/srv/git/shop.git")), ForgeKind::Local),
            ((&[], None, github), ForgeKind::Github),
            ((&[], Some(&declared), github), ForgeKind::Gitea),
            ((&[("SUIMON_FORGE", "local")], Some(&declared), github), ForgeKind::Local),
            ((actions, None, Some("https://ghe.example.com/a/b")), ForgeKind::Github),
            ((actions, None, None), ForgeKind::Local),
            (
                (
                    &[("GITLAB_CI", "true"), ("CI_PROJECT_PATH", "g/s/b")],
                    None,
                    Some("https://git.example.com/g/s/b.git"),
                ),
                ForgeKind::Gitlab,
            ),
        ];
        for ((variables, declared, remote), expected) in cases {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let kind = settings(&variable, *declared, *remote).unwrap().kind;
            assert_eq!(kind, *expected, "{variables:?} {remote:?}");
        }
    }

    #[test]
    fn a_forge_that_nobody_knows_is_an_error() {
        assert!(settings(&|_| Some("github".to_owned()), None, None).is_err());
    }
}
