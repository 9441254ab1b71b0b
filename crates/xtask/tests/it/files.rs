//! The files of this repository.

use std::path::{Path, PathBuf};

/// What is not ours to check: build output, Git's own files, a user's cache.
const NOT_OURS: &[&str] = &["target", ".git", ".suimon"];

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a root").to_owned()
}

/// The names at the top.
pub(crate) fn top_level() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root())
        .expect("the root is readable")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| !NOT_OURS.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

/// Every file under a folder of the repository with one of these endings: path from the root, text.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let (root, mut found) = (root(), Vec::new());
    let mut unread = vec![root.join(folder)];
    while let Some(folder) = unread.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let entry = entry.expect("an entry");
            let path = entry.path();
            let name = entry.file_name().into_string().expect("UTF-8");
            let kind = entry.file_type().expect("a type");
            if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
                unread.push(path);
            } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                let short = path.strip_prefix(&root).expect("under the root").display().to_string();
                let bytes = std::fs::read(&path).expect("a readable file");
                found.push((short, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    found
}
