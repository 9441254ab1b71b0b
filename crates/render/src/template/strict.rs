//! Where an expression needs `| __must`, and what it calls.

use super::scan::{Token, TokenKind};

/// Text to add at a place of the source.
pub(super) type Insert = (usize, &'static str);

const KEYWORDS: [&str; 18] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "for",
    "true",
    "True",
    "false",
    "False",
    "none",
    "None",
    "null",
    "loop",
    "self",
    "__tera_context",
];

/// Additions for one expression; `calls` gets the functions it calls.
pub(super) fn expression<'a>(
    tokens: &[Token<'a>],
    inserts: &mut Vec<Insert>,
    calls: &mut Vec<Token<'a>>,
) {
    // A component call has a grammar of its own; Tera checks its arguments itself.
    let component = tokens
        .windows(2)
        .enumerate()
        .any(|(i, pair)| pair[0].is("<") && pair[1].kind == TokenKind::Ident && opens(tokens, i));
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at];
        if token.kind != TokenKind::Ident {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map(|i| tokens[i]);
        let after = tokens.get(at + 1);
        if before.is_some_and(|b| b.is("|") || b.is("is")) || is_test(tokens, at) {
            at += 1;
        } else if after.is_some_and(|a| a.is("(")) && !KEYWORDS.contains(&token.text) {
            calls.push(token);
            if token.is("ref") {
                name_arguments(&tokens[at + 1..], inserts);
            }
            at += 1;
        } else if token.is("for") {
            at += tokens[at..].iter().take_while(|t| !t.is("in")).count();
        } else if after.is_some_and(|a| a.is("=")) || KEYWORDS.contains(&token.text) {
            // `loop.index` and the like are Tera's own.
            at += if token.is("loop") { chain(tokens, at).0 } else { 1 };
        } else {
            let (length, optional) = chain(tokens, at);
            let end = at + length;
            if !component && !optional && !handles_absence(&tokens[end..]) {
                let joined =
                    before.is_some_and(|b| b.is("~")) || tokens.get(end).is_some_and(|t| t.is("~"));
                let filter = if joined { " | __text" } else { " | __must" };
                inserts.push((tokens[end - 1].end(), filter));
            }
            // What stands in the chain's brackets is an expression of its own.
            let inner = tokens[at + 1..end].to_vec();
            for part in bracketed(&inner) {
                expression(part, inserts, calls);
            }
            at = end;
        }
    }
}

/// Whether an operand may start at a place, so that `<` opens a component and does not compare.
fn opens(tokens: &[Token<'_>], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| tokens[i]) else { return true };
    match before.kind {
        TokenKind::Operator => !matches!(before.text, ")" | "]" | "}"),
        TokenKind::Ident => KEYWORDS[..8].contains(&before.text),
        TokenKind::String | TokenKind::Number => false,
    }
}

fn is_test(tokens: &[Token<'_>], at: usize) -> bool {
    at >= 2 && tokens[at - 1].is("not") && tokens[at - 2].is("is")
}

/// How many tokens a chain `a.b[c].d` has, and whether it has an optional link.
fn chain(tokens: &[Token<'_>], from: usize) -> (usize, bool) {
    let (mut at, mut optional) = (from + 1, false);
    while let Some(token) = tokens.get(at) {
        optional |= token.is("?.") || token.is("?[");
        if token.is(".") || token.is("?.") {
            at = (at + 2).min(tokens.len());
        } else if token.is("[") || token.is("?[") {
            let mut depth = 0_usize;
            while let Some(token) = tokens.get(at) {
                at += 1;
                if token.is("[") || token.is("?[") {
                    depth += 1;
                } else if token.is("]") {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
        } else {
            break;
        }
    }
    (at - from, optional)
}

/// The token runs inside the outermost brackets.
fn bracketed<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (index, token) in tokens.iter().enumerate() {
        if token.is("[") || token.is("?[") {
            depth += 1;
            if depth == 1 {
                start = index + 1;
            }
        } else if token.is("]") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                parts.push(&tokens[start..index]);
            }
        }
    }
    parts
}

/// Whether what follows a variable says what to do when it is not there.
fn handles_absence(rest: &[Token<'_>]) -> bool {
    let is = |index: usize, text: &str| rest.get(index).is_some_and(|token| token.is(text));
    if is(0, "|") {
        return is(1, "default");
    }
    let test = if is(0, "is") && is(1, "not") { 2 } else { 1 };
    is(0, "is") && (is(test, "defined") || is(test, "undefined"))
}

/// `ref("a", "b")` → `ref(id="a", attribute="b")`.
fn name_arguments(tokens: &[Token<'_>], inserts: &mut Vec<Insert>) {
    let (mut depth, mut argument) = (0_usize, 0);
    for (index, token) in tokens.iter().enumerate() {
        let starts = depth == 1 && (tokens[index - 1].is("(") || tokens[index - 1].is(","));
        let named = tokens.get(index + 1).is_some_and(|next| next.is("="));
        if starts
            && !named
            && !token.is(")")
            && let Some(name) = ["id=", "attribute="].get(argument)
        {
            inserts.push((token.start, name));
        }
        if starts {
            argument += 1;
        }
        if token.is("(") || token.is("[") || token.is("{") {
            depth += 1;
        } else if token.is(")") || token.is("]") || token.is("}") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return;
            }
        }
    }
}
