// Credits are whole; a fraction of a credit per page is a whole number of credits per batch of pages.

use credits_runtime::usage_credits;

usage_credits! {
    operation generate_image {
        costs 0.5.credits_per(page)
    }
}

fn main() {}
