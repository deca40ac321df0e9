// A number that a macro hands on may bring its sign along.

use credits_runtime::usage_credits;

macro_rules! pricing {
    ($credits:literal) => {
        usage_credits! {
            operation generate_image {
                costs $credits.credits
            }
        }
    };
}

pricing!(-5);

fn main() {}
