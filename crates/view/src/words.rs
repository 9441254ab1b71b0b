//! The words for actions, reasons and results.

use suimon_plan::{Action, Reason};

/// `will be …`, in a header.
pub(crate) fn fate(action: Action) -> &'static str {
    match action {
        Action::Create => "will be created",
        Action::Update => "will be updated in-place",
        Action::Replace => "must be replaced",
        Action::Delete => "will be destroyed",
        Action::Forget => "will be forgotten",
        Action::NoOp => "will not be changed",
    }
}

/// The legend's word.
pub(crate) fn legend(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update in-place",
        Action::Replace => "destroy and then create replacement",
        Action::Delete => "destroy",
        Action::Forget => "forget",
        Action::NoOp => "no change",
    }
}

/// The imperative, with its plural for counts: `2 creates`.
pub(crate) fn noun(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Forget => "forget",
        Action::NoOp => "no-op",
    }
}

/// `(because …)`.
pub(crate) fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::NotLive => "it is declared and not live",
        Reason::KindNotServedYet => "it is declared, and its kind comes with this plan",
        Reason::BeingDeleted => "it is declared, and the live object is still being deleted",
        Reason::Changed => "the declaration changed",
        Reason::Drifted => "it changed outside of suimon",
        Reason::ChangedAndDrifted => "the declaration changed, and it changed outside of suimon",
        Reason::Adopted => "it is live and declared, and not managed by suimon yet: it is adopted",
        Reason::ImmutableField => "a field that cannot change in place changes",
        Reason::NoLongerDeclared => "it is no longer declared",
        Reason::KeptOnRemoval => {
            "it is no longer declared and marked to be kept: suimon stops managing it, the object stays"
        }
        Reason::Unchanged => "it is as declared",
        Reason::Ignored => "it is marked to be left alone",
    }
}

/// `1 object`, `2 objects`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
