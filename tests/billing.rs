//! Money in: events of payment processors in any order, and the credits that they give.

mod asynchronous;
mod calendar;
mod changes;
mod checkout;
mod closing;
mod confirming;
mod cycle;
mod debits;
mod differences;
mod events;
mod given_before;
mod histories;
mod hunted;
mod late;
mod late_returns;
mod lists;
mod lives;
mod mangled;
mod oracle;
mod own;
mod owners;
mod packs;
mod properties;
mod refunding;
mod reversals;
pub(crate) mod script;
mod settings;
mod storm;
mod subscriptions;
mod unlimited;
mod upcoming;
mod webhooks;

credits_runtime::usage_credits! {
    asset gem
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
    subscription_plan basic {
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
    subscription_plan full {
        stripe_price "price_full"
        gives 3_000.credits.every(month)
        on_upgrade full
    }
    subscription_plan starter {
        stripe_price "price_starter"
        gives 500.credits.every(month)
        signup_bonus 100.credits
        trial_includes 50.credits
    }
    subscription_plan keep {
        stripe_price "price_keep"
        gives 100.credits.every(month)
        unused_credits :rollover
        expire_after 30.days
    }
    subscription_plan kept {
        stripe_price "price_kept"
        gives 1_000.credits.every(month)
        unused_credits rollover
    }
    subscription_plan capped {
        stripe_price "price_capped"
        gives 100.credits.every(month)
        unused_credits rollover up_to 150.credits
    }
    subscription_plan seats {
        stripe_price "price_seats"
        gives 100.credits.every(month)
        unused_credits rollover
    }
    subscription_plan quarterly {
        stripe_price month: "price_quarterly"
        gives 900.credits.every(quarter)
        in_advance
    }
    subscription_plan half {
        stripe_price "price_half"
        gives 10.credits.every(15.days)
    }
    subscription_plan weekly {
        stripe_price "price_weekly"
        gives 7.credits.every(week)
    }
    subscription_plan daily {
        stripe_price "price_daily"
        gives 1.credit.every(day)
    }
    subscription_plan gems {
        stripe_price "price_gems"
        gives 10.gems.every(month)
    }
    subscription_plan dated {
        gives 70.credits.every(month)
        retired
    }
    subscription_plan free {
        stripe_price "price_free"
        gives nothing
    }
    subscription_plan open {
        stripe_price month: "price_open", year: "price_open_year"
        gives 100.credits.every(month)
        trial_includes 10.credits
        unlimited step
    }
    subscription_plan whole {
        unlimited
    }
    credit_pack boost {
        stripe_price "price_boost"
        gives 1_000.credits
        bonus 100.credits
        costs 9.dollars
    }
    credit_pack brief {
        stripe_price "price_brief"
        gives 300.credits
        costs 9.dollars
        expires_after 30.days
    }
    credit_pack abroad {
        stripe_price "price_abroad"
        gives 100.credits
        costs 9.dollars, 8.99.euros, 30_000.ugx
    }
    /// Ten steps.
    credit_pack inline {
        gives 10.credits
        named "Small change"
        costs 1.dollar, 5_000.ugx, 500.isk
    }
    operation step { costs 1.credit_per(page) }
}
