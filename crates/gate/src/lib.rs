//! Plan and facts → [`Verdict`]; the only maker of [`ApprovedPlan`].
//!
//! Pure. There is one way from a [`Plan`](suimon_plan::Plan) to something that apply accepts:
//! [`authorize`].

mod authorize;
mod condition;
mod facts;
mod inspect;
mod known;
mod statement;
mod verdict;

pub use authorize::{CONFLICT, authorize, judge};
pub use condition::{Condition, State};
pub use facts::{
    Authors, BreakGlass, CheckAnswer, Facts, Mode, Pin, Proof, Review, ReviewState, ReviewedChange,
    SignedApproval, Trusted, Upstream,
};
pub use inspect::{Inspected, inspect};
pub use known::Known;
pub use statement::{APPROVAL_NAMESPACE, STATEMENT_FORMAT, Statement};
pub use verdict::{ApprovedPlan, Finding, Verdict};
