//! Readers and repeated commands beside commits and checkpoints: whatever a checkpoint moves from memory to the file is
//! found in one of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::thread;

use crate::domain::amount::Amount;
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::command::{Action, Command, Expiry, Gift};
use crate::domain::fact::{Kind, Scope};
use crate::domain::fingerprint::key_row;
use crate::domain::grant::GrantTerms;
use crate::domain::ids::{Asset, GivenKey, Owner, WalletId};
use crate::domain::limits::MILESTONE_FACTS;
use crate::domain::metadata::Metadata;
use crate::domain::owner_range::OwnerRange;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::engine::clock::Clock;
use crate::engine::keys::frames_under;
use crate::engine::ledger::{Ledger, Opening};
use crate::engine::opening::FoundLedger;
use crate::engine::request::inbox::Queue;
use crate::engine::request::slot::Outcome;
use crate::engine::store::Locking;
use crate::engine::tuning::Tuning;
use crate::engine::wallets::budget::MemoryBudget;
use crate::generated::Pricing as _;
use crate::service::tests::Pricing;

/// Schedules that each check explores.
const SCHEDULES: usize = 150;
/// Preemptions in a schedule of the PCT scheduler.
const PREEMPTIONS: usize = 5;
/// Commands and checkpoints beside the readers.
const ROUNDS: usize = 4;

/// A clock that stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(1_767_225_600_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn is_ticking(&self) -> bool {
        false
    }
}

/// A ledger in memory whose checkpoints move everything soon.
fn open() -> Arc<Ledger> {
    let tuning = Tuning { pass_facts: 2, recent_keys_max: 2, ..Tuning::DEFAULT };
    let opening = Opening {
        clock: Arc::new(Still),
        terms: CatalogueData::from(Pricing::CATALOGUE).terms(),
        policy: Policy::of(&Pricing::CATALOGUE.settings),
        prices: PriceList::default(),
        wording: credits_core::Wording::of(Pricing::CATALOGUE),
        clock_confirmed: false,
        restored_accepted: false,
        locking: Locking::Required,
        tuning,
        memory: MemoryBudget::DEFAULT,
        queue: Queue::DEFAULT,
    };
    Ledger::over(FoundLedger::in_memory(MemoryBudget::DEFAULT).unwrap(), opening).unwrap()
}

fn ann() -> WalletId {
    WalletId::of_credits(Owner::new("ann").unwrap())
}

fn give(ledger: &Ledger, key: &str) -> Outcome {
    let gift = Gift {
        amount: Amount::new(1),
        reason: None,
        category: None,
        class: None,
        expiry: Expiry::Never,
        priority: GrantTerms::PRIORITY_DEFAULT,
        scope: Vec::new(),
        kind: Kind::Give,
    };
    let key = GivenKey::from(key).0.unwrap();
    let command = Command::new(ann(), key, Action::Give(gift), Metadata::default());
    block_on(ledger.submit(command, Ok)).unwrap()
}

/// Gives under further keys, with a checkpoint after each, on two threads beside the reader.
fn beside(ledger: &Arc<Ledger>, read: impl Fn(&Ledger)) {
    let writer = {
        let ledger = Arc::clone(ledger);
        thread::spawn(move || {
            for round in 0..ROUNDS {
                give(&ledger, &format!("other {round}"));
            }
        })
    };
    let checkpoints = {
        let ledger = Arc::clone(ledger);
        thread::spawn(move || {
            for _ in 0..ROUNDS {
                ledger.save_cursors().unwrap();
            }
        })
    };
    for _ in 0..ROUNDS {
        read(ledger);
    }
    writer.join().unwrap();
    checkpoints.join().unwrap();
    read(ledger);
    ledger.close().unwrap();
}

fn scope() -> Scope {
    Scope::Wallet(ann())
}

fn check(program: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(program, SCHEDULES);
    shuttle::check_pct(program, SCHEDULES, PREEMPTIONS);
}

#[test]
fn a_command_sent_again_while_its_key_moves_to_a_segment_is_a_replay() {
    check(|| {
        let ledger = open();
        let first = give(&ledger, "key");
        beside(&ledger, |ledger| {
            let again = give(ledger, "key");
            assert!(again.replayed);
            assert_eq!(again.frame.first(), first.frame.first());
            let key = GivenKey::from("key").0.unwrap();
            assert!(ledger.keyed(&scope(), &key).unwrap().is_some());
        });
    });
}

#[test]
fn a_wallet_its_history_and_its_lists_are_whole_across_checkpoints() {
    check(|| {
        let ledger = open();
        // The next fact of the wallet has a milestone.
        for number in 1..MILESTONE_FACTS {
            give(&ledger, &format!("before {number}"));
        }
        beside(&ledger, |ledger| {
            let wallet = ledger.wallet(&ann()).unwrap();
            assert_eq!(wallet.balance, Amount::new(i64::try_from(wallet.facts).unwrap()));
            let mut journal = ledger.journal().unwrap();
            let last = wallet.last_fact.unwrap();
            assert!(journal.frame(last).unwrap().fact(last).is_some());
            if wallet.facts >= MILESTONE_FACTS {
                assert_eq!(ledger.milestone(&ann(), MILESTONE_FACTS).unwrap().balance, Amount::new(64));
            }
            let range = OwnerRange { prefix: String::new(), after: None, max: 10 };
            assert_eq!(ledger.owners_of(&Asset::credits(), &range).unwrap(), [ann().owner]);
        });
    });
}

#[test]
fn a_reader_that_takes_the_file_before_memory_misses_a_key() {
    let missed = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&missed);
    let program = move || {
        let ledger = open();
        give(&ledger, "key");
        let missed = Arc::clone(&counted);
        beside(&ledger, move |ledger| {
            let hash = key_row(&scope(), "key");
            let snapshot = ledger.engine().store().snapshot().unwrap();
            let keys = &ledger.engine().published().keys;
            let segments = keys.segments_of(snapshot.segments().unwrap(), &hash);
            let of_file = frames_under(&snapshot, &segments, &hash).unwrap();
            if of_file.is_empty() && keys.recent(&hash).is_none() {
                missed.fetch_add(1, Ordering::Relaxed);
            }
        });
    };
    shuttle::check_random(program, SCHEDULES);
    assert!(missed.load(Ordering::Relaxed) > 0, "no schedule moved the key between the two reads");
}
