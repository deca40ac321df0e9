//! Idempotency keys of any age: sealed, merged, forgotten after their retention, and read again.

use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Timestamp, usage_credits};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

usage_credits! {
    settings { keep_keys 2.days }
    operation step { costs 1.credit_per(page) }
}

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// Number of segments that have rows in a file.
fn segments(path: &std::path::Path) -> usize {
    let database = Database::open(path).unwrap();
    let rows = TableDefinition::<&[u8], &[u8]>::new("segments");
    let rows = database.begin_read().unwrap().open_table(rows).unwrap();
    let mut numbers: Vec<Vec<u8>> =
        rows.iter().unwrap().map(|row| row.unwrap().0.value()[..4].to_vec()).collect();
    numbers.dedup();
    numbers.len()
}

#[test]
fn a_key_is_answered_as_before_however_many_came_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(start());
    let open = || Credits::builder().clock(clock.clone()).stress_maintenance().open(&path).unwrap();
    let credits = open();
    let ann = credits.wallet("ann");
    ann.give_credits(10_000).key("gift").now().wait().unwrap();
    let mut entries = Vec::new();
    for job in 0..1_500 {
        let spend = ann.spend_credits_on(Operation::step(1)).key(format!("job {job}")).now();
        entries.push(spend.wait().unwrap().entry.number);
    }
    credits.verify().unwrap();
    credits.close().unwrap();
    // 187 segments were sealed. They are merged eight at a time, and merged ones are removed.
    let count = segments(&path);
    assert!((2..40).contains(&count), "{count} segments");

    let credits = open();
    let ann = credits.wallet("ann");
    assert!(ann.give_credits(10_000).key("gift").now().wait().unwrap().replayed);
    for (job, entry) in entries.iter().enumerate() {
        let again = ann.spend_credits_on(Operation::step(1)).key(format!("job {job}")).now().wait().unwrap();
        assert_eq!((again.entry.number, again.replayed), (*entry, true));
        let found = ann.credit_history().key(format!("job {job}")).page().unwrap().entries;
        assert_eq!(found.first().map(|entry| entry.number), Some(*entry));
    }
    assert_eq!(ann.credits().unwrap(), 8_500);
    credits.verify().unwrap();
}

#[test]
fn keys_of_spending_are_forgotten_in_their_time_and_those_of_giving_never() {
    let clock = ManualClock::at(start());
    let credits = Credits::builder().clock(clock.clone()).stress_maintenance().in_memory().unwrap();
    let ann = credits.wallet("ann");
    let give = || ann.give_credits(1_000).key("gift").now().wait().unwrap();
    let spend = || ann.spend_credits_on(Operation::step(1)).key("job").now().wait().unwrap();
    let live = |days: u64| {
        for _ in 0..days * 8 {
            ann.spend_credits_on(Operation::step(1)).now().wait().unwrap();
            clock.advance(Duration::from_hours(3));
        }
    };
    give();
    spend();
    live(2);
    assert!(spend().replayed, "a key is kept for two days");
    live(5);
    assert!(give().replayed);
    assert!(!spend().replayed, "what is older may be asked again");
    assert!(spend().replayed);
    credits.verify().unwrap();
}
