// Only a comma stands before a message.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with prompt: String
        validate prompt.len() <= 40; "too long"
        validate prompt.len() >= 4 => "too short"
    }
}

fn main() {}
