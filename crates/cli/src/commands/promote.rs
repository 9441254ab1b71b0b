//! `suimon promote`.

mod base;
mod candidate;
mod change;
mod door;
mod judged;
mod queue;

use suimon_gate::Proof;
use suimon_ledger::{Event, Recorded};
use suimon_promote::{Decision, Refusal, Turn, check_step, short_commit};
use suimon_view::escape;

use crate::delivery_args::PromoteArgs;
use crate::failure::{CONFLICT, Failure};
use crate::ground::{Ground, blocking};
use crate::session::Session;

pub(crate) use base::{Base, head, release_path};
pub(crate) use candidate::{Candidate, present, upstream_artifacts};
pub(crate) use change::{Move, body_of, commit_on};
pub(crate) use door::{Door, Found, Place, refused};
pub(crate) use judged::{Judged, judged, judged_plan, look, problem, unmarked};
pub(crate) use queue::advance;

/// How often a promotion is begun anew because another one was faster.
const ATTEMPTS: usize = 3;

pub(crate) async fn run(args: &PromoteArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let ground = blocking(|| Ground::open(session))?;
    check_step(&ground.project, &args.from, &args.to)?;
    let applied = blocking(|| Candidate::eligible(&ground, session, &args.from))?;
    blocking(|| refuse_left(&ground, &applied, &args.to))?;
    if args.how.commit {
        return blocking(|| commit(args, session, &ground, &applied));
    }
    let door = Door::open(session, &ground)?;
    for _ in 0..ATTEMPTS {
        let base = door.base(session).await?;
        let change =
            blocking(|| Move::promotion(session, &door.repository, &base, &args.to, &applied))?;
        let promotion =
            Promotion { args, session, ground: &ground, door: &door, base: &base, change: &change };
        let done = if args.how.dry_run {
            Some(promotion.print().await?)
        } else {
            promotion.open().await?
        };
        if let Some(code) = done {
            return Ok(code);
        }
    }
    Err(lost())
}

/// Somebody else was faster.
pub(crate) fn lost() -> Failure {
    Failure::new("somebody else moved the same branch meanwhile")
        .code(CONFLICT)
        .hint("nothing was changed; run the same command again")
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let failure = Self::new(refusal.why);
        match refusal.help {
            Some(help) => failure.hint(help),
            None => failure,
        }
    }
}

/// One commit on the branch that is checked out.
fn commit(
    args: &PromoteArgs,
    session: &Session<'_>,
    ground: &Ground,
    applied: &Candidate,
) -> Result<u8, Failure> {
    let repository = ground.repository()?;
    let base = head(session, repository)?;
    let change = Move::promotion(session, repository, &base, &args.to, applied)?;
    if change.is_held() {
        return nothing(session, &change);
    }
    let made = change.commit_here(repository)?;
    session.console.note(change.notes.text().trim_end());
    session.console.data(&format!(
        "Promoted {} from {} to {}: commit {} on {}",
        escape(change.name()),
        args.from,
        args.to,
        short_commit(&made),
        escape(&base.branch),
    ))?;
    Ok(0)
}

fn nothing(session: &Session<'_>, change: &Move) -> Result<u8, Failure> {
    let (to, name) = (&change.environment, escape(change.name()));
    session.console.data(&format!("Nothing to change: {to} has {name} already."))?;
    Ok(0)
}

/// A promotion by a change on the forge.
struct Promotion<'a> {
    args: &'a PromoteArgs,
    session: &'a Session<'a>,
    ground: &'a Ground,
    door: &'a Door,
    base: &'a Base,
    change: &'a Move,
}

impl Promotion<'_> {
    /// The exit code; `None` when somebody else was faster and all has to be looked at anew.
    async fn open(&self) -> Result<Option<u8>, Failure> {
        let (door, change, name) = (self.door, self.change, self.change.name());
        let turn = if self.args.queue { Turn::Queue } else { Turn::Supersede };
        if self.args.queue {
            self.advance().await?;
        }
        let found = door.look(self.session, self.base, change).await?;
        let decision = found.decide(self.base, change, turn)?;
        let url = found.open.as_ref().map_or("the others", |open| open.url.as_str());
        match decision {
            Decision::Held => {
                self.advance().await?;
                if let Some(open) = &found.open {
                    let url = escape(&open.url);
                    let text = format!("The open promotion {url} proposes another release.");
                    self.session.console.note(&text);
                }
                nothing(self.session, change)?;
            }
            Decision::Open => {
                self.say(&format!("Nothing to change: {name} is proposed already: {url}"))?;
            }
            Decision::Waits => {
                self.say(&format!("Nothing to change: {name} waits for its turn already."))?;
            }
            Decision::Wait => {
                let waits = blocking(|| queue::wait(door, self.ground, self.base, change));
                let Some(branch) = waits? else { return Ok(None) };
                self.say(&format!("{name} waits behind {url}, on the branch {branch}"))?;
            }
            Decision::Propose | Decision::Renew | Decision::Supersede | Decision::Finish => {
                let made = self.publish(&found, decision).await?;
                let Some(url) = made else { return Ok(None) };
                let (from, to) = (&self.args.from, &self.args.to);
                self.say(&format!("Promotes {name} from {from} to {to}: {url}"))?;
            }
        }
        Ok(Some(0))
    }

    /// Makes the branch and the change; its address.
    async fn publish(&self, found: &Found, decision: Decision) -> Result<Option<String>, Failure> {
        let (door, change) = (self.door, self.change);
        let finishes = (decision == Decision::Finish).then(|| found.commit.clone()).flatten();
        let commit = match &finishes {
            Some(commit) => commit.clone(),
            None => blocking(|| change.commit(&door.repository, self.ground, &self.base.tip))?,
        };
        let body = self.body(&commit).await;
        let expected = found.commit.as_deref();
        if finishes.is_none() && !blocking(|| door.push(&change.branch, expected, Some(&commit)))? {
            return Ok(None);
        }
        let opened = door.put(change, self.base, body).await?;
        if decision == Decision::Supersede {
            door.say_superseded(&opened, found, change).await?;
        }
        for waiting in &found.waiting {
            blocking(|| door.push(&waiting.branch, Some(&waiting.commit), None))?;
            if waiting.release != change.id {
                let name = escape(&waiting.name);
                self.session
                    .console
                    .note(&format!("{name} does not wait any more: a newer release is proposed."));
            }
        }
        Ok(Some(opened.url))
    }

    async fn body(&self, commit: &str) -> String {
        change::body(self.session, self.ground, self.change, commit, self.args.parallelism).await
    }

    async fn advance(&self) -> Result<(), Failure> {
        let steps = (self.args.from.as_str(), self.args.to.as_str());
        advance(self.session, self.ground, self.door, self.base, steps, self.args.parallelism).await
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        self.session.console.data(&escape(text))
    }

    /// What would be done, and what it brings.
    async fn print(&self) -> Result<u8, Failure> {
        if self.change.is_held() {
            return nothing(self.session, self.change);
        }
        self.change.print(self.session)?;
        let commit =
            blocking(|| self.change.commit(&self.door.repository, self.ground, &self.base.tip))?;
        let environment = &self.change.environment;
        let proposed = self.session.at(&commit)?;
        match judged(
            &proposed,
            self.ground,
            environment,
            suimon_gate::Mode::Forward,
            self.args.parallelism,
        )
        .await
        {
            Ok(judged) => judged.print(self.session)?,
            Err(failure) => {
                self.session.console.note(&format!("There is no plan of {environment}:"));
                self.session.console.fail(&failure);
            }
        }
        Ok(0)
    }
}

/// What an environment was rolled back from does not enter it again before it is proved again.
fn refuse_left(ground: &Ground, applied: &Candidate, to: &str) -> Result<(), Failure> {
    let left = ground.history(to)?.proof(&applied.id);
    let Proof::Revoked { at, why } = left else { return Ok(()) };
    let again = ground.history(&applied.environment)?;
    let proves = |one: &Recorded| match &one.record.event {
        Event::Checked { release_id, health } => *release_id == applied.id && health.is_healthy(),
        _ => one.id == applied.record,
    };
    if again.iter().any(|one| one.record.time > at && proves(one)) {
        return Ok(());
    }
    let from = &applied.environment;
    let what =
        format!("{to} left this release ({why}), and {from} has not proved it again since {at:.0}");
    Err(Failure::new(what).hint(format!(
        "promote a release that mends it; or prove this one again: suimon status {from} --record"
    )))
}
