//! The `gate` block of `environment.yaml`.

use std::collections::HashMap;

use suimon_model::{
    Approvers, BreakGlassRule, Diagnostic, Gate, Location, RollbackRule, Rule, UpstreamRule,
    Window, WindowTimes,
};

use super::reader::Reader;
use super::{gate_approvals, gate_checks};
use crate::names;
use crate::suggest::did_you_mean;
use crate::yaml::{Kind, Node, Pos};

/// Where the parts of a gate stand that others have something to say about.
#[derive(Debug, Clone, Default)]
pub(crate) struct GatePlaces {
    /// `upstream`.
    pub(crate) upstream: Option<Location>,
    /// `approvers.allowedSigners`.
    pub(crate) allowed_signers: Option<Location>,
    /// `approvers.revokedKeys`.
    pub(crate) revoked_keys: Option<Location>,
}

const KEYS: [&str; 8] =
    ["upstream", "approvals", "approvers", "windows", "checks", "rules", "breakGlass", "rollback"];

/// Reads the block; what is wrong is noted in the reader.
pub(super) fn gate(reader: &mut Reader, node: &Node) -> (Gate, GatePlaces) {
    let mut gate = Gate::default();
    let mut places = GatePlaces::default();
    if !reader.mapping(node, "`gate`", &KEYS) {
        return (gate, places);
    }
    if let Some((key, found)) = node.entry("upstream") {
        places.upstream = Some(reader.places.at(key.pos));
        gate.upstream = upstream(reader, found);
    }
    if let Some(found) = node.get("approvers") {
        gate.approvers = approvers(reader, found, &mut places);
    }
    let groups = gate.approvers.as_ref().map(|approvers| &approvers.groups);
    let groups = groups.cloned().unwrap_or_default();
    gate.approvals = gate_approvals::approvals(reader, node, &groups);
    gate.windows = windows(reader, node);
    gate.checks = gate_checks::checks(reader, node);
    gate.rules = rules(reader, node);
    gate.break_glass = break_glass(reader, node, &groups);
    gate.rollback = node.get("rollback").and_then(|found| {
        let known = reader.mapping(found, "`rollback`", &["approvals", "windows", "checks"]);
        known.then(|| RollbackRule {
            approvals: gate_approvals::approvals(reader, found, &groups),
            windows: reader.flag(found, "windows"),
            checks: reader.flag(found, "checks"),
        })
    });
    somebody_can_approve(reader, node, &gate);
    (gate, places)
}

/// The place of a JSON pointer inside the block; of the deepest part of it that is there.
///
/// A rule may be pointed into as it is written (`/rules/0/replicas/min`) or as
/// [`Rule`] has it (`/rules/0/settings/min`, `/rules/0/name`).
pub(super) fn locate(gate: &Node, pointer: &str) -> Pos {
    let mut node = gate;
    let mut is_rule = false;
    let segments: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect();
    for (depth, segment) in segments.iter().enumerate() {
        let next = match &node.kind {
            Kind::Map(entries) => match (node.get(segment), entries.as_slice()) {
                (Some(next), _) => Some(next),
                (None, [(key, _)]) if is_rule && segment == "name" => return key.pos,
                (None, [(_, settings)]) if is_rule && segment == "settings" => Some(settings),
                _ => None,
            },
            Kind::List(items) => segment.parse().ok().and_then(|at: usize| items.get(at)),
            Kind::Scalar { .. } => None,
        };
        let Some(next) = next else { break };
        node = next;
        is_rule = depth == 1 && segments.first().is_some_and(|first| first == "rules");
    }
    node.pos
}

fn upstream(reader: &mut Reader, node: &Node) -> Option<UpstreamRule> {
    if !reader.mapping(node, "`upstream`", &["healthyFor"]) {
        return None;
    }
    let healthy_for = reader.duration(node, "healthyFor", true).unwrap_or_default();
    Some(UpstreamRule { healthy_for })
}

fn approvers(reader: &mut Reader, node: &Node, places: &mut GatePlaces) -> Option<Approvers> {
    const KEYS: [&str; 4] = ["allowedSigners", "revokedKeys", "forge", "groups"];
    if !reader.mapping(node, "`approvers`", &KEYS) {
        return None;
    }
    let place = |reader: &Reader, key: &str| node.get(key).map(|found| reader.at(found));
    places.allowed_signers = place(reader, "allowedSigners");
    places.revoked_keys = place(reader, "revokedKeys");
    let mut approvers = Approvers {
        allowed_signers: reader.path(node, "allowedSigners"),
        revoked_keys: reader.path(node, "revokedKeys"),
        forge: reader.flag(node, "forge"),
        ..Approvers::default()
    };
    let groups = reader.free_mapping(node, "groups").and_then(Node::entries);
    for (key, members) in groups.unwrap_or_default() {
        if let Some(problem) = plain_name(&key.name) {
            reader.error("bad-name", format!("the group's name {problem}"), key.pos);
        }
        let members = group(reader, &key.name, members, key.pos);
        approvers.groups.insert(key.name.to_string(), members);
    }
    Some(approvers)
}

fn group(reader: &mut Reader, name: &str, node: &Node, at: Pos) -> Vec<String> {
    let Some(items) = node.items() else {
        reader.wrong_type(node, &format!("the group `{name}`"), "a list of people");
        return Vec::new();
    };
    if items.is_empty() {
        let summary = format!("the group `{name}` has no members");
        reader.error("empty-group", summary, at);
    }
    let mut members: Vec<String> = Vec::new();
    for item in items {
        let Some(member) = reader.text(item, name) else { continue };
        let login = member.strip_prefix('@').unwrap_or(&member);
        let odd = |c: char| c.is_whitespace() || c.is_control() || ",*?!\"".contains(c);
        if login.is_empty() || login.contains(odd) {
            reader.errors.push(
                Diagnostic::error("wrong-value", format!("`{name}` has a member that is nobody"))
                    .at(reader.at(item))
                    .help(
                        "write an e-mail address of the allowed signers, or `@login` of the forge",
                    ),
            );
        } else if members.contains(&member) {
            let summary = format!("`{member}` is in the group `{name}` twice");
            reader.error("duplicate-member", summary, item.pos);
        } else {
            members.push(member);
        }
    }
    members
}

/// Why a text is not the name of a role or of a group.
pub(super) fn plain_name(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("must not be empty".to_owned());
    }
    names::label_value(text)
}

fn windows(reader: &mut Reader, gate: &Node) -> Vec<Window> {
    let mut windows = Vec::new();
    for item in reader.items(gate, "windows") {
        if !reader.mapping(item, "a window", &["allow", "freeze", "timezone", "reason"]) {
            continue;
        }
        let timezone = reader.filled_text(item, "timezone").unwrap_or_else(|| "UTC".to_owned());
        let reason = reader.filled_text(item, "reason");
        let allow = item.get("allow").map(|_| reader.filled_text(item, "allow"));
        let freeze = item.get("freeze").map(|_| reader.filled_text(item, "freeze"));
        let when = match (allow, freeze) {
            (Some(text), None) => text.map(WindowTimes::Allow),
            (None, Some(text)) => text.map(WindowTimes::Freeze),
            _ => {
                let summary = "a window needs exactly one of `allow`, `freeze`";
                reader.error("wrong-value", summary.to_owned(), item.pos);
                None
            }
        };
        windows.extend(when.map(|when| Window { when, timezone, reason }));
    }
    windows
}

fn rules(reader: &mut Reader, gate: &Node) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut seen: HashMap<String, Pos> = HashMap::new();
    for item in reader.items(gate, "rules") {
        let rule = match (&item.kind, item.as_str()) {
            (_, Some(name)) => Some((name.to_owned(), serde_json::Value::Null)),
            (Kind::Map(entries), _) => match entries.as_slice() {
                [(key, settings)] => Some((key.name.to_string(), settings.value())),
                _ => None,
            },
            _ => None,
        };
        let Some((name, settings)) = rule.filter(|(name, _)| !name.is_empty()) else {
            reader.errors.push(
                Diagnostic::error(
                    "wrong-value",
                    "a rule must be a name, or a name and its settings",
                )
                .at(reader.at(item))
                .help("write `images-pinned` or `{replicas: {min: 2}}`"),
            );
            continue;
        };
        reader.once(&mut seen, &name, item.pos, &format!("the rule `{name}`"));
        rules.push(Rule { name, settings });
    }
    rules
}

fn break_glass(
    reader: &mut Reader,
    gate: &Node,
    groups: &gate_approvals::Groups,
) -> Option<BreakGlassRule> {
    let node = gate.get("breakGlass")?;
    match &node.kind {
        Kind::Scalar { value: serde_json::Value::Bool(allowed), .. } => {
            allowed.then(BreakGlassRule::default)
        }
        Kind::Map(_) => reader
            .mapping(node, "`breakGlass`", &["from"])
            .then(|| BreakGlassRule { from: gate_approvals::from(reader, node, groups) }),
        _ => {
            reader.wrong_type(node, "`breakGlass`", "a boolean or a mapping with `from`");
            None
        }
    }
}

/// Approvals that nobody can give would hold the environment for ever.
fn somebody_can_approve(reader: &mut Reader, node: &Node, gate: &Gate) {
    let asked = !gate.approvals.is_empty();
    let asked_back = gate.rollback.as_ref().is_some_and(|rollback| !rollback.approvals.is_empty());
    let broken = node.get("approvers").is_some() && gate.approvers.is_none();
    let forge = gate.approvers.as_ref().is_some_and(|approvers| approvers.forge);
    let signers = node.follow(&["approvers", "allowedSigners"]).1 == 2;
    if !(asked || asked_back) || broken || forge || signers {
        return;
    }
    let path: &[&str] = if asked { &["approvals"] } else { &["rollback", "approvals"] };
    let at = node.key_pos(path).unwrap_or(node.pos);
    reader.errors.push(
        Diagnostic::error("no-approvers", "nobody could give these approvals")
            .at(reader.places.at(at))
            .help("name a file in `approvers.allowedSigners`, or write `approvers: {forge: true}`"),
    );
}

/// The error for a group that does not exist.
pub(super) fn no_group(name: &str, groups: &gate_approvals::Groups) -> Diagnostic {
    let known: Vec<&str> = groups.keys().map(String::as_str).collect();
    let mut error = Diagnostic::error("no-group", format!("there is no group `{name}`"));
    error.help = did_you_mean(name, &known)
        .or_else(|| Some("name its members in `approvers.groups`".to_owned()));
    error
}
