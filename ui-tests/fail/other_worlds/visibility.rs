// Items have no visibility.

use credits_runtime::usage_credits;

usage_credits! {
    pub operation generate_image { costs 50.credits }
}

fn main() {}
