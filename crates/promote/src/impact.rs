//! [`touched`]: which environments a change of files is about.

use std::collections::{BTreeMap, BTreeSet};

/// What decides whether a change of files is about an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Its name.
    pub name: String,
    /// Modules that its instances use, before the change or after it.
    pub modules: BTreeSet<String>,
    /// Whether its release pins the commit that modules are read from, after the change.
    pub pinned: bool,
    /// Other files that it is judged by, such as its allowed signers.
    pub files: BTreeSet<String>,
}

/// What a change of files means for an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// Nothing.
    Untouched,
    /// A module changes that the environment reads from an older commit: a promotion would bring it.
    Later,
    /// It is changed.
    Changed,
}

/// What the change of these paths (from the project's root) means for each environment.
pub fn touched(paths: &[String], environments: &[Uses]) -> BTreeMap<String, Touch> {
    let of = |uses: &Uses| paths.iter().map(|path| touch(path, uses)).max();
    environments
        .iter()
        .map(|uses| (uses.name.clone(), of(uses).unwrap_or(Touch::Untouched)))
        .collect()
}

fn touch(path: &str, uses: &Uses) -> Touch {
    let mut parts = path.split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let inside = parts.next().is_some();
    let is_touched = match (first, second) {
        ("suimon.yaml", None) | ("policies", Some(_)) => true,
        ("envs", Some(environment)) if inside => environment == uses.name,
        _ => false,
    };
    if is_touched || uses.files.contains(path) {
        return Touch::Changed;
    }
    match (first, second) {
        ("modules", Some(module)) if inside && uses.modules.contains(module) && uses.pinned => {
            Touch::Later
        }
        ("modules", Some(module)) if inside && uses.modules.contains(module) => Touch::Changed,
        _ => Touch::Untouched,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(name: &str, modules: &[&str], pinned: bool, files: &[&str]) -> Uses {
        let set = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Uses { name: name.to_owned(), modules: set(modules), pinned, files: set(files) }
    }

    #[test]
    fn each_environment_is_touched_by_its_own_and_what_it_uses() {
        let environments = [
            uses("dev", &["web", "db"], false, &[]),
            uses("stg", &["web"], true, &["security/signers"]),
            uses("prod", &["web", "mail"], true, &["security/signers"]),
        ];
        let cases: &[(&[&str], &str)] = &[
            (&["README.md"], "- - -"),
            (&[], "- - -"),
            (&["envs/stg/environment.yaml"], "- C -"),
            (&["envs/stg/manifests/a/b.yaml"], "- C -"),
            (&["envs/stage"], "- - -"),
            (&["modules/web/kubernetes/a.yaml.tera"], "C L L"),
            (&["modules/db/module.yaml"], "C - -"),
            (&["modules/mail/module.yaml"], "- - L"),
            (&["modules/webber/module.yaml", "modules/README.md"], "- - -"),
            (&["modules/web/module.yaml", "envs/prod/release.yaml"], "C L C"),
            (&["policies/main.rego"], "C C C"),
            (&["suimon.yaml"], "C C C"),
            (&["a/suimon.yaml"], "- - -"),
            (&["security/signers"], "- C C"),
        ];
        for (paths, expected) in cases {
            let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
            let found = touched(&paths, &environments);
            let word = |name: &str| match found[name] {
                Touch::Untouched => "-",
                Touch::Later => "L",
                Touch::Changed => "C",
            };
            let words = ["dev", "stg", "prod"].map(word).join(" ");
            assert_eq!(&words, expected, "{paths:?}");
        }
    }
}
