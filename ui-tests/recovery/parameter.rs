// An operation whose parameter is wrong takes anything.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 5.credits
        with prompt: &str
        validate prompt.len() <= 5, "too long"
    }
}

fn main() {
    let first = Operation::scan("a cat");
    let second = Operation::scan(String::new());
    println!("{:?} {:?}", first.cost(), second.cost());
}
