//! A ledger that moves from a database into a file: every credit is there, under new ids, and an old id names nothing.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Error, FactNumber, HoldId, LedgerErrorKind, MoveStep, Rejection, RunError, TransferId,
};
use serde_json::Value;

use super::cluster::Cluster;
use super::moving::shop::{Credits, Operation};
use super::moving::{DAY, Remembered, all_of, at, connected, fill, follow, journal, opened};
use super::orders::{event, paid};
use crate::billing::script::object;

/// The number that a fact of a database gets in a file: frames in the order of their instants, one number after another
/// beyond every number of the database.
const NUMBER_IN_FILE: &str = "
    WITH frames AS (SELECT lane, first, min(at) AS at, sum(facts) AS facts FROM journal GROUP BY lane, first),
        placed AS (SELECT *, sum(facts) OVER (ORDER BY at, first) - facts AS before FROM frames),
        wanted AS (SELECT CASE WHEN $ <= moved THEN 256 ELSE $ % 256 END AS lane FROM ledger),
        bases AS (
            SELECT CASE WHEN bool_or(lane <> 256 AND batches > 0) THEN max(last) + 1
                ELSE (SELECT min(first) FROM journal) END AS base FROM lanes)
    SELECT (base + before + ($ - first) / CASE lane WHEN 256 THEN 1 ELSE 256 END)::bigint
    FROM placed JOIN wanted USING (lane) CROSS JOIN bases WHERE first <= $ ORDER BY first DESC LIMIT 1";

pub(super) fn number_in_file(cluster: &Cluster, url: &str, number: u64) -> u64 {
    let statement = NUMBER_IN_FILE.replace('$', &number.to_string());
    u64::try_from(cluster.count(url, &statement)).unwrap()
}

/// Compares two exports that differ by the numbers of facts alone.
fn compare_exports(before: &str, after: &str, number_in_file: impl Fn(u64) -> u64) {
    let known = RefCell::new(HashMap::new());
    let in_file = |number| *known.borrow_mut().entry(number).or_insert_with(|| number_in_file(number));
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    assert_eq!(before.len(), after.len());
    for (before, after) in before.into_iter().zip(after) {
        let [one, other] = [before, after].map(|line| serde_json::from_str::<Value>(line).unwrap());
        compare("", &one, &other, &in_file).unwrap_or_else(|place| panic!("{place}\n{before}\n{after}"));
    }
}

fn compare(place: &str, before: &Value, after: &Value, in_file: &dyn Fn(u64) -> u64) -> Result<(), String> {
    let inside = |name: &str| format!("{place}.{name}");
    match (before, after) {
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            one.iter().try_for_each(|(name, value)| compare(&inside(name), value, &other[name], in_file))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut pairs = one.iter().zip(other).enumerate();
            pairs.try_for_each(|(at, (one, other))| compare(&inside(&at.to_string()), one, other, in_file))
        }
        _ => {
            let is_number =
                ["number", "hold", "reverses", "transfer", "grant"].iter().any(|it| place.ends_with(it));
            let expected = match before.as_u64() {
                Some(number) if is_number => Value::from(in_file(number)),
                _ => before.clone(),
            };
            if *after == expected { Ok(()) } else { Err(format!("{place}: {before} became {after}")) }
        }
    }
}

fn moved_to_file(url: &str, path: &Path) -> credits_runtime::Moved {
    credits_runtime::Credits::move_to_file(url, path, |_| ()).unwrap()
}

/// The kind and the text of the error of a move, which leaves no file behind.
fn refused(url: &str, path: &Path) -> (LedgerErrorKind, String) {
    let files = || fs::read_dir(path.parent().unwrap()).map_or(0, Iterator::count);
    let before = files();
    match credits_runtime::Credits::move_to_file(url, path, |_| ()) {
        Err(Error::Ledger(error)) => {
            assert_eq!(files(), before, "a draft was left behind");
            (error.kind(), error.to_string())
        }
        other => panic!("{other:?}"),
    }
}

fn rejected<T: std::fmt::Debug>(result: Result<T, Error>) -> Rejection {
    match result {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("{other:?}"),
    }
}

/// What two programs did in the database.
struct Written {
    /// Holds that are open, by wallet.
    holds: [(&'static str, HoldId); 2],
    /// A transfer that was reversed, and one that was not.
    reversed: TransferId,
    sent: TransferId,
    /// The number of events that the subscriber received.
    told: usize,
    head: credits_runtime::Head,
    export: String,
}

/// Two programs write a ledger that was moved into a database.
fn write(url: &str, clock: &ManualClock, moved: &Remembered) -> Written {
    let connect = |lanes| Credits::builder().clock(clock.clone()).lanes(lanes).connect(url).unwrap();
    // The subscriber received everything once, and nothing of the rest.
    let followed = connect(1);
    followed.wallet("bob").give_credits(1).now().wait().unwrap();
    let told = moved.told + all_of(&follow(&followed)).len();
    followed.close().unwrap();
    let [one, other] = [connect(2), connect(3)];
    let [ann, bob] = ["ann", "bob"].map(|owner| one.wallet(owner));
    let [other_ann, cid] = ["ann", "cid"].map(|owner| other.wallet(owner));
    other_ann.settle(moved.hold).wait().unwrap();
    ann.reverse_transfer(moved.transfer).now().wait().unwrap();
    cid.give_credits(70).expires_in(DAY * 3).key("hello").now().wait().unwrap();
    let charged = bob.spend_credits_on(Operation::step(2)).key("in the database").now().wait().unwrap();
    bob.reverse_charge(charged.entry.number).amount(1).reason("half of it").now().wait().unwrap();
    for _ in 0..20 {
        clock.advance(DAY / 100);
        other_ann.spend_credits_on(Operation::step(1)).now().wait().unwrap();
        bob.spend_credits_on(Operation::step(1)).now().wait().unwrap();
        cid.spend_credits_on(Operation::step(1)).now().wait().unwrap();
    }
    let job = ann.spend_credits_on(Operation::step(1)).key("a job");
    job.run(|| Ok::<_, Error>(())).unwrap();
    let lapsed = cid.spend_credits_on(Operation::step(3)).hold(DAY / 24).wait().unwrap().into_id();
    clock.advance(DAY / 2);
    other.book_due().unwrap();
    other.wallet("cid").settle(lapsed).wait().unwrap();
    one.receive(event("cs_later", None, paid("cs_later"))).wait().unwrap();
    let sent = cid.transfer_to(&other.wallet("bob"), 20).now().wait().unwrap().id;
    let holds = [("ann", &ann), ("cid", &cid)].map(|(owner, wallet)| {
        let hold = wallet.spend_credits_on(Operation::step(4)).key("waits").hold(DAY / 2).wait();
        (owner, hold.unwrap().into_id())
    });
    let (head, export) = (one.head().unwrap(), journal(&one));
    one.close().unwrap();
    other.close().unwrap();
    Written { holds, reversed: moved.transfer, sent, told, head, export }
}

#[test]
fn a_ledger_goes_on_in_a_file_where_its_database_ended() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let [first, path] = ["first.redb", "shop.redb"].map(|name| folder.path().join(name));
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    let remembered = fill(&first, &clock);
    credits_runtime::Credits::move_to_database(&first, &url, |_| ()).unwrap();
    let Written { holds, reversed, sent, told, head, export } = write(&url, &clock, &remembered);
    let lanes = "SELECT count(*) FROM lanes WHERE batches > 0";
    assert!(cluster.count(&url, lanes) >= 4, "several lanes have facts");
    let state = "SELECT (SELECT sum(batches) FROM lanes) + (SELECT sum(last) FROM subscribers)::bigint";
    let state = || cluster.count(&url, &format!("SELECT ({state})::bigint"));
    let before = state();

    let mut steps = Vec::new();
    let moved = credits_runtime::Credits::move_to_file(&*url, &path, |progress| {
        steps.push(progress.step);
        assert!(progress.facts <= progress.of && progress.of > 0, "{progress:?}");
    })
    .unwrap();
    steps.dedup();
    assert_eq!(steps, [MoveStep::VerifySource, MoveStep::Move, MoveStep::VerifyTarget]);
    assert_eq!(moved.wallets, 3);
    assert_eq!(state(), before, "the database is left as it was");
    let last = u64::try_from(cluster.count(&url, "SELECT max(last) FROM lanes")).unwrap();

    let in_file = |number| number_in_file(&cluster, &url, number);
    let credits = opened(&path, &clock);
    compare_exports(&export, &journal(&credits), in_file);
    credits.verify().unwrap();
    assert_eq!(credits.statistics().facts, moved.facts);
    let numbers = credits.entries().limit(1_000).page().unwrap().entries;
    assert!(numbers.iter().all(|it| it.entry.number.get() > last), "an old id is no entry's");
    // Heads are of other bytes.
    let Err(Error::Ledger(error)) = credits.check_head(&head) else { panic!("a head of the database") };
    assert_eq!(error.kind(), LedgerErrorKind::HeadDisagrees);
    let head = credits.head().unwrap();
    assert_eq!(head.last_fact().get(), last + moved.facts);
    check_ids(&credits, &holds, (reversed, sent), in_file);
    check_keys(&credits);
    check_billing(&credits, &clock);

    // A subscriber receives the events that it had not received.
    let new = all_of(&follow(&credits));
    let all = all_of(&{
        let (sender, told) = std::sync::mpsc::channel();
        let tell = move |event: &credits_runtime::events::Event| {
            _ = sender.send(format!("{event:?}"));
            Ok::<_, Error>(())
        };
        credits.subscriber("archive").from_the_beginning().start(tell).unwrap();
        told
    });
    assert!(all.ends_with(&new), "{new:#?}");
    assert!(
        !new.is_empty() && all.len() - new.len() <= told,
        "{} of {} are left, and {told} were told",
        new.len(),
        all.len()
    );
    credits.check_head(&head).unwrap();
    credits.verify().unwrap();
    let export = journal(&credits);
    credits.close().unwrap();
    check_copies(&path, &clock, &export);
}

/// Holds and transfers go on under their new ids, and the old ones are unknown.
fn check_ids(
    credits: &Credits,
    holds: &[(&'static str, HoldId); 2],
    (reversed, sent): (TransferId, TransferId),
    in_file: impl Fn(u64) -> u64,
) {
    for (owner, old) in holds {
        let wallet = credits.wallet(*owner);
        let [open] = &wallet.open_holds().unwrap()[..] else { panic!("one hold of {owner} is open") };
        assert_eq!(open.id.get(), in_file(old.get()));
        let unknown = |rejection| matches!(rejection, Rejection::HoldUnknown { hold } if hold == *old);
        assert!(unknown(rejected(wallet.settle(*old).wait())));
        assert!(unknown(rejected(wallet.release(*old).wait())));
        assert!(unknown(rejected(wallet.extend_hold(*old, DAY).wait().map(|_| ()))));
        assert_eq!(wallet.held().unwrap(), 4);
        // The key of the hold finds it under its new id.
        let again = wallet.spend_credits_on(Operation::step(4)).key("waits").hold(DAY / 2).wait().unwrap();
        assert!(again.replayed());
        assert_eq!(again.into_id(), open.id);
        let settled = wallet.settle(open.id).wait().unwrap();
        assert_eq!((settled.entry.amount.get(), settled.replayed), (-4, false));
        assert!(wallet.settle(open.id).wait().unwrap().replayed);
        assert_eq!(wallet.held().unwrap(), 0);
    }
    let [ann, cid] = ["ann", "cid"].map(|owner| credits.wallet(owner));
    for (wallet, old) in [(&ann, reversed), (&cid, sent)] {
        assert!(matches!(
            rejected(wallet.reverse_transfer(old).now().wait()),
            Rejection::TransferUnknown { .. }
        ));
        assert_eq!(credits.entry(FactNumber::new(old.get())).unwrap(), None);
        assert_eq!(wallet.reversal_of_transfer(old).unwrap(), None);
    }
    // One that was reversed in the database is a replay under its new id.
    let new = TransferId::new(in_file(reversed.get()));
    assert!(ann.reversal_of_transfer(new).unwrap().is_some());
    assert!(ann.reverse_transfer(new).now().wait().unwrap().replayed);
    let new = TransferId::new(in_file(sent.get()));
    let before = cid.credits().unwrap();
    assert!(!cid.reverse_transfer(new).now().wait().unwrap().replayed);
    assert_eq!(cid.credits().unwrap(), before.get() + 20);
}

/// Writes of the file, and of the database, are replayed by their keys.
fn check_keys(credits: &Credits) {
    let [ann, bob, cid] = ["ann", "bob", "cid"].map(|owner| credits.wallet(owner));
    let balances = || [&ann, &bob, &cid].map(|wallet| wallet.credits().unwrap());
    let before = balances();
    assert!(ann.give_credits(500).expires_in(DAY * 60).key("welcome").now().wait().unwrap().replayed);
    assert!(cid.give_credits(70).expires_in(DAY * 3).key("hello").now().wait().unwrap().replayed);
    for place in 0..30 {
        let again = ann.spend_credits_on(Operation::step(place)).key(format!("page {place}")).now().wait();
        assert!(again.unwrap().replayed, "page {place}");
    }
    let again = bob.spend_credits_on(Operation::step(2)).key("in the database").now().wait();
    assert!(again.unwrap().replayed);
    for (key, pages) in [("work", 5), ("a job", 1)] {
        let job = ann.spend_credits_on(Operation::step(pages)).key(key);
        let Err(RunError::AlreadyCharged(_)) = job.run(|| Ok::<(), Error>(())) else {
            panic!("{key} ran again")
        };
    }
    let reused = rejected(ann.spend_credits_on(Operation::step(9)).key("page 8").now().wait());
    assert!(matches!(reused, Rejection::IdempotencyKeyReused { .. }));
    assert_eq!(balances(), before);
}

/// Cycles go on, and payments that wait find their owner.
fn check_billing(credits: &Credits, clock: &ManualClock) {
    let [ann, bob] = ["ann", "bob"].map(|owner| credits.wallet(owner));
    credits.book_due().unwrap();
    let before = [&ann, &bob].map(|wallet| wallet.credits().unwrap().get());
    for session in ["cs_unknown", "cs_later"] {
        credits.link(object(session), "ann").wait().unwrap();
        credits.receive(event(session, None, paid(session))).wait().unwrap();
    }
    credits.receive(event("cs_known", Some("bob"), paid("cs_known"))).wait().unwrap();
    assert_eq!([&ann, &bob].map(|wallet| wallet.credits().unwrap().get()), [before[0] + 200, before[1]]);
    let mut expected = bob.credits().unwrap().get();
    for _ in 0..3 {
        clock.advance(DAY * 31);
        credits.book_due().unwrap();
        expected += 100;
        assert_eq!(bob.credits().unwrap(), expected, "a cycle a month");
    }
}

/// A crash, a backup and a reader find the same ledger, whose first fact has another number than 1.
fn check_copies(path: &Path, clock: &ManualClock, export: &str) {
    let folder = tempfile::tempdir().unwrap();
    let [killed, copy, restored] =
        ["killed.redb", "copy.redb", "restored.redb"].map(|name| folder.path().join(name));
    let credits = opened(path, clock);
    let ann = credits.wallet("ann");
    ann.give_credits(9).key("before the crash").now().wait().unwrap();
    let export = {
        let grown = journal(&credits);
        assert!(grown.starts_with(export) && grown.len() > export.len());
        grown
    };
    credits.backup(&copy).unwrap();
    // The files of a program that is killed now: the last commit is in the log alone.
    let log = |path: &Path| PathBuf::from(format!("{}-log", path.display()));
    fs::copy(path, &killed).unwrap();
    fs::copy(log(path), log(&killed)).unwrap();
    credits.close().unwrap();

    let read = Credits::builder().clock(clock.clone()).open_read_only(&killed).unwrap();
    assert_eq!(journal(&read), export);
    drop(read);
    Credits::restore(&copy, &restored).unwrap();
    for path in [&killed, &restored] {
        let credits = opened(path, clock);
        assert_eq!(journal(&credits), export);
        credits.verify().unwrap();
        let again = credits.wallet("ann").give_credits(9).key("before the crash").now().wait().unwrap();
        assert!(again.replayed);
        let page = credits.wallet("ann").credit_history().oldest_first().limit(1_000).page().unwrap();
        assert_eq!(page.entries[0].balance_before, 0);
        assert_eq!(page.entries.last().unwrap().balance_after, credits.wallet("ann").balance().unwrap());
        // Cursors of before the move begin nowhere.
        let before = credits_runtime::Cursor::new(3);
        assert!(credits.wallet("ann").credit_history().before(before).page().unwrap().entries.is_empty());
        assert!(credits.entries().before(before).page().unwrap().entries.is_empty());
        credits.close().unwrap();
    }
}

#[test]
fn a_ledger_that_no_program_wrote_in_the_database_comes_back_as_it_was() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let [first, path] = ["first.redb", "shop.redb"].map(|name| folder.path().join(name));
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    let Remembered { hold, journal: before, .. } = fill(&first, &clock);
    let credits = opened(&first, &clock);
    let (head, id) = (credits.head().unwrap(), credits.ledger_id());
    credits.close().unwrap();
    credits_runtime::Credits::move_to_database(&first, &url, |_| ()).unwrap();
    moved_to_file(&url, &path);
    let credits = opened(&path, &clock);
    assert_eq!((journal(&credits), credits.head().unwrap(), credits.ledger_id()), (before, head, id));
    credits.wallet("ann").settle(hold).wait().unwrap();
    credits.verify().unwrap();
}

/// A ledger moves to and fro, with a write in each place, and with more facts than one checkpoint writes.
#[test]
fn a_ledger_moves_to_and_fro() {
    let Some(cluster) = Cluster::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |number| folder.path().join(format!("{number}.redb"));
    let clock = ManualClock::at(at("2026-01-01T00:00:00Z"));
    let credits = opened(&file(0), &clock);
    let ann = credits.wallet("ann");
    ann.give_credits(10_000).now().wait().unwrap();
    let spend = |place| ann.spend_credits_on(Operation::step(1)).key(format!("0/{place}")).now();
    for spend in (0..4_500).map(spend).collect::<Vec<_>>() {
        spend.wait().unwrap();
    }
    credits.close().unwrap();
    let mut spent = 4_500;
    for round in 0..3 {
        let url = cluster.database();
        credits_runtime::Credits::move_to_database(file(round), &*url, |_| ()).unwrap();
        let credits = connected(&url, &clock);
        let spend = |credits: &Credits, place: &str| {
            let spend = credits.wallet("ann").spend_credits_on(Operation::step(1));
            spend.key(format!("{round}/{place}")).now().wait().unwrap().replayed
        };
        assert!(!spend(&credits, "database"));
        credits.close().unwrap();
        moved_to_file(&url, &file(round + 1));
        let credits = opened(&file(round + 1), &clock);
        assert!(spend(&credits, "database"));
        assert!(!spend(&credits, "file"));
        spent += 2;
        assert_eq!(credits.wallet("ann").credits().unwrap(), 10_000 - spent);
        for place in [0, 1_999, 4_499] {
            let again = credits.wallet("ann").spend_credits_on(Operation::step(1)).key(format!("0/{place}"));
            assert!(again.now().wait().unwrap().replayed);
        }
        credits.verify().unwrap();
        credits.close().unwrap();
    }
}

#[test]
fn a_move_into_a_file_is_refused_where_it_would_lose_entries() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    assert_eq!(refused(&url, &path).0, LedgerErrorKind::NotALedger, "no tables");
    assert_eq!(refused("postgres://credits@127.0.0.1:1/none", &path).0, LedgerErrorKind::Io);
    let credits = Credits::builder().migrate().connect(&*url).unwrap();
    let give = || credits.wallet("ann").give_credits(1).now().wait().unwrap();
    give();
    let (kind, message) = refused(&url, &path);
    assert!(
        kind == LedgerErrorKind::Locked && message.contains("a program writes the database"),
        "{message}"
    );
    credits.close().unwrap();
    fs::write(&path, "mine").unwrap();
    let (kind, message) = refused(&url, &path);
    assert!(kind == LedgerErrorKind::Io && message.contains("left as it is"), "{message}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    fs::remove_file(&path).unwrap();
    assert_eq!(refused(&url, &folder.path().join("none/shop.redb")).0, LedgerErrorKind::Io);
    assert_eq!(moved_to_file(&url, &path).wallets, 1);
}

/// A program takes a lane after the move began, and commits, at each of its steps.
#[test]
fn a_write_during_the_move_is_noticed() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let give = |expected: i64| {
        let credits = Credits::builder().migrate().connect(&*url).unwrap();
        let ann = credits.wallet("ann");
        ann.give_credits(1).now().wait().unwrap();
        assert_eq!(ann.credits().unwrap(), expected);
        credits.close().unwrap();
    };
    give(1);
    let mut given = 1;
    for step in [MoveStep::VerifySource, MoveStep::Move, MoveStep::VerifyTarget] {
        let mut has_given = false;
        let moved = credits_runtime::Credits::move_to_file(&*url, &path, |progress| {
            if progress.step == step && !std::mem::replace(&mut has_given, true) {
                given += 1;
                give(given);
            }
        });
        let Err(Error::Ledger(error)) = moved else { panic!("a write at {step:?} was lost") };
        assert!(
            matches!(error.kind(), LedgerErrorKind::Locked | LedgerErrorKind::Damaged),
            "at {step:?}: {error}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
    moved_to_file(&url, &path);
    assert_eq!(Credits::open(&path).unwrap().wallet("ann").credits().unwrap(), given);
}

/// A program that was killed holds its lanes for a minute.
#[test]
fn the_lanes_of_a_killed_program_are_waited_for() {
    let Some(cluster) = Cluster::start() else { return };
    let (folder, url) = (tempfile::tempdir().unwrap(), cluster.database());
    let path = folder.path().join("shop.redb");
    let credits = Credits::builder().migrate().connect(&*url).unwrap();
    credits.wallet("ann").give_credits(5).now().wait().unwrap();
    credits.close().unwrap();
    let now = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    cluster.run(&url, &format!("UPDATE lanes SET held_until = {now} + 50000000"));
    let (kind, message) = refused(&url, &path);
    assert!(kind == LedgerErrorKind::Locked && message.contains("a minute later"), "{message}");
    cluster.run(&url, &format!("UPDATE lanes SET held_until = {now} - 1"));
    moved_to_file(&url, &path);
    assert_eq!(Credits::open(&path).unwrap().wallet("ann").credits().unwrap(), 5);
}
