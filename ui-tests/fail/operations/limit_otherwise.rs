// A limit is a number, which is kept however it is written.

use credits_runtime::usage_credits;

usage_credits! {
    operation scan {
        costs 1.credit_per(page) + 1.credit_per(image) + 1.credit_per(word) + 1.credit_per(seat)
        limit pages <= 40 * 120
        limit images <= "40"
        limit 40.words
        limit seats up_to 40
    }
}

fn main() {}
