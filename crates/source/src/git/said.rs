//! What git says, fit to be shown.

use crate::path::is_printable;

/// The last lines of what git said, without progress, control characters and credentials.
pub(super) fn readable(stderr: &str, secrets: &[String]) -> String {
    const MOST: usize = 12;
    const BOILERPLATE: [&str; 3] = [
        "fatal: Could not read from remote repository.",
        "Please make sure you have the correct access rights",
        "and the repository exists.",
    ];
    let mut lines: Vec<String> = stderr
        .lines()
        .filter_map(|line| line.rsplit('\r').find(|part| !part.trim().is_empty()))
        .map(|line| redact(line.trim_end(), secrets))
        .filter(|line| !line.is_empty() && !BOILERPLATE.contains(&line.as_str()))
        .collect();
    let excess = lines.len().saturating_sub(MOST);
    lines.drain(..excess);
    lines.join("\n")
}

fn redact(line: &str, secrets: &[String]) -> String {
    let mut text = line.to_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), "***");
    }
    let mut words = Vec::new();
    for word in text.split(' ') {
        words.push(match (word.split_once("://"), word.rsplit_once('@')) {
            (Some((before, _)), Some((_, after))) => format!("{before}://***@{after}"),
            _ => word.to_owned(),
        });
    }
    words.join(" ").chars().map(|c| if is_printable(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_shown_without_credentials() {
        let said = "Receiving objects:  10%\rReceiving objects: 100%\r\n\
                    fatal: unable to access 'https://aiko:hunter22@example.com/a/': \u{1b}[31mno hunter22";
        insta::assert_snapshot!(readable(said, &["hunter22".to_owned()]), @r"
        Receiving objects: 100%
        fatal: unable to access 'https://***@example.com/a/': ?[31mno ***
        ");
    }
}
