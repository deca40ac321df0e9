//! Storms: whatever becomes of deliveries on the way, what is given in the end is what orderly deliveries give.

use std::fmt::Write as _;
use std::time::Duration;

use credits_runtime::billing::{Length, LengthUnit};
use credits_runtime::stripe::Stripe;
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Delivery, Disorder, Shape};
use credits_runtime::{Clock as _, Timestamp};

use super::script::instant;
use super::webhooks::{connect, deliver};
use super::{Asset, Credits, Pricing};
use crate::power::crash::Powered;
use crate::power::disk::Disk;
use crate::power::random::Random;

const DAY: Duration = Duration::from_hours(24);
const OWNERS: [&str; 3] = ["ann", "bob", "cy"];
/// Prices with what they cost, in cents.
const PRICES: [(&str, i64); 9] = [
    ("price_pro", 900),
    ("price_max", 2_700),
    ("price_full", 2_800),
    ("price_starter", 400),
    ("price_keep", 500),
    ("price_quarterly", 800),
    ("price_half", 300),
    ("price_gems", 600),
    ("price_free", 0),
];

/// Half a year of somebody's account.
fn account(random: &mut Random) -> Account {
    let shapes = Shape::ALL;
    let start = instant("2026-01-29").after(Duration::from_hours(u64::try_from(random.below(72)).unwrap()));
    let mut account = Account::new(random.choose(shapes), start);
    let (mut subscriptions, mut payments, mut refunds, mut disputes) = (vec![], vec![], vec![], vec![]);
    for _ in 0..14 {
        let owner = random.choose(&OWNERS);
        let (price, amount) = random.choose(&PRICES);
        match random.below(13) {
            0 | 1 => {
                let unit = random.choose(&[LengthUnit::Month, LengthUnit::Month, LengthUnit::Year]);
                let quantity = 1 + u64::try_from(random.below(2)).unwrap();
                let trial = random.choose(&[0, 0, 14]);
                let billed = (Length { count: 1, unit }, quantity, trial);
                subscriptions.push(account.subscribe_for(owner, price, amount, billed));
            }
            2 if !subscriptions.is_empty() => {
                let quantity = 1 + u64::try_from(random.below(3)).unwrap();
                account.change(random.choose(&subscriptions), price, amount, quantity);
            }
            3 if !subscriptions.is_empty() => account.fail_renewals(random.choose(&subscriptions)),
            4 if !subscriptions.is_empty() => account.pay_what_is_owed(random.choose(&subscriptions)),
            5 if !subscriptions.is_empty() => {
                let id = random.choose(&subscriptions);
                account.cancel_at_period_end(id);
            }
            6 if !subscriptions.is_empty() => {
                let place = random.below(subscriptions.len());
                account.cancel(subscriptions.remove(place));
            }
            7 => payments.push((account.buy(owner, "boost", 900, None), 900)),
            8 => payments.push((account.buy(owner, "boost", 900, Some(DAY)), 900)),
            9 if !payments.is_empty() => {
                let place = random.below(payments.len());
                let (payment, left) = &mut payments[place];
                let amount = 1 + i64::try_from(random.below(usize::try_from(*left).unwrap().max(1))).unwrap();
                if *left >= amount {
                    *left -= amount;
                    refunds.push(account.refund(&payment.clone(), amount));
                }
            }
            10 if !refunds.is_empty() => account.fail_refund(refunds.remove(random.below(refunds.len()))),
            11 if !payments.is_empty() => {
                let place = random.below(payments.len());
                let (payment, _) = payments.remove(place);
                disputes.push(account.dispute(&payment));
            }
            12 if !disputes.is_empty() => {
                let dispute = disputes.remove(random.below(disputes.len()));
                if random.below(2) == 0 { account.win(dispute) } else { account.lose(dispute) }
            }
            _ => {}
        }
        // Much can happen in one second.
        if random.once_in(4) {
            continue;
        }
        account.pass(DAY * u32::try_from(random.below(18)).unwrap() + Duration::from_hours(7));
    }
    account
}

/// A ledger that deliveries arrive at.
struct Stage {
    clock: ManualClock,
    disk: Disk,
    credits: Credits,
    stripe: Stripe<Pricing>,
}

impl Stage {
    fn new(at: Timestamp) -> Self {
        Self::on(Disk::holding(Vec::new()), ManualClock::at(at))
    }

    fn on(disk: Disk, clock: ManualClock) -> Self {
        let credits = Credits::builder().clock(clock.clone()).hurried().open_on(disk.clone()).unwrap();
        let stripe = connect(&credits);
        Self { clock, disk, credits, stripe }
    }

    /// The power fails somewhere after so much was asked of the disk.
    fn crash(&mut self, base: Vec<u8>, random: &mut Random) {
        let log = self.disk.log();
        let mut powered = Powered::new(base);
        for operation in &log[..random.below(log.len() + 1)] {
            powered.take(operation);
        }
        *self = Self::on(Disk::holding(powered.image(random)), self.clock.clone());
    }

    fn go_to(&self, at: Timestamp) {
        while self.clock.now() < at {
            self.clock.set(self.clock.now().after(20 * DAY).min(at));
            self.credits.book_due().unwrap();
        }
    }

    fn deliver(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.go_to(delivery.at);
            let answer = deliver(&self.stripe, delivery, &self.clock);
            assert_eq!(answer.status, 200, "{}", delivery.body);
        }
    }

    /// Delivers, while now and then the power fails; what was not answered then is delivered again, as Stripe does.
    fn deliver_through_crashes(&mut self, deliveries: &[Delivery], random: &mut Random) {
        for delivery in deliveries {
            if random.once_in(4) {
                self.credits.close().unwrap();
                let base = self.disk.bytes();
                *self = Self::on(Disk::holding(base.clone()), self.clock.clone());
                self.deliver(std::slice::from_ref(delivery));
                self.crash(base, random);
            }
            self.deliver(std::slice::from_ref(delivery));
        }
    }

    /// What everybody has: now, and a month and two later.
    fn outcome(&self, at: Timestamp) -> String {
        let mut outcome = String::new();
        for months in 0..3 {
            self.go_to(at.after(30 * DAY * months));
            for owner in OWNERS {
                let wallet = self.credits.wallet(owner);
                let gems = wallet.of(Asset::Gems).credits().unwrap();
                let line = format!("{owner}: {} credits, {gems} gems\n", wallet.credits().unwrap());
                outcome.push_str(&line);
            }
        }
        for owner in OWNERS {
            let wallet = self.credits.wallet(owner);
            for bought in wallet.purchases().unwrap() {
                writeln!(outcome, "{owner}: {} {} {}", bought.session, bought.given, bought.returned)
                    .unwrap();
            }
        }
        let mut unresolved: Vec<_> =
            self.credits.unresolved().unwrap().iter().map(|it| format!("{it:?}\n")).collect();
        unresolved.sort();
        outcome.extend(unresolved);
        self.credits.verify().unwrap();
        outcome
    }

    fn history(&self) -> String {
        let mut text = String::new();
        for owner in OWNERS {
            let page = self.credits.wallet(owner).credit_history().oldest_first().limit(300).page().unwrap();
            for entry in page.entries {
                let until = entry.expires_at.map_or(String::new(), |until| format!(" until {until}"));
                writeln!(
                    text,
                    "  {owner} {} {:+} {} {}{until}",
                    entry.recorded_at,
                    entry.amount.get(),
                    entry.category.name(),
                    entry.description()
                )
                .unwrap();
            }
        }
        text
    }
}

/// Plays a storm; answers how many deliveries there were.
fn check(seed: u64) -> usize {
    let mut random = Random::new(seed, 11);
    let account = account(&mut random);
    let deliveries = account.deliveries();
    let Some(first) = deliveries.first() else { return 0 };
    let end = account.now().after(8 * DAY);
    let orderly = Stage::new(first.at);
    orderly.deliver(deliveries);
    let expected = orderly.outcome(end);
    let arriving = match seed % 4 {
        0 => Disorder::new(seed).shuffled(deliveries, account.now()),
        _ => Disorder::new(seed).of(deliveries),
    };
    let mut stormy = Stage::new(first.at);
    if seed % 8 == 5 {
        stormy.deliver_through_crashes(&arriving, &mut random);
    } else {
        stormy.deliver(&arriving);
    }
    let found = stormy.outcome(end);
    assert!(
        found == expected,
        "seed {seed}: orderly\n{expected}{}\nstormy\n{found}{}",
        orderly.history(),
        stormy.history()
    );
    arriving.len()
}

#[test]
fn deliveries_in_any_order_end_in_one_state() {
    let least = if std::env::var_os("CREDITS_NIGHTLY").is_some() { 500_000 } else { 20_000 };
    let (mut seed, mut delivered) = (0, 0);
    while delivered < least {
        delivered += check(seed);
        seed += 1;
    }
}
