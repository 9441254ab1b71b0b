//! The program itself, with a cargo that only says how it was called.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use insta::assert_snapshot;

/// Runs xtask on a machine with these programs of the API server.
fn xtask(arguments: &[&str], programs: &[&str], fail_on: &str) -> (Output, String) {
    let folder = tempfile::tempdir().expect("a folder");
    for name in programs {
        let path = folder.path().join(name);
        std::fs::write(&path, "").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .env("CARGO", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bin/cargo"))
        .env("KUBEBUILDER_ASSETS", folder.path())
        .env("SUIMON_TEST_AWS", folder.path())
        .env("SUIMON_GITHUB_OPENAPI", OPENAPI)
        .env("FAIL_ON", fail_on)
        .env_remove("CI")
        .env_remove("RUSTDOCFLAGS")
        .output()
        .expect("xtask starts");
    let text = told(&output);
    (output, text.replace(&folder.path().display().to_string(), "FOLDER"))
}

/// A file that is there, so that nothing is fetched.
pub(crate) const OPENAPI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// What it said, without how long anything took, and without the tier that needs nothing here.
pub(crate) fn told(output: &Output) -> String {
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let left_out =
        |line: &str| [" done in ", "GitHub's whole description"].iter().any(|s| line.contains(s));
    let lines = lines.lines().filter(|line| !left_out(line)).collect::<Vec<_>>();
    lines.join("\n") + "\n" + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn ci_runs_every_check_and_then_the_tests() {
    let programs = ["etcd", "kube-apiserver", "python", "moto_server", "ministack"];
    let (output, text) = xtask(&["ci"], &programs, "");
    assert!(output.status.success());
    assert_snapshot!(text, @r#"
    ==> [1/5] format: cargo fmt --all --check
    cargo fmt --all --check [RUSTDOCFLAGS= KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    ==> [2/5] lints: cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --workspace --all-targets --locked -- -D warnings [RUSTDOCFLAGS= KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    ==> [3/5] documentation: RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
    cargo doc --workspace --no-deps --locked [RUSTDOCFLAGS=-D warnings KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    ==> [4/5] build the tests: cargo test --workspace --all-targets --locked --no-run
    cargo test --workspace --all-targets --locked --no-run [RUSTDOCFLAGS= KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    ==> [5/5] run the tests: INSTA_UPDATE="no" cargo test --workspace --all-targets --locked --
    ==> tier `real API server` runs: FOLDER
    ==> tier `moto and ministack` runs: FOLDER
    cargo test --workspace --all-targets --locked -- [RUSTDOCFLAGS= KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    "#);
}

#[test]
fn test_says_which_tier_is_skipped_and_passes_arguments_on() {
    let (output, text) =
        xtask(&["test", "--", "one::name", "--nocapture"], &["etcd", "python"], "");
    assert!(output.status.success());
    assert_snapshot!(text, @r#"
    ==> [1/2] build the tests: cargo test --workspace --all-targets --locked --no-run
    cargo test --workspace --all-targets --locked --no-run [RUSTDOCFLAGS= KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    ==> [2/2] run the tests: INSTA_UPDATE="no" cargo test --workspace --all-targets --locked -- one::name --nocapture
    ==> tier `real API server` is skipped: no kube-apiserver in FOLDER; `setup-envtest use` (from sigs.k8s.io/controller-runtime) or any kube-apiserver and etcd will do: point KUBEBUILDER_ASSETS at their folder
    ==> tier `moto and ministack` is skipped: no moto_server in FOLDER; Python 3.11 or newer with its module venv (Debian: python3-venv) and a network for pip will do, or a folder in SUIMON_TEST_AWS with what crates/xtask/requirements.txt installs
    cargo test --workspace --all-targets --locked -- one::name --nocapture [RUSTDOCFLAGS=]
    "#);
}

#[test]
fn the_first_step_that_fails_ends_it() {
    let (output, text) = xtask(&["ci"], &[], "clippy");
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(text, @"
    ==> [1/5] format: cargo fmt --all --check
    cargo fmt --all --check [RUSTDOCFLAGS= KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    ==> [2/5] lints: cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy --workspace --all-targets --locked -- -D warnings [RUSTDOCFLAGS= KUBEBUILDER_ASSETS SUIMON_TEST_AWS]
    error: step `lints` failed (exit status: 1): cargo clippy --workspace --all-targets --locked -- -D warnings
    ");
}

#[test]
fn arguments_that_mean_nothing_are_refused() {
    let (output, text) = xtask(&["tset"], &[], "");
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(text, @"

    error: these arguments mean nothing here

    cargo xtask test [-- ARGS]   build and run every test; ARGS go to the test binaries
    cargo xtask ci               format, lints, documentation, then the same tests: what .ci/run runs
    cargo xtask bench [NAME...]  the numbers of docs/benchmarks.md; --rounds N, --binary PATH
    cargo xtask help             this text
    ");
}

#[test]
fn benches_have_names() {
    let (output, text) = xtask(&["bench", "rendre"], &[], "");
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(text, @"

    error: there is no bench `rendre`; there are start, render, no-change-plan, first-apply, hundred-thousand, aws-ecs, aws-secrets, builds
    ");
}

/// A binary whose only talent is its version: the bench that needs no more runs, and says so.
#[test]
fn a_bench_measures_the_binary_that_it_is_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = folder.path().join("suimon");
    std::fs::write(&binary, "#!/bin/sh\necho suimon 0.0.0\n").expect("written");
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).expect("set");
    let path = binary.display().to_string();
    let (output, text) = xtask(&["bench", "start", "--rounds", "1", "--binary", &path], &[], "");
    assert!(text.contains(&format!("{path}: suimon 0.0.0")), "{text}");
    assert!(
        text.contains("size of the binary") && text.contains("goal <= 60.0 MB  pass"),
        "{text}"
    );
    assert_eq!(output.status.success(), !text.contains("MISS"), "{text}");
}

#[test]
fn a_bench_without_its_tools_is_skipped_with_one_line() {
    let (output, text) = xtask(&["bench", "no-change-plan", "--binary", "/bin/sh"], &["etcd"], "");
    let skipped: Vec<&str> = text.lines().filter(|line| line.contains("skipped")).collect();
    assert_eq!(
        skipped,
        ["  skipped: no etcd and kube-apiserver in FOLDER ($KUBEBUILDER_ASSETS)"],
        "{text}"
    );
    assert!(output.status.success(), "{text}");
}
