//! A release as YAML.

use suimon_model::{Artifact, Release};

use crate::yaml::is_text;

/// A whole file.
pub(super) fn fresh(release: &Release) -> String {
    let name = scalar(release.name.as_deref().unwrap_or_default());
    let mut text = format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Release\nmetadata: {{name: {name}}}\nspec:"
    );
    if release.modules.is_none() && release.artifacts.is_empty() {
        text.push_str(" {}");
    }
    text.push('\n');
    if let Some(modules) = &release.modules {
        text.push_str(&format!("  modules: {}\n", scalar(modules)));
    }
    if !release.artifacts.is_empty() {
        text.push_str("  artifacts:\n");
        for (name, artifact) in &release.artifacts {
            text.push_str(&format!("    {}: {}\n", scalar(name), flow(artifact)));
        }
    }
    text
}

/// `{image: …}`.
fn flow(artifact: &Artifact) -> String {
    let entries: Vec<String> =
        artifact.iter().map(|(key, value)| format!("{}: {}", scalar(key), scalar(value))).collect();
    format!("{{{}}}", entries.join(", "))
}

/// A text, in quotes where it would read as something else, in a block or between braces.
pub(super) fn scalar(text: &str) -> String {
    let digit = text.starts_with(|c: char| c.is_ascii_digit());
    let start = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '_');
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@:+".contains(c);
    // YAML 1.1 has dates and numbers to the base of sixty.
    let is_old_number = digit && (text.contains(':') || text.len() == "2026-11-22".len());
    let is_plain = start && text.chars().all(plain) && !text.ends_with(':') && !is_old_number;
    if is_plain && is_text(text) { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The comment and the blank lines that a text begins with.
pub(super) fn leading_comment(text: &str) -> String {
    let is_comment = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let comment: String = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .split_inclusive('\n')
        .take_while(is_comment)
        .collect();
    if comment.is_empty() || comment.ends_with('\n') { comment } else { format!("{comment}\n") }
}
