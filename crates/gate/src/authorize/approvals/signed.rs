//! One signed statement: whose approval it is, or why it is nobody's.

use suimon_model::ApprovalRule;

use crate::authorize::words::{cut, short};
use crate::{APPROVAL_NAMESPACE, Known, STATEMENT_FORMAT, SignedApproval, Statement, ssh};

use super::Context;
use super::people::PersonId;

/// The longest statement that is read, in bytes.
const MAX_STATEMENT: usize = 8 * 1024;

/// What became of an approval in a role.
pub(super) enum Heard {
    /// It counts for this person, of this name.
    Counts(PersonId, String),
    /// It does not count.
    Rejected {
        /// Who is said to have given it.
        who: String,
        /// Why.
        why: String,
    },
    /// It is for another role that is asked for.
    Elsewhere,
}

/// Judges one approval for one role. `strays` are the statements of no role that is asked for.
pub(super) fn hear(
    approval: &SignedApproval,
    rule: &ApprovalRule,
    strays: bool,
    context: &Context<'_>,
) -> Heard {
    let statement = match read(&approval.statement) {
        Ok(statement) => statement,
        Err(_) if !strays => return Heard::Elsewhere,
        Err(why) => return Heard::Rejected { who: "somebody".to_owned(), why },
    };
    let role = statement.role.as_str();
    if role != rule.role && (!strays || context.roles.contains(role)) {
        return Heard::Elsewhere;
    }
    let who = cut(&statement.principal);
    match accept(approval, &statement, rule, context) {
        Ok(person) => Heard::Counts(person, who),
        Err(why) => Heard::Rejected { who, why },
    }
}

/// A statement is what it writes again: no other spelling, order, key or space.
fn read(text: &str) -> Result<Statement, String> {
    if text.len() > MAX_STATEMENT {
        return Err(format!("the statement is longer than {MAX_STATEMENT} bytes"));
    }
    let statement: Statement = serde_json::from_str(text)
        .map_err(|_| "the statement is not one of suimon's".to_owned())?;
    if statement.text() == text {
        Ok(statement)
    } else {
        Err("the statement is not written as suimon writes it".to_owned())
    }
}

fn accept(
    approval: &SignedApproval,
    statement: &Statement,
    rule: &ApprovalRule,
    context: &Context<'_>,
) -> Result<PersonId, String> {
    subject(statement, rule, context)?;
    let message = approval.statement.as_bytes();
    let key = ssh::verify(&approval.signature, APPROVAL_NAMESPACE, message)
        .map_err(|why| why.to_string())?;
    for view in &context.views {
        view.trusts(&key)?;
        let times = [statement.time, context.now];
        view.signers
            .admit(&key, &statement.principal, APPROVAL_NAMESPACE, &times)
            .map_err(|why| format!("{why} in {}", view.label()))?;
    }
    context.in_time(statement.time, rule)?;
    let person = context.people.of_key(key.fingerprint());
    let person = person.ok_or_else(|| "nobody is known by that key".to_owned())?;
    not_author(person, context)?;
    for view in &context.views {
        view.may(&statement.principal, rule)?;
    }
    Ok(person)
}

/// Whether the statement is about this plan, here, in this role.
fn subject(
    statement: &Statement,
    rule: &ApprovalRule,
    context: &Context<'_>,
) -> Result<(), String> {
    let plan = context.plan;
    let other = |what: &str, found: &str| Err(format!("it is for another {what}, {}", cut(found)));
    if statement.format != STATEMENT_FORMAT {
        return Err(format!("its format is {}, not {STATEMENT_FORMAT}", cut(&statement.format)));
    }
    if statement.project != plan.project {
        return other("project", &statement.project);
    }
    if statement.environment != plan.environment {
        return other("environment", &statement.environment);
    }
    if statement.role != rule.role {
        return Err(format!("nobody asks for the role {}", cut(&statement.role)));
    }
    if statement.digest != context.digest {
        return other("plan", short(&statement.digest));
    }
    if context.views.is_empty() {
        return Err("the gate names no approvers".to_owned());
    }
    Ok(())
}

/// Whether a person had no hand in the change.
pub(super) fn not_author(person: PersonId, context: &Context<'_>) -> Result<(), String> {
    if context.people.is_author(person, context.authors) {
        return Err("an author of the change".to_owned());
    }
    let Known::Known(Some(change)) = &context.facts.reviews else { return Ok(()) };
    if context.people.is_login(person, &change.author) {
        return Err("the author of the change".to_owned());
    }
    match change.last_pusher.known() {
        Some(login) if context.people.is_login(person, login) => {
            Err("pushed last to the change".to_owned())
        }
        _ => Ok(()),
    }
}
