// Without payments nothing is given before them.

use credits_runtime::usage_credits;

usage_credits! {
    subscription_plan free {
        gives 100.credits.every(year)
        in_advance
    }
}

fn main() {}
