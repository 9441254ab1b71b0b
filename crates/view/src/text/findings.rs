//! Why a gate holds or denies.

use crate::style::{Color, Style};
use crate::{GateVerdict, GateView, escape, words};

/// What a gate says, with every reason; an open gate gives an empty text.
pub fn findings(gate: &GateView<'_>, style: &Style) -> String {
    let findings = gate.findings;
    let reasons = words::count(findings.len(), "reason");
    let (color, title) = match gate.verdict {
        GateVerdict::Open => return String::new(),
        GateVerdict::Held => {
            (Color::Warning, format!("Held: the gate is not open, for {reasons}:"))
        }
        GateVerdict::Denied => {
            (Color::Error, format!("Denied: the rules refuse this plan, for {reasons}:"))
        }
    };
    let mut out = format!("{}\n\n", style.paint(color, &title));
    for finding in findings {
        let message = escape::lines(&finding.message).join("\n      ");
        out.push_str(&format!("  ! {message} ({})\n", escape::line(&finding.rule)));
        if let Some(help) = &finding.help {
            out.push_str(&format!("      help: {}\n", escape::lines(help).join("\n            ")));
        }
    }
    out
}
