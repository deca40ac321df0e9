//! The command line from outside: the binary `credits` and the command line of an application, over a file, the socket of a
//! running program, and an address.
//!
//! `cargo test -p credits-cli` builds the application, which is an example, with the tests; `--test cli` alone does not.
#![cfg(unix)]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../tests/postgres/cluster.rs"]
#[expect(clippy::expect_used, clippy::print_stdout, reason = "a test says why it did not run")]
mod cluster;
mod databases;
mod failures;
mod files;
mod fixture;
mod load;
#[path = "../../examples/shop/pricing.rs"]
mod pricing;
mod programs;
mod reads;
mod run;
mod server;
mod terminal;
mod ways;
mod writes;
