//! [`Tools`]: the programs that the benches run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::Job;
use super::{Error, Result};
use crate::tiers;

/// Where the programs are, and how many rounds to run.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) suimon: PathBuf,
    pub(crate) rounds: usize,
    kubectl: Option<PathBuf>,
    git: Option<PathBuf>,
    curl: Option<PathBuf>,
    assets: PathBuf,
}

impl Tools {
    /// Looks the programs up; builds a release of suimon, unless it is given.
    ///
    /// # Errors
    /// There is no such binary, it cannot be built, or there is no `bash`, which keeps the time.
    pub(crate) fn find(binary: Option<PathBuf>, rounds: usize) -> Result<Self> {
        on_path("bash")
            .ok_or_else(|| Error::Missing("no bash, which keeps the time".to_owned()))?;
        let suimon = match binary {
            Some(path) => {
                path.canonicalize().map_err(Error::io(format!("find {}", path.display())))?
            }
            None => build()?,
        };
        let assets = std::env::var_os("KUBEBUILDER_ASSETS").filter(|folder| !folder.is_empty());
        let assets = assets.map_or_else(|| "/usr/local/kubebuilder/bin".into(), PathBuf::from);
        Ok(Self {
            suimon,
            rounds,
            kubectl: on_path("kubectl"),
            git: on_path("git"),
            curl: on_path("curl"),
            assets,
        })
    }

    /// # Errors
    /// There is none.
    pub(crate) fn kubectl(&self) -> Result<&Path> {
        have(self.kubectl.as_deref(), "kubectl")
    }

    /// # Errors
    /// There is none.
    pub(crate) fn git(&self) -> Result<&Path> {
        have(self.git.as_deref(), "git")
    }

    /// # Errors
    /// There is none.
    pub(crate) fn curl(&self) -> Result<&Path> {
        have(self.curl.as_deref(), "curl")
    }

    /// `etcd` and `kube-apiserver`.
    ///
    /// # Errors
    /// They are not there.
    pub(crate) fn api_server(&self) -> Result<[PathBuf; 2]> {
        let program = |name: &str| Some(self.assets.join(name)).filter(|path| path.is_file());
        // Etcd 3.6 answers watch progress requests, which newer servers want.
        let etcd = program("etcd-3.6").or_else(|| program("etcd"));
        etcd.zip(program("kube-apiserver")).map(|(etcd, server)| [etcd, server]).ok_or_else(|| {
            let folder = self.assets.display();
            Error::Missing(format!("no etcd and kube-apiserver in {folder} ($KUBEBUILDER_ASSETS)"))
        })
    }

    /// The `bin` of an environment with `moto`, which is installed when it is missing.
    ///
    /// # Errors
    /// It cannot be installed.
    #[expect(clippy::unused_self, reason = "like the other programs")]
    pub(crate) fn aws_servers(&self) -> Result<PathBuf> {
        tiers::aws_servers()?.value.map_err(Error::Missing)
    }

    /// What is measured, in versions.
    pub(crate) fn versions(&self) -> Vec<String> {
        let [etcd, server] = self.api_server().map_or([None, None], |both| both.map(Some));
        let programs: [(Option<&Path>, &[&str]); 6] = [
            (Some(&self.suimon), &["--version"]),
            (self.kubectl.as_deref(), &["version", "--client"]),
            (self.curl.as_deref(), &["--version"]),
            (self.git.as_deref(), &["--version"]),
            (server.as_deref(), &["--version"]),
            (etcd.as_deref(), &["--version"]),
        ];
        let lines = programs.iter().filter_map(|(program, arguments)| {
            let program = (*program)?;
            let output = Command::new(program).args(*arguments).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout);
            Some(format!("{}: {}", program.display(), text.lines().next().unwrap_or_default()))
        });
        lines.collect()
    }
}

fn have<'a>(program: Option<&'a Path>, name: &str) -> Result<&'a Path> {
    program.ok_or_else(|| Error::Missing(format!("no {name} on the PATH")))
}

/// The first file of this name on the `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The root of this repository.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap_or(Path::new(".")).to_owned()
}

pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

fn build() -> Result<PathBuf> {
    let root = root();
    Job::new(&cargo(), &root)
        .args(["build", "--release", "--locked", "--package", "suimon"])
        .run()?;
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| "target".into(), PathBuf::from);
    let path = root.join(target).join("release").join("suimon");
    path.canonicalize().map_err(Error::io(format!("find {}", path.display())))
}
