// A plan that lacks a price exists all the same.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        environments test, live
    }

    subscription_plan pro {
        stripe_price live: "price_a"
        gives 10_000.credits.every(month)
    }
}

fn main() {
    println!("{:?} {:?}", Plan::Pro, Plan::ALL);
    println!("{}", Plan::Pro.spec().stripe_prices.len());
    println!("{:?}", Pricing::catalog());
}
