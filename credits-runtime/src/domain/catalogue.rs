//! The catalogue as owned data. The journal keeps it, so that old entries can be explained after the
//! application's source has changed; an application can serialise or display it.
//!
//! Its *terms* are the part that owners agreed to: everything but processor ids, environments, the
//! application's metadata, and words: names for people, documentation and the price that a plan shows. Test and
//! live builds of one pricing have the same fingerprint, and a corrected spelling declares no new catalogue: a
//! charge is explained by what it cost, whatever the operation is called. Former names are terms, because
//! credits and totals depend on them.
//!
//! The journal keeps the terms with the words of their declaration. Operations, plans and packs that the
//! application still declares are shown in its present words, others in those.

use credits_core::{
    AssetSpec, Catalogue, Clause, Gives, Limit, Meta, Money, OperationSpec, PackSpec, Period, PlanCost,
    PlanSpec, ProcessorPrice, Settings, StripePrice, Threshold, Tier, Unit, Unlimited, UnusedCredits,
};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::inputs::InputData;

use super::fingerprint::sha256;

/// A catalogue as owned data.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CatalogueData {
    /// Settings of the whole pricing.
    #[n(0)]
    pub settings: SettingsData,
    /// Assets besides credits.
    #[n(1)]
    pub assets: Vec<AssetData>,
    /// Operations, which cost credits, in the order of declaration.
    #[n(2)]
    pub operations: Vec<OperationData>,
    /// Subscription plans, which give credits every cycle, in the order of declaration.
    #[n(3)]
    pub plans: Vec<PlanData>,
    /// Credit packs, which give credits once per purchase, in the order of declaration.
    #[n(4)]
    pub packs: Vec<PackData>,
}

/// Settings of the whole pricing. Periods and policies are in the words of the language.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SettingsData {
    /// Currency of amounts of money that name none: ISO 4217, in lower case.
    #[n(0)]
    pub currency: String,
    /// Rounding of an operation's total: `ceil`, `floor` or `round`.
    #[n(1)]
    pub rounding: String,
    /// The names of one credit and of several.
    #[n(2)]
    pub credits_named: (String, String),
    /// Balances, in credits. Falling below one of them emits a low-balance event.
    #[n(3)]
    pub low_balance_thresholds: Vec<ThresholdData>,
    /// Time for which a cycle's credits overlap with the next cycle, such as `5 minutes`.
    #[n(4)]
    pub fulfillment_grace_period: String,
    /// Time for which a cycle's credits outlive it while its renewal is charged, such as `72 hours`.
    #[n(5)]
    pub renewal_wait: String,
    /// Shortest cycle that a plan may have, such as `day`.
    #[n(6)]
    pub min_fulfillment_period: String,
    /// Largest overdraft that spending may cause, in credits; `None` allows none.
    #[n(7)]
    pub negative_balance_max: Option<i64>,
    /// Expiry of transferred credits at the receiver: `preserve` or `none`.
    #[n(8)]
    pub transfer_expiration: String,
    /// When a rise within a cycle is awarded: `on_payment` or `on_change`.
    #[n(9)]
    pub upgrades: String,
    /// Credits taken back when a subscription invoice is refunded: `free_part` or `debt`.
    #[n(10)]
    pub subscription_refunds: String,
    /// Treatment of refunded credits that were spent: `debt` or `forgive`.
    #[n(11)]
    pub refunded_but_spent: String,
    /// Treatment of the part of a settlement that exceeds the held and available credits: `deny` or `debt`.
    #[n(12)]
    pub overrun: String,
    /// Time after which the hold of a `.run(..)` lapses unless it is extended, such as `15 minutes`.
    #[n(13)]
    pub hold_limit: String,
    /// Longest total time for which a hold may be open, such as `24 hours`.
    #[n(14)]
    pub hold_limit_max: String,
    /// Minimum retention of the idempotency keys of spends and holds, such as `400 days`.
    #[n(15)]
    pub keep_keys: String,
    /// The application's own entry categories.
    #[n(16)]
    pub categories: Vec<String>,
    /// Environments, each of which every Stripe price is given for; empty for a pricing with only one.
    #[n(17)]
    pub environments: Vec<String>,
}

/// An asset besides credits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetData {
    /// Singular.
    #[n(0)]
    pub name: String,
    /// Plural.
    #[n(1)]
    pub plural: String,
    /// The words for people, for one and for several; empty in terms.
    #[cbor(n(2), skip_if = "AssetWords::is_empty")]
    #[serde(default, skip_serializing_if = "AssetWords::is_empty")]
    pub named: AssetWords,
    /// Its documentation; empty for none, and in terms.
    #[cbor(n(3), skip_if = "String::is_empty")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
}

/// A balance below which the owner of a wallet is warned.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThresholdData {
    /// The asset; empty for credits.
    #[n(0)]
    pub asset: String,
    /// The balance, at least one.
    #[n(1)]
    pub amount: i64,
}

impl From<&Threshold> for ThresholdData {
    fn from(Threshold { asset, amount }: &Threshold) -> Self {
        Self { asset: (*asset).to_owned(), amount: *amount }
    }
}

/// The words of an asset for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetWords {
    /// For one.
    #[n(0)]
    pub one: String,
    /// For several.
    #[n(1)]
    pub many: String,
}

impl AssetWords {
    fn is_empty(&self) -> bool {
        self.one.is_empty() && self.many.is_empty()
    }
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperationData {
    /// The name as declared.
    #[n(0)]
    pub name: String,
    /// The asset of its costs; empty for credits.
    #[n(1)]
    pub asset: String,
    /// Terms of the cost, which are added up.
    #[n(2)]
    pub costs: Vec<ClauseData>,
    /// Lower bound of the total cost.
    #[n(3)]
    pub at_least: Option<i64>,
    /// Upper bound of the total cost.
    #[n(4)]
    pub at_most: Option<i64>,
    /// Upper bounds of the quantities.
    #[n(5)]
    pub limits: Vec<LimitData>,
    /// The application's own metadata.
    #[n(6)]
    pub meta: Vec<(String, MetaData)>,
    /// Names that it had before.
    #[cbor(n(7), skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// The name for people; empty in terms.
    #[cbor(n(8), skip_if = "String::is_empty")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub named: String,
    /// Its documentation; empty for none, and in terms.
    #[cbor(n(9), skip_if = "String::is_empty")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// Its inputs, in the order of the constructor's arguments; empty in terms.
    #[cbor(skip)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<InputData>,
}

/// One term of a cost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClauseData {
    /// A constant number of credits.
    #[n(0)]
    Fixed {
        /// The credits.
        #[n(0)]
        credits: i64,
    },
    /// Credits per batch of units.
    #[n(1)]
    Rate {
        /// Credits for one batch.
        #[n(0)]
        credits: i64,
        /// Units in a batch.
        #[n(1)]
        batch: u64,
        /// The unit.
        #[n(2)]
        unit: UnitData,
        /// Included units, which cost nothing.
        #[n(3)]
        after: u64,
    },
    /// Graduated rates.
    #[n(2)]
    Tiers {
        /// Units in a batch.
        #[n(0)]
        batch: u64,
        /// The unit.
        #[n(1)]
        unit: UnitData,
        /// The end of each tier, and the credits for one batch within it.
        #[n(2)]
        tiers: Vec<(Option<u64>, i64)>,
    },
    /// One of several amounts.
    #[n(3)]
    Choice {
        /// Name of the choice.
        #[n(0)]
        name: String,
        /// The options with their credits.
        #[n(1)]
        options: Vec<(String, i64)>,
    },
    /// A Rust expression over the operation's parameters.
    #[n(4)]
    Computed {
        /// Source of the expression.
        #[n(0)]
        source: String,
    },
}

/// A unit of quantities.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitData {
    /// Singular.
    #[n(0)]
    pub name: String,
    /// Plural.
    #[n(1)]
    pub plural: String,
    /// Base units (microseconds, bytes, pieces) in one unit.
    #[n(2)]
    pub base: u64,
}

/// An upper bound of a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LimitData {
    /// The quantity, by its plural name.
    #[n(0)]
    pub quantity: String,
    /// Largest allowed quantity, in its unit.
    #[n(1)]
    pub max: u64,
}

/// A metadata value of the application.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum MetaData {
    /// A text.
    #[n(0)]
    Text(#[n(0)] String),
    /// An integer.
    #[n(1)]
    Integer(#[n(0)] i64),
    /// A boolean.
    #[n(2)]
    Flag(#[n(0)] bool),
}

/// A subscription plan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanData {
    /// The name as declared.
    #[n(0)]
    pub name: String,
    /// Version of the plan's terms, at least 1.
    #[n(1)]
    pub version: u32,
    /// Whether the plan is no longer sold.
    #[n(2)]
    pub retired: bool,
    /// Credits of one cycle; `None` for a plan without credits.
    #[n(3)]
    pub gives: Option<GivesData>,
    /// Stripe prices.
    #[n(4)]
    pub stripe_prices: Vec<StripePriceData>,
    /// Credits given with the first paid cycle; 0 for none.
    #[n(5)]
    pub signup_bonus: i64,
    /// Credits given for a trial; 0 for none.
    #[n(6)]
    pub trial_includes: i64,
    /// Treatment of unused credits: `expire`, `rollover`, `rollover up_to 500`, `rollover for 3 months`.
    #[n(7)]
    pub unused_credits: String,
    /// Time for which credits stay usable after the subscription ends; `None` leaves their expiry unchanged.
    #[n(8)]
    pub expire_after: Option<String>,
    /// Credits that a rise within a cycle gives: `prorated` or `full`.
    #[n(9)]
    pub on_upgrade: String,
    /// Whether a cycle longer than a billing period is given at its start, before all of it is paid.
    #[n(10)]
    pub in_advance: bool,
    /// The application's own metadata.
    #[n(11)]
    pub meta: Vec<(String, MetaData)>,
    /// Names that it had before.
    #[cbor(n(12), skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// The name for people; empty in terms.
    #[cbor(n(13), skip_if = "String::is_empty")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub named: String,
    /// Its documentation; empty for none, and in terms.
    #[cbor(n(14), skip_if = "String::is_empty")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// The price for people, one for each currency and billing period; empty in terms, because the processor's
    /// price is charged.
    #[cbor(n(15), skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub costs: Vec<PlanCostData>,
    /// Prices at other payment processors than Stripe.
    #[cbor(n(16), skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processor_prices: Vec<ProcessorPriceData>,
    /// Operations that cost its subscribers nothing, by name; empty for all, `None` for no operation.
    #[n(17)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlimited: Option<Vec<String>>,
}

/// What a plan costs for a billing period, as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanCostData {
    /// Price in Stripe's minor units.
    #[n(0)]
    pub costs: i64,
    /// ISO 4217 code, in lower case.
    #[n(1)]
    pub currency: String,
    /// The price for display, such as `$29`.
    #[n(2)]
    pub price: String,
    /// The billing period, such as `month` or `3 months`.
    #[n(3)]
    pub per: String,
}

/// Credits that one cycle of a plan gives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GivesData {
    /// Amount per cycle.
    #[n(0)]
    pub amount: i64,
    /// The asset; empty for credits.
    #[n(1)]
    pub asset: String,
    /// Length of a cycle, such as `month` or `3 months`.
    #[n(2)]
    pub every: String,
}

/// A Stripe price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StripePriceData {
    /// Environment of the price, if the pricing declares several.
    #[n(0)]
    pub environment: Option<String>,
    /// Billing period of the price, if one is declared.
    #[n(1)]
    pub period: Option<String>,
    /// Stripe's id, such as `price_xyz`.
    #[n(2)]
    pub id: String,
}

/// A credit pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PackData {
    /// The name as declared.
    #[n(0)]
    pub name: String,
    /// Credits of one pack, without the bonus.
    #[n(1)]
    pub gives: i64,
    /// The asset; empty for credits.
    #[n(2)]
    pub asset: String,
    /// Bonus credits; 0 for none.
    #[n(3)]
    pub bonus: i64,
    /// Prices, one for each currency; the default first.
    #[n(4)]
    pub prices: Vec<PackPriceData>,
    /// Time for which the credits can be used; `None` for unlimited.
    #[n(5)]
    pub expires_after: Option<String>,
    /// Stripe prices.
    #[n(6)]
    pub stripe_prices: Vec<StripePriceData>,
    /// Operations that the credits can be used for, by name; empty for all.
    #[n(7)]
    pub only_for: Vec<String>,
    /// The application's own metadata.
    #[n(8)]
    pub meta: Vec<(String, MetaData)>,
    /// Names that it had before.
    #[cbor(n(9), skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// The name for people; empty in terms.
    #[cbor(n(10), skip_if = "String::is_empty")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub named: String,
    /// Its documentation; empty for none, and in terms.
    #[cbor(n(11), skip_if = "String::is_empty")]
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// Prices at other payment processors than Stripe.
    #[cbor(n(12), skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processor_prices: Vec<ProcessorPriceData>,
}

/// A price at another payment processor than Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessorPriceData {
    /// The processor, as the application names it.
    #[n(0)]
    pub processor: String,
    /// Billing period of the price, if one is declared.
    #[n(1)]
    pub period: Option<String>,
    /// The processor's id.
    #[n(2)]
    pub id: String,
}

/// A pack's price in a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PackPriceData {
    /// Price in Stripe's minor units.
    #[n(0)]
    pub costs: i64,
    /// ISO 4217 code, in lower case.
    #[n(1)]
    pub currency: String,
    /// The price for display, such as `$9`.
    #[n(2)]
    pub price: String,
}

impl CatalogueData {
    /// The terms that owners agreed to: the catalogue without processor ids, environments, metadata and words
    /// for people.
    #[must_use]
    pub fn terms(&self) -> Self {
        let mut terms = self.kept();
        for asset in &mut terms.assets {
            (asset.named, asset.docs) = Default::default();
        }
        for operation in &mut terms.operations {
            (operation.named, operation.docs) = Default::default();
        }
        for plan in &mut terms.plans {
            (plan.named, plan.docs, plan.costs) = Default::default();
        }
        for pack in &mut terms.packs {
            (pack.named, pack.docs) = Default::default();
        }
        terms
    }

    /// The part that the journal keeps: the terms, and words for people.
    pub(crate) fn kept(&self) -> Self {
        let mut terms = self.clone();
        terms.settings.environments.clear();
        for operation in &mut terms.operations {
            operation.meta.clear();
            operation.inputs.clear();
        }
        for plan in &mut terms.plans {
            plan.stripe_prices.clear();
            plan.processor_prices.clear();
            plan.meta.clear();
        }
        for pack in &mut terms.packs {
            pack.stripe_prices.clear();
            pack.processor_prices.clear();
            pack.meta.clear();
        }
        terms
    }

    /// SHA-256 over the terms, as 64 hexadecimal digits; equal for every build with the same terms.
    pub fn fingerprint(&self) -> String {
        let digest = self.terms_fingerprint();
        digest.iter().fold(String::with_capacity(64), |digits, byte| digits + &format!("{byte:02x}"))
    }

    pub(crate) fn terms_fingerprint(&self) -> [u8; 32] {
        sha256(&self.terms().to_bytes())
    }

    /// The encoding that the journal keeps.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        match minicbor::to_vec(self) {
            Ok(bytes) => bytes,
            Err(error) => panic!("a catalogue does not encode: {error}"),
        }
    }
}

impl From<&Catalogue> for CatalogueData {
    fn from(catalogue: &Catalogue) -> Self {
        let asset = |asset: &AssetSpec| AssetData {
            name: asset.name.to_owned(),
            plural: asset.plural.to_owned(),
            named: AssetWords { one: asset.named.one.to_owned(), many: asset.named.many.to_owned() },
            docs: asset.docs.to_owned(),
        };
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
            low_balance_thresholds: settings.low_balance_thresholds.iter().map(ThresholdData::from).collect(),
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
            formerly: owned(operation.formerly),
            named: operation.named.to_owned(),
            docs: operation.docs.to_owned(),
            inputs: operation.inputs.iter().map(InputData::from).collect(),
        }
    }
}

impl ClauseData {
    /// The unit of the clause's quantity; `None` if the clause takes no quantity.
    pub(crate) fn unit(&self) -> Option<&UnitData> {
        match self {
            Self::Rate { unit, .. } | Self::Tiers { unit, .. } => Some(unit),
            Self::Fixed { .. } | Self::Choice { .. } | Self::Computed { .. } => None,
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
            formerly: owned(plan.formerly),
            named: plan.named.to_owned(),
            docs: plan.docs.to_owned(),
            costs: plan.costs.iter().map(PlanCostData::from).collect(),
            processor_prices: processor_prices(plan.processor_prices),
            unlimited: match plan.unlimited {
                Unlimited::Nothing => None,
                Unlimited::Everything => Some(Vec::new()),
                Unlimited::Operations(names) => Some(owned(names)),
            },
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
        formerly: owned(pack.formerly),
        named: pack.named.to_owned(),
        docs: pack.docs.to_owned(),
        processor_prices: processor_prices(pack.processor_prices),
    }
}

impl From<&PlanCost> for PlanCostData {
    fn from(PlanCost { price, per }: &PlanCost) -> Self {
        Self {
            costs: price.minor,
            currency: price.currency.code.to_owned(),
            price: price.to_string(),
            per: per.to_string(),
        }
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

fn processor_prices(prices: &[ProcessorPrice]) -> Vec<ProcessorPriceData> {
    let price = |price: &ProcessorPrice| ProcessorPriceData {
        processor: price.processor.to_owned(),
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
