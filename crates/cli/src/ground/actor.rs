//! Who writes a record, and why it is written.

use suimon_ledger::{Actor, Trigger};
use suimon_source::Repository;

use crate::failure::Failure;

/// Variables of the environment, by name; empty ones are absent.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of this process.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// `SUIMON_ACTOR`, the account that a pipeline runs for, Git's identity, or who is logged in here.
///
/// # Caveats
/// Nobody proves who they are here: what counts in a gate is signed, or the forge's.
pub(crate) fn actor(repository: Option<&Repository>) -> Result<Actor, Failure> {
    let git = || repository?.identity().ok();
    who(&variable, git, &host())
}

fn who(
    variable: Variables<'_>,
    git: impl FnOnce() -> Option<(String, String)>,
    host: &str,
) -> Result<Actor, Failure> {
    if let Some(text) = variable("SUIMON_ACTOR") {
        let parsed = parse(&text).ok_or_else(|| {
            Failure::new(format!("SUIMON_ACTOR is `{text}`, which is not `NAME <E-MAIL>`"))
        })?;
        return Ok(parsed);
    }
    let (name, email) = pipeline(variable).or_else(git).unwrap_or_else(|| {
        let user = variable("USER").or_else(|| variable("LOGNAME"));
        let user = user.unwrap_or_else(|| "unknown".to_owned());
        let email = format!("{user}@{host}");
        (user, email)
    });
    Ok(of(&name, &email))
}

/// The account that a pipeline runs for.
fn pipeline(variable: Variables<'_>) -> Option<(String, String)> {
    if let Some(login) = variable("GITHUB_ACTIONS").and(variable("GITHUB_ACTOR")) {
        let email = format!("{login}@users.noreply.github.com");
        return Some((login, email));
    }
    let name = variable("GITLAB_CI").and(variable("GITLAB_USER_LOGIN"))?;
    Some((name, variable("GITLAB_USER_EMAIL")?))
}

/// `Name <email>`.
fn parse(text: &str) -> Option<Actor> {
    let (name, email) = text.trim().strip_suffix('>')?.split_once('<')?;
    let (name, email) = (name.trim(), email.trim());
    let wrong = |part: &str| part.is_empty() || part.contains(['<', '>']);
    (!wrong(name) && !wrong(email) && !text.contains(char::is_control)).then(|| of(name, email))
}

/// Characters that a commit's header cannot have are left out.
fn of(name: &str, email: &str) -> Actor {
    let clean = |text: &str| -> String {
        text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect()
    };
    Actor {
        name: clean(name).trim().to_owned(),
        email: clean(email).trim().to_owned(),
        tool: concat!("suimon ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

/// Whether a person or a pipeline started this.
pub(crate) fn trigger() -> Trigger {
    let ci = variable("CI").is_some_and(|value| value != "false" && value != "0");
    let known = ["GITHUB_ACTIONS", "GITLAB_CI"].iter().any(|name| variable(name).is_some());
    if ci || known { Trigger::Ci } else { Trigger::Cli }
}

/// Name of the machine.
pub(crate) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn who_it_is() {
        let git = ("Aiko", "aiko@example.com");
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<(&'a str, &'a str)>, &'a str);
        let cases: &[Case<'_>] = &[
            (&[], Some(git), "Aiko <aiko@example.com>"),
            (&[("USER", "ben")], None, "ben <ben@laptop>"),
            (&[], None, "unknown <unknown@laptop>"),
            (
                &[("SUIMON_ACTOR", " Chie <chie@example.com> ")],
                Some(git),
                "Chie <chie@example.com>",
            ),
            (
                &[("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "aiko")],
                Some(git),
                "aiko <aiko@users.noreply.github.com>",
            ),
            (&[("GITHUB_ACTOR", "aiko")], Some(git), "Aiko <aiko@example.com>"),
            (
                &[
                    ("GITLAB_CI", "true"),
                    ("GITLAB_USER_LOGIN", "ben"),
                    ("GITLAB_USER_EMAIL", "ben@example.com"),
                ],
                None,
                "ben <ben@example.com>",
            ),
            (&[], Some(("A\n<b>", "a@\u{0}b")), "Ab <a@b>"),
        ];
        for (variables, git, expected) in cases {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let git = || git.map(|(name, email)| (name.to_owned(), email.to_owned()));
            let actor = who(&variable, git, "laptop").unwrap();
            assert_eq!(format!("{} <{}>", actor.name, actor.email), *expected, "{variables:?}");
        }
    }

    #[test]
    fn an_actor_that_makes_no_sense_is_refused() {
        for text in ["aiko", "<a@b>", "Aiko <>", "Aiko <a@b> x", "A <b> <c@d>", "A <a@b\nx>"] {
            let variable = |name: &str| (name == "SUIMON_ACTOR").then(|| text.to_owned());
            assert!(who(&variable, || None, "laptop").is_err(), "{text:?}");
        }
    }
}
