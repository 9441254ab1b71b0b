//! One object's change as lines: computed once, printed as text or as Markdown.
//!
//! What differs comes from [`Change::fields`], so that people see what the digest covers; the bodies
//! only give context (how many siblings are hidden).

mod block;
mod field;
mod lines;
mod list;
mod string;
mod tree;

pub(crate) use lines::{Line, Sign};

use suimon_model::ResourceId;
use suimon_plan::{Action, Change, DriftedField, Reason};

use crate::escape;
use crate::path;
use crate::scalar;
use lines::{At, Printer};
use tree::Tree;

/// The body of a change, without its header.
pub(crate) fn change(change: &Change) -> Vec<Line> {
    let mut printer = Printer::new(&change.id);
    let tree = Tree::new(&change.fields);
    let before = change.before.as_ref().map(|body| body.value());
    let after = change.after.as_ref().map(|body| body.value());
    match (change.action, &before, &after) {
        (Action::Create, _, Some(after)) => printer.object(Sign::Add, after, tree.marks().as_ref()),
        (Action::Delete, Some(before), _) => printer.object(Sign::Remove, before, None),
        (Action::Forget | Action::NoOp, _, _) => {}
        _ if change.fields.is_empty() => {
            printer.comment(
                0,
                match change.reason {
                    Reason::Adopted => "no field changes: only suimon's own marks are written",
                    _ => "no field changes",
                },
            );
        }
        _ => {
            if let Some(field) = tree.leaf {
                printer.leaf(&At::key(0, "(whole object)"), field);
            }
            printer.children(0, &tree, (before.as_ref(), after.as_ref()), &[]);
        }
    }
    printer.lines
}

/// One drifted field: what is declared, what is live, who wrote it and when.
pub(crate) fn drifted(id: &ResourceId, field: &DriftedField) -> Vec<Line> {
    let mut printer = Printer::new(id);
    printer.path = path::tokens(&field.path);
    let hide = field.sensitive;
    printer.difference(
        &At::key(0, &path::dotted(&field.path)),
        (field.declared.as_ref(), field.live.as_ref()),
        hide,
    );
    if let Some(first) = printer.lines.first_mut() {
        let who = field.manager.as_deref().map(escape::line);
        let when = field.time.as_deref().map(escape::line);
        first.add_note(&match (who, when) {
            (Some(who), Some(when)) => format!("by {who} at {when}"),
            (Some(who), None) => format!("by {who}"),
            (None, Some(when)) => format!("at {when}, by an unknown manager"),
            (None, None) => "by an unknown manager".to_owned(),
        });
    }
    printer.lines
}

/// Both sides of a conflict, on one line each.
pub(crate) fn sides(id: &ResourceId, conflict: &suimon_plan::Conflict) -> (String, String) {
    let veil = crate::mask::Veil::of(id);
    let hidden = veil.hides_field(&conflict.field);
    let side = |value: &Option<serde_json::Value>| match value {
        None => "(not set)".to_owned(),
        Some(_) if hidden => crate::mask::SENSITIVE.to_owned(),
        Some(value) => scalar::inline(&crate::mask::clean_aside(value, veil)),
    };
    (side(&conflict.ours), side(&conflict.theirs))
}
