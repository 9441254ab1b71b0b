//! A real `kube-apiserver` with `etcd`, for tests.

use std::{
    fs,
    io::{self, Read as _},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file, port or process could not be had.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// A process ended or did not answer in time.
    #[error("{program} did not become ready; the end of its log: {log}")]
    NotReady {
        /// Which of the programs.
        program: &'static str,
        /// The last lines it wrote.
        log: String,
    },
}

/// A running API server; dropping it kills its processes and removes its files.
#[derive(Debug)]
pub struct ApiServer {
    processes: Vec<Child>,
    folder: PathBuf,
    kubeconfig: String,
}

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What to say when there is no real API server.
pub const SKIPPED: &str = "skipped: no kube-apiserver, etcd and kubectl in $KUBEBUILDER_ASSETS (default /usr/local/kubebuilder/bin); `setup-envtest use` of controller-runtime fetches them";

impl ApiServer {
    /// Starts etcd and a kube-apiserver on free loopback ports, or returns `None` when their programs are not in
    /// `$KUBEBUILDER_ASSETS` (default `/usr/local/kubebuilder/bin`).
    ///
    /// # Errors
    ///
    /// When the programs are there and do not start.
    pub fn start() -> Result<Option<Self>, Error> {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS")
            .map_or_else(|| PathBuf::from("/usr/local/kubebuilder/bin"), PathBuf::from);
        let program = |name: &str| Some(assets.join(name)).filter(|path| path.is_file());
        // Etcd 3.6 answers watch progress requests, which newer servers want.
        let etcd = program("etcd-3.6").or_else(|| program("etcd"));
        let (Some(etcd), Some(server), Some(kubectl)) =
            (etcd, program("kube-apiserver"), program("kubectl"))
        else {
            return Ok(None);
        };
        let folder = make_folder()?;
        let mut this = Self { processes: Vec::new(), folder, kubeconfig: String::new() };
        let [client, peer, port] = free_ports()?;
        let etcd_url = format!("http://127.0.0.1:{client}");
        this.start_etcd(&etcd, &etcd_url, peer)?;
        this.start_server(&server, &etcd_url, port)?;
        this.wait_until_ready(&kubectl)?;
        Ok(Some(this))
    }

    /// The text of a kubeconfig with one context and an administrator.
    #[must_use]
    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    /// The same in a file.
    #[must_use]
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    fn start_etcd(&mut self, program: &Path, url: &str, peer: u16) -> Result<(), Error> {
        let peer = format!("http://127.0.0.1:{peer}");
        let log = self.log("etcd")?;
        let child = Command::new(program)
            .arg("--data-dir")
            .arg(self.folder.join("etcd"))
            .arg("--unsafe-no-fsync")
            .args(["--listen-client-urls", url, "--advertise-client-urls", url])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("default={peer}"), "--log-level", "warn"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|source| Error::Io { what: "start etcd".to_owned(), source })?;
        self.processes.push(child);
        Ok(())
    }

    fn start_server(&mut self, program: &Path, etcd: &str, port: u16) -> Result<(), Error> {
        let certificates = self.folder.join("certs");
        let key = self.write("sa.key", &signing_key()?)?;
        let token = random_hex(16)?;
        let tokens =
            self.write("tokens.csv", &format!("{token},admin,admin,\"system:masters\"\n"))?;
        let log = self.log("kube-apiserver")?;
        let child = Command::new(program)
            .arg(format!("--etcd-servers={etcd}"))
            .args([
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
            ])
            .arg(format!("--secure-port={port}"))
            .arg(format!("--cert-dir={}", certificates.display()))
            .arg("--service-account-issuer=https://kubernetes.default.svc.cluster.local")
            .arg(format!("--service-account-key-file={}", key.display()))
            .arg(format!("--service-account-signing-key-file={}", key.display()))
            .arg(format!("--token-auth-file={}", tokens.display()))
            .args(["--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/16"])
            .args(["--disable-admission-plugins=ServiceAccount", "--allow-privileged=true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|source| Error::Io { what: "start kube-apiserver".to_owned(), source })?;
        self.processes.push(child);
        self.kubeconfig = format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: envtest\n  cluster:\n    server: https://127.0.0.1:{port}\n    certificate-authority: {}\nusers:\n- name: admin\n  user:\n    token: {token}\ncontexts:\n- name: envtest\n  context:\n    cluster: envtest\n    user: admin\ncurrent-context: envtest\n",
            certificates.join("apiserver.crt").display()
        );
        self.write("kubeconfig", &self.kubeconfig.clone())?;
        Ok(())
    }

    fn wait_until_ready(&mut self, kubectl: &Path) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let ready = Command::new(kubectl)
                .arg("--kubeconfig")
                .arg(self.kubeconfig_path())
                .args(["get", "--raw", "/readyz"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .map_err(|source| Error::Io { what: "run kubectl".to_owned(), source })?;
            if ready.success() {
                return Ok(());
            }
            for (child, program) in self.processes.iter_mut().zip(["etcd", "kube-apiserver"]) {
                let ended = child
                    .try_wait()
                    .map_err(|source| Error::Io { what: format!("watch {program}"), source })?;
                if ended.is_some() || start.elapsed() > PATIENCE {
                    let log = tail(&self.folder.join(format!("{program}.log")));
                    return Err(Error::NotReady { program, log });
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn log(&self, name: &str) -> Result<fs::File, Error> {
        let path = self.folder.join(format!("{name}.log"));
        fs::File::create(&path)
            .map_err(|source| Error::Io { what: format!("create {}", path.display()), source })
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        fs::write(&path, text)
            .map_err(|source| Error::Io { what: format!("write {}", path.display()), source })?;
        Ok(path)
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        for child in self.processes.iter_mut().rev() {
            // A process that has ended already needs no kill.
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A new folder that only this user can read.
pub(crate) fn make_folder() -> Result<PathBuf, Error> {
    let folder = std::env::temp_dir().join(format!("suimon-test-{}", random_hex(8)?));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&folder)
        .map_err(|source| Error::Io { what: format!("create {}", folder.display()), source })?;
    Ok(folder)
}

fn free_ports() -> Result<[u16; 3], Error> {
    let io = |source| Error::Io { what: "find free ports".to_owned(), source };
    let mut ports = [0; 3];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io)?;
        *port = listener.local_addr().map_err(io)?.port();
        held.push(listener);
    }
    Ok(ports)
}

fn random(bytes: &mut [u8]) -> Result<(), Error> {
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(bytes))
        .map_err(|source| Error::Io { what: "read random bytes".to_owned(), source })
}

fn random_hex(count: usize) -> Result<String, Error> {
    let mut bytes = vec![0; count];
    random(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A fresh P-256 key in SEC 1 form; the server derives the public half.
fn signing_key() -> Result<String, Error> {
    use base64::Engine as _;
    let mut scalar = [0; 32];
    random(&mut scalar)?;
    // Below the order of the curve, and not zero.
    scalar[0] = 0x7f;
    let mut der = vec![0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    der.extend(scalar);
    der.extend([0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    Ok(["BEGIN", "END"]
        .map(|edge| format!("-----{edge} EC PRIVATE KEY-----\n"))
        .join(&format!("{text}\n")))
}

/// The last lines of a log.
pub(crate) fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n")
}
