//! The price list of the studio.

use credits_runtime::usage_credits;

usage_credits! {
    settings { low_balance_threshold 100.credits }

    /// For everyone who signs up.
    subscription_plan free { gives 50.credits.every(month) }
    /// For a picture now and then.
    subscription_plan hobby {
        stripe_price "price_hobby"
        costs 9.dollars.per(month)
        gives 500.credits.every(month)
        signup_bonus 50.credits
    }
    /// For people who live on it.
    subscription_plan pro {
        stripe_price "price_pro"
        costs 29.dollars.per(month)
        gives 2_000.credits.every(month)
        unused_credits rollover
        unlimited upscale_image
    }

    /// When the month is longer than the credits.
    credit_pack booster {
        gives 500.credits
        bonus 50.credits
        costs 12.dollars
        expires_after 1.year
    }

    /// One picture of a text.
    operation generate_image {
        costs by quality { draft => 5.credits, hd => 25.credits }
    }
    /// A film of a text.
    operation generate_video {
        costs 100.credits + 10.credits_per(second)
        limit seconds <= 60
    }
    /// A larger picture.
    operation upscale_image { costs 20.credits }
}
