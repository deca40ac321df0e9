//! Properties of accounts of monthly and yearly items, with any changes, spending and refunds.
//!
//! Histories that are compared with the model keep the periods of a subscription's items aligned: no item
//! begins a whole period alone. Where one does, the model credits a base beyond its paid time for all items
//! together, and the ledger for each item.

mod account;

use std::time::Duration;

use credits_runtime::billing::{BillingEvent, Happening, Interval, Invoice, Line, Status, SubscriptionState};
use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock as _, Owner, Timestamp};
use proptest::prelude::*;

use self::account::{
    ALL, Account, CREDITED, DAY, IN_PLACE, KEPT, MONTH, RETURNED, SEATS, Step, UNCREDITED, WITH_EXPIRING,
    steps,
};
use super::oracle::{self, Seconds};
use super::script::object;
use crate::power::random::Random;

credits_runtime::usage_credits! {
    subscription_plan small {
        stripe_price month: "price_0_month", year: "price_0_year"
        gives 1_000.credits.every(4.weeks)
        unused_credits rollover
    }
    subscription_plan large {
        stripe_price month: "price_1_month", year: "price_1_year"
        gives 3_000.credits.every(4.weeks)
        unused_credits rollover
    }
    subscription_plan odd {
        stripe_price month: "price_2_month", year: "price_2_year"
        gives 7.credits.every(4.weeks)
        unused_credits rollover
    }
    subscription_plan weekly {
        stripe_price month: "price_3_month", year: "price_3_year"
        gives 5.credits.every(week)
    }
    operation step { costs 1.credit_per(page) }
}

fn instant(at: Seconds) -> Timestamp {
    Timestamp::from_microseconds(at * 1_000_000)
}

/// All events of an account, in order.
fn events(account: &Account) -> Vec<BillingEvent> {
    let history = &account.history;
    let states = history.states.iter().map(state);
    let paid = history.invoices.iter().map(paid);
    let returned = history.invoices.iter().filter_map(returned);
    let mut events: Vec<_> = states.chain(paid).chain(returned).collect();
    events.sort_by_key(|event| event.at);
    events
}

fn event(at: Seconds, id: &str, what: Happening) -> BillingEvent {
    BillingEvent { at: instant(at), objects: vec![object(id)], owner: Owner::new("ann").ok(), what }
}

fn state(state: &oracle::State) -> BillingEvent {
    let changed = SubscriptionState {
        item: object(&state.item),
        subscription: object("s1"),
        status: Status::Active,
        price: object(&state.price),
        quantity: Some(state.quantity),
        anchor: instant(state.anchor),
        trial: None,
        ends_at: None,
        before: None,
    };
    event(state.at, "s1", Happening::SubscriptionChanged(changed))
}

fn paid(invoice: &oracle::Invoice) -> BillingEvent {
    let line = |line: &oracle::Line| Line {
        id: None,
        item: Some(object(&line.item)),
        subscription: Some(object("s1")),
        price: object(&line.price),
        quantity: Some(line.quantity),
        period: Interval { start: instant(line.start), end: instant(line.end) },
        amount: line.amount,
        net: line.amount,
        is_proration: line.is_proration,
        credits: None,
    };
    let paid = Invoice {
        invoice: object(&invoice.id),
        made_at: instant(invoice.paid_at),
        paid_at: instant(invoice.paid_at),
        paid: 1_000,
        tax: 0,
        currency: "usd".to_owned(),
        payments: vec![object(&format!("pi_{}", invoice.id))],
        lines: invoice.lines.iter().map(line).collect(),
    };
    event(invoice.paid_at, &invoice.id, Happening::TimePaid(paid))
}

fn returned(invoice: &oracle::Invoice) -> Option<BillingEvent> {
    let payment = object(&format!("pi_{}", invoice.id));
    let refund = object(&format!("re_{}", invoice.id));
    let what =
        Happening::Refunded { payment: payment.clone(), refund, amount: 1_000, stands: true, made_at: None };
    Some(event(invoice.returned_at?, payment.as_str(), what))
}

/// A ledger and its clock.
struct Stage {
    clock: ManualClock,
    credits: Credits,
    ann: Wallet,
}

impl Stage {
    fn new(at: Timestamp) -> Self {
        let clock = ManualClock::at(at);
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let ann = credits.wallet("ann");
        Self { clock, credits, ann }
    }

    fn go_to(&self, at: Timestamp) {
        while self.clock.now() < at {
            self.clock.set(self.clock.now().after(Duration::from_hours(20 * 24)).min(at));
            self.credits.book_due().unwrap();
        }
    }

    fn receive(&self, events: &[BillingEvent]) {
        for event in events {
            self.go_to(event.at);
            self.credits.receive(event.clone()).wait().unwrap();
        }
    }

    fn has(&self) -> i64 {
        self.ann.credits().unwrap().get()
    }

    fn spend(&self, percent: i64) {
        let amount = u64::try_from(self.has() * percent / 100).unwrap_or(0);
        if amount > 0 {
            self.ann.spend_credits_on(Operation::step(amount)).now().wait().unwrap();
        }
    }

    /// Credits that subscriptions gave, less those that they took back.
    fn awarded(&self) -> i64 {
        let page = self.ann.credit_history().limit(500).page().unwrap();
        assert!(page.next.is_none(), "the history is longer than a page");
        let of_plans = page.entries.iter().filter(|entry| entry.category.name().starts_with("subscription_"));
        of_plans.map(|entry| entry.amount.get()).sum()
    }

    /// Credits and unresolved facts, now and 40 days later.
    fn outcome(&self, at: Timestamp) -> Vec<(i64, Vec<String>)> {
        let later = [at, at.after(Duration::from_hours(40 * 24))];
        let outcome = later.into_iter().map(|at| {
            self.go_to(at);
            let unresolved = self.credits.unresolved().unwrap();
            let mut unresolved: Vec<_> = unresolved.iter().map(|it| format!("{it:?}")).collect();
            unresolved.sort();
            (self.has(), unresolved)
        });
        let outcome = outcome.collect();
        self.credits.verify().unwrap();
        outcome
    }

    fn history(&self) -> String {
        let page = self.ann.credit_history().oldest_first().limit(500).page().unwrap();
        let entry = |entry: &credits_runtime::Entry| {
            let (amount, category) = (entry.amount.get(), entry.category.name());
            format!("  {} {amount:+} {category} = {}\n", entry.recorded_at, entry.balance_after)
        };
        page.entries.iter().map(entry).collect()
    }
}

/// The account after these steps.
fn account(plans: &[usize], steps: &[Step]) -> Account {
    let mut account = Account::new(plans);
    for step in steps {
        account.play(step);
    }
    account
}

/// The account after these steps, and a ledger with its events in order.
fn lived(plans: &[usize], steps: &[Step]) -> (Account, Stage) {
    let account = account(plans, steps);
    let stage = Stage::new(events(&account)[0].at);
    stage.receive(&events(&account));
    stage.go_to(instant(account.history.now));
    stage.credits.verify().unwrap();
    (account, stage)
}

/// Lives an account and spends after every step; `check` sees the ledger and the account each time.
fn live(
    plans: &[usize],
    steps: &[Step],
    check: impl Fn(&Stage, &Account) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut account = Account::new(plans);
    let stage = Stage::new(instant(account.history.now));
    let mut received = 0;
    for step in steps {
        account.play(step);
        let events = events(&account);
        stage.receive(&events[received..]);
        received = events.len();
        stage.go_to(instant(account.history.now));
        stage.spend(step.spent);
        check(&stage, &account)?;
    }
    stage.credits.verify().unwrap();
    Ok(())
}

/// Checks that credits which roll over unspent are those of the model.
fn is_as_the_model_gives(plans: &[usize], steps: &[Step]) -> Result<(), TestCaseError> {
    let (account, stage) = lived(plans, steps);
    let (found, expected) = (stage.has(), oracle::given(&account.history));
    prop_assert_eq!(found, expected, "{:#?}\n{}", account.history, stage.history());
    Ok(())
}

/// Cases of each property.
fn cases() -> ProptestConfig {
    let cases = if std::env::var_os("CREDITS_NIGHTLY").is_some() { 8_000 } else { 400 };
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// One or two of the plans whose credits are kept.
fn kept() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..KEPT, 1..3)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_given_is_what_the_model_gives(
        plans in kept(),
        steps in prop_oneof![steps(CREDITED, KEPT, SEATS), steps(UNCREDITED, KEPT, SEATS)],
    ) {
        is_as_the_model_gives(&plans, &steps)?;
    }

    /// With refunds as well.
    #[test]
    fn what_is_left_after_refunds_is_what_the_model_gives(
        plans in kept(),
        steps in steps(RETURNED, KEPT, SEATS),
    ) {
        is_as_the_model_gives(&plans, &steps)?;
    }

    /// No more is given than the level-time that was paid for.
    #[test]
    fn no_more_is_given_than_was_paid_for(
        plans in kept(),
        steps in prop_oneof![steps(CREDITED, KEPT, SEATS), steps(UNCREDITED, KEPT, SEATS)],
    ) {
        let (account, stage) = lived(&plans, &steps);
        let (given, paid) = (i128::from(stage.has()), oracle::paid_for(&account.history));
        prop_assert!(given * i128::from(MONTH) <= paid, "{given} of {paid}\n{}", stage.history());
    }

    /// However often items are changed, replaced, added and removed, and whatever is spent in between, no
    /// more is given than each cycle's highest level.
    #[test]
    fn toggling_mints_nothing(plans in kept(), steps in steps(IN_PLACE, KEPT, SEATS)) {
        live(&plans, &steps, |stage, account| {
            let highest: i64 = account.highest.iter().sum();
            prop_assert!(stage.awarded() <= highest, "{} of {highest}\n{}", stage.awarded(), stage.history());
            Ok(())
        })?;
    }

    /// The same events, shuffled and half of them twice, lead to one state, now and 40 days later.
    #[test]
    fn any_order_ends_in_one_state(
        plans in prop::collection::vec(0..WITH_EXPIRING, 1..3),
        steps in steps(ALL, WITH_EXPIRING, SEATS),
        seed in any::<u64>(),
    ) {
        let account = account(&plans, &steps);
        let events = events(&account);
        let end = instant(account.history.now + DAY);
        let orderly = Stage::new(events[0].at);
        orderly.receive(&events);
        let mut random = Random::new(seed, 7);
        let twice = events.iter().filter(|_| random.once_in(2)).cloned().collect::<Vec<_>>();
        let mut shuffled: Vec<_> = events.iter().cloned().chain(twice).collect();
        random.shuffle(&mut shuffled);
        let late = Stage::new(events[0].at);
        late.go_to(end);
        late.receive(&shuffled);
        let (found, expected) = (late.outcome(end), orderly.outcome(end));
        prop_assert_eq!(found, expected, "orderly\n{}\nlate\n{}", orderly.history(), late.history());
    }

    /// Credits that were spent and credited are an advance: an owner who has credits left was given no more
    /// than was paid for.
    #[test]
    fn credited_and_spent_is_an_advance(plans in kept(), steps in steps(CREDITED, KEPT, SEATS)) {
        live(&plans, &steps, |stage, account| {
            let (given, paid) = (stage.awarded(), oracle::paid_for(&account.history));
            let is_covered = i128::from(given) * i128::from(MONTH) <= paid;
            prop_assert!(stage.has() <= 0 || is_covered, "{given} of {paid}\n{}", stage.history());
            Ok(())
        })?;
    }
}
