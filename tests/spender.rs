//! A process that spends until it is killed.
fn main() {}
