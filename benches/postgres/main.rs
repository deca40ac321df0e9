//! The ledger in PostgreSQL beside what applications write themselves: a transaction of six statements for each spend
//! (`naive`), and one call of a stored function (`function`).
//!
//! ```sh
//! cargo bench -p credits-benches --bench postgres -- --seconds 4 --rounds 3
//! ```
//!
//! Options: `--wallets N`, `--seconds N` (of each measurement), `--rounds N`, `--lanes N` (of each program of the ledger),
//! `--clients 1,64,512` (only loads of these), `--only
//! loads,growth`, `--entries N` (spends in the ledger at the end of `growth`), `--out PATH` (folder of
//! `postgres.json` and the plots). It starts a PostgreSQL, and so needs `initdb`, as `tests/postgres/cluster.rs`
//! does.
//!
//! Every spend has an idempotency key of 16 bytes and metadata, and completes once it is committed with
//! `synchronous_commit = on`. Clients form a closed loop, in one or three processes. The two baselines keep a balance
//! alone, without grants, and their processes have a pool of 64 connections; a process of the ledger has one connection a
//! lane. In each round all systems are measured in turn under each load. Figures, and the ratios of each round, are the
//! medians of all rounds. Processor time is that of the server and of the clients' processes.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a benchmark that cannot be set up should stop")]
#![allow(clippy::indexing_slicing, reason = "the words of a command line that this program wrote")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the time")]
#![allow(clippy::print_stdout, reason = "the table is what it is for")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures to show, and numbers that are small"
)]

#[path = "../../tests/postgres/cluster.rs"]
mod cluster;
mod delay;
mod growth;
mod ledger;
mod options;
mod part;
#[path = "../side_by_side/plots.rs"]
#[expect(dead_code, reason = "each benchmark draws a part")]
mod plots;
mod processor;
mod report;
mod sql;
mod subject;
mod worker;

use options::Options;
use part::Load;
use report::{Report, Round};
use subject::{SYSTEMS, Subject};

/// The measured loads. Those whose wallets are one are about a busy customer.
const LOADS: [Load; 10] = [
    Load { clients: 1, ..Load::PLAIN },
    Load { clients: 1, is_far: true, ..Load::PLAIN },
    Load { clients: 64, ..Load::PLAIN },
    Load { clients: 64, processes: 3, ..Load::PLAIN },
    Load { clients: 512, ..Load::PLAIN },
    Load { clients: 512, processes: 3, ..Load::PLAIN },
    Load { clients: 64, is_one_wallet: true, ..Load::PLAIN },
    Load { clients: 512, is_one_wallet: true, ..Load::PLAIN },
    Load { clients: 512, is_one_wallet: true, processes: 3, ..Load::PLAIN },
    Load { clients: 512, is_far: true, ..Load::PLAIN },
];

fn main() {
    let Some(options) = Options::read() else { return worker::run() };
    let subject = Subject::new(&options);
    let mut rounds = Vec::new();
    if options.measures("loads") {
        subject.warm(&options);
        rounds = (0..options.rounds).map(|round| measure(&options, &subject, round)).collect();
    }
    let growth = if options.measures("growth") { growth::measure(&options, &subject) } else { Vec::new() };
    let report = Report { options: &options, rounds, growth, hot: subject.share_of_hot_updates() };
    println!("{}", report.tables());
    report.write(&options.out);
}

/// Measures every system once under each load. The first system is another one in each round.
fn measure(options: &Options, subject: &Subject, round: usize) -> Round {
    let mut parts = Vec::new();
    for (place, load) in options.loads().enumerate() {
        for turn in 0..SYSTEMS.len() {
            let system = SYSTEMS[(turn + round + place) % SYSTEMS.len()];
            let part = subject.measure(system, load, options);
            println!("round {}: {system} {load}: {part}", round + 1);
            parts.push(((load, system), part));
        }
    }
    Round { parts }
}
