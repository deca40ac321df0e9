//! Orders of events between programs, rows and outages in which credits could be lost, or one record could harm the others.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use credits_runtime::billing::{BillingEvent, Happening, ObjectId, PackPayment};
use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, Owner, Rejection};

use super::cluster::Cluster;
use super::{connect, name_of};
use crate::pricing::{Credits, Operation};

pub(super) mod shop {
    credits_runtime::usage_credits! {
        credit_pack boost { gives 100.credits costs 9.dollars }
        operation step { costs 1.credit }
    }
}

/// Time after which what did not happen will not.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again until something is so, for at most some seconds.
pub(super) fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        thread::park_timeout(Duration::from_millis(20));
    }
    panic!("it did not happen");
}

pub(super) fn event(object: &str, owner: Option<&str>, what: Happening) -> BillingEvent {
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let objects = vec![ObjectId::new(object).unwrap()];
    BillingEvent { at, objects, owner: owner.map(|owner| Owner::new(owner).unwrap()), what }
}

pub(super) fn paid(session: &str) -> Happening {
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

/// Another program names the owner of a customer between the last look at the customer and the lock of the room in which the
/// payment would wait. A batch that lacks records begins again: the first lock of the room is for that, the second decides.
#[test]
fn a_payment_finds_the_owner_that_another_program_names_at_the_same_time() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = shop::Credits::builder().migrate().connect(&url).unwrap();
    credits.receive(event("cus_0", Some("ann"), Happening::OwnerNamed)).wait().unwrap();
    let met = (1..100).find(|number| is_named_in_between(&cluster, &url, &credits, *number));
    assert!(met.is_some(), "the other program never came in between");
}

/// Returns whether the other program got the room between the two locks.
fn is_named_in_between(cluster: &Cluster, url: &str, credits: &shop::Credits, number: u32) -> bool {
    let lock = "BEGIN; SELECT 1 FROM records WHERE record = 'r' FOR UPDATE";
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let (first, second) = (cluster.session(url), cluster.session(url));
    let (ann, customer) = (credits.wallet("ann"), format!("cus_{number}"));
    let before = ann.credits().unwrap();
    cluster.run_in(&first, lock);
    let is_between = thread::scope(|scope| {
        let payment = scope
            .spawn(|| credits.receive(event(&customer, None, paid(&format!("cs_{number}")))).wait().unwrap());
        wait_until(|| cluster.count(url, waiting) == 1);
        let queued = scope.spawn(|| cluster.run_in(&second, lock));
        wait_until(|| cluster.count(url, waiting) == 2);
        cluster.run_in(&first, "COMMIT");
        queued.join().unwrap();
        wait_until(|| payment.is_finished() || cluster.count(url, waiting) == 1);
        let is_between = !payment.is_finished();
        let copy =
            "owner, '%', facts, last, at, due, attention, head, body".replace('%', &format!("o{customer}"));
        cluster.run_in(
            &second,
            &format!("INSERT INTO records SELECT {copy} FROM records WHERE record = 'ocus_0'; COMMIT"),
        );
        is_between
    });
    assert_eq!(ann.credits().unwrap(), before.get() + if is_between { 100 } else { 0 });
    is_between
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
        let ann = scope.spawn(move || anns(&|| _ = ends.recv_timeout(PATIENCE)));
        let (end_of_bob, bob_ends) = channel::<()>();
        let bob = scope.spawn(move || bobs(&|| _ = bob_ends.recv_timeout(PATIENCE)));
        has_begun.recv_timeout(PATIENCE).unwrap();
        has_begun.recv_timeout(PATIENCE).unwrap();
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
    let next = || told.recv_timeout(PATIENCE).unwrap();
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

/// Another program has added the first of two wallets, and adds the second: a batch that asks for them in the other order
/// waits for the first one, and holds nothing that the other program needs.
#[test]
fn a_batch_adds_wallets_in_the_order_of_their_names() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    credits.wallet("first").give_credits(1).now().wait().unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    // Both gifts are in one batch: they come while the lane waits for its row.
    let lane = cluster.session(&url);
    cluster.run_in(&lane, "BEGIN; SELECT 1 FROM lanes FOR UPDATE");
    let mut gifts = vec![credits.wallet("second").give_credits(1).now()];
    wait_until(|| cluster.count(&url, waiting) == 1);
    gifts.extend(["bob", "ann"].map(|owner| credits.wallet(owner).give_credits(1).now()));
    let other = cluster.session(&url);
    let add = |owner: &str, number: u32| {
        let row = format!("'{owner}', 'w', 1, 1, 200, {number}, {number}, 0, 0, NULL, ''");
        cluster.run_in(&other, &format!("INSERT INTO journal VALUES ({row})"));
    };
    // It finds a deadlock first, if there is one.
    cluster.run_in(&other, "SET deadlock_timeout = '10ms'; BEGIN");
    add("ann", 200);
    cluster.run_in(&lane, "COMMIT");
    wait_until(|| cluster.count(&url, waiting) == 1);
    add("bob", 456);
    cluster.run_in(&other, "ROLLBACK");
    for gift in gifts {
        gift.wait().unwrap();
    }
    credits.verify().unwrap();
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

/// The statements of the guide, in its order: the schema, the tables by its owner, the rights of the program.
#[test]
fn a_role_with_the_rights_of_the_guide_can_do_what_a_program_does() {
    let Some(cluster) = Cluster::start() else { return };
    let guide = include_str!("../../docs/recipes/postgres.md");
    let statements = guide.split("```sql").nth(1).unwrap().split("```").next().unwrap();
    let (schema, rights) = statements.split_once("-- After").unwrap();
    let (url, of_ledger) = (cluster.database(), "&options=-csearch_path%3Dcredits");
    cluster.run(&url, "CREATE ROLE app LOGIN");
    cluster.run(&url, schema);
    drop(shop::Credits::builder().migrate().connect(format!("{url}{of_ledger}")).unwrap());
    cluster.run(&url, &format!("-- After{rights}"));
    let as_app = url.replacen("credits@", "app@", 1);
    let credits = shop::Credits::connect(format!("{as_app}{of_ledger}")).unwrap();
    credits.receive(event("cus_1", None, paid("cs_1"))).wait().unwrap();
    assert_eq!(credits.unresolved().unwrap().len(), 1);
    credits.receive(event("cus_1", Some("ann"), Happening::OwnerNamed)).wait().unwrap();
    assert_eq!(credits.wallet("ann").credits().unwrap(), 100);
    credits.wallet("ann").deduct_credits(5, "test").now().wait().unwrap();
    credits.book_due().unwrap();
    credits.verify().unwrap();
    for change in
        ["UPDATE credits.journal SET at = 0", "DELETE FROM credits.journal", "DELETE FROM credits.wallets"]
    {
        assert!(cluster.try_run(&as_app, change).is_err(), "{change}");
    }
}

/// The statement by which a batch looks keys up uses the indexes of first and last uses, whatever the tables had when it was
/// planned.
#[test]
fn keys_are_found_by_their_indexes() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    drop(connect(&url));
    let source = include_str!("../../credits-runtime/src/engine/postgres/fetched.rs");
    let keys = source.split("const KEYS: &str = r#\"").nth(1).unwrap().split("\"#;").next().unwrap();
    assert!(keys.contains("UNION ALL"), "{keys}");
    let explain = format!(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
        PREPARE keys_of (text[], bytea[]) AS {keys};
        EXPLAIN (FORMAT JSON) EXECUTE keys_of (ARRAY['ann'], ARRAY['x'::bytea])"
    );
    let check = |when: &str| {
        let plan = cluster.text(&url, &explain);
        assert!(plan.contains("journal_keys") && plan.contains("keys_pkey"), "{when}: {plan}");
        assert!(!plan.contains("Seq Scan"), "{when}: {plan}");
    };
    check("empty tables");
    cluster.run(
        &url,
        "INSERT INTO journal SELECT 'ann', 'wcredits', number, 1, 2, number, number, 0, 0, substr(sha256(number::text::bytea), 1, 16), ''
         FROM generate_series(1, 20000) AS number;
         INSERT INTO keys SELECT owner, key, lane, number FROM journal WHERE owner = 'ann'; ANALYZE",
    );
    check("20,000 keys");
}

/// A settlement that is sent again after the retention time of its key is refused, and not charged as a late one.
#[test]
fn a_hold_that_was_settled_long_ago_is_not_charged_again() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, clock) = (cluster.database(), ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
    let in_database = Credits::builder().migrate().clock(clock.clone()).connect(&url).unwrap();
    let in_memory = Credits::builder().clock(clock.clone()).stress_maintenance().in_memory().unwrap();
    let both = [in_database, in_memory];
    let holds = both.each_ref().map(|credits| {
        let ann = credits.wallet("ann");
        ann.give_credits(10).now().wait().unwrap();
        let hold =
            ann.spend_credits_on(Operation::tick()).hold(Duration::from_hours(1)).wait().unwrap().into_id();
        ann.settle(hold).wait().unwrap();
        hold
    });
    for _ in 0..3 {
        clock.advance(Duration::from_hours(24 * 200));
        for (credits, hold) in both.iter().zip(holds) {
            let ann = credits.wallet("ann");
            // Enough for the keys in memory to be dropped.
            for _ in 0..20 {
                ann.give_credits(1).now().wait().unwrap();
                ann.deduct_credits(1, "test").now().wait().unwrap();
            }
            let again = ann.settle(hold).wait();
            let is_refused = matches!(again, Err(Error::Rejected(Rejection::HoldClosed { .. })));
            assert!(is_refused || again.is_ok(), "{again:?}");
            assert_eq!(ann.credits().unwrap(), 9);
            credits.verify().unwrap();
        }
    }
}

/// The key of a spend may be used again after its retention time; its first use stays in the journal.
#[test]
fn a_key_whose_retention_is_over_is_used_for_another_command() {
    let Some(cluster) = Cluster::start() else { return };
    let (url, clock) = (cluster.database(), ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
    let credits = Credits::builder().migrate().clock(clock.clone()).connect(&url).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(100).key("gift").now().wait().unwrap();
    let spend = || ann.spend_credits_on(Operation::tick()).key("job").now().wait().unwrap();
    for use_ in 0..3 {
        assert!(!spend().replayed, "{use_}");
        clock.advance(Duration::from_hours(24 * 400));
        assert!(spend().replayed, "{use_}");
        clock.advance(Duration::from_secs(1));
        assert_eq!(cluster.count(&url, "SELECT count(*) FROM keys"), use_.min(1));
    }
    assert!(ann.give_credits(100).key("gift").now().wait().unwrap().replayed);
    assert_eq!(ann.credits().unwrap(), 97);
    credits.verify().unwrap();
}
