//! Breaking the glass: one person goes through what the gate asks for, loudly.

use suimon_model::{BreakGlassRule, Gate};

use crate::{BreakGlass, Condition, Facts, State};

use super::Judged;
use super::policy::InForce;
use super::words::cut;

/// The condition's name.
pub(super) const RULE: &str = "break-glass";

/// Waives what may be waived where the person may.
pub(super) fn judge(judged: Vec<Judged>, facts: &Facts, policy: &InForce<'_>) -> Vec<Condition> {
    let Some(glass) = &facts.break_glass else {
        return judged.into_iter().map(|one| one.condition).collect();
    };
    let by = cut(&glass.by);
    let closed = judged.iter().any(|one| one.waivable && one.is_closed());
    let (waive, own) = match allowed(glass, policy) {
        Err(why) => {
            let help = "the gate of the last revision that was applied decides who may, with \
                        `breakGlass`";
            (false, Condition::new(RULE, State::Denied, why).help(help))
        }
        Ok(()) if closed => {
            let message = format!("{by} goes through the closed gate: {}", cut(&glass.reason));
            (true, Condition::new(RULE, State::Warned, message))
        }
        Ok(()) => {
            let message = "not needed: nothing that it could waive is closed";
            (false, Condition::new(RULE, State::Passed, message))
        }
    };
    let mut conditions: Vec<Condition> = judged
        .into_iter()
        .map(|one| match waive && one.waivable && one.is_closed() {
            true => Condition { state: State::Waived, ..one.condition },
            false => one.condition,
        })
        .collect();
    conditions.push(own);
    conditions
}

fn allowed(glass: &BreakGlass, policy: &InForce<'_>) -> Result<(), String> {
    if glass.reason.trim().is_empty() {
        return Err("the glass is broken without a reason".to_owned());
    }
    if let Some(why) = policy.unknown {
        return Err(format!("whether the glass may be broken here is not known: {why}"));
    }
    let Some(gate) = policy.glass else {
        return Err(format!("nothing to break: no gate in {}", policy.label));
    };
    let Some(rule) = &gate.break_glass else {
        return Err(format!("the gate in {} has no `breakGlass`", policy.label));
    };
    if rule.from.is_empty() || is_member(&glass.by, rule, gate) {
        return Ok(());
    }
    let (by, groups) = (cut(&glass.by), rule.from.join(", "));
    Err(format!("{by} is not in a group that may break the glass: {groups}"))
}

fn is_member(by: &str, rule: &BreakGlassRule, gate: &Gate) -> bool {
    let groups = gate.approvers.as_ref().map(|approvers| &approvers.groups);
    let members = rule.from.iter().filter_map(|name| groups?.get(name)).flatten();
    let login = by.strip_prefix('@').or((!by.contains('@')).then_some(by));
    members.into_iter().any(|member| match (login, member.strip_prefix('@')) {
        (Some(login), Some(member)) => login.eq_ignore_ascii_case(member),
        _ => by == member,
    })
}
