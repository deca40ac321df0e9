// A parameter of a type that lacks `Debug`.

use credits_runtime::usage_credits;

pub struct Upload;

usage_credits! {
    operation scan {
        costs 10.credits
        with file: Upload
    }
}

fn main() {}
