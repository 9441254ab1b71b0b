//! Why a gate holds or denies.

use suimon_gate::Finding;

use crate::style::{Color, Style};
use crate::{escape, words};

/// The findings of a gate; `held` says that somebody can still open it, else the rules refuse.
///
/// An empty list gives an empty text.
pub fn findings(findings: &[Finding], held: bool, style: &Style) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let reasons = words::count(findings.len(), "reason");
    let (color, title) = if held {
        (Color::Warning, format!("Held: the gate is not open, for {reasons}"))
    } else {
        (Color::Error, format!("Denied: the rules refuse this plan, for {reasons}"))
    };
    let mut out = format!("{}\n\n", style.paint(color, &title));
    for finding in findings {
        let message = escape::lines(&finding.message).join("\n      ");
        out.push_str(&format!("  ! {message} ({})\n", escape::line(finding.rule)));
        if let Some(help) = &finding.help {
            out.push_str(&format!("      help: {}\n", escape::lines(help).join("\n            ")));
        }
    }
    out
}
