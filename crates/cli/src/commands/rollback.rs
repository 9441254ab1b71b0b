//! `suimon rollback`.

mod target;

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use suimon_gate::Mode;
use suimon_ledger::{Entry, Event};
use suimon_plan::Plan;
use suimon_promote::{
    Decision, Turn, rollback_branch, rollback_message, rollback_title, rolled_back, short_commit,
};
use suimon_source::Repository;
use suimon_view::escape;

use super::apply;
use super::promote::{Base, Door, Judged, Move, body_of, head, judged_plan, lost, problem};
use crate::deliver::{Delivered, Delivery, deliver, plan_failed};
use crate::delivery_args::RollbackArgs;
use crate::failure::{Failure, INTERRUPTED};
use crate::ground::{Asking, Depth, Ground, blocking};
use crate::session::{Scope, Session};
use crate::signals;
use target::{Target, Wanted};

/// How long one object may take.
const TIMEOUT: Duration = Duration::from_secs(600);

pub(crate) async fn run(args: &RollbackArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let environment = args.environment.as_str();
    let ground = blocking(|| apply::open(session, environment))?;
    suimon_render::load_environment(session.snapshot.as_ref(), &ground.project, environment)
        .map_err(|found| Failure::from(found).quoting(&session.snapshot))?;
    ground.repository()?;
    if args.unpin {
        return blocking(|| unpin(session, &ground, environment));
    }
    if !args.how.dry_run && !args.run.auto_approve && !std::io::stdin().is_terminal() {
        let what = "standard input is not a terminal, so nobody can approve the rollback";
        return Err(Failure::new(what).hint("nothing was made; use --auto-approve"));
    }
    let history = blocking(|| ground.history(environment))?;
    let wanted = blocking(|| Target::find(session, &history, environment, args.to.as_deref()))?;
    let target = match wanted {
        Wanted::Target(target) => *target,
        Wanted::Done { name, .. } => {
            let name = escape(&name);
            session
                .console
                .data(&format!("Nothing to do: {environment} is rolled back to {name} already."))?;
            session.console.note(&format!(
                "To go further back: suimon rollback {environment} --to RELEASE. To end the pin: merge the \
                 revert and apply, or suimon rollback {environment} --unpin"
            ));
            return Ok(0);
        }
    };
    let rollback = Rollback { args, session, ground: &ground, target: &target };
    if args.how.commit {
        let revert = blocking(|| rollback.commit_here())?;
        return rollback.apply(&revert).await;
    }
    let door = Door::open(session, &ground)?;
    let tip = door.base(session).await?;
    let (base, change) = blocking(|| rollback.change(&door.repository, tip))?;
    if args.how.dry_run {
        return rollback.print(&door, &base, &change).await;
    }
    rollback.propose(&door, &base, &change).await
}

/// Lets the environment follow its declaration again.
fn unpin(session: &Session<'_>, ground: &Ground, environment: &str) -> Result<u8, Failure> {
    let history = ground.history(environment)?;
    let Some(pin) = history.pin() else {
        session.console.data(&format!("Nothing to do: {environment} is not pinned."))?;
        return Ok(0);
    };
    let entry = Entry {
        actor: ground.actor.clone(),
        trigger: ground.trigger,
        time: jiff::Timestamp::now(),
        event: Event::Unpinned { why: "it was asked for: suimon rollback --unpin".to_owned() },
    };
    ground.ledger(environment)?.append(entry)?;
    let name = escape(pin.release.unwrap_or(pin.release_id));
    session.console.data(&format!(
        "{environment} is not pinned to {name} any more: it follows its declaration again."
    ))?;
    Ok(0)
}

/// The commit that reverts, and where it is for people.
struct Revert {
    commit: String,
    /// How somebody else names it.
    name: String,
    /// Address of its change.
    url: Option<String>,
}

struct Rollback<'a> {
    args: &'a RollbackArgs,
    session: &'a Session<'a>,
    ground: &'a Ground,
    target: &'a Target,
}

impl Rollback<'_> {
    fn environment(&self) -> &str {
        &self.args.environment
    }

    /// The revert on a branch: on its last commit, or, where that has other changes of the environment which were
    /// never applied, on the commit that was applied last. A rollback brings nothing new.
    fn change(&self, repository: &Repository, tip: Base) -> Result<(Base, Move), Failure> {
        let base = match &self.target.applied {
            Some(applied) if !self.unapplied(repository, applied, &tip)?.is_empty() => {
                let snapshot = self.session.snapshot.at(applied)?;
                Base { branch: tip.branch, tip: applied.clone(), snapshot }
            }
            _ => tip,
        };
        let steps = (self.environment(), self.environment());
        let mut change = Move::to_release(repository, &base, steps, &self.target.candidate)?;
        let name = change.name().to_owned();
        let reason = self.args.reason.as_deref();
        change.mode = Mode::Rollback;
        change.branch = rollback_branch(self.environment());
        change.message = rollback_message(self.environment(), &name, &change.id, reason);
        change.title = rollback_title(self.environment(), &name);
        change.lead = rolled_back(self.environment(), &self.target.left_name, reason);
        Ok((base, change))
    }

    /// Files of the environment that differ between what was applied last and a branch, besides its release and
    /// who may approve.
    fn unapplied(
        &self,
        repository: &Repository,
        applied: &str,
        tip: &Base,
    ) -> Result<Vec<String>, Failure> {
        if repository.info(applied)?.is_none() || !repository.is_ancestor(applied, &tip.tip)? {
            return Ok(Vec::new());
        }
        let folder = repository.in_project(&format!("envs/{}/", self.environment()));
        let mut others = vec![format!("{folder}release.yaml")];
        let project = &self.ground.project;
        let gate =
            suimon_render::load_environment(tip.snapshot.as_ref(), project, self.environment());
        if let Some(known) = gate.ok().and_then(|environment| environment.gate?.approvers) {
            let files = known.allowed_signers.into_iter().chain(known.revoked_keys);
            others.extend(files.map(|file| repository.in_project(&file)));
        }
        let touched = repository.touched(applied, &tip.tip)?;
        Ok(touched
            .into_iter()
            .filter(|path| path.starts_with(&folder) && !others.contains(path))
            .collect())
    }

    /// The revert as one commit on the branch that is checked out.
    fn commit_here(&self) -> Result<Revert, Failure> {
        let repository = self.ground.repository()?;
        let here = head(self.session, repository)?;
        if let Some(applied) = &self.target.applied {
            let unapplied = self.unapplied(repository, applied, &here)?;
            if let Some(first) = unapplied.first() {
                return Err(Failure::new(format!(
                    "{} has changes that were never applied to {}, and a rollback brings nothing new: {} ({} in \
                     all)",
                    here.branch,
                    self.environment(),
                    escape(first),
                    unapplied.len()
                ))
                .hint("without --commit the revert is made on the commit that was applied last"));
            }
        }
        let (base, change) = self.change(repository, here)?;
        if change.is_held() {
            return Ok(Revert { commit: base.tip, name: base.branch, url: None });
        }
        let commit = change.commit_here(repository)?;
        let made = short_commit(&commit);
        self.session.console.note(&format!("Committed {made} on {}", escape(&base.branch)));
        Ok(Revert { commit, name: base.branch, url: None })
    }

    async fn print(&self, door: &Door, base: &Base, change: &Move) -> Result<u8, Failure> {
        let commit = if change.is_held() {
            base.tip.clone()
        } else {
            change.print(self.session)?;
            blocking(|| change.commit(&door.repository, self.ground, &base.tip))?
        };
        let proposed = self.session.at(&commit)?;
        let (planned, _) = proposed.plan(self.environment(), &self.scope()).await?;
        self.judged(&planned, self.ground).await?.print(self.session)?;
        Ok(0)
    }

    /// Makes the branch and the change on the forge, and applies.
    async fn propose(&self, door: &Door, base: &Base, change: &Move) -> Result<u8, Failure> {
        let console = self.session.console;
        if change.is_held() {
            console.note(&format!(
                "{} has the release {} already.",
                base.branch,
                escape(change.name())
            ));
            let revert = Revert { commit: base.tip.clone(), name: base.tip.clone(), url: None };
            return self.apply(&revert).await;
        }
        let (commit, found) = blocking(|| {
            let place =
                super::promote::Place::new(&door.repository, self.environment(), Mode::Rollback);
            door.tip(self.session, base, &place, &change.branch)
        })?;
        let open = door.forge.open_change(&change.branch).await;
        let open = open.unwrap_or_else(|error| {
            console.note(&format!("warning: {}", escape(&error.to_string())));
            None
        });
        let found = super::promote::Found { commit, tip: found, open, waiting: Vec::new() };
        let decision = found.decide(base, change, Turn::Supersede)?;
        let reuse = matches!(decision, Decision::Open | Decision::Finish);
        let commit = match (&found.commit, reuse) {
            (Some(commit), true) => commit.clone(),
            _ => {
                let commit = blocking(|| change.commit(&door.repository, self.ground, &base.tip))?;
                let expected = found.commit.as_deref();
                if !blocking(|| door.push(&change.branch, expected, Some(&commit)))? {
                    return Err(lost());
                }
                commit
            }
        };
        let mut revert = Revert { commit, name: change.branch.clone(), url: None };
        match (decision, found.open) {
            (Decision::Open, Some(open)) => revert.url = Some(open.url),
            _ => revert.url = self.open(door, base, change, &revert.commit).await,
        }
        if let Some(url) = &revert.url {
            console.note(&format!("The revert of {}: {}", self.environment(), escape(url)));
        }
        self.apply(&revert).await
    }

    /// Opens the change. A forge that does not answer keeps nobody from going back.
    async fn open(&self, door: &Door, base: &Base, change: &Move, commit: &str) -> Option<String> {
        let judged = async {
            let at = self.session.at(commit)?;
            let (planned, _) = at.plan(self.environment(), &self.scope()).await?;
            self.judged(&planned, self.ground).await
        };
        let body = match judged.await {
            Ok(judged) => body_of(change, Some(&judged), None),
            Err(failure) => body_of(change, None, Some(&problem(&failure))),
        };
        match door.put(change, base, body).await {
            Ok(opened) => Some(opened.url),
            Err(failure) => {
                let line = escape(&failure.line());
                self.session.console.note(&format!(
                    "warning: the change of the branch {} could not be opened: {line}",
                    change.branch
                ));
                None
            }
        }
    }

    /// Plans and applies exactly the commit that reverts, through the door of every apply.
    async fn apply(&self, revert: &Revert) -> Result<u8, Failure> {
        let mut stop = signals::listen(Arc::new(self.session.console.clone()))?;
        let at = self.session.at(&revert.commit)?;
        let environment = self.environment();
        let ground = blocking(|| apply::open(&at, environment))?;
        let basis = blocking(|| ground.basis(environment))?;
        let scope = self.scope();
        let made = tokio::select! {
            made = at.plan(environment, &scope) => made,
            () = signals::stopped(&mut stop) => {
                self.session.console.note("Interrupted while planning; nothing was applied.");
                return Err(Failure::said(INTERRUPTED));
            }
        };
        if let Err(failure) = &made {
            plan_failed(&at, &ground, environment, failure);
        }
        let (planned, registry) = made?;
        let style = self.session.console.style();
        self.session.console.pieces(suimon_view::text::plan_parts(&planned.plan, &style))?;
        let delivery = Delivery {
            session: &at,
            ground: &ground,
            planned: &planned,
            registry: &registry,
            scope: &scope,
            basis,
            asking: Asking {
                force_conflicts: self.args.scope.force_conflicts,
                break_glass: self.args.run.break_glass.clone(),
                mode: Mode::Rollback,
                ..Asking::new(Depth::Apply)
            },
            options: suimon_apply::Options {
                wait: true,
                timeout: TIMEOUT,
                patient: true,
                parallelism: usize::from(scope.parallelism),
                force_conflicts: self.args.scope.force_conflicts,
            },
            take_over: self.args.run.take_over,
            ask: !self.args.run.auto_approve,
            first: Some(self.pinned(revert)),
        };
        let delivered = Box::pin(deliver(&delivery, stop)).await?;
        self.say(revert, &planned.plan, &delivered);
        apply::end(self.session, false, &planned.plan, delivered)
    }

    fn pinned(&self, revert: &Revert) -> Event {
        let candidate = &self.target.candidate;
        Event::Pinned {
            release_id: candidate.id.clone(),
            release: candidate.release.name.clone(),
            revision: revert.commit.clone(),
            from: self.target.left.clone(),
            reason: self.args.reason.clone().unwrap_or_else(|| "no reason was given".to_owned()),
        }
    }

    /// What comes next.
    fn say(&self, revert: &Revert, plan: &Plan, delivered: &Delivered) {
        let (console, environment) = (self.session.console, self.environment());
        match delivered {
            Delivered::Closed(_) => console.note(&format!(
                "Nothing was applied. Who can approve it does so with: suimon approve {environment} --revision {} \
                 --plan {} --role ROLE; then run the same command again.",
                revert.commit,
                plan.digest()
            )),
            Delivered::TakenOver(..) => {}
            _ => {
                let what = revert.url.as_deref().unwrap_or(&revert.name);
                console.note(&format!(
                    "{environment} is pinned: applies of other releases are held until {} is merged and applied, or \
                     until: suimon rollback {environment} --unpin",
                    escape(what)
                ));
            }
        }
    }

    fn scope(&self) -> Scope {
        Scope::new(&self.args.scope, false)
    }

    async fn judged(
        &self,
        planned: &suimon_engine::Planned,
        ground: &Ground,
    ) -> Result<Judged, Failure> {
        judged_plan(
            planned,
            ground,
            &Asking { mode: Mode::Rollback, ..Asking::new(Depth::Explain) },
        )
        .await
    }
}
