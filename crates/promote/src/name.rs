//! Names of releases, branches and commits.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Trailer of the commit of a promotion: `dev -> stg`.
pub const PROMOTION_TRAILER: &str = "Suimon-Promotion";
/// Trailer with the identity of the release that a commit brings.
pub const RELEASE_TRAILER: &str = "Suimon-Release";
/// Trailer of the commit of a rollback: the environment.
pub const ROLLBACK_TRAILER: &str = "Suimon-Rollback";

/// The branch of the promotion to an environment.
pub fn promotion_branch(to: &str) -> String {
    format!("suimon/promote/{to}")
}

/// What the branches of promotions to an environment that wait begin with.
pub fn queue_prefix(to: &str) -> String {
    format!("suimon/promote-queue/{to}/")
}

/// The branch of a promotion that waits: by the release's name where a branch can have it.
pub fn queue_branch(to: &str, name: &str, id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fits = !name.is_empty()
        && name.len() <= 100
        && name.chars().all(plain)
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && !name.ends_with(".lock")
        && !name.contains("..");
    format!("{}{}", queue_prefix(to), if fits { name } else { short_id(id) })
}

/// The branch of the rollback of an environment.
pub fn rollback_branch(environment: &str) -> String {
    format!("suimon/rollback/{environment}")
}

/// The beginning of a release's identity, for people.
pub fn short_id(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    hex.get(..12).unwrap_or(hex)
}

/// The beginning of a commit's id, for people.
pub fn short_commit(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// A name by the day and a number: `2026-11-22.3`.
pub fn dated_name(at: Timestamp, number: u64) -> String {
    format!("{}.{number}", at.to_zoned(TimeZone::UTC).date())
}

/// The name that follows another one: the next of the day, or the day's first.
pub fn next_name(now: Timestamp, present: Option<&str>) -> String {
    let day = now.to_zoned(TimeZone::UTC).date().to_string();
    let last = present
        .and_then(|name| name.strip_prefix(&day)?.strip_prefix('.')?.parse::<u64>().ok())
        .unwrap_or(0);
    format!("{day}.{}", last.saturating_add(1))
}

/// One line without control characters, not too long: what a subject or a trailer may hold.
pub fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().chars().take(200).collect()
}

/// The message of a promotion's commit.
pub fn promotion_message(from: &str, to: &str, name: &str, id: &str) -> String {
    let name = one_line(name);
    format!(
        "Promote {name} from {from} to {to}\n\n{PROMOTION_TRAILER}: {from} -> {to}\n{RELEASE_TRAILER}: {id}\n"
    )
}

/// The message of a rollback's commit.
pub fn rollback_message(environment: &str, name: &str, id: &str, reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!("{}\n\n", one_line(reason))).unwrap_or_default();
    let name = one_line(name);
    format!(
        "Roll {environment} back to {name}\n\n{reason}{ROLLBACK_TRAILER}: {environment}\n{RELEASE_TRAILER}: {id}\n"
    )
}

/// The value of a trailer: of a `Key: value` line in the last paragraph of a message.
pub fn trailer<'a>(message: &'a str, key: &str) -> Option<&'a str> {
    let last = message.trim_end().rsplit("\n\n").next()?;
    last.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_read_from_the_last_paragraph_only() {
        let message =
            promotion_message("dev", "stg", "2026-11-22.3\nSuimon-Release: forged", "sha256:ab");
        assert_eq!(
            message,
            "Promote 2026-11-22.3 Suimon-Release: forged from dev to stg\n\n\
             Suimon-Promotion: dev -> stg\nSuimon-Release: sha256:ab\n"
        );
        assert_eq!(trailer(&message, PROMOTION_TRAILER), Some("dev -> stg"));
        assert_eq!(trailer(&message, RELEASE_TRAILER), Some("sha256:ab"));
        assert_eq!(trailer(&message, ROLLBACK_TRAILER), None);
        let edited = format!("{message}\nand a word of mine");
        assert_eq!(trailer(&edited, RELEASE_TRAILER), None);
        let reason = "it broke\n\nSuimon-Rollback: dev";
        let message = rollback_message("prod", "v1", "sha256:cd", Some(reason));
        assert_eq!(trailer(&message, ROLLBACK_TRAILER), Some("prod"));
        assert_eq!(trailer("", RELEASE_TRAILER), None);
    }

    #[test]
    fn names_of_a_day_are_counted() {
        let now: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();
        for (present, expected) in [
            (None, "2026-11-22.1"),
            (Some("2026-11-22.1"), "2026-11-22.2"),
            (Some("2026-11-22.9"), "2026-11-22.10"),
            (Some("2026-11-21.7"), "2026-11-22.1"),
            (Some("v1.2"), "2026-11-22.1"),
            (Some("2026-11-22"), "2026-11-22.1"),
            (Some("2026-11-22.18446744073709551615"), "2026-11-22.18446744073709551615"),
        ] {
            assert_eq!(next_name(now, present), expected, "{present:?}");
        }
        assert_eq!(dated_name(now, 7), "2026-11-22.7");
    }

    #[test]
    fn a_waiting_branch_has_the_release_s_name_where_a_ref_can() {
        let id = "sha256:0123456789abcdef0123";
        for (name, expected) in [
            ("2026-11-22.3", "suimon/promote-queue/stg/2026-11-22.3"),
            ("", "suimon/promote-queue/stg/0123456789ab"),
            ("a b", "suimon/promote-queue/stg/0123456789ab"),
            ("../../main", "suimon/promote-queue/stg/0123456789ab"),
            ("a..b", "suimon/promote-queue/stg/0123456789ab"),
            ("-x", "suimon/promote-queue/stg/0123456789ab"),
            ("x.lock", "suimon/promote-queue/stg/0123456789ab"),
            ("水門", "suimon/promote-queue/stg/0123456789ab"),
        ] {
            assert_eq!(queue_branch("stg", name, id), expected, "{name:?}");
        }
    }
}
