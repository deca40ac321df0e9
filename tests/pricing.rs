//! The pricing of the tests, as an application declares it.

use credits_runtime::usage_credits;

usage_credits! {
    /// The work of most tests.
    operation process {
        costs 5.credits + 1.credit_per(page)
        limit pages <= 1_000
    }
    operation upscale {
        costs 3.credits
    }
    operation tick {
        costs 1.credit
    }
    operation look {
        costs 0.credits
    }
    operation store {
        costs 2.credits_per(mb)
    }
}
