//! [`Store`]: an object database, and the mirror behind it where there is one.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gix::ObjectId;
use gix::objs::Kind;

use crate::Error;
use crate::mirror::Mirror;

/// The objects of one repository.
pub(crate) struct Store {
    repository: Mutex<gix::Repository>,
    place: String,
    mirror: Option<Mirror>,
    repaired: AtomicBool,
}

/// Why an object could not be had.
enum Fault {
    Missing,
    Broken(String),
    TooLarge(u64),
}

impl Store {
    /// A local repository; `place` is its name in messages.
    pub(crate) fn local(repository: gix::Repository, place: String) -> Self {
        Self {
            repository: Mutex::new(repository),
            place,
            mirror: None,
            repaired: AtomicBool::new(false),
        }
    }

    /// A mirror of a remote repository, as it is on disk.
    ///
    /// # Errors
    /// The mirror is damaged; it is handed back.
    pub(crate) fn mirrored(mirror: Mirror) -> Result<Self, Box<(Error, Mirror)>> {
        let repository = match open(mirror.path()) {
            Ok(repository) => repository,
            Err(error) => return Err(Box::new((error, mirror))),
        };
        let place = mirror.address().to_owned();
        let mirror = Some(mirror);
        Ok(Self {
            repository: Mutex::new(repository),
            place,
            mirror,
            repaired: AtomicBool::new(false),
        })
    }

    /// The repository's name in messages; holds no credentials.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn mirror(&self) -> Option<&Mirror> {
        self.mirror.as_ref()
    }

    /// The repository itself; nobody else can use it meanwhile.
    pub(crate) fn lock(&self) -> MutexGuard<'_, gix::Repository> {
        self.repository.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file's content, of at most `limit` bytes; `size` hears how many before they are read.
    pub(crate) fn blob(
        &self,
        path: &str,
        id: ObjectId,
        limit: u64,
        size: impl FnOnce(u64) -> Result<(), Error>,
    ) -> Result<Vec<u8>, Error> {
        size(self.size(path, id)?)?;
        self.object(path, id, Kind::Blob, limit)
    }

    /// A tree's bytes.
    pub(crate) fn tree(&self, path: &str, id: ObjectId) -> Result<Vec<u8>, Error> {
        const LARGEST_TREE: u64 = 64 * 1024 * 1024;
        self.object(path, id, Kind::Tree, LARGEST_TREE)
    }

    fn size(&self, path: &str, id: ObjectId) -> Result<u64, Error> {
        let ask = || self.lock().find_header(id).map(|header| header.size()).map_err(|e| fault(&e));
        self.repairing(path, id, ask)
    }

    fn object(&self, path: &str, id: ObjectId, kind: Kind, limit: u64) -> Result<Vec<u8>, Error> {
        self.repairing(path, id, || {
            let repository = self.lock();
            let header = repository.find_header(id).map_err(|e| fault(&e))?;
            if header.kind() != kind {
                return Err(Fault::Broken(format!("it is a {}, not a {kind}", header.kind())));
            }
            if header.size() > limit {
                return Err(Fault::TooLarge(header.size()));
            }
            let mut object = repository.find_object(id).map_err(|e| fault(&e))?;
            Ok(std::mem::take(&mut object.data))
        })
        .map_err(|error| match error {
            Error::TooLarge { path, size, .. } => Error::TooLarge { path, size, limit },
            other => other,
        })
    }

    /// Reads, and where the mirror turns out to be damaged makes it anew, once, and reads again.
    fn repairing<T>(
        &self,
        path: &str,
        id: ObjectId,
        read: impl Fn() -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let first = read();
        let result = match (&first, &self.mirror) {
            (Err(Fault::Missing | Fault::Broken(_)), Some(mirror))
                if !self.repaired.swap(true, Ordering::Relaxed) =>
            {
                mirror.rebuild()?;
                self.reopen(mirror)?;
                read()
            }
            _ => first,
        };
        result.map_err(|fault| self.error(path, id, fault))
    }

    /// Looks again at a mirror whose folder was replaced.
    pub(crate) fn reopen(&self, mirror: &Mirror) -> Result<(), Error> {
        *self.lock() = open(mirror.path())?;
        Ok(())
    }

    fn error(&self, path: &str, id: ObjectId, fault: Fault) -> Error {
        let (path, id) = (path.to_owned(), id.to_string());
        match fault {
            Fault::Missing => Error::Missing { path, id, partial: self.is_partial() },
            Fault::Broken(why) => Error::Broken { path, id, why },
            Fault::TooLarge(size) => Error::TooLarge { path, size, limit: 0 },
        }
    }

    pub(crate) fn is_partial(&self) -> bool {
        let repository = self.lock();
        let config = repository.config_snapshot();
        let file = config.plumbing();
        file.string("extensions.partialClone").is_some()
            || file
                .sections_by_name("remote")
                .into_iter()
                .flatten()
                .any(|remote| remote.value("promisor").is_some_and(|value| value == "true"))
    }
}

fn fault(error: &gix::Error) -> Fault {
    if error.classify().is_not_found() {
        Fault::Missing
    } else {
        Fault::Broken(error.probable_cause().to_string())
    }
}

/// Nothing that is larger is read into memory, whatever asks for it.
pub(crate) const LARGEST_OBJECT: &str = "gitoxide.objects.allocLimit=256m";

/// How repositories are opened: their own configuration only, and whoever owns them, because nothing
/// in it can start a program when only objects are read.
pub(crate) fn options() -> gix::open::Options {
    gix::open::Options::isolated()
        .with(gix::sec::Trust::Full)
        .filter_config_section(|_| true)
        .config_overrides([
            "core.deltaBaseCacheLimit=128m",
            "core.useReplaceRefs=false",
            LARGEST_OBJECT,
        ])
}

/// Opens exactly this repository.
pub(crate) fn open(path: &Path) -> Result<gix::Repository, Error> {
    options()
        .open_path_as_is(true)
        .open(path)
        .map(|repository| repository.to_thread_local())
        .map_err(|error| Error::NotARepository {
            path: path.to_owned(),
            why: error.probable_cause().to_string(),
        })
}
