//! Closed, killed, opened again: every acknowledged write is found.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock, Error, HoldClosing, HoldId, Rejection, SystemClock, usage_credits};

use crate::power::random::Random;

usage_credits! {
    operation step { costs 1.credit }
    operation render { costs 10.credits }
}

/// The same operations in another order, and one more: another catalogue over the same file.
mod renewed {
    credits_runtime::usage_credits! {
        operation upscale { costs 3.credits }
        operation render { costs 20.credits }
        operation step { costs 1.credit }
    }
}

/// Environment variable: the ledger of a child process that will be killed.
const LEDGER: &str = "CREDITS_TEST_LEDGER";
/// Environment variable: the role of such a process.
const ROLE: &str = "CREDITS_TEST_ROLE";

/// First line of such a process, before it acknowledges anything.
const OPENING: &str = "opening";

const GIVEN: i64 = 1_000_000;
/// Number of kills; `CREDITS_NIGHTLY=1` makes twenty times as many.
const KILLS: usize = 50;

/// Starts this test program again, for the one test that plays the role.
fn start(role: &str, ledger: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "reopening::a_process_that_is_there_to_be_killed", "--nocapture"])
        .env(LEDGER, ledger)
        .env(ROLE, role)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_process_that_is_there_to_be_killed() {
    let Some(ledger) = env::var_os(LEDGER) else { return };
    let role = env::var(ROLE).unwrap();
    if role.starts_with("round") {
        say(OPENING);
    }
    let opened = Credits::open(ledger);
    if role == "open" {
        return say(&opened.map_or_else(|refused| refused.to_string(), |_| "opened".to_owned()));
    }
    let credits = opened.unwrap();
    match role.as_str() {
        "work" => {
            let work = || {
                say("working");
                thread::park();
                Ok::<_, std::io::Error>(())
            };
            credits.wallet("ann").spend_credits_on(Operation::Render).key("job").run(work).unwrap();
        }
        round => spend_for_ever(&credits, round),
    }
}

/// Four threads spend under keys of their own, and print the acknowledged ones.
fn spend_for_ever(credits: &Credits, round: &str) {
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let wallet = credits.wallet("ann");
                for number in 0.. {
                    let key = format!("{round}/{thread}/{number}");
                    wallet.spend_credits_on(Operation::Step).key(&key).now().wait().unwrap();
                    say(&key);
                }
            });
        }
    });
}

fn say(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "\n>{line}").and_then(|()| out.flush()).unwrap();
}

/// Kills a process after this many lines. Returns all lines that it printed.
fn kill_after(mut child: Child, lines: usize) -> Vec<String> {
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut said_lines = || said.by_ref().find_map(|line| line.strip_prefix('>').map(str::to_owned));
    let mut heard: Vec<String> = (0..lines).map_while(|_| said_lines()).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    heard.extend(std::iter::from_fn(said_lines));
    heard
}

#[test]
fn a_ledger_is_open_in_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let credits = Credits::open(&path).unwrap();
    credits.wallet("ann").give_credits(5).now().wait().unwrap();
    let refused = format!(
        "the ledger `{}` is open elsewhere: close the other program, or share one handle within this one",
        path.display()
    );
    assert_eq!(kill_after(start("open", &path), 1), [refused]);
    credits.wallet("ann").give_credits(5).now().wait().unwrap();
    credits.close().unwrap();
    assert_eq!(kill_after(start("open", &path), 1), ["opened"]);
    assert_eq!(Credits::open(&path).unwrap().wallet("ann").credits().unwrap(), 10);
}

#[test]
fn a_clean_close_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let (id, page, hold) = {
        let credits = Credits::open(&path).unwrap();
        let ann = credits.wallet("ann");
        ann.give_credits(100).reason("signup").key("welcome").now().wait().unwrap();
        ann.spend_credits_on(Operation::Step).metadata(serde_json::json!({ "job": 1 })).now().wait().unwrap();
        let hold =
            ann.spend_credits_on(Operation::Render).hold(Duration::from_mins(5)).wait().unwrap().into_id();
        (credits.ledger_id(), ann.credit_history().page().unwrap(), hold)
    };
    let credits = Credits::open(&path).unwrap();
    assert_eq!(credits.ledger_id(), id);
    let ann = credits.wallet("ann");
    assert_eq!(ann.credit_history().page().unwrap(), page);
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (89.into(), 10.into()));
    assert!(ann.give_credits(100).reason("signup").key("welcome").now().wait().unwrap().replayed);
    let settled = ann.settle(hold).wait().unwrap();
    assert!(!settled.replayed);
    drop((ann, credits));
    let credits = Credits::open(&path).unwrap();
    let again = credits.wallet("ann").settle(hold).wait().unwrap();
    assert_eq!((again.replayed, again.entry), (true, settled.entry));
    assert_eq!(credits.wallet("ann").balance().unwrap(), 89);
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged_and_books_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    Credits::open(&path).unwrap().wallet("ann").give_credits(GIVEN).now().wait().unwrap();
    let mut spent = 0;
    let mut random = Random::new(1, 0);
    let kills = if env::var_os("CREDITS_NIGHTLY").is_some() { 20 * KILLS } else { KILLS };
    for round in 0..kills {
        let lines = if random.once_in(4) { 1 } else { random.below(200) };
        let mut acknowledged = kill_after(start(&format!("round {round}"), &path), lines);
        assert!(acknowledged.len() >= lines, "{acknowledged:?}");
        acknowledged.retain(|line| line != OPENING);

        let credits = Credits::open(&path).unwrap();
        let ann = credits.wallet("ann");
        // Each of the four threads may have one spend that was committed and not acknowledged.
        let booked = GIVEN - ann.balance().unwrap().get() - spent;
        let sure = i64::try_from(acknowledged.len()).unwrap();
        assert!((sure..=sure + 4).contains(&booked), "{booked} booked, {sure} acknowledged");
        let again = |key| (key, ann.spend_credits_on(Operation::Step).key(key).now());
        for (key, again) in acknowledged.iter().map(again).collect::<Vec<_>>() {
            assert!(again.wait().unwrap().replayed, "{key} was acknowledged and is lost");
        }
        spent += booked;
        assert_eq!(ann.balance().unwrap(), GIVEN - spent);
        let page = ann.credit_history().limit(1_000).page().unwrap();
        let keys: HashSet<_> = page.entries.iter().filter_map(|entry| entry.key.as_ref()).collect();
        assert_eq!(keys.len(), page.entries.iter().filter(|entry| entry.key.is_some()).count());
    }
    let ann = Credits::open(&path).unwrap().wallet("ann");
    let (mut sum, mut cursor) = (0, None);
    loop {
        let page = ann.credit_history().limit(1_000).after(cursor).page().unwrap();
        sum += page.entries.iter().map(|entry| entry.amount.get()).sum::<i64>();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(sum, GIVEN - spent);
}

#[test]
fn work_that_was_killed_is_not_charged_and_its_credits_are_free_after_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    Credits::open(&path).unwrap().wallet("ann").give_credits(100).now().wait().unwrap();
    assert_eq!(kill_after(start("work", &path), 1), ["working"]);

    let clock = ManualClock::at(SystemClock.now());
    let credits = Credits::builder().clock(clock.clone()).open(&path).unwrap();
    let ann = credits.wallet("ann");
    let [hold] = &ann.open_holds().unwrap()[..] else { panic!("one hold is open") };
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (90.into(), 10.into()));
    let again = || ann.spend_credits_on(Operation::Render).key("job").run(|| Ok::<_, std::io::Error>("done"));
    let in_progress = again().unwrap_err().to_string();
    assert!(in_progress.starts_with("the work under key `job` is in progress until "), "{in_progress}");

    clock.set(hold.until);
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (100.into(), 0.into()));
    assert_eq!(again().unwrap(), "done");
    assert_eq!(ann.balance().unwrap(), 90);
    let released = ann.release(hold.id).wait().unwrap_err();
    let Error::Rejected(Rejection::HoldClosed { closing, .. }) = released else { panic!("{released}") };
    assert_eq!(closing, HoldClosing::Lapsed);
    // The killed caller comes back and settles. The key was charged, so nothing more is charged.
    assert!(ann.settle(hold.id).wait().unwrap().replayed);
    assert_eq!(ann.balance().unwrap(), 90);
}

#[test]
fn entries_keep_their_operations_when_the_pricing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    {
        let ann = Credits::open(&path).unwrap().wallet("ann");
        ann.give_credits(100).now().wait().unwrap();
        ann.spend_credits_on(Operation::Render).key("job").now().wait().unwrap();
    }
    {
        let ann = renewed::Credits::open(&path).unwrap().wallet("ann");
        // The same operation under the same key is the same command, whatever its price is now.
        let again = ann.spend_credits_on(renewed::Operation::Render).key("job").now().wait().unwrap();
        assert!(again.replayed);
        assert_eq!(again.entry.amount, -10);
        ann.spend_credits_on(renewed::Operation::Upscale).now().wait().unwrap();
        ann.spend_credits_on(renewed::Operation::Step).now().wait().unwrap();
    }
    let ann = Credits::open(&path).unwrap().wallet("ann");
    ann.spend_credits_on(Operation::Step).now().wait().unwrap();
    let page = ann.credit_history().page().unwrap();
    let described: Vec<_> = page
        .entries
        .iter()
        .map(|entry| {
            (entry.operation.clone().unwrap_or_else(|| entry.category.name().to_owned()), entry.amount.get())
        })
        .collect();
    let expected = [("step", -1), ("step", -1), ("upscale", -3), ("render", -10), ("manual_adjustment", 100)];
    assert_eq!(described, expected.map(|(name, amount)| (name.to_owned(), amount)));
}

#[test]
fn a_hold_that_never_was_is_unknown_after_reopening_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    drop(Credits::open(&path).unwrap());
    let ann = Credits::open(&path).unwrap().wallet("ann");
    for number in [0, 1, 2, u64::MAX] {
        let unknown = ann.settle(HoldId::new(number)).wait().unwrap_err().to_string();
        let expected = format!("this wallet has no hold {number}: settle it on the wallet that opened it");
        assert_eq!(unknown, expected);
    }
}

#[test]
fn a_commit_is_found_in_the_log_alone_and_a_closed_ledger_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    let (path, killed) = (folder.path().join("credits.redb"), folder.path().join("killed.redb"));
    let credits = Credits::builder().clock(ManualClock::at(SystemClock.now())).open(&path).unwrap();
    let ann = credits.wallet("ann");
    let ledger = fs::read(&path).unwrap();
    for _ in 0..40 {
        ann.give_credits(1).now().wait().unwrap();
    }
    assert!(fs::read(&path).unwrap() == ledger, "a commit writes to the ledger's file");
    // Copy the files as a kill would leave them.
    for suffix in ["redb", "redb-log"] {
        fs::copy(path.with_extension(suffix), killed.with_extension(suffix)).unwrap();
    }
    credits.close().unwrap();
    let found = Credits::open(&killed).unwrap();
    assert_eq!(found.wallet("ann").credits().unwrap(), 40);
    found.verify().unwrap();
    found.close().unwrap();
    for closed in [&path, &killed] {
        fs::remove_file(closed.with_extension("redb-log")).unwrap();
        assert_eq!(Credits::open(closed).unwrap().wallet("ann").credits().unwrap(), 40);
    }
}
