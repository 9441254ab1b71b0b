//! What is wrong with a gate before anything is judged by it.

use std::collections::BTreeSet;

use suimon_model::{ApprovalRule, Approvers, Gate, GateFiles, Probe};

use crate::inspect;
use crate::signers::{AllowedSigners, LineProblem, RevokedKeys};
use crate::window;

use crate::Problem;

/// Everything in a gate that cannot work or cannot mean what it says, all of it in one run.
pub fn check(gate: &Gate, files: &GateFiles) -> Vec<Problem> {
    let mut problems = Vec::new();
    approvals("/approvals", &gate.approvals, gate, files, &mut problems);
    if let Some(approvers) = &gate.approvers {
        approver_files(approvers, files, &mut problems);
        groups(approvers, &mut problems);
    }
    windows(gate, &mut problems);
    checks(gate, &mut problems);
    if let Some(glass) = &gate.break_glass {
        known_groups("/breakGlass/from", &glass.from, gate, &mut problems);
    }
    if let Some(rollback) = &gate.rollback {
        approvals("/rollback/approvals", &rollback.approvals, gate, files, &mut problems);
    }
    problems.extend(inspect::problems(gate, files));
    problems
}

fn approvals(
    pointer: &str,
    rules: &[ApprovalRule],
    gate: &Gate,
    files: &GateFiles,
    problems: &mut Vec<Problem>,
) {
    let sources =
        gate.approvers.as_ref().is_some_and(|from| from.forge || from.allowed_signers.is_some());
    if !rules.is_empty() && !sources {
        problems.push(Problem::new(
            pointer,
            "approvals are asked for, and `approvers` names nowhere that they come from",
            "give `approvers.allowedSigners`, a file in OpenSSH's `allowed_signers` format, or \
             `approvers.forge: true`",
        ));
    }
    let mut roles = BTreeSet::new();
    for (at, rule) in rules.iter().enumerate() {
        let here = format!("{pointer}/{at}");
        if rule.role.is_empty() || rule.role.contains(char::is_whitespace) {
            problems.push(Problem::new(
                format!("{here}/role"),
                format!("`{}` is no name of a role", rule.role),
                "a role is one word, such as `peer`",
            ));
        }
        if !roles.insert(&rule.role) {
            problems.push(Problem::new(
                format!("{here}/role"),
                format!("the role `{}` is asked for twice", rule.role),
                "ask for a role once, with `required` for how many people",
            ));
        }
        if rule.required == 0 {
            problems.push(Problem::new(
                format!("{here}/required"),
                "0 approvals are none",
                "ask for at least 1, or take the role out",
            ));
        }
        known_groups(&format!("{here}/from"), &rule.from, gate, problems);
        if sources {
            enough(&here, rule, gate, files, problems);
        }
    }
}

/// A rule that all its people together cannot meet.
fn enough(
    pointer: &str,
    rule: &ApprovalRule,
    gate: &Gate,
    files: &GateFiles,
    problems: &mut Vec<Problem>,
) {
    let Some(approvers) = &gate.approvers else { return };
    let known = rule.from.iter().all(|name| approvers.groups.contains_key(name));
    if rule.from.is_empty() || !known {
        return;
    }
    let signers = files.allowed_signers.as_deref().map(AllowedSigners::parse).unwrap_or_default();
    let able = |who: &&String| {
        who.starts_with('@') && approvers.forge
            || signers.signers().iter().any(|one| one.principals.contains(who))
    };
    let members = rule.from.iter().filter_map(|name| approvers.groups.get(name)).flatten();
    let able: BTreeSet<&String> = members.filter(able).collect();
    if able.len() < usize::try_from(rule.required).unwrap_or(usize::MAX) {
        problems.push(Problem::new(
            format!("{pointer}/required"),
            format!(
                "{} of role `{}` are needed, and {} of {} can give one",
                rule.required,
                rule.role,
                able.len(),
                rule.from.join(", ")
            ),
            "a member needs a line in the allowed signers, or to be `@login` with `forge: true`",
        ));
    }
}

fn known_groups(pointer: &str, from: &[String], gate: &Gate, problems: &mut Vec<Problem>) {
    let groups = gate.approvers.as_ref().map(|approvers| &approvers.groups);
    for (at, name) in from.iter().enumerate() {
        if groups.is_some_and(|groups| groups.contains_key(name)) {
            continue;
        }
        let known: Vec<&str> =
            groups.into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
        let help = match known.is_empty() {
            true => "declare it under `approvers.groups`".to_owned(),
            false => format!("the groups are {}", known.join(", ")),
        };
        problems.push(Problem::new(
            format!("{pointer}/{at}"),
            format!("there is no group `{name}`"),
            help,
        ));
    }
}

fn groups(approvers: &Approvers, problems: &mut Vec<Problem>) {
    for (name, members) in &approvers.groups {
        let pointer = format!("/approvers/groups/{}", escape(name));
        if members.is_empty() {
            let help = "list principals of the allowed signers, or logins as `@login`";
            problems.push(Problem::new(&pointer, format!("group `{name}` has no members"), help));
        }
        for (at, member) in members.iter().enumerate() {
            if member.trim().is_empty() || member == "@" || member.contains(['*', '?']) {
                problems.push(Problem::new(
                    format!("{pointer}/{at}"),
                    format!("`{member}` names nobody"),
                    "a member is one exact principal, or a login as `@login`",
                ));
            }
        }
    }
}

fn approver_files(approvers: &Approvers, files: &GateFiles, problems: &mut Vec<Problem>) {
    let mut file =
        |key: &str, path: &str, text: Option<&String>, bad: fn(&str) -> Vec<LineProblem>| {
            let pointer = format!("/approvers/{key}");
            let Some(text) = text else {
                problems.push(Problem::new(
                pointer,
                format!("there is no file {path}"),
                "paths are from the project's folder, and the file is read from the same commit",
            ));
                return;
            };
            problems.extend(bad(text).into_iter().map(|bad| Problem {
                pointer: pointer.clone(),
                message: format!("{path}:{}: {}", bad.line, bad.message),
                help: bad.help,
            }));
        };
    if let Some(path) = &approvers.allowed_signers {
        let bad = |text: &str| AllowedSigners::parse(text).problems().to_vec();
        file("allowedSigners", path, files.allowed_signers.as_ref(), bad);
    }
    if let Some(path) = &approvers.revoked_keys {
        let bad = |text: &str| RevokedKeys::parse(text).problems().to_vec();
        file("revokedKeys", path, files.revoked_keys.as_ref(), bad);
    }
}

fn windows(gate: &Gate, problems: &mut Vec<Problem>) {
    for (at, one) in gate.windows.iter().enumerate() {
        problems.extend(window::problem(one).map(|why| {
            Problem::new(format!("/windows/{at}/{}", why.field), why.message, why.help)
        }));
    }
}

fn checks(gate: &Gate, problems: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    for (at, check) in gate.checks.iter().enumerate() {
        let pointer = format!("/checks/{at}");
        if !names.insert(&check.name) {
            problems.push(Problem::new(
                &pointer,
                format!("two checks are named `{}`", check.name),
                "give each a `name` of its own",
            ));
        }
        if check.timeout == 0 {
            problems.push(Problem::new(
                format!("{pointer}/timeout"),
                "a check that may take no time has no answer",
                "give it a time such as `10s`",
            ));
        }
        match &check.probe {
            Probe::Http(http) => {
                let rest =
                    ["https://", "http://"].iter().find_map(|one| http.url.strip_prefix(one));
                if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) {
                    problems.push(Problem::new(
                        format!("{pointer}/http/url"),
                        format!("`{}` is no address of a web page", http.url),
                        "write `https://host/path`",
                    ));
                }
                if !(100..=599).contains(&http.expect) {
                    problems.push(Problem::new(
                        format!("{pointer}/http/expect"),
                        format!("{} is no HTTP status", http.expect),
                        "write a status such as 200",
                    ));
                }
            }
            Probe::Command(command) => {
                if command.first().is_none_or(String::is_empty) {
                    problems.push(Problem::new(
                        format!("{pointer}/command"),
                        "there is no program",
                        "write the program and its arguments as a list",
                    ));
                }
            }
        }
    }
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
