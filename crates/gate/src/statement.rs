//! [`Statement`]: what an approver signs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Namespace of the signatures, `ssh-keygen -Y … -n` (PROTOCOL.sshsig): one made for anything else is
/// refused.
pub const APPROVAL_NAMESPACE: &str = "approval@suimon.dev";

/// The format of statements.
pub const STATEMENT_FORMAT: &str = "suimon.dev/approval/v1";

/// What an approver says: one plan, one environment, one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_FORMAT`].
    pub format: String,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// Digest of the plan.
    pub digest: String,
    /// The role.
    pub role: String,
    /// Who: a principal of the allowed signers.
    pub principal: String,
    /// When.
    pub time: Timestamp,
}

impl Statement {
    /// The exact text to sign: one line of JSON.
    pub fn text(&self) -> String {
        // Every part is text; were it not, nothing would verify.
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}
