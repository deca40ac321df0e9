//! Controls of the checker: it finds the faults of ledgers that break their promises.

use credits_runtime::Entry;
use credits_runtime::testing::Storage;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};

use super::checker::{Fault, open};
use super::commands::{Answer, Answered, Ask, Command, Ran};
use super::crash::Powered;
use super::disk::{Change, Disk, LEDGER, LOG, Operation};
use super::recording::{History, What, record};
use super::{Random, STEPS, judge, moments};
use crate::format::frames::facts;
use crate::format::pages;

const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
const SEGMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("segments");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// The checker's verdict on a ledger in this state, on this disk.
fn verdict(history: &History, steps: usize, disk: Disk) -> Result<(), Fault> {
    open(history, (steps, steps), disk)?.send_everything_again().map(drop)
}

/// The disk once these steps were acknowledged, when a crash loses nothing.
fn kept(history: &History, steps: usize) -> Disk {
    let mut disk = Powered::new(history.base.clone());
    for operation in &history.log[..history.steps[steps - 1].acknowledged] {
        disk.take(operation);
    }
    Disk::holding(disk.synced())
}

/// Steps that changed the picture.
fn changes(history: &History) -> impl Iterator<Item = usize> {
    (1..=history.steps.len()).filter(|steps| history.state(*steps).0 != history.state(steps - 1).0)
}

/// Rows of the segments, read without the ledger.
fn segment_rows(disk: &Disk) -> Vec<(Vec<u8>, Vec<u8>)> {
    let database = Database::builder().create_with_backend(disk.ledger()).unwrap();
    let rows = database.begin_read().unwrap().open_table(SEGMENTS).unwrap();
    let rows = rows.iter().unwrap().map(Result::unwrap);
    rows.map(|(key, row)| (key.value().to_vec(), row.value().to_vec())).collect()
}

/// Changes a ledger's file without the ledger.
fn change(disk: &Disk, change: impl FnOnce(&WriteTransaction)) {
    let database = Database::builder().create_with_backend(disk.ledger()).unwrap();
    let write = database.begin_write().unwrap();
    change(&write);
    write.commit().unwrap();
}

#[test]
fn a_disk_that_never_syncs_is_caught() {
    let history = record(1, STEPS);
    let unsynced = |operation: &Operation| match operation {
        Operation { file, change: Change::Sync } => {
            Operation { file: *file, change: Change::Write { offset: 0, bytes: [].into() } }
        }
        other => other.clone(),
    };
    let log: Vec<_> = history.log.iter().map(unsynced).collect();
    let lost = moments(&history, &log).filter(|(asked, disk)| {
        let mut random = Random::new(1, *asked as u64);
        let verdict = judge(&history, history.between(*asked), disk.image(&mut random), &mut random);
        matches!(verdict, Err(Fault::Lost(_)))
    });
    assert!(lost.count() > 10, "what was never synced is not missed");
}

#[test]
fn a_single_sync_that_is_a_lie_is_caught() {
    // Checkpoints keep some records that a false sync loses, so one life may have few false syncs that
    // matter.
    let mut lies = 0;
    for seed in 2..40 {
        lies += caught_lies(&record(seed, STEPS));
        if lies > 5 {
            return;
        }
    }
    panic!("only {lies} steps were lied about");
}

/// Counts the steps whose record is lost by a false sync. The checker must find each.
fn caught_lies(history: &History) -> usize {
    let mut lies = 0;
    // Due facts are booked again by an opening, whether they were lost or not.
    let is_sent = |what: &What| !matches!(what, What::Reopened | What::BookedDue);
    for steps in changes(history).filter(|steps| is_sent(&history.steps[steps - 1].what)) {
        let before = &history.log[..history.steps[steps - 1].acknowledged];
        let is =
            |operation: &Operation, file| operation.file == file && matches!(operation.change, Change::Sync);
        let last = before.iter().rposition(|operation| is(operation, LOG)).unwrap();
        // A later checkpoint keeps the record's facts.
        if before[last..].iter().any(|operation| is(operation, LEDGER)) {
            continue;
        }
        let mut disk = Powered::new(history.base.clone());
        for operation in before[..last].iter().chain(&before[last + 1..]) {
            disk.take(operation);
        }
        match verdict(history, steps, Disk::holding(disk.durable())) {
            Err(Fault::Lost(_)) => lies += 1,
            other => panic!("the lie before step {steps} is not caught: {other:?}"),
        }
    }
    lies
}

#[test]
fn a_key_that_is_missing_is_caught() {
    let history = record(3, STEPS);
    let steps = history.steps.len();
    let rows = segment_rows(&kept(&history, steps));
    let pages = rows.iter().filter_map(|(row, page)| Some((row, pages::read(pages::first_of(row)?, page))));
    let keys =
        pages.flat_map(|(row, entries)| (0..entries.len()).map(move |place| (row, entries.clone(), place)));
    let keys: Vec<_> = keys.collect();
    let caught = keys.iter().filter(|(row, entries, place)| {
        let disk = kept(&history, steps);
        let mut entries = entries.clone();
        entries.remove(*place);
        change(&disk, |write| {
            let mut segments = write.open_table(SEGMENTS).unwrap();
            segments.remove(&row[..]).unwrap();
            if let Some((first, _)) = entries.first() {
                let row = [&row[..5], &first.to_be_bytes()].concat();
                segments.insert(&row[..], &pages::write(*first, &entries)[..]).unwrap();
            }
        });
        let verdict = verdict(&history, steps, disk);
        // Missing keys that no command repeats are found by the audit at the end.
        assert!(matches!(verdict, Err(Fault::AnsweredOtherwise(_) | Fault::Unreadable(_))), "{verdict:?}");
        matches!(verdict, Err(Fault::AnsweredOtherwise(_)))
    });
    // Other sealed keys record how holds were closed, or were superseded; the newest keys are not sealed yet.
    let (caught, used) = (caught.count(), keys_used(&history));
    assert!(caught + 8 >= used && caught * 3 > keys.len(), "{caught} of {used} keys, {} sealed", keys.len());
}

/// Number of keys of done commands, which are sent again.
fn keys_used(history: &History) -> usize {
    let used = history.steps.iter().map(|step| match &step.what {
        What::Batch(commands) => {
            let is_keyed = |command: &Command| !matches!(command.ask, Ask::Settle(_) | Ask::Release(_));
            let is_there = |first: &Answered| !first.replayed && !matches!(first.answer, Answer::Rejected(_));
            commands.iter().filter(|(command, first)| is_keyed(command) && is_there(first)).count()
        }
        What::WorkEnds(_, _, Ran::Done) => 1,
        _ => 0,
    });
    used.sum()
}

#[test]
fn a_checkpoint_that_claims_too_much_is_caught() {
    let history = record(4, STEPS);
    let mut caught = 0;
    for steps in changes(&history) {
        let disk = kept(&history, steps);
        // Claim that every row has every fact, so that nothing is replayed.
        change(&disk, |write| {
            let next = {
                let journal = write.open_table(JOURNAL).unwrap();
                let (first, block) = journal.last().unwrap().unwrap();
                first.value() + facts(&block.value()[64..])
            };
            let mut meta = write.open_table(META).unwrap();
            let covered = meta.get("covered").unwrap().unwrap().value().to_vec();
            let mut decoder = minicbor::Decoder::new(&covered);
            assert_eq!(decoder.array().unwrap(), Some(2));
            decoder.u64().unwrap();
            let mut claimed = minicbor::Encoder::new(Vec::new());
            claimed.array(2).unwrap().u64(next).unwrap();
            let mut claimed = claimed.into_writer();
            claimed.extend_from_slice(&covered[decoder.position()..]);
            meta.insert("covered", &claimed[..]).unwrap();
        });
        let verdict = verdict(&history, steps, disk);
        assert!(!matches!(verdict, Err(Fault::NeverAsked(_))), "step {steps}: {verdict:?}");
        caught += usize::from(verdict.is_err());
    }
    assert!(caught > 3, "only {caught} claims were caught");
}

#[test]
fn an_entry_too_few_and_an_entry_too_many_are_caught() {
    let history = record(5, STEPS);
    let steps = changes(&history).last().unwrap();
    let verdict_if = |change: fn(&mut Vec<Entry>)| {
        let mut history = history.clone();
        for step in &mut history.steps[steps - 1..] {
            let entries = step.picture.wallets.iter_mut().map(|wallet| &mut wallet.entries);
            change(entries.max_by_key(|entries| entries.len()).unwrap());
        }
        verdict(&history, steps, kept(&history, steps))
    };
    assert!(matches!(verdict_if(|_| ()), Ok(())));
    let unasked = verdict_if(|entries| drop(entries.pop()));
    assert!(matches!(unasked, Err(Fault::NeverAsked(_))), "{unasked:?}");
    let lost = verdict_if(|entries| {
        let doubled = entries[0].clone();
        entries[0].reason = Some("doubled".to_owned());
        entries.insert(0, doubled);
    });
    assert!(matches!(lost, Err(Fault::Lost(_))), "{lost:?}");
    let twice = verdict_if(|entries| entries.push(entries[0].clone()));
    assert!(twice.is_err(), "{twice:?}");
}
