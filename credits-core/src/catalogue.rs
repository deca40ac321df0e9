//! The catalogue: an application's declarations, as `const` data that the macro writes and the ledger reads.
//!
//! It holds valid declarations only and does not know the words they were written in.

use core::fmt::Display;

use crate::money::in_words;
use crate::shown::from_fn;
use crate::{Currency, InputKind, InputSpec, Money, Period, PeriodUnit, Rounding, Unit};

/// All declarations of one `usage_credits!` call.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// Settings of the whole pricing.
    pub settings: Settings,
    /// Assets besides credits, in the order of declaration.
    pub assets: &'static [AssetSpec],
    /// Operations, which cost credits, in the order of declaration.
    pub operations: &'static [OperationSpec],
    /// Subscription plans, which give credits every cycle, in the order of declaration.
    pub plans: &'static [PlanSpec],
    /// Credit packs, which give credits once per purchase, in the order of declaration.
    pub packs: &'static [PackSpec],
}

/// Settings of the whole pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Currency of amounts of money that name none.
    pub currency: Currency,
    /// Rounding of an operation's exact total, applied once.
    pub rounding: Rounding,
    /// Names of credits in displayed amounts.
    pub credits_named: CreditsName,
    /// Balances, in credits. Falling below one of them emits a low-balance event.
    pub low_balance_thresholds: &'static [Threshold],
    /// Time for which a cycle's credits overlap with the next cycle; at most the length of a cycle.
    pub fulfillment_grace_period: Period,
    /// Time for which a cycle's credits outlive it while its renewal is charged; at most a quarter of the
    /// cycle.
    pub renewal_wait: Period,
    /// Shortest cycle that a plan may have.
    pub min_fulfillment_period: Period,
    /// Largest overdraft that spending may cause, in credits; `None` allows none.
    pub negative_balance_max: Option<i64>,
    /// Expiry of transferred credits at the receiver.
    pub transfer_expiration: TransferExpiration,
    /// When a rise within a cycle is awarded.
    pub upgrades: Upgrades,
    /// Credits taken back when a subscription invoice is refunded.
    pub subscription_refunds: SubscriptionRefunds,
    /// Treatment of refunded credits that were spent.
    pub refunded_but_spent: RefundedButSpent,
    /// Treatment of the part of a settlement that exceeds the held and the available credits.
    pub overrun: Overrun,
    /// Time after which the hold of a `.run(..)` lapses unless it is extended.
    pub hold_limit: Period,
    /// Longest total time for which a hold may be open, extensions included.
    pub hold_limit_max: Period,
    /// Minimum retention of the idempotency keys of spends and holds.
    pub keep_keys: Period,
    /// The application's own entry categories.
    pub categories: &'static [&'static str],
    /// Environments, each of which every Stripe price is given for; empty for a pricing with only one.
    pub environments: &'static [&'static str],
}

impl Settings {
    /// The settings of a pricing that sets none.
    pub const DEFAULT: Self = Self {
        currency: Currency::USD,
        rounding: Rounding::Ceil,
        credits_named: CreditsName::DEFAULT,
        low_balance_thresholds: &[],
        fulfillment_grace_period: Period { count: 5, unit: PeriodUnit::Minute },
        renewal_wait: Period { count: 72, unit: PeriodUnit::Hour },
        min_fulfillment_period: Period { count: 1, unit: PeriodUnit::Day },
        negative_balance_max: None,
        transfer_expiration: TransferExpiration::Preserve,
        upgrades: Upgrades::OnPayment,
        subscription_refunds: SubscriptionRefunds::FreePart,
        refunded_but_spent: RefundedButSpent::Debt,
        overrun: Overrun::Deny,
        hold_limit: Period { count: 15, unit: PeriodUnit::Minute },
        hold_limit_max: Period { count: 24, unit: PeriodUnit::Hour },
        keep_keys: Period { count: 400, unit: PeriodUnit::Day },
        categories: &[],
        environments: &[],
    };
}

/// The names of one credit and of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditsName {
    /// Singular: `credit`.
    pub one: &'static str,
    /// Plural: `credits`.
    pub many: &'static str,
}

impl CreditsName {
    /// The default names: `credit` and `credits`.
    pub const DEFAULT: Self = Self { one: "credit", many: "credits" };
}

/// A balance below which the owner of a wallet is warned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The asset; empty for credits.
    pub asset: &'static str,
    /// The balance, at least one.
    pub amount: i64,
}

/// An asset besides credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetSpec {
    /// Singular, which is also the asset's name in the ledger: `gem`.
    pub name: &'static str,
    /// Plural: `gems`.
    pub plural: &'static str,
    /// The words for people, for one and for several; the declared ones unless the asset has its own.
    pub named: CreditsName,
    /// Its `///` text, without the marks; empty for none.
    pub docs: &'static str,
}

macro_rules! policies {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every policy, in the order in which messages list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word of the policy in the language.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )*};
}

policies! {
    /// Expiry of transferred credits at the receiver.
    TransferExpiration {
        /// Transferred credits keep their expiry.
        #[default]
        Preserve "preserve"
        /// Transferred credits never expire.
        None "none"
    }
    /// When a rise within a cycle is awarded.
    Upgrades {
        /// When its invoice is paid.
        #[default]
        OnPayment "on_payment"
        /// When the subscription changes.
        OnChange "on_change"
    }
    /// Credits taken back when a subscription invoice is refunded.
    SubscriptionRefunds {
        /// The free part of the invoice's credits.
        #[default]
        FreePart "free_part"
        /// All of the invoice's credits; spent ones become debt.
        Debt "debt"
    }
    /// Treatment of refunded credits that were spent.
    RefundedButSpent {
        /// They become debt.
        #[default]
        Debt "debt"
        /// They are forgiven.
        Forgive "forgive"
    }
    /// Treatment of the part of a settlement that exceeds the held and the available credits.
    Overrun {
        /// It is recorded as a shortfall.
        #[default]
        Deny "deny"
        /// It becomes debt.
        Debt "debt"
    }
    /// Credits that a rise within a cycle gives.
    OnUpgrade {
        /// A share, proportional to the rest of the cycle.
        #[default]
        Prorated "prorated"
        /// The whole amount of the plan, however little of the cycle is left.
        Full "full"
    }
}

/// An operation: its name, costs and limits.
#[derive(Clone, Copy, Debug)]
pub struct OperationSpec {
    /// The name as declared, such as `process_document`.
    pub name: &'static str,
    /// The asset of its costs; empty for credits.
    pub asset: &'static str,
    /// Terms of the cost, which are added up. Every clause but [`Clause::Fixed`] takes one input, in this
    /// order.
    pub costs: &'static [Clause],
    /// Lower bound of the total cost.
    pub at_least: Option<i64>,
    /// Upper bound of the total cost.
    pub at_most: Option<i64>,
    /// Upper bounds of the quantities.
    pub limits: &'static [Limit],
    /// The application's own metadata.
    pub meta: &'static [(&'static str, Meta)],
    /// Names that the operation had before.
    pub formerly: &'static [&'static str],
    /// The name for people: `Process document` unless `named` says another.
    pub named: &'static str,
    /// Its `///` text, without the marks; empty for none.
    pub docs: &'static str,
    /// Its inputs, in the order of the constructor's arguments.
    pub inputs: &'static [InputSpec],
}

impl OperationSpec {
    /// An operation without a name and without costs.
    pub const NONE: Self = Self {
        name: "",
        asset: "",
        costs: &[],
        at_least: None,
        at_most: None,
        limits: &[],
        meta: &[],
        formerly: &[],
        named: "",
        docs: "",
        inputs: &[],
    };

    /// Whether this is its name or a former one.
    pub fn has_name(&self, name: &str) -> bool {
        self.name == name || self.formerly.contains(&name)
    }

    /// Whether JSON can give every input, so that the operation can be called by its name.
    pub fn is_callable(&self) -> bool {
        self.inputs.iter().all(|input| !matches!(input.kind, InputKind::Parameter { is_readable: false, .. }))
    }
}

/// One term of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// A constant number of credits.
    Fixed(i64),
    /// Credits per batch of units: `3.credits_per(1_000.tokens)`. Takes a quantity.
    Rate {
        /// Credits for one batch.
        credits: i64,
        /// Units in a batch; 1 by default.
        batch: u64,
        /// The unit, whose plural names the quantity.
        unit: Unit,
        /// Included units, which cost nothing.
        after: u64,
    },
    /// Graduated rates: each tier's rate applies to the units within the tier. Takes a quantity.
    Tiers {
        /// Units in a batch, the same for every tier.
        batch: u64,
        /// The unit, whose plural names the quantity.
        unit: Unit,
        /// Tiers in ascending order; the last one has no end.
        tiers: &'static [Tier],
    },
    /// One of several amounts: `by quality { standard => 10.credits, hd => 25.credits }`. Takes a choice.
    Choice {
        /// Name of the choice, such as `quality`.
        name: &'static str,
        /// Options with their credits; at least one.
        options: &'static [(&'static str, i64)],
    },
    /// A Rust expression over the operation's parameters. Takes its value.
    Computed {
        /// Source of the expression, for display.
        source: &'static str,
    },
}

impl Clause {
    /// The unit of the clause's quantity; `None` if the clause takes no quantity.
    pub const fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Rate { unit, .. } | Self::Tiers { unit, .. } => Some(unit),
            Self::Fixed(_) | Self::Choice { .. } | Self::Computed { .. } => None,
        }
    }
}

/// A tier of a graduated rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Units up to which the tier applies, a multiple of the batch; `None` for the last tier.
    pub up_to: Option<u64>,
    /// Credits for one batch.
    pub credits: i64,
}

/// An upper bound of a quantity, `limit seconds <= 600`, checked before the operation is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Index of the quantity among the operation's quantities.
    pub quantity: usize,
    /// Largest allowed quantity, in its unit.
    pub max: u64,
}

/// A metadata value of the application. The ledger displays it and never interprets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// A text.
    Text(&'static str),
    /// An integer.
    Integer(i64),
    /// A boolean.
    Flag(bool),
}

/// A subscription plan.
#[derive(Clone, Copy, Debug)]
pub struct PlanSpec {
    /// The name as declared.
    pub name: &'static str,
    /// Version of the plan's terms, at least 1. Subscribers keep the version they joined under.
    pub version: u32,
    /// Whether the plan is no longer sold.
    pub retired: bool,
    /// Credits of one cycle; `None` for a plan without credits.
    pub gives: Option<Gives>,
    /// Stripe prices; empty for a plan that is not sold through Stripe.
    pub stripe_prices: &'static [StripePrice],
    /// Prices at other payment processors.
    pub processor_prices: &'static [ProcessorPrice],
    /// Credits given with the first paid cycle, which never expire; 0 for none.
    pub signup_bonus: i64,
    /// Credits given for a trial; 0 for none.
    pub trial_includes: i64,
    /// Treatment of credits that are unused at the end of a cycle.
    pub unused_credits: UnusedCredits,
    /// Time for which credits stay usable after the subscription ends; none at zero. `None` leaves their expiry
    /// unchanged.
    pub expire_after: Option<Period>,
    /// Credits that a rise within a cycle gives.
    pub on_upgrade: OnUpgrade,
    /// Whether a cycle longer than a billing period is given at its start, before all of it is paid.
    pub in_advance: bool,
    /// The application's own metadata.
    pub meta: &'static [(&'static str, Meta)],
    /// Names that the plan had before.
    pub formerly: &'static [&'static str],
    /// The name for people: `Pro` unless `named` says another.
    pub named: &'static str,
    /// Its `///` text, without the marks; empty for none.
    pub docs: &'static str,
    /// The price for people, one for each currency and billing period. It is shown and never charged: the
    /// processor's price is.
    pub costs: &'static [PlanCost],
    /// Operations that cost its subscribers nothing.
    pub unlimited: Unlimited,
}

/// Operations that cost a plan's subscribers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unlimited {
    /// No operation.
    #[default]
    Nothing,
    /// Every operation.
    Everything,
    /// These operations, by name.
    Operations(&'static [&'static str]),
}

impl PlanSpec {
    /// A plan without a name, which gives nothing.
    pub const NONE: Self = Self {
        name: "",
        version: 1,
        retired: false,
        gives: None,
        stripe_prices: &[],
        processor_prices: &[],
        signup_bonus: 0,
        trial_includes: 0,
        unused_credits: UnusedCredits::Expire,
        expire_after: None,
        on_upgrade: OnUpgrade::Prorated,
        in_advance: false,
        meta: &[],
        formerly: &[],
        named: "",
        docs: "",
        costs: &[],
        unlimited: Unlimited::Nothing,
    };

    /// Whether this is its name or a former one.
    pub fn has_name(&self, name: &str) -> bool {
        self.name == name || self.formerly.contains(&name)
    }

    /// Whether one of its prices has this id: a Stripe price in any environment, or `paddle:pri_1` for a price at
    /// another processor.
    pub fn has_price(&self, id: &str) -> bool {
        self.stripe_prices.iter().any(|price| price.id == id)
            || self.processor_prices.iter().any(|price| price.is_named(id))
    }

    /// The price for display: `$29 per month or $290 per year`; empty if none is declared.
    pub fn costs_in_words(&self) -> impl Display + use<> {
        let costs = self.costs;
        from_fn(move |f| {
            for (place, PlanCost { price, per }) in costs.iter().enumerate() {
                let separator = match place {
                    0 => "",
                    last if last == costs.len().saturating_sub(1) => " or ",
                    _ => ", ",
                };
                write!(f, "{separator}{price} per {per}")?;
            }
            Ok(())
        })
    }
}

/// What a plan costs for a billing period, as people are shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanCost {
    /// The price.
    pub price: Money,
    /// The billing period.
    pub per: Period,
}

impl PlanSpec {
    /// Whether the plan is sold: a payment processor has a price of it, or people are shown one.
    #[must_use]
    pub fn is_priced(&self) -> bool {
        !(self.stripe_prices.is_empty() && self.processor_prices.is_empty() && self.costs.is_empty())
    }
}

/// Credits that one cycle of a plan gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gives {
    /// Amount per cycle.
    pub amount: i64,
    /// The asset; empty for credits.
    pub asset: &'static str,
    /// Length of a cycle.
    pub every: Period,
}

/// A Stripe price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripePrice {
    /// Environment of the price, if the pricing declares several.
    pub environment: Option<&'static str>,
    /// Billing period of the price, if one is declared (`month: "..."`).
    pub period: Option<Period>,
    /// Stripe's id, such as `price_xyz`.
    pub id: &'static str,
}

/// A price at another payment processor than Stripe: `processor_price paddle: "pri_1"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessorPrice {
    /// The processor, as the application names it.
    pub processor: &'static str,
    /// Billing period of the price, if one is declared.
    pub period: Option<Period>,
    /// The processor's id.
    pub id: &'static str,
}

impl ProcessorPrice {
    /// Whether this is the id with the processor's name before it, `paddle:pri_1`.
    fn is_named(&self, id: &str) -> bool {
        id.strip_prefix(self.processor).and_then(|id| id.strip_prefix(':')) == Some(self.id)
    }
}

/// Treatment of a plan's credits that are unused when their cycle ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum UnusedCredits {
    /// They expire.
    #[default]
    Expire,
    /// They roll over.
    Rollover,
    /// They roll over, up to this amount.
    RolloverUpTo(i64),
    /// They roll over and expire this long after their cycle.
    RolloverFor(Period),
}

/// The largest award: one cycle of a plan, a pack with its bonus, a signup bonus or a trial. It is 2^53,
/// because JSON readers that store numbers as doubles are exact up to there.
pub const AWARD_MAX: i64 = 1 << 53;

/// A credit pack.
#[derive(Clone, Copy, Debug)]
pub struct PackSpec {
    /// The name as declared.
    pub name: &'static str,
    /// Credits of one pack, without the bonus.
    pub gives: i64,
    /// The asset; empty for credits.
    pub asset: &'static str,
    /// Bonus credits; 0 for none.
    pub bonus: i64,
    /// Prices, one for each currency in which the pack is sold; at least one. The first is the default.
    pub costs: &'static [Money],
    /// Time for which the credits can be used; `None` for unlimited.
    pub expires_after: Option<Period>,
    /// Stripe prices; empty if the checkout carries the price.
    pub stripe_prices: &'static [StripePrice],
    /// Prices at other payment processors.
    pub processor_prices: &'static [ProcessorPrice],
    /// Operations that the credits can be used for, as indexes into the catalogue; empty for all.
    pub only_for: &'static [u16],
    /// The application's own metadata.
    pub meta: &'static [(&'static str, Meta)],
    /// Names that the pack had before.
    pub formerly: &'static [&'static str],
    /// The name for people: `Large boost` unless `named` says another.
    pub named: &'static str,
    /// Its `///` text, without the marks; empty for none.
    pub docs: &'static str,
}

impl PackSpec {
    /// A pack without a name, which gives nothing.
    pub const NONE: Self = Self {
        name: "",
        gives: 0,
        asset: "",
        bonus: 0,
        costs: &[],
        expires_after: None,
        stripe_prices: &[],
        processor_prices: &[],
        only_for: &[],
        meta: &[],
        formerly: &[],
        named: "",
        docs: "",
    };

    /// Whether this is its name or a former one.
    pub fn has_name(&self, name: &str) -> bool {
        self.name == name || self.formerly.contains(&name)
    }

    /// Whether one of its prices has this id: a Stripe price in any environment, or `paddle:pri_1` for a price at
    /// another processor.
    pub fn has_price(&self, id: &str) -> bool {
        self.stripe_prices.iter().any(|price| price.id == id)
            || self.processor_prices.iter().any(|price| price.is_named(id))
    }

    /// Everything that the pack gives: its credits and its bonus. The compiler refuses a pack whose total does not
    /// fit.
    pub const fn total(&self) -> i64 {
        self.gives.saturating_add(self.bonus)
    }

    /// The prices for display: `$9`, or `$9, 8.99 CHF or 1300 PYG`.
    pub fn costs_in_words(&self) -> impl Display + use<> {
        in_words(self.costs)
    }

    /// The price in a currency, given by its ISO 4217 code in lower case.
    #[must_use]
    pub fn price_in(&self, currency: &str) -> Option<Money> {
        self.costs.iter().find(|price| price.currency.code == currency).copied()
    }
}

/// Asserts at compile time that no two prices of a processor are equal. It covers prices given as paths to constants,
/// whose values the macro cannot read.
///
/// # Panics
///
/// If two prices are equal.
pub const fn assert_unique_prices(prices: &[&str]) {
    let mut rest = prices;
    while let [price, others @ ..] = rest {
        let mut later = others;
        while let [other, following @ ..] = later {
            assert!(!same_text(price, other), "two items have the same price: give each of them its own");
            later = following;
        }
        rest = others;
    }
}

/// Compares two texts at compile time, where `==` is not available.
const fn same_text(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}

/// Categories of the ledger's own entries. An application's categories have other names.
pub const BUILT_IN_CATEGORIES: &[&str] = &[
    "signup_bonus",
    "referral_bonus",
    "bonus",
    "subscription_credits",
    "subscription_trial",
    "subscription_signup_bonus",
    "subscription_upgrade",
    "subscription_refund",
    "credit_pack_purchase",
    "credit_pack_refund",
    "operation_charge",
    "manual_adjustment",
    "credit_deducted",
    "transfer_in",
    "transfer_out",
    "expired",
    "dispute",
    "dispute_reversal",
    "debt_repaid",
];
