// Rust stands outside the macro.

use credits_runtime::usage_credits;

usage_credits! {
    const PRICE: &str = "price_xyz";
}

fn main() {}
