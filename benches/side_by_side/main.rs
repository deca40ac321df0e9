//! Side by side: this ledger, a careful SQLite schema, a log file and the bare disk, measured in turn in one
//! run on one disk; then the cost of the ledger as it grows.
//!
//! ```sh
//! cargo bench -p credits-benches --bench side_by_side -- --seconds 10 --wallets 100000
//! ```
//!
//! Options: `--clients 1,64,512`, `--wallets N`, `--seconds N`, `--entries N` (spends in the ledger at the
//! end), `--most-wallets N` (wallets whose memory is measured), `--rounds N`, `--only
//! throughput,ledger,size,grants,bytes,memory,opening,reading`, `--folder PATH` (folder of the measured
//! files), `--out PATH` (folder of `side_by_side.json` and the plots).
//!
//! Every spend has an idempotency key of 16 bytes and metadata, and completes once it is durable. Clients
//! form a closed loop: each sends its next spend when the last one has completed. All systems are measured in
//! turn, in their steady state, a quarter of `--seconds` each time. Figures, and the ratios of each round,
//! are the medians of `--rounds` rounds.
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
mod reads;
mod sqlite;
mod turns;

use std::cell::Cell;
use std::time::Duration;

use figures::{Figure, Report, Round};
use ledger::Subject;
use options::Options;
use sqlite::Tables;
use turns::{Measure, in_turn};

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

/// Runs every selected measurement once.
fn round(options: &Options) -> Round {
    let mut round = Round::default();
    if options.measures("throughput") || options.measures("ledger") {
        throughput(options, &mut round);
    }
    growth::measure(options, &mut round);
    round
}

/// Measures the rates of all systems, in turn.
fn throughput(options: &Options, round: &mut Round) {
    let most = options.clients.iter().copied().max().unwrap_or(1);
    // Mean commands in a commit under the most clients, once it is measured.
    let batch = &Cell::new(1.0);
    let mut measures: Vec<Measure<'_>> = Vec::new();
    for clients in &options.clients {
        let (subject, name) = (Subject::new(options, options.wallets), format!("ledger, {clients} clients"));
        measures.push(Box::new(move |time, turn| {
            let before = subject.credits.statistics();
            let part = subject.spends(&name, (time, *clients), 1 + 1_000 * turn);
            let after = subject.credits.statistics();
            if *clients == most {
                let commits = (after.commits - before.commits).max(1);
                batch.set((after.commands - before.commands) as f64 / commits as f64);
            }
            part
        }));
    }
    let subject = Subject::new(options, options.wallets);
    let name = format!("ledger, {most} clients, around work");
    measures.push(Box::new(move |time, turn| subject.holds(&name, (time, most), 1 + 1_000 * turn)));
    if options.measures("throughput") {
        let bytes = growth::bytes_of(options, |subject, count| subject.spend(0, count));
        let [mut one, mut many] = [(); 2].map(|()| Tables::new(options));
        measures.push(Box::new(move |time, _| one.spends(time, 1)));
        measures.push(Box::new(move |time, _| many.spends(time, 1_024)));
        measures.push(Box::new(move |time, _| raw::log(options, (time, most), bytes)));
        measures.push(Box::new(move |time, _| raw::syncs(options, time, 1.0, bytes)));
        measures.push(Box::new(move |time, _| raw::syncs(options, time, batch.get(), bytes)));
    }
    round.figures = in_turn(options.time, measures).into_iter().map(Figure::of).collect();
}

/// A duration in microseconds, at least 1, for a histogram.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1)
}
