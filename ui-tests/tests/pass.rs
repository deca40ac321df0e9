//! What the macro accepts, compiled without a warning and run.

#[path = "../pass/empty.rs"]
mod empty;
#[path = "../pass/everything.rs"]
mod everything;
#[path = "../pass/operations.rs"]
mod operations;
#[path = "../pass/readme.rs"]
mod readme;
#[path = "../pass/sale.rs"]
mod sale;
#[path = "../pass/wrapped.rs"]
mod wrapped;
