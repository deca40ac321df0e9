//! See `credits_runtime::testing::fuzzing::commands`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| credits_runtime::testing::fuzzing::commands(bytes));
