//! `suimon approve`.

mod person;

use std::io::IsTerminal;

use jiff::Timestamp;
use suimon_gate::{
    APPROVAL_NAMESPACE, Condition, Facts, Known, Mode, STATEMENT_FORMAT, SignedApproval, State,
    Statement, judge,
};
use suimon_plan::Plan;

pub(crate) use self::person::counts;
use self::person::{Approver, mode_of};
use super::apply::open;
use crate::deliver::confirmed;
use crate::delivery_args::ApproveArgs;
use crate::failure::{CONFLICT, Failure};
use crate::ground::{Asking, Depth, Gathered, Ground, SshKey, blocking, ssh_sign};
use crate::session::{Scope, Session};

/// The shortest part of a digest that names a plan, in hexadecimal digits.
const SHORTEST: usize = 12;

pub(crate) async fn run(args: &ApproveArgs, session: &Session<'_>) -> Result<u8, Failure> {
    let environment = args.environment.as_str();
    let wanted = digest(&args.plan)?;
    let ground = open(session, environment)?;
    ground.repository()?;
    let scope = Scope::new(&args.scope, false);
    let (planned, _registry) = session.plan(environment, &scope).await?;
    let plan = &planned.plan;
    refuse_other(plan, &wanted)?;
    let mut asking =
        Asking { force_conflicts: args.scope.force_conflicts, ..Asking::new(Depth::Look) };
    let mut gathered = ground.facts(&planned, &asking).await?;
    let mode = if args.rollback { Mode::Rollback } else { mode_of(&gathered.facts, &args.role) };
    if mode != asking.mode {
        asking.mode = mode;
        gathered = ground.facts(&planned, &asking).await?;
    }
    if let Known::Unknown(why) = &gathered.facts.approvals {
        return Err(Failure::new(format!("the approvals of {environment} cannot be read: {why}")));
    }
    let key = key(args, &ground)?;
    let approver = Approver::find(&gathered.facts, args, &key)?;
    session.console.pieces(suimon_view::text::plan_parts(plan, &session.console.style()))?;
    let conditions = judge(plan, &gathered.facts);
    super::gate::print(session, false, plan, mode, &conditions, &gathered)?;
    if let Some(why) = nobody_needs(&conditions, &gathered.facts, plan, args, &approver) {
        session.console.data(&why)?;
        return Ok(0);
    }
    // Whoever names the digest has said which plan; at a terminal it is shown once more.
    if !args.yes && std::io::stdin().is_terminal() {
        ask(&approver, &args.role).await?;
    }
    let approval = sign(&ground, plan, &args.role, &approver, &key)?;
    counts(plan, &gathered.facts, &args.role, &approval).map_err(|why| {
        Failure::new(format!("this approval would not count, so it was not recorded: {why}"))
    })?;
    blocking(|| {
        let approvals = ground.approvals(environment)?;
        approvals.append(&approval, &ground.actor, Timestamp::now()).map_err(Failure::from)
    })?;
    say_rest(session, &planned.plan, &args.role, &approver, gathered, approval)?;
    Ok(0)
}

/// The hexadecimal digits of a digest, or of its beginning.
fn digest(text: &str) -> Result<String, Failure> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let right = (SHORTEST..=64).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if right {
        return Ok(digits.to_owned());
    }
    Err(Failure::new(format!("`{text}` is no digest of a plan"))
        .hint("it is written sha256: and 64 digits; `suimon gate ENV` prints it"))
}

fn refuse_other(plan: &Plan, wanted: &str) -> Result<(), Failure> {
    let environment = &plan.environment;
    if plan.revision.is_none() {
        let what = "the files are not committed: an approval is for what is in a commit";
        return Err(Failure::new(what).hint("commit them, or name a commit with --revision"));
    }
    if !plan.targeted.is_empty() {
        return Err(Failure::new("an approval is for a whole plan: leave --target out"));
    }
    let now = plan.digest();
    if now.strip_prefix("sha256:").is_some_and(|digits| digits.starts_with(wanted)) {
        return Ok(());
    }
    let what = format!("the plan of {environment} is another one now: {now}, not sha256:{wanted}");
    Err(Failure::new(what)
        .code(CONFLICT)
        .hint(format!("look at it, and approve what it is now: suimon gate {environment}"))
        .hint("approve the same revision that is applied: --revision REF"))
}

fn key(args: &ApproveArgs, ground: &Ground) -> Result<SshKey, Failure> {
    if let Some(path) = &args.key {
        return Ok(SshKey::File(path.clone()));
    }
    let of_git = ground.repository()?.signing_key();
    of_git.map(|key| SshKey::of_git(&key)).ok_or_else(|| {
        Failure::new("there is no key to sign with")
            .hint("name one: --key ~/.ssh/id_ed25519")
            .hint("or: git config gpg.format ssh; git config user.signingKey FILE")
    })
}

/// Why nothing is to be signed.
fn nobody_needs(
    conditions: &[Condition],
    facts: &Facts,
    plan: &Plan,
    args: &ApproveArgs,
    approver: &Approver,
) -> Option<String> {
    let mut asked = conditions.iter().filter(|one| one.rule == "approvals").peekable();
    if asked.peek().is_some() && asked.all(|one| one.state == State::Waived) {
        return Some(
            "Nothing changes, so nobody needs to approve: nothing was recorded.".to_owned(),
        );
    }
    let digest = plan.digest();
    let same = |approval: &&SignedApproval| {
        serde_json::from_str::<Statement>(&approval.statement).is_ok_and(|statement| {
            statement.digest == digest
                && statement.role == args.role
                && statement.principal == approver.principal
        }) && counts(plan, facts, &args.role, approval).is_ok()
    };
    let known = facts.approvals.known()?.iter().find(same);
    known.map(|_| {
        let (who, role) = (&approver.principal, &args.role);
        format!("{who} has approved exactly this plan in the role {role} already.")
    })
}

async fn ask(approver: &Approver, role: &str) -> Result<(), Failure> {
    let question = format!(
        "\nDo you approve exactly this plan, as {} in the role {role}?\n  Only 'yes' will be \
         accepted.\n\n  Enter a value: ",
        approver.principal
    );
    if confirmed(question).await? {
        Ok(())
    } else {
        Err(Failure::new("not approved; nothing was recorded"))
    }
}

fn sign(
    ground: &Ground,
    plan: &Plan,
    role: &str,
    approver: &Approver,
    key: &SshKey,
) -> Result<SignedApproval, Failure> {
    // Whole seconds: what OpenSSH's times of validity have.
    let time = Timestamp::from_second(Timestamp::now().as_second()).map_err(Failure::new)?;
    let statement = Statement {
        format: STATEMENT_FORMAT.to_owned(),
        project: ground.project.name.clone(),
        environment: plan.environment.clone(),
        digest: plan.digest(),
        role: role.to_owned(),
        principal: approver.principal.clone(),
        time,
    };
    let text = statement.text();
    let signed = blocking(|| ssh_sign(key, APPROVAL_NAMESPACE, text.as_bytes()));
    let signature =
        signed.map_err(|why| Failure::new(format!("the statement was not signed: {why}")))?;
    let by = suimon_gate::ssh::verify(&signature, APPROVAL_NAMESPACE, text.as_bytes())
        .map_err(|why| Failure::new(format!("the signature is not good: {why}")))?;
    if by.fingerprint() != approver.fingerprint {
        let what = format!("{} signed, not {}", by.fingerprint(), approver.fingerprint);
        return Err(Failure::new(what));
    }
    Ok(SignedApproval { statement: text, signature })
}

/// What is still missing, with this approval.
fn say_rest(
    session: &Session<'_>,
    plan: &Plan,
    role: &str,
    approver: &Approver,
    gathered: Gathered,
    approval: SignedApproval,
) -> Result<(), Failure> {
    let mut facts = gathered.facts;
    if let Known::Known(approvals) = &mut facts.approvals {
        approvals.push(approval);
    }
    let environment = &plan.environment;
    let mut text = format!("Approved as {} in the role {role}.\n", approver.principal);
    let conditions = judge(plan, &facts);
    let closed: Vec<_> =
        conditions.iter().filter(|one| matches!(one.state, State::Held | State::Denied)).collect();
    if closed.is_empty() {
        text.push_str(&format!("The gate of {environment} is open: suimon apply {environment}\n"));
    } else {
        text.push_str(&format!("The gate of {environment} still waits for:\n"));
        for one in closed {
            let message = suimon_view::escape(&one.message);
            text.push_str(&format!("  {message} ({})\n", one.rule));
        }
    }
    session.console.data(&text)
}
