//! The second half of the story: from the first environment to the last, through every gate, and back.

use super::people::People;
use super::project::Cast;
use super::{Story, expect};
use crate::failure::{ERROR, Failure, HELD};

/// Promotes, approves, applies; tries to skip; rolls back; proves the history.
pub(super) fn tell(story: &Story, cast: &Cast, people: &People) -> Result<(), Failure> {
    let [first, middle @ .., last] = cast.pipeline.as_slice() else { return Ok(()) };
    let mut before = first;
    for environment in middle.iter().chain([last]) {
        enter(story, people, (before, environment))?;
        before = environment;
    }
    story.say("The next release: built once, pinned by digest, and through the same gates");
    let Some(artifact) = &cast.next_artifact else { return Ok(()) };
    story.suimon(&["release", "set", artifact, "--commit"], 0)?;
    story.summary(&["apply", first, "--auto-approve"])?;
    if !middle.is_empty() {
        story.say(&format!("{last} does not take what {} has not proved", middle.join(", ")));
        story.suimon(&["promote", first, last, "--commit"], i32::from(ERROR))?;
    }
    let mut before = first;
    for environment in middle.iter().chain([last]) {
        story.summary(&["promote", before, environment, "--commit"])?;
        approve(story, people, environment, false)?;
        story.summary(&["apply", environment, "--auto-approve"])?;
        before = environment;
    }
    roll_back(story, people, last)?;
    story.say("Where everything stands");
    story.suimon(&["status"], 0)?;
    story.say(&format!("What was done to {last}, by whom, and who allowed it; and the proof"));
    story.suimon(&["history", last], 0)?;
    story.suimon(&["history", last, "--verify"], 0)
}

/// The first time: the gate explains itself.
fn enter(story: &Story, people: &People, (from, to): (&str, &str)) -> Result<(), Failure> {
    story.say(&format!("What {to} will run otherwise than {from}"));
    story.suimon(&["compare", from, to], 0)?;
    story.say(&format!("Promotion: {to} gets exactly what {from} has proved"));
    story.suimon(&["promote", from, to, "--commit"], 0)?;
    story.say(&format!("The gate of {to} is not open yet"));
    story.held(&["apply", to, "--auto-approve"])?;
    story.suimon(&["gate", to], i32::from(HELD))?;
    story.say("Those who may sign the plan, each with their own key");
    approve(story, people, to, false)?;
    story.say(&format!("{to}: from nothing to a cluster with everything on it"));
    story.summary(&["apply", to, "--auto-approve"])?;
    story.suimon(&["plan", to, "--detailed-exitcode"], 0)
}

fn roll_back(story: &Story, people: &People, environment: &str) -> Result<(), Failure> {
    story.say(&format!("{environment} goes back: a revert, and a shorter gate"));
    let back = ["rollback", environment, "--reason", "checkout fails", "--auto-approve"];
    if people.approvers(environment, true).is_empty() {
        story.suimon(&back, 0)?;
    } else {
        story.suimon(&back, i32::from(HELD))?;
        approve(story, people, environment, true)?;
        story.suimon(&back, 0)?;
    }
    story.say("The head of the branch does not undo that while the revert is not merged");
    story.held(&["apply", environment, "--auto-approve"])?;
    story.git(&["merge", "-q", "--no-edit", &format!("suimon/rollback/{environment}")])?;
    approve(story, people, environment, false)?;
    story.summary(&["apply", environment, "--auto-approve"])
}

/// Everybody whom the gate asks for signs the plan as it is now.
pub(super) fn approve(
    story: &Story,
    people: &People,
    environment: &str,
    back: bool,
) -> Result<(), Failure> {
    let branch = format!("suimon/rollback/{environment}");
    let mut scope: Vec<&str> = Vec::new();
    if back {
        scope.extend(["--rollback", "--revision", &branch]);
    }
    let ask = [&["gate", environment, "--json"][..], &scope].concat();
    let output = story.command(&ask)?.output().map_err(Failure::new)?;
    let gate: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|e| Failure::new(format!("{e}: {}", String::from_utf8_lossy(&output.stderr))))?;
    let digest = gate.get("digest").and_then(|digest| digest.as_str()).unwrap_or_default();
    if gate.get("verdict").is_some_and(|verdict| verdict == "open") {
        return Ok(());
    }
    for (role, key) in people.approvers(environment, back) {
        let key = key.display().to_string();
        let sign = ["approve", environment, "--plan", digest, "--role", &role, "--key", &key];
        let sign = [&sign[..], &scope].concat();
        let output = story.command(&sign)?.output().map_err(Failure::new)?;
        let text = String::from_utf8_lossy(&output.stderr);
        story.console.note(text.trim_end());
        expect(&sign, output.status, 0)?;
    }
    Ok(())
}
