//! The prices of the print shop.

use credits_runtime::usage_credits;

usage_credits! {
    settings { low_balance_threshold 50.credits }

    asset gem

    /// For people who try it.
    subscription_plan hobby { gives 300.credits.every(month) }
    credit_pack boost { gives 1_000.credits bonus 100.credits costs 9.dollars }

    /// One picture of a text.
    operation print_image { costs by quality { draft => 5.credits, hd => 25.credits } }
    operation print_video {
        costs 100.credits + 10.credits_per(second)
        limit seconds <= 600
    }
}
