//! The command line from outside: the binary `credits` and the command line of an application, over a file, the socket of a
//! running program, and an address.

mod fixture;
#[path = "../../examples/shop/pricing.rs"]
mod pricing;
mod run;
mod ways;
