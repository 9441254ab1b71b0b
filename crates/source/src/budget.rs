//! [`Budget`]: what one snapshot has read so far, against its limits.

use std::collections::HashSet;

use crate::{Error, Limits};

/// Counts distinct files and the bytes read from them.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    files: HashSet<String>,
    bytes: u64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, files: HashSet::new(), bytes: 0 }
    }

    /// Counts a file that is listed or read.
    pub(crate) fn file(&mut self, path: &str) -> Result<(), Error> {
        if self.files.contains(path) {
            return Ok(());
        }
        if self.files.len() >= self.limits.max_files {
            return Err(Error::TooManyFiles {
                path: path.to_owned(),
                limit: self.limits.max_files,
            });
        }
        self.files.insert(path.to_owned());
        Ok(())
    }

    /// Counts the bytes of a file before they are read for the first time.
    pub(crate) fn bytes(&mut self, path: &str, size: u64) -> Result<(), Error> {
        if size > self.limits.max_file_bytes {
            return Err(Error::TooLarge {
                path: path.to_owned(),
                size,
                limit: self.limits.max_file_bytes,
            });
        }
        let total = self.bytes.saturating_add(size);
        if total > self.limits.max_total_bytes {
            return Err(Error::TooMuch {
                path: path.to_owned(),
                total,
                limit: self.limits.max_total_bytes,
            });
        }
        self.bytes = total;
        Ok(())
    }
}
