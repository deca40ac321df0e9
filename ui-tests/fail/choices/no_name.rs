// A choice has a name.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs by { standard => 10.credits, hd => 25.credits }
    }
}

fn main() {}
