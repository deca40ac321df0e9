//! Side by side: this ledger, a careful SQLite table, a log file, and the disk alone, in turn, in one run, on one disk; then what the
//! ledger costs as it grows.
//!
//! ```sh
//! cargo bench -p credits-benches --bench side_by_side -- --seconds 10 --wallets 100000
//! ```
//!
//! Options: `--clients 1,64,512`, `--wallets N`, `--seconds N`, `--entries N` (spends that are there at last),
//! `--most-wallets N` (whose memory is measured), `--rounds N`,
//! `--only throughput,ledger,size,grants,bytes,memory,opening,reading`, `--folder PATH` (where the files are), `--out PATH`
//! (where `side_by_side.json` and the plots go).
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

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod cpu;
mod figures;
mod growth;
mod ledger;
mod load;
mod options;
mod plots;
mod raw;
mod sqlite;

use std::time::Duration;

use figures::{Figure, Report, Round};
use ledger::Subject;
use options::Options;

fn main() {
    let options = Options::read();
    if let Some(file) = &options.killed {
        growth::be_killed(file);
    }
    if let Some(what) = &options.resident {
        return println!("{}", growth::answer(&options, what));
    }
    let rounds: Vec<Round> = (0..options.rounds).map(|_| round(&options)).collect();
    let report = Report::of_rounds(&options, &rounds);
    println!("{}", report.tables());
    report.write(&options.out);
}

/// Everything once, one after the other.
fn round(options: &Options) -> Round {
    let mut round = Round::default();
    if options.measures("throughput") || options.measures("ledger") {
        throughput(options, &mut round);
    }
    growth::measure(options, &mut round);
    round
}

fn throughput(options: &Options, round: &mut Round) {
    let mut batch = (1.0, 200.0);
    let mut add = |figure: Figure| round.figures.push(figure);
    for clients in &options.clients {
        let subject = Subject::new(options, options.wallets);
        let before = (subject.credits.statistics().commits, subject.bytes());
        let figure = subject.spends(&format!("ledger, {clients} clients"), (options.time, *clients), 1);
        let commits = subject.credits.statistics().commits - before.0;
        let grown = (subject.bytes() - before.1) as f64 / (figure.count as f64).max(1.0);
        batch = (figure.count as f64 / commits.max(1) as f64, grown.clamp(90.0, 400.0));
        add(figure);
    }
    let most = options.clients.iter().copied().max().unwrap_or(1);
    let subject = Subject::new(options, options.wallets);
    add(subject.holds(&format!("ledger, {most} clients, around work"), (options.time, most)));
    drop(subject);
    if !options.measures("throughput") {
        return;
    }
    add(sqlite::spends(options, 1));
    add(sqlite::spends(options, 1_024));
    add(raw::log(options, most, batch.1));
    add(raw::syncs(options, 1.0, batch.1));
    add(raw::syncs(options, batch.0, batch.1));
}

/// How long something took, in a histogram of microseconds.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}
