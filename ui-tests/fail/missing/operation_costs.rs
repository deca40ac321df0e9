// What costs nothing says so: `costs 0.credits`.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
    }
}

fn main() {}
