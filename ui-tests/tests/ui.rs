//! The errors of the macro, as the compiler shows them.
//!
//! After a change of a message: `TRYBUILD=overwrite cargo test -p credits-ui-tests`, and read what changed.

#[test]
fn what_is_refused_says_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*/*.rs");
    cases.compile_fail("recovery/*.rs");
}
