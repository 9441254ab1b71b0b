//! An environment's gate, without rendering anything.

use suimon_model::{Diagnostics, Environment, GateFiles, Location, Snapshot};

use crate::config;
use crate::render::{gate_files, sorted};

/// Reads an environment and the files that its gate is judged with, `suimon.yaml` too, and nothing else.
///
/// Meant for the gate as it stood at another revision: no module, template or release is read, so
/// none of them can be in the way.
///
/// # Errors
/// Everything that is wrong with these files; for an unknown environment the known ones.
pub fn load_gate(
    snapshot: &dyn Snapshot,
    env: &str,
) -> Result<(Environment, GateFiles), Diagnostics> {
    let file = config::environment_file(snapshot, env).map_err(|broken| {
        let mut errors = broken.errors;
        if let Some(file) = broken.rest {
            errors.extend(gate_files(snapshot, &file, None).err().unwrap_or_default());
        }
        sorted(errors)
    })?;
    let has_project = snapshot.read("suimon.yaml").map_err(|error| sorted(vec![error]))?.is_some();
    let project = if file.environment.gate.is_some() && has_project {
        Some(config::project_file(snapshot).map_err(sorted)?)
    } else {
        None
    };
    let files = gate_files(snapshot, &file, project.as_ref()).map_err(sorted)?;
    Ok((file.environment, files))
}

/// The place of a JSON pointer (RFC 6901) inside the gate of an environment.
///
/// Where the pointer leads to nothing it is the place of the deepest part that is there; for the empty
/// pointer that of the key `gate`; the whole file where that cannot be read.
pub fn locate_gate(snapshot: &dyn Snapshot, env: &str, pointer: &str) -> Location {
    config::locate_gate(snapshot, env, pointer)
}
