//! [`Action`]: what is to be done to one object, and [`Reason`]: why.

use serde::{Deserialize, Serialize};

/// What is to be done to one object; imperative, because it is intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Delete it, wait until it is gone, make it again.
    Replace,
    /// Delete it.
    Delete,
    /// Leave it, and stop owning it.
    Forget,
    /// Nothing.
    NoOp,
}

impl Action {
    /// Terraform's symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "-/+",
            Self::Delete => "-",
            Self::Forget => ".",
            Self::NoOp => " ",
        }
    }

    /// Whether the live object is destroyed on the way.
    pub fn destroys(self) -> bool {
        matches!(self, Self::Replace | Self::Delete)
    }
}

/// Why an action is planned; for people, never for decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Declared and not live.
    NotLive,
    /// Declared and not live, and its kind comes with a CRD of the same plan.
    KindNotServedYet,
    /// Declared; the live object of this name is still being deleted.
    BeingDeleted,
    /// The declaration moved.
    Changed,
    /// Something else wrote to a field we manage.
    Drifted,
    /// Both.
    ChangedAndDrifted,
    /// Live, declared now, and not ours until now.
    Adopted,
    /// An immutable field changes.
    ImmutableField,
    /// Owned and no longer declared.
    NoLongerDeclared,
    /// Owned, no longer declared, and marked to be kept.
    KeptOnRemoval,
    /// As declared.
    Unchanged,
    /// The object is marked to be left alone.
    Ignored,
}
