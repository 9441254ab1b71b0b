//! "did you mean …".

/// The candidate that a misspelt word most likely stands for.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, candidate)| {
            *distance <= (word.chars().count().max(candidate.chars().count()) / 3).max(1)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// A help text: the nearest candidate, or all of them where none is near.
pub(crate) fn did_you_mean(word: &str, candidates: &[&str]) -> Option<String> {
    if let Some(nearest) = nearest(word, candidates.iter().copied()) {
        return Some(format!("did you mean `{nearest}`?"));
    }
    (!candidates.is_empty()).then(|| format!("known here: {}", list(candidates)))
}

/// `a, b, c`, at most twenty of them.
pub(crate) fn list(words: &[&str]) -> String {
    const SHOWN: usize = 20;
    let mut text = words.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if words.len() > SHOWN {
        text.push_str(&format!(" and {} more", words.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_suggested() {
        assert_eq!(nearest("metdata", ["spec", "metadata"]), Some("metadata"));
        assert_eq!(nearest("Replicas", ["replicas", "port"]), Some("replicas"));
        assert_eq!(nearest("colour", ["replicas", "port"]), None);
        assert_eq!(did_you_mean("colour", &["a", "port"]).unwrap(), "known here: a, port");
        assert_eq!(did_you_mean("x", &[]), None);
    }
}
