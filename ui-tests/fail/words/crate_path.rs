// The runtime is found by a path, not by a name.

use credits_runtime::usage_credits;

usage_credits! {
    settings {
        crate "my_runtime"
    }
}

fn main() {}
