// A parameter of a type that does not exist is one error, however often the type is named.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 10.credits
        with file: Uplaod
    }
}

fn main() {
    let _ = Operation::name;
}
