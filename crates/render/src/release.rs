//! `envs/<env>/release.yaml`, read by itself and written.

mod splice;
mod write;

use suimon_model::{Diagnostic, Diagnostics, Location, Release, Snapshot};

use crate::config;
use crate::render::sorted;

/// Reads the release of an environment and the place of its `modules` pin; `None` where there is no file.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn load_release(
    snapshot: &dyn Snapshot,
    env: &str,
) -> Result<Option<(Release, Location)>, Diagnostics> {
    let path = config::release_path(env);
    if snapshot.read(&path)?.is_none() {
        return Ok(None);
    }
    config::release_file(snapshot, env).map(Some).map_err(sorted)
}

/// The text of a `release.yaml` that says exactly this.
///
/// # Guarantees
/// What is read from the text is the release. Comments, order and style of an existing text stay, but for
/// what is no longer there; where its form does not allow that, only the comment that it begins with does.
/// What is equal already is not touched.
///
/// # Errors
/// The release has no name, or something that such a file may not hold; the existing text is not one of a
/// release. A tag in the existing text, where a digest belongs, is none: this is how it is corrected.
pub fn edit_release(existing: Option<&str>, release: &Release) -> Result<String, Diagnostics> {
    if release.name.as_deref().is_none_or(str::is_empty) {
        return Err(
            Diagnostic::error("no-name", "a release needs a name to be written down").into()
        );
    }
    let fresh = write::fresh(release);
    let (read, _) = config::release_text(FILE, &fresh).map_err(sorted)?;
    if read != *release {
        let summary = "this release cannot be written down so that it reads the same";
        return Err(Diagnostic::error("wrong-value", summary).into());
    }
    let Some(existing) = existing else { return Ok(fresh) };
    match config::release_text(FILE, existing) {
        Ok((read, _)) if read == *release => return Ok(existing.to_owned()),
        Ok(_) => {}
        Err(errors) => {
            let is_image = |error: &Diagnostic| config::IMAGE_CODES.contains(&error.code);
            if !errors.iter().all(is_image) {
                return Err(sorted(errors));
            }
        }
    }
    let says =
        |text: &String| config::release_text(FILE, text).is_ok_and(|(read, _)| read == *release);
    let edited = splice::spliced(existing, release).filter(says);
    Ok(edited.unwrap_or_else(|| format!("{}{fresh}", write::leading_comment(existing))))
}

/// What messages call a text without a place in a project.
const FILE: &str = "release.yaml";
