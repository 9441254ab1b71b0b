//! What a person at a terminal sees; `script` of util-linux makes the terminal.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::env::Env;
use crate::manifests::{config_map, config_map_path};

/// Applies in a terminal and types this at the question: what was on the screen, and the exit code.
/// `None` where there is no `script`.
fn typed(env: &Env, answer: &str) -> Option<(String, i32)> {
    if Command::new("script").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: no `script` to make a terminal with");
        return None;
    }
    let suimon = env!("CARGO_BIN_EXE_suimon");
    let mut command = env.command(&[]);
    let plain = std::mem::replace(&mut command, Command::new("script"));
    command.args(["-qec", &format!("'{suimon}' apply dev"), "/dev/null"]);
    command.current_dir(env.project()).env_clear();
    command.envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command.env("SHELL", "/bin/sh").env("TERM", "xterm");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keyboard, mut stdout) = (child.stdin.take(), child.stdout.take().unwrap());
    let (mut screen, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stdout.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        screen.extend(&buffer[..read]);
        // The end of the input comes with the answer: `script` waits for it.
        if String::from_utf8_lossy(&screen).contains("Enter a value:")
            && let Some(mut keyboard) = keyboard.take()
        {
            keyboard.write_all(answer.as_bytes()).unwrap();
        }
    }
    let code = child.wait().unwrap().code().unwrap();
    Some((String::from_utf8_lossy(&screen).into_owned(), code))
}

#[test]
fn only_yes_is_accepted() {
    let env = Env::sandbox();
    env.with_manifests(&config_map("default", "a", "1"));
    for answer in ["no\n", "y\n", "YES\n", "\n", "\u{4}", "\u{3}"] {
        let Some((screen, code)) = typed(&env, answer) else { return };
        assert!(screen.contains("Only 'yes' will be accepted to approve."), "{screen}");
        assert!(screen.contains("nothing was written"), "{answer:?}: {screen}");
        // After Ctrl-C either the signal or the end of the input comes first.
        let expected: &[i32] = if answer == "\u{3}" { &[130, 1] } else { &[1] };
        assert!(expected.contains(&code), "{answer:?}: {code} {screen}");
        assert_eq!(env.writes(), [""; 0]);
    }
    let (screen, code) = typed(&env, "yes\n").unwrap();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("Apply complete!"), "{screen}");
    assert!(env.api().get(&config_map_path("default", "a")).is_some());
}
