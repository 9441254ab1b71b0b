//! `suimon history --verify`: whether a ledger is what it says.

use suimon_ledger::Verification;

use crate::style::{Color, Style};
use crate::{escape, words};

/// What was proved, or everything that is wrong.
pub fn verification(environment: &str, found: &Verification, style: &Style) -> String {
    let name = escape::line(environment);
    let records = words::count(found.records, "record");
    let signatures = words::count(found.signed, "signature");
    let verb = if found.signed == 1 { "is" } else { "are" };
    let signed = match found.signed {
        0 => "no record is signed".to_owned(),
        _ => format!("{signatures} {verb} good"),
    };
    if found.problems.is_empty() && found.records == 0 {
        return format!("{name}: nothing was ever recorded.\n");
    }
    let last = found.tip.as_deref().map(|tip| format!("Last record: {}\n", escape::line(tip)));
    if found.problems.is_empty() {
        let good = style.paint(Color::Add, "the chain is whole").into_owned();
        return format!("{name}: {records}, {good}, {signed}.\n{}", last.unwrap_or_default());
    }
    let number = words::count(found.problems.len(), "problem");
    let title = style.paint(Color::Error, &format!("{name}: {number}")).into_owned();
    let looked_at = match found.records {
        0 => ":".to_owned(),
        _ => format!(" in {records}; {signed}."),
    };
    let mut out = format!("{title}{looked_at}\n\n");
    for problem in &found.problems {
        let place = match (&problem.number, &problem.record) {
            (Some(number), Some(id)) => format!("#{number} {}: ", escape::line(id)),
            (Some(number), None) => format!("#{number}: "),
            (None, Some(id)) => format!("{}: ", escape::line(id)),
            (None, None) => String::new(),
        };
        out.push_str(&format!("  ! {place}{}\n", escape::lines(&problem.what).join("\n      ")));
    }
    out
}
