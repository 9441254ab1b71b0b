//! The people of the demo: keys, and a repository that knows them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use suimon_model::{ApprovalRule, Gate};

use super::project;
use crate::failure::Failure;

/// Who changes things.
const AUTHOR: (&str, &str) = ("Emi Author", "emi@shop.example");

/// The people who may approve, with a key each.
#[derive(Debug)]
pub(super) struct People {
    keys: PathBuf,
    gates: Vec<(String, Gate)>,
}

impl People {
    /// Makes a key for everybody in the gates' groups, and lets the gates know them; `None` when no gate
    /// asks for anybody, or nobody here can sign.
    pub(super) fn meet(
        project: &Path,
        scratch: &Path,
        pipeline: &[String],
    ) -> Result<Option<Self>, Failure> {
        let keys = scratch.join("keys");
        std::fs::create_dir(&keys).map_err(Failure::new)?;
        let mut gates = Vec::new();
        for environment in pipeline {
            let Some(gate) = project::gate(project, environment)? else { continue };
            let mut signers = String::new();
            for person in members(&gate) {
                let Some(key) = public_key(&keys, &person)? else { return Ok(None) };
                signers += &format!("{person} {key}\n");
            }
            let file = gate.approvers.as_ref().and_then(|known| known.allowed_signers.as_ref());
            if let Some(file) = file {
                std::fs::write(project.join(file), signers).map_err(Failure::new)?;
            }
            project::shorten_gate(project, environment)?;
            gates.push((environment.clone(), gate));
        }
        Ok((!gates.is_empty()).then_some(Self { keys, gates }))
    }

    /// The roles of an environment's gate, each with somebody who may take it, and their key.
    pub(super) fn approvers(&self, environment: &str, back: bool) -> Vec<(String, PathBuf)> {
        let Some((_, gate)) = self.gates.iter().find(|(name, _)| name == environment) else {
            return Vec::new();
        };
        let rules: &[ApprovalRule] = match &gate.rollback {
            Some(rollback) if back => &rollback.approvals,
            _ => &gate.approvals,
        };
        let groups = gate.approvers.as_ref().map(|known| &known.groups);
        let mut asked = Vec::new();
        for rule in rules {
            let members = rule.from.iter().filter_map(|group| groups?.get(group)).flatten();
            let people = members.filter(|person| !person.starts_with('@'));
            for person in people.take(usize::try_from(rule.required).unwrap_or(1)) {
                asked.push((rule.role.clone(), self.keys.join(person)));
            }
        }
        asked
    }
}

fn members(gate: &Gate) -> BTreeSet<String> {
    let groups = gate.approvers.iter().flat_map(|known| known.groups.values());
    groups.flatten().filter(|person| !person.starts_with('@')).cloned().collect()
}

/// The public key of a person, made when there is none; `None` without OpenSSH.
fn public_key(folder: &Path, person: &str) -> Result<Option<String>, Failure> {
    let file = folder.join(person);
    if !file.exists() {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", person, "-f"])
            .arg(&file)
            .output();
        match made {
            Ok(made) if made.status.success() => {}
            Ok(made) => return Err(Failure::new(String::from_utf8_lossy(&made.stderr))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::new(format!("ssh-keygen: {error}"))),
        }
    }
    let text = std::fs::read_to_string(folder.join(format!("{person}.pub")));
    let text = text.map_err(Failure::new)?;
    Ok(Some(text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")))
}

/// Where everything that Git reads about its user comes from, and nothing else.
pub(super) fn identity(scratch: &Path) -> Result<Vec<(String, String)>, Failure> {
    let file = scratch.join("gitconfig");
    let (name, email) = AUTHOR;
    let text = format!(
        "[user]\n\tname = {name}\n\temail = {email}\n[init]\n\tdefaultBranch = main\n[commit]\n\tgpgSign = false\n"
    );
    std::fs::write(&file, text).map_err(Failure::new)?;
    let file = file.display().to_string();
    let variables = [
        ("GIT_CONFIG_GLOBAL", file.as_str()),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("SUIMON_FORGE", "local"),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}
