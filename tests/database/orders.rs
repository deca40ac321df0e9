//! Orders of events between programs, rows and outages in which credits could be lost, or one record could harm the others.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use credits_runtime::Owner;
use credits_runtime::billing::{BillingEvent, Happening, ObjectId, PackPayment};
use credits_runtime::testing::ManualClock;

use super::cluster::Cluster;
use super::{connect, name_of};
use crate::pricing::{Credits, Operation};

mod shop {
    credits_runtime::usage_credits! {
        credit_pack boost { gives 100.credits costs 9.dollars }
    }
}

/// Looks again until something is so, for at most some seconds.
fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not happen");
}

fn event(objects: [&str; 2], owner: Option<&str>, what: Happening) -> BillingEvent {
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let objects = objects.map(|object| ObjectId::new(object).unwrap()).to_vec();
    BillingEvent { at, objects, owner: owner.map(|owner| Owner::new(owner).unwrap()), what }
}

fn paid(session: &str) -> Happening {
    Happening::PackPaid(PackPayment {
        session: ObjectId::new(session).unwrap(),
        payment: None,
        currency: "usd".to_owned(),
        subtotal: 900,
        paid: 900,
        pack: Some("boost".to_owned()),
        prices: Vec::new(),
        tax: 0,
        invoice: None,
        paid_in: None,
    })
}

/// Another program names the owner of a customer, while this one waits with a payment of that customer.
#[test]
fn a_payment_finds_the_owner_that_another_program_names_at_the_same_time() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = shop::Credits::builder().migrate().connect(&url).unwrap();
    credits.receive(event(["cus_1", "cs_1"], Some("ann"), Happening::OwnerNamed)).wait().unwrap();
    let other = cluster.session(&url);
    cluster.run_in(&other, "BEGIN; SELECT 1 FROM records WHERE record = 'r' FOR UPDATE");
    let payment = {
        let credits = credits.clone();
        thread::spawn(move || credits.receive(event(["cus_2", "cs_2"], None, paid("cs_2"))).wait().unwrap())
    };
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    wait_until(|| cluster.count(&url, waiting) == 1);
    cluster.run_in(
        &other,
        "INSERT INTO records SELECT owner, 'ocus_2', facts, last, at, due, attention, head, body FROM records WHERE record = 'ocus_1';
         COMMIT",
    );
    payment.join().unwrap();
    assert_eq!(credits.unresolved().unwrap(), []);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 100);
}

#[test]
fn a_hold_that_cannot_be_extended_harms_no_other_write() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, clock) = (cluster.database(), ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
    let credits = Credits::builder().migrate().lanes(1).clock(clock.clone()).connect(&url).unwrap();
    for owner in ["ann", "bob"] {
        credits.wallet(owner).give_credits(10).now().wait().unwrap();
    }
    let (begun, has_begun) = channel();
    let (end, ends) = channel::<()>();
    let work = |owner: &'static str| {
        let (credits, begun) = (credits.clone(), begun.clone());
        move |ends: &dyn Fn()| {
            let job = credits.wallet(owner).spend_credits_on(Operation::tick());
            job.run(|| {
                begun.send(()).unwrap();
                ends();
                Ok::<_, std::io::Error>(())
            })
        }
    };
    thread::scope(|scope| {
        let (anns, bobs) = (work("ann"), work("bob"));
        let ann = scope.spawn(move || anns(&|| _ = ends.recv()));
        let (end_of_bob, bob_ends) = channel::<()>();
        let bob = scope.spawn(move || bobs(&|| _ = bob_ends.recv()));
        has_begun.recv().unwrap();
        has_begun.recv().unwrap();
        cluster.run(&url, "UPDATE wallets SET body = '\\x00' WHERE owner = 'ann'");
        for _ in 0..5 {
            clock.advance(Duration::from_mins(10));
            credits.wallet("cid").give_credits(1).now().wait().unwrap();
        }
        // Beyond the limit that its hold had without extensions.
        end_of_bob.send(()).unwrap();
        bob.join().unwrap().unwrap();
        assert_eq!(credits.wallet("bob").credits().unwrap(), 9);
        end.send(()).unwrap();
        ann.join().unwrap().unwrap_err();
    });
    assert_eq!(credits.wallet("cid").credits().unwrap(), 5);
}

#[test]
fn due_work_of_a_damaged_row_is_passed_over() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, clock) = (cluster.database(), ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
    let credits = Credits::builder().migrate().clock(clock.clone()).connect(&url).unwrap();
    for owner in ["ann", "bob"] {
        credits.wallet(owner).give_credits(10).expires_in(Duration::from_hours(1)).now().wait().unwrap();
    }
    cluster.run(&url, "UPDATE wallets SET body = '\\x00' WHERE owner = 'ann'");
    clock.advance(Duration::from_hours(2));
    let error = credits.book_due().unwrap_err().to_string();
    assert!(error.contains("cannot be read"), "{error}");
    assert_eq!(cluster.count(&url, "SELECT balance FROM wallets WHERE owner = 'bob'"), 0);
    credits.wallet("bob").give_credits(1).now().wait().unwrap();
}

#[test]
fn a_hold_that_was_dropped_while_the_database_was_away_is_released_afterwards() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits =
        Credits::builder().migrate().answer_within(Duration::from_millis(200)).connect(&url).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(10).now().wait().unwrap();
    let hold = ann.spend_credits_on(Operation::upscale()).hold(Duration::from_hours(1)).wait().unwrap();
    let name = name_of(&url);
    cluster.run(&url, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    cluster.end_sessions(&url);
    drop(hold);
    ann.give_credits(1).now().wait().unwrap_err();
    assert_eq!(cluster.count(&url, "SELECT held FROM wallets"), 3);
    let reset = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
    cluster.run(&url, &format!("BEGIN READ WRITE; {reset}; COMMIT"));
    cluster.end_sessions(&url);
    wait_until(|| cluster.count(&url, "SELECT held FROM wallets") == 0);
}

#[test]
fn handlers_are_not_told_of_the_program_that_took_an_idle_lane() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let one = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let (sender, told) = channel();
    one.on_credits_added(move |added| sender.send(added.owner.to_string()).unwrap()).unwrap();
    let next = || told.recv_timeout(Duration::from_secs(30)).unwrap();
    one.wallet("before").give_credits(1).now().wait().unwrap();
    assert_eq!(next(), "before");
    cluster.run(&url, "UPDATE lanes SET held_until = 0");
    let other = Credits::builder().lanes(1).connect(&url).unwrap();
    other.wallet("other").give_credits(1).now().wait().unwrap();
    assert_eq!(cluster.count(&url, "SELECT count(*) FROM lanes"), 1);
    other.close().unwrap();
    // It takes its former lane again.
    one.wallet("after").give_credits(1).now().wait().unwrap();
    assert_eq!(cluster.count(&url, "SELECT count(*) FROM lanes"), 1);
    assert_eq!(next(), "after");
}

#[test]
fn programs_that_add_the_same_wallets_in_opposite_orders_do_not_deadlock() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let handles = [connect(&url), connect(&url)];
    thread::scope(|scope| {
        for (number, credits) in handles.iter().enumerate() {
            scope.spawn(move || {
                for round in 0..20 {
                    let mut owners: Vec<_> = (0..20).map(|owner| format!("u{round}/{owner}")).collect();
                    if number == 1 {
                        owners.reverse();
                    }
                    let gifts: Vec<_> =
                        owners.iter().map(|owner| credits.wallet(owner).give_credits(1).now()).collect();
                    for gift in gifts {
                        gift.wait().unwrap();
                    }
                }
            });
        }
    });
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(cluster.count(&url, deadlocks), 0);
    assert_eq!(cluster.count(&url, "SELECT count(*) FROM wallets WHERE balance = 2"), 400);
    handles[0].verify().unwrap();
}

#[test]
fn a_schema_with_other_tables_is_refused_with_what_to_do() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    cluster.run(&url, "CREATE TABLE wallets (owner text)");
    let refused = Credits::builder().migrate().connect(&url).unwrap_err().to_string();
    assert!(refused.contains("wallets") && refused.contains("a schema of its own"), "{refused}");
    cluster.run(&url, "CREATE SCHEMA credits");
    let own = format!("{url}&options=-csearch_path%3Dcredits");
    connect(&own).wallet("ann").give_credits(5).now().wait().unwrap();
}

/// Old keys are found by their index, however many keys never lapse.
#[test]
fn keys_that_never_lapse_are_not_read_to_find_those_that_do() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    drop(connect(&url));
    cluster.run(
        &url,
        "INSERT INTO keys SELECT 'ann', substr(sha256(number::text::bytea), 1, 16), 1, number, false, number
         FROM generate_series(1, 20000) AS number; ANALYZE keys",
    );
    let old = "SELECT ctid FROM keys WHERE lapses AND at < 9000 ORDER BY at LIMIT 500 FOR UPDATE SKIP LOCKED";
    let plan = cluster.text(&url, &format!("EXPLAIN (FORMAT JSON) {old}"));
    assert!(plan.contains("keys_lapse") && !plan.contains("Seq Scan"), "{plan}");
}
