//! The answers of the query protocol.

use std::fmt::Write;

use serde_json::Value;

use super::error::AwsError;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The answer to an operation: the members of `value` in an `OperationResult`.
pub(crate) fn answer(operation: &str, value: &Value, request_id: &str) -> String {
    let mut out = format!("<{operation}Response xmlns=\"{NAMESPACE}\">\n<{operation}Result>");
    element(&mut out, value);
    let _ = write!(
        out,
        "</{operation}Result>\n<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\n</{operation}Response>\n"
    );
    out
}

/// An error, under the names of the query protocol.
pub(crate) fn error(error: &AwsError, request_id: &str) -> String {
    let code = match error.code.as_str() {
        "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
        "IncompleteSignatureException" => "IncompleteSignature",
        "InvalidSignatureException" => "SignatureDoesNotMatch",
        "UnrecognizedClientException" => "InvalidClientTokenId",
        "ExpiredTokenException" => "ExpiredToken",
        "ThrottlingException" => "Throttling",
        other => other,
    };
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    let mut out = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">\n<Error><Type>{fault}</Type><Code>{code}</Code><Message>"
    );
    escape(&mut out, &error.message);
    let _ =
        write!(out, "</Message></Error>\n<RequestId>{request_id}</RequestId>\n</ErrorResponse>\n");
    out
}

fn element(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let _ = write!(out, "<{name}>");
                element(out, value);
                let _ = write!(out, "</{name}>");
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push_str("<member>");
                element(out, item);
                out.push_str("</member>");
            }
        }
        Value::String(text) => escape(out, text),
        Value::Null => {}
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
}
