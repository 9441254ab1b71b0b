//! The facts that a gate is judged by, besides the plan and the declaration.

use jiff::Timestamp;
use suimon_engine::Planned;
use suimon_gate::{
    BreakGlass, Condition, Facts, Known, Mode, Pin, State, Trusted, Upstream, judge,
};
use suimon_ledger::{Approvals, History};
use suimon_model::{Approvers, Gate, Probe, ProjectPolicy};

use super::{Ground, authors, blocking, checks, reviews, trusted};
use crate::failure::Failure;

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// For a plan: no check is asked, and for an environment without a gate no remote.
    Look,
    /// For an explanation: everything; what cannot be had is unknown.
    Explain,
    /// For an apply: everything; a ledger that cannot be read is an error.
    Apply,
}

/// What a judgement is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) depth: Depth,
    pub(crate) mode: Mode,
    pub(crate) confirmed_deletes: Option<String>,
    pub(crate) force_conflicts: bool,
    pub(crate) break_glass: Option<String>,
}

impl Asking {
    /// Nothing confirmed, forward.
    pub(crate) fn new(depth: Depth) -> Self {
        Self {
            depth,
            mode: Mode::Forward,
            confirmed_deletes: None,
            force_conflicts: false,
            break_glass: None,
        }
    }
}

/// What was found.
pub(crate) struct Gathered {
    pub(crate) facts: Facts,
    /// The environment's ledger, where it was read.
    pub(crate) history: Option<History>,
    /// What checks that failed have to say, for the terminal.
    pub(crate) said: Vec<String>,
}

impl Ground {
    /// Gathers what the gate of a plan needs to know.
    pub(crate) async fn facts(
        &self,
        planned: &Planned,
        asking: &Asking,
    ) -> Result<Gathered, Failure> {
        let mut facts = Facts {
            confirmed_deletes: asking.confirmed_deletes.clone(),
            force_conflicts: asking.force_conflicts,
            mode: asking.mode,
            now: Some(Timestamp::now()),
            break_glass: asking
                .break_glass
                .clone()
                .map(|reason| BreakGlass { reason, by: self.actor.email.clone() }),
            ..planned.facts.clone()
        };
        let history = if self.has_repository() {
            blocking(|| self.recorded(planned, asking, &mut facts))?
        } else {
            self.unrecorded(planned, &mut facts);
            None
        };
        if wants_reviews(&facts) {
            facts.reviews = self.reviews(planned, &facts).await;
        }
        let mut said = Vec::new();
        let waived = planned.plan.is_empty() || (facts.mode == Mode::Rollback && !rollback(&facts));
        if let Some(gate) = facts.gate.as_ref().filter(|_| asking.depth != Depth::Look && !waived) {
            // What a change says to run is run when nothing else is in its way.
            let rest = judge(&planned.plan, &facts);
            let commands = rest.iter().all(|one| !one.state.is_closed() || one.rule == "check");
            let asked: Vec<_> = gate
                .checks
                .iter()
                .filter(|check| commands || matches!(check.probe, Probe::Http(_)))
                .cloned()
                .collect();
            (facts.checks, said) = checks::ask(&asked, self.folder.as_deref()).await;
        }
        Ok(Gathered { facts, history, said })
    }

    /// The project is in no repository: nothing was ever recorded.
    fn unrecorded(&self, planned: &Planned, facts: &mut Facts) {
        facts.trusted = Trusted::First;
        (facts.holds, facts.pin) = (Known::Known(None), Known::Known(None));
        facts.approvals = Known::Known(Vec::new());
        facts.reviews = Known::Known(None);
        facts.authors = Known::Unknown("the project is in no Git repository".to_owned());
        facts.on_branch = self.project.branch.as_ref().map(|_| Known::Known(false));
        if wants_upstream(facts) {
            let before = self.project.upstream_of(&planned.plan.environment);
            facts.upstream = before.map(|environment| Upstream {
                environment: environment.to_owned(),
                proof: Known::Unknown("the project is in no Git repository".to_owned()),
            });
        }
    }

    fn recorded(
        &self,
        planned: &Planned,
        asking: &Asking,
        facts: &mut Facts,
    ) -> Result<Option<History>, Failure> {
        let plan = &planned.plan;
        let environment = plan.environment.as_str();
        let here = asking.depth == Depth::Look && facts.gate.is_none();
        let ledger = if here { self.seen_ledger(environment) } else { self.ledger(environment) }?;
        facts.reviews = Known::Known(None);
        facts.authors = Known::Known(<_>::default());
        facts.approvals = Known::Known(Vec::new());
        let history = match ledger.read() {
            Ok(history) => history,
            Err(error) if asking.depth == Depth::Apply => return Err(error.into()),
            Err(error) => {
                self.unknown(facts, environment, &error.to_string());
                return Ok(None);
            }
        };
        facts.trusted = trusted::trusted(&history, self.snapshot.as_ref(), environment);
        let gated = facts.gate.is_some() || before(facts).is_some();
        if !here && (gated || asking.depth == Depth::Apply) {
            let contradicted = match self.contradiction(environment, &history) {
                Ok(contradiction) => contradiction.map(Failure::new),
                // That another ledger cannot be read is no word against one that opens no gate.
                Err(failure) => Some(failure).filter(|_| gated),
            };
            match contradicted {
                None => {}
                Some(failure) if asking.depth == Depth::Apply => return Err(failure),
                Some(failure) => {
                    self.unknown(facts, environment, &failure.line());
                    return Ok(None);
                }
            }
        }
        if asking.mode == Mode::Forward {
            facts.inspected.extend(self.outdated(planned, facts)?);
        }
        facts.holds = Known::Known(history.holds().map(|held| held.attempt.release_id.clone()));
        facts.pin = Known::Known(self.pin(planned, &history));
        if wants_upstream(facts) {
            facts.upstream = self.upstream(planned, facts);
        }
        if wants_approvals(facts) {
            let read = self.approvals(environment).map(|approvals| Approvals::read(&approvals))?;
            facts.approvals = match read {
                Ok(approvals) => Known::Known(approvals),
                Err(error) if asking.depth == Depth::Apply => return Err(error.into()),
                Err(error) => Known::Unknown(error.to_string()),
            };
            facts.authors = authors::authors(
                self.repository()?,
                &history,
                plan.revision.as_deref(),
                &authors::Coming {
                    release_id: &plan.release_id,
                    modules: planned.release.modules.as_deref(),
                    pipeline: &self.project.pipeline,
                    environment,
                },
            );
        }
        if gated {
            facts.on_branch = self.on_branch(plan.revision.as_deref(), facts)?;
        }
        Ok(Some(history))
    }

    /// A revision that came before the one that was applied last is no way forward: whatever was approved for it is
    /// done with.
    fn outdated(&self, planned: &Planned, facts: &Facts) -> Result<Option<Condition>, Failure> {
        let (Trusted::At { revision: last, gate: Some(_), .. }, Some(revision)) =
            (&facts.trusted, &planned.plan.revision)
        else {
            return Ok(None);
        };
        if last == revision || !self.repository()?.is_ancestor(revision, last)? {
            return Ok(None);
        }
        let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
        let message = format!(
            "commit {} is older than {}, which was applied last",
            short(revision),
            short(last)
        );
        let environment = &planned.plan.environment;
        let help = format!(
            "`git pull`, or name the newer commit with --revision; to go back: suimon rollback {environment}"
        );
        Ok(Some(Condition::new("outdated", State::Held, message).help(help)))
    }

    /// Whether a revision is on the branch that everybody applies from: the protected one, else the remote's, else
    /// the one that is checked out.
    pub(crate) fn is_merged(&self, revision: &str) -> bool {
        let Ok(repository) = self.repository() else { return false };
        let branch = self.project.branch.clone();
        let branch = branch.or_else(|| repository.default_branch().ok().flatten());
        let Some(branch) = branch.or_else(|| repository.head_branch().ok().flatten()) else {
            return false;
        };
        let tip = repository.shared_ref(&format!("refs/heads/{branch}"));
        tip.ok().flatten().is_some_and(|tip| {
            repository.is_ancestor(revision, &tip).is_ok_and(|is_there| is_there)
        })
    }

    /// The ledger cannot be read.
    fn unknown(&self, facts: &mut Facts, environment: &str, why: &str) {
        facts.trusted = Trusted::Unknown(why.to_owned());
        facts.holds = Known::Unknown(why.to_owned());
        facts.pin = Known::Unknown(why.to_owned());
        facts.approvals = Known::Unknown(why.to_owned());
        facts.authors = Known::Unknown(why.to_owned());
        let before = self.project.upstream_of(environment).filter(|_| wants_upstream(facts));
        facts.upstream = before.map(|environment| Upstream {
            environment: environment.to_owned(),
            proof: Known::Unknown(why.to_owned()),
        });
    }

    /// Where the ledgers of the pipeline do not agree on what each of them holds: one was cut or replaced.
    fn contradiction(
        &self,
        environment: &str,
        history: &History,
    ) -> Result<Option<String>, Failure> {
        for other in self.project.pipeline.iter().filter(|other| *other != environment) {
            let there = self.history(other)?;
            for (witness, named, of) in
                [(&there, environment, history), (history, other.as_str(), &there)]
            {
                let seen = witness.iter().rev().find_map(|one| one.record.witnessed.get(named));
                if let Some(id) = seen.filter(|id| of.find(id).is_none()) {
                    let by = if named == environment { other } else { environment };
                    return Ok(Some(format!(
                        "the ledger of {named} was cut or replaced: it lacks record {id}, which that of {by} \
                         names; see suimon history {named} --verify"
                    )));
                }
            }
        }
        Ok(None)
    }

    /// What the environment before this one has proved.
    fn upstream(&self, planned: &Planned, facts: &Facts) -> Option<Upstream> {
        let own = self.project.upstream_of(&planned.plan.environment).map(str::to_owned);
        let environment = decided(facts).and_then(|before| before.upstream.clone()).or(own)?;
        let proof = match self.history(&environment) {
            Ok(history) => Known::Known(history.proof(&planned.plan.release_id)),
            Err(failure) => Known::Unknown(failure.line()),
        };
        Some(Upstream { environment, proof })
    }

    /// The rollback that holds the environment, and whether what would be applied has its revert.
    fn pin(&self, planned: &Planned, history: &History) -> Option<Pin> {
        let pin = history.pin()?;
        let same_release = planned.plan.release_id == pin.release_id;
        let contains = || {
            let (repository, revision) =
                (self.repository().ok()?, planned.plan.revision.as_deref()?);
            let file =
                repository.in_project(&format!("envs/{}/release.yaml", planned.plan.environment));
            suimon_promote::is_merged(repository, pin.revision, revision, &file).ok()
        };
        Some(Pin {
            release_id: pin.release_id.to_owned(),
            release: pin.release.map(str::to_owned),
            revision: pin.revision.to_owned(),
            by: format!("{} <{}>", pin.by.name, pin.by.email),
            at: pin.at,
            merged: same_release || contains().unwrap_or(false),
        })
    }

    /// The protected branch, as it was decided before this change.
    fn branch<'a>(&'a self, facts: &'a Facts) -> Option<&'a str> {
        let before = decided(facts).and_then(|before| before.branch.as_deref());
        before.or(self.project.branch.as_deref())
    }

    /// Whether the revision is on the protected branch.
    fn on_branch(
        &self,
        revision: Option<&str>,
        facts: &Facts,
    ) -> Result<Option<Known<bool>>, Failure> {
        let Some(branch) = self.branch(facts) else { return Ok(None) };
        let Some(revision) = revision else { return Ok(Some(Known::Known(false))) };
        let repository = self.repository()?;
        let tip = match repository.shared_ref(&format!("refs/heads/{branch}")) {
            Ok(Some(tip)) => tip,
            Ok(None) => return Ok(Some(Known::Unknown(format!("there is no branch {branch}")))),
            Err(error) => return Ok(Some(Known::Unknown(error.summary))),
        };
        Ok(Some(match repository.is_ancestor(revision, &tip) {
            Ok(answer) => Known::Known(answer),
            Err(error) => Known::Unknown(error.summary),
        }))
    }

    async fn reviews(
        &self,
        planned: &Planned,
        facts: &Facts,
    ) -> Known<Option<suimon_gate::ReviewedChange>> {
        let Some(revision) = &planned.plan.revision else { return Known::Known(None) };
        let repository = match self.repository() {
            Ok(repository) => repository,
            Err(_) => return Known::Known(None),
        };
        let own = self.project.forge.as_ref();
        let forge = decided(facts).map_or(own, |before| before.forge.as_ref());
        match self.reviewing_forge(forge) {
            Ok(forge) => {
                let branch = self.branch(facts);
                reviews::reviews(forge.as_ref(), repository, revision, branch).await
            }
            Err(why) => Known::Unknown(why),
        }
    }
}

/// What `suimon.yaml` said before this change about an environment that had a gate: a change says neither what it
/// has to pass, nor who is asked.
fn decided(facts: &Facts) -> Option<&ProjectPolicy> {
    match &facts.trusted {
        Trusted::At { gate: Some(_), files, .. } => Some(&files.project),
        _ => None,
    }
}

/// The gate before this change, where there was one.
fn before(facts: &Facts) -> Option<&Gate> {
    match &facts.trusted {
        Trusted::At { gate, .. } => gate.as_ref(),
        _ => None,
    }
}

fn wants_upstream(facts: &Facts) -> bool {
    facts.gate.as_ref().is_some_and(|gate| gate.upstream.is_some())
}

fn wants_approvals(facts: &Facts) -> bool {
    let asks = |gate: &Gate| {
        let of_rollback = gate.rollback.as_ref().map(|rollback| &rollback.approvals);
        !gate.approvals.is_empty() || of_rollback.is_some_and(|rules| !rules.is_empty())
    };
    facts.gate.as_ref().is_some_and(asks) || before(facts).is_some_and(asks)
}

/// Reviews count when the gate whose approvers count says so.
fn wants_reviews(facts: &Facts) -> bool {
    let counts =
        |gate: &Gate| gate.approvers.as_ref().is_some_and(|approvers: &Approvers| approvers.forge);
    wants_approvals(facts)
        && (facts.gate.as_ref().is_some_and(counts) || before(facts).is_some_and(counts))
}

/// Whether a rollback asks checks.
fn rollback(facts: &Facts) -> bool {
    let rule = facts.gate.as_ref().map(|gate| gate.rollback.as_ref());
    // Without a rule of its own a rollback asks for everything but the upstream.
    rule.is_some_and(|rule| rule.is_none_or(|rule| rule.checks))
}
