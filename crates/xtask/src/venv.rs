//! `target/venv`: a Python virtual environment with the AWS servers that tests and benches run.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::step::{Error, say};

/// What is in it, exactly.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// What it is for: programs in its `bin`.
pub(crate) const PROGRAMS: &[&str] = &["python", "moto_server", "ministack"];

/// Its `bin`, made when it is missing or when what must be in it has changed; or, in one line, why it cannot be had.
///
/// # Errors
/// Nobody reads what xtask says.
pub(crate) fn set_up() -> Result<Result<PathBuf, String>, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = root.join(target.map_or_else(|| "target".into(), PathBuf::from));
    match make(&target.join("venv")) {
        Ok(bin) => Ok(Ok(bin)),
        Err(Problem::Output(error)) => Err(error),
        Err(Problem::Reason(why)) => Ok(Err(why)),
    }
}

/// Why there is none.
enum Problem {
    Output(Error),
    Reason(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Output(error)
    }
}

fn make(folder: &Path) -> Result<PathBuf, Problem> {
    // Its content says that everything was installed, so it is written last.
    let stamp = folder.join("installed.txt");
    let bin = folder.join("bin");
    let _lock = lock(folder)?;
    let whole = PROGRAMS.iter().all(|program| bin.join(program).is_file());
    if whole && fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(bin);
    }
    let start = Instant::now();
    say(&format!("==> setting up {}, once: about half a minute", folder.display()))?;
    run(
        "python3".as_ref(),
        &["-m".as_ref(), "venv".as_ref(), "--clear".as_ref(), folder.as_ref()],
    )?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(cannot("write", &requirements))?;
    let pip = "-m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: \
               --retries 1 --requirement";
    let mut pip: Vec<&OsStr> = pip.split(' ').map(OsStr::new).collect();
    pip.push(requirements.as_ref());
    run(bin.join("python").as_ref(), &pip)?;
    fs::rename(&requirements, &stamp).map_err(cannot("write", &stamp))?;
    say(&format!("==> {} done in {:.1} s", folder.display(), start.elapsed().as_secs_f64()))?;
    Ok(bin)
}

/// Held by one run at a time; the next finds the work done.
fn lock(folder: &Path) -> Result<File, Problem> {
    let path = folder.with_extension("lock");
    let create = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        File::create(&path)
    };
    let file = create().map_err(cannot("create", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            say(&format!("==> waiting for another run that sets up {}", folder.display()))?;
            file.lock().map_err(cannot("lock", &path))?;
        }
        Err(TryLockError::Error(source)) => return Err(cannot("lock", &path)(source)),
    }
    Ok(file)
}

fn run(program: &OsStr, arguments: &[&OsStr]) -> Result<(), Problem> {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let command = format!("{} {}", program.to_string_lossy(), words.join(" "));
    say(&format!("==> {command}"))?;
    let output = match Command::new(program).args(arguments).output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Problem::Reason(format!("no {}", program.to_string_lossy())));
        }
        Err(error) => return Err(Problem::Reason(format!("`{command}` did not start: {error}"))),
    };
    if output.status.success() {
        return Ok(());
    }
    // Pip sums up in the end, and venv explains on stdout.
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let said =
        |text: &str| text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
    let last = said(&stderr).or_else(|| stdout.lines().next().map(str::to_owned));
    let last = last.unwrap_or_else(|| "it said nothing".to_owned());
    Err(Problem::Reason(format!("`{command}` failed ({}): {last}", output.status)))
}

fn cannot(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Problem {
    move |source| Problem::Reason(format!("cannot {what} {}: {source}", path.display()))
}
