//! The page of the Ruby gem `usage_credits`, construct by construct in its order, written with this library.
//!
//! Lessons: what each call of the gem is here, and what it prints. `docs/MIGRATING.md` has the words side by side, and the
//! differences. Payments are those of a simulated Stripe account.
#![expect(clippy::print_stdout, reason = "a program on the command line talks")]

use std::error::Error;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use credits_runtime::catalogue::Meta;
use credits_runtime::catalogue::PeriodUnit::Month;
use credits_runtime::stripe::{SellPack as _, SellPlan as _, Stripe};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Completed, Price, Shape};
use credits_runtime::{Bytes, Category, Entry, usage_credits};

const MB: u64 = 1_048_576;
const DAY: Duration = Duration::from_hours(24);

usage_credits! {
    settings {
        rounding :ceil
        currency usd
        low_balance_threshold 100.credits
        fulfillment_grace_period 5.minutes
        credits_named "token", "tokens"
    }

    operation send_email {
        costs 1.credit
    }
    operation process_image {
        costs 10.credits + 1.credit_per(:mb)
    }
    operation process_items {
        costs 1.credits_per(:units)
    }
    operation compress_image {
        costs 1.credits_per(:mb)
    }
    operation generate_ai_response {
        costs 5.credits
        with prompt: String
        validate prompt.chars().count() <= 1_000, "Prompt too long"
    }
    operation analyze_data {
        costs 20.credits
        meta category: :analytics, description: "Deep data analysis"
    }

    credit_pack starter {
        gives 1_000.credits
        costs 49.dollars
    }

    subscription_plan pro {
        stripe_price month: "price_pro_monthly", year: "price_pro_yearly"
        gives 10_000.credits.every(:month)
        signup_bonus 1_000.credits
        trial_includes 500.credits
        unused_credits :rollover
        expire_after 30.days
    }
    subscription_plan basic {
        stripe_price "price_basic_monthly"
        gives 1_000.credits.every(:month)
        unused_credits :expire
    }
    subscription_plan drip {
        stripe_price "price_drip"
        gives 500.credits.every(15.days)
    }
    subscription_plan unlimited {
        unlimited send_email, process_image
    }
}

/// The application with its user, the clock, and the simulated Stripe account.
struct Page {
    clock: ManualClock,
    credits: Credits,
    user: Wallet,
    stripe: Stripe<Pricing>,
    account: Account,
}

fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse()?);
    let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    let mut account = Account::new(Shape::Clover, "2026-01-01T00:00:00Z".parse()?);
    account.add_price(Price::monthly("price_pro_monthly", 9_900));
    let stripe = credits.stripe("sk_test_example").webhook_secret(account.secret());
    let stripe = stripe.transport(account.transport()).build()?;
    let mut page = Page { clock, user: credits.wallet("user:42"), credits, stripe, account };

    page.example()?;
    page.costs()?;
    page.spend()?;
    page.alerts()?;
    page.bonuses()?;
    page.packs()?;
    page.plans()?;
    page.history()?;
    page.credits.verify()?;
    Ok(())
}

impl Page {
    fn example(&self) -> Result<(), Box<dyn Error>> {
        println!("# Example");
        self.user.give_credits(100).reason("signup").now().wait()?;
        println!("credits: {}", self.user.credits()?);
        self.user.spend_credits_on(Operation::send_email()).run(|| work("an email"))?;
        for entry in self.user.credit_history().oldest_first().page()?.entries {
            println!("{}: {}", entry.category, entry.amount);
        }
        Ok(())
    }

    fn costs(&self) -> Result<(), Box<dyn Error>> {
        println!("\n# Units and rounding");
        let estimate = |operation| self.user.estimate_credits_to(operation);
        println!("process_items, 3 units: {}", estimate(Operation::process_items(3))?);
        println!("compress_image, mb: 5: {}", estimate(Operation::compress_image(5))?);
        println!("compress_image, 5 megabytes: {}", estimate(Operation::compress_image(Bytes(5 * MB)))?);
        println!(
            "compress_image, 2.3 megabytes: {}",
            estimate(Operation::compress_image(Bytes(23 * MB / 10)))?
        );
        println!(
            "compress_image, 5.2 megabytes: {}",
            estimate(Operation::compress_image(Bytes(52 * MB / 10)))?
        );
        let long = self.user.spend_credits_on(Operation::generate_ai_response("a".repeat(1_001)));
        println!("generate_ai_response: {}", refusal(long.now().wait()));
        let analyze_data = Operation::from_name("analyze_data").ok_or("it is declared")?;
        for (name, value) in analyze_data.meta {
            if let Meta::Text(text) = value {
                println!("analyze_data, {name}: {text}");
            }
        }
        Ok(())
    }

    fn spend(&self) -> Result<(), Box<dyn Error>> {
        println!("\n# Spend credits");
        let image = || Operation::process_image(Bytes(5 * MB));
        println!("estimate: {}", self.user.estimate_credits_to(image())?);
        println!("enough: {}", self.user.has_enough_credits_to(image())?);
        self.user.spend_credits_on(image()).now().wait()?;
        println!("spent at once: {} left", self.user.credits()?);
        self.user.spend_credits_on(image()).run(|| work("an image"))?;
        println!("spent for work: {} left", self.user.credits()?);
        let failed = self.user.spend_credits_on(image()).run(|| Err::<(), _>("the image is broken"));
        println!("{}: {} left", refusal(failed), self.user.credits()?);
        Ok(())
    }

    fn alerts(&self) -> Result<(), Box<dyn Error>> {
        println!("\n# Low balance alerts");
        let (send, alerts) = channel();
        let insufficient = send.clone();
        self.credits.on_low_balance_reached(move |event| {
            drop(send.send(format!("low balance: {} has {}", event.owner, event.balance_after)));
        })?;
        self.credits.on_insufficient_credits(move |event| {
            drop(insufficient.send(format!("insufficient credits: {} needs {}", event.owner, event.needed)));
        })?;
        let other = self.credits.wallet("user:7");
        other.give_credits(110).now().wait()?;
        other.spend_credits_on(Operation::analyze_data()).now().wait()?;
        next(&alerts)?;
        println!("{}", refusal(other.spend_credits_on(Operation::process_items(91)).now().wait()));
        next(&alerts)
    }

    fn bonuses(&self) -> Result<(), Box<dyn Error>> {
        println!("\n# Award bonus credits");
        let referral = self.user.give_credits(100).reason("referral").now().wait()?;
        show(&referral.entry);
        show(&self.user.give_credits(100).now().wait()?.entry);
        let february: credits_runtime::Timestamp = "2026-02-01T00:00:00Z".parse()?;
        let expiring = self.user.give_credits(100).reason("sorry").expires_at(february).now().wait()?;
        show(&expiring.entry);
        Ok(())
    }

    fn packs(&mut self) -> Result<(), Box<dyn Error>> {
        println!("\n# Sell credit packs");
        let session =
            self.stripe.start(Pack::Starter.checkout("user:42").success("https://example.com/thanks"))?;
        let Completed::Paid(Some(payment)) = self.account.complete(&session.id) else {
            return Err("the pack was not paid".into());
        };
        self.account.deliver(&self.stripe, &self.clock);
        println!("bought: {}", self.user.formatted_credits()?);
        self.account.refund(&payment, 2_450);
        self.account.deliver(&self.stripe, &self.clock);
        println!("half of it returned: {}", self.user.formatted_credits()?);
        for sold in self.user.purchases()? {
            let pack = sold.pack.unwrap_or_default();
            println!("{pack}: gave {}, took {}, {} {}", sold.given, sold.taken, sold.paid, sold.currency);
        }
        Ok(())
    }

    fn plans(&mut self) -> Result<(), Box<dyn Error>> {
        println!("\n# Subscription plans that grant credits");
        let checkout = Plan::Pro.checkout("user:42").period(Month).trial_days(14);
        let session = self.stripe.start(checkout.success("https://example.com/welcome"))?;
        let Completed::Subscribed(subscription) = self.account.complete(&session.id) else {
            return Err("the checkout began no subscription".into());
        };
        self.pass(Duration::ZERO, "the trial")?;
        self.pass(15 * DAY, "the first month is paid, with the signup bonus")?;
        self.pass(31 * DAY, "the second month: unused credits roll over, and the gift of a month expired")?;
        self.account.cancel_at_period_end(subscription);
        self.pass(29 * DAY, "it was cancelled and has ended: nothing is added")?;
        self.pass(31 * DAY, "30 days later the plan's credits expired; the signup bonus stays")?;
        self.unlimited()
    }

    /// A plan whose subscribers need no credits. The charges are booked all the same, with their prices.
    fn unlimited(&self) -> Result<(), Box<dyn Error>> {
        self.credits.subscribe("user:8", Plan::Unlimited).now().wait()?;
        let other = self.credits.wallet("user:8");
        let image = || Operation::process_image(Bytes(5 * MB));
        println!(
            "unlimited: {} credits, enough: {}",
            other.credits()?,
            other.has_enough_credits_to(image())?
        );
        let entry = other.spend_credits_on(image()).now().wait()?.entry;
        println!("{} {}: {}", entry.formatted_amount(), entry.description(), explained(&entry)?);
        Ok(())
    }

    fn history(&self) -> Result<(), Box<dyn Error>> {
        println!("\n# Transaction history & audit trail");
        for entry in self.user.credit_history().limit(2).page()?.entries {
            show(&entry);
        }
        let of = |category: Category| self.user.credit_history().category(category);
        println!("charges: {}", of(Category::OperationCharge).page()?.entries.len());
        println!("subscription credits: {}", of(Category::SubscriptionCredits).page()?.entries.len());
        let january: credits_runtime::Timestamp = "2026-01-01T00:00:00Z".parse()?;
        let images = self.user.credit_history().operation("process_image").since(january).page()?;
        let charge = images.entries.first().ok_or("images were charged")?;
        println!("operation: {}", charge.operation.as_deref().unwrap_or_default());
        println!("cost: {}", charge.price.unwrap_or_default());
        println!("inputs: {}", charge.inputs.join(", "));
        println!("executed at: {}", charge.recorded_at);
        println!("explanation: {}", explained(charge)?);
        println!("formatted amount: {}", charge.formatted_amount());
        println!("42 of them: {}", self.user.formatted(42)?);
        Ok(())
    }

    /// Moves time on, and delivers Stripe's events of that time.
    fn pass(&mut self, time: Duration, what: &str) -> Result<(), Box<dyn Error>> {
        self.account.pass(time);
        self.account.deliver(&self.stripe, &self.clock);
        self.clock.set(self.account.now());
        self.credits.book_due()?;
        println!("{}: {what}: {}", self.account.now(), self.user.formatted_credits()?);
        Ok(())
    }
}

fn explained(charge: &Entry) -> Result<String, &'static str> {
    charge.explanation().map(|explanation| explanation.to_string()).ok_or("a charge is explained")
}

/// Work that succeeds.
#[expect(clippy::unnecessary_wraps, reason = "work could fail")]
fn work(what: &str) -> Result<(), std::io::Error> {
    println!("work: {what}");
    Ok(())
}

fn show(entry: &Entry) {
    let expiry = entry.expires_at.map(|at| format!(", until {at}")).unwrap_or_default();
    println!("{} {} ({}){expiry}", entry.formatted_amount(), entry.description(), entry.category);
}

fn refusal<T, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.err().map_or_else(|| "not refused".to_owned(), |error| error.to_string())
}

/// Prints the next alert. Handlers run after the commit, on a thread of their own.
fn next(alerts: &Receiver<String>) -> Result<(), Box<dyn Error>> {
    println!("{}", alerts.recv_timeout(Duration::from_secs(30))?);
    Ok(())
}
