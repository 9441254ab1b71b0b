//! suimon.
fn main() {}
