//! The project's own files: `suimon.yaml`, `environment.yaml`, `release.yaml`, `module.yaml`.
//!
//! Strict: an unknown key, a wrong type, a missing key and a wrong name are errors with their place,
//! and all of them are reported in one run.

mod duration;
mod environment;
mod gate;
mod gate_approvals;
mod gate_checks;
mod gate_files;
mod module;
mod project;
mod project_settings;
mod reader;
mod release;

pub(crate) use environment::{EnvironmentFile, Instance, Patch, environment_file, locate_gate};
pub(crate) use gate_files::gate_files;
pub(crate) use module::module_file;
pub(crate) use project::{
    environment_names, folders_with_environment, missing_upstream, project_file,
};
pub(crate) use release::{IMAGE_CODES, release_file, release_path, release_text};

use suimon_model::{Diagnostic, Entry, EntryKind, Snapshot};

/// The names of a folder's subfolders, sorted.
fn folders(snapshot: &dyn Snapshot, folder: &str) -> Result<Vec<String>, Diagnostic> {
    let entries = snapshot.list(folder)?.unwrap_or_default();
    let folder_name = |entry: Entry| (entry.kind == EntryKind::Folder).then_some(entry.name);
    Ok(entries.into_iter().filter_map(folder_name).collect())
}
