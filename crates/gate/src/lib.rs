//! Plan and facts → [`Verdict`]; the only maker of [`ApprovedPlan`].
//!
//! Pure. There is one way from a [`Plan`](suimon_plan::Plan) to something that apply accepts:
//! [`authorize`].

mod authorize;
mod verdict;

pub use authorize::{CONFLICT, Facts, authorize};
pub use verdict::{ApprovedPlan, Finding, Verdict};
