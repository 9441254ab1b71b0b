//! Plan and facts → [`Verdict`]; the only maker of [`ApprovedPlan`].
//!
//! Pure. There is one way from a [`Plan`](suimon_plan::Plan) to something that apply accepts:
//! [`authorize`].

mod authorize;
mod check;
mod condition;
mod facts;
mod inspect;
mod known;
mod policy;
mod problem;
pub mod signers;
pub mod ssh;
mod statement;
mod verdict;
mod window;

pub use authorize::{CONFLICT, authorize, judge};
pub use check::check;
pub use condition::{Condition, State};
pub use facts::{
    Authors, BreakGlass, CheckAnswer, Facts, Mode, Pin, Proof, Review, ReviewState, ReviewedChange,
    SignedApproval, Trusted, Upstream,
};
pub use inspect::{Inspected, inspect};
pub use known::Known;
pub use policy::policy_value;
pub use problem::Problem;
pub use statement::{APPROVAL_NAMESPACE, STATEMENT_FORMAT, Statement};
pub use verdict::{ApprovedPlan, Finding, Verdict};
