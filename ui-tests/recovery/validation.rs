// A validation that is wrong leaves the operation.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page)
        with prompt: String
        validate prompt.len() <= 1_000
    }
}

fn main() {
    let scan = Operation::scan(5, "a cat");
    println!("{:?} {}", scan.cost(), scan.name());
    println!("{:?}", Operation::Scan { pages: 5.into(), prompt: String::new() });
}
