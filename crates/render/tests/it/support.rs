//! A project in memory.

use suimon_model::{Diagnostics, MemorySnapshot};
use suimon_render::{InProcess, Rendered, render};

/// `dev`, with one module `web`.
#[derive(Default, Clone)]
pub(crate) struct Fixture {
    files: Vec<(String, Vec<u8>)>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::default()
            .file("suimon.yaml", "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec: {pipeline: [dev]}\n")
            .env("")
    }

    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// `spec` behind `platform`, indented by two.
    pub(crate) fn env(self, spec: &str) -> Self {
        let text = format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: dev}}\nspec:\n  platform: kubernetes\n{spec}"
        );
        self.file("envs/dev/environment.yaml", text)
    }

    pub(crate) fn module(self, inputs: &str) -> Self {
        let text = format!(
            "apiVersion: suimon.dev/v1alpha1\nkind: Module\nmetadata: {{name: web}}\nspec:\n  inputs: {inputs}\n"
        );
        self.file("modules/web/module.yaml", text)
    }

    pub(crate) fn template(self, name: &str, text: &str) -> Self {
        self.file(&format!("modules/web/kubernetes/{name}"), text)
    }

    /// A module `web` without inputs, one instance `api` with these values, one template `t`.
    pub(crate) fn with_template(values: &str, text: &str) -> Self {
        Self::new()
            .env(&format!("  modules:\n    - {{name: api, module: web, values: {values}}}\n"))
            .module("{}")
            .template("t.yaml.tera", text)
    }

    pub(crate) fn with_manifest(text: impl AsRef<[u8]>) -> Self {
        Self::new().file("envs/dev/manifests/m.yaml", text)
    }

    pub(crate) fn snapshot(&self) -> MemorySnapshot {
        MemorySnapshot::new(self.files.clone())
    }

    pub(crate) fn render(&self) -> Result<Rendered, Diagnostics> {
        render(&self.snapshot(), "dev", &InProcess::default())
    }

    /// One line per object: where, id, body; then the warnings.
    pub(crate) fn objects(&self) -> String {
        let rendered = self.render().unwrap_or_else(|errors| panic!("{errors}"));
        let mut lines: Vec<String> = rendered
            .state
            .manifests
            .iter()
            .map(|m| format!("{} {}\n  {}", m.origin.location(), m.id, m.body.as_str()))
            .collect();
        lines.extend(rendered.warnings.iter().map(ToString::to_string));
        lines.join("\n")
    }

    pub(crate) fn errors(&self) -> String {
        match self.render() {
            Ok(rendered) => panic!("no error, {} objects", rendered.state.manifests.len()),
            Err(errors) => errors.to_string(),
        }
    }
}
