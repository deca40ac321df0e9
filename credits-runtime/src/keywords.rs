//! The keywords of the language, for editors: what a keyword shows when it is pointed at, and what is offered
//! while one is typed. Nothing else uses them.

macro_rules! keywords {
    ($($(#[$docs:meta])* $module:ident { $($(#[$keyword_docs:meta])* $keyword:ident)* })*) => {$(
        $(#[$docs])*
        #[allow(non_upper_case_globals, reason = "a keyword is written as it is")]
        pub mod $module {
            $($(#[$keyword_docs])* pub const $keyword: () = ();)*
        }
    )*};
}

keywords! {
    /// What a definition consists of.
    items {
        /// What holds for the whole catalogue: `settings { currency eur }`.
        settings
        /// Something counted besides credits: `asset gem` or `asset gem, gemstones`.
        asset
        /// Gives credits again and again: `subscription_plan pro { .. }`.
        subscription_plan
        /// Gives credits once: `credit_pack small { .. }`.
        credit_pack
        /// Costs credits: `operation generate_image { costs 50.credits }`.
        operation
    }

    /// The statements of `settings`.
    settings {
        /// The currency of money that names none: `currency eur`; `usd` without it.
        currency
        /// How an operation's exact total becomes whole credits: `rounding ceil` (the default), `floor` or `round`.
        rounding
        /// Balances below which the owner is told: `low_balance_threshold 100.credits, 10.credits`.
        low_balance_threshold
        /// How long a cycle's credits overlap the next cycle: `fulfillment_grace_period 5.minutes`, the default.
        fulfillment_grace_period
        /// How long a cycle's credits outlive it while its renewal is charged: `renewal_wait 72.hours`, the default.
        renewal_wait
        /// The shortest period a plan may give in: `min_fulfillment_period 1.day`, the default.
        min_fulfillment_period
        /// How far spending may run into debt: `allow_negative_balance up_to 500.credits`; not at all without it.
        allow_negative_balance
        /// What a transfer does with expiries: `transfer_expiration preserve` (the default) or `none`.
        transfer_expiration
        /// When a rise within a cycle is awarded: `upgrades on_payment` (the default) or `on_change`.
        upgrades
        /// What a refunded subscription invoice takes: `subscription_refunds free_part` (the default) or `debt`.
        subscription_refunds
        /// What becomes of refunded credits that were spent: `refunded_but_spent debt` (the default) or `forgive`.
        refunded_but_spent
        /// What becomes of a settling above what is available: `overrun deny` (the default) or `debt`.
        overrun
        /// When an open hold lapses: `hold_limit 15.minutes`, the default.
        hold_limit
        /// How far a hold can be extended in all: `hold_limit_max 24.hours`, the default.
        hold_limit_max
        /// How long the keys of spends and holds are kept at least: `keep_keys 400.days`, the default.
        keep_keys
        /// The application's own entry categories: `categories tip, cashback`.
        categories
        /// How amounts are displayed: `credits_named "token", "tokens"`.
        credits_named
        /// Then every Stripe price is given for each: `environments test, live`.
        environments
    }

    /// The statements of `subscription_plan`.
    subscription_plan {
        /// What a subscriber pays: `stripe_price "price_xyz"` or `stripe_price month: "..", year: ".."`.
        stripe_price
        /// What a cycle gives: `gives 10_000.credits.every(month)`, or `gives nothing`.
        gives
        /// Given once with the first paid cycle: `signup_bonus 100.credits`.
        signup_bonus
        /// Given for a trial: `trial_includes 50.credits`.
        trial_includes
        /// What happens to unused credits: `unused_credits expire` (the default), `rollover`,
        /// `rollover up_to 500.credits` or `rollover for 3.months`.
        unused_credits
        /// How long credits last after the subscription has ended: `expire_after 30.days`.
        expire_after
        /// What a rise within a cycle gives: `on_upgrade prorated` (the default) or `full`.
        on_upgrade
        /// Gives a cycle's credits before all of it is paid for: for cycles longer than a billing period.
        in_advance
        /// Which terms these are; subscribers keep those of the version they joined: `version 2`.
        version
        /// No longer sold; its subscribers go on.
        retired
        /// What the application says of it: `meta tier: "creator", seats: 3`.
        meta
    }

    /// The statements of `credit_pack`.
    credit_pack {
        /// What is paid for: `gives 1_000.credits`.
        gives
        /// Given on top: `bonus 100.credits`.
        bonus
        /// The price, or one for each currency: `costs 9.dollars, 8.99.euros`.
        costs
        /// The currency of words such as `cents` in its prices, if not that of the settings: `currency eur`.
        currency
        /// How long the credits last: `expires_after 12.months`.
        expires_after
        /// Its price at Stripe, if the checkout is not to carry it: `stripe_price "price_xyz"`.
        stripe_price
        /// The operations it is for: `only_for generate_video, upscale_image`.
        only_for
        /// What the application says of it: `meta colour: "red"`.
        meta
    }

    /// The statements of `operation`.
    operation {
        /// The sum of what is charged: `costs 5.credits + 1.credit_per(page)`.
        costs
        /// The least it costs: `at_least 1.credit`.
        at_least
        /// The most it costs: `at_most 500.credits`.
        at_most
        /// The largest quantity: `limit pages <= 500`.
        limit
        /// A parameter: `with prompt: String`.
        with
        /// What must hold of the parameters: `validate prompt.len() <= 1_000, "prompt too long"`.
        validate
        /// What the application says of it: `meta category: "ai"`.
        meta
    }

    /// Assets have no statements.
    asset {}
}
