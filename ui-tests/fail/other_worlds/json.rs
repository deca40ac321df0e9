// A file of another language is one error.

use credits_runtime::usage_credits;

usage_credits! {
    {
        "plan": "pro",
        "gives": 10000
    }
}

fn main() {}
