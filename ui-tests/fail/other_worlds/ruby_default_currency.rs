// The currency of a Ruby configuration has its word here.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        default_currency :eur
    }
}

fn main() {}
