//! Code flows only downstream: the same release, proved in the environment before this one.

use jiff::Timestamp;
use suimon_plan::Plan;

use crate::{Condition, Facts, Known, Mode, Proof, State};

use super::Judged;
use super::words::{cut, short, span};

const RULE: &str = "upstream";

pub(super) fn judge(plan: &Plan, facts: &Facts) -> Option<Judged> {
    let rule = facts.gate.as_ref()?.upstream.as_ref()?;
    let condition = |state: State, message: String| Condition::new(RULE, state, message);
    if facts.mode == Mode::Rollback {
        let message = "a rollback goes to a release that was proved here".to_owned();
        return Some(Judged::waivable(condition(State::Waived, message)));
    }
    let Some(upstream) = &facts.upstream else {
        let message = "no environment is before this one, so none has proved anything".to_owned();
        let help = "take `upstream` out of the gate of the pipeline's first environment";
        return Some(Judged::waivable(condition(State::Held, message).help(help)));
    };
    let name = plan.release.as_deref().unwrap_or_else(|| short(&plan.release_id));
    let place = Place { environment: &upstream.environment, release: name };
    let judged = match &upstream.proof {
        Known::Unknown(why) => {
            let environment = &upstream.environment;
            condition(State::Held, format!("the ledger of {environment} could not be read: {why}"))
        }
        Known::Known(proof) => place.judge(proof, rule.healthy_for, facts.now),
    };
    let held_already = facts.holds.known().and_then(Option::as_ref) == Some(&plan.release_id);
    if judged.state == State::Held && plan.is_empty() && held_already {
        let message = format!("nothing changes, and release {name} is here already");
        return Some(Judged::waivable(condition(State::Waived, message)));
    }
    Some(Judged::waivable(judged))
}

struct Place<'a> {
    environment: &'a str,
    release: &'a str,
}

impl Place<'_> {
    fn judge(&self, proof: &Proof, needed: u64, now: Option<Timestamp>) -> Condition {
        let Self { environment, release } = self;
        match proof {
            Proof::Never { holds } => {
                let instead = match holds {
                    Some(other) => format!("it holds {}", cut(short(other))),
                    None => "it holds nothing yet".to_owned(),
                };
                self.held(format!("{environment} has not proved release {release}: {instead}"))
                    .help(format!(
                        "apply the release to {environment} first, then `suimon promote \
                         {environment} …` takes what it has proved"
                    ))
            }
            Proof::Unhealthy { why } => self.held(format!(
                "release {release} is applied in {environment} and not healthy: {}",
                cut(why)
            )),
            Proof::Revoked { at, why } => self
                .held(format!(
                    "{environment} had proved release {release}, until {at}: {}",
                    cut(why)
                ))
                .help(format!("apply the release to {environment} again once it is well")),
            Proof::Healthy { since, until, .. } => self.healthy(*since, *until, needed, now),
        }
    }

    fn healthy(
        &self,
        since: Timestamp,
        until: Option<Timestamp>,
        needed: u64,
        now: Option<Timestamp>,
    ) -> Condition {
        let Self { environment, release } = self;
        let Some(now) = now else {
            return self
                .held("the time is not known, so neither is how long it was healthy".into());
        };
        let end = until.map_or(now, |until| until.min(now));
        let seconds = end.as_second().saturating_sub(since.as_second());
        let healthy = u64::try_from(seconds).unwrap_or(0);
        let whole = match until {
            None => format!("release {release} has been healthy in {environment} for"),
            Some(_) => format!("release {release} was healthy in {environment} for"),
        };
        let (lasted, asked) = (span(healthy), span(needed));
        if healthy >= needed && since <= now {
            let of = if needed > 0 { format!(", {asked} are asked for") } else { String::new() };
            return Condition::new(RULE, State::Passed, format!("{whole} {lasted}{of}"));
        }
        if let Some(until) = until {
            return self
                .held(format!("{whole} {lasted} of {asked}, and was replaced there at {until}"))
                .help(format!("promote what {environment} holds now"));
        }
        let opens = i64::try_from(needed)
            .ok()
            .and_then(|needed| Timestamp::from_second(since.as_second().checked_add(needed)?).ok());
        let opens = opens.map_or_else(String::new, |at| format!(", opens at {at}"));
        let missing = span(needed.saturating_sub(healthy));
        self.held(format!("{whole} {lasted} of {asked}: {missing} are missing{opens}"))
    }

    fn held(&self, message: String) -> Condition {
        Condition::new(RULE, State::Held, message)
    }
}
