//! A year of business: owners who join, subscribe, paint, run out, buy, change their plan and leave.
//!
//! It takes place under a manual clock that ends a minute before now and with a simulated Stripe account: in memory, to become a
//! file in one step, so that a run that is interrupted leaves no file; or in a database.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use credits_runtime::stripe::{SIGNATURE_HEADER, Stripe};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Shape, SubscriptionId};
use credits_runtime::{Clock as _, Rejection, SystemClock};
use serde_json::json;

use super::pricing::{Credits, GenerateImageQuality, Operation, Plan, Pricing};

const DAYS: u32 = 365;
/// Key of a video on the last day.
const LAST_KEY: &str = "video-1";
const DAY: Duration = Duration::from_hours(24);
const NAMES: [&str; 30] = [
    "ada", "ben", "chen", "dora", "emil", "fatou", "goran", "hana", "ines", "jonas", "kofi", "lena", "mei",
    "nils", "olga", "paul", "quinn", "rosa", "sami", "tara", "ugo", "vera", "wei", "xenia", "yara", "zoe",
    "amir", "bella", "carl", "diego",
];

/// The result of the year.
pub(crate) struct Filled {
    owners: usize,
    webhooks: usize,
    facts: u64,
}

impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owners, webhooks, facts } = self;
        write!(f, "{owners} owners, {webhooks} webhooks of a simulated Stripe, {facts} facts")
    }
}

/// What an owner does.
struct Customer {
    owner: String,
    /// The day on which they sign up.
    joins: u64,
    /// Of 100 days, those on which they work.
    activity: u64,
    subscription: Option<SubscriptionId>,
}

/// Fills a new file. `progress` is called after each month with the days that have passed.
pub(crate) fn fill(path: &Path, progress: impl FnMut(u64)) -> Result<Filled, Box<dyn Error>> {
    let clock = clock();
    let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    let filled = lived((clock, &credits), progress)?;
    credits.backup(path)?;
    Ok(filled)
}

/// Fills a database without a ledger.
pub(crate) fn fill_database(url: &str, progress: impl FnMut(u64)) -> Result<Filled, Box<dyn Error>> {
    let clock = clock();
    let credits = Credits::builder().clock(clock.clone()).migrate().lanes(1).connect(url)?;
    let filled = lived((clock, &credits), progress)?;
    credits.close()?;
    Ok(filled)
}

/// Whether a ledger has a whole year: an interrupted one lacks the end.
pub(crate) fn is_complete(credits: &Credits) -> Result<bool, credits_runtime::Error> {
    let page = credits.wallet("user:ada").credit_history().key(LAST_KEY).page()?;
    Ok(!page.entries.is_empty())
}

/// A clock at the beginning of the year.
fn clock() -> ManualClock {
    ManualClock::at(SystemClock.now().before(DAYS * DAY + Duration::from_mins(1)))
}

fn lived(
    (clock, credits): (ManualClock, &Credits),
    mut progress: impl FnMut(u64),
) -> Result<Filled, Box<dyn Error>> {
    let start = clock.now();
    let account = Account::new(Shape::Clover, start);
    let stripe =
        credits.stripe("sk_test_studio").webhook_secret(account.secret()).transport(account.transport());
    let stripe = stripe.build()?;
    let mut year = Year { clock, credits: credits.clone(), stripe, account, received: 0, dice: 42 };
    let mut customers = year.customers();
    for day in 0..u64::from(DAYS) {
        for customer in &mut customers {
            year.live(customer, day)?;
        }
        year.account.pass(DAY);
        year.receive()?;
        if day % 30 == 29 {
            progress(day + 1);
        }
    }
    year.end()?;
    let filled =
        Filled { owners: customers.len(), webhooks: year.received, facts: year.credits.statistics().facts };
    Ok(filled)
}

struct Year {
    clock: ManualClock,
    credits: Credits,
    stripe: Stripe<Pricing>,
    account: Account,
    /// Webhooks that were received.
    received: usize,
    dice: u64,
}

impl Year {
    /// A number below this one. It looks random, and is the same in every run.
    fn roll(&mut self, below: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % below
    }

    /// Half of them are there from the beginning or join in the first weeks.
    fn customers(&mut self) -> Vec<Customer> {
        let customer = |(place, name): (usize, &&str)| {
            let place = place as u64;
            let joins = if place < 8 { place / 2 } else { self.roll(u64::from(DAYS) - 20) };
            let activity = 4 + self.roll(30);
            Customer { owner: format!("user:{name}"), joins, activity, subscription: None }
        };
        NAMES.iter().enumerate().map(customer).collect()
    }

    fn live(&mut self, customer: &mut Customer, day: u64) -> Result<(), Box<dyn Error>> {
        let owner = &customer.owner;
        match day.checked_sub(customer.joins) {
            None => return Ok(()),
            Some(0) => self.credits.subscribe(owner, Plan::Free).now().wait().map(drop)?,
            // Most people try it for some days before they pay.
            Some(6) => customer.subscription = self.subscribe(owner),
            Some(100) => self.upgrade(customer),
            Some(_) => self.leave(customer),
        }
        if self.roll(100) < customer.activity {
            for _ in 0..=self.roll(3) {
                self.work(&customer.owner)?;
            }
        }
        if self.roll(2_500) == 0 {
            let gift = self.credits.wallet(&customer.owner).give_credits(100).reason("sorry for the outage");
            gift.promotional().expires_in(21 * DAY).now().wait()?;
        }
        Ok(())
    }

    fn subscribe(&mut self, owner: &str) -> Option<SubscriptionId> {
        // The first one is the README's.
        let (price, amount) = match if owner == "user:ada" { 0 } else { self.roll(10) } {
            0..=4 => ("price_hobby", 900),
            5..=7 => ("price_pro", 2_900),
            _ => return None,
        };
        Some(self.account.subscribe(owner, price, amount))
    }

    fn upgrade(&mut self, customer: &Customer) {
        if let Some(subscription) = customer.subscription
            && self.roll(4) == 0
        {
            self.account.change(subscription, "price_pro", 2_900, 1);
        }
    }

    /// One in a few hundred days somebody has had enough of it.
    fn leave(&mut self, customer: &mut Customer) {
        if customer.subscription.is_some()
            && self.roll(600) == 0
            && let Some(subscription) = customer.subscription.take()
        {
            self.account.cancel_at_period_end(subscription);
        }
    }

    /// One operation, or a pack where the credits do not suffice.
    fn work(&mut self, owner: &str) -> Result<(), Box<dyn Error>> {
        let operation = match self.roll(10) {
            0..=4 => Operation::generate_image(GenerateImageQuality::Draft),
            5..=7 => Operation::generate_image(GenerateImageQuality::Hd),
            8 => Operation::generate_video(Duration::from_millis(1_000 + 50 * self.roll(200))),
            _ => Operation::upscale_image(),
        };
        let spent = self.credits.wallet(owner).spend_credits_on(operation).now().wait();
        match spent {
            Ok(_) => Ok(()),
            Err(credits_runtime::Error::Rejected(Rejection::InsufficientCredits { .. })) => {
                if self.roll(8) == 0 {
                    let payment = self.account.buy(owner, "booster", 1_200, None);
                    match self.roll(20) {
                        0 => drop(self.account.refund(&payment, 600)),
                        1 => drop(self.account.dispute(&payment)),
                        _ => {}
                    }
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Receives Stripe's events of the day, each at its time, and moves the clock to the end of the day.
    fn receive(&mut self) -> Result<(), Box<dyn Error>> {
        for delivery in self.account.deliveries().get(self.received..).unwrap_or_default() {
            self.clock.set(delivery.at.max(self.clock.now()));
            let header = delivery.signature(self.account.secret(), self.clock.now());
            let response = self.stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body);
            if response.status != 200 {
                return Err(format!("a webhook was refused: {}", delivery.body).into());
            }
        }
        self.received = self.account.deliveries().len();
        self.clock.set(self.account.now().max(self.clock.now()));
        self.credits.book_due()?;
        Ok(())
    }

    /// What the README looks at: a video of 3.65 seconds, its reversal in part, a transfer, a hold, an unknown pack.
    fn end(&mut self) -> Result<(), Box<dyn Error>> {
        let (ada, ben) = (self.credits.wallet("user:ada"), self.credits.wallet("user:ben"));
        ada.give_credits(500).reason("a prize for the best picture").now().wait()?;
        ada.transfer_to(&ben, 40).metadata(json!({ "reason": "a present" })).now().wait()?;
        let video = ada.spend_credits_on(Operation::generate_video(Duration::from_millis(3_650)));
        let video = video.key(LAST_KEY).metadata(json!({ "video": "a lighthouse" })).now().wait()?;
        ada.reverse_charge(video.entry.number).amount(37).reason("the end is blurred").now().wait()?;
        let picture = ben.spend_credits_on(Operation::generate_image(GenerateImageQuality::Hd));
        picture.hold(Duration::from_hours(1)).wait()?.into_id();
        self.account.buy("user:chen", "poster", 500, None);
        self.receive()
    }
}
