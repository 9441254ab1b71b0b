//! The `.gitattributes` of a commit, as far as they name filters.

use std::collections::HashSet;
use std::path::Path;

use gix::attrs::search::{MetadataCollection, Outcome};
use gix::attrs::{Search, StateRef};
use gix::bstr::ByteSlice;
use gix::glob::pattern::Case;

/// The attributes of the folders looked into so far.
#[derive(Default)]
pub(crate) struct Attributes {
    search: Search,
    names: MetadataCollection,
    loaded: HashSet<String>,
}

impl Attributes {
    /// The filter that a file goes through. `load` has a folder's `.gitattributes`; the root's is asked
    /// for first. Paths are from the root of the repository.
    pub(crate) fn filter<E>(
        &mut self,
        path: &str,
        load: impl Fn(&str) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<String>, E> {
        let ends = path.match_indices('/').map(|(at, _)| at);
        for end in std::iter::once(0).chain(ends) {
            let folder = path.get(..end).unwrap_or_default();
            if !self.loaded.contains(folder) {
                self.add(folder, load(folder)?.as_deref());
                self.loaded.insert(folder.to_owned());
            }
        }
        let mut found = Outcome::default();
        found.initialize_with_selection(&self.names, ["filter"]);
        self.search.pattern_matching_relative_path(
            path.into(),
            Case::Sensitive,
            Some(false),
            &mut found,
        );
        Ok(found.iter_selected().find_map(|attribute| match attribute.assignment.state {
            StateRef::Value(value) => Some(value.as_bstr().to_str_lossy().into_owned()),
            _ => None,
        }))
    }

    fn add(&mut self, folder: &str, content: Option<&[u8]>) {
        let Some(content) = content else { return };
        // Patterns are relative to the folder of their file.
        let source = Path::new(folder).join(".gitattributes");
        let (root, macros) = (Some(Path::new("")), folder.is_empty());
        let added = self.search.add_patterns_buffer(content, source, root, &mut self.names, macros);
        if let Err(error) = added {
            tracing::debug!(%error, folder, "attributes that cannot be read");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(files: &[(&str, &str)], path: &str) -> Option<String> {
        let load = |folder: &str| -> Result<Option<Vec<u8>>, ()> {
            let found = files.iter().find(|(name, _)| *name == folder);
            Ok(found.map(|(_, content)| content.as_bytes().to_vec()))
        };
        let mut attributes = Attributes::default();
        let first = attributes.filter(path, load).unwrap();
        assert_eq!(attributes.filter(path, load).unwrap(), first);
        first
    }

    #[test]
    fn the_nearest_attributes_win() {
        let files = [
            ("", "[attr]large filter=lfs\n*.bin large\n/a/only filter=x\n*.txt text\n"),
            ("a", "*.bin -filter\n"),
            ("a/b", "*.bin filter=crypt\n"),
        ];
        for (path, name) in [
            ("x.bin", Some("lfs")),
            ("z/x.bin", Some("lfs")),
            ("a/x.bin", None),
            ("a/b/x.bin", Some("crypt")),
            ("a/only", Some("x")),
            ("b/only", None),
            ("x.txt", None),
        ] {
            assert_eq!(filter(&files, path).as_deref(), name, "{path}");
        }
        assert_eq!(filter(&[], "x.bin"), None);
    }
}
