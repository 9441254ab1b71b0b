//! The files that a gate is judged with.

use std::collections::BTreeMap;

use suimon_model::{Diagnostic, EntryKind, Gate, GateFiles, Location, Snapshot};

use super::gate::GatePlaces;
use crate::limits;
use crate::text::decode;

/// Where the policies are.
const POLICIES: &str = "policies";

/// Reads the signers, the revoked keys and the policies.
pub(crate) fn gate_files(
    snapshot: &dyn Snapshot,
    gate: &Gate,
    places: &GatePlaces,
) -> Result<GateFiles, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut named = |path: Option<&String>, at: Option<&Location>| {
        let path = path?;
        let fallback = Location::file(path.as_str());
        named_file(snapshot, path, at.unwrap_or(&fallback)).map_err(|error| errors.push(error)).ok()
    };
    let approvers = gate.approvers.as_ref();
    let mut files = GateFiles {
        allowed_signers: named(
            approvers.and_then(|approvers| approvers.allowed_signers.as_ref()),
            places.allowed_signers.as_ref(),
        ),
        revoked_keys: named(
            approvers.and_then(|approvers| approvers.revoked_keys.as_ref()),
            places.revoked_keys.as_ref(),
        ),
        ..GateFiles::default()
    };
    let mut folders = vec![POLICIES.to_owned()];
    let mut left = limits::POLICY_BYTES;
    while let Some(folder) = folders.pop() {
        match policies(snapshot, &folder, &mut files.policies, &mut left) {
            Ok(more) => folders.extend(more),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// The text of a file that another file names at a place.
pub(super) fn named_file(
    snapshot: &dyn Snapshot,
    path: &str,
    at: &Location,
) -> Result<String, Diagnostic> {
    let bytes = snapshot.read(path).map_err(|error| error.at(at.clone()))?;
    let bytes = bytes.ok_or_else(|| {
        Diagnostic::error("no-file", format!("there is no file `{path}`"))
            .at(at.clone())
            .help("write its path from the project's root, and commit it")
    })?;
    Ok(decode(path, &bytes)?.to_owned())
}

/// Reads the policies of one folder; its subfolders.
fn policies(
    snapshot: &dyn Snapshot,
    folder: &str,
    found: &mut BTreeMap<String, String>,
    left: &mut usize,
) -> Result<Vec<String>, Diagnostic> {
    let mut folders = Vec::new();
    for entry in snapshot.list(folder)?.unwrap_or_default() {
        let path = format!("{folder}/{}", entry.name);
        match entry.kind {
            EntryKind::Folder => folders.push(path),
            EntryKind::File if is_policy(&entry.name) => {
                let Some(bytes) = snapshot.read(&path)? else { continue };
                let text = decode(&path, &bytes)?.to_owned();
                *left = left.checked_sub(text.len()).ok_or_else(|| too_much(&path))?;
                found.insert(path, text);
            }
            EntryKind::File => {}
        }
    }
    Ok(folders)
}

fn is_policy(name: &str) -> bool {
    name.ends_with(".rego") && !name.ends_with("_test.rego")
}

fn too_much(path: &str) -> Diagnostic {
    let limit = limits::mebibytes(limits::POLICY_BYTES);
    Diagnostic::error("limit-policies", format!("the policies are longer than {limit}"))
        .at(Location::file(path))
}
