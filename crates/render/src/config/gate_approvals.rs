//! `approvals` of a gate, and of its roll-back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use suimon_model::{ApprovalRule, Diagnostic};

use super::gate::{no_group, plain_name};
use super::reader::Reader;
use crate::yaml::{Node, Pos};

/// People by group.
pub(super) type Groups = BTreeMap<String, Vec<String>>;

/// Reads the rules; a role is asked for once.
pub(super) fn approvals(reader: &mut Reader, parent: &Node, groups: &Groups) -> Vec<ApprovalRule> {
    let mut rules = Vec::new();
    let mut seen: HashMap<String, Pos> = HashMap::new();
    for item in reader.items(parent, "approvals") {
        const KEYS: [&str; 4] = ["role", "required", "from", "expiresAfter"];
        if !reader.mapping(item, "an approval", &KEYS) {
            continue;
        }
        let expires_after = reader.duration(item, "expiresAfter", false);
        let from = from(reader, item, groups);
        let required = required(reader, item, &from, groups);
        let Some(node) = reader.required(item, "role") else { continue };
        let Some(role) = reader.text(node, "role") else { continue };
        if let Some(problem) = plain_name(&role) {
            reader.error("bad-name", format!("`role` {problem}"), node.pos);
            continue;
        }
        reader.once(&mut seen, &role, node.pos, &format!("the role `{role}`"));
        rules.push(ApprovalRule { role, required, from, expires_after });
    }
    rules
}

/// `from`: names of groups that exist.
pub(super) fn from(reader: &mut Reader, parent: &Node, groups: &Groups) -> Vec<String> {
    let items = reader.items(parent, "from");
    if let Some(node) = parent.get("from")
        && node.items().is_some_and(<[Node]>::is_empty)
    {
        reader.errors.push(
            Diagnostic::error("empty-list", "`from` names no group")
                .at(reader.at(node))
                .help("name a group, or leave `from` out to mean everybody who is known"),
        );
    }
    let mut names = Vec::new();
    let mut seen: HashMap<String, Pos> = HashMap::new();
    for item in items {
        let Some(name) = reader.text(item, "from") else { continue };
        if !groups.contains_key(&name) {
            let error = no_group(&name, groups).at(reader.at(item));
            reader.errors.push(error);
        }
        reader.once(&mut seen, &name, item.pos, &format!("the group `{name}`"));
        names.push(name);
    }
    names
}

/// How many people: at least one, and no more than the groups have.
fn required(reader: &mut Reader, item: &Node, from: &[String], groups: &Groups) -> u32 {
    let Some(node) = item.get("required") else { return 1 };
    let Some(required) = reader.count(item, "required") else { return 1 };
    if required == 0 {
        reader.errors.push(
            Diagnostic::error("wrong-value", "`required` must be at least 1")
                .at(reader.at(node))
                .help("leave the approval out if nobody has to give it"),
        );
        return 1;
    }
    let people: Option<Vec<&Vec<String>>> = from.iter().map(|name| groups.get(name)).collect();
    let people: Option<BTreeSet<&String>> =
        people.map(|groups| groups.into_iter().flatten().collect());
    if let Some(people) = people.filter(|people| !from.is_empty() && !people.is_empty())
        && usize::try_from(required).is_ok_and(|required| required > people.len())
    {
        let summary = format!(
            "`required` is {required}, and the groups it is from have {} people",
            people.len()
        );
        reader.error("too-few-people", summary, node.pos);
    }
    required
}
