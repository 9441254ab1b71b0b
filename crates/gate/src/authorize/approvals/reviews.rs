//! Reviews of the forge: whose approval they are, or why they are nobody's.

use std::collections::BTreeMap;

use suimon_model::ApprovalRule;

use crate::authorize::words::cut;
use crate::{Known, Review, ReviewState, ReviewedChange};

use super::Context;
use super::people::is_login_of;
use super::signed::not_author;

/// What became of the last word of one account.
pub(super) struct Word<'a> {
    pub(super) login: &'a str,
    pub(super) counts: Result<(), String>,
}

/// The last word of every account in a role; `Err` where there is none to be had, and why.
pub(super) fn hear<'a>(
    rule: &ApprovalRule,
    context: &'a Context<'_>,
) -> Result<Vec<Word<'a>>, String> {
    if context.views.is_empty() || !context.views.iter().all(super::View::counts_reviews) {
        return Ok(Vec::new());
    }
    let change = match &context.facts.reviews {
        Known::Known(Some(change)) => change,
        Known::Known(None) => return Err("no change on the forge has this revision".to_owned()),
        Known::Unknown(why) => return Err(format!("the reviews could not be read: {why}")),
    };
    let words = last_words(&change.reviews).into_values();
    let judged = words
        .map(|review| Word { login: &review.login, counts: accept(review, change, rule, context) });
    Ok(judged.collect())
}

/// Comments take nothing back and give nothing: the last review that is none, else the last one.
fn last_words(reviews: &[Review]) -> BTreeMap<String, &Review> {
    let mut last: BTreeMap<String, &Review> = BTreeMap::new();
    for review in reviews {
        let login = review.login.to_ascii_lowercase();
        let rank = |one: &Review| (one.state != ReviewState::Commented, one.at);
        if last.get(&login).is_none_or(|other| rank(other) <= rank(review)) {
            last.insert(login, review);
        }
    }
    last
}

fn accept(
    review: &Review,
    change: &ReviewedChange,
    rule: &ApprovalRule,
    context: &Context<'_>,
) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_owned());
    match review.state {
        ReviewState::Approved => {}
        ReviewState::ChangesRequested => return refuse("asks for changes"),
        ReviewState::Commented => return refuse("only commented"),
        ReviewState::Dismissed => return refuse("the review was dismissed"),
    }
    if review.bot {
        return refuse("a bot");
    }
    if change.head.is_empty() || review.commit != change.head {
        return refuse("reviewed an older commit than the last one");
    }
    if !change.is_applied {
        return refuse("what would be applied is not what was reviewed");
    }
    match &review.may_write {
        Known::Known(true) => {}
        Known::Known(false) => return refuse("may not write to the repository"),
        Known::Unknown(why) => {
            return Err(format!("it is not known whether they may write: {}", cut(why)));
        }
    }
    if review.login.eq_ignore_ascii_case(&change.author)
        || is_login_of(&review.login, context.authors)
    {
        return refuse("the author of the change");
    }
    match &change.last_pusher {
        Known::Known(login) if login.eq_ignore_ascii_case(&review.login) => {
            return refuse("pushed last to the change");
        }
        Known::Known(_) => {}
        Known::Unknown(why) => {
            return Err(format!("it is not known who pushed last: {}", cut(why)));
        }
    }
    let name = format!("@{}", review.login);
    if let Some(person) = context.people.of_name(&name) {
        not_author(person, context)?;
    }
    context.in_time(review.at, rule)?;
    context.views.iter().try_for_each(|view| view.may(&name, rule))
}

/// Whether an account (`@login`) cannot approve, whatever it says: it had a hand in the change.
pub(super) fn is_out(name: &str, context: &Context<'_>) -> bool {
    let Some(login) = name.strip_prefix('@') else { return false };
    let mut out = is_login_of(login, context.authors);
    if let Known::Known(Some(change)) = &context.facts.reviews {
        let pusher = change.last_pusher.known();
        out |= login.eq_ignore_ascii_case(&change.author)
            || pusher.is_some_and(|pusher| login.eq_ignore_ascii_case(pusher));
    }
    out
}
