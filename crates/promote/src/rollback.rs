//! [`choose`]: the release to go back to.

use jiff::Timestamp;

use crate::Refusal;
use crate::name::short_id;
use crate::safe::{line, shorten};

/// A release that an environment has proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Its identity.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// When it was proved last.
    pub proved: Timestamp,
    /// What took the proof away, where something did.
    pub revoked: Option<String>,
}

impl Earlier {
    fn told(&self) -> String {
        let name =
            self.name.as_deref().map_or(String::new(), |name| shorten(&line(name), 80) + " ");
        format!("{name}({}, proved {})", short_id(&self.id), self.proved)
    }
}

/// The release to go back to: the one that `wanted` names, by its name or the beginning of its identity, else
/// the newest one besides the present one whose proof nothing took away. `releases` are newest first.
///
/// # Errors
/// There is none, or `wanted` names none, several, or the present one.
pub fn choose<'a>(
    environment: &str,
    releases: &'a [Earlier],
    present: Option<&str>,
    wanted: Option<&str>,
) -> Result<&'a Earlier, Refusal> {
    let others = || releases.iter().filter(|one| present != Some(&*one.id));
    let Some(wanted) = wanted else {
        return others().find(|one| one.revoked.is_none()).ok_or_else(|| {
            let why = format!("{environment} has no earlier release that it has proved");
            let with: Vec<String> = others()
                .take(5)
                .map(|one| {
                    format!("{}: {}", one.told(), line(one.revoked.as_deref().unwrap_or("")))
                })
                .collect();
            if with.is_empty() {
                Refusal::new(why).help(format!("see: suimon history {environment}"))
            } else {
                Refusal::new(why).help(format!(
                    "name one with --to to go back to it all the same; these were proved once: {}",
                    with.join("; ")
                ))
            }
        });
    };
    let hex = wanted.strip_prefix("sha256:").unwrap_or(wanted).to_ascii_lowercase();
    let by_id = |one: &&Earlier| {
        hex.len() >= 4 && one.id.strip_prefix("sha256:").unwrap_or(&one.id).starts_with(&*hex)
    };
    let mut found: Vec<&Earlier> =
        releases.iter().filter(|one| one.name.as_deref() == Some(wanted)).collect();
    if found.is_empty() {
        found = releases.iter().filter(by_id).collect();
    }
    match found.as_slice() {
        [one] if present == Some(&*one.id) => {
            Err(Refusal::new(format!("{environment} holds {} already", one.told()))
                .help(format!("to apply it again: suimon apply {environment}")))
        }
        [one] => Ok(one),
        [] => Err(Refusal::new(format!(
            "{environment} has never proved a release `{}`",
            shorten(&line(wanted), 80)
        ))
        .help(known(releases))),
        several => {
            let all: Vec<String> = several.iter().take(10).map(|one| one.told()).collect();
            Err(Refusal::new(format!(
                "`{}` may be {} releases: {}",
                shorten(&line(wanted), 80),
                several.len(),
                all.join(", ")
            ))
            .help("name it by more of its identity"))
        }
    }
}

fn known(releases: &[Earlier]) -> String {
    if releases.is_empty() {
        return "it has not proved any release yet".to_owned();
    }
    let all: Vec<String> = releases.iter().take(10).map(Earlier::told).collect();
    format!("it has proved: {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier(id: &str, name: Option<&str>, revoked: Option<&str>) -> Earlier {
        Earlier {
            id: format!("sha256:{id}"),
            name: name.map(str::to_owned),
            proved: "2026-11-20T10:00:00Z".parse().unwrap(),
            revoked: revoked.map(str::to_owned),
        }
    }

    fn told(releases: &[Earlier], present: Option<&str>, wanted: Option<&str>) -> String {
        match choose("prod", releases, present, wanted) {
            Ok(one) => one.id.clone(),
            Err(refusal) => format!("{} | {}", refusal.why, refusal.help.unwrap_or_default()),
        }
    }

    #[test]
    fn the_last_proved_one_before_the_present_is_taken_unless_another_is_named() {
        let releases = [
            earlier("aaaa1111", Some("v4"), None),
            earlier("bbbb2222", Some("v3"), Some("rolled back")),
            earlier("cccc3333", Some("v2"), None),
            earlier("cccc4444", Some("v1"), None),
            earlier("dddd5555", Some("v1"), None),
        ];
        let cases = [
            (Some("sha256:aaaa1111"), None, "sha256:cccc3333"),
            (Some("sha256:eeee"), None, "sha256:aaaa1111"),
            (None, None, "sha256:aaaa1111"),
            (Some("sha256:aaaa1111"), Some("v3"), "sha256:bbbb2222"),
            (Some("sha256:aaaa1111"), Some("sha256:cccc4"), "sha256:cccc4444"),
            (Some("sha256:aaaa1111"), Some("CCCC4"), "sha256:cccc4444"),
            (
                Some("sha256:aaaa1111"),
                Some("cccc"),
                "`cccc` may be 2 releases: v2 (cccc3333, proved 2026-11-20T10:00:00Z), v1 (cccc4444, proved \
                 2026-11-20T10:00:00Z) | name it by more of its identity",
            ),
            (
                Some("sha256:aaaa1111"),
                Some("v1"),
                "`v1` may be 2 releases: v1 (cccc4444, proved 2026-11-20T10:00:00Z), v1 (dddd5555, proved \
                 2026-11-20T10:00:00Z) | name it by more of its identity",
            ),
            (
                Some("sha256:aaaa1111"),
                Some("v4"),
                "prod holds v4 (aaaa1111, proved 2026-11-20T10:00:00Z) already | to apply it again: suimon \
                 apply prod",
            ),
        ];
        for (present, wanted, expected) in cases {
            assert_eq!(told(&releases, present, wanted), expected, "{present:?} {wanted:?}");
        }
        let missing = told(&releases, None, Some("v9\u{1b}"));
        assert!(
            missing
                .starts_with("prod has never proved a release `v9\\u{1b}` | it has proved: v4 (")
        );
        assert_eq!(
            told(&releases[..1], None, Some("aaa")).split(" | ").next(),
            Some("prod has never proved a release `aaa`"),
            "three digits name nothing"
        );
    }

    #[test]
    fn where_nothing_was_proved_nothing_is_chosen() {
        assert_eq!(
            told(&[], Some("sha256:aaaa1111"), None),
            "prod has no earlier release that it has proved | see: suimon history prod"
        );
        let revoked = [earlier("aaaa1111", Some("v1"), Some("a check failed"))];
        assert_eq!(
            told(&revoked, None, None),
            "prod has no earlier release that it has proved | name one with --to to go back to it all the \
             same; these were proved once: v1 (aaaa1111, proved 2026-11-20T10:00:00Z): a check failed"
        );
    }
}
