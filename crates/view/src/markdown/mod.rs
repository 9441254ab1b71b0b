//! Markdown for a pull request: comments and parts of its text.

mod budget;
mod gate;
mod item;
mod plan;
mod safe;

pub use gate::gate;
pub use plan::{marker, plan, plan_with_gate};

/// The longest comment that GitHub accepts, in characters.
pub const LIMIT: usize = 65_536;

/// How a comment is to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// Never longer than this, in UTF-16 code units, which is never less than in characters.
    pub limit: usize,
    /// The heading; `None` for `suimon plan: ENV`.
    pub title: Option<String>,
    /// Where everything can be seen, if something had to be left out: an `https` address or a
    /// command; `None` for `suimon plan ENV`.
    pub full_plan_hint: Option<String>,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self { limit: LIMIT, title: None, full_plan_hint: None }
    }
}
