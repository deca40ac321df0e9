//! A plan that everyone has: its credits come every month without a payment processor.
#![expect(clippy::print_stdout, reason = "a program on the command line talks")]

use credits_runtime::usage_credits;

usage_credits! { subscription_plan free { gives 100.credits.every(month) } }

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let credits = Credits::open("credits.redb")?;
    credits.subscribe("user:42", Plan::Free).now().wait()?;
    let user = credits.wallet("user:42");
    let next = user.subscriptions()?.first().and_then(|subscription| subscription.next_award);
    println!("{} credits, and {} more to come", user.credits()?, next.unwrap_or_default());
    Ok(())
}
