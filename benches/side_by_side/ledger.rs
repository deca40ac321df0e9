//! This ledger, through its public API.

use std::collections::VecDeque;
use std::thread;
use std::time::Instant;

use credits_runtime::{Receipt, Reply, usage_credits};
use hdrhistogram::Histogram;

use super::figures::Figure;
use super::micros;
use super::options::Options;

usage_credits! {
    operation step { costs 1.credit_per(page) }
}

/// What each wallet begins with, in as many grants.
const GRANTS: [i64; 3] = [1_000_000, 1_000_000_000, 1_000_000_000_000];

/// Threads that generate load; each has its share of the clients.
fn threads(clients: usize) -> usize {
    clients.min(4)
}

fn open(options: &Options) -> (tempfile::TempDir, Credits) {
    let folder = tempfile::tempdir_in(&options.folder).expect("a folder");
    let credits = Credits::open(folder.path().join("credits.redb")).expect("a ledger");
    let mut replies = VecDeque::new();
    for number in 0..options.wallets {
        let wallet = credits.wallet(owner(number));
        for amount in GRANTS {
            replies.push_back(wallet.give_credits(amount).now());
        }
        while replies.len() > 4_000 {
            drop(replies.pop_front().expect("a reply").wait().expect("a gift"));
        }
    }
    for reply in replies {
        drop(reply.wait().expect("a gift"));
    }
    let mut replies = VecDeque::new();
    for number in 0..options.entries {
        replies.push_back(spend(&credits, options, 0, number));
        if replies.len() > 4_000 {
            drop(replies.pop_front().expect("a reply").wait().expect("a spend"));
        }
    }
    for reply in replies {
        drop(reply.wait().expect("a spend"));
    }
    (folder, credits)
}

fn owner(number: usize) -> String {
    format!("user:{number}")
}

/// A number that looks random, of a client's so-many-th spend.
fn drawn(client: usize, count: usize) -> u64 {
    let mut mixed = (client as u64) << 40 ^ count as u64 ^ 0x9E37_79B9_7F4A_7C15;
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 27;
    }
    mixed
}

fn spend(credits: &Credits, options: &Options, client: usize, count: usize) -> Reply<Receipt> {
    let drawn = drawn(client + 1, count);
    let wallet = credits.wallet(owner((drawn % options.wallets as u64) as usize));
    let metadata = serde_json::json!({ "job": count });
    wallet.spend_credits_on(Operation::step(1)).key(format!("{drawn:016x}")).metadata(metadata).now()
}

/// Spends of so many clients; answers also how many shared a commit, and their bytes on disk.
pub fn spends(options: &Options, clients: usize) -> (Figure, f64, f64) {
    let (folder, credits) = open(options);
    let file = folder.path().join("credits.redb");
    let before = (credits.statistics(), bytes(&file));
    let figure = load(options, clients, format!("ledger, {clients} clients"), |client, count| {
        spend(&credits, options, client, count)
    });
    let (statistics, after) = (credits.statistics(), bytes(&file));
    let commits = (statistics.commits - before.0.commits).max(1);
    let spends_a_commit = figure.count as f64 / commits as f64;
    let grown = (after - before.1) as f64 / (figure.count as f64).max(1.0);
    (figure, spends_a_commit, grown.clamp(90.0, 400.0))
}

fn bytes(file: &std::path::Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}

/// Spends around work that takes no time: a hold, and its settling.
pub fn holds(options: &Options, clients: usize) -> Figure {
    let (_folder, credits) = open(options);
    let name = format!("ledger, {clients} clients, around work");
    let start = Instant::now();
    let mut latencies = Histogram::new(3).expect("a histogram");
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads(clients))
            .map(|thread| {
                let credits = &credits;
                scope.spawn(move || {
                    let mut latencies = Histogram::<u64>::new(3).expect("a histogram");
                    let (mut holding, mut settling) = (VecDeque::new(), VecDeque::new());
                    let mut count = 0;
                    let share = clients / threads(clients);
                    while start.elapsed() < options.time || !settling.is_empty() || !holding.is_empty() {
                        let more = start.elapsed() < options.time;
                        while more && holding.len() + settling.len() < share {
                            let drawn = drawn(thread + 1, count);
                            count += 1;
                            let wallet = credits.wallet(owner((drawn % options.wallets as u64) as usize));
                            let hold = wallet
                                .spend_credits_on(Operation::step(1))
                                .key(format!("{drawn:016x}"))
                                .hold(std::time::Duration::from_mins(1));
                            holding.push_back((Instant::now(), hold));
                        }
                        for _ in 0..holding.len() {
                            let Some((asked, hold)) = holding.pop_front() else { break };
                            settling.push_back((asked, hold.wait().expect("a hold").settle()));
                        }
                        for _ in 0..settling.len() {
                            let Some((asked, settled)) = settling.pop_front() else { break };
                            drop(settled.wait().expect("a charge"));
                            latencies.record(micros(asked.elapsed())).expect("a latency");
                        }
                    }
                    latencies
                })
            })
            .collect();
        for worker in workers {
            latencies.add(worker.join().expect("a worker")).expect("latencies");
        }
    });
    Figure::of(name, &latencies, start.elapsed())
}

/// A closed loop of so many clients for so long.
fn load(
    options: &Options,
    clients: usize,
    name: String,
    ask: impl Fn(usize, usize) -> Reply<Receipt> + Sync,
) -> Figure {
    let start = Instant::now();
    let mut latencies = Histogram::new(3).expect("a histogram");
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads(clients))
            .map(|thread| {
                let ask = &ask;
                scope.spawn(move || {
                    let mut latencies = Histogram::<u64>::new(3).expect("a histogram");
                    let mut waiting = VecDeque::new();
                    let mut count = 0;
                    let share = clients / threads(clients);
                    loop {
                        let more = start.elapsed() < options.time;
                        while more && waiting.len() < share {
                            // Numbers apart from those that were there before.
                            waiting.push_back((Instant::now(), ask(thread + 1, count)));
                            count += 1;
                        }
                        let Some((asked, reply)) = waiting.pop_front() else { break };
                        drop(reply.wait().expect("a spend"));
                        latencies.record(micros(asked.elapsed())).expect("a latency");
                    }
                    latencies
                })
            })
            .collect();
        for worker in workers {
            latencies.add(worker.join().expect("a worker")).expect("latencies");
        }
    });
    Figure::of(name, &latencies, start.elapsed())
}
