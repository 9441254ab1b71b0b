//! The hermetic environment that the end-to-end tests run in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;

use suimon_sandbox::envtest::ApiServer;
use suimon_sandbox::{Options, Request, Sandbox};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::http::Api;
use crate::run::{Ran, Running};

pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

/// The API that an environment is applied to.
pub(crate) enum Cluster {
    Sandbox(Sandbox),
    /// A real API server, and `kubectl proxy` in front of it.
    Real {
        /// Ends when it is dropped.
        _server: ApiServer,
        proxy: Child,
    },
    /// None at all.
    Nothing,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Self::Real { proxy, .. } = self {
            // A proxy that has ended already needs no kill.
            let _ = proxy.kill();
            let _ = proxy.wait();
        }
    }
}

/// A project folder, a cluster whose context is called `dev`, and nothing else of this machine.
pub(crate) struct Env {
    dir: TempDir,
    pub(crate) cluster: Cluster,
    url: String,
    /// More environment variables of the binary.
    variables: RefCell<BTreeMap<String, String>>,
    /// What differs from run to run, and what is shown instead.
    shown: RefCell<Vec<(String, String)>>,
}

impl Env {
    /// On the embedded sandbox.
    pub(crate) fn sandbox() -> Self {
        Self::sandbox_with(true)
    }

    /// On the embedded sandbox, with or without the controllers that make things healthy.
    pub(crate) fn sandbox_with(controllers: bool) -> Self {
        let options = Options { controllers, record_requests: true, ..Options::default() };
        let sandbox = RUNTIME.block_on(Sandbox::start(options)).unwrap();
        let url = sandbox.url();
        let env = Self::on(Cluster::Sandbox(sandbox), url.clone());
        env.kubeconfig_for(&[("dev", &url)]);
        env
    }

    /// On a real API server, where there is one; without controllers, so nothing gets healthy.
    pub(crate) fn real() -> Option<Self> {
        let assets = PathBuf::from(std::env::var_os("KUBEBUILDER_ASSETS")?);
        let server = ApiServer::start().unwrap()?;
        let kubectl = assets.join("kubectl");
        let mut proxy = Command::new(&kubectl)
            .args(["proxy", "--port=0", "--kubeconfig"])
            .arg(server.kubeconfig_path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        let kubeconfig = server.kubeconfig().to_owned();
        let env = Self::on(Cluster::Real { _server: server, proxy }, format!("http://{address}"));
        std::fs::write(env.kubeconfig(), kubeconfig).unwrap();
        let renamed = Command::new(kubectl)
            .args(["config", "rename-context", "envtest", "dev", "--kubeconfig"])
            .arg(env.kubeconfig())
            .output()
            .unwrap();
        assert!(renamed.status.success(), "{renamed:?}");
        Some(env)
    }

    /// With no cluster and no kubeconfig.
    pub(crate) fn offline() -> Self {
        Self::on(Cluster::Nothing, String::new())
    }

    fn on(cluster: Cluster, url: String) -> Self {
        let env = Self {
            dir: tempfile::tempdir().unwrap(),
            cluster,
            url,
            variables: RefCell::default(),
            shown: RefCell::default(),
        };
        std::fs::create_dir(env.project()).unwrap();
        std::fs::create_dir(env.dir.path().join("home")).unwrap();
        env
    }

    /// Another sandbox for the same project, such as that of another environment.
    pub(crate) fn another_sandbox() -> Sandbox {
        RUNTIME.block_on(Sandbox::start(Options::default())).unwrap()
    }

    /// Writes the kubeconfig: contexts and the addresses of their clusters.
    pub(crate) fn kubeconfig_for(&self, contexts: &[(&str, &str)]) -> &Self {
        let mut text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {}\nusers: [{{name: u, user: {{}}}}]\n",
            contexts[0].0
        );
        let list = |each: &dyn Fn(&str, &str) -> String| -> String {
            contexts.iter().map(|(name, url)| each(name, url)).collect()
        };
        text += "clusters:\n";
        text += &list(&|name, url| format!("- {{name: {name}, cluster: {{server: \"{url}\"}}}}\n"));
        text += "contexts:\n";
        text += &list(&|name, _| {
            format!("- {{name: {name}, context: {{cluster: {name}, user: u}}}}\n")
        });
        std::fs::write(self.kubeconfig(), text).unwrap();
        self
    }

    /// Sets an environment variable of the binary.
    pub(crate) fn set(&self, name: &str, value: &str) -> &Self {
        self.variables.borrow_mut().insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes an environment variable of the binary away.
    pub(crate) fn unset(&self, name: &str) -> &Self {
        self.variables.borrow_mut().remove(name);
        self
    }

    /// Shows something else instead of a text that differs from run to run.
    pub(crate) fn show(&self, text: &str, instead: &str) {
        self.shown.borrow_mut().push((text.to_owned(), instead.to_owned()));
    }

    pub(crate) fn sandbox_api(&self) -> &Sandbox {
        match &self.cluster {
            Cluster::Sandbox(sandbox) => sandbox,
            _ => panic!("this test is for the sandbox"),
        }
    }

    /// Whether controllers make things healthy.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self.cluster, Cluster::Real { .. })
    }

    /// What somebody else does to the cluster.
    pub(crate) fn api(&self) -> Api {
        Api::new(&self.url)
    }

    /// What was written since the record was last cleared, dry runs left out.
    pub(crate) fn writes(&self) -> Vec<String> {
        let write = |r: &Request| r.method != "GET" && !r.query.contains("dryRun=All");
        let requests = self.sandbox_api().requests();
        requests.iter().filter(|r| write(r)).map(|r| format!("{} {}", r.method, r.path)).collect()
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.dir.path().join("project")
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.dir.path().join("kubeconfig")
    }

    /// Writes a file of the project.
    pub(crate) fn file(&self, path: &str, content: &str) -> &Self {
        let path = self.project().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Removes a file or a folder of the project.
    pub(crate) fn remove(&self, path: &str) -> &Self {
        let path = self.project().join(path);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }
            .unwrap();
        self
    }

    /// Removes a symlink of the project.
    pub(crate) fn remove_link(&self, path: &str) {
        std::fs::remove_file(self.project().join(path)).unwrap();
    }

    /// Copies a folder of this repository into the project.
    pub(crate) fn copy(&self, from: &str, to: &str) -> &Self {
        copy(&repository().join(from), &self.project().join(to));
        self
    }

    /// Runs git in the project.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(self.project())
            .env("HOME", self.dir.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits everything in the project; the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        if !self.project().join(".git").exists() {
            self.git(&["init", "-q"]);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A project called `shop` with one environment, `dev`, whose `manifests/` hold this.
    pub(crate) fn with_manifests(&self, yaml: &str) -> &Self {
        self.with_environment("shop", "", yaml)
    }

    /// The same with more in the environment's `spec`, indented by two, and another project name.
    pub(crate) fn with_environment(&self, project: &str, spec: &str, yaml: &str) -> &Self {
        self.file(
            "suimon.yaml",
            &format!(
                "apiVersion: suimon.dev/v1alpha1\nkind: Project\nmetadata: {{name: {project}}}\n\
                 spec: {{pipeline: [dev]}}\n"
            ),
        );
        self.file(
            "envs/dev/environment.yaml",
            &format!(
                "apiVersion: suimon.dev/v1alpha1\nkind: Environment\nmetadata: {{name: dev}}\nspec:\n  \
                 platform: kubernetes\n  targets: {{kubernetes: {{context: dev}}}}\n{spec}"
            ),
        );
        self.file("envs/dev/manifests/all.yaml", yaml)
    }

    /// The binary, not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_suimon"));
        command
            .args(args)
            .current_dir(self.project())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path().join("home"))
            .env("KUBECONFIG", self.kubeconfig())
            .env("SUIMON_CACHE_DIR", self.dir.path().join("cache"))
            .env("AWS_CONFIG_FILE", self.dir.path().join("aws-config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.dir.path().join("aws-credentials"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("TZ", "UTC")
            .envs(self.variables.borrow().iter())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary.
    pub(crate) fn suimon(&self, args: &[&str]) -> Ran {
        self.run(self.command(args))
    }

    /// Runs a command that was made by [`Env::command`].
    pub(crate) fn run(&self, mut command: Command) -> Ran {
        let output = command.output().unwrap();
        self.ran(output.status, output.stdout, output.stderr)
    }

    /// What a command did, without what differs from run to run.
    pub(crate) fn ran(&self, status: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>) -> Ran {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let mut text = text.replace(self.dir.path().to_str().unwrap(), "[DIR]");
            for (from, to) in self.shown.borrow().iter() {
                text = text.replace(from, to);
            }
            if self.url.is_empty() { text } else { text.replace(&self.url, "[API]") }
        };
        Ran { code: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// `apply dev --auto-approve`, waiting for health where anything gets healthy.
    pub(crate) fn apply(&self, more: &[&str]) -> Ran {
        let mut args = vec!["apply", "dev", "--auto-approve"];
        if self.is_real() {
            args.push("--no-wait");
        }
        args.extend(more);
        self.suimon(&args)
    }

    /// `plan dev`.
    pub(crate) fn plan(&self, more: &[&str]) -> Ran {
        let mut args = vec!["plan", "dev"];
        args.extend(more);
        self.suimon(&args)
    }

    /// Insists that a plan finds nothing to do.
    #[track_caller]
    pub(crate) fn settled(&self) {
        let ran = self.plan(&["--detailed-exitcode"]).code(0);
        ran.says("No changes. Live state matches the configuration.");
    }

    /// Starts the binary and leaves it running.
    pub(crate) fn start(&self, mut command: Command) -> Running<'_> {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Running::new(self, child)
    }
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
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
