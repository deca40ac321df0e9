//! A ledger that moves from its file into a database: nothing is lost, nothing is counted twice, and ids stay good.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use credits_runtime::events::Event;
use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, ExportFormat, HoldId, LedgerErrorKind, MoveStep, Timestamp, TransferId};

use super::cluster::Cluster;
use super::moving_out::number_in_file;
use super::orders::{event, paid};
use crate::billing::script::object;
use crate::model;

pub(super) mod shop {
    credits_runtime::usage_credits! {
        subscription_plan pro {
            gives 100.credits.every(month)
            unused_credits rollover
        }
        credit_pack boost { gives 100.credits costs 9.dollars }
        operation step { costs 1.credit_per(page) }
    }
}

use shop::{Credits, Operation, Plan};

pub(super) const DAY: Duration = Duration::from_hours(24);

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What an application remembers of its ledger.
pub(super) struct Remembered {
    pub(super) hold: HoldId,
    pub(super) transfer: TransferId,
    /// The exported journal.
    pub(super) journal: String,
    /// The number of events that a subscriber received.
    pub(super) told: usize,
}

/// Follows the ledger as a subscriber, from its beginning.
pub(super) fn follow(credits: &Credits) -> Receiver<String> {
    let (sender, told) = channel();
    let tell = move |event: &Event| {
        // The receiver may be gone when the ledger is closed.
        _ = sender.send(format!("{event:?}"));
        Ok::<_, Error>(())
    };
    credits.subscriber("mail").from_the_beginning().start(tell).unwrap();
    told
}

pub(super) fn all_of(told: &Receiver<String>) -> Vec<String> {
    std::iter::from_fn(|| told.recv_timeout(Duration::from_secs(2)).ok()).collect()
}

pub(super) fn journal(credits: &Credits) -> String {
    let mut exported = Vec::new();
    credits.export(ExportFormat::JsonLines, &mut exported).unwrap();
    String::from_utf8(exported).unwrap()
}

pub(super) fn opened(path: &Path, clock: &ManualClock) -> Credits {
    Credits::builder().clock(clock.clone()).open(path).unwrap()
}

pub(super) fn connected(url: &str, clock: &ManualClock) -> Credits {
    Credits::builder().clock(clock.clone()).connect(url).unwrap()
}

/// Fills a file with facts of many kinds.
pub(super) fn fill(path: &Path, clock: &ManualClock) -> Remembered {
    let credits = opened(path, clock);
    let told = follow(&credits);
    let [ann, bob] = ["ann", "bob"].map(|owner| credits.wallet(owner));
    ann.give_credits(500).expires_in(DAY * 60).key("welcome").now().wait().unwrap();
    let mistake = ann.give_credits(40).promotional().now().wait().unwrap();
    ann.revoke_grant(mistake.entry.number, "a mistake").now().wait().unwrap();
    for place in 0..30 {
        ann.spend_credits_on(Operation::step(place)).key(format!("page {place}")).now().wait().unwrap();
    }
    ann.spend_credits_on(Operation::step(5)).key("work").run(|| Ok::<_, Error>(())).unwrap();
    credits.subscribe("bob", Plan::Pro).now().wait().unwrap();
    credits.receive(event("cs_known", Some("bob"), paid("cs_known"))).wait().unwrap();
    credits.receive(event("cs_unknown", None, paid("cs_unknown"))).wait().unwrap();
    clock.advance(DAY * 40);
    credits.book_due().unwrap();
    let hold = ann.spend_credits_on(Operation::step(7)).hold(DAY).wait().unwrap().into_id();
    bob.spend_credits_on(Operation::step(3)).now().wait().unwrap();
    bob.deduct_credits(1, "a mistake").now().wait().unwrap();
    let transfer = ann.transfer_to(&bob, 10).now().wait().unwrap().id;
    let told = all_of(&told).len();
    let journal = journal(&credits);
    credits.close().unwrap();
    Remembered { hold, transfer, journal, told }
}

#[test]
fn a_ledger_goes_on_in_a_database_where_its_file_ended() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    let Remembered { hold, transfer, journal: before, told } = fill(&path, &clock);
    let file = std::fs::read(&path).unwrap();

    let mut steps = Vec::new();
    let moved = credits_runtime::Credits::move_to_database(&path, &url, |progress| {
        steps.push(progress.step);
        assert!(progress.facts <= progress.of && progress.of > 0, "{progress:?}");
    })
    .unwrap();
    steps.dedup();
    assert_eq!(steps, [MoveStep::VerifySource, MoveStep::Move, MoveStep::VerifyTarget]);
    assert_eq!(moved.wallets, 2);
    assert_eq!(std::fs::read(&path).unwrap(), file, "the file is left as it was");

    let credits = connected(&url, &clock);
    assert_eq!(journal(&credits), before);
    assert_eq!(credits.ledger_id(), opened(&path, &clock).ledger_id());
    credits.verify().unwrap();
    let head = credits.head().unwrap();
    let [ann, bob] = ["ann", "bob"].map(|owner| credits.wallet(owner));
    // Keys, holds and transfers of the file.
    let again = ann.spend_credits_on(Operation::step(7)).key("page 7").now().wait().unwrap();
    assert!(again.replayed);
    ann.settle(hold).wait().unwrap();
    assert_eq!(bob.credits().unwrap(), 10 + 200 + 100 - 4);
    ann.reverse_transfer(transfer).now().wait().unwrap();
    // Cycles go on, and the payment that waits finds its owner.
    clock.advance(DAY * 30);
    credits.book_due().unwrap();
    credits.link(object("cs_unknown"), "ann").wait().unwrap();
    assert_eq!(bob.credits().unwrap(), 300 - 4 + 100);
    assert_eq!(ann.credits().unwrap(), 100);
    // A subscriber receives the events that it had not received.
    let new = all_of(&follow(&credits));
    let all = all_of(&{
        let (sender, told) = channel();
        let tell = move |event: &Event| {
            _ = sender.send(format!("{event:?}"));
            Ok::<_, Error>(())
        };
        credits.subscriber("archive").from_the_beginning().start(tell).unwrap();
        told
    });
    assert_eq!(new, all[told..]);
    credits.check_head(&head).unwrap();
    credits.verify().unwrap();
    credits.close().unwrap();
    // New facts have numbers that no moved one has.
    assert_eq!(
        cluster.count(
            &url,
            "SELECT count(*) FROM journal WHERE lane <> 256 AND first <= (SELECT moved FROM ledger)"
        ),
        0
    );
    assert!(cluster.count(&url, "SELECT count(*) FROM journal WHERE lane <> 256") > 0);
}

/// The kind of the error of a move.
fn refused(path: &Path, url: &str) -> (LedgerErrorKind, String) {
    match credits_runtime::Credits::move_to_database(path, url, |_| ()) {
        Err(Error::Ledger(error)) => (error.kind(), error.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_move_that_was_interrupted_continues_and_no_program_opens_its_half() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    many(&path, &clock, 5_000);
    credits_runtime::Credits::make_tables(&*url).unwrap();
    interrupt(&cluster, &url, "lanes", "NEW.batches = 2");
    let (kind, message) = refused(&path, &url);
    assert!(kind == LedgerErrorKind::Io && message.contains("the power is out"), "{message}");
    assert_eq!(cluster.count(&url, "SELECT facts FROM lanes WHERE lane = 256"), 2_000);
    for opened in [Credits::connect(&*url), Credits::builder().migrate().connect(&*url)] {
        let Err(Error::Ledger(error)) = opened else { panic!("a half of a ledger was opened") };
        assert!(error.to_string().contains("run the same `credits move` again"), "{error}");
    }
    // Another ledger is not mixed with it.
    let other = folder.path().join("other.redb");
    opened(&other, &clock).close().unwrap();
    assert_eq!(refused(&other, &url).0, LedgerErrorKind::NotALedger);

    cluster.run(&url, "DROP TRIGGER refuse ON lanes");
    assert_eq!(credits_runtime::Credits::move_to_database(&path, &*url, |_| ()).unwrap().wallets, 1);
    let credits = connected(&url, &clock);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 95_000);
    credits.verify().unwrap();
    credits.close().unwrap();
    // It is moved once.
    let (kind, message) = refused(&path, &url);
    assert!(kind == LedgerErrorKind::NotALedger && message.contains("was completed"), "{message}");
}

/// Adds entries to a file. One transaction moves about 2,000.
fn many(path: &Path, clock: &ManualClock, spends: usize) {
    let credits = opened(path, clock);
    let ann = credits.wallet("ann");
    ann.give_credits(100_000).now().wait().unwrap();
    let spends: Vec<_> = (0..spends).map(|_| ann.spend_credits_on(Operation::step(1)).now()).collect();
    for spend in spends {
        spend.wait().unwrap();
    }
    credits.close().unwrap();
}

/// Lets the move of a file fail when the database executes this in a trigger.
fn interrupt(cluster: &Cluster, url: &str, table: &str, condition: &str) {
    cluster.run(
        url,
        &format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF {condition} THEN RAISE 'the power is out'; END IF; RETURN NEW; END $$;
             CREATE TRIGGER refuse BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse();"
        ),
    );
}

#[test]
fn a_file_that_changed_is_not_mixed_with_what_was_moved_of_it() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    many(&path, &clock, 10);
    // A backup has the id of the ledger, and goes another way.
    let backup = folder.path().join("backup.redb");
    let credits = opened(&path, &clock);
    credits.backup(&backup).unwrap();
    credits.close().unwrap();
    many(&path, &clock, 4_000);
    many(&backup, &clock, 3_000);
    credits_runtime::Credits::make_tables(&*url).unwrap();
    interrupt(&cluster, &url, "lanes", "NEW.batches = 2");
    assert_eq!(refused(&path, &url).0, LedgerErrorKind::Io);
    cluster.run(&url, "DROP TRIGGER refuse ON lanes");
    let (kind, message) = refused(&backup, &url);
    assert!(
        kind == LedgerErrorKind::NotALedger && message.contains("has changed since its move began"),
        "{message}"
    );
    // The file itself may have grown.
    many(&path, &clock, 10);
    assert_eq!(credits_runtime::Credits::move_to_database(&path, &*url, |_| ()).unwrap().wallets, 1);
    connected(&url, &clock).verify().unwrap();
}

#[test]
fn a_move_is_complete_once_it_is_verified_and_its_own() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    many(&path, &clock, 10);
    credits_runtime::Credits::make_tables(&*url).unwrap();
    // No reader is let into tables that a ledger may move into.
    let Err(Error::Ledger(error)) = Credits::connect_read_only(&*url) else { panic!("it was read") };
    assert!(error.to_string().contains("never opened with a pricing"), "{error}");
    interrupt(&cluster, &url, "ledger", "NEW.moved IS NOT NULL");
    assert_eq!(refused(&path, &url).0, LedgerErrorKind::Io);
    assert!(Credits::connect(&*url).is_err());
    cluster.run(&url, "DROP TRIGGER refuse ON ledger");
    // What was moved is verified again before it is complete.
    let body = "UPDATE journal SET balance = balance + 1 WHERE ordinal = 5";
    cluster.run(&url, body);
    assert_eq!(refused(&path, &url).0, LedgerErrorKind::Damaged);
    assert!(Credits::connect(&*url).is_err());
    cluster.run(&url, &body.replace("+ 1", "- 1"));
    // Another move took the tables meanwhile: this one writes nothing into them.
    let id = cluster.text(&url, "SELECT id FROM ledger");
    cluster.run(&url, "UPDATE ledger SET id = decode(repeat('00', 16), 'hex')");
    assert_eq!(refused(&path, &url).0, LedgerErrorKind::NotALedger);
    cluster.run(&url, &format!("UPDATE ledger SET id = '{id}'"));
    assert_eq!(credits_runtime::Credits::move_to_database(&path, &*url, |_| ()).unwrap().wallets, 1);
    connected(&url, &clock).verify().unwrap();
}

/// A program that opened the tables before a ledger moved into them would number its facts like moved ones.
#[test]
fn a_program_that_was_connected_before_a_move_books_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().connect(&*url).unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    for moved in ["NULL", "100"] {
        cluster.run(&url, &format!("UPDATE ledger SET moved = {moved}"));
        let Err(Error::Ledger(error)) = credits.wallet("ann").give_credits(1).now().wait() else {
            panic!("it was booked")
        };
        assert!(error.to_string().contains("moved into the database"), "{error}");
    }
    cluster.run(&url, "UPDATE ledger SET moved = 0");
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    assert_eq!(credits.wallet("ann").credits().unwrap(), 2);
}

mod generous {
    credits_runtime::usage_credits! {
        settings { allow_negative_balance up_to 40.credits }
        operation step { costs 1.credit_per(page) }
    }
}

/// The hold was allowed by settings that the newest price list does not have.
#[test]
fn a_wallet_that_may_owe_no_more_moves() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    let credits = generous::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(5).now().wait().unwrap();
    let hold = ann.spend_credits_on(generous::Operation::step(30)).hold(DAY / 2).wait().unwrap().into_id();
    credits.close().unwrap();
    opened(&path, &clock).close().unwrap();
    assert_eq!(credits_runtime::Credits::move_to_database(&path, &*url, |_| ()).unwrap().wallets, 1);
    let credits = connected(&url, &clock);
    credits.wallet("ann").settle(hold).wait().unwrap();
    assert_eq!(credits.wallet("ann").balance().unwrap(), -25);
    credits.verify().unwrap();
}

#[test]
fn a_move_is_refused_where_it_would_mix_or_lose_entries() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    assert_eq!(refused(&path, &url).0, LedgerErrorKind::Io, "no such file");
    let open = opened(&path, &clock);
    open.wallet("ann").give_credits(10).now().wait().unwrap();
    assert_eq!(refused(&path, &url).0, LedgerErrorKind::Locked, "a program has it open");
    open.close().unwrap();
    let connected = Credits::builder().migrate().connect(&*url).unwrap();
    let (kind, message) = refused(&path, &url);
    assert!(kind == LedgerErrorKind::NotALedger && message.contains("a schema of its own"), "{message}");
    connected.wallet("ann").give_credits(1).now().wait().unwrap();
    connected.close().unwrap();
    let away = "postgres://credits@127.0.0.1:1/none";
    assert_eq!(refused(&path, away).0, LedgerErrorKind::Io);
}

/// Random commands in a file, then in a database, then in a file again, under the keys and on the holds and transfers of the
/// one before.
#[test]
fn a_moved_ledger_does_what_the_rules_say() {
    let Some(cluster) = Cluster::start() else { return };
    model::compare_moved(|| cluster.database(), |url, number| number_in_file(&cluster, url, number));
}
