//! The hermetic environment that the end-to-end tests run in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use suimon_sandbox::envtest::ApiServer;
use suimon_sandbox::{Options, Sandbox};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What a command did.
#[derive(Debug, Clone)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Insists on the exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }
}

/// The API that an environment is applied to.
pub enum Cluster {
    Sandbox(Sandbox),
    Real(ApiServer),
}

/// A project folder, a cluster whose context is called `dev`, and nothing else of this machine.
pub struct Env {
    dir: TempDir,
    pub cluster: Cluster,
    pub runtime: Runtime,
}

impl Env {
    /// On the embedded sandbox.
    pub fn sandbox() -> Self {
        let runtime = runtime();
        let options = Options { controllers: true, record_requests: true, ..Options::default() };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        Self::on(Cluster::Sandbox(sandbox), runtime)
    }

    /// On a real API server, where there is one; without controllers, so nothing gets healthy.
    pub fn real() -> Option<Self> {
        let server = ApiServer::start().unwrap()?;
        Some(Self::on(Cluster::Real(server), runtime()))
    }

    fn on(cluster: Cluster, runtime: Runtime) -> Self {
        let env = Self { dir: tempfile::tempdir().unwrap(), cluster, runtime };
        std::fs::create_dir(env.project()).unwrap();
        std::fs::create_dir(env.dir.path().join("home")).unwrap();
        let kubeconfig = match &env.cluster {
            Cluster::Sandbox(sandbox) => sandbox.kubeconfig(),
            Cluster::Real(server) => server.kubeconfig(),
        };
        std::fs::write(env.kubeconfig(), rename_context(&kubeconfig, "dev")).unwrap();
        env
    }

    pub fn sandbox_api(&self) -> &Sandbox {
        match &self.cluster {
            Cluster::Sandbox(sandbox) => sandbox,
            Cluster::Real(_) => panic!("this test is for the sandbox"),
        }
    }

    pub fn project(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.path().join("kubeconfig")
    }

    /// Writes a file of the project.
    pub fn file(&self, path: &str, content: &str) -> &Self {
        let path = self.project().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Removes a file or a folder of the project.
    pub fn remove(&self, path: &str) -> &Self {
        let path = self.project().join(path);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
            .unwrap();
        self
    }

    /// Copies a folder of this repository into the project.
    pub fn copy(&self, from: &str, to: &str) -> &Self {
        copy(&repository().join(from), &self.project().join(to));
        self
    }

    /// A project with one environment, `dev`, whose `manifests/` hold this.
    pub fn with_manifests(&self, yaml: &str) -> &Self {
        self.file(
            "suimon.yaml",
            "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {name: shop}\nspec: {pipeline: [dev]}\n",
        );
        self.file(
            "envs/dev/environment.yaml",
            "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {name: dev}\nspec:\n  platform: kubernetes\n  targets: {kubernetes: {context: dev}}\n",
        );
        self.file("envs/dev/manifests/all.yaml", yaml)
    }

    /// The binary, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_suimon"));
        command
            .args(args)
            .current_dir(self.project())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path().join("home"))
            .env("KUBECONFIG", self.kubeconfig())
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary.
    pub fn suimon(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(self.dir.path().to_str().unwrap(), "[DIR]")
        };
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs kubectl against the cluster; `None` where there is no kubectl.
    pub fn kubectl(&self, args: &[&str], stdin: &str) -> Option<Ran> {
        use std::io::Write;
        let mut child = Command::new("kubectl")
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path().join("home"))
            .env("KUBECONFIG", self.kubeconfig())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Some(Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Kubeconfigs of test servers have one context; the environments here call it `dev`.
fn rename_context(kubeconfig: &str, name: &str) -> String {
    let current = kubeconfig
        .lines()
        .find_map(|line| line.strip_prefix("current-context:"))
        .map(|value| value.trim().trim_matches('"').to_owned())
        .unwrap();
    kubeconfig
        .lines()
        .map(|line| {
            let bare = line.trim_start_matches(['-', ' ']).replace('"', "");
            let is_context =
                bare == format!("name: {current}") || bare == format!("current-context: {current}");
            if is_context && !line.starts_with("users") {
                line.replace(&current, name)
            } else {
                line.replace(&format!("cluster: {current}"), &format!("cluster: {name}"))
                    .replace(&format!("user: {current}"), &format!("user: {name}"))
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}
