//! The environment with the AWS servers, set up by a Python that only says how it was called.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::commands::told;

/// Runs `xtask test` without `$SUIMON_TEST_AWS`, with this target folder, and with our Python failing when its arguments hold
/// `fail_on`.
fn test(target: &Path, fail_on: &str, ci: &str) -> (bool, String) {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bin");
    let path = match fail_on {
        "everything" => target.display().to_string(),
        _ => format!("{}:/usr/bin:/bin", tools.display()),
    };
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("test")
        .env("CARGO", tools.join("cargo"))
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", target)
        .env("KUBEBUILDER_ASSETS", target)
        .env("FAIL_ON_PYTHON", fail_on)
        .env("FAIL_ON", "")
        .env("CI", ci)
        .env("SUIMON_GITHUB_OPENAPI", crate::commands::OPENAPI)
        .env_remove("SUIMON_TEST_AWS")
        .env_remove("RUSTDOCFLAGS")
        .output()
        .expect("xtask starts");
    let text = told(&output).replace(&target.display().to_string(), "TARGET");
    let ours = |line: &&str| !line.contains("build the tests") && !line.contains("real API server");
    let lines: Vec<&str> =
        text.lines().filter(ours).filter(|line| !line.contains("no-run")).collect();
    (output.status.success(), lines.join("\n"))
}

#[test]
fn it_is_set_up_once_and_again_when_its_requirements_change() {
    let target = tempfile::tempdir().expect("a folder");
    let (first, text) = test(target.path(), "", "true");
    assert!(first, "{text}");
    assert_snapshot!(text, @r#"
    ==> [2/2] run the tests: INSTA_UPDATE="no" cargo test --workspace --all-targets --locked --
    ==> setting up TARGET/venv, once: about half a minute
    ==> python3 -m venv --clear TARGET/venv
    ==> TARGET/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --retries 1 --requirement TARGET/venv/requirements.txt
    ==> tier `moto and ministack` runs: TARGET/venv/bin
    cargo test --workspace --all-targets --locked -- [RUSTDOCFLAGS= SUIMON_TEST_AWS]
    "#);
    let (second, text) = test(target.path(), "", "true");
    assert!(second, "{text}");
    assert_snapshot!(text, @r#"
    ==> [2/2] run the tests: INSTA_UPDATE="no" cargo test --workspace --all-targets --locked --
    ==> tier `moto and ministack` runs: TARGET/venv/bin
    cargo test --workspace --all-targets --locked -- [RUSTDOCFLAGS= SUIMON_TEST_AWS]
    "#);

    let stamp = target.path().join("venv/installed.txt");
    let installed = std::fs::read_to_string(&stamp).expect("a stamp");
    assert!(installed.contains("\nmoto[server]==") && installed.contains("\nministack=="));
    std::fs::write(&stamp, installed.replace("ministack==", "ministack==0.")).expect("written");
    let (_, text) = test(target.path(), "", "");
    assert!(text.contains("-m pip install"), "{text}");
    assert_eq!(std::fs::read_to_string(&stamp).expect("a stamp"), installed);

    std::fs::remove_file(target.path().join("venv/bin/ministack")).expect("removed");
    let (_, text) = test(target.path(), "", "");
    assert!(text.contains("-m pip install"), "{text}");
}

#[test]
fn without_it_the_tier_is_skipped_with_one_line() {
    let target = tempfile::tempdir().expect("a folder");
    let (success, text) = test(target.path(), "-m pip", "");
    assert!(success, "{text}");
    assert_snapshot!(text, @r#"
    ==> [2/2] run the tests: INSTA_UPDATE="no" cargo test --workspace --all-targets --locked --
    ==> setting up TARGET/venv, once: about half a minute
    ==> python3 -m venv --clear TARGET/venv
    ==> TARGET/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --retries 1 --requirement TARGET/venv/requirements.txt
    ==> tier `moto and ministack` is skipped: `TARGET/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --retries 1 --requirement TARGET/venv/requirements.txt` failed (exit status: 3): no luck with it; Python 3.11 or newer with its module venv (Debian: python3-venv) and a network for pip will do, or a folder in SUIMON_TEST_AWS with what crates/xtask/requirements.txt installs
    cargo test --workspace --all-targets --locked -- [RUSTDOCFLAGS=]
    "#);
    assert!(!target.path().join("venv/installed.txt").exists());
    let (_, text) = test(target.path(), "", "");
    assert!(text.contains("tier `moto and ministack` runs: "), "{text}");
}

#[test]
fn without_python_the_tier_is_skipped_too() {
    let target = tempfile::tempdir().expect("a folder");
    let (_, text) = test(target.path(), "everything", "");
    assert_snapshot!(text, @r#"
    ==> [2/2] run the tests: INSTA_UPDATE="no" cargo test --workspace --all-targets --locked --
    ==> setting up TARGET/venv, once: about half a minute
    ==> python3 -m venv --clear TARGET/venv
    ==> tier `moto and ministack` is skipped: no python3; Python 3.11 or newer with its module venv (Debian: python3-venv) and a network for pip will do, or a folder in SUIMON_TEST_AWS with what crates/xtask/requirements.txt installs
    cargo test --workspace --all-targets --locked -- [RUSTDOCFLAGS=]
    "#);
}

#[test]
fn on_ci_it_is_an_error() {
    let target = tempfile::tempdir().expect("a folder");
    let (success, text) = test(target.path(), "-m venv", "true");
    assert!(!success, "{text}");
    assert_snapshot!(text, @r#"
    ==> [2/2] run the tests: INSTA_UPDATE="no" cargo test --workspace --all-targets --locked --
    ==> setting up TARGET/venv, once: about half a minute
    ==> python3 -m venv --clear TARGET/venv
    error: tier `moto and ministack` cannot run, and CI is set: `python3 -m venv --clear TARGET/venv` failed (exit status: 3): no luck with it; Python 3.11 or newer with its module venv (Debian: python3-venv) and a network for pip will do, or a folder in SUIMON_TEST_AWS with what crates/xtask/requirements.txt installs
    "#);
}
