// An operation is cloned and compared if its parameters are.

use credits_runtime::usage_credits;

#[derive(Debug)]
pub struct Upload;

usage_credits! {
    operation scan {
        costs 10.credits
        with file: Upload
    }
}

fn main() {
    let scan = Operation::scan(Upload);
    let _ = scan.clone();
    println!("{}", scan == scan);
}
