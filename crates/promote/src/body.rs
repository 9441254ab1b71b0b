//! The text of a change on the forge.

use suimon_model::Release;

use crate::Notes;
use crate::name::{one_line, short_commit, short_id};
use crate::safe::{code, cut_lines, size};

/// The longest text of a change: what GitHub takes is 65,536 characters.
pub const LIMIT: usize = 60_000;

/// What a change that moves a release says.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// What it does, in one line of Markdown that is safe: see [`promoted`] and [`rolled_back`].
    pub lead: String,
    /// The environment that the release comes from; its own where it is a rollback.
    pub from: &'a str,
    /// The environment that is changed.
    pub to: &'a str,
    /// The release.
    pub release: &'a Release,
    /// Its identity.
    pub id: &'a str,
    /// What it brings.
    pub notes: &'a Notes,
    /// The live plan, as Markdown.
    pub plan: Option<&'a str>,
    /// What the gate says, as Markdown.
    pub gate: Option<&'a str>,
    /// Why there is no plan.
    pub problem: Option<&'a str>,
}

/// The title of a promotion.
pub fn promotion_title(name: &str, from: &str, to: &str) -> String {
    format!("Promote {} from {from} to {to}", one_line(name))
}

/// The title of a rollback.
pub fn rollback_title(environment: &str, name: &str) -> String {
    format!("Roll {environment} back to {}", one_line(name))
}

/// The lead of a promotion.
pub fn promoted(from: &str, to: &str, record: &str) -> String {
    format!(
        "Moves to {} exactly what {} has applied and found healthy (record {}).",
        code(to, 70),
        code(from, 70),
        code(short_commit(record), 20)
    )
}

/// The lead of a rollback.
pub fn rolled_back(environment: &str, left: &str, reason: Option<&str>) -> String {
    let why = reason.map(|reason| format!(" Why: {}", code(reason, 500))).unwrap_or_default();
    format!(
        "Takes {} back from the release {}. Until this is merged the environment is pinned: no apply puts \
         the release back.{why}",
        code(environment, 70),
        code(left, 100)
    )
}

/// The hidden first line of a change of suimon's.
pub fn marker(kind: &str, environment: &str, id: &str) -> String {
    let word = |text: &str| -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':');
        text.chars().map(|c| if plain(c) { c } else { '_' }).collect()
    };
    format!("<!-- suimon:{}:{}:{} -->", word(kind), word(environment), word(id))
}

/// The text of a change.
///
/// # Guarantees
/// Not longer than [`LIMIT`] UTF-16 code units. Nothing that comes from Git is read as Markdown, HTML,
/// mention or link.
pub fn body(kind: &str, page: &Page<'_>) -> String {
    let mut out = format!("{}\n{}\n\n", marker(kind, page.to, page.id), page.lead);
    let name = page.release.name.as_deref().unwrap_or("(no name)");
    out.push_str(&format!(
        "- Release {}, identity {}\n",
        code(name, 100),
        code(short_id(page.id), 20)
    ));
    if let Some(modules) = &page.release.modules {
        out.push_str(&format!("- Modules of commit {}\n", code(modules, 64)));
    }
    out.push_str(&format!(
        "- Changes nothing but {}; merging it applies nothing, {} does\n\n",
        code(&format!("envs/{}/release.yaml", page.to), 120),
        code(&format!("suimon apply {}", page.to), 120)
    ));
    out.push_str(&fitting(&page.notes.markdown(page.from, page.to), LIMIT / 4, "notes"));
    if let Some(gate) = page.gate {
        out.push('\n');
        out.push_str(&fitting(gate, LIMIT / 4, "conditions"));
    }
    if let Some(problem) = page.problem {
        out.push_str("\n#### There is no plan\n\n");
        for line in problem.lines().filter(|line| !line.trim().is_empty()).take(30) {
            out.push_str(&format!("- {}\n", code(line.trim_end(), 400)));
        }
    }
    if let Some(plan) = page.plan {
        out.push('\n');
        let room = LIMIT.saturating_sub(size(&out));
        out.push_str(&fitting(plan, room, "changes"));
    }
    out
}

/// What is left for the plan's Markdown in the worst case.
pub const PLAN_LIMIT: usize = LIMIT / 3;

fn fitting(text: &str, limit: usize, what: &str) -> String {
    if size(text) <= limit {
        return text.to_owned();
    }
    let remark = format!("\n**Cut: there are more {what}.**\n");
    let mut kept = cut_lines(text, limit.saturating_sub(size(&remark) + 20)).to_owned();
    if kept.matches("<details>").count() > kept.matches("</details>").count() {
        kept.push_str("\n</details>\n");
    }
    kept + &remark
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArtifactChange, Note};

    fn page<'a>(release: &'a Release, notes: &'a Notes) -> Page<'a> {
        Page {
            lead: promoted("dev", "stg", "0123456789abcdef"),
            from: "dev",
            to: "stg",
            release,
            id: "sha256:00112233445566778899",
            notes,
            plan: None,
            gate: None,
            problem: None,
        }
    }

    #[test]
    fn a_promotion_says_what_it_brings_and_what_it_changes() {
        let release = Release {
            name: Some("2026-11-22.3".into()),
            modules: Some("a".repeat(40)),
            ..Release::default()
        };
        let notes = Notes {
            commits: vec![Note {
                id: "b".repeat(40),
                subject: "Fix it".into(),
                author: "Aiko".into(),
            }],
            ..Notes::default()
        };
        let text = body(
            "promotion",
            &Page {
                gate: Some("#### Gate: open\n"),
                plan: Some("**No changes.**\n"),
                ..page(&release, &notes)
            },
        );
        insta::assert_snapshot!(text, @"
        <!-- suimon:promotion:stg:sha256:00112233445566778899 -->
        Moves to `stg` exactly what `dev` has applied and found healthy (record `0123456789`).

        - Release `2026-11-22.3`, identity `001122334455`
        - Modules of commit `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
        - Changes nothing but `envs/stg/release.yaml`; merging it applies nothing, `suimon apply stg` does

        #### What it brings

        - `bbbbbbbbbb` `Fix it`, by `Aiko`

        #### Gate: open

        **No changes.**
        ");
    }

    #[test]
    fn without_a_plan_it_says_why() {
        let (release, notes) = (Release::default(), Notes::default());
        let problem = "kubernetes: no answer\n\n  help: try @again\n";
        let text = body("promotion", &Page { problem: Some(problem), ..page(&release, &notes) });
        assert!(
            text.ends_with(
                "#### There is no plan\n\n- `kubernetes: no answer`\n- `  help: try @again`\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_text_is_never_longer_than_the_limit() {
        let release = Release { name: Some("🦀".repeat(100_000)), ..Release::default() };
        let long = "🦀".repeat(10_000);
        let note = || Note { id: long.clone(), subject: long.clone(), author: long.clone() };
        let artifact = || ArtifactChange {
            name: long.clone(),
            before: Some(long.clone()),
            after: Some(long.clone()),
        };
        let notes = Notes {
            commits: std::iter::repeat_with(note).take(50).collect(),
            taken_back: std::iter::repeat_with(note).take(50).collect(),
            artifacts: std::iter::repeat_with(artifact).take(300).collect(),
            values: vec![long.clone(); 30],
            unknown: Some(long.clone()),
            more: true,
        };
        let gate = format!("<details>\n{}</details>\n", "- a line of the gate\n".repeat(5_000));
        let plan = "a line of the plan\n".repeat(20_000);
        let problem = format!("{long}\n").repeat(100);
        let text = body(
            "promotion",
            &Page {
                gate: Some(&gate),
                plan: Some(&plan),
                problem: Some(&problem),
                ..page(&release, &notes)
            },
        );
        assert!(size(&text) <= LIMIT, "{}", size(&text));
        assert!(text.contains("**Cut: there are more conditions.**"));
        assert!(text.contains("**Cut: there are more changes.**"));
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}
