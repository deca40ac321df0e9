//! The command line of usage credits: balances, histories, gifts, reports, price lists, backups and verification of a ledger,
//! from a terminal or a script.
//!
//! An application gets all commands by one line:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! credits_runtime::usage_credits! {
//!     operation generate_image { costs 5.credits }
//! }
//!
//! fn main() -> ExitCode {
//!     credits_cli::app::<Pricing>().ledger("studio.redb").run()
//! }
//! ```
//!
//! ```text
//! $ studio balance user:42
//! $ studio give user:42 100 --reason "sorry for the outage"
//! $ studio history user:42 --since 2026-11-01 --json
//! ```
//!
//! A command finds its ledger by itself: it opens the file if no program has it open, else it goes through the socket of the
//! running program, or through an address given as `--url`. The binary `credits` does the same on the ledger of any
//! application, without its pricing.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | refused by a rule, or by the application's API |
//! | 2 | the command line is wrong |
//! | 3 | there is no such thing |
//! | 4 | the ledger is open elsewhere, unreachable, or not able to serve now |
//! | 5 | the ledger is damaged, or contradicts an earlier head |
//! | 6 | the outcome of a write is unknown: the message has the key to send it again with |

mod application;
mod arguments;
mod commands;
mod exit;
#[cfg(feature = "import")]
pub mod import;
mod reach;
mod session;
mod show;

pub use application::{Application, Own, app, run, without_pricing};
pub use exit::Exit;

/// Compiles the code of the guide to the command line.
#[cfg(doctest)]
#[doc = include_str!("../../docs/recipes/command-line.md")]
struct Guide;
