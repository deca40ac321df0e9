//! Storms: lost, repeated and late deliveries lead to the same outcome as orderly ones.

use std::fmt::Write as _;

use credits_runtime::stripe::Stripe;
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Delivery, Disorder, Served};
use credits_runtime::{Clock as _, Timestamp};

use super::lives::{DAY, OWNERS, account};
use super::webhooks::{SECRET, deliver};
use super::{Asset, Credits, Pricing};
use crate::power::crash::Powered;
use crate::power::disk::{Disk, Image};
use crate::power::random::Random;

/// A ledger that receives deliveries.
struct Stage {
    clock: ManualClock,
    disk: Disk,
    credits: Credits,
    stripe: Stripe<Pricing>,
    transport: Served,
}

impl Stage {
    fn new(at: Timestamp, transport: Served) -> Self {
        Self::on(Disk::empty(), ManualClock::at(at), transport)
    }

    fn on(disk: Disk, clock: ManualClock, transport: Served) -> Self {
        let credits = Credits::builder().clock(clock.clone()).stress_maintenance().open_on(&disk).unwrap();
        let stripe = credits.stripe("sk_test_1").webhook_secret(SECRET);
        let stripe = stripe.transport(transport.clone()).build().unwrap();
        Self { clock, disk, credits, stripe, transport }
    }

    /// Loses power after a random number of disk operations.
    fn crash(&mut self, base: Image, random: &mut Random) {
        let log = self.disk.log();
        let mut powered = Powered::new(base);
        for operation in &log[..random.below(log.len() + 1)] {
            powered.take(operation);
        }
        *self = Self::on(Disk::holding(powered.image(random)), self.clock.clone(), self.transport.clone());
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

    /// Delivers, with losses of power now and then. Deliveries without a response are delivered again, as
    /// Stripe does.
    fn deliver_through_crashes(&mut self, deliveries: &[Delivery], random: &mut Random) {
        for delivery in deliveries {
            if random.once_in(4) {
                self.credits.close().unwrap();
                let base = self.disk.files();
                *self = Self::on(Disk::holding(base.clone()), self.clock.clone(), self.transport.clone());
                self.deliver(std::slice::from_ref(delivery));
                self.crash(base, random);
            }
            self.deliver(std::slice::from_ref(delivery));
        }
    }

    /// Every owner's credits: now, and one and two months later.
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

/// Plays a storm. Returns the number of deliveries.
fn check(seed: u64) -> usize {
    let mut random = Random::new(seed, 11);
    let account = account(&mut random);
    let deliveries = account.deliveries();
    let Some(first) = deliveries.first() else { return 0 };
    let end = account.now().after(8 * DAY);
    let orderly = Stage::new(first.at, account.transport());
    orderly.deliver(deliveries);
    let expected = orderly.outcome(end);
    let arriving = match seed % 4 {
        0 => Disorder::new(seed).shuffled(deliveries, account.now()),
        _ => Disorder::new(seed).of(deliveries),
    };
    let mut stormy = Stage::new(first.at, account.transport());
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
    let least = if std::env::var_os("CREDITS_NIGHTLY").is_some() { 500_000 } else { 8_000 };
    let (mut seed, mut delivered) = (0, 0);
    while delivered < least {
        delivered += check(seed);
        seed += 1;
    }
}
