//! [`Failure`]: why a request got no answer.

use std::error::Error as StdError;

use hyper_util::client::legacy::Error as HttpError;
use kube::client::AuthError;
use suimon_provider::Error;

use crate::transport::Transport;

/// Why a request got no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Trying again will not help.
    Fatal(Error),
    /// Nothing was sent.
    NotConnected(String),
    /// Sent, perhaps; the answer did not come.
    NoAnswer(String),
}

/// What a client error means.
pub(crate) fn read_failure(error: &kube::Error, transport: &Transport) -> Failure {
    if let Some(auth) = find::<AuthError>(error) {
        return Failure::Fatal(Error::Unauthenticated {
            endpoint: transport.endpoint(),
            reason: format!("{}: {}", transport.credentials(), describe_auth(auth)),
        });
    }
    let reason = root(error);
    let unreachable =
        |reason| Failure::Fatal(Error::Unreachable { endpoint: transport.endpoint(), reason });
    if is_certificate(&reason) {
        return unreachable(format!("TLS: {reason}"));
    }
    if is_unknown_host(&reason) {
        return unreachable(reason);
    }
    match find::<HttpError>(error) {
        Some(http) if http.is_connect() => Failure::NotConnected(reason),
        _ => Failure::NoAnswer(reason),
    }
}

/// An authentication failure without what a credential plugin printed: that may be a token.
pub(crate) fn describe_auth(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { cmd, out } => {
            let program = program(cmd);
            let said = String::from_utf8_lossy(&out.stderr);
            let said = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
            let said: String = said.trim().chars().take(200).collect();
            let end = out.status;
            if said.is_empty() {
                format!("credential plugin `{program}` failed ({end})")
            } else {
                format!("credential plugin `{program}` failed ({end}): {said}")
            }
        }
        AuthError::AuthExecParse(_) => {
            "the credential plugin printed something that is not an ExecCredential".to_owned()
        }
        AuthError::AuthExecStart(source) => {
            format!("the credential plugin of the kubeconfig cannot be started: {source}")
        }
        AuthError::ReadTokenFile(source, path) => {
            format!("token file {}: {source}", path.display())
        }
        other => other.to_string(),
    }
}

/// The program in `KEY="value" "program" "argument"`; values and arguments may be credentials.
fn program(command: &str) -> &str {
    let mut rest = command.trim_start();
    loop {
        let is_program = rest.starts_with('"');
        let Some(open) = rest.find('"') else { return "of the kubeconfig" };
        let quoted = &rest[open + 1..];
        let Some(close) = closing_quote(quoted) else { return "of the kubeconfig" };
        if is_program {
            return &quoted[..close];
        }
        rest = quoted[close + 1..].trim_start();
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// The innermost cause's message: the one that says what happened.
pub(crate) fn root(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The first error of a type in a chain of causes.
pub(crate) fn find<'a, T: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        // A boxed error inside an `io::Error` is not one of its sources, only its inner value.
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && let Some(inner) = io.get_ref()
            && let Some(found) = find::<T>(inner)
        {
            return Some(found);
        }
        next = current.source();
    }
    None
}

fn is_certificate(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["certificate", "handshakefailure", "handshake failure", "corrupt message"]
        .iter()
        .any(|mark| reason.contains(mark))
}

/// A resolver that is down for a moment is another matter.
fn is_unknown_host(reason: &str) -> bool {
    reason.contains("lookup address") && !reason.contains("Temporary failure")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{ExitStatus, Output};

    use super::*;

    #[test]
    fn a_failed_credential_plugin_never_shows_its_arguments_or_output() {
        let error = AuthError::AuthExecRun {
            cmd:
                r#"KEY="{\"a\": \"hunter2\"}" AWS_SECRET="hunter2" "aws" "eks" "--secret=hunter2""#
                    .into(),
            out: Box::new(Output {
                status: ExitStatus::from_raw(256),
                stdout: b"token: hunter2".to_vec(),
                stderr: b"\nThe SSO session has expired\n".to_vec(),
            }),
        };
        insta::assert_snapshot!(describe_auth(&error), @"credential plugin `aws` failed (exit status: 1): The SSO session has expired");
    }

    #[test]
    fn commands_are_reduced_to_their_program() {
        for (command, name) in [
            (r#""aws" "eks""#, "aws"),
            (r#"A="b c" "/opt/my tools/aws""#, "/opt/my tools/aws"),
            ("aws eks hunter2", "of the kubeconfig"),
            (r#""aws"#, "of the kubeconfig"),
            ("", "of the kubeconfig"),
        ] {
            assert_eq!(program(command), name);
        }
    }
}
