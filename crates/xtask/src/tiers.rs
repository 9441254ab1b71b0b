//! Tests that need something that not every machine has.
//!
//! A test of a tier looks for the tier's environment variable and does nothing without it; here it
//! is decided whether the variable is set, and said when it is not.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::step::Error;
use crate::{openapi, venv};

/// Some of the tests, and whether this machine can run them.
#[derive(Debug, Clone)]
pub(crate) struct Tier {
    /// What a person calls it.
    pub(crate) name: &'static str,
    /// The variable that its tests look for.
    pub(crate) variable: &'static str,
    /// The variable's value, or why the tier is skipped and how to get it.
    pub(crate) value: Result<PathBuf, String>,
}

/// Every tier; what can be installed for it is.
///
/// # Errors
/// Nobody reads what xtask says, or `CI` is set and a tier that can be installed was not.
pub(crate) fn all() -> Result<Vec<Tier>, Error> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let aws = aws_servers()?;
    if let (Err(why), Some(_)) = (&aws.value, variable("CI")) {
        return Err(Error::Tier { name: aws.name, why: why.clone() });
    }
    Ok(vec![real_api_server(assets), aws, github()?])
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Tests against a real `kube-apiserver` with `etcd`.
fn real_api_server(assets: Option<PathBuf>) -> Tier {
    let folder = assets
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| PathBuf::from("/usr/local/kubebuilder/bin"));
    let missing: Vec<&str> = ["kube-apiserver", "etcd"]
        .into_iter()
        .filter(|program| !is_program(&folder.join(program)))
        .collect();
    let value = if missing.is_empty() {
        Ok(folder)
    } else {
        Err(format!(
            "no {} in {}; `setup-envtest use` (from sigs.k8s.io/controller-runtime) or any \
             kube-apiserver and etcd will do: point KUBEBUILDER_ASSETS at their folder",
            missing.join(" and "),
            folder.display()
        ))
    };
    Tier { name: "real API server", variable: "KUBEBUILDER_ASSETS", value }
}

/// Tests against `moto` and `ministack`, which imitate AWS: those of `$SUIMON_TEST_AWS`, or our own.
pub(crate) fn aws_servers() -> Result<Tier, Error> {
    let name = "SUIMON_TEST_AWS";
    let found = match variable(name) {
        Some(folder) => given(folder),
        None => venv::set_up()?,
    };
    let value = found.map_err(|why| {
        format!(
            "{why}; Python 3.11 or newer with its module venv (Debian: python3-venv) and a network \
             for pip will do, or a folder in {name} with what crates/xtask/requirements.txt installs"
        )
    });
    Ok(Tier { name: "moto and ministack", variable: name, value })
}

/// The comparison of what the forge's tests hold of GitHub's API with all that GitHub publishes of it.
fn github() -> Result<Tier, Error> {
    let variable_name = "SUIMON_GITHUB_OPENAPI";
    let found = match variable(variable_name) {
        Some(file) if file.is_file() => Ok(file),
        Some(file) => Err(format!("no file {}", file.display())),
        None => openapi::set_up()?,
    };
    let value = found.map_err(|why| {
        format!(
            "{why}; npm and a network will do, or its file api.github.com.json in {variable_name}. \
             Requests to GitHub are checked against a part of it in any case"
        )
    });
    Ok(Tier { name: "GitHub's whole description", variable: variable_name, value })
}

fn given(folder: PathBuf) -> Result<PathBuf, String> {
    let mut missing = venv::PROGRAMS.iter().filter(|program| !is_program(&folder.join(program)));
    match missing.next() {
        None => Ok(folder),
        Some(program) => Err(format!("no {program} in {}", folder.display())),
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_api_server_needs_both_programs() {
        let folder = tempfile::tempdir().unwrap();
        let tier = || real_api_server(Some(folder.path().to_owned())).value;
        assert!(tier().unwrap_err().starts_with("no kube-apiserver and etcd in "));

        let program = |name: &str, mode| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        program("etcd", 0o755);
        program("kube-apiserver", 0o644);
        let skipped = tier().unwrap_err();
        assert!(skipped.starts_with("no kube-apiserver in "), "{skipped}");
        assert!(skipped.contains("setup-envtest use") && !skipped.contains('\n'), "{skipped}");

        program("kube-apiserver", 0o755);
        assert_eq!(tier(), Ok(folder.path().to_owned()));
    }
}
