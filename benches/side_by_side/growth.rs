//! Cost of the ledger as it grows: entries, keys, used-up grants, wallets, bytes and openings.

use std::time::Instant;

use credits_runtime::{Receipt, Reply};
use redb::{ReadableDatabase, ReadableTableMetadata, TableDefinition};

use super::figures::Round;
use super::ledger::{Credits, Operation, Subject, fill, owner};
use super::options::Options;
use super::reads;
use super::turns::{Measure, Part, in_turn};

/// Clients of every measurement here.
const CLIENTS: usize = 512;
/// Wallets whose grants are used up.
const USED_WALLETS: usize = 64;
/// Used-up grants of each of them.
const USED_GRANTS: usize = 10_000;
/// Spends before a kill. Most wallet rows are dirty then, and the opening has much to replay.
const KILLED_SPENDS: usize = 200_000;
/// Plain spends whose bytes are counted.
const COUNTED_SPENDS: usize = 500_000;

/// Runs the measurements of this file that the options select.
pub fn measure(options: &Options, round: &mut Round) {
    if ["size", "opening", "reading"].iter().any(|what| options.measures(what)) {
        size(options, round);
    }
    if options.measures("grants") {
        grants(options, round);
    }
    if options.measures("bytes") {
        bytes(options, round);
    }
    if options.measures("memory") {
        memory(options, round);
    }
}

/// Measures a growing ledger at several sizes against an empty one; then reads, kills and opens it.
fn size(options: &Options, round: &mut Round) {
    let mut subject = Subject::new(options, options.wallets);
    let mut there = 0;
    round.sizes.push((0, 1.0));
    for (place, size) in [options.entries / 4, options.entries / 2, options.entries].into_iter().enumerate() {
        subject.spend_many(1_000 + place, size.saturating_sub(there));
        let empty = Subject::new(options, options.wallets);
        let [first, then] = compared(options, [&empty, &subject], 100_000 * (place + 1));
        there = there.max(size) + then.latencies.len() as usize;
        round.sizes.push((size, first.rate() / then.rate()));
    }
    let name = format!("a spend after {} others, against after none", options.entries);
    round.add(&name, round.sizes.last().map_or(f64::NAN, |(_, cost)| *cost), "x", 1.2);
    if options.measures("reading") {
        reads::measure(&mut subject, options, round);
    }
    if options.measures("opening") {
        // A kill: another process writes the file, and aborts before it closes it.
        subject.credits.close().expect("it closes");
        let program = std::env::current_exe().expect("a program");
        let killed = std::process::Command::new(program).arg("--killed").arg(&subject.file).status();
        assert!(!killed.expect("a process").success(), "it was not killed");
        let start = Instant::now();
        let opened = Credits::open(&subject.file).expect("a ledger");
        let name = format!("opening after a kill, {there} entries");
        round.add(&name, start.elapsed().as_secs_f64(), "s", 3.0);
        drop(opened);
    }
}

/// Writes a ledger, and aborts without closing it.
pub fn be_killed(file: &std::path::Path) -> ! {
    let credits = Credits::open(file).expect("a ledger");
    fill(0..KILLED_SPENDS, |number| {
        credits.wallet(owner(number % 1_000)).spend_credits_on(Operation::step(1)).now()
    });
    std::process::abort();
}

/// Compares wallets with one used-up grant and wallets with many.
fn grants(options: &Options, round: &mut Round) {
    // Both ledgers have equally many used-up grants, and so equally many entries and keys.
    let subject = |used: usize| {
        let subject = Subject::new(options, USED_WALLETS);
        let wallets = USED_WALLETS * USED_GRANTS / used;
        fill(0..USED_WALLETS * USED_GRANTS, |count| {
            let wallet = subject.credits.wallet(owner(count % wallets));
            drop(wallet.give_credits(1).priority(1).now());
            wallet.spend_credits_on(Operation::step(1)).now()
        });
        subject
    };
    let [few, many] = compared(options, [&subject(1), &subject(USED_GRANTS)], 1);
    round.add("a spend after 10,000 used-up grants, against after one", few.rate() / many.rate(), "x", 1.1);
}

/// Measures spends of two ledgers in turn.
fn compared(options: &Options, subjects: [&Subject; 2], first_client: usize) -> [Part; 2] {
    let measures = subjects.map(|subject| -> Measure<'_> {
        Box::new(move |time, turn| subject.spends("", (time, CLIENTS), first_client + 1_000 * turn))
    });
    in_turn(options.time, measures.into()).try_into().unwrap_or_else(|_| unreachable!("they are two"))
}

/// Measures the bytes of a plain spend.
fn bytes(options: &Options, round: &mut Round) {
    let bytes = bytes_of(options, Subject::spend_plainly);
    round.add("bytes of a plain spend, its key's index included", bytes, "B", 90.0);
}

/// Bytes that a spend adds to the journal and to the segments of keys. Free pages of the file do not count,
/// because they are used again.
pub fn bytes_of(options: &Options, spend: impl Fn(&Subject, usize) -> Reply<Receipt>) -> f64 {
    let mut subject = Subject::new(options, options.wallets);
    let before = subject.closed(used);
    fill(0..COUNTED_SPENDS, |count| spend(&subject, count));
    (subject.closed(used) - before) / COUNTED_SPENDS as f64
}

/// Bytes of the journal and of the segments of keys in a closed ledger.
fn used(file: &std::path::Path) -> f64 {
    let database = redb::Database::open(file).expect("a database");
    let read = database.begin_read().expect("a reading");
    let journal = TableDefinition::<u64, &[u8]>::new("journal");
    let segments = TableDefinition::<&[u8], &[u8]>::new("segments");
    let journal = read.open_table(journal).and_then(|table| Ok(table.stats()?)).expect("a journal");
    let segments = read.open_table(segments).and_then(|table| Ok(table.stats()?)).expect("segments");
    let all =
        |stats: redb::TableStats| stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
    (all(journal) + all(segments)) as f64
}

/// Measures the memory of a wallet when all wallets are cached, and of the process when few of many fit. Each
/// runs in a new process, free of other measurements' allocations.
fn memory(options: &Options, round: &mut Round) {
    let ask = |what: &str| -> f64 {
        let program = std::env::current_exe().expect("a program");
        let wallets = options.most_wallets.to_string();
        let arguments = ["--resident", what, "--most-wallets", &wallets, "--folder"];
        let asked = std::process::Command::new(program).args(arguments).arg(&options.folder).output();
        let answer = String::from_utf8(asked.expect("a process").stdout).expect("a number");
        answer.trim().parse().expect("a number")
    };
    round.add("memory of a wallet with 3 grants", ask("each"), "B", 250.0);
    let name = format!("memory of all, with {} wallets, of 256 MiB that it may take", options.most_wallets);
    round.add(&name, ask("all"), "MiB", 256.0);
}

/// Runs a measurement of memory, in the process that `memory` starts for it.
pub fn answer(options: &Options, what: &str) -> f64 {
    if what == "each" {
        // The first wallets fill redb's cache and the memory of keys, so that the second fifth adds wallets
        // alone. Both fifths together fit in memory, so no wallet is evicted.
        let wallets = options.most_wallets / 5;
        let mut subject = Subject::new(options, wallets);
        let before = resident();
        subject.add_wallets(wallets);
        return (resident() - before) / wallets as f64;
    }
    let _subject = Subject::new(options, options.most_wallets);
    resident() / 1_024.0 / 1_024.0
}

/// Resident memory of this process, in bytes.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0.0);
    pages * 4_096.0
}
