//! Tests of the engine: failing storage, views against the journal, and look-ups during checkpoints.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use credits_core::Threshold;
use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use super::batch::batch::{Batch, Submitted};
use super::batch::file_source::FileSource;
use super::clock::SystemClock;
use super::ledger::{Ledger, Location, Opening};
use super::opening::FoundLedger;
use super::recovery;
use super::relist::{begin_relisting, relist};
use super::request::inbox::Queue;
use super::request::reply::Reply;
use super::request::slot::Outcome;
use super::store::Locking;
use super::tuning::Tuning;
use super::wallets::budget::MemoryBudget;
use crate::domain::amount::Amount;
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::command::{Action, Command, Expiry, Gift};
use crate::domain::fact::{Kind, RecordId};
use crate::domain::grant::GrantTerms;
use crate::domain::ids::{FactNumber, GivenKey, Key, Owner, WalletId};
use crate::domain::low_balances::LowBalances;
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policy;
use crate::domain::record::Record;
use crate::domain::wallet::Wallet;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::generated::Pricing as _;
use crate::service::tests::Pricing;

/// A backend in memory whose syncs, and changes of length, fail while a switch is on. Clones share its bytes.
#[derive(Clone, Debug)]
struct Faulty {
    memory: Arc<InMemoryBackend>,
    fails: Arc<AtomicBool>,
}

impl Faulty {
    fn new(fails: &Arc<AtomicBool>) -> Self {
        Self { memory: Arc::default(), fails: Arc::clone(fails) }
    }

    fn check(&self) -> Result<(), std::io::Error> {
        if self.fails.load(Ordering::SeqCst) {
            Err(std::io::Error::other("the disk is gone"))
        } else {
            Ok(())
        }
    }
}

impl StorageBackend for Faulty {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.check()?;
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        self.check()?;
        self.memory.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.memory.write(offset, data)
    }
}

fn open() -> Arc<Ledger> {
    over(opening())
}

fn over(opening: Opening) -> Arc<Ledger> {
    Ledger::over(FoundLedger::in_memory(MemoryBudget::DEFAULT).unwrap(), opening).unwrap()
}

/// A ledger whose log fails while a switch is on.
fn open_over_log(fails: &Arc<AtomicBool>) -> Arc<Ledger> {
    let ledger = Faulty::new(&Arc::default());
    Ledger::open_on((ledger, Faulty::new(fails)), opening()).unwrap()
}

fn opening() -> Opening {
    Opening {
        clock: Arc::new(SystemClock),
        terms: CatalogueData::from(Pricing::CATALOGUE).terms(),
        policy: Policy::of(&Pricing::CATALOGUE.settings),
        prices: PriceList::default(),
        wording: credits_core::Wording::of(Pricing::CATALOGUE),
        clock_confirmed: false,
        restored_accepted: false,
        locking: Locking::Required,
        tuning: Tuning::DEFAULT,
        memory: MemoryBudget::DEFAULT,
        queue: Queue::DEFAULT,
    }
}

fn wallet(owner: &str) -> WalletId {
    WalletId::of_credits(Owner::new(owner).unwrap())
}

fn gift(owner: &str, amount: i64, key: &str) -> Command {
    let gift = Gift {
        amount: Amount::new(amount),
        reason: None,
        category: None,
        class: None,
        expiry: Expiry::Never,
        priority: GrantTerms::PRIORITY_DEFAULT,
        scope: Vec::new(),
        kind: Kind::Give,
    };
    let key: GivenKey = key.into();
    Command::new(wallet(owner), key.0.unwrap(), Action::Give(gift), Metadata::default())
}

fn send(ledger: &Ledger, command: Command) -> Reply<Outcome> {
    ledger.submit(command, Ok)
}

fn failure(result: Result<Outcome, Error>) -> LedgerError {
    match result {
        Err(Error::Ledger(error)) => error,
        other => panic!("no failure: {other:?}"),
    }
}

#[test]
fn a_failed_commit_is_unknown_and_ends_writing_but_not_reading() {
    let fails = Arc::new(AtomicBool::new(false));
    let ledger = open_over_log(&fails);
    send(&ledger, gift("ann", 10, "k1")).wait().unwrap();

    fails.store(true, Ordering::SeqCst);
    let error = failure(send(&ledger, gift("ann", 10, "k2")).wait());
    assert_eq!(error.kind(), LedgerErrorKind::OutcomeUnknown);
    assert_eq!(error.key().map(Key::as_str), Some("k2"));

    fails.store(false, Ordering::SeqCst);
    let error = failure(send(&ledger, gift("ann", 10, "k2")).wait());
    assert_eq!(error.kind(), LedgerErrorKind::Stopped);
    assert_eq!(ledger.wallet(&wallet("ann")).unwrap().balance, 10);
}

#[test]
fn views_are_what_the_journal_says_and_blocks_are_chained() {
    let ledger = open();
    let owners = ["ann", "bob", "eve"].into_iter().cycle();
    let gifts = (1..=500).zip(owners).map(|(n, owner)| gift(owner, n, &format!("key {n}")));
    let replies: Vec<_> = gifts.map(|command| send(&ledger, command)).collect();
    for reply in replies {
        reply.wait().unwrap();
    }

    let mut rebuilt: HashMap<WalletId, Wallet> = HashMap::new();
    let mut lagging = Vec::new();
    let snapshot = ledger.engine().store().snapshot().unwrap();
    let (end, state) = (snapshot.end().unwrap(), snapshot.checkpoint_state().unwrap());
    let (mut next, mut head, mut blocks) = (FactNumber::FIRST, [0; 32], 0);
    while next < end.next_fact {
        let block = snapshot.block(next).unwrap();
        assert_eq!((block.first, block.previous_head), (next, head));
        for booked in block.decode().unwrap() {
            for (number, fact) in booked.numbered() {
                if let RecordId::Wallet(id) = &fact.record {
                    rebuilt.entry(id.clone()).or_default().apply(number, fact);
                    if number >= state.replay_from {
                        lagging.push((id.clone(), number, fact.clone()));
                    }
                }
            }
            next = booked.next();
        }
        (head, blocks) = (block.head(), blocks + 1);
    }
    assert_eq!(head, end.head);
    assert!(blocks > 3, "500 gifts fill several blocks, not {blocks}");
    for owner in ["ann", "bob", "eve"] {
        let wallet = wallet(owner);
        let mut stored = snapshot.wallet(&wallet).unwrap().wallet;
        for (_, number, fact) in lagging.iter().filter(|(id, ..)| *id == wallet) {
            stored.apply(*number, fact);
        }
        assert!(
            rebuilt.remove(&wallet).as_ref() == Some(&stored),
            "{owner}: a row is not what the journal says"
        );
        assert!(ledger.wallet(&wallet).unwrap() == stored, "{owner}: what is read is not what is kept");
    }
}

#[test]
fn a_milestone_is_in_memory_until_its_wallet_has_a_row_with_it() {
    let tuning = Tuning { pass_facts: 200, unwritten_bytes: Some(16_384), ..Tuning::DEFAULT };
    let ledger = over(Opening { tuning, ..opening() });
    let give = |owner, n| drop(send(&ledger, gift(owner, 1, &format!("key {n}"))).wait().unwrap());
    let (ann, milestones) = (wallet("ann"), &ledger.engine().published().milestones);
    let written = || ledger.engine().store().snapshot().unwrap().milestone(&ann, 64).unwrap();
    (1..=130).for_each(|n| give("ann", n));
    let ordinals: Vec<u64> = milestones.up_to(&ann, u64::MAX).iter().map(|(ordinal, _)| *ordinal).collect();
    assert_eq!((ordinals, written()), (vec![64, 128], None));
    let found = [64, 128].map(|ordinal| ledger.milestone(&ann, ordinal).unwrap());
    assert_eq!(found.map(|milestone| milestone.balance.get()), [64, 128]);
    // Enough commits to begin and to end a pass.
    (0..600).for_each(|n| give("bob", n));
    assert_eq!((milestones.up_to(&ann, u64::MAX), written()), (Vec::new(), Some(found[0])));
    assert_eq!(ledger.milestone(&ann, 128).unwrap(), found[1]);
    assert!(ledger.milestone(&ann, 192).is_err());
}

#[test]
fn a_milestone_of_a_commit_that_failed_is_none() {
    let fails = Arc::new(AtomicBool::new(false));
    let ledger = open_over_log(&fails);
    let give = |n| send(&ledger, gift("ann", 1, &format!("key {n}"))).wait();
    (1..=63).for_each(|n| drop(give(n).unwrap()));
    fails.store(true, Ordering::SeqCst);
    assert_eq!(failure(give(64)).kind(), LedgerErrorKind::OutcomeUnknown);
    let ann = wallet("ann");
    assert_eq!(ledger.wallet(&ann).unwrap().facts, 63);
    assert_eq!(ledger.engine().published().milestones.up_to(&ann, u64::MAX), Vec::new());
    assert_eq!(ledger.milestone(&ann, 64).unwrap_err().kind(), LedgerErrorKind::Damaged);
}

#[test]
fn a_block_is_found_by_each_of_its_facts_whatever_the_blocks_are_like() {
    let ledger = open();
    // Blocks of many small frames, then of a few large ones, then of both.
    let reason = |n: i64| match n {
        ..300 => 1,
        300..400 => 900,
        _ => usize::try_from(n * 37 % 700).unwrap(),
    };
    let replies: Vec<_> = (1..=700)
        .map(|n| {
            let mut command = gift("ann", n, &format!("key {n}"));
            if let Action::Give(gift) = &mut command.action {
                gift.reason = Some("r".repeat(reason(n))).filter(|reason| !reason.is_empty());
            }
            send(&ledger, command)
        })
        .collect();
    for reply in replies {
        reply.wait().unwrap();
    }

    let snapshot = ledger.engine().store().snapshot().unwrap();
    let end = snapshot.end().unwrap().next_fact.get();
    let (mut firsts, mut next) = (Vec::new(), FactNumber::FIRST);
    while next.get() < end {
        firsts.push(next);
        next = snapshot.block(next).unwrap().next_fact().unwrap();
    }
    assert!(firsts.len() > 40, "they fill many blocks, not {}", firsts.len());
    // In ascending, descending, and scattered order.
    let numbers = (1..end).chain((1..end).rev()).chain((1..end).map(|n| n * 7_919 % (end - 1) + 1));
    for number in numbers.map(FactNumber) {
        let first = firsts[firsts.partition_point(|first| *first <= number) - 1];
        assert_eq!(snapshot.block(number).unwrap().first, first, "the block of fact {number}");
        let booked = snapshot.stored_block(number).unwrap().frame(number).unwrap().unwrap();
        let facts = booked.first()..booked.next();
        assert!(facts.contains(&number), "the frame of fact {number}");
    }
}

/// A checkpoint may seal a key into a segment, or merge its segment, after a batch has taken its snapshot. The key is
/// then neither in memory nor in that snapshot, and a batch that did not take a new one would use the key twice.
#[test]
fn a_key_is_found_that_was_sealed_or_merged_after_a_batch_began() {
    let tuning = Tuning { recent_keys_max: 8, unwritten_bytes: Some(1_024), ..Tuning::DEFAULT };
    let ledger = over(Opening { tuning, ..opening() });
    let keys = &ledger.engine().published().keys;
    let mut numbers = 1..10_000;
    let mut give_until = |moved: &dyn Fn() -> bool| {
        let found = numbers.find(|n| {
            send(&ledger, gift("ann", 10, &format!("k{n}"))).wait().unwrap();
            moved()
        });
        assert!(found.is_some(), "the key stays where it was for ever");
    };
    let policy = Policy::of(&Pricing::CATALOGUE.settings);
    // A batch that has taken its snapshot: the look-up of its wallet missed the cache.
    let began = |name: &str| {
        let position = recovery::position(&ledger.engine().store().snapshot().unwrap()).unwrap();
        let source = FileSource::new(ledger.engine().store(), ledger.engine().published());
        let mut batch = Batch::new(source, &policy, &position);
        let done = batch.submit(&gift(name, 10, "before"), position.last_at).unwrap().unwrap();
        assert!(matches!(done, Submitted::Booked(..)));
        (batch, position.last_at)
    };
    let used = gift("ann", 10, "k0");
    send(&ledger, used.clone()).wait().unwrap();

    let (mut batch, now) = began("one");
    give_until(&|| keys.recent(&used.row).is_none());
    let done = batch.submit(&used, now).unwrap().unwrap();
    assert!(matches!(done, Submitted::Replayed(_)), "a sealed key is used twice");

    let holding: Vec<u32> = keys.segments_with(&used.row).iter().map(|row| row.number).collect();
    let (mut batch, now) = began("another");
    give_until(&|| keys.state().segments.iter().all(|row| !holding.contains(&row.number)));
    let done = batch.submit(&used, now).unwrap().unwrap();
    assert!(matches!(done, Submitted::Replayed(_)), "a merged key is used twice");
}

#[test]
fn a_closed_ledger_takes_no_commands() {
    let ledger = Ledger::open(&Location::Memory, opening()).unwrap();
    ledger.close().unwrap();
    assert_eq!(failure(send(&ledger, gift("ann", 1, "k")).wait()).kind(), LedgerErrorKind::Closed);
    let unread = ledger.wallet(&wallet("ann")).unwrap_err();
    assert_eq!(unread.kind(), LedgerErrorKind::Closed);
    assert!(!Path::new("in memory").exists());
}

#[test]
fn a_change_of_thresholds_that_was_interrupted_begins_again_also_with_the_earlier_ones() {
    let ledger = Ledger::open(&Location::Memory, opening()).unwrap();
    let of = |amount| LowBalances::of(&[Threshold { asset: "", amount }]);
    let begins = |amount| begin_relisting(ledger.engine().store(), &of(amount)).unwrap();
    assert!(begins(50));
    relist(ledger.engine().store(), &of(50), false).unwrap();
    assert!(!begins(50));
    assert!(begins(20));
    // The change to 20 did not end.
    assert!(begins(50));
    relist(ledger.engine().store(), &of(50), false).unwrap();
    assert!(!begins(50));
}
