//! Histories of money as customers, sellers and finance see them, told by Stripe in every shape of its API.
//!
//! A history is text. A line is an instant, an event, and what ann has after it:
//!
//! ```text
//! 2026-01-31  subscribe s1 pro ..2026-02-28                               -> 1000
//! 2026-02-14  change s1 max
//! .           paid in_2 s1 pro -450 rest and max 1350 rest                -> 2000
//! 2026-02-15  refund re_1 pi_in_2 900                                     -> 1000
//! ```
//!
//! `text` has the verbs. The expected values follow from the money alone: nobody has more credits than were paid for,
//! and nobody who paid goes without.

mod anchors;
mod changes;
mod lines;
mod owners;
mod packs;
pub(super) mod payload;
mod returns;
mod stage;
mod terms;
mod text;
mod trials;

credits_runtime::usage_credits! {
    subscription_plan pro {
        stripe_price month: "price_pro", year: "price_pro_year"
        gives 1_000.credits.every(month)
    }
    subscription_plan mid {
        stripe_price "price_mid"
        gives 2_000.credits.every(month)
    }
    subscription_plan max {
        stripe_price month: "price_max", year: "price_max_year"
        gives 3_000.credits.every(month)
    }
    subscription_plan addon {
        stripe_price "price_addon"
        gives 500.credits.every(month)
    }
    subscription_plan extra {
        stripe_price "price_extra"
        gives 200.credits.every(month)
    }
    subscription_plan payg {
        stripe_price "price_payg"
        gives 100.credits.every(month)
    }
    subscription_plan hobby {
        stripe_price "price_hobby"
        gives 100.credits.every(month)
    }
    subscription_plan three {
        stripe_price "price_three"
        gives 3.credits.every(month)
    }
    subscription_plan endless {
        stripe_price "price_endless"
        gives 9_007_199_254_740_992.credits.every(month)
    }
    subscription_plan free {
        stripe_price "price_free"
        gives nothing
    }
    subscription_plan keep {
        stripe_price "price_keep"
        gives 1_000.credits.every(month)
        unused_credits rollover
    }
    subscription_plan starter {
        stripe_price "price_starter"
        gives 500.credits.every(month)
        signup_bonus 100.credits
        trial_includes 50.credits
    }
    subscription_plan quarterly {
        stripe_price month: "price_quarterly"
        gives 900.credits.every(quarter)
        in_advance
    }
    credit_pack boost {
        stripe_price "price_boost"
        gives 1_000.credits
        bonus 100.credits
        costs 9.dollars
    }
    operation step { costs 1.credit_per(page) }
}
