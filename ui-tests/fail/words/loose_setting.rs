// A setting stands among the settings.

use credits_runtime::usage_credits;

usage_credits! {
    currency eur
}

fn main() {}
