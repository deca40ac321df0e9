//! Reads of a large ledger: the lists, pages and reports from which people and applications read it.

use std::time::{Duration, Instant};

use credits_runtime::{FactNumber, Timestamp};

use super::figures::{Round, median};
use super::ledger::{Credits, Operation, Subject, drawn, fill, owner};
use super::options::Options;

/// Repetitions of a read of one page or wallet.
const PAGES: usize = 2_000;
/// Repetitions of a read of many rows.
const LISTS: usize = 50;
/// Holds that are open while due work is read.
const HOLDS: usize = 1_000;
/// Wallets that are emptied, so that their balance is low.
const LOW_WALLETS: usize = 1_000;

/// A pricing with a threshold that the measured ledger was not written with, and a higher price.
mod other {
    credits_runtime::usage_credits! {
        settings { low_balance_threshold 1_000.credits }
        operation step { costs 2.credits_per(page) }
    }
}

/// Measures every read; the upper bounds are the costs that each was planned with.
pub fn measure(subject: &mut Subject, options: &Options, round: &mut Round) {
    let credits = &subject.credits;
    let any = |count: usize| (drawn(3, count) % options.wallets as u64) as usize;
    let wallet = |count: usize| credits.wallet(owner(any(count)));
    balances(credits, options, round);
    let history = |count| wallet(count).credit_history().limit(50).page().expect("a page").entries.len();
    round.add("the first page of 50 entries", timed(PAGES, history), "us", 200.0);
    let open_grants = |count| wallet(count).open_grants().expect("grants").len();
    round.add("the open grants of a wallet", timed(PAGES, open_grants), "us", 6.0);
    let owners = |count| credits.owners().after(owner(any(count))).page().expect("a page").owners.len();
    round.add("a page of 50 owners", timed(PAGES, owners), "us", 79.0);
    let newest = |_| credits.entries().limit(50).page().expect("a page").entries.len();
    round.add("the newest 50 entries of the ledger", timed(PAGES, newest), "us", 240.0);
    let facts = credits.statistics().facts;
    let entry = |count| {
        usize::from(credits.entry(FactNumber::new(drawn(4, count) % facts + 1)).expect("an entry").is_some())
    };
    round.add("an entry by its number", timed(PAGES, entry), "us", 19.0);
    let now = Timestamp::from(std::time::SystemTime::now());
    let month = |count| {
        let history = wallet(count).credit_history();
        history.balances(now.before(Duration::from_hours(30 * 24)), now, 60).expect("balances").len()
    };
    round.add("60 balances of a wallet over a month", timed(LISTS, month), "us", 1_000.0);
    let year = |_| credits.activity(365).expect("days").len();
    round.add("the activity of a year", timed(LISTS, year), "us", 1_000.0);
    let totals = |_| credits.totals().expect("totals").len();
    round.add("the totals", timed(PAGES, totals), "us", 5.0);
    let statistics = |_| credits.statistics().facts as usize;
    round.add("the statistics", timed(PAGES, statistics), "us", 5.0);
    let holds: Vec<_> = (0..HOLDS)
        .map(|number| {
            let spend = credits.wallet(owner(number)).spend_credits_on(Operation::step(1));
            spend.hold(Duration::from_mins(15)).wait().expect("a hold")
        })
        .collect();
    let due = |_| credits.due().page().expect("a page").items.len();
    round.add("1,000 open holds and their times", timed(LISTS, due), "us", 6_100.0);
    drop(holds);
    let start = Instant::now();
    let report = credits.what_if(&other::Pricing::catalog(), Timestamp::MIN).run().expect("a report");
    let charges: u64 = report.operations.iter().map(|operation| operation.charges).sum();
    round.add("a charge under another price list", micros(start) / charges as f64, "us", 5.0);
    low_balances(subject, options, round);
}

fn balances(credits: &Credits, options: &Options, round: &mut Round) {
    let wallets: Vec<_> = (0..1_000).map(|number| credits.wallet(owner(number % options.wallets))).collect();
    let (start, mut reads, mut sum) = (Instant::now(), 0_u64, 0_i64);
    while start.elapsed() < Duration::from_secs(2) {
        for wallet in &wallets {
            sum ^= wallet.credits().expect("a balance").get();
            reads += 1;
        }
    }
    assert!(sum != 1, "nothing is read");
    round.add("a balance from memory", micros(start) / reads as f64, "us", 1.0);
}

/// Empties wallets, opens the ledger with a threshold, which lists every wallet anew, and reads the list.
fn low_balances(subject: &mut Subject, options: &Options, round: &mut Round) {
    fill(0..LOW_WALLETS, |number| {
        let wallet = subject.credits.wallet(owner(number));
        let balance = wallet.credits().expect("a balance").get();
        wallet.deduct_credits(balance, "emptied").now()
    });
    let (listing, page) = subject.closed(|file| {
        let open = || {
            let start = Instant::now();
            let credits = other::Credits::open(file).expect("a ledger");
            (micros(start), credits)
        };
        let (with_listing, credits) = open();
        credits.close().expect("it closes");
        // The second opening has the thresholds of the first one.
        let (without, credits) = open();
        let listing = (with_listing - without) / options.wallets as f64;
        let after = |count| owner((drawn(5, count) % LOW_WALLETS as u64) as usize);
        let page = timed(PAGES, |count| {
            credits.low().after(after(count)).page().expect("a page").owners.len().max(1)
        });
        credits.close().expect("it closes");
        (listing, page)
    });
    round.add("listing a wallet anew after a change of thresholds", listing, "us", 10.0);
    round.add("a page of 50 low balances", page, "us", 500.0);
}

/// The median time of a read, in microseconds. A read returns how much it found, which must not be nothing.
fn timed(times: usize, read: impl Fn(usize) -> usize) -> f64 {
    let found = (0..times).map(|count| {
        let start = Instant::now();
        let found = read(count);
        let time = micros(start);
        assert!(found > 0, "a read found nothing");
        time
    });
    median(found.collect(), |time| *time)
}

fn micros(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}
