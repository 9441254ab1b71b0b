//! [`decide`]: what becomes of the branch and the change of a promotion.

use suimon_forge::Change;

use crate::Refusal;

/// The branch of a promotion as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tip {
    /// There is none.
    Missing,
    /// Everything in it is in the base too.
    Merged,
    /// It is one commit of suimon's on a commit of the base.
    Ours {
        /// Identity of the release that it brings.
        release: String,
        /// Whether it still merges into the base: the file is there as it was when it was made.
        fresh: bool,
    },
    /// Somebody else's commits are in it.
    Others {
        /// What was found, in one line.
        what: String,
    },
}

/// What becomes of an open promotion of another release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The new one takes its place, and the place of those that wait.
    Supersede,
    /// The new one waits behind it.
    Queue,
}

/// What a promotion finds.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// The branch that promotions go into.
    pub base: &'a str,
    /// The branch of the promotion.
    pub branch: &'a str,
    /// Identity of the release that the target has on the base.
    pub held: &'a str,
    /// Identity of the release to promote.
    pub wanted: &'a str,
    /// The branch as it is.
    pub tip: &'a Tip,
    /// The open change from it.
    pub open: Option<&'a Change>,
    /// Identities of the releases that wait, the oldest first.
    pub waiting: &'a [String],
    /// What becomes of another open one.
    pub turn: Turn,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The target has this release on the base already.
    Held,
    /// It is open already, exactly so.
    Open,
    /// Make the branch anew and open a change.
    Propose,
    /// The branch is there and the change is not, or its text is of another release: open it, or write it.
    Finish,
    /// The base has moved under the open change: make the branch anew.
    Renew,
    /// Another release is open: take its place.
    Supersede,
    /// It waits already.
    Waits,
    /// Another release is open, or others wait: wait behind them.
    Wait,
}

/// Decides what is done.
///
/// # Errors
/// The branch has commits of other people, or the open change goes elsewhere: nobody's work is
/// overwritten, and nothing is proposed twice.
pub fn decide(situation: &Situation<'_>) -> Result<Decision, Refusal> {
    let Situation { base, wanted, tip, waiting, .. } = *situation;
    if situation.held == wanted {
        return Ok(Decision::Held);
    }
    let queues = situation.turn == Turn::Queue;
    let waits = waiting.iter().any(|release| release == wanted);
    let Some(change) = situation.open else {
        if queues && waits && waiting.first().is_none_or(|first| first != wanted) {
            return Ok(Decision::Waits);
        }
        if queues && !waiting.is_empty() && !waits {
            return Ok(Decision::Wait);
        }
        return match tip {
            Tip::Others { what } => Err(foreign(situation, what)),
            Tip::Ours { release, fresh: true } if release == wanted => Ok(Decision::Finish),
            _ => Ok(Decision::Propose),
        };
    };
    let same = matches!(tip, Tip::Ours { release, .. } if release == wanted);
    if queues && !same {
        return Ok(if waits { Decision::Waits } else { Decision::Wait });
    }
    if change.base != base {
        return Err(Refusal::new(format!(
            "the open promotion {} goes into `{}` now, not into `{base}`",
            change.url, change.base
        ))
        .help("let it go into that branch again, or close it; then promote again"));
    }
    match tip {
        Tip::Others { what } => Err(foreign(situation, what)),
        // The branch was pushed and the text of the change was not written: it is still that of another release.
        Tip::Ours { release, fresh: true }
            if release == wanted && !change.body.contains(wanted) =>
        {
            Ok(Decision::Finish)
        }
        Tip::Ours { release, fresh: true } if release == wanted => Ok(Decision::Open),
        Tip::Ours { release, .. } if release == wanted => Ok(Decision::Renew),
        Tip::Ours { .. } => Ok(Decision::Supersede),
        Tip::Missing | Tip::Merged => Ok(Decision::Renew),
    }
}

fn foreign(situation: &Situation<'_>, what: &str) -> Refusal {
    let refusal = Refusal::new(format!(
        "the branch `{}` has work of other people, which is not overwritten: {what}",
        situation.branch
    ));
    match situation.open {
        Some(change) => refusal.help(format!(
            "merge {url}, or close it and delete the branch, and run the command again; a promotion may wait \
             behind it with --queue, a rollback may be made with --commit",
            url = change.url
        )),
        None => refusal.help("rename the branch, or delete it; then promote again"),
    }
}

#[cfg(test)]
mod tests {
    use suimon_forge::ChangeState;

    use super::*;

    fn change(base: &str) -> Change {
        Change {
            number: 5,
            url: "local:5".into(),
            state: ChangeState::Open,
            head: "suimon/promote/stg".into(),
            head_commit: "c".into(),
            base: base.into(),
            merge_commit: None,
            author: "a".into(),
            last_pusher: None,
            title: String::new(),
            body: "<!-- suimon:promotion:stg:new -->".into(),
        }
    }

    fn ours(release: &str, fresh: bool) -> Tip {
        Tip::Ours { release: release.into(), fresh }
    }

    fn others() -> Tip {
        Tip::Others { what: "commit abc by ben".into() }
    }

    fn told(tip: &Tip, open: Option<&str>, waiting: &[&str], turn: Turn) -> String {
        let open = open.map(change);
        let waiting: Vec<String> = waiting.iter().map(|&id| id.to_owned()).collect();
        let situation = Situation {
            base: "main",
            branch: "suimon/promote/stg",
            held: "old",
            wanted: "new",
            tip,
            open: open.as_ref(),
            waiting: &waiting,
            turn,
        };
        match decide(&situation) {
            Ok(decision) => format!("{decision:?}"),
            Err(refusal) => refusal.why,
        }
    }

    #[test]
    fn a_change_with_the_text_of_another_release_is_written_again() {
        let stale = Change { body: "of another release".into(), ..change("main") };
        let situation = Situation {
            base: "main",
            branch: "suimon/promote/stg",
            held: "old",
            wanted: "new",
            tip: &ours("new", true),
            open: Some(&stale),
            waiting: &[],
            turn: Turn::Supersede,
        };
        assert_eq!(decide(&situation).unwrap(), Decision::Finish);
    }

    #[test]
    fn nothing_is_proposed_twice_and_nobody_s_work_is_overwritten() {
        use Turn::{Queue, Supersede};
        let foreign = "the branch `suimon/promote/stg` has work of other people, which is not overwritten: \
                       commit abc by ben";
        let elsewhere = "the open promotion local:5 goes into `release` now, not into `main`";
        type Case<'a> = (Tip, Option<&'a str>, &'a [&'a str], Turn, &'a str);
        let cases: &[Case<'_>] = &[
            (Tip::Missing, None, &[], Supersede, "Propose"),
            (Tip::Merged, None, &[], Supersede, "Propose"),
            (ours("new", true), None, &[], Supersede, "Finish"),
            (ours("new", false), None, &[], Supersede, "Propose"),
            (ours("older", true), None, &[], Supersede, "Propose"),
            (others(), None, &[], Supersede, foreign),
            (ours("new", true), Some("main"), &[], Supersede, "Open"),
            (ours("new", true), Some("main"), &[], Queue, "Open"),
            (ours("new", false), Some("main"), &[], Supersede, "Renew"),
            (ours("new", false), Some("main"), &[], Queue, "Renew"),
            (ours("older", true), Some("main"), &[], Supersede, "Supersede"),
            (ours("older", false), Some("main"), &["new"], Supersede, "Supersede"),
            (ours("older", true), Some("main"), &[], Queue, "Wait"),
            (ours("older", true), Some("main"), &["new"], Queue, "Waits"),
            (others(), Some("main"), &[], Supersede, foreign),
            (others(), Some("main"), &[], Queue, "Wait"),
            (ours("older", true), Some("release"), &[], Supersede, elsewhere),
            (ours("new", true), Some("release"), &[], Supersede, elsewhere),
            (Tip::Missing, Some("main"), &[], Supersede, "Renew"),
            (Tip::Missing, None, &["first"], Queue, "Wait"),
            (Tip::Missing, None, &["first", "new"], Queue, "Waits"),
            (Tip::Missing, None, &["new", "later"], Queue, "Propose"),
            (Tip::Missing, None, &["first"], Supersede, "Propose"),
        ];
        for (tip, open, waiting, turn, expected) in cases {
            assert_eq!(
                &told(tip, *open, waiting, *turn),
                expected,
                "{tip:?} {open:?} {waiting:?} {turn:?}"
            );
        }
    }

    #[test]
    fn what_the_base_has_is_not_proposed() {
        let open = change("main");
        let tip = ours("older", true);
        for turn in [Turn::Supersede, Turn::Queue] {
            let situation = Situation {
                base: "main",
                branch: "b",
                held: "same",
                wanted: "same",
                tip: &tip,
                open: Some(&open),
                waiting: &[],
                turn,
            };
            assert_eq!(decide(&situation), Ok(Decision::Held));
        }
    }
}
