//! Settings, assets, plans and packs mean what they say.

use credits_runtime::catalogue::{
    Gives, OnUpgrade, Overrun, Period, PeriodUnit, RefundedButSpent, Settings, SubscriptionRefunds,
    Threshold, TransferExpiration, UnusedCredits, Upgrades,
};
use credits_runtime::generated::Pricing as _;
use credits_runtime::usage_credits;

const PADDLE_YEAR: &str = "pri_year";
const TEST_YEAR: &str = "price_test_year";

mod prices {
    pub(super) const LIVE_YEAR: &str = "price_live_year";
}

usage_credits! {
    settings {
        currency eur
        low_balance_threshold 100.credits, 10.credits
        fulfillment_grace_period 10.minutes
        renewal_wait 2.days
        min_fulfillment_period 1.hour
        allow_negative_balance up_to 500.credits
        transfer_expiration none
        upgrades on_change
        subscription_refunds debt
        refunded_but_spent forgive
        overrun debt
        hold_limit 30.minutes
        hold_limit_max 48.hours
        keep_keys 2.years
        categories payout_requested, tip
        environments test, live
    }

    /// Cut and polished.
    asset gem, gemstones

    subscription_plan creator {
        stripe_price test(month: "price_test_month", year: TEST_YEAR),
            live(month: "price_live_month", year: prices::LIVE_YEAR)
        gives 1_000.credits.every(hour)
        signup_bonus 100.credits
        trial_includes 50.credits
        unused_credits rollover up_to 500.credits
        expire_after 30.days
        on_upgrade full
        version 2
        retired
        meta tier: "creator", seats: 3, beta: false
    }

    subscription_plan jeweller {
        stripe_price test: "price_jeweller_test", live: "price_jeweller_live"
        gives 5.gemstones.every(month)
        signup_bonus 1.gem
        unused_credits rollover for 3.months
    }

    subscription_plan free {
        stripe_price test: "price_free_test", live: "price_free_live"
        gives nothing
    }

    subscription_plan everyone {
        gives 10.credits.every(year)
    }

    subscription_plan elsewhere {
        processor_price paddle(month: "pri_month", year: PADDLE_YEAR), app_store: "com.example.pro"
        gives 10.credits.every(month)
    }

    subscription_plan yearly {
        stripe_price test(month: "price_y_test"), live(month: "price_y_live")
        gives 10.credits.every(year)
        in_advance
    }

    credit_pack boost {
        gives 1_000.credits
        bonus 100.credits
        costs 900.cents
        expires_after 12.months
        only_for upscale, scan
        stripe_price live: "price_boost_live", test: "price_boost_test"
        meta colour: "red"
    }

    credit_pack stones {
        gives 5.gemstones
        costs 12.dollars
        currency aud
    }

    credit_pack pebbles {
        gives 1.gem
        costs 99.cents, 1.20.euros, 200.yen
        currency gbp
    }

    operation scan { costs 1.credit_per(page) }
    operation upscale { costs 2.credits }
    operation polish { costs 2.gemstones + 1.gem_per(facet) limit facets <= 10 }
}

/// An unused pricing in a private module: nothing of it is reported as unused.
mod unused {
    credits_runtime::usage_credits! {
        asset gem
        subscription_plan pro { stripe_price "price_a" gives 1.credit.every(month) }
        credit_pack small { gives 1.credit costs 1.dollar }
        operation scan { costs 1.credit_per(page) + by quality { low => 1.credit, high => 2.credits } }
    }
}

const fn period(count: u32, unit: PeriodUnit) -> Period {
    Period { count, unit }
}

#[test]
fn every_setting_reaches_the_catalogue() {
    let settings = Settings {
        currency: Pricing::CATALOGUE.settings.currency,
        low_balance_thresholds: &[Threshold { asset: "", amount: 100 }, Threshold { asset: "", amount: 10 }],
        fulfillment_grace_period: period(10, PeriodUnit::Minute),
        renewal_wait: period(2, PeriodUnit::Day),
        min_fulfillment_period: period(1, PeriodUnit::Hour),
        negative_balance_max: Some(500),
        transfer_expiration: TransferExpiration::None,
        upgrades: Upgrades::OnChange,
        subscription_refunds: SubscriptionRefunds::Debt,
        refunded_but_spent: RefundedButSpent::Forgive,
        overrun: Overrun::Debt,
        hold_limit: period(30, PeriodUnit::Minute),
        hold_limit_max: period(48, PeriodUnit::Hour),
        keep_keys: period(2, PeriodUnit::Year),
        categories: &["payout_requested", "tip"],
        environments: &["test", "live"],
        ..Settings::DEFAULT
    };
    assert_eq!(Pricing::CATALOGUE.settings, settings);
    assert_eq!(settings.currency.code, "eur");
}

#[test]
fn every_term_of_a_plan_reaches_the_catalogue() {
    let creator = Plan::Creator.spec();
    assert_eq!(creator.gives, Some(Gives { amount: 1_000, asset: "", every: period(1, PeriodUnit::Hour) }));
    assert_eq!((creator.version, creator.retired, creator.in_advance), (2, true, false));
    assert_eq!((creator.signup_bonus, creator.trial_includes), (100, 50));
    assert_eq!(creator.unused_credits, UnusedCredits::RolloverUpTo(500));
    assert_eq!(creator.expire_after, Some(period(30, PeriodUnit::Day)));
    assert_eq!(creator.on_upgrade, OnUpgrade::Full);
    assert_eq!(creator.meta.len(), 3);
    let prices: Vec<_> = creator.stripe_prices.iter().map(|price| (price.environment, price.id)).collect();
    assert_eq!(
        prices,
        [
            (Some("test"), "price_test_month"),
            (Some("test"), TEST_YEAR),
            (Some("live"), "price_live_month"),
            (Some("live"), prices::LIVE_YEAR),
        ]
    );
    assert_eq!(creator.stripe_prices[1].period, Some(period(1, PeriodUnit::Year)));
    let jeweller = Plan::Jeweller.spec();
    assert_eq!(jeweller.gives.map(|gives| gives.asset), Some("gem"));
    assert_eq!(jeweller.unused_credits, UnusedCredits::RolloverFor(period(3, PeriodUnit::Month)));
    assert_eq!(jeweller.stripe_prices[0].period, None);
    assert_eq!(Plan::Free.spec().gives, None);
    assert!(Plan::Yearly.spec().in_advance);
    assert!(!Plan::Everyone.spec().is_priced());
    let elsewhere = Plan::Elsewhere.spec();
    let prices = elsewhere.processor_prices.iter();
    let prices: Vec<_> =
        prices.map(|price| (price.processor, price.period.map(|it| it.unit), price.id)).collect();
    assert_eq!(
        prices,
        [
            ("paddle", Some(PeriodUnit::Month), "pri_month"),
            ("paddle", Some(PeriodUnit::Year), PADDLE_YEAR),
            ("app_store", None, "com.example.pro"),
        ]
    );
    assert!(elsewhere.is_priced() && elsewhere.stripe_prices.is_empty());
}

#[test]
fn every_term_of_a_pack_reaches_the_catalogue() {
    let boost = Pack::Boost.spec();
    assert_eq!(
        (boost.gives, boost.bonus, boost.costs_in_words().to_string().as_str()),
        (1_000, 100, "\u{20ac}9")
    );
    assert_eq!(boost.expires_after, Some(period(12, PeriodUnit::Month)));
    // By their places in the catalogue: `upscale` is the second one.
    assert_eq!(boost.only_for, [1, 0]);
    assert_eq!((boost.stripe_prices.len(), boost.meta.len()), (2, 1));
    let stones = Pack::Stones.spec();
    assert_eq!((stones.asset, stones.costs.len(), stones.costs[0].currency.code), ("gem", 1, "aud"));
    let pebbles = Pack::Pebbles.spec();
    assert_eq!(pebbles.costs_in_words().to_string(), "\u{a3}0.99, \u{20ac}1.20 or \u{a5}200");
    assert_eq!(pebbles.price_in("jpy").map(|price| price.minor), Some(200));
    assert_eq!(pebbles.price_in("usd"), None);
}

#[test]
fn assets_are_a_type() {
    assert_eq!(Asset::ALL, [Asset::Credits, Asset::Gemstones]);
    assert_eq!((Asset::Credits.name(), Asset::Gemstones.name()), ("", "gem"));
    assert_eq!(Asset::from_name("gem"), Some(Asset::Gemstones));
    assert_eq!(Operation::polish(3).cost().unwrap(), 5);
    assert_eq!(Operation::POLISH_COST_MAX, 12);
    let credits = Credits::in_memory().unwrap();
    let ann = credits.wallet("ann");
    ann.of(Asset::Gemstones).give_credits(20).now().wait().unwrap();
    ann.spend_credits_on(Operation::polish(3)).now().wait().unwrap();
    assert_eq!((ann.credits().unwrap().get(), ann.of(Asset::Gemstones).credits().unwrap().get()), (0, 15));
}

#[test]
fn the_price_list_shows_everything_that_is_sold() {
    let list = Pricing::price_list();
    for shown in [
        "| Creator |",
        "1,000 credits",
        "no longer sold",
        "| Stones |",
        "5 gemstones",
        "\u{a3}0.99, \u{20ac}1.20 or \u{a5}200",
        "| Polish |",
        "2 gemstones",
    ] {
        assert!(list.contains(shown), "{shown} is not in\n{list}");
    }
    let catalogue = Pricing::catalog();
    assert_eq!((catalogue.plans.len(), catalogue.packs.len(), catalogue.operations.len()), (6, 3, 3));
    assert_eq!(catalogue.fingerprint(), Pricing::catalog().fingerprint());
}
