//! Diagnostics, with the line they are about.

use suimon_model::{Diagnostic, Diagnostics, Location, Severity};
use unicode_width::UnicodeWidthStr;

use super::object::place;
use crate::escape;
use crate::style::{Color, Style};

/// Columns of a source line that are shown around a problem.
const WINDOW: usize = 100;

/// Where the source of a file comes from: its text, or `None` where it is not to be shown.
pub type Sources<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Diagnostics as text, each with the place, why and what to do; the count at the end.
pub fn diagnostics(found: &Diagnostics, style: &Style) -> String {
    diagnostics_with(found, style, &|_| None)
}

/// As [`diagnostics`], and where the source is at hand, the line with a caret.
///
/// # Guarantees
/// A line is not quoted from a file that declares a Secret, nor a line whose key sounds like a
/// credential.
pub fn diagnostics_with(found: &Diagnostics, style: &Style, sources: Sources<'_>) -> String {
    let mut out = String::new();
    for diagnostic in found {
        out.push_str(&one(diagnostic, style, sources));
        out.push('\n');
    }
    if found.len() > 1 {
        let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
        let counts: Vec<String> = [(errors, "error"), (found.len() - errors, "warning")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, noun)| crate::words::count(number, noun))
            .collect();
        out.push_str(&format!("{}\n", counts.join(", ")));
    }
    out
}

fn one(diagnostic: &Diagnostic, style: &Style, sources: Sources<'_>) -> String {
    let (color, word) = match diagnostic.severity {
        Severity::Error => (Color::Error, "error"),
        Severity::Warning => (Color::Warning, "warning"),
    };
    let label = format!("{word}[{}]", escape::line(diagnostic.code));
    let mut out =
        format!("{}: {}\n", style.paint(color, &label), escape::line(&diagnostic.summary));
    if let Some(location) = &diagnostic.location {
        out.push_str(&format!("  --> {}\n", place(location)));
        let quote = sources(&location.file).and_then(|s| quote(&s, location));
        if let Some(quote) = quote {
            out.push_str(&quote.print(color, style));
        }
    }
    for (location, what) in &diagnostic.related {
        out.push_str(&format!("  ::: {}: {}\n", place(location), escape::line(what)));
    }
    for (name, text) in [("why", &diagnostic.detail), ("help", &diagnostic.help)] {
        if let Some(text) = text {
            let indent = " ".repeat(name.len() + 4);
            let lines: Vec<String> =
                escape::lines(text).iter().map(|line| style.wrap(line, &indent)).collect();
            out.push_str(&format!("  {name}: {}\n", lines.join(&format!("\n{indent}"))));
        }
    }
    out
}

/// A line of a file and the column that is meant.
struct Quote {
    number: u32,
    text: String,
    /// Columns before the caret; `None` where only the line is known.
    caret: Option<usize>,
}

impl Quote {
    fn print(&self, color: Color, style: &Style) -> String {
        let gutter = " ".repeat(self.number.to_string().len());
        let mut out = format!(" {gutter} |\n {} | {}\n", self.number, self.text);
        if let Some(caret) = self.caret {
            let caret = format!("{}{}", " ".repeat(caret), style.paint(color, "^"));
            out.push_str(&format!(" {gutter} | {caret}\n"));
        }
        out
    }
}

fn quote(source: &str, location: &Location) -> Option<Quote> {
    let index = usize::try_from(location.line.checked_sub(1)?).ok()?;
    let line = source.lines().nth(index)?;
    if may_be_secret(source, line) {
        return None;
    }
    let chars: Vec<char> = line.chars().collect();
    let column = usize::try_from(location.column).ok()?.min(chars.len() + 1);
    let start = column.saturating_sub(WINDOW);
    let end = chars.len().min(start + WINDOW + WINDOW / 5);
    let show = |part: &[char]| {
        escape::line(&part.iter().collect::<String>().replace('\t', "  ")).into_owned()
    };
    let lead = if start > 0 { "..." } else { "" };
    let trail = if end < chars.len() { "..." } else { "" };
    let before = column.checked_sub(1).map(|c| show(chars.get(start..c.max(start)).unwrap_or(&[])));
    Some(Quote {
        number: location.line,
        text: format!("{lead}{}{trail}", show(&chars[start..end])),
        caret: before.map(|before| lead.len() + before.width()),
    })
}

/// Whoever reads a log must not find a credential in it because it stood next to a typing error.
fn may_be_secret(source: &str, line: &str) -> bool {
    const WORDS: [&str; 7] =
        ["password", "passwd", "secret", "token", "credential", "apikey", "privatekey"];
    let declares_secret = |line: &str| {
        let line = line.trim_start_matches(['-', ' ', '{', '"']).to_ascii_lowercase();
        line.starts_with("kind") && line.contains("secret")
    };
    let squeezed: String =
        line.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    WORDS.iter().any(|word| squeezed.contains(word))
        || source.lines().any(|l| declares_secret(l) || l.contains("-----BEGIN "))
}
