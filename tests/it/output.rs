//! What goes where, and how it looks.

use crate::env::Env;
use crate::manifests::{config_map, namespace};

#[test]
fn colour_is_a_choice() {
    let env = Env::sandbox();
    env.with_manifests(&config_map("default", "a", "1"));
    let coloured = |args: &[&str], no_color: Option<&str>| {
        let mut command = env.command(args);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        env.run(command).code(0).stdout.contains('\u{1b}')
    };
    assert!(!coloured(&["plan", "dev"], None), "not a terminal");
    assert!(!coloured(&["plan", "dev", "--color", "never"], None));
    assert!(coloured(&["plan", "dev", "--color", "always"], None));
    assert!(coloured(&["plan", "dev", "--color", "always"], Some("1")), "a flag beats a variable");
    assert!(!coloured(&["plan", "dev", "--color", "auto"], Some("1")));
    assert!(!coloured(&["plan", "dev", "--json", "--color", "always"], None), "JSON has no colour");
    let plain = env.plan(&[]).stdout;
    let always = env.plan(&["--color", "always"]).stdout;
    assert_eq!(without_escapes(&always), plain);
}

fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        plain += part.split_once('m').unwrap().1;
    }
    plain
}

#[test]
fn log_lines_are_json_when_asked_for() {
    let env = Env::sandbox();
    env.with_manifests(&(namespace("l") + &config_map("l", "a", "1")));
    let lines = |args: &[&str]| {
        let ran = env.suimon(args);
        for line in ran.stderr.lines() {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(line);
            assert!(parsed.is_ok_and(|v| v.is_object()), "{args:?}: {line}");
        }
        assert!(!ran.stderr.is_empty());
        ran
    };
    lines(&["plan", "dev", "--log-format", "json"]).code(0);
    lines(&["plan", "dev", "--log-format", "json", "-vv"]).code(0);
    lines(&["apply", "dev", "--log-format", "json"]).code(1);
    let applied = lines(&["apply", "dev", "--log-format", "json", "--auto-approve"]).code(0);
    for word in ["apply_start", "apply_complete", "ConfigMap/l/a"] {
        applied.clone().notes(word);
    }
    lines(&["plan", "nowhere", "--log-format", "json"]).code(1);
    lines(&["plan", "dev", "--out", "p.out", "--log-format", "json"]).code(0);
    env.file("envs/dev/manifests/all.yaml", "");
    lines(&["apply", "dev", "--log-format", "json", "--auto-approve"]).code(3);
    std::fs::remove_file(env.kubeconfig()).unwrap();
    lines(&["plan", "dev", "--log-format", "json"]).code(1);
}

#[test]
fn standard_output_has_data_only() {
    let env = Env::sandbox();
    env.with_manifests(&config_map("default", "a", "1"));
    env.plan(&["--json", "-vv"]).code(0).json();
    env.plan(&["--json", "--out", "p.out"]).code(0).json();
    let list = env.suimon(&["render", "dev", "-o", "json", "-v"]).code(0).json();
    assert_eq!((&list["kind"], &list["items"][0]["kind"]), (&"List".into(), &"ConfigMap".into()));
    env.suimon(&["graph", "dev", "--format", "json"]).code(0).json();
    env.apply(&["--json", "-vv"]).code(0).json();
    let failed = env.suimon(&["plan", "nowhere"]).code(1);
    assert_eq!(failed.stdout, "");
    let failed = env.suimon(&["plan", "nowhere", "--json"]).code(1);
    assert_eq!(failed.stdout, "");
    let problems = env.suimon(&["validate", "nowhere", "--json"]).code(1).json();
    assert_eq!(problems["valid"], false);
}

#[test]
fn a_command_line_that_makes_no_sense_is_an_error() {
    let env = Env::offline();
    for args in [
        &["plan"][..],
        &["plan", "dev", "--no-such"],
        &["nonsense"],
        &[],
        &["apply", "dev", "--timeout", "soon"],
        &["plan", "dev", "--target", "what"],
        &["plan", "dev", "--parallelism", "0"],
    ] {
        let ran = env.suimon(args).code(1);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    env.suimon(&["--version"]).code(0).says("suimon 0.");
    env.suimon(&["--help"]).code(0).says("Exit codes:");
    env.suimon(&["help", "plan"]).code(0).says("--detailed-exitcode");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let env = Env::offline();
    let many: String = (0..3000).map(|n| config_map("default", &format!("a{n}"), "1")).collect();
    env.with_manifests(&many);
    let mut command = env.command(&["render", "dev"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
