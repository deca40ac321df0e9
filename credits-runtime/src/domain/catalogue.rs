//! The catalogue as owned data: what the journal keeps, so that old entries can be explained after the
//! application's source has changed, and what an application can serialise or show.
//!
//! Its *terms* are what owners agreed to: everything but processor ids and what the application says of its
//! items. Test and live builds of one pricing have one fingerprint.

use credits_core::{
    AssetSpec, Catalogue, Clause, Gives, Limit, Meta, Money, OperationSpec, PackSpec, Period, PlanSpec,
    Settings, StripePrice, Tier, Unit, UnusedCredits,
};
use minicbor::{Decode, Encode};
use serde::Serialize;

use super::fingerprint::sha256;

/// A catalogue as data.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct CatalogueData {
    /// What holds for the whole pricing.
    #[n(0)]
    pub settings: SettingsData,
    /// What is counted besides credits.
    #[n(1)]
    pub assets: Vec<AssetData>,
    /// What costs credits, in the order of declaration.
    #[n(2)]
    pub operations: Vec<OperationData>,
    /// What gives credits again and again, in the order of declaration.
    #[n(3)]
    pub plans: Vec<PlanData>,
    /// What gives credits once, in the order of declaration.
    #[n(4)]
    pub packs: Vec<PackData>,
}

/// What holds for the whole pricing; periods and policies in the words of the language.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct SettingsData {
    /// ISO 4217, in lower case.
    #[n(0)]
    pub currency: String,
    /// `ceil`, `floor` or `round`.
    #[n(1)]
    pub rounding: String,
    /// The words for one and for several credits.
    #[n(2)]
    pub credits_named: (String, String),
    /// Balances below which an owner is told.
    #[n(3)]
    pub low_balance_thresholds: Vec<i64>,
    /// As declared, or the default.
    #[n(4)]
    pub fulfillment_grace_period: String,
    /// As declared, or the default.
    #[n(5)]
    pub renewal_wait: String,
    /// As declared, or the default.
    #[n(6)]
    pub min_fulfillment_period: String,
    /// How far spending may run into debt, if it may.
    #[n(7)]
    pub negative_balance_max: Option<i64>,
    /// As declared, or the default.
    #[n(8)]
    pub transfer_expiration: String,
    /// As declared, or the default.
    #[n(9)]
    pub upgrades: String,
    /// As declared, or the default.
    #[n(10)]
    pub subscription_refunds: String,
    /// As declared, or the default.
    #[n(11)]
    pub refunded_but_spent: String,
    /// As declared, or the default.
    #[n(12)]
    pub overrun: String,
    /// As declared, or the default.
    #[n(13)]
    pub hold_limit: String,
    /// As declared, or the default.
    #[n(14)]
    pub hold_limit_max: String,
    /// As declared, or the default.
    #[n(15)]
    pub keep_keys: String,
    /// The application's own entry categories.
    #[n(16)]
    pub categories: Vec<String>,
    /// Environments that every Stripe price is given for.
    #[n(17)]
    pub environments: Vec<String>,
}

/// An asset besides credits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct AssetData {
    /// One of it.
    #[n(0)]
    pub name: String,
    /// Several of it.
    #[n(1)]
    pub plural: String,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct OperationData {
    /// The name as declared.
    #[n(0)]
    pub name: String,
    /// The asset its costs are in; empty for credits.
    #[n(1)]
    pub asset: String,
    /// What is added up.
    #[n(2)]
    pub costs: Vec<ClauseData>,
    /// The least it costs.
    #[n(3)]
    pub at_least: Option<i64>,
    /// The most it costs.
    #[n(4)]
    pub at_most: Option<i64>,
    /// How large its quantities may be.
    #[n(5)]
    pub limits: Vec<LimitData>,
    /// What the application says of it.
    #[n(6)]
    pub meta: Vec<(String, MetaData)>,
}

/// One term of a cost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClauseData {
    /// Whatever the inputs.
    #[n(0)]
    Fixed {
        /// How much.
        #[n(0)]
        credits: i64,
    },
    /// Per batch of units.
    #[n(1)]
    Rate {
        /// For one batch.
        #[n(0)]
        credits: i64,
        /// Units in a batch.
        #[n(1)]
        batch: u64,
        /// Of what.
        #[n(2)]
        unit: UnitData,
        /// Units that are included.
        #[n(3)]
        after: u64,
    },
    /// Graduated rates.
    #[n(2)]
    Tiers {
        /// Units in a batch.
        #[n(0)]
        batch: u64,
        /// Of what.
        #[n(1)]
        unit: UnitData,
        /// The end of each tier, and credits for one batch in it.
        #[n(2)]
        tiers: Vec<(Option<u64>, i64)>,
    },
    /// One of several amounts.
    #[n(3)]
    Choice {
        /// What is chosen.
        #[n(0)]
        name: String,
        /// The options with their credits.
        #[n(1)]
        options: Vec<(String, i64)>,
    },
    /// Rust over the operation's parameters.
    #[n(4)]
    Computed {
        /// The source.
        #[n(0)]
        source: String,
    },
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct UnitData {
    /// One of it.
    #[n(0)]
    pub name: String,
    /// Several of it.
    #[n(1)]
    pub plural: String,
    /// Microseconds, bytes or pieces in one.
    #[n(2)]
    pub base: u64,
}

/// How large a quantity may be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct LimitData {
    /// Which quantity, by its plural.
    #[n(0)]
    pub quantity: String,
    /// In the quantity's unit.
    #[n(1)]
    pub max: u64,
}

/// What an application says of an item.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum MetaData {
    /// A text.
    #[n(0)]
    Text(#[n(0)] String),
    /// A number.
    #[n(1)]
    Integer(#[n(0)] i64),
    /// A yes or no.
    #[n(2)]
    Flag(#[n(0)] bool),
}

/// A subscription plan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct PlanData {
    /// The name as declared.
    #[n(0)]
    pub name: String,
    /// Which terms of that name.
    #[n(1)]
    pub version: u32,
    /// Whether it is no longer sold.
    #[n(2)]
    pub retired: bool,
    /// What one cycle gives, if anything.
    #[n(3)]
    pub gives: Option<GivesData>,
    /// Stripe prices.
    #[n(4)]
    pub stripe_prices: Vec<StripePriceData>,
    /// Given with the first paid cycle.
    #[n(5)]
    pub signup_bonus: i64,
    /// Given for a trial.
    #[n(6)]
    pub trial_includes: i64,
    /// `expire`, `rollover`, `rollover up_to 500`, `rollover for 3 months`.
    #[n(7)]
    pub unused_credits: String,
    /// How long its credits can be used after the subscription has ended.
    #[n(8)]
    pub expire_after: Option<String>,
    /// `prorated` or `full`.
    #[n(9)]
    pub on_upgrade: String,
    /// Whether a cycle longer than a billing period is given at its beginning.
    #[n(10)]
    pub in_advance: bool,
    /// What the application says of it.
    #[n(11)]
    pub meta: Vec<(String, MetaData)>,
}

/// What one cycle of a plan gives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct GivesData {
    /// How much.
    #[n(0)]
    pub amount: i64,
    /// Of which asset; empty for credits.
    #[n(1)]
    pub asset: String,
    /// How long a cycle is.
    #[n(2)]
    pub every: String,
}

/// A price at Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct StripePriceData {
    /// The environment it is for.
    #[n(0)]
    pub environment: Option<String>,
    /// The billing period it was declared under.
    #[n(1)]
    pub period: Option<String>,
    /// The id.
    #[n(2)]
    pub id: String,
}

/// A credit pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct PackData {
    /// The name as declared.
    #[n(0)]
    pub name: String,
    /// What is paid for.
    #[n(1)]
    pub gives: i64,
    /// Of which asset; empty for credits.
    #[n(2)]
    pub asset: String,
    /// Given on top.
    #[n(3)]
    pub bonus: i64,
    /// Its price in each currency, the default first; none for a pack without a price.
    #[n(4)]
    pub prices: Vec<PackPriceData>,
    /// How long it can be used.
    #[n(5)]
    pub expires_after: Option<String>,
    /// Stripe prices.
    #[n(6)]
    pub stripe_prices: Vec<StripePriceData>,
    /// The operations it is for; none for all.
    #[n(7)]
    pub only_for: Vec<String>,
    /// What the application says of it.
    #[n(8)]
    pub meta: Vec<(String, MetaData)>,
}

/// A pack's price in a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct PackPriceData {
    /// Stripe's minor units.
    #[n(0)]
    pub costs: i64,
    /// ISO 4217, in lower case.
    #[n(1)]
    pub currency: String,
    /// As people read it.
    #[n(2)]
    pub price: String,
}

impl CatalogueData {
    /// What owners agreed to: without processor ids and what the application says of its items.
    #[must_use]
    pub fn terms(&self) -> Self {
        let mut terms = self.clone();
        terms.settings.environments.clear();
        for operation in &mut terms.operations {
            operation.meta.clear();
        }
        for plan in &mut terms.plans {
            plan.stripe_prices.clear();
            plan.meta.clear();
        }
        for pack in &mut terms.packs {
            pack.stripe_prices.clear();
            pack.meta.clear();
        }
        terms
    }

    /// SHA-256 over the terms, as 64 hexadecimal digits: the same for every build of the same terms.
    pub fn fingerprint(&self) -> String {
        let digest = self.terms_fingerprint();
        digest.iter().fold(String::with_capacity(64), |digits, byte| digits + &format!("{byte:02x}"))
    }

    pub(crate) fn terms_fingerprint(&self) -> [u8; 32] {
        sha256(&self.terms().to_bytes())
    }

    /// The bytes that the journal keeps.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match minicbor::to_vec(self) {
            Ok(bytes) => bytes,
            Err(error) => panic!("a catalogue does not encode: {error}"),
        }
    }
}

impl From<&Catalogue> for CatalogueData {
    fn from(catalogue: &Catalogue) -> Self {
        let asset =
            |asset: &AssetSpec| AssetData { name: asset.name.to_owned(), plural: asset.plural.to_owned() };
        Self {
            settings: SettingsData::from(&catalogue.settings),
            assets: catalogue.assets.iter().map(asset).collect(),
            operations: catalogue.operations.iter().map(OperationData::from).collect(),
            plans: catalogue.plans.iter().map(PlanData::from).collect(),
            packs: catalogue.packs.iter().map(|pack| pack_data(pack, catalogue.operations)).collect(),
        }
    }
}

impl From<&Settings> for SettingsData {
    fn from(settings: &Settings) -> Self {
        let named = settings.credits_named;
        Self {
            currency: settings.currency.code.to_owned(),
            rounding: settings.rounding.word().to_owned(),
            credits_named: (named.one.to_owned(), named.many.to_owned()),
            low_balance_thresholds: settings.low_balance_thresholds.to_vec(),
            fulfillment_grace_period: settings.fulfillment_grace_period.to_string(),
            renewal_wait: settings.renewal_wait.to_string(),
            min_fulfillment_period: settings.min_fulfillment_period.to_string(),
            negative_balance_max: settings.negative_balance_max,
            transfer_expiration: settings.transfer_expiration.word().to_owned(),
            upgrades: settings.upgrades.word().to_owned(),
            subscription_refunds: settings.subscription_refunds.word().to_owned(),
            refunded_but_spent: settings.refunded_but_spent.word().to_owned(),
            overrun: settings.overrun.word().to_owned(),
            hold_limit: settings.hold_limit.to_string(),
            hold_limit_max: settings.hold_limit_max.to_string(),
            keep_keys: settings.keep_keys.to_string(),
            categories: owned(settings.categories),
            environments: owned(settings.environments),
        }
    }
}

impl From<&OperationSpec> for OperationData {
    fn from(operation: &OperationSpec) -> Self {
        let units: Vec<&Unit> = operation.costs.iter().filter_map(Clause::unit).collect();
        let limit = |limit: &Limit| LimitData {
            quantity: units.get(limit.quantity).map_or_else(String::new, |unit| unit.plural.to_owned()),
            max: limit.max,
        };
        Self {
            name: operation.name.to_owned(),
            asset: operation.asset.to_owned(),
            costs: operation.costs.iter().map(ClauseData::from).collect(),
            at_least: operation.at_least,
            at_most: operation.at_most,
            limits: operation.limits.iter().map(limit).collect(),
            meta: meta(operation.meta),
        }
    }
}

impl From<&Clause> for ClauseData {
    fn from(clause: &Clause) -> Self {
        match *clause {
            Clause::Fixed(credits) => Self::Fixed { credits },
            Clause::Rate { credits, batch, unit, after } => {
                Self::Rate { credits, batch, unit: UnitData::from(&unit), after }
            }
            Clause::Tiers { batch, unit, tiers } => {
                let tiers = tiers.iter().map(|Tier { up_to, credits }| (*up_to, *credits)).collect();
                Self::Tiers { batch, unit: UnitData::from(&unit), tiers }
            }
            Clause::Choice { name, options } => {
                let options =
                    options.iter().map(|(option, credits)| ((*option).to_owned(), *credits)).collect();
                Self::Choice { name: name.to_owned(), options }
            }
            Clause::Computed { source } => Self::Computed { source: source.to_owned() },
        }
    }
}

impl From<&Unit> for UnitData {
    fn from(unit: &Unit) -> Self {
        Self { name: unit.name.to_owned(), plural: unit.plural.to_owned(), base: unit.base }
    }
}

impl From<&PlanSpec> for PlanData {
    fn from(plan: &PlanSpec) -> Self {
        let gives = |gives: Gives| GivesData {
            amount: gives.amount,
            asset: gives.asset.to_owned(),
            every: gives.every.to_string(),
        };
        Self {
            name: plan.name.to_owned(),
            version: plan.version,
            retired: plan.retired,
            gives: plan.gives.map(gives),
            stripe_prices: prices(plan.stripe_prices),
            signup_bonus: plan.signup_bonus,
            trial_includes: plan.trial_includes,
            unused_credits: match plan.unused_credits {
                UnusedCredits::Expire => "expire".to_owned(),
                UnusedCredits::Rollover => "rollover".to_owned(),
                UnusedCredits::RolloverUpTo(most) => format!("rollover up_to {most}"),
                UnusedCredits::RolloverFor(period) => {
                    format!("rollover for {} {}", period.count, unit(period))
                }
            },
            expire_after: plan.expire_after.map(|period| period.to_string()),
            on_upgrade: plan.on_upgrade.word().to_owned(),
            in_advance: plan.in_advance,
            meta: meta(plan.meta),
        }
    }
}

fn unit(period: Period) -> String {
    let word = period.unit.word();
    if period.count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn pack_data(pack: &PackSpec, operations: &[OperationSpec]) -> PackData {
    let scope = pack.only_for.iter().filter_map(|index| operations.get(usize::from(*index)));
    PackData {
        name: pack.name.to_owned(),
        gives: pack.gives,
        asset: pack.asset.to_owned(),
        bonus: pack.bonus,
        prices: pack.costs.iter().map(PackPriceData::from).collect(),
        expires_after: pack.expires_after.map(|period| period.to_string()),
        stripe_prices: prices(pack.stripe_prices),
        only_for: scope.map(|operation| operation.name.to_owned()).collect(),
        meta: meta(pack.meta),
    }
}

impl From<&Money> for PackPriceData {
    fn from(price: &Money) -> Self {
        Self { costs: price.minor, currency: price.currency.code.to_owned(), price: price.to_string() }
    }
}

fn prices(prices: &[StripePrice]) -> Vec<StripePriceData> {
    let price = |price: &StripePrice| StripePriceData {
        environment: price.environment.map(str::to_owned),
        period: price.period.map(|period| period.to_string()),
        id: price.id.to_owned(),
    };
    prices.iter().map(price).collect()
}

fn meta(meta: &[(&str, Meta)]) -> Vec<(String, MetaData)> {
    let value = |value: &Meta| match *value {
        Meta::Text(text) => MetaData::Text(text.to_owned()),
        Meta::Integer(number) => MetaData::Integer(number),
        Meta::Flag(flag) => MetaData::Flag(flag),
    };
    meta.iter().map(|(key, content)| ((*key).to_owned(), value(content))).collect()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
