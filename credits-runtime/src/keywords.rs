//! The keywords of the language, for editors: their documentation on hover, and their completions. Nothing else uses
//! them.

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
    /// The items of a definition.
    items {
        /// Settings of the whole catalogue: `settings { currency eur }`.
        settings
        /// A unit besides credits: `asset gem`, `asset gem, gemstones` or `asset gem, "magic gem", "magic gems"`.
        asset
        /// Gives credits in every cycle: `subscription_plan pro { .. }`.
        subscription_plan
        /// Gives credits once: `credit_pack small { .. }`.
        credit_pack
        /// Costs credits: `operation generate_image { costs 50.credits }`.
        operation
    }

    /// The statements of `settings`.
    settings {
        /// The default currency: `currency eur`; `usd` without it.
        currency
        /// The rounding of an operation's exact total to whole credits: `rounding ceil` (the default), `floor` or `round`.
        rounding
        /// Balances below which `on_low_balance_reached` is called, of any asset: `low_balance_threshold 100.credits, 10.gems`.
        low_balance_threshold
        /// The time by which a cycle's credits overlap the next cycle: `fulfillment_grace_period 5.minutes`, the default.
        fulfillment_grace_period
        /// The time that a cycle's credits outlive it while the renewal is charged: `renewal_wait 72.hours`, the
        /// default; `0.hours` for none.
        renewal_wait
        /// The shortest cycle that a plan may have: `min_fulfillment_period 1.day`, the default.
        min_fulfillment_period
        /// The overdraft limit: `allow_negative_balance up_to 500.credits`; without it there is no overdraft.
        allow_negative_balance
        /// The expiry of transferred credits: `transfer_expiration preserve` (the default) or `none`.
        transfer_expiration
        /// The time of awarding a rise within a cycle: `upgrades on_payment` (the default) or `on_change`.
        upgrades
        /// The credits that a refunded subscription invoice takes: `subscription_refunds free_part` (the default) or `debt`.
        subscription_refunds
        /// The rule for refunded credits that were spent: `refunded_but_spent debt` (the default) or `forgive`.
        refunded_but_spent
        /// The rule for settling above the available credits: `overrun deny` (the default) or `debt`.
        overrun
        /// The time after which an open hold lapses: `hold_limit 15.minutes`, the default.
        hold_limit
        /// The longest time that a hold can be open with extensions: `hold_limit_max 24.hours`, the default.
        hold_limit_max
        /// The shortest time that keys of spends and holds are kept: `keep_keys 400.days`, the default.
        keep_keys
        /// Entry categories of the application: `categories tip, cashback`.
        categories
        /// The display name of credits: `credits_named "token", "tokens"`.
        credits_named
        /// The environments, each of which needs its Stripe prices: `environments test, live`.
        environments
    }

    /// The statements of `subscription_plan`.
    subscription_plan {
        /// The price at Stripe: `stripe_price "price_xyz"` or `stripe_price month: "..", year: ".."`. A plan
        /// without a price is given by `credits.subscribe(owner, plan)`.
        stripe_price
        /// Prices at other payment processors: `processor_price paddle: "pri_1"` or
        /// `processor_price paddle(month: "..", year: "..")`.
        processor_price
        /// The credits of a cycle: `gives 10_000.credits.every(month)`, or `gives nothing`.
        gives
        /// Given once with the first paid cycle: `signup_bonus 100.credits`.
        signup_bonus
        /// Given for a trial: `trial_includes 50.credits`.
        trial_includes
        /// The rule for unused credits: `unused_credits expire` (the default), `rollover`,
        /// `rollover up_to 500.credits` or `rollover for 3.months`.
        unused_credits
        /// The time that credits last after the subscription has ended: `expire_after 30.days`; `0.days` is at once.
        expire_after
        /// The credits of a rise within a cycle: `on_upgrade prorated` (the default) or `full`.
        on_upgrade
        /// Gives a cycle's credits before all of it is paid for: for cycles longer than a billing period.
        in_advance
        /// The operations that cost its subscribers nothing: `unlimited generate_image, upscale_image`; all without names.
        unlimited
        /// The version of the terms; subscribers keep the version that they joined: `version 2`.
        version
        /// No longer sold; its subscribers keep it.
        retired
        /// The price for people, shown and never charged: `costs 29.dollars.per(month), 290.dollars.per(year)`.
        costs
        /// The name for people: `named "Studio"`.
        named
        /// Names that it had before, whose entries and credits stay with it: `formerly starter`.
        formerly
        /// Metadata of the application: `meta tier: "creator", seats: 3`.
        meta
    }

    /// The statements of `credit_pack`.
    credit_pack {
        /// The credits that are paid for: `gives 1_000.credits`.
        gives
        /// Credits added to these as a gift: `bonus 100.credits`.
        bonus
        /// The price, or one for each currency: `costs 9.dollars, 8.99.euros`.
        costs
        /// The currency of words such as `cents` in its prices, if not that of the settings: `currency eur`.
        currency
        /// The time that the credits last: `expires_after 12.months`.
        expires_after
        /// Its price at Stripe; without it the checkout carries the price: `stripe_price "price_xyz"`.
        stripe_price
        /// Prices at other payment processors: `processor_price paddle: "pri_1"`.
        processor_price
        /// The operations that its credits pay for: `only_for generate_video, upscale_image`.
        only_for
        /// The name for people: `named "Large boost"`.
        named
        /// Names that it had before, whose entries and credits stay with it: `formerly booster`.
        formerly
        /// Metadata of the application: `meta colour: "red"`.
        meta
    }

    /// The statements of `operation`.
    operation {
        /// The cost, a sum of terms: `costs 5.credits + 1.credit_per(page)`.
        costs
        /// The least it costs: `at_least 1.credit`.
        at_least
        /// The most it costs: `at_most 500.credits`.
        at_most
        /// The largest quantity: `limit pages <= 500`.
        limit
        /// A parameter: `with prompt: String`.
        with
        /// A condition on the parameters: `validate prompt.len() <= 1_000, "prompt too long"`.
        validate
        /// The name for people: `named "Picture"`.
        named
        /// Names that it had before, whose entries and credits stay with it: `formerly draw_image`.
        formerly
        /// Metadata of the application: `meta category: "ai"`.
        meta
    }

    /// Assets have no statements.
    asset {}
}
