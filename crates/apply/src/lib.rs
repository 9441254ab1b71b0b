//! ApprovedPlan to Report.
