//! Two environments' workloads side by side.

use suimon_plan::{Field, WorkloadDifference};

use crate::{Style, escape::escape};

/// What differs between two environments, one block a workload; `explained` is how many differences the declared inputs
/// explain.
pub fn comparison(
    names: (&str, &str),
    workloads: usize,
    found: &[WorkloadDifference],
    explained: usize,
    style: &Style,
) -> String {
    let mut text = String::new();
    let mut last: Option<&str> = None;
    let width = names.0.len().max(names.1.len());
    for difference in found {
        if last != Some(&difference.workload) {
            let gap = if last.is_some() { "\n" } else { "" };
            text.push_str(&format!(
                "{gap}{}\n",
                style.paint(crate::style::Color::Heading, &escape(&difference.workload))
            ));
            last = Some(&difference.workload);
        }
        let container = difference.container.as_deref().map(|name| format!("{} ", escape(name)));
        let what = format!("{}{}", container.unwrap_or_default(), difference.field.name());
        let set = matches!(difference.field, Field::Environment | Field::Secrets | Field::Ports);
        for (name, side) in [(names.0, &difference.left), (names.1, &difference.right)] {
            let told = match side {
                Some(side) if set => format!("only here: {}", escape(side)),
                Some(side) => escape(side),
                None if set => continue,
                None => "(none)".to_owned(),
            };
            text.push_str(&format!("  {what:<14} {:<width$}  {told}\n", escape(name)));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let count = |number: usize, what: &str| {
        if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
    };
    let (where_, both) = (count(workloads, "workload"), format!("{} and {}", names.0, names.1));
    let sum = match found.len() {
        0 if workloads == 1 => format!("1 workload is the same in {both}"),
        0 => format!("{where_} are the same in {both}"),
        some => format!("{} in {where_} of {both}", count(some, "difference")),
    };
    let beyond = match explained {
        0 => ".".to_owned(),
        1 => " beyond declared inputs, which explain 1 more.".to_owned(),
        many => format!(" beyond declared inputs, which explain {many} more."),
    };
    text.push_str(&sum);
    text.push_str(&beyond);
    text
}
