//! What an operation is refused with.

use serde_json::{Value, json};

/// An error of the modelled API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AwsError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The code, such as `ClusterNotFoundException`.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Further members of the error's body; null or an object.
    pub(crate) extra: Value,
}

pub(crate) type AwsResult = Result<Value, AwsError>;

impl AwsError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), extra: Value::Null }
    }

    /// A client error with status 400.
    pub(crate) fn client(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// A body that is no JSON, or of another shape than the operation's.
    pub(crate) fn serialization() -> Self {
        Self::new(
            400,
            "SerializationException",
            "Start of structure or map found where not expected.",
        )
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::new(400, "UnknownOperationException", "The requested operation is not known.")
    }

    pub(crate) fn throttled() -> Self {
        Self::new(400, "ThrottlingException", "Rate exceeded")
    }

    /// The JSON body; `member` is how the service spells the message's name.
    pub(crate) fn body(&self, member: &str) -> Value {
        let mut body = json!({ "__type": self.code, member: self.message });
        if let (Some(body), Some(extra)) = (body.as_object_mut(), self.extra.as_object()) {
            body.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        body
    }
}
