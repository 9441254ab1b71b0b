//! `target/github-openapi`: GitHub's published description of its API, from the npm package `@octokit/openapi`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::{Error, say};

/// The package, exactly: what the fixture of the forge's tests was reduced from.
const PACKAGE: &str = "@octokit/openapi@23.0.2";
const FILE: &str = "api.github.com.json";

/// The description, fetched when it is missing; or, in one line, why it cannot be had.
///
/// # Errors
/// Nobody reads what xtask says.
pub(crate) fn set_up() -> Result<Result<PathBuf, String>, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let folder = root.join(target.map_or_else(|| "target".into(), PathBuf::from));
    let folder = folder.join("github-openapi");
    let file = folder.join(FILE);
    if fs::read_to_string(folder.join("package.txt")).is_ok_and(|has| has == PACKAGE) {
        return Ok(Ok(file));
    }
    say(&format!("==> fetching {PACKAGE}, once"))?;
    Ok(fetch(&folder).map(|()| file))
}

fn fetch(folder: &Path) -> Result<(), String> {
    let wrong = |error: io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(wrong)?;
    let archive = folder.join("package.tgz");
    let packed = run(Command::new("npm")
        .args(["pack", "--silent", "--fetch-retries=1", "--fetch-timeout=60000", PACKAGE])
        .current_dir(folder))?;
    let name = packed.lines().last().unwrap_or_default().trim();
    fs::rename(folder.join(name), &archive).map_err(wrong)?;
    let inside = format!("package/generated/{FILE}");
    run(Command::new("tar")
        .args(["-xzf", "package.tgz", "--strip-components=2", &inside])
        .current_dir(folder))?;
    // Says that everything is there, so it is written last.
    fs::write(folder.join("package.txt"), PACKAGE).map_err(wrong)
}

fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            Err(format!("{program} failed ({}): {}", output.status, last.trim()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!("no {program}")),
        Err(error) => Err(format!("{program} did not start: {error}")),
    }
}
