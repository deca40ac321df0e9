//! The `usage_credits!` macro.
