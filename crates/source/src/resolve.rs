//! Revisions: from what people write to a commit.

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};

use crate::Error;
use crate::mirror::{HEAD_OF_REMOTE, Mirror};
use crate::store::Store;

/// Refuses what could be read as an option, or cannot be printed, before anything is started.
pub(crate) fn check(revision: &str) -> Result<(), Error> {
    const LONGEST: usize = 1024;
    let why = if revision.is_empty() {
        "it is empty"
    } else if revision.starts_with('-') {
        "it starts with `-`, like an option"
    } else if revision.chars().any(char::is_control) {
        "it has control characters"
    } else if revision.len() > LONGEST {
        "it is too long"
    } else {
        return Ok(());
    };
    Err(Error::BadRevision { revision: revision.to_owned(), why })
}

/// Whether it is a whole commit id, which never means anything else.
pub(crate) fn is_full_id(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The commit that a revision means, and its tree. Remote repositories are asked where the mirror
/// cannot tell.
pub(crate) fn commit(store: &Store, revision: &str) -> Result<(ObjectId, ObjectId), Error> {
    check(revision)?;
    let Some(mirror) = store.mirror() else { return in_store(store, revision, revision) };
    let spec = remote_head(revision);
    if is_full_id(revision) {
        if let Ok(found) = in_store(store, revision, &spec) {
            return Ok(found);
        }
        mirror.refresh()?;
        if let Ok(found) = in_store(store, revision, &spec) {
            return Ok(found);
        }
        if let Err(why) = mirror.fetch_commit(&revision.to_ascii_lowercase())? {
            return Err(not_found(store, revision, why));
        }
    } else {
        mirror.refresh()?;
        if Mirror::leaves_out(revision)
            && let Err(why) = mirror.fetch_ref(revision)?
        {
            return Err(not_found(store, revision, why));
        }
    }
    store.reopen(mirror)?;
    in_store(store, revision, &spec)
}

/// The remote's HEAD is kept under a name of its own in the mirror.
fn remote_head(revision: &str) -> String {
    for head in ["HEAD", "@"] {
        if let Some(rest) = revision.strip_prefix(head)
            && (rest.is_empty() || rest.starts_with(['~', '^', ':']))
        {
            return format!("{HEAD_OF_REMOTE}{rest}");
        }
    }
    revision.to_owned()
}

fn in_store(store: &Store, revision: &str, spec: &str) -> Result<(ObjectId, ObjectId), Error> {
    let looked = look(&store.lock(), spec);
    looked.map_err(|miss| {
        let (revision, place) = (revision.to_owned(), store.place().to_owned());
        match miss {
            Miss::Ambiguous => Error::Ambiguous { revision, place },
            Miss::Nothing { unborn } => nothing(store, &revision, unborn),
            Miss::NotACommit(kind) => Error::NotACommit { revision, place, kind },
            Miss::Broken { id, why } => {
                Error::Broken { path: String::new(), id: id.to_string(), why }
            }
        }
    })
}

/// Why a revision is no commit.
enum Miss {
    Ambiguous,
    Nothing { unborn: bool },
    NotACommit(String),
    Broken { id: ObjectId, why: String },
}

fn look(repository: &gix::Repository, spec: &str) -> Result<(ObjectId, ObjectId), Miss> {
    let id = match repository.rev_parse_single(BStr::new(spec)) {
        Ok(id) => id,
        Err(error) if is_ambiguous(&error) => {
            let commit = format!("{spec}^{{commit}}");
            repository.rev_parse_single(BStr::new(&commit)).map_err(|_| Miss::Ambiguous)?
        }
        Err(_) => {
            let unborn = repository.head().is_ok_and(|head| head.is_unborn());
            return Err(Miss::Nothing { unborn });
        }
    };
    let broken = |error: gix::Error| Miss::Broken {
        id: id.detach(),
        why: error.probable_cause().to_string(),
    };
    let object = id.object().and_then(|object| object.peel_tags_to_end()).map_err(broken)?;
    if object.kind != gix::objs::Kind::Commit {
        return Err(Miss::NotACommit(object.kind.to_string()));
    }
    let commit = object.id;
    let tree = object.try_into_commit().map_err(broken)?.tree_id().map_err(broken)?.detach();
    Ok((commit, tree))
}

/// The error for a revision that means nothing, where HEAD can also be on a branch without commits.
fn nothing(store: &Store, revision: &str, unborn: bool) -> Error {
    let dangling = matches!(revision, "HEAD" | "@") && (unborn || store.mirror().is_some());
    if !dangling {
        return not_found(store, revision, String::new());
    }
    if names(&store.lock()).is_empty() {
        return Error::NoCommit { place: store.place().to_owned() };
    }
    not_found(store, revision, "HEAD is on a branch that has no commit yet".to_owned())
}

fn is_ambiguous(error: &gix::Error) -> bool {
    use gix::revision::spec::parse::Error as Parse;
    matches!(
        error.downcast_any_ref::<Parse>(),
        Some(Parse::AmbiguousPrefix { .. } | Parse::AmbiguousRefAndObject { .. })
    )
}

fn not_found(store: &Store, revision: &str, why: String) -> Error {
    let repository = store.lock();
    let shallow = repository.is_shallow().unwrap_or(false);
    let why = if why.is_empty() && shallow {
        "the repository is a shallow clone".to_owned()
    } else {
        why
    };
    Error::NoRevision {
        help: help(&repository, revision, store.mirror().is_some()),
        revision: revision.to_owned(),
        place: store.place().to_owned(),
        why,
    }
}

/// What else there is: names that are close, or the branches there are.
fn help(repository: &gix::Repository, revision: &str, is_mirror: bool) -> String {
    const MOST: usize = 5;
    if is_full_id(revision) {
        let fetch = "if only the remote has it, run `git fetch` in the repository first";
        return if is_mirror { String::new() } else { fetch.to_owned() };
    }
    let names = names(repository);
    let mut near: Vec<(usize, String)> = Vec::new();
    for (kind, name) in &names {
        let last = name.rsplit('/').next().unwrap_or(name);
        let distance =
            strsim::osa_distance(name, revision).min(strsim::osa_distance(last, revision));
        if distance <= revision.chars().count().div_ceil(3) {
            near.push((distance, format!("{kind} `{}`", crate::path::shown(name))));
        }
    }
    if !near.is_empty() {
        near.sort();
        let near: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
        return format!("did you mean {}?", near.join(" or "));
    }
    let branches: Vec<String> = names
        .iter()
        .filter(|(kind, _)| *kind == "branch")
        .map(|(_, name)| format!("`{}`", crate::path::shown(name)))
        .collect();
    match branches.len() {
        0 => String::new(),
        count if count <= MOST => format!("its branches are {}", branches.join(", ")),
        count => format!("it has {count} branches, among them {}", branches[..MOST].join(", ")),
    }
}

/// All branches and tags, sorted.
fn names(repository: &gix::Repository) -> Vec<(&'static str, String)> {
    const KINDS: [(&str, &str); 3] =
        [("refs/heads/", "branch"), ("refs/tags/", "tag"), ("refs/remotes/", "branch")];
    let Ok(platform) = repository.references() else { return Vec::new() };
    let Ok(all) = platform.all() else { return Vec::new() };
    let mut names = Vec::new();
    for reference in all.flatten() {
        let Ok(full) = reference.name().as_bstr().to_str() else { continue };
        let found =
            KINDS.iter().find_map(|(prefix, kind)| Some((*kind, full.strip_prefix(prefix)?)));
        if let Some((kind, name)) = found
            && !name.ends_with("/HEAD")
        {
            names.push((kind, name.to_owned()));
        }
    }
    names.sort();
    names
}
