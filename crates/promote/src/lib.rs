//! Which release may move on, and the change that moves it.
//!
//! What is decided is pure: which step of the pipeline is allowed, what a release brings, what becomes
//! of the branch and the change of a promotion, which environments a change of files is about. Git and
//! the forge are read and written at the edges.

mod artifact;
mod body;
mod branch;
mod decide;
mod documents;
mod impact;
mod name;
mod notes;
mod pipeline;
mod refusal;
mod rollback;
mod safe;
mod step;

pub use artifact::parse_artifact;
pub use body::{
    LIMIT, PLAN_LIMIT, Page, body, marker, promoted, promotion_title, rollback_title, rolled_back,
};
pub use branch::{Expected, file_diff, is_merged, look, release_identity};
pub use decide::{Decision, Situation, Tip, Turn, decide};
pub use documents::{FORGE_REF, RepositoryDocuments};
pub use impact::{Touch, Uses, touched};
pub use name::{
    PROMOTION_TRAILER, RELEASE_TRAILER, ROLLBACK_TRAILER, dated_name, next_name, one_line,
    promotion_branch, promotion_message, queue_branch, queue_prefix, rollback_branch,
    rollback_message, short_commit, short_id, trailer,
};
pub use notes::{ArtifactChange, Note, Notes, artifact_changes, differing_values};
pub use pipeline::{Pipeline, pipeline};
pub use refusal::Refusal;
pub use rollback::{Earlier, choose};
pub use step::{check_known, check_step};
