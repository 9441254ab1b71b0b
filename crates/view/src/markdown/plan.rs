//! The comment.

use std::collections::BTreeMap;

use suimon_plan::Plan;

use super::MarkdownOptions;
use super::budget::{self, Layout, Shown};
use super::gate;
use super::item::{Class, Item};
use super::safe::{code, comment_word, cut, shorten, size};
use crate::{GateView, escape, text, words};

/// Room for the headings of all sections.
const HEADINGS: usize = 500;

/// Less room than this is not worth a section for the gate.
const SMALLEST_GATE: usize = 500;

/// Room for the remark on what is left out, without the hint.
const REMARK: usize = 900;

/// The hidden first line by which an earlier comment is found again.
pub fn marker(project: &str, environment: &str) -> String {
    format!("<!-- suimon:plan:{}/{} -->", comment_word(project), comment_word(environment))
}

/// A plan as a comment on a pull request.
///
/// # Guarantees
/// - Not longer than the limit.
/// - Every object of the plan is shown, or listed, or counted in the remark that says what is not
///   listed. Problems go first, then drift, then what destroys.
/// - Nothing of the plan's content is read as Markdown, HTML, mention or link.
pub fn plan(plan: &Plan, options: &MarkdownOptions) -> String {
    comment(plan, head(plan, options), options)
}

/// As [`plan`](fn@plan), with what the gate says about it: at most half of the comment.
///
/// # Guarantees
/// As of [`plan`](fn@plan); conditions that are not listed are counted.
pub fn plan_with_gate(plan: &Plan, gate: &GateView<'_>, options: &MarkdownOptions) -> String {
    let head = head(plan, options);
    let room = (options.limit / 2).saturating_sub(size(&head));
    let section = if room < SMALLEST_GATE {
        String::new()
    } else {
        format!("{}\n", gate::section(gate, &plan.environment, room))
    };
    comment(plan, head + &section, options)
}

fn comment(plan: &Plan, head: String, options: &MarkdownOptions) -> String {
    let items = Item::all(plan);
    let hint = hint(plan, options);
    let spare = (options.limit / 64).min(512);
    let room = options.limit.saturating_sub(spare + HEADINGS + size(&head));
    if let Some(layout) = budget::full(&items, room) {
        return page(head, &items, &layout, "");
    }
    let rest = room.checked_sub(REMARK + size(&hint));
    let page = rest.map(|room| {
        let layout = budget::shortened(&items, room);
        page(head, &items, &layout, &remark(&layout, &hint))
    });
    match page {
        Some(page) if size(&page) <= options.limit => page,
        _ => smallest(plan, &items, options),
    }
}

fn head(plan: &Plan, options: &MarkdownOptions) -> String {
    let short = |text: &str| code(&shorten(&escape::line(text), 200));
    let mut out = format!("{}\n", marker(&plan.project, &plan.environment));
    match &options.title {
        Some(title) => out.push_str(&format!("### {}\n\n", short(title))),
        None => out.push_str(&format!("### suimon plan: {}\n\n", short(&plan.environment))),
    }
    out.push_str(&format!("**{}**\n\n", text::summary(plan)));
    out.push_str(&format!("- Project {}", short(&plan.project)));
    out.push_str(&format!(", environment {}\n", short(&plan.environment)));
    match &plan.revision {
        Some(revision) => out.push_str(&format!("- Revision {}", short(revision))),
        None => out.push_str("- Uncommitted files"),
    }
    if let Some(release) = &plan.release {
        out.push_str(&format!(", release {}", short(release)));
    }
    out.push_str(&format!("\n- Plan digest {}\n\n", short(&plan.digest())));
    if !plan.targeted.is_empty() {
        let objects = words::count(plan.targeted.len(), "object");
        out.push_str(&format!("Limited to {objects} by `--target`.\n\n"));
    }
    out
}

/// Where everything can be seen.
fn hint(plan: &Plan, options: &MarkdownOptions) -> String {
    let url = |text: &str| {
        text.starts_with("https://")
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~/?#:@!$&()*+,;=%".contains(&b))
    };
    match &options.full_plan_hint {
        Some(address) if url(address) && address.len() <= 1_000 => format!("<{address}>"),
        Some(command) => code(&shorten(&escape::line(command), 300)),
        None => {
            let env = shorten(&escape::line(&plan.environment), 100);
            format!(
                "{} or {}",
                code(&format!("suimon plan {env}")),
                code(&format!("suimon plan {env} --json"))
            )
        }
    }
}

fn page(head: String, items: &[Item<'_>], layout: &Layout, remark: &str) -> String {
    let mut out = head;
    out.push_str(remark);
    let mut section = "";
    for (item, shown) in items.iter().zip(&layout.shown) {
        let title = title(item.class);
        if *shown != Shown::Omitted && title != section {
            section = title;
            let gap = if out.ends_with("\n\n") { "" } else { "\n" };
            out.push_str(&format!("{gap}#### {title}\n\n"));
        }
        match shown {
            Shown::Block(block) if out.ends_with("\n\n") => out.push_str(block.trim_start()),
            Shown::Block(block) => out.push_str(block),
            Shown::Line => out.push_str(&item.listed()),
            Shown::Omitted => {}
        }
    }
    out
}

fn title(class: Class) -> &'static str {
    match class {
        Class::Unknown => "Not read: the plan is incomplete, and nothing will be deleted",
        Class::Refused => "Refused: the plan cannot be applied",
        Class::Conflict => "Conflicts",
        Class::Drift => "Objects have changed outside of suimon",
        _ => "Actions",
    }
}

fn remark(layout: &Layout, hint: &str) -> String {
    let mut out = String::from("> **Shortened to fit into a comment.**");
    if !layout.without_fields.is_empty() {
        out.push_str(&format!(" Listed without fields: {}.", counts(&layout.without_fields)));
    }
    if !layout.omitted.is_empty() {
        out.push_str(&format!(" Not listed: {}.", counts(&layout.omitted)));
    }
    out.push_str(&format!(" To see everything: {hint}\n\n"));
    out
}

fn counts(of: &BTreeMap<Class, usize>) -> String {
    let parts: Vec<String> = of.iter().map(|(class, n)| words::count(*n, class.noun())).collect();
    parts.join(", ")
}

/// For limits that leave no room for a page: what there is, counted.
fn smallest(plan: &Plan, items: &[Item<'_>], options: &MarkdownOptions) -> String {
    let mut all: BTreeMap<Class, usize> = BTreeMap::new();
    for class in Class::ALL {
        let number = items.iter().filter(|item| item.class == class).count();
        if number > 0 {
            all.insert(class, number);
        }
    }
    let marker = marker(&plan.project, &plan.environment);
    let omitted =
        if all.is_empty() { String::new() } else { format!(" Not listed: {}.", counts(&all)) };
    let text = format!("{marker}\n**{}**{omitted}\n", text::summary(plan));
    cut(&text, options.limit).to_owned()
}
