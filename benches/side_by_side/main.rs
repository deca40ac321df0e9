//! Side by side: this ledger, a careful SQLite table, and the disk alone, in turn, in one run, on one disk.
//!
//! ```sh
//! cargo bench -p credits-benches --bench side_by_side -- --seconds 10 --wallets 100000
//! ```
//!
//! Options: `--clients 1,64,512`, `--wallets N`, `--seconds N`, `--entries N` (spends that are there before anything is
//! measured), `--folder PATH` (where the files are), `--out PATH` (where `side_by_side.json` and the plots go).
//!
//! Every spend has an idempotency key of 16 bytes and metadata, and is answered once it is durable. Clients are a closed
//! loop: each asks for its next spend when the last one is answered. Figures are the medians of `--rounds` rounds.
#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up should stop")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the time")]
#![allow(clippy::print_stdout, reason = "the table is what it is for")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures to show, and numbers that are small"
)]

mod figures;
mod ledger;
mod options;
mod raw;
mod sqlite;

use std::time::Duration;

use figures::{Figure, Report};
use options::Options;

fn main() {
    let options = Options::read();
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push(round(&options));
    }
    let report = Report::of_rounds(&options, &rounds);
    println!("{}", report.table());
    report.write(&options.out);
}

/// Everything once, one after the other.
fn round(options: &Options) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut batch = (1.0, 200.0);
    for clients in &options.clients {
        let (figure, spends_a_commit, bytes) = ledger::spends(options, *clients);
        batch = (spends_a_commit, bytes);
        figures.push(figure);
    }
    let most = options.clients.iter().copied().max().unwrap_or(1);
    figures.push(ledger::holds(options, most));
    figures.push(sqlite::spends(options, 1));
    figures.push(sqlite::spends(options, 1_024));
    figures.push(raw::syncs(options, 1.0, batch.1));
    figures.push(raw::syncs(options, batch.0, batch.1));
    figures
}

/// How long something took, in a histogram of microseconds.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}
