//! An image generator with plans, through three months in a second: a trial, renewals that are charged some
//! time after the turn, an upgrade in the middle of a month, and a cancellation.
//!
//! Lessons: plans in source, a subscriber's credits over time, and tests of an application's own billing with
//! a manual clock and a simulated Stripe account.
#![expect(clippy::print_stdout, reason = "a program on the command line talks")]

use std::error::Error;
use std::time::Duration;

use credits_runtime::stripe::{SIGNATURE_HEADER, Stripe};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Shape};
use credits_runtime::{RunError, usage_credits};

usage_credits! {
    /// For a picture now and then.
    subscription_plan hobby {
        stripe_price "price_hobby"
        gives 300.credits.every(month)
        signup_bonus 50.credits
        trial_includes 20.credits
    }
    /// For people who live from it.
    subscription_plan pro {
        stripe_price "price_pro"
        gives 2_000.credits.every(month)
    }
    /// A picture from a sentence.
    operation generate_image {
        costs by quality { draft => 5.credits, hd => 25.credits }
        with prompt: String
        validate prompt.len() <= 200, "a prompt has at most 200 characters"
    }
}

const SECRET: &str = "whsec_example";
const DAY: Duration = Duration::from_hours(24);

/// The application, its subscriber, and a simulated Stripe account.
struct Story {
    clock: ManualClock,
    credits: Credits,
    stripe: Stripe<Pricing>,
    account: Account,
    /// Number of deliveries that were received.
    received: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::at("2026-01-31T09:00:00Z".parse()?);
    let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    let stripe = credits.stripe("sk_test_example").webhook_secret(SECRET).build()?;
    let account = Account::new(Shape::Clover, "2026-01-31T09:00:00Z".parse()?);
    let mut story = Story { clock, credits, stripe, account, received: 0 };

    let month = credits_runtime::catalogue::PeriodUnit::Month;
    let subscription = story.account.subscribe_for("user:42", "price_hobby", 900, (month.into(), 1, 14));
    story.pass(Duration::ZERO, "a trial of two weeks")?;
    story.paint(4, GenerateImageQuality::Draft)?;
    story.paint(1, GenerateImageQuality::Draft)?;
    story.pass(
        14 * DAY + Duration::from_hours(2),
        "it is paid: a month's credits, and the bonus for joining",
    )?;
    story.paint(10, GenerateImageQuality::Hd)?;
    story.pass(14 * DAY, "half of the month is over: an upgrade, and its share of the rest")?;
    story.account.change(subscription, "price_pro", 4_900, 1);
    story.pass(Duration::ZERO, "the upgrade is paid")?;
    story.pass(15 * DAY, "a month of the new plan")?;
    story.account.cancel_at_period_end(subscription);
    story.pass(35 * DAY, "it was cancelled: the paid month was used up, and nothing follows")?;
    story.paint(1, GenerateImageQuality::Draft)?;

    println!("\nEverything that happened:");
    for entry in story.credits.wallet("user:42").credit_history().oldest_first().page()?.entries {
        println!(
            "  {}  {:>14}  {:<30} {:>15}",
            entry.effective_at,
            entry.formatted_amount(),
            format!("{} ({})", entry.description(), entry.category.name()),
            entry.formatted_balance_after()
        );
    }
    story.credits.verify()?;
    Ok(())
}

impl Story {
    /// Moves time on, and delivers Stripe's events of that time.
    fn pass(&mut self, time: Duration, what: &str) -> Result<(), Box<dyn Error>> {
        self.account.pass(time);
        for delivery in self.account.deliveries().iter().skip(self.received) {
            self.clock.set(delivery.at);
            let header = delivery.signature(SECRET, delivery.at);
            let answer = self.stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body);
            assert_eq!(answer.status, 200);
        }
        self.received = self.account.deliveries().len();
        self.clock.set(self.account.now());
        self.credits.book_due()?;
        println!("{}: {what}: {} credits", self.account.now(), self.credits.wallet("user:42").credits()?);
        Ok(())
    }

    fn paint(&self, pictures: usize, quality: GenerateImageQuality) -> Result<(), Box<dyn Error>> {
        let user = self.credits.wallet("user:42");
        for number in 1..=pictures {
            let painted = user
                .spend_credits_on(Operation::generate_image(quality, "a lighthouse in the fog"))
                .run(|| Ok::<_, std::io::Error>(format!("lighthouse-{number}.png")));
            match painted {
                Ok(_) => {}
                Err(RunError::Rejected(refusal)) => println!("  no picture: {refusal}"),
                Err(error) => return Err(error.into()),
            }
        }
        println!("  {pictures} {quality:?} pictures: {} credits left", user.credits()?);
        Ok(())
    }
}
