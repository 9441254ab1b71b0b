//! What each environment uses, read from its declaration.

use std::collections::BTreeSet;

use serde_json::Value;
use suimon_model::Snapshot;
use suimon_promote::Uses;

use crate::session::Session;

/// What each environment uses at the head of a change, and used where it starts.
///
/// A declaration that cannot be read uses nothing here: where the change touches it, its plan says what is
/// wrong.
pub(super) fn uses(
    names: &[String],
    head: &Session<'_>,
    start: Option<&std::sync::Arc<dyn Snapshot>>,
) -> Vec<Uses> {
    let of = |name: &String| {
        let mut uses = Uses { name: name.clone(), ..Uses::default() };
        let snapshots = [Some(head.snapshot.as_ref()), start.map(AsRef::as_ref)];
        for snapshot in snapshots.into_iter().flatten() {
            if let Some(declared) = declared(snapshot, name) {
                read(&declared, &mut uses);
            }
        }
        let release = suimon_render::load_release(head.snapshot.as_ref(), name);
        uses.pinned =
            release.is_ok_and(|found| found.is_some_and(|(release, _)| release.modules.is_some()));
        uses
    };
    names.iter().map(of).collect()
}

fn declared(snapshot: &dyn Snapshot, environment: &str) -> Option<Value> {
    let path = format!("envs/{environment}/environment.yaml");
    let content = snapshot.read(&path).ok()??;
    let text = std::str::from_utf8(&content).ok()?;
    let documents = suimon_render::parse_kubernetes_yaml(&path, text).ok()?;
    documents.into_iter().next().map(|document| document.value)
}

fn read(declared: &Value, uses: &mut Uses) {
    let modules = declared.pointer("/spec/modules").and_then(Value::as_array);
    let names = modules.into_iter().flatten().filter_map(|one| one.get("module")?.as_str());
    uses.modules.extend(names.map(str::to_owned));
    let files: BTreeSet<String> = ["allowedSigners", "revokedKeys"]
        .iter()
        .filter_map(|key| {
            declared.pointer(&format!("/spec/gate/approvers/{key}"))?.as_str().map(str::to_owned)
        })
        .collect();
    uses.files.extend(files);
}
