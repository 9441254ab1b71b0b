//! [`Project`]: a project repository that is made for a bench.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::measure::{Job, Sample};
use super::tools::Tools;
use super::{Error, Result};

/// The one environment of every project here.
pub(crate) const ENVIRONMENT: &str = "prod";

/// A project in a Git repository of its own, committed.
#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
    suimon: PathBuf,
}

impl Project {
    /// Writes the files and commits them.
    ///
    /// # Errors
    /// A file cannot be written, or there is no git.
    pub(crate) fn new(tools: &Tools, name: &str, files: &[(&str, String)]) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
        let this = Self { folder, suimon: tools.suimon.clone() };
        let header = "apiVersion: suimon.dev/v1alpha1\n";
        let project = format!(
            "{header}kind: Project\nmetadata: {{name: {name}}}\nspec: {{pipeline: [{ENVIRONMENT}]}}\n"
        );
        write(&this.path().join("suimon.yaml"), &project)?;
        for (path, text) in files {
            write(&this.path().join(path), text)?;
        }
        let git = |arguments: &[&str]| Job::new(tools.git()?, &this.path()).args(arguments).run();
        git(&["init", "--quiet"])?;
        git(&["add", "."])?;
        let who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
        let commit = ["-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "bench"];
        git(&[&who[..], &commit[..]].concat())?;
        Ok(this)
    }

    /// The root of the repository.
    fn path(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// A folder that the repository is in, for files that are not part of it.
    pub(crate) fn beside(&self) -> &Path {
        self.folder.path()
    }

    /// suimon in the project's folder.
    pub(crate) fn suimon(&self, arguments: &[&str]) -> Job {
        Job::new(&self.suimon, &self.path()).args(arguments)
    }

    /// What is declared, as one YAML file beside the repository, with namespaces first: kubectl
    /// applies a file from top to bottom.
    ///
    /// # Errors
    /// It does not render.
    pub(crate) fn rendered(&self) -> Result<PathBuf> {
        let path = self.beside().join("rendered.yaml");
        write(&path, &namespaces_first(&self.render("yaml")?.stdout))?;
        Ok(path)
    }

    pub(crate) fn render(&self, format: &str) -> Result<Sample> {
        self.suimon(&["render", ENVIRONMENT, "--output", format]).run()
    }
}

fn namespaces_first(yaml: &str) -> String {
    let mut documents: Vec<&str> = yaml.split("---\n").filter(|text| !text.is_empty()).collect();
    documents.sort_by_key(|text| !text.contains("\nkind: Namespace\n"));
    documents.iter().map(|text| format!("---\n{text}")).collect()
}

/// An `environment.yaml` with these lines under `spec`.
pub(crate) fn environment(context: Option<&str>, spec: &str) -> (&'static str, String) {
    let targets = context
        .map(|context| format!("  targets: {{kubernetes: {{context: {context}}}}}\n"))
        .unwrap_or_default();
    let text = format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: {ENVIRONMENT}}}\n\
         spec:\n  platform: kubernetes\n{targets}{spec}"
    );
    ("envs/prod/environment.yaml", text)
}

/// A `module.yaml` that requires these inputs.
pub(crate) fn module(name: &str, properties: &str) -> String {
    format!(
        "apiVersion: suimon.dev/v1alpha1\nkind: Module\nmetadata: {{name: {name}}}\n\
         spec:\n  inputs:\n    type: object\n    properties: {{{properties}}}\n"
    )
}

pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let what = || format!("write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io(what()))?;
    }
    fs::write(path, text).map_err(Error::io(what()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_gets_the_namespace_before_what_is_in_it() {
        let document = |kind: &str| format!("---\n# from\napiVersion: v1\nkind: {kind}\n");
        let [map, namespace, service] = ["ConfigMap", "Namespace", "Service"].map(document);
        assert_eq!(
            namespaces_first(&[map.as_str(), &namespace, &service].concat()),
            [namespace, map, service].concat()
        );
    }
}
