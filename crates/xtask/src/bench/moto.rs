//! [`Moto`]: a running `moto_server`, an imitation of AWS.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::measure::end_of;
use super::{Error, Result};

/// Its account.
pub(crate) const ACCOUNT: &str = "123456789012";

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Ends when stdin is closed: a pipe closes however the bench ends.
const LAUNCHER: &str = "\
import os, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
import moto.server
moto.server.main()
";

/// A running server; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Moto {
    process: Child,
    folder: TempDir,
    address: String,
}

impl Moto {
    /// Starts the one of this `bin` folder on a free loopback port.
    ///
    /// # Errors
    /// It did not start.
    pub(crate) fn start(bin: &Path) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
        let create = || fs::File::create(folder.path().join("log"));
        let log = create().map_err(Error::io("create a log"))?;
        let copy = log.try_clone().map_err(Error::io("create a log"))?;
        let process = Command::new(bin.join("python"))
            .args(["-I", "-u", "-c", LAUNCHER])
            .args(["--host", "127.0.0.1", "--port", "0"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(copy)
            .spawn()
            .map_err(Error::io("start moto"))?;
        let mut this = Self { process, folder, address: String::new() };
        this.wait_until_ready()?;
        Ok(this)
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            if let Some(address) = address(&log)
                && TcpStream::connect(address).is_ok()
            {
                address.clone_into(&mut self.address);
                return Ok(());
            }
            let ended = self.process.try_wait().map_err(Error::io("watch moto"))?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                return Err(Error::NotReady { program: "moto", log: end_of(&log) });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // A process that has ended already needs no kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where it listens, from a whole line of its log.
fn address(log: &str) -> Option<&str> {
    let (_, rest) = log.split_once("Running on http://")?;
    Some(rest.split_once('\n')?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_in_the_log() {
        assert_eq!(address(" * Running on http://127.0.0.1:80"), None);
        assert_eq!(address(" * Running on http://127.0.0.1:8080\n"), Some("127.0.0.1:8080"));
    }
}
