//! [`Server`]: a real `kube-apiserver` with `etcd` that keeps an audit log.

use std::fs;
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::audit::{self, Requests};
use super::measure::{Job, end_of};
use super::tools::Tools;
use super::{Error, Result};

/// The context of the kubeconfig.
pub(crate) const CONTEXT: &str = "bench";

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the last line of the audit log may take after its answer.
const LAST_LINE: Duration = Duration::from_millis(300);

/// A running API server; dropping it kills its processes and removes its files.
#[derive(Debug)]
pub(crate) struct Server {
    processes: Vec<Child>,
    folder: TempDir,
    kubectl: PathBuf,
    token: String,
    address: String,
}

/// A point in the audit log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(usize);

impl Server {
    /// Starts etcd and a kube-apiserver on free loopback ports.
    ///
    /// # Errors
    /// The programs are missing, or did not start.
    pub(crate) fn start(tools: &Tools) -> Result<Self> {
        let [etcd, server] = tools.api_server()?;
        let kubectl = tools.kubectl()?.to_owned();
        let [client, peer, port] = free_ports()?;
        let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
        let address = format!("https://127.0.0.1:{port}");
        let mut this =
            Self { processes: Vec::new(), folder, kubectl, token: random_token()?, address };
        let etcd_url = format!("http://127.0.0.1:{client}");
        this.start_etcd(&etcd, &etcd_url, peer)?;
        this.start_server(&server, &etcd_url, port)?;
        this.write_kubeconfig()?;
        this.wait_until_ready()?;
        Ok(this)
    }

    /// A file with one context, [`CONTEXT`], and an administrator.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// `https://` and where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The administrator's bearer token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certs/apiserver.crt")
    }

    /// kubectl as this server's administrator, with a cache that is as warm as a user's.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Job {
        Job::new(&self.kubectl, self.folder.path())
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig())
            .env("KUBECACHEDIR", self.folder.path().join("kubectl-cache"))
    }

    /// Where the audit log is now.
    pub(crate) fn mark(&self) -> Result<Mark> {
        std::thread::sleep(LAST_LINE);
        Ok(Mark(self.audit_log()?.len()))
    }

    /// What a program asked since a mark.
    pub(crate) fn requests(&self, since: Mark, agent: &str) -> Result<Requests> {
        std::thread::sleep(LAST_LINE);
        let log = self.audit_log()?;
        audit::count(log.get(since.0..).unwrap_or_default(), agent)
    }

    fn audit_log(&self) -> Result<String> {
        let path = self.folder.path().join("audit.log");
        fs::read_to_string(&path).map_err(Error::io("read the audit log"))
    }

    fn start_etcd(&mut self, program: &Path, url: &str, peer: u16) -> Result<()> {
        let peer = format!("http://127.0.0.1:{peer}");
        let mut command = Command::new(program);
        command
            .arg("--data-dir")
            .arg(self.folder.path().join("etcd"))
            .arg("--unsafe-no-fsync")
            .args(["--listen-client-urls", url, "--advertise-client-urls", url])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("default={peer}"), "--log-level", "warn"]);
        self.spawn("etcd", command)
    }

    fn start_server(&mut self, program: &Path, etcd: &str, port: u16) -> Result<()> {
        let tokens = format!("{},admin,admin,\"system:masters\"\n", self.token);
        let tokens = self.write("tokens.csv", &tokens)?;
        let policy = self.write("audit-policy.yaml", audit::POLICY)?;
        let certificates = self.folder.path().join("certs");
        // The server makes its own key, which will do for service accounts that nobody uses.
        let key = certificates.join("apiserver.key");
        let mut command = Command::new(program);
        command
            .arg(format!("--etcd-servers={etcd}"))
            .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
            .args(["--endpoint-reconciler-type=none", "--service-cluster-ip-range=10.0.0.0/16"])
            .arg(format!("--secure-port={port}"))
            .arg(format!("--cert-dir={}", certificates.display()))
            .arg("--service-account-issuer=https://kubernetes.default.svc.cluster.local")
            .arg(format!("--service-account-key-file={}", key.display()))
            .arg(format!("--service-account-signing-key-file={}", key.display()))
            .arg(format!("--token-auth-file={}", tokens.display()))
            .args(["--authorization-mode=RBAC", "--disable-admission-plugins=ServiceAccount"])
            .arg(format!("--audit-policy-file={}", policy.display()))
            .arg(format!("--audit-log-path={}", self.folder.path().join("audit.log").display()))
            .arg("--audit-log-maxsize=4000");
        self.spawn("kube-apiserver", command)
    }

    fn spawn(&mut self, name: &str, mut command: Command) -> Result<()> {
        let log = self.folder.path().join(format!("{name}.log"));
        let log = fs::File::create(log).map_err(Error::io("create a log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.processes.push(command.spawn().map_err(Error::io(format!("start {name}")))?);
        Ok(())
    }

    fn write_kubeconfig(&self) -> Result<()> {
        let (token, address) = (&self.token, &self.address);
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {CONTEXT}\n\
             clusters:\n- name: c\n  cluster:\n    server: {address}\n    certificate-authority: {}\n\
             users:\n- name: u\n  user:\n    token: {token}\n\
             contexts:\n- name: {CONTEXT}\n  context:\n    cluster: c\n    user: u\n",
            self.certificate().display()
        );
        self.write("kubeconfig", &text).map(|_| ())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while self.kubectl(&["get", "--raw", "/readyz"]).run().is_err() {
            for (child, program) in self.processes.iter_mut().zip(["etcd", "kube-apiserver"]) {
                let ended = child.try_wait().map_err(Error::io(format!("watch {program}")))?;
                if ended.is_some() || start.elapsed() > PATIENCE {
                    let log = self.folder.path().join(format!("{program}.log"));
                    let log = end_of(&fs::read_to_string(log).unwrap_or_default());
                    return Err(Error::NotReady { program, log });
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, text).map_err(Error::io(format!("write {name}")))?;
        Ok(path)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for child in self.processes.iter_mut().rev() {
            // A process that has ended already needs no kill.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_ports() -> Result<[u16; 3]> {
    let mut ports = [0; 3];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("find free ports"))?;
        *port = listener.local_addr().map_err(Error::io("find free ports"))?.port();
        held.push(listener);
    }
    Ok(ports)
}

fn random_token() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(Error::io("read random bytes"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
