//! The settings and assets of terms that a ledger keeps, read back from their words, for a program that has the ledger and not
//! its pricing.
//!
//! A declared pricing is constant data. What is read here is kept until the process ends, as that is.

use credits_core::{
    AssetSpec, CURRENCIES, CreditsName, Overrun, Period, RefundedButSpent, Rounding, Settings,
    SubscriptionRefunds, Threshold, TransferExpiration, Upgrades,
};

use super::catalogue::{AssetData, CatalogueData, ThresholdData};

/// The settings of terms; `None` if a word of theirs is unknown.
pub fn settings(terms: &CatalogueData) -> Option<Settings> {
    let data = &terms.settings;
    let currency = CURRENCIES.iter().find(|known| known.code == data.currency)?;
    Some(Settings {
        currency: *currency,
        rounding: worded(Rounding::ALL, Rounding::word, &data.rounding)?,
        credits_named: CreditsName { one: kept(&data.credits_named.0), many: kept(&data.credits_named.1) },
        low_balance_thresholds: data.low_balance_thresholds.iter().map(threshold).collect::<Vec<_>>().leak(),
        fulfillment_grace_period: Period::from_words(&data.fulfillment_grace_period)?,
        renewal_wait: Period::from_words(&data.renewal_wait)?,
        min_fulfillment_period: Period::from_words(&data.min_fulfillment_period)?,
        negative_balance_max: data.negative_balance_max,
        transfer_expiration: worded(
            TransferExpiration::ALL,
            TransferExpiration::word,
            &data.transfer_expiration,
        )?,
        upgrades: worded(Upgrades::ALL, Upgrades::word, &data.upgrades)?,
        subscription_refunds: worded(
            SubscriptionRefunds::ALL,
            SubscriptionRefunds::word,
            &data.subscription_refunds,
        )?,
        refunded_but_spent: worded(RefundedButSpent::ALL, RefundedButSpent::word, &data.refunded_but_spent)?,
        overrun: worded(Overrun::ALL, Overrun::word, &data.overrun)?,
        hold_limit: Period::from_words(&data.hold_limit)?,
        hold_limit_max: Period::from_words(&data.hold_limit_max)?,
        keep_keys: Period::from_words(&data.keep_keys)?,
        categories: data.categories.iter().map(|name| kept(name)).collect::<Vec<_>>().leak(),
        // Terms have no environments.
        environments: &[],
    })
}

/// The assets of terms.
pub fn assets(terms: &CatalogueData) -> &'static [AssetSpec] {
    terms.assets.iter().map(asset).collect::<Vec<_>>().leak()
}

/// The policy of this word.
fn worded<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|policy| word(*policy) == text)
}

fn threshold(data: &ThresholdData) -> Threshold {
    Threshold { asset: kept(&data.asset), amount: data.amount }
}

fn asset(data: &AssetData) -> AssetSpec {
    let (name, plural) = (kept(&data.name), kept(&data.plural));
    // Terms of an early version have no words for people.
    let declared = CreditsName { one: name, many: plural };
    let words = CreditsName { one: kept(&data.named.one), many: kept(&data.named.many) };
    let named = if words.many.is_empty() { declared } else { words };
    AssetSpec { name, plural, named, docs: kept(&data.docs) }
}

fn kept(text: &str) -> &'static str {
    text.to_owned().leak()
}

#[cfg(test)]
mod tests {
    use credits_core::{Catalogue, PeriodUnit};

    use super::*;

    const CHOSEN: Settings = Settings {
        rounding: Rounding::Floor,
        credits_named: CreditsName { one: "token", many: "tokens" },
        low_balance_thresholds: &[Threshold { asset: "gem", amount: 5 }],
        renewal_wait: Period { count: 1, unit: PeriodUnit::Day },
        negative_balance_max: Some(40),
        transfer_expiration: TransferExpiration::None,
        upgrades: Upgrades::OnChange,
        subscription_refunds: SubscriptionRefunds::Debt,
        refunded_but_spent: RefundedButSpent::Forgive,
        overrun: Overrun::Debt,
        categories: &["prize"],
        environments: &["live", "test"],
        ..Settings::DEFAULT
    };
    const GEMS: &[AssetSpec] = &[AssetSpec {
        name: "gem",
        plural: "gems",
        named: CreditsName { one: "Gem", many: "Gems" },
        docs: "Stones.",
    }];

    #[test]
    fn settings_are_read_back_from_their_words() {
        for (settings, assets) in [(Settings::DEFAULT, &[][..]), (CHOSEN, GEMS)] {
            let catalogue = Catalogue { settings, assets, operations: &[], plans: &[], packs: &[] };
            let terms = CatalogueData::from(&catalogue).kept();
            let read = super::settings(&terms).unwrap();
            assert_eq!(read, Settings { environments: &[], ..settings });
            assert_eq!(super::assets(&terms), assets);
        }
    }

    #[test]
    fn a_word_of_a_later_version_is_unknown() {
        let (settings, assets) = (Settings::DEFAULT, &[][..]);
        let catalogue = Catalogue { settings, assets, operations: &[], plans: &[], packs: &[] };
        let mut terms = CatalogueData::from(&catalogue).kept();
        terms.settings.overrun = "beg".to_owned();
        assert!(super::settings(&terms).is_none());
    }
}
