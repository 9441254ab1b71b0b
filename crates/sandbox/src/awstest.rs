//! `moto` and `ministack`, other people's imitations of AWS, for tests.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::envtest::{Error, make_folder, tail};

/// A running server; dropping it kills its processes and removes its files.
///
/// It also ends when this process does, however that comes about, so it may be kept in a `static`.
#[derive(Debug)]
pub struct AwsServer {
    process: Child,
    folder: PathBuf,
    url: String,
}

/// What to say when the servers are not installed.
pub const SKIPPED: &str = "skipped: no moto and ministack in $SUIMON_TEST_AWS; `cargo xtask test` installs them into target/venv and sets it to target/venv/bin";

/// The account that both servers answer for, unless the access key of a request is itself twelve digits (`ministack`) or
/// comes from an assumed role (both).
pub const ACCOUNT: &str = "123456789012";

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs `main` of the module that the first argument names, and ends the process group when stdin is closed: a pipe
/// closes whatever ended the process that holds its other end.
const LAUNCHER: &str = "\
import importlib, os, shutil, signal, sys, threading
folder = os.getcwd()
def end():
    os.read(0, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=end, daemon=True).start()
sys.exit(importlib.import_module(sys.argv.pop(1)).main())
";

/// How one of the servers is started.
struct Program {
    name: &'static str,
    module: &'static str,
    arguments: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
    /// Answers 200 as soon as the server is ready.
    ready: &'static str,
}

const MOTO: Program = Program {
    name: "moto",
    module: "moto.server",
    arguments: &["--host", "127.0.0.1", "--port", "0"],
    // Not MOTO_ACCOUNT_ID: with it, assumed roles of other accounts would be of this one.
    variables: &[],
    ready: "/moto-api/",
};

const MINISTACK: Program = Program {
    name: "ministack",
    module: "ministack.app",
    arguments: &[],
    variables: &[
        ("BIND_HOST", "127.0.0.1"),
        ("GATEWAY_PORT", "0"),
        ("MINISTACK_ACCOUNT_ID", ACCOUNT),
        // A fixed port that nobody here needs.
        ("IOT_MTLS_ENABLED", "0"),
        // It would start containers for clusters and tasks, and remove those of another ministack.
        ("DOCKER_HOST", "unix:///nonexistent/docker.sock"),
    ],
    ready: "/_ministack/ready",
};

impl AwsServer {
    /// Starts `moto` on a free loopback port, or returns `None` when `$SUIMON_TEST_AWS` is not set.
    ///
    /// It forgets everything after `POST /moto-api/reset`.
    ///
    /// # Errors
    ///
    /// When the variable is set and the server does not start.
    pub async fn moto() -> Result<Option<Self>, Error> {
        Self::start(&MOTO).await
    }

    /// Starts `ministack` on a free loopback port, without Docker, or returns `None` when `$SUIMON_TEST_AWS` is not set.
    ///
    /// It forgets everything after `POST /_ministack/reset`.
    ///
    /// # Errors
    ///
    /// When the variable is set and the server does not start.
    pub async fn ministack() -> Result<Option<Self>, Error> {
        Self::start(&MINISTACK).await
    }

    /// What `AWS_ENDPOINT_URL` must be: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn start(program: &Program) -> Result<Option<Self>, Error> {
        let Some(bin) = std::env::var_os("SUIMON_TEST_AWS").filter(|bin| !bin.is_empty()) else {
            return Ok(None);
        };
        let folder = make_folder()?;
        let process = spawn(program, Path::new(&bin), &folder).inspect_err(|_| {
            // The reason why it did not start is what matters.
            let _ = fs::remove_dir_all(&folder);
        })?;
        let mut this = Self { process, folder, url: String::new() };
        this.wait_until_ready(program).await?;
        Ok(Some(this))
    }

    async fn wait_until_ready(&mut self, program: &Program) -> Result<(), Error> {
        let log = self.folder.join("log");
        let start = Instant::now();
        loop {
            if let Some(address) = fs::read_to_string(&log).ok().as_deref().and_then(address)
                && answers(address, program.ready).await
            {
                self.url = format!("http://{address}");
                return Ok(());
            }
            let what = || format!("watch {}", program.name);
            let ended = self.process.try_wait();
            let ended = ended.map_err(|source| Error::Io { what: what(), source })?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                return Err(Error::NotReady { program: program.name, log: tail(&log) });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for AwsServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let start = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if start.elapsed() > Duration::from_secs(5) {
                // The launcher is stuck; a process that has ended meanwhile needs no kill.
                let _ = self.process.kill();
                let _ = self.process.wait();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Starts the program with nothing of this process's environment: no credentials, no proxy, no settings of Python.
fn spawn(program: &Program, bin: &Path, folder: &Path) -> Result<Child, Error> {
    let log = folder.join("log");
    let create = |source| Error::Io { what: format!("create {}", log.display()), source };
    let stdout = fs::File::create(&log).map_err(create)?;
    let stderr = stdout.try_clone().map_err(create)?;
    let python = bin.join("python");
    Command::new(&python)
        .args(["-I", "-u", "-c", LAUNCHER, program.module])
        .args(program.arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .envs(program.variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .spawn()
        .map_err(|source| Error::Io {
            what: format!("start {} with {}", program.name, python.display()),
            source,
        })
}

/// Where the server listens, according to its log: it asked the system for a free port.
fn address(log: &str) -> Option<&str> {
    let (_, rest) = log.split_once("Running on http://")?;
    // A line that is written in part has no end yet.
    let (address, _) = rest.split_once(char::is_whitespace)?;
    Some(address)
}

async fn answers(address: &str, path: &str) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await?;
        Ok::<_, std::io::Error>(status)
    };
    matches!(exchange.await, Ok(status) if status.ends_with(b" 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_a_whole_line() {
        for (log, expected) in [
            ("", None),
            ("starting\n * Running on http://127.0.0.1:80", None),
            ("starting\n * Running on http://127.0.0.1:8080\nmore", Some("127.0.0.1:8080")),
            ("[INFO] Running on http://127.0.0.1:99 (CTRL + C to quit)", Some("127.0.0.1:99")),
        ] {
            assert_eq!(address(log), expected, "{log}");
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_start_says_why_and_leaves_nothing() {
        let broken = Program { module: "no_such_module", ..MOTO };
        let Some(bin) = std::env::var_os("SUIMON_TEST_AWS").map(PathBuf::from) else {
            println!("{SKIPPED}");
            return;
        };
        let folder = make_folder().unwrap();
        let process = spawn(&broken, &bin, &folder).unwrap();
        let mut server = AwsServer { process, folder: folder.clone(), url: String::new() };
        let error = server.wait_until_ready(&broken).await.unwrap_err().to_string();
        assert!(error.starts_with("moto did not become ready"), "{error}");
        assert!(error.contains("No module named 'no_such_module'"), "{error}");
        drop(server);
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn a_missing_interpreter_is_named() {
        let folder = make_folder().unwrap();
        let error = spawn(&MOTO, Path::new("/nonexistent"), &folder).unwrap_err().to_string();
        assert_eq!(error, "cannot start moto with /nonexistent/python");
        fs::remove_dir_all(folder).unwrap();
    }
}
