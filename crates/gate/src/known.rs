//! [`Known`]: unknown is not absent.

use serde::{Deserialize, Serialize};

/// A fact, or why it could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known<T> {
    /// It could not be had; what needs it stays closed.
    Unknown(String),
    /// The fact.
    Known(T),
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self::Unknown("it was not looked up".to_owned())
    }
}

impl<T> Known<T> {
    /// The fact, where there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(fact) => Some(fact),
            Self::Unknown(_) => None,
        }
    }
}
