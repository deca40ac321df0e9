// Credits are displayed by their words.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        format_credits "token"
    }
}

fn main() {}
