// A plan that is wrong inside exists all the same.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan pro {
        stripe_price "price_xyz"
        gives 10_000.credits every month
    }
}

fn main() {
    println!("{:?} {}", Plan::Pro, Plan::Pro.spec().version);
    match Plan::from_name("pro") {
        Some(Plan::Pro) => println!("{}", Plan::Pro.name()),
        None => println!("{:?}", Plan::ALL),
    }
}
