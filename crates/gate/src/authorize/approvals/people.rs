//! [`People`]: which names and keys are one person.

use std::collections::{BTreeMap, BTreeSet};

use crate::Authors;
use crate::signers::AllowedSigners;

/// A person, by number.
pub(super) type PersonId = usize;

/// The people of the allowed signers: who shares a key or a principal is one person.
///
/// A principal of the form `@login` says which account on the forge is theirs.
#[derive(Debug, Default)]
pub(super) struct People {
    /// What each is found by: `@login` and principals in lower case, and fingerprints.
    of: BTreeMap<String, PersonId>,
    /// Everything that each is found by.
    names: Vec<BTreeSet<String>>,
}

impl People {
    pub(super) fn new<'a>(files: impl Iterator<Item = &'a AllowedSigners>) -> Self {
        let mut people = Self::default();
        for signer in files.flat_map(AllowedSigners::signers) {
            let names = signer.principals.iter().map(|name| fold(name));
            people.add(names.chain([signer.key.fingerprint().to_owned()]).collect());
        }
        people
    }

    fn add(&mut self, names: BTreeSet<String>) {
        let known: BTreeSet<PersonId> =
            names.iter().filter_map(|name| self.of.get(name)).copied().collect();
        let person = known.first().copied().unwrap_or_else(|| {
            self.names.push(BTreeSet::new());
            self.names.len() - 1
        });
        let mut all = names;
        for other in known.into_iter().filter(|other| *other != person) {
            all.append(&mut self.names[other]);
        }
        for name in &all {
            self.of.insert(name.clone(), person);
        }
        self.names[person].append(&mut all);
    }

    /// Whose a key is.
    pub(super) fn of_key(&self, fingerprint: &str) -> Option<PersonId> {
        self.of.get(fingerprint).copied()
    }

    /// Whose a principal or an account (`@login`) is.
    pub(super) fn of_name(&self, name: &str) -> Option<PersonId> {
        self.of.get(&fold(name)).copied()
    }

    /// Whether a person's account on the forge is known.
    pub(super) fn has_login(&self, person: PersonId) -> bool {
        self.names[person].iter().any(|name| name.starts_with('@'))
    }

    /// Whether a person is among the authors.
    pub(super) fn is_author(&self, person: PersonId, authors: &Authors) -> bool {
        self.names[person].iter().any(|name| match name.strip_prefix('@') {
            Some(login) => is_login_of(login, authors),
            None => authors.keys.contains(name) || is_address_of(name, authors),
        })
    }

    /// Whether one of a person's accounts is this one.
    pub(super) fn is_login(&self, person: PersonId, login: &str) -> bool {
        self.names[person].contains(&fold(&format!("@{login}")))
    }
}

/// Whether an address is one of the authors', whatever its case.
fn is_address_of(address: &str, authors: &Authors) -> bool {
    authors.people.iter().any(|one| one.eq_ignore_ascii_case(address))
}

/// Whether an account is one of the authors', by the addresses that forges give out instead of real
/// ones: `1234+login@users.noreply.github.com`, `1234-login@users.noreply.gitlab.com`,
/// `login@noreply.example.com`.
pub(super) fn is_login_of(login: &str, authors: &Authors) -> bool {
    let login = login.to_ascii_lowercase();
    authors.people.iter().any(|address| {
        let address = address.to_ascii_lowercase();
        let Some((local, host)) = address.split_once('@') else { return address == login };
        if !host.split('.').any(|label| label == "noreply") {
            return false;
        }
        let digits = local.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let after = digits.strip_prefix(['+', '-']).filter(|_| digits.len() < local.len());
        local == login || after == Some(login.as_str())
    })
}

fn fold(name: &str) -> String {
    if name.starts_with("SHA256:") { name.to_owned() } else { name.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(lists: &[&[&str]]) -> People {
        let mut people = People::default();
        for list in lists {
            people.add(list.iter().map(|name| fold(name)).collect());
        }
        people
    }

    #[test]
    fn who_shares_a_name_or_a_key_is_one_person_however_far_apart() {
        let all = people(&[
            &["a@x", "SHA256:1"],
            &["b@x", "SHA256:2"],
            &["c@x", "SHA256:3"],
            &["B@x", "SHA256:1"],
            &["c@x", "@cee", "SHA256:4"],
        ]);
        assert_eq!(all.of_name("a@x"), all.of_name("b@X"));
        assert_eq!(all.of_key("SHA256:1"), all.of_key("SHA256:2"));
        assert_eq!(all.of_key("SHA256:3"), all.of_name("@CEE"));
        assert_ne!(all.of_name("a@x"), all.of_name("c@x"));
        assert_eq!(all.of_name("d@x"), None);
        assert!(all.has_login(all.of_name("c@x").unwrap()));
        assert!(!all.has_login(all.of_name("a@x").unwrap()));
    }

    #[test]
    fn authors_are_found_by_address_key_and_account() {
        let all = people(&[&["a@x", "@aiko", "SHA256:1"], &["b@x", "SHA256:2"]]);
        let authors = |people: &[&str], keys: &[&str]| Authors {
            people: people.iter().map(|one| (*one).to_owned()).collect(),
            keys: keys.iter().map(|one| (*one).to_owned()).collect(),
        };
        let a = all.of_name("a@x").unwrap();
        let cases = [
            (authors(&["a@x"], &[]), true),
            (authors(&["A@X"], &[]), true),
            (authors(&[], &["SHA256:1"]), true),
            (authors(&["12+aiko@users.noreply.github.com"], &[]), true),
            (authors(&["12-aiko@users.noreply.gitlab.com"], &[]), true),
            (authors(&["aiko@noreply.codeberg.org"], &[]), true),
            (authors(&["aiko@example.com"], &[]), false),
            (authors(&["12+not-aiko@users.noreply.github.com"], &[]), false),
            (authors(&["b@x"], &["SHA256:2"]), false),
            (authors(&[], &[]), false),
        ];
        for (authors, wanted) in cases {
            assert_eq!(all.is_author(a, &authors), wanted, "{authors:?}");
        }
    }
}
