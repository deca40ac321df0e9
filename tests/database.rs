//! Ledgers in PostgreSQL: the suite over that engine, several programs on one ledger, and what may go wrong between a program
//! and its database.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Write as _, stdout};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use credits_runtime::events::Event;
use credits_runtime::{Error, LedgerErrorKind, Rejection};

use crate::pricing::{Credits, Operation};
use cluster::Cluster;

mod access;
#[path = "postgres/cluster.rs"]
#[expect(clippy::expect_used, clippy::print_stdout, reason = "a test says why it did not run")]
mod cluster;
mod cut;
mod meetings;
mod moving;
mod moving_out;
mod orders;
mod outages;
mod subscribers;
mod tampered;
mod versions;

/// The tests whose results are the same on every engine. `CREDITS_NIGHTLY=1` adds those that take minutes.
const SUITE: [&str; 18] = [
    "amounts::",
    "billing::cycle::",
    "billing::own::",
    "billing::packs::",
    "billing::properties::any_order",
    "billing::storm::",
    "debt::",
    "events::",
    "explanations::",
    "keys::",
    "low_balances::",
    "model::the_ledger",
    "rejections::",
    "reversals::the_",
    "rules::",
    "unlimited::",
    "unpriced::",
    "vectors::all_",
];
const SUITE_NIGHTLY: [&str; 6] =
    ["billing::", "executor::", "model::", "reads::", "settled_work::", "wallet_vectors::"];
/// Cases of 256 of each property, here and in the nightly suite.
const CASES: &str = "8";
const CASES_NIGHTLY: &str = "500";

/// The database of a program that is there to be killed, and its part.
const DATABASE: &str = "CREDITS_DATABASE_TEST";
const PART: &str = "CREDITS_DATABASE_PART";

/// Programs on one ledger, and how often one of them is killed.
const PROGRAMS: usize = 3;
const KILLS: usize = 6;
const FREEZES: usize = 2;
/// Wallets that all programs share.
const WALLETS: usize = 5;

/// Runs tests of this program with ledgers in a database in place of memory.
fn run_suite(url: &str) {
    let is_nightly = env::var_os("CREDITS_NIGHTLY").is_some();
    let nightly: &[&str] = if is_nightly { &SUITE_NIGHTLY } else { &[] };
    run_tests(&[&SUITE[..], nightly].concat(), url, if is_nightly { CASES_NIGHTLY } else { CASES });
}

fn run_tests(names: &[&str], url: &str, cases: &str) {
    let run = Command::new(env::current_exe().unwrap())
        .args(names)
        .args(["--test-threads", "4"])
        .env("CREDITS_TEST_MEMORY", url)
        .env("PROPTEST_CASES", cases)
        .env_remove("CREDITS_NIGHTLY")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{told}");
    let summary = told.lines().find(|line| line.starts_with("test result")).unwrap();
    assert!(!summary.contains(" 0 passed"), "{summary}");
}

#[test]
fn the_suite_has_the_same_results_on_postgresql() {
    if let Some(cluster) = Cluster::start() {
        run_suite(&cluster.database());
    }
}

fn connect(url: &str) -> Credits {
    Credits::builder().migrate().connect(url).unwrap()
}

#[test]
fn a_program_that_is_there_to_be_killed() {
    let Ok(url) = env::var(DATABASE) else { return };
    let (part, credits) = (env::var(PART).unwrap(), connect(&url));
    thread::scope(|scope| {
        for thread in 0..4 {
            let (credits, part) = (credits.clone(), &part);
            scope.spawn(move || {
                for number in 0.. {
                    let owner = format!("ann{}", (number + thread) % WALLETS);
                    let key = format!("{part}/{thread}/{number}");
                    credits
                        .wallet(&owner)
                        .spend_credits_on(Operation::tick())
                        .key(&key)
                        .now()
                        .wait()
                        .unwrap();
                    let mut out = stdout().lock();
                    writeln!(out, "\n>{owner} {key}").and_then(|()| out.flush()).unwrap();
                }
            });
        }
    });
}

/// A program that spends until it is killed, and the lines that it prints.
struct Program {
    process: Child,
    said: Box<dyn Iterator<Item = String>>,
}

impl Program {
    fn start(url: &str, part: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "database::a_program_that_is_there_to_be_killed", "--nocapture"])
            .env(DATABASE, url)
            .env(PART, part)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        Self { process, said: Box::new(lines.filter_map(|line| line.strip_prefix('>').map(str::to_owned))) }
    }

    /// Waits for this many more spends.
    fn go_on(&mut self, spends: usize, told: &mut Vec<String>) {
        let before = told.len();
        told.extend(self.said.by_ref().take(spends));
        assert_eq!(told.len(), before + spends, "the program ended");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.process.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Kills it after this many more spends. Returns every spend that it was told of.
    fn kill_after(mut self, spends: usize, told: &mut Vec<String>) {
        self.go_on(spends, told);
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        told.extend(self.said);
    }
}

#[test]
fn programs_that_are_killed_or_frozen_lose_no_spend_and_double_none() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = connect(&url);
    for wallet in 0..WALLETS {
        credits.wallet(format!("ann{wallet}")).give_credits(1_000_000).now().wait().unwrap();
    }
    let mut told = Vec::new();
    let mut programs: Vec<Program> =
        (0..PROGRAMS).map(|number| Program::start(&url, &format!("p{number}"))).collect();
    for kill in 0..KILLS {
        let killed = programs.remove(0);
        killed.kill_after(100, &mut told);
        programs.push(Program::start(&url, &format!("k{kill}")));
    }
    // A program that is frozen, perhaps in the middle of a transaction, keeps its locks for some seconds.
    for freeze in 0..FREEZES {
        programs[freeze].signal("-STOP");
        programs[(freeze + 1) % PROGRAMS].go_on(200, &mut told);
        programs[freeze].signal("-CONT");
        programs[freeze].go_on(200, &mut told);
    }
    for program in programs {
        program.kill_after(50, &mut told);
    }
    let mut spent = BTreeMap::<String, BTreeSet<String>>::new();
    for wallet in 0..WALLETS {
        let owner = format!("ann{wallet}");
        spent.insert(owner.clone(), spent_keys(&credits, &owner));
    }
    for line in &told {
        let (owner, key) = line.split_once(' ').unwrap();
        assert!(spent[owner].contains(key), "{line} was acknowledged and is lost");
    }
    assert!(told.len() >= KILLS * 100);
    credits.verify().unwrap();
}

/// The keys of an owner's spends, of which each has one. The owner was given a million credits.
fn spent_keys(credits: &Credits, owner: &str) -> BTreeSet<String> {
    let (mut keys, mut after) = (BTreeSet::new(), None);
    loop {
        let query = credits.wallet(owner).credit_history().limit(1_000);
        let page = match after {
            Some(after) => query.after(after).page(),
            None => query.page(),
        };
        let page = page.unwrap();
        for entry in page.entries.iter().filter(|entry| entry.amount.get() < 0) {
            let key = entry.key.as_ref().unwrap().to_string();
            assert!(keys.insert(key), "{owner} paid twice: {entry:?}");
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let balance = credits.wallet(owner).credits().unwrap();
    assert_eq!(balance.get(), 1_000_000 - i64::try_from(keys.len()).unwrap());
    keys
}

#[test]
fn two_handles_move_credits_in_every_direction_without_a_deadlock() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    move_around(&cluster, &url, &[connect(&url), Credits::builder().lanes(4).connect(&url).unwrap()]);
}

#[test]
fn transactions_may_have_any_isolation() {
    let Some(cluster) = Cluster::start() else { return };
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let url = cluster.database();
        let isolated = || Credits::builder().migrate().isolation(level).connect(&url).unwrap();
        move_around(&cluster, &url, &[isolated(), isolated()]);
    }
}

/// Moves credits among eight wallets, from several threads of two handles.
fn move_around(cluster: &Cluster, url: &str, handles: &[Credits; 2]) {
    for owner in 0..8 {
        handles[0].wallet(format!("u{owner}")).give_credits(1_000).now().wait().unwrap();
    }
    thread::scope(|scope| {
        for thread in 0..8_usize {
            let credits = &handles[thread % 2];
            scope.spawn(move || {
                for number in 0..40_usize {
                    let from = credits.wallet(format!("u{}", (thread + number) % 8));
                    let to = credits.wallet(format!("u{}", (thread + number * 3 + 1) % 8));
                    match from.transfer_to(&to, 3).now().wait() {
                        Ok(_) | Err(Error::Rejected(Rejection::TransferToSelf { .. })) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    let sum: i64 = (0..8).map(|owner| handles[1].wallet(format!("u{owner}")).credits().unwrap().get()).sum();
    assert_eq!(sum, 8_000);
    handles[0].verify().unwrap();
    assert_eq!(
        cluster.count(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
        0
    );
}

#[test]
fn a_subscriber_is_told_of_all_programs_and_handlers_of_their_own() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let (one, other) = (connect(&url), connect(&url));
    let (sender, told) = channel();
    let deliver = move |event: &Event| match event {
        Event::CreditsAdded(added) => sender.send((added.owner.to_string(), added.entry.number)),
        _ => Ok(()),
    };
    one.subscriber("log").from_the_beginning().start(deliver).unwrap();
    let (sender, handled) = channel();
    one.on_credits_added(move |added| sender.send(added.owner.to_string()).unwrap()).unwrap();
    let gifts = 30;
    thread::scope(|scope| {
        for (credits, own) in [(&one, "one"), (&other, "other")] {
            scope.spawn(move || {
                for number in 0..gifts {
                    credits.wallet(own).give_credits(1).now().wait().unwrap();
                    credits.wallet(format!("shared{}", number % 3)).give_credits(1).now().wait().unwrap();
                }
            });
        }
    });
    let mut last = BTreeMap::new();
    for _ in 0..gifts * 4 {
        let (owner, number) = told.recv_timeout(Duration::from_secs(30)).unwrap();
        let before = last.insert(owner.clone(), number);
        assert!(before.is_none_or(|before| before < number), "{owner}: {before:?} was told before {number}");
    }
    let own = (0..gifts * 2).map(|_| handled.recv_timeout(Duration::from_secs(30)).unwrap());
    assert_eq!(own.filter(|owner| owner == "other").count(), 0);
}

#[test]
fn a_lane_that_another_program_took_is_left_to_it() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let give = |key: &str| credits.wallet("ann").give_credits(1).key(key).now().wait().unwrap();
    give("a");
    cluster.run(&url, "UPDATE lanes SET epoch = epoch + 1, held_until = 9e18");
    assert!(!give("b").replayed);
    assert!(give("a").replayed);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 2);
    assert_eq!(cluster.count(&url, "SELECT count(*) FROM lanes"), 2);
    credits.verify().unwrap();
}

#[test]
fn a_closed_program_leaves_its_lanes_to_the_next_one() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    for number in 0..3_u32 {
        let credits = connect(&url);
        for owner in ["ann", "bob", "cid", "dan"] {
            credits.wallet(owner).give_credits(1).now().wait().unwrap();
        }
        credits.close().unwrap();
        let error = credits.wallet("ann").credits().unwrap_err();
        assert!(
            matches!(&error, Error::Ledger(error) if error.kind() == LedgerErrorKind::Closed),
            "{number}: {error}"
        );
    }
    assert_eq!(cluster.count(&url, "SELECT count(*) FROM lanes"), 2);
}

#[test]
fn a_database_that_is_no_ledger_is_refused_with_what_to_do() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let refused = |url: &str| match Credits::connect(url) {
        Err(Error::Ledger(error)) => (error.kind(), error.to_string()),
        other => panic!("{other:?}"),
    };
    let (kind, told) = refused(&url);
    assert_eq!(kind, LedgerErrorKind::NotALedger);
    assert!(told.contains("migrate()"), "{told}");
    drop(connect(&url));
    cluster.run(&url, "UPDATE ledger SET tables = 9");
    let (kind, told) = refused(&url);
    assert_eq!(kind, LedgerErrorKind::NewerVersion);
    assert!(told.contains("version 9"), "{told}");
    let (kind, told) = refused("postgres://nobody@127.0.0.1:1/none");
    assert_eq!(kind, LedgerErrorKind::Io);
    assert!(told.contains("cannot be reached"), "{told}");
    let (_, told) = refused("postgres:/not an address");
    assert!(told.contains("address"), "{told}");
}

#[test]
fn a_write_to_a_database_that_may_not_be_written_says_so_and_does_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits =
        Credits::builder().migrate().answer_within(Duration::from_millis(300)).connect(&url).unwrap();
    credits.wallet("ann").give_credits(5).now().wait().unwrap();
    cluster.run(
        &url,
        "ALTER DATABASE current SET default_transaction_read_only = on"
            .replace("current", &name_of(&url))
            .as_str(),
    );
    cluster.end_sessions(&url);
    let refused = credits.wallet("ann").give_credits(5).now().wait();
    assert!(
        matches!(&refused, Err(Error::Ledger(error)) if error.kind() == LedgerErrorKind::NotDone),
        "{refused:?}"
    );
    assert_eq!(credits.wallet("ann").credits().unwrap(), 5);
    cluster.run(
        &url,
        &format!(
            "BEGIN READ WRITE; ALTER DATABASE {} RESET default_transaction_read_only; COMMIT",
            name_of(&url)
        ),
    );
    cluster.end_sessions(&url);
    assert_eq!(credits.wallet("ann").give_credits(5).now().wait().unwrap().entry.balance_after, 10);
}

#[test]
fn a_ledger_is_reached_over_tls_once_its_certificate_is_known() {
    let Some((cluster, port)) = Cluster::start_encrypted() else { return };
    let name = name_of(&cluster.database());
    let url = |query: &str| format!("postgres://credits@127.0.0.1:{port}/{name}?{query}");
    let authority = Cluster::certificates().join("authority.pem");
    let known = url(&format!("sslmode=verify-full&sslrootcert={}", authority.display()));
    connect(&known).wallet("ann").give_credits(5).now().wait().unwrap();
    for (query, told) in
        [("sslmode=verify-full&sslrootcert=system", "UnknownIssuer"), ("sslmode=disable", "pg_hba.conf")]
    {
        let refused = Credits::connect(url(query)).unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
    }
}

/// The database of an address.
fn name_of(url: &str) -> String {
    let path = url.split('?').next().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}
