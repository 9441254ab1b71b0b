//! Plan and facts to Verdict.
