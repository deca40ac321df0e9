//! Outages and detours: a pool before the database, a server that is replaced by its standby, statements that fail, a commit that
//! comes too late.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use credits_runtime::billing::Happening;
use credits_runtime::events::Event;
use credits_runtime::{Error, LedgerErrorKind, Rejection};

use super::cluster::Cluster;
use super::orders::{event, shop};
use super::{connect, move_around, name_of, spent_keys};
use crate::pricing::{Credits, Operation};

/// Time within which a program goes on after an outage.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn a_pool_that_gives_each_transaction_another_session_changes_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    for ignored in ["", "options"] {
        let url = cluster.database();
        drop(connect(&url));
        let Some(pool) = cluster.pool("transaction", ignored) else { return };
        let through = || Credits::builder().lanes(4).connect(pool.url(&url)).unwrap();
        move_around(&cluster, &url, &[through(), through()]);
    }
}

#[test]
fn a_standby_that_takes_over_has_every_answered_spend_once() {
    const SPENDS: usize = 300;
    let Some(cluster) = Cluster::start_with(&[]) else { return };
    let url = cluster.database();
    let standby = cluster.standby();
    let credits = connect(&standby.url(&url));
    for owner in ["ann", "bob", "cid"] {
        credits.wallet(owner).give_credits(1_000_000).now().wait().unwrap();
    }
    let (is_over, answered) = (AtomicBool::new(false), Mutex::new(BTreeSet::new()));
    let (sender, told) = channel();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (credits, is_over, answered, sender) = (&credits, &is_over, &answered, sender.clone());
            scope.spawn(move || {
                for number in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let (owner, key) = (["ann", "bob", "cid"][number % 3], format!("{thread}/{number}"));
                    let spend = credits.wallet(owner).spend_credits_on(Operation::tick()).key(&key);
                    assert!(!spend.now().wait().unwrap().replayed, "{key}");
                    answered.lock().unwrap().insert((owner.to_owned(), key));
                    sender.send(()).unwrap();
                }
            });
        }
        let wait = || (0..SPENDS).for_each(|_| told.recv_timeout(PATIENCE).unwrap());
        wait();
        cluster.crash();
        standby.promote(&cluster);
        wait();
        is_over.store(true, Ordering::Relaxed);
    });
    let found = ["ann", "bob", "cid"].map(|owner| (owner, spent_keys(&credits, owner)));
    let found =
        found.iter().flat_map(|(owner, keys)| keys.iter().map(|key| ((*owner).to_owned(), key.clone())));
    assert_eq!(found.collect::<BTreeSet<_>>(), answered.into_inner().unwrap());
    credits.verify().unwrap();
}

/// Every statement that writes a spend fails once by each of these, and so does the commit.
#[test]
fn a_statement_that_fails_once_is_sent_again() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(1_000).now().wait().unwrap();
    cluster.run(
        &url,
        "CREATE SEQUENCE failures; SELECT nextval('failures');
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('failures') = 1 THEN RAISE 'injected' USING ERRCODE = TG_ARGV[0]; END IF;
            RETURN NULL;
        END $$",
    );
    let mut spends = 0;
    for table in ["journal", "keys", "wallets", "totals", "lanes"] {
        for code in ["40001", "40P01", "55P03", "57014", "23505"] {
            for when in
                ["TRIGGER fail AFTER INSERT OR UPDATE", "CONSTRAINT TRIGGER fail AFTER INSERT OR UPDATE"]
            {
                let deferred =
                    if when.starts_with("CONSTRAINT") { "DEFERRABLE INITIALLY DEFERRED" } else { "" };
                let row = format!("FOR EACH ROW EXECUTE FUNCTION fail('{code}')");
                cluster.run(
                    &url,
                    &format!("CREATE {when} ON {table} {deferred} {row}; ALTER SEQUENCE failures RESTART"),
                );
                let key = format!("{table}/{code}/{}", when.len());
                let spend = ann.spend_credits_on(Operation::tick()).key(&key);
                // A key has a row of `keys` when its hold is settled.
                let spent = match table {
                    "keys" => {
                        let hold = spend.hold(Duration::from_hours(1)).wait().unwrap().into_id();
                        ann.settle(hold).wait().map(|_| false)
                    }
                    _ => spend.now().wait().map(|receipt| receipt.replayed),
                };
                assert!(!spent.unwrap(), "{key}");
                assert!(cluster.count(&url, "SELECT last_value FROM failures") > 1, "{key}: nothing failed");
                cluster.run(&url, &format!("DROP TRIGGER fail ON {table}"));
                spends += 1;
            }
        }
    }
    assert_eq!(ann.credits().unwrap().get(), 1_000 - spends);
    credits.verify().unwrap();
}

#[test]
fn a_database_that_lost_answered_commits_is_not_written() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let give = |credits: &Credits| credits.wallet("ann").give_credits(1).now().wait();
    give(&credits).unwrap();
    cluster.run(&url, "UPDATE lanes SET batches = batches - 1");
    for _ in 0..2 {
        let refused = give(&credits);
        assert!(
            matches!(&refused, Err(Error::Ledger(error)) if error.to_string().contains("lost at least 1 batches")),
            "{refused:?}"
        );
    }
    assert_eq!(credits.wallet("ann").credits().unwrap(), 1);
    credits.close().unwrap();
    give(&connect(&url)).unwrap();
}

/// Every table that a spend, a replay or an event reads fails once when it is read, by a policy of row security.
#[test]
fn a_row_that_cannot_be_read_once_is_read_again() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, role) = (cluster.database(), "reader_that_fails");
    cluster.run(&url, &format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN"));
    drop(shop::Credits::builder().migrate().connect(&url).unwrap());
    // Row security does not apply to a superuser.
    cluster.run(
        &url,
        &format!(
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};
            CREATE SEQUENCE failures; SELECT nextval('failures'); GRANT ALL ON failures TO {role};
            CREATE FUNCTION fail(code text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('failures') = 1 THEN RAISE 'injected' USING ERRCODE = code; END IF;
                RETURN true;
            END $$"
        ),
    );
    let as_role = url.replacen("credits@", &format!("{role}@"), 1);
    let credits = shop::Credits::builder().lanes(1).connect(as_role).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(1_000).key("gift").now().wait().unwrap();
    let hold = ann.spend_credits_on(shop::Operation::step()).key("held").hold(Duration::from_hours(1));
    ann.settle(hold.wait().unwrap().into_id()).wait().unwrap();
    let named = || {
        credits.receive(event("cus_1", Some("ann"), Happening::OwnerNamed)).wait().unwrap();
    };
    named();
    for table in ["ledger", "lanes", "wallets", "journal", "keys", "records"] {
        for code in ["40001", "40P01", "55P03", "57014"] {
            cluster.run(
                &url,
                &format!(
                    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY fail ON {table} USING (fail('{code}'));
                    ALTER SEQUENCE failures RESTART"
                ),
            );
            if table == "records" {
                named();
            } else {
                // The replay reads the frames of the key.
                let held = ann.spend_credits_on(shop::Operation::step()).key("held");
                let again = held.hold(Duration::from_hours(1)).wait();
                let is_closed = matches!(again, Err(Error::Rejected(Rejection::HoldClosed { .. })));
                assert!(is_closed, "{table} {code}: {again:?}");
            }
            let spend = ann.spend_credits_on(shop::Operation::step()).key(format!("{table} {code}"));
            assert!(!spend.now().wait().unwrap().replayed, "{table} {code}");
            let failures = cluster.count(&url, "SELECT last_value FROM failures");
            assert!(failures > 1, "{table} {code}: nothing failed");
            cluster.run(
                &url,
                &format!("DROP POLICY fail ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
            );
        }
    }
    // A reader that loses against another transaction, or against a standby's recovery, reads again.
    cluster.run(
        &url,
        "ALTER TABLE wallets ENABLE ROW LEVEL SECURITY; CREATE POLICY fail ON wallets USING (fail('40001'));
        ALTER SEQUENCE failures RESTART",
    );
    assert_eq!(ann.credits().unwrap(), 1_000 - 1 - 24);
    assert_eq!(cluster.count(&url, "SELECT last_value FROM failures"), 2);
    credits.verify().unwrap();
}

/// A pool that closes every connection with options, without a word.
#[test]
fn a_pool_that_knows_no_options_is_connected_without_them() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    drop(connect(&url));
    let (port, refused) = start_proxy_without_options(cluster.socket());
    let through = format!("postgres://credits@127.0.0.1:{port}/{}", name_of(&url));
    let credits = Credits::builder().lanes(1).connect(&through).unwrap();
    assert_eq!(credits.wallet("ann").give_credits(1).now().wait().unwrap().entry.balance_after, 1);
    assert_eq!(refused.load(Ordering::Relaxed), 2);
    cluster.end_sessions(&url);
    assert_eq!(credits.wallet("ann").give_credits(1).now().wait().unwrap().entry.balance_after, 2);
    credits.verify().unwrap();
}

#[test]
fn a_pool_in_a_mode_without_transactions_is_refused_with_what_to_do() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    drop(connect(&url));
    let Some(pool) = cluster.pool("statement", "options") else { return };
    let Err(Error::Ledger(refused)) = Credits::connect(pool.url(&url)) else { panic!("it was connected") };
    assert!(refused.to_string().contains("set its mode to `transaction`"), "{refused}");
}

/// Takes connections on loopback, and passes them to a socket of the database unless they have options of a session. Returns
/// the number of those that it closed.
fn start_proxy_without_options(socket: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, refused) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&refused);
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let mut first = [0; 4096];
            let Ok(length @ 1..) = client.read(&mut first) else { continue };
            let first = &first[..length];
            if first.windows(15).any(|word| word == b"credits.session") {
                count.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let Ok(mut server) = UnixStream::connect(&socket) else { continue };
            let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            server.write_all(first).unwrap();
            thread::spawn(move || {
                _ = io::copy(&mut from_server, &mut to_client);
                _ = to_client.shutdown(Shutdown::Both);
            });
            thread::spawn(move || {
                _ = io::copy(&mut client, &mut server);
                _ = server.shutdown(Shutdown::Both);
            });
        }
    });
    (port, refused)
}

/// The trigger drops everything that is prepared in the session of the lane that fires it.
#[test]
fn a_session_that_lost_its_prepared_statements_is_replaced() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let give = |key: &str| credits.wallet("ann").give_credits(1).key(key).now().wait().unwrap();
    give("a");
    cluster.run(
        &url,
        "CREATE SEQUENCE fired; SELECT nextval('fired');
        CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM nextval('fired'); EXECUTE 'DEALLOCATE ALL'; RETURN NULL;
        END $$;
        CREATE TRIGGER forget AFTER INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION forget()",
    );
    assert!(!give("b").replayed);
    // The first attempt lost its statements; the second had none to lose.
    assert_eq!(cluster.count(&url, "SELECT last_value FROM fired"), 3);
    give("c");
    assert_eq!(cluster.count(&url, "SELECT last_value FROM fired"), 4);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 3);
    credits.verify().unwrap();
}

/// The first program's lane waits for its second trip longer than the server waits for it, and another program takes the lane.
#[test]
fn a_commit_that_comes_too_late_is_refused_and_sent_again() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    drop(connect(&url));
    let (port, held) = start_slow_proxy(cluster.socket());
    let through = format!("postgres://credits@127.0.0.1:{port}/{}", name_of(&url));
    let credits = Credits::builder().lanes(1).connect(&through).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(100).now().wait().unwrap();
    *held.lock().unwrap() = Some(Duration::from_secs(7));
    let spent = ann.spend_credits_on(Operation::tick()).key("late").now();
    // The server ends the transaction after five seconds.
    let other = connect(&url);
    assert_eq!(other.wallet("ann").give_credits(1).now().wait().unwrap().entry.balance_after, 101);
    cluster.run(&url, "UPDATE lanes SET epoch = epoch + 1, held_until = 9e18 WHERE lane = 1");
    assert!(!spent.wait().unwrap().replayed);
    assert_eq!(other.wallet("ann").credits().unwrap(), 100);
    other.verify().unwrap();
}

/// A proxy before a database that stops passing bytes.
struct HangingProxy {
    port: u16,
    hangs: Arc<AtomicBool>,
}

impl HangingProxy {
    fn start(socket: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { port, hangs: Arc::default() };
        let hangs = Arc::clone(&proxy.hangs);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&socket) else { continue };
                let (to_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let pairs: [(Box<dyn io::Read + Send>, Box<dyn io::Write + Send>); 2] =
                    [(Box::new(from_server), Box::new(to_client)), (Box::new(client), Box::new(server))];
                for (mut from, mut to) in pairs {
                    let hangs = Arc::clone(&hangs);
                    thread::spawn(move || {
                        let mut buffer = vec![0; 1 << 16];
                        while let Ok(length @ 1..) = from.read(&mut buffer) {
                            while hangs.load(Ordering::Relaxed) {
                                thread::park_timeout(Duration::from_millis(10));
                            }
                            if to.write_all(&buffer[..length]).is_err() {
                                break;
                            }
                        }
                    });
                }
            }
        });
        proxy
    }

    fn url(&self, direct: &str) -> String {
        format!("postgres://credits@127.0.0.1:{}/{}", self.port, name_of(direct))
    }
}

/// A database that does not answer is no handler that blocks: a program that closes waits for it for moments only.
#[test]
fn a_program_closes_beside_a_database_that_does_not_answer() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    drop(connect(&url));
    let proxy = HangingProxy::start(cluster.socket());
    let credits = Credits::connect(proxy.url(&url)).unwrap();
    let (sender, told) = channel();
    let deliver = move |event: &Event| sender.send(event.id());
    credits.subscriber("mail").from_the_beginning().start(deliver).unwrap();
    credits.wallet("ann").give_credits(1).now().wait().unwrap();
    told.recv_timeout(PATIENCE).unwrap();
    proxy.hangs.store(true, Ordering::Relaxed);
    credits.close().unwrap();
}

/// Writes that wait for a database that is away are refused when their time is over, whatever waits before them.
#[test]
fn writes_that_wait_for_a_database_are_answered_in_their_time() {
    const GIFTS: usize = 10_000;
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    drop(connect(&url));
    let proxy = HangingProxy::start(cluster.socket());
    let credits = Credits::builder().lanes(1).answer_within(Duration::from_secs(10));
    let credits = credits.connect(proxy.url(&url)).unwrap();
    let give = |number: usize| credits.wallet("ann").give_credits(1).key(number.to_string()).now();
    give(0).wait().unwrap();
    proxy.hangs.store(true, Ordering::Relaxed);
    let gifts: Vec<_> = (1..=GIFTS).map(give).collect();
    let mut refused = gifts.into_iter().map(|gift| match gift.wait() {
        Err(Error::Ledger(error)) => error.kind(),
        other => panic!("the database hangs: {other:?}"),
    });
    let is_answer = |kind| matches!(kind, LedgerErrorKind::NotDone | LedgerErrorKind::OutcomeUnknown);
    assert!(is_answer(refused.next().unwrap()));
    // A batch has 4,096 of them. A gift that is sent now has its own time.
    let young = credits.wallet("bob").give_credits(1).now();
    assert!(refused.all(is_answer));
    proxy.hangs.store(false, Ordering::Relaxed);
    assert!(!young.wait().unwrap().replayed);
    let again: Vec<_> = (0..=GIFTS).map(give).collect();
    for gift in again {
        gift.wait().unwrap();
    }
    assert_eq!(credits.wallet("ann").credits().unwrap().get(), 1 + 10_000);
    credits.verify().unwrap();
}

/// The pause that the next second trip of a lane takes.
type Held = Arc<Mutex<Option<Duration>>>;

/// Takes connections on loopback, and passes their bytes to a socket of the database, those of a commit after a pause.
fn start_slow_proxy(socket: String) -> (u16, Held) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, held) = (listener.local_addr().unwrap().port(), Held::default());
    let pause = Arc::clone(&held);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = UnixStream::connect(&socket) else { continue };
            let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let (mut from_client, mut to_server, pause) = (client, server, Arc::clone(&pause));
            thread::spawn(move || {
                _ = io::copy(&mut from_server, &mut to_client);
                _ = to_client.shutdown(Shutdown::Both);
            });
            thread::spawn(move || {
                let mut buffer = vec![0; 1 << 20];
                // The trip after the one that locks is the one that commits.
                let mut trips = 0;
                while let Ok(count @ 1..) = from_client.read(&mut buffer) {
                    let wanted = *pause.lock().unwrap();
                    trips += usize::from(wanted.is_some());
                    if let Some(wanted) = wanted.filter(|_| trips == 2) {
                        *pause.lock().unwrap() = None;
                        thread::park_timeout(wanted);
                    }
                    if to_server.write_all(&buffer[..count]).is_err() {
                        break;
                    }
                }
                _ = to_server.shutdown(Shutdown::Both);
            });
        }
    });
    (port, held)
}

mod other_prices {
    credits_runtime::usage_credits! {
        operation tick { costs 7.credits }
    }
}

#[test]
fn a_tool_declares_no_price_list_and_books_nothing_that_is_due() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = connect(&url);
    credits.wallet("ann").give_credits(5).expires_in(Duration::from_secs(1)).now().wait().unwrap();
    credits.close().unwrap();
    let Err(Error::Ledger(error)) = other_prices::Credits::builder().as_tool().connect(&url) else {
        panic!("a tool with other prices was let in");
    };
    assert_eq!(error.kind(), LedgerErrorKind::PlanChanged);
    let wait_for_lapse =
        "SELECT count(pg_sleep(0.1)) FROM wallets WHERE due >= extract(epoch FROM clock_timestamp()) * 1e6";
    while cluster.count(&url, wait_for_lapse) > 0 {}
    let due = "SELECT count(*) FROM wallets WHERE due < extract(epoch FROM clock_timestamp()) * 1e6";
    let tool = Credits::builder().as_tool().lanes(1).connect(&url).unwrap();
    tool.wallet("bob").give_credits(1).now().wait().unwrap();
    assert_eq!((tool.catalogues().unwrap().len(), cluster.count(&url, due)), (1, 1));
    // Lapsed credits are neither shown nor spent before their lapse is booked.
    let reader = Credits::connect_read_only(&url).unwrap();
    assert_eq!(reader.wallet("ann").credits().unwrap(), 0);
    assert_eq!(tool.wallet("ann").credits().unwrap(), 0);
    let spent = tool.wallet("ann").spend_credits_on(Operation::tick()).now().wait();
    assert!(matches!(spent, Err(Error::Rejected(Rejection::InsufficientCredits { .. }))), "{spent:?}");
    tool.close().unwrap();
    // The application books it within seconds of its start.
    let credits = connect(&url);
    super::orders::wait_until(|| cluster.count(&url, due) == 0);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 0);
    // One that changes its prices declares them.
    let changed = other_prices::Credits::connect(&url).unwrap();
    assert_eq!(changed.catalogues().unwrap().len(), 2);
    // The first program reads what the other one declared.
    changed.wallet("bob").give_credits(10).now().wait().unwrap();
    changed.wallet("bob").spend_credits_on(other_prices::Operation::tick()).now().wait().unwrap();
    let refused = Credits::builder().as_tool().connect(&url).unwrap_err();
    assert!(refused.to_string().contains("another price list"), "{refused}");
    let newest = credits.wallet("bob").credit_history().limit(1).page().unwrap().entries.remove(0);
    assert_eq!((newest.operation.as_deref(), newest.explanation().is_some()), (Some("tick"), true));
}

/// The trigger notes the setting under which each batch is committed.
#[test]
fn a_commit_is_durable_also_after_the_operator_changed_the_default() {
    let Some(cluster) = Cluster::start_with(&[]) else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let give = || credits.wallet("ann").give_credits(1).now().wait().unwrap();
    give();
    cluster.run(
        &url,
        "CREATE TABLE noted (setting text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO noted VALUES (current_setting('synchronous_commit')); RETURN NULL;
        END $$;
        CREATE TRIGGER note AFTER INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION note()",
    );
    cluster.run(&url, "ALTER SYSTEM SET synchronous_commit = off");
    cluster.run(&url, "SELECT pg_reload_conf()");
    super::orders::wait_until(|| {
        cluster.count(&url, "SELECT (current_setting('synchronous_commit') = 'off')::int::bigint") == 1
    });
    give();
    connect(&url).wallet("ann").give_credits(1).now().wait().unwrap();
    assert_eq!(cluster.count(&url, "SELECT count(*) FROM noted WHERE setting = 'on'"), 2);
}
