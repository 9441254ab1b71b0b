//! Content that is not the file itself.

use crate::Error;

/// Refuses what a Git extension stores in place of the file.
pub(crate) fn refuse_pointers(path: &str, content: &[u8]) -> Result<(), Error> {
    // What Git LFS wrote before it had that name is still read by it.
    const POINTERS: [&[u8]; 2] =
        [b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];
    const ENCRYPTED: &[u8] = b"\0GITCRYPT\0";
    if POINTERS.iter().any(|start| content.starts_with(start)) {
        return Err(Error::LfsPointer { path: path.to_owned() });
    }
    if content.starts_with(ENCRYPTED) {
        return Err(Error::Filtered { path: path.to_owned(), filter: "git-crypt".to_owned() });
    }
    Ok(())
}
