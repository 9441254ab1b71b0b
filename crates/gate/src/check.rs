//! What is wrong with a gate before anything is judged by it.

use suimon_model::{Gate, GateFiles};

use crate::Problem;

/// Everything in a gate that cannot work or cannot mean what it says, all of it in one run.
pub fn check(gate: &Gate, files: &GateFiles) -> Vec<Problem> {
    let _ = (gate, files);
    Vec::new()
}
