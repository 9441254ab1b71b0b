//! [`Tally`]: who has approved in one role, who has not and why, and who still can.

use std::collections::{BTreeMap, BTreeSet};

use suimon_model::ApprovalRule;

use crate::authorize::words::{count, cut, line};
use crate::{Condition, Known, Mode, State};

use super::people::PersonId;
use super::signed::Heard;
use super::{Context, RULE, reviews, signed};

/// Rejections that a message names.
const MOST: usize = 12;

/// How the reason of an approval of another plan begins.
const ANOTHER_PLAN: &str = "it is for another plan";

/// Who has approved in one role.
pub(super) struct Tally<'a> {
    rule: &'a ApprovalRule,
    /// Known people, by the name they approved under.
    people: BTreeMap<PersonId, String>,
    /// Those of them who signed.
    signed: BTreeSet<PersonId>,
    /// Accounts of which nobody says whose they are.
    accounts: BTreeSet<String>,
    /// Who does not count, and why.
    rejected: Vec<(String, String)>,
    /// The same, each once.
    named: BTreeSet<(String, String)>,
    /// What could not be asked.
    silent: Vec<String>,
}

impl<'a> Tally<'a> {
    /// Hears everybody. `strays`: statements of no role that is asked for are named here.
    pub(super) fn of(context: &Context<'_>, rule: &'a ApprovalRule, strays: bool) -> Self {
        let mut tally = Self {
            rule,
            people: BTreeMap::new(),
            signed: BTreeSet::new(),
            accounts: BTreeSet::new(),
            rejected: Vec::new(),
            named: BTreeSet::new(),
            silent: context.views.iter().filter_map(super::View::no_signers).collect(),
        };
        tally.hear_signed(context, strays);
        tally.hear_reviews(context);
        tally
    }

    fn hear_signed(&mut self, context: &Context<'_>, strays: bool) {
        let approvals = match &context.facts.approvals {
            Known::Known(approvals) => approvals,
            Known::Unknown(why) => {
                self.silent.push(format!("the signed approvals could not be read: {why}"));
                return;
            }
        };
        for approval in approvals {
            match signed::hear(approval, self.rule, strays, context) {
                Heard::Elsewhere => {}
                Heard::Rejected { who, why } => self.reject(who, &why),
                Heard::Counts(person, who) => {
                    self.signed.insert(person);
                    self.people.entry(person).or_insert(who);
                }
            }
        }
    }

    fn hear_reviews(&mut self, context: &Context<'_>) {
        let words = match reviews::hear(self.rule, context) {
            Ok(words) => words,
            Err(why) => {
                self.silent.push(why);
                return;
            }
        };
        for word in words {
            let name = format!("@{}", cut(word.login));
            match (word.counts, context.people.of_name(&name)) {
                (Err(why), _) => self.reject(name, &why),
                (Ok(()), Some(person)) => {
                    self.people.entry(person).or_insert(name);
                }
                (Ok(()), None) => {
                    self.accounts.insert(name.to_ascii_lowercase());
                }
            }
        }
    }

    fn reject(&mut self, who: String, why: &str) {
        let why = line(why, 300);
        if !self.named.insert((who.clone(), why.clone())) {
            return;
        }
        if why.starts_with(ANOTHER_PLAN) {
            // Somebody who approved every release so far is told about the last one.
            self.rejected.retain(|(other, old)| *other != who || !old.starts_with(ANOTHER_PLAN));
        }
        self.rejected.push((who, why));
    }

    /// How many accounts may belong to somebody who has signed already.
    fn doubtful(&self, context: &Context<'_>) -> usize {
        let without = self.signed.iter().filter(|person| !context.people.has_login(**person));
        without.count().min(self.accounts.len())
    }

    /// The condition of the role.
    pub(super) fn condition(&self, context: &Context<'_>) -> Condition {
        let doubtful = self.doubtful(context);
        let given = self.people.len() + self.accounts.len() - doubtful;
        let required = usize::try_from(self.rule.required).unwrap_or(usize::MAX);
        let mut message =
            format!("{}: {given} of {}", cut(&self.rule.role), count(required, "approval"));
        let names: Vec<&str> =
            self.people.values().chain(&self.accounts).map(String::as_str).collect();
        if !names.is_empty() {
            message.push_str(&format!(" ({})", names.join(", ")));
        }
        if given >= required {
            return Condition::new(RULE, State::Passed, message);
        }
        if doubtful > 0 {
            let accounts: Vec<&str> = self.accounts.iter().map(String::as_str).collect();
            message.push_str(&format!(
                "; {} may be who signed already, until the allowed signers have the account as a \
                 principal beside theirs",
                accounts.join(", ")
            ));
        }
        for (who, why) in self.rejected.iter().rev().take(MOST) {
            message.push_str(&format!("; {who} does not count: {why}"));
        }
        if let Some(more) = self.rejected.len().checked_sub(MOST).filter(|more| *more > 0) {
            message.push_str(&format!("; and {more} more do not count"));
        }
        for why in &self.silent {
            message.push_str(&format!("; {}", line(why, 300)));
        }
        let who = self.who(context);
        let help = self.help(&who, context);
        Condition::new(RULE, State::Held, message).help(help).who(who)
    }

    fn help(&self, who: &[String], context: &Context<'_>) -> String {
        let (environment, role) = (&context.plan.environment, &self.rule.role);
        // The plan of a rollback is that of its revert, wherever the branch is.
        let back = match (context.facts.mode, &context.plan.revision) {
            (Mode::Rollback, Some(revision)) => {
                format!(" --rollback --revision {}", cut(revision))
            }
            _ => String::new(),
        };
        let command =
            format!("`suimon approve {environment} --plan {} --role {role}{back}`", context.digest);
        let reviews = context.views.iter().any(super::View::counts_reviews);
        let review = if reviews { ", or an approving review of the change" } else { "" };
        if who.is_empty() {
            return format!("nobody who has not approved may do so; it takes {command}{review}");
        }
        format!("{command}{review}, by {}", who.join(", "))
    }

    /// People who can still approve: known to every view, no authors, not counted yet.
    fn who(&self, context: &Context<'_>) -> Vec<String> {
        let Some((first, others)) = context.views.split_first() else { return Vec::new() };
        let mut who: Vec<String> = Vec::new();
        for name in first.candidates(self.rule) {
            let known = others.iter().all(|view| view.may(name, self.rule).is_ok());
            let fresh = match context.people.of_name(name) {
                Some(person) => {
                    !self.people.contains_key(&person)
                        && signed::not_author(person, context).is_ok()
                }
                None => {
                    !self.accounts.contains(&name.to_ascii_lowercase())
                        && !reviews::is_out(name, context)
                }
            };
            if known && fresh && !who.iter().any(|one| one == name) {
                who.push(name.to_owned());
            }
        }
        who
    }
}
