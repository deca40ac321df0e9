// The words of the Ruby gem are answered with those of this language.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        default_currency :eur
        format_credits "token"
    }
    subscription_plan pro {
        processor_plan(:stripe, "price_xyz")
        gives 10_000.credits.every(:month)
        cost 29.dollars.per(month)
    }
    credit_pack small {
        gives 100.credits
        cost 9.dollars
    }
    operation scan {
        cost 5.credits
    }
}

fn main() {}
