//! [`Problem`]: what is wrong with a gate as it is declared.

/// Something in a gate that cannot work, or cannot mean what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer (RFC 6901) into the gate block.
    pub pointer: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place of the gate block.
    pub fn new(
        pointer: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { pointer: pointer.into(), message: message.into(), help: Some(help.into()) }
    }
}
