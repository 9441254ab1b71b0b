//! Whether a file is in Git.

use std::fs;
use std::path::{Path, PathBuf};

/// Whether Git tracks a file: whether its repository's index names it.
///
/// # Caveats
/// A file that is new to Git, and an index of version 4 or of a sparse checkout, are not told: this is a net, and
/// not the only one.
pub(super) fn is_tracked(file: &Path) -> bool {
    let Ok(file) = fs::canonicalize(file) else { return false };
    let Some((root, index)) = file.ancestors().skip(1).find_map(|root| Some((root, index(root)?)))
    else {
        return false;
    };
    let Ok(relative) = file.strip_prefix(root) else { return false };
    let Some(relative) = relative.to_str() else { return false };
    fs::read(index).is_ok_and(|bytes| names(&bytes, relative.as_bytes()))
}

/// The index of the work tree whose root is this folder.
fn index(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git.join("index"));
    }
    let text = fs::read_to_string(git).ok()?;
    let folder = text.strip_prefix("gitdir:")?.trim();
    Some(root.join(folder).join("index"))
}

/// Whether an index has an entry of this path: its length in the low twelve bits before it, a NUL after it
/// (<https://git-scm.com/docs/index-format>).
fn names(index: &[u8], path: &[u8]) -> bool {
    let length = u16::try_from(path.len()).unwrap_or(0xfff).min(0xfff);
    let flags = |at: usize| {
        let bytes = index.get(at..at + 2)?;
        Some(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]))
    };
    let mut from = 0;
    while let Some(found) = index.get(from..).and_then(|rest| position(rest, path)) {
        let at = from + found;
        let plain = at.checked_sub(2).and_then(flags);
        let extended = at.checked_sub(4).and_then(flags).filter(|flags| flags & 0x4000 != 0);
        let fits = |flags: Option<u16>| flags.is_some_and(|flags| flags & 0xfff == length);
        if index.get(at + path.len()) == Some(&0) && (fits(plain) || fits(extended)) {
            return true;
        }
        from = at + 1;
    }
    false
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len().max(1)).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_names_whole_paths() {
        let entry = |path: &str| {
            let mut bytes = vec![0; 60];
            bytes.extend_from_slice(&u16::try_from(path.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(path.as_bytes());
            bytes.push(0);
            bytes
        };
        let index = [entry("envs/db.txt"), entry("token")].concat();
        for (path, tracked) in [
            ("envs/db.txt", true),
            ("token", true),
            ("db.txt", false),
            ("envs/db", false),
            ("toke", false),
        ] {
            assert_eq!(names(&index, path.as_bytes()), tracked, "{path}");
        }
        assert!(!names(b"", b"token"));
    }
}
