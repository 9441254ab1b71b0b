//! What an API server's refusal means for the object that was sent.

use suimon_provider::Error;

use crate::redact::Redaction;
use crate::status::{Cause, Status};
use crate::transport::Transport;

/// What the server says where a field cannot change in place.
const IMMUTABLE: [&str; 8] = [
    "immutable",
    "may not change once set",
    "may not be changed",
    "may not change fields other than",
    "updates to statefulset spec for fields other than",
    "cannot change roleRef",
    "updates to parameters are forbidden",
    "updates to provisioner are forbidden",
];

/// The error that a refusal stands for.
///
/// `kind` is what was asked for, in words (`apps/v1 Deployment`).
pub(crate) fn classify(
    status: &Status,
    kind: &str,
    redaction: &Redaction,
    transport: &Transport,
) -> Error {
    let text = redaction.clean(&status.text());
    match status.code {
        401 => Error::Unauthenticated {
            endpoint: transport.endpoint(),
            reason: format!(
                "the API server does not accept the credentials of {} ({}): {text}",
                transport.credentials(),
                transport.why_refused()
            ),
        },
        403 => forbidden(status, text),
        404 => not_found(status, kind, text),
        409 => conflict(status, text),
        410 => Error::Transient(format!("expired: {text}")),
        422 => invalid(status, redaction, text),
        500 if status.is_bad_manifest() => Error::Rejected(text),
        408 | 429 | 500..=599 => Error::Transient(text),
        _ => Error::Rejected(text),
    }
}

fn forbidden(status: &Status, text: String) -> Error {
    let causes = &status.details.causes;
    if causes.iter().any(|cause| cause.reason == "NamespaceTerminating") {
        return Error::NotFound(format!("the namespace is being deleted: {text}"));
    }
    // Authorisation says `User "x" cannot patch resource "y"`; everything else that answers 403 is
    // admission (quota, Pod Security, a webhook): the object is refused, not the user.
    if status.message.contains("denied the request") || !is_authorisation(&status.message) {
        return Error::Rejected(text);
    }
    Error::Forbidden(text)
}

fn is_authorisation(message: &str) -> bool {
    message.contains(" cannot ") || message.contains("User \"") || !message.contains("forbidden")
}

fn not_found(status: &Status, kind: &str, text: String) -> Error {
    let details = &status.details;
    if details.kind == "namespaces" && kind != "v1 Namespace" {
        return Error::NotFound(format!("namespace `{}`", details.name));
    }
    if status.reason != "NotFound" || details.name.is_empty() {
        return Error::KindNotServed(kind.to_owned());
    }
    Error::NotFound(text)
}

fn conflict(status: &Status, text: String) -> Error {
    if status.reason == "AlreadyExists" || status.is_transient() {
        return Error::Transient(text);
    }
    Error::Stale
}

fn invalid(status: &Status, redaction: &Redaction, text: String) -> Error {
    let causes = &status.details.causes;
    if causes.is_empty() {
        let whole = Cause { message: status.message.clone(), ..Cause::default() };
        if !is_immutable(&whole) {
            return Error::Rejected(text);
        }
        return Error::Immutable { fields: Vec::new(), message: text };
    }
    // Anything wrong beside an immutable field would be wrong after a replace too.
    if !causes.iter().all(is_immutable) {
        return Error::Rejected(text);
    }
    let mut fields: Vec<String> =
        causes.iter().map(|cause| redaction.clean(&cause.field)).collect();
    fields.sort();
    fields.dedup();
    Error::Immutable { fields, message: text }
}

fn is_immutable(cause: &Cause) -> bool {
    IMMUTABLE.iter().any(|mark| cause.message.contains(mark))
}
