//! Subscriptions and packs of `pay`: nothing is given twice, and a later refund finds what was given.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use credits_cli::import::{self, Finding, Options, Report};
use credits_runtime::billing::{BillingEvent, Happening, Interval, Invoice, Line, ObjectId};
use credits_runtime::{Clock, Timestamp};

use crate::cluster::Cluster;
use crate::databases::sqlite;
use crate::recorded::instant;
use crate::tables::{Schema, System, pay};
use crate::{Credits, Pricing};

const NOW: &str = "2026-04-10T00:00:00Z";

/// A clock that is set by hand.
#[derive(Clone)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.load(Ordering::Relaxed))
    }

    fn is_ticking(&self) -> bool {
        false
    }
}

/// A ledger after an import.
struct Moved {
    credits: Credits,
    clock: Hand,
}

impl Moved {
    fn open(ledger: &Path) -> Self {
        let clock = Hand(Arc::new(AtomicI64::new(instant(NOW).microseconds())));
        let credits = Credits::builder().clock(clock.clone()).open(ledger).unwrap();
        Self { credits, clock }
    }

    fn set(&self, at: &str) {
        self.clock.0.store(instant(at).microseconds(), Ordering::Relaxed);
        self.credits.book_due().unwrap();
    }

    /// Receives an event about objects, from which the owner is known.
    fn receive(&self, objects: &[&str], what: Happening) {
        let objects = objects.iter().map(|id| object(id)).collect();
        let event = BillingEvent { at: self.credits.now(), objects, owner: None, what };
        self.credits.receive(event).wait().unwrap();
    }

    fn balance(&self, owner: &str) -> i64 {
        self.credits.wallet(owner).balance().unwrap().get()
    }
}

fn object(id: &str) -> ObjectId {
    ObjectId::new(id).unwrap()
}

/// Rows of a table: its columns, and the values of each row.
fn rows(table: &str, columns: &str, values: &[&str]) -> String {
    let at = "'2026-01-01 00:00:00'";
    let stamped = if columns.contains("created_at") {
        ("updated_at", at.to_owned())
    } else {
        ("created_at, updated_at", format!("{at}, {at}"))
    };
    let insert = |values: &&str| {
        format!("INSERT INTO {table} ({columns}, {}) VALUES ({values}, {});\n", stamped.0, stamped.1)
    };
    values.iter().map(insert).collect::<Vec<_>>().concat()
}

const TRANSACTION: &str = "id, wallet_id, amount, category, created_at, expires_at, fulfillment_id, metadata";
const ALLOCATION: &str = "transaction_id, source_transaction_id, amount";

fn customers() -> String {
    rows(
        "usage_credits_wallets",
        "id, owner_type, owner_id",
        &["1, 'User', 1", "2, 'User', 2", "3, 'User', 3"],
    ) + &rows(
        "pay_customers",
        "id, owner_type, owner_id, processor, processor_id",
        &[
            "1, 'User', 1, 'stripe', 'cus_1'",
            "2, 'User', 2, 'stripe', 'cus_2'",
            "3, 'User', 3, 'stripe', 'cus_3'",
            "4, 'User', 3, 'paddle_billing', 'ctm_3'",
        ],
    )
}

/// A monthly subscription with its bonus, of which 300 of 1,000 credits are left.
fn monthly() -> String {
    let object = r#"{"billing_cycle_anchor":1768435200,"latest_invoice":"in_3","items":{"data":[{"id":"si_1","price":{"id":"price_pro"}}]}}"#;
    let charge = r#"{"payment_intent":"pi_3","invoice":null}"#;
    rows(
        "pay_subscriptions",
        "id, customer_id, name, processor_id, processor_plan, status, current_period_start, current_period_end, object",
        &[&format!(
            "1, 1, 'default', 'sub_1', 'price_pro', 'active', '2026-03-15 00:00:00', '2026-04-15 00:00:00', '{object}'"
        )],
    ) + &rows(
        "pay_charges",
        "id, customer_id, subscription_id, processor_id, amount, currency, created_at, object",
        &[&format!("3, 1, 1, 'ch_3', 2900, 'usd', '2026-03-15 00:00:09', '{charge}'")],
    ) + &rows(
        "usage_credits_fulfillments",
        "id, wallet_id, source_type, source_id, credits_last_fulfillment, fulfillment_type, fulfillment_period, metadata",
        &[
            "1, 1, 'Pay::Subscription', 1, 1000, 'subscription', '1.month', '{\"plan\":\"price_pro\",\"subscription_id\":1}'",
        ],
    ) + &rows(
        "usage_credits_transactions",
        TRANSACTION,
        &[
            "1, 1, 200, 'subscription_signup_bonus', '2026-01-15 00:00:10', NULL, 1, '{\"subscription_id\":1,\"plan\":\"price_pro\"}'",
            "2, 1, 1000, 'subscription_credits', '2026-02-15 00:01:00', '2026-03-15 00:06:00', 1, '{\"plan\":\"price_pro\"}'",
            "3, 1, 1000, 'subscription_credits', '2026-03-15 00:01:00', '2026-04-15 00:06:00', 1, '{\"plan\":\"price_pro\"}'",
            "4, 1, -700, 'operation_charge', '2026-03-20 00:00:00', NULL, NULL, '{\"operation\":\"step\"}'",
        ],
    ) + &rows("usage_credits_allocations", ALLOCATION, &["4, 3, 700"])
}

/// A yearly subscription with monthly credits, of which the gem missed those of February.
fn yearly() -> String {
    let data = r#"{"subscription_items":[{"id":"si_2","price":{"id":"price_studio_year"}}]}"#;
    rows(
        "pay_subscriptions",
        "id, customer_id, name, processor_id, processor_plan, status, current_period_start, current_period_end, data",
        &[&format!(
            "2, 2, 'default', 'sub_2', 'price_studio_year', 'active', '2026-01-31 00:00:00', '2027-01-31 00:00:00', '{data}'"
        )],
    ) + &rows(
        "usage_credits_fulfillments",
        "id, wallet_id, source_type, source_id, credits_last_fulfillment, fulfillment_type, fulfillment_period, metadata",
        &["2, 2, 'Pay::Subscription', 2, 100, 'subscription', '1.month', '{\"plan\":\"price_studio_year\"}'"],
    ) + &rows(
        "usage_credits_transactions",
        TRANSACTION,
        &[
            "11, 2, 100, 'subscription_credits', '2026-01-31 00:00:10', NULL, 2, '{\"plan\":\"price_studio_year\"}'",
            "12, 2, 100, 'subscription_credits', '2026-03-31 00:02:00', NULL, 2, '{\"plan\":\"price_studio_year\"}'",
        ],
    )
}

/// Two packs of 1,100 credits: one whole, of which 400 are left, and one of which half was refunded.
fn packs() -> String {
    let terms = |charge: i64| {
        format!(
            r#"{{"purchase_type":"credit_pack","pack_name":"starter","credits":1000,"bonus_credits":100,"price_cents":4900,"price_currency":"USD","purchase_charge_id":{charge}}}"#
        )
    };
    rows(
        "pay_charges",
        "id, customer_id, processor_id, amount, amount_refunded, currency, created_at, object",
        &[
            r#"5, 3, 'ch_5', 4900, 0, 'usd', '2026-03-01 00:00:00', '{"payment_intent":"pi_5"}'"#,
            r#"6, 3, 'ch_6', 4900, 2450, 'usd', '2026-03-02 00:00:00', '{"payment_intent":{"id":"pi_6"}}'"#,
        ],
    ) + &rows(
        "usage_credits_fulfillments",
        "id, wallet_id, source_type, source_id, credits_last_fulfillment, fulfillment_type, metadata",
        &[
            &format!("5, 3, 'Pay::Charge', 5, 1100, 'credit_pack', '{}'", terms(5)),
            &format!("6, 3, 'Pay::Charge', 6, 1100, 'credit_pack', '{}'", terms(6)),
        ],
    ) + &rows(
        "usage_credits_transactions",
        TRANSACTION,
        &[
            &format!(
                "21, 3, 1100, 'credit_pack_purchase', '2026-03-01 00:00:05', NULL, NULL, '{}'",
                terms(5)
            ),
            &format!(
                "22, 3, 1100, 'credit_pack_purchase', '2026-03-02 00:00:05', NULL, NULL, '{}'",
                terms(6)
            ),
            "23, 3, -150, 'operation_charge', '2026-03-03 00:00:00', NULL, NULL, '{}'",
            "24, 3, -550, 'credit_pack_refund', '2026-03-04 00:00:00', NULL, NULL, '{\"refunded_purchase_charge_id\":6,\"credits_refunded\":true}'",
        ],
    ) + &rows("usage_credits_allocations", ALLOCATION, &["23, 21, 150", "24, 21, 550"])
}

fn database() -> String {
    customers() + &monthly() + &yearly() + &packs()
}

fn imported(ledger: &Path, database: &str) -> Report {
    let options = Options::new(ledger, database, instant(NOW));
    let report = import::run::<Pricing>(&options).unwrap();
    assert!(report.is_equal(), "{report}");
    let again = import::run::<Pricing>(&options).unwrap();
    assert!(again.is_equal(), "{again}");
    assert_eq!((again.rows.booked, again.billing.marked), (0, 0), "{again}");
    report
}

fn of_sqlite(folder: &Path, statements: &str) -> (Moved, Report) {
    let (file, ledger) = (folder.join("a.sqlite3"), folder.join("credits.redb"));
    let tables = Schema::UsageCredits05.create(System::Sqlite) + &pay(System::Sqlite);
    sqlite(&file, &(tables + statements));
    let report = imported(&ledger, file.to_str().unwrap());
    (Moved::open(&ledger), report)
}

#[test]
fn nothing_is_given_twice_on_either_database() {
    let check = |report: &Report, moved: &Moved| {
        let billing = &report.billing;
        assert_eq!((billing.customers, billing.subscriptions, billing.packs), (3, 2, 2), "{report}");
        assert_eq!(["user:1", "user:2", "user:3"].map(|owner| moved.balance(owner)), [500, 200, 1_500]);
        assert!(moved.credits.unresolved().unwrap().is_empty(), "{:?}", moved.credits.unresolved());
        moved.credits.verify().unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    let (moved, report) = of_sqlite(folder.path(), &database());
    check(&report, &moved);
    let Some(cluster) = Cluster::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (ledger, url) = (folder.path().join("credits.redb"), cluster.database());
    let tables = Schema::UsageCredits10.create(System::Postgres) + &pay(System::Postgres);
    cluster.run(&url, &(tables + &database()));
    let report = imported(&ledger, &url);
    check(&report, &Moved::open(&ledger));
}

#[test]
fn a_running_subscription_goes_on_with_its_next_invoice() {
    let folder = tempfile::tempdir().unwrap();
    let (moved, _) = of_sqlite(folder.path(), &database());
    moved.set("2026-04-15T00:00:00Z");
    let period = Interval { start: instant("2026-04-15T00:00:00Z"), end: instant("2026-05-15T00:00:00Z") };
    let line = Line {
        id: None,
        item: Some(object("si_1")),
        subscription: Some(object("sub_1")),
        price: object("price_pro"),
        quantity: Some(1),
        period,
        amount: 2_900,
        net: 2_900,
        is_proration: false,
        credits: None,
    };
    let invoice = Invoice {
        invoice: object("in_4"),
        made_at: period.start,
        paid_at: period.start,
        paid: 2_900,
        tax: 0,
        currency: "usd".to_owned(),
        payments: vec![object("pi_4")],
        lines: vec![line],
    };
    moved.receive(&["in_4", "sub_1", "cus_1"], Happening::TimePaid(invoice));
    // The bonus is given once; the rest of the last cycle ends after the grace period.
    moved.set("2026-04-15T01:00:00Z");
    assert_eq!(moved.balance("user:1"), 1_200);
    // A cycle of the year that is paid, of which the gem gave the first three.
    moved.set("2026-04-30T00:00:01Z");
    moved.credits.fulfill_due("user:2").wait().unwrap();
    assert_eq!(moved.balance("user:2"), 300);
    moved.credits.verify().unwrap();
}

#[test]
fn a_later_refund_finds_what_the_gem_gave() {
    let folder = tempfile::tempdir().unwrap();
    let (moved, _) = of_sqlite(folder.path(), &database());
    let refunded = |payment: &str, amount: i64| {
        let payment = object(payment);
        moved.receive(&[payment.as_str()], Happening::RefundedInAll { payment: payment.clone(), amount });
    };
    refunded("pi_3", 2_900);
    assert_eq!(moved.balance("user:1"), 200, "the rest of the cycle is taken");
    refunded("pi_5", 4_900);
    assert_eq!(moved.balance("user:3"), 400, "the whole pack is taken");
    refunded("pi_6", 4_900);
    assert_eq!(moved.balance("user:3"), -150, "the second half of the pack is taken");
    assert!(moved.credits.unresolved().unwrap().is_empty(), "{:?}", moved.credits.unresolved());
    moved.credits.verify().unwrap();
}

#[test]
fn the_report_says_since_when_events_may_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_, report) = of_sqlite(folder.path(), &database());
    assert_eq!(report.newest_row, Some(instant("2026-03-31T00:02:00Z")));
    assert_eq!(report.reconcile_since(), Some(instant("2026-03-31T00:02:01Z")));
    let line = "stripe.reconcile(\"2026-03-31T00:02:01Z\".parse()?, |_| {})?;";
    assert!(report.to_string().contains(line), "{report}");
    // A subscription that changed after the last transaction.
    let folder = tempfile::tempdir().unwrap();
    let changed = "UPDATE pay_subscriptions SET updated_at = '2026-04-02 10:00:00.5' WHERE id = 1;";
    let (_, report) = of_sqlite(folder.path(), &(database() + changed));
    assert_eq!(report.reconcile_since(), Some(instant("2026-04-02T10:00:01Z")));
}

#[test]
fn a_link_of_an_administrator_stays_when_an_import_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (moved, _) = of_sqlite(folder.path(), &database());
    let link = |credits: &Credits| credits.link(object("cus_1"), "user:9").wait().unwrap().is_new;
    assert!(link(&moved.credits));
    moved.credits.close().unwrap();
    let ledger = folder.path().join("credits.redb");
    imported(&ledger, folder.path().join("a.sqlite3").to_str().unwrap());
    assert!(!link(&Moved::open(&ledger).credits), "the customer is still linked to user:9");
}

#[test]
fn what_cannot_be_carried_over_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let more = customers()
        + &monthly().replace("\"si_1\"", "null")
        + &packs().replace("4900, 0,", "4900, 4900,").replace("\"price_cents\":4900,", "")
        + "UPDATE usage_credits_fulfillments SET metadata = '{\"plan\":\"price_pro\",\"pending_plan_change\":\"price_x\"}' WHERE id = 1;";
    let (_, report) = of_sqlite(folder.path(), &more);
    let found: Vec<_> = report.findings.iter().map(|count| count.finding).collect();
    for finding in [
        Finding::CustomerOfOtherProcessor,
        Finding::SubscriptionIncomplete,
        Finding::PackUnknown,
        Finding::PlanChangePending,
    ] {
        assert!(found.contains(&finding), "{finding:?} is not in {report}");
    }
}

#[test]
fn an_undeclared_plan_of_a_running_subscription_is_a_snippet() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.sqlite3");
    let tables = Schema::UsageCredits05.create(System::Sqlite) + &pay(System::Sqlite);
    sqlite(&file, &(tables + &customers() + &monthly().replace("price_pro", "price_Old")));
    let options = Options::new(folder.path().join("credits.redb"), file.display().to_string(), instant(NOW));
    let error = import::run::<Pricing>(&options).unwrap_err().to_string();
    let plan = "subscription_plan price_old { stripe_price \"price_Old\" gives 1000.credits.every(month) }";
    assert!(error.contains(plan), "{error}");
}
