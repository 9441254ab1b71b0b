//! `modules/<module>/module.yaml`.

use suimon_model::{Diagnostic, Location, Snapshot};

use super::{folders, reader::Reader};
use crate::suggest::{did_you_mean, list};
use crate::text::Places;
use crate::yaml::Node;

/// Everything that the file says.
pub(crate) struct ModuleFile {
    pub(crate) places: Places,
    /// The JSON Schema of the values; `None` accepts any.
    pub(crate) inputs: Option<Node>,
}

/// Reads the file of a module. `suffix` tells a pinned revision in messages (`@4f0c1a2`), `used` is
/// where the module is asked for.
pub(crate) fn module_file(
    snapshot: &dyn Snapshot,
    name: &str,
    suffix: &str,
    used: &Location,
) -> Result<ModuleFile, Vec<Diagnostic>> {
    let path = format!("modules/{name}/module.yaml");
    let label = format!("{path}{suffix}");
    let mut reader = Reader::new(&label);
    let Some(root) = reader.load(snapshot, &path) else {
        if !reader.errors.is_empty() {
            return Err(reader.errors);
        }
        let known = folders(snapshot, "modules").map_err(|error| vec![error])?;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut error =
            Diagnostic::error("no-module", format!("there is no module `{name}`: no `{label}`"))
                .at(used.clone());
        if !known.is_empty() {
            error = error.detail(format!("modules here: {}", list(&known)));
        }
        if crate::suggest::nearest(name, known.iter().copied()).is_some() {
            error.help = did_you_mean(name, &known);
        }
        return Err(vec![error]);
    };
    let header = reader.header(&root, "Module", true);
    reader.same_name(&header, name);
    let mut inputs = None;
    if let Some(spec) = header.spec.filter(|spec| !spec.is_null())
        && reader.mapping(spec, "`spec`", &["inputs"])
    {
        inputs = reader.free_mapping(spec, "inputs").cloned();
    }
    reader.finish(Some(ModuleFile { places: Places::file(label), inputs }))
}
