//! The README's example.
#![expect(
    clippy::print_stdout,
    clippy::unnecessary_wraps,
    reason = "an example talks, and its work could fail"
)]

use credits_runtime::usage_credits;

usage_credits! {
    // Users get credits from subscriptions
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits.every(month)
    }
    // Operations cost credits
    operation generate_image {
        costs 50.credits
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let credits = Credits::open("credits.redb")?;
    let user = credits.wallet("user:42");
    user.give_credits(100).reason("signup").key("welcome").now().wait()?;

    // Only charged if the work succeeds
    let image = user.spend_credits_on(Operation::GenerateImage).run(|| paint("a cat"))?;
    println!("{image}, and {} credits left", user.credits()?);
    Ok(())
}

fn paint(subject: &str) -> Result<String, std::io::Error> {
    Ok(format!("a picture of {subject}"))
}
