//! What the macro accepts, compiled without a warning and run.

#[path = "../pass/by_name.rs"]
mod by_name;
#[path = "../pass/costs.rs"]
mod costs;
#[path = "../pass/empty.rs"]
mod empty;
#[path = "../pass/everything.rs"]
mod everything;
#[path = "../pass/no_prelude.rs"]
mod no_prelude;
#[path = "../pass/opaque.rs"]
mod opaque;
#[path = "../pass/operations.rs"]
mod operations;
#[path = "../pass/readme.rs"]
mod readme;
#[path = "../pass/sale.rs"]
mod sale;
#[path = "../pass/words.rs"]
mod words;
#[path = "../pass/wrapped.rs"]
mod wrapped;

#[test]
fn overflow_checks_are_off() {
    let over = std::panic::catch_unwind(|| std::hint::black_box(u8::MAX) + std::hint::black_box(1));
    assert_eq!(over.ok(), Some(0), "costs in braces are tested without overflow checks here");
}
