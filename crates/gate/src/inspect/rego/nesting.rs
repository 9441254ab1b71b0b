//! How deep a policy nests its brackets, before the engine reads it.

/// Most brackets inside each other. The engine tries each one in several ways, so that the time it takes
/// to read them doubles with every level; nothing that people write comes near.
pub(super) const DEEPEST: usize = 12;

/// Most work that the brackets of all policies may make: two to the power of its level for each.
pub(super) const MOST_WORK: u64 = 1_000_000;

/// The work that the brackets of a text make, or where it nests deeper than [`DEEPEST`]: line and column,
/// from 1.
///
/// Brackets in texts and comments do not count.
pub(super) fn work(text: &str) -> Result<u64, (u32, u32)> {
    let mut work = 0_u64;
    let (mut line, mut column, mut depth) = (1_u32, 0_u32, 0_usize);
    let mut inside = Inside::Code;
    let mut escaped = false;
    for c in text.chars() {
        column = column.saturating_add(1);
        let was_escaped = std::mem::take(&mut escaped);
        inside = match (inside, c) {
            (Inside::Code, '"') => Inside::Text,
            (Inside::Code, '`') => Inside::Raw,
            (Inside::Code, '#') => Inside::Comment,
            (Inside::Text, '\\') if !was_escaped => {
                escaped = true;
                Inside::Text
            }
            (Inside::Text, '"') if !was_escaped => Inside::Code,
            // No text and no comment goes on behind the end of a line.
            (Inside::Raw, '`') | (Inside::Text | Inside::Comment, '\n') => Inside::Code,
            (inside, _) => inside,
        };
        match (inside, c) {
            (Inside::Code, '(' | '[' | '{') => {
                depth += 1;
                work = work.saturating_add(1 << depth.min(DEEPEST));
            }
            (Inside::Code, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err((line, column));
        }
        if c == '\n' {
            (line, column) = (line.saturating_add(1), 0);
        }
    }
    Ok(work)
}

#[derive(Clone, Copy)]
enum Inside {
    Code,
    Text,
    Raw,
    Comment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_in_code_only() {
        let deep = |n: usize| "[".repeat(n);
        for (text, expected) in [
            (deep(12), None),
            (deep(13), Some((1, 13))),
            (format!("a\n {}", deep(13)), Some((2, 14))),
            ("({[]})".repeat(50), None),
            (format!("\"{}\"", deep(20)), None),
            (format!("\"\\\"{}\"", deep(20)), None),
            (format!("\"\\\\\"{}", deep(13)), Some((1, 17))),
            (format!("`\n\\{}`", deep(20)), None),
            (format!("`\\`{}", deep(13)), Some((1, 16))),
            (format!("# \" {}\n", deep(20)), None),
            (format!("# \"\n{}", deep(13)), Some((2, 13))),
        ] {
            assert_eq!(work(&text).err(), expected, "{text}");
        }
        assert_eq!(work("f([1], {2: (3)}) # [").unwrap(), 2 + 4 + 4 + 8);
    }
}
