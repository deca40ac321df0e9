//! The catalogue: what an application declares, as `const` data that the macro writes and the ledger reads.
//!
//! It holds only what was found valid; it does not know the words it was written in.

use core::fmt::Display;

use crate::money::in_words;
use crate::{Currency, Money, Period, PeriodUnit, Rounding, Unit};

/// Everything one `usage_credits!` call declares.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// What holds for the whole pricing.
    pub settings: Settings,
    /// What is counted besides credits, in the order of declaration.
    pub assets: &'static [AssetSpec],
    /// What costs credits, in the order of declaration.
    pub operations: &'static [OperationSpec],
    /// What gives credits again and again, in the order of declaration.
    pub plans: &'static [PlanSpec],
    /// What gives credits once, in the order of declaration.
    pub packs: &'static [PackSpec],
}

/// What holds for the whole pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of money that names none.
    pub currency: Currency,
    /// Applied once to an operation's exact total.
    pub rounding: Rounding,
    /// How amounts are called when shown.
    pub credits_named: CreditsName,
    /// Balances below which an owner is told, in credits.
    pub low_balance_thresholds: &'static [i64],
    /// Overlap of a cycle's credits with the next cycle; capped to the plan's period.
    pub fulfillment_grace_period: Period,
    /// How long a cycle's credits outlive it while its renewal is being charged.
    pub renewal_wait: Period,
    /// The shortest period a plan may give in.
    pub min_fulfillment_period: Period,
    /// How far spending may run into debt; `None` if it may not.
    pub negative_balance_max: Option<i64>,
    /// What a transfer does with the expiry of what it moves.
    pub transfer_expiration: TransferExpiration,
    /// When a rise within a cycle is awarded.
    pub upgrades: Upgrades,
    /// What a refunded subscription invoice takes.
    pub subscription_refunds: SubscriptionRefunds,
    /// What becomes of refunded credits that were spent.
    pub refunded_but_spent: RefundedButSpent,
    /// What becomes of a settling above what is available.
    pub overrun: Overrun,
    /// When an open hold lapses.
    pub hold_limit: Period,
    /// How long a hold may be open in all.
    pub hold_limit_max: Period,
    /// How long keys of spends and holds are kept at least.
    pub keep_keys: Period,
    /// The application's own entry categories.
    pub categories: &'static [&'static str],
    /// Environments that every Stripe price is given for; none if there is one alone.
    pub environments: &'static [&'static str],
}

impl Settings {
    /// What holds where nothing is said.
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

/// The words for one and for several credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditsName {
    /// One: `credit`.
    pub one: &'static str,
    /// Several: `credits`.
    pub many: &'static str,
}

impl CreditsName {
    /// `credit` and `credits`.
    pub const DEFAULT: Self = Self { one: "credit", many: "credits" };
}

/// An asset besides credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetSpec {
    /// One of it, which is also its name in the ledger: `gem`.
    pub name: &'static str,
    /// Several of it: `gems`.
    pub plural: &'static str,
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
    /// What a transfer does with the expiry of what it moves.
    TransferExpiration {
        /// It is kept.
        #[default]
        Preserve "preserve"
        /// What is received never expires.
        None "none"
    }
    /// When a rise within a cycle is awarded.
    Upgrades {
        /// With its paid invoice.
        #[default]
        OnPayment "on_payment"
        /// With the change itself.
        OnChange "on_change"
    }
    /// What a refunded subscription invoice takes.
    SubscriptionRefunds {
        /// What is free of its credits.
        #[default]
        FreePart "free_part"
        /// All of them; what was spent is owed.
        Debt "debt"
    }
    /// What becomes of refunded credits that were spent.
    RefundedButSpent {
        /// They are owed.
        #[default]
        Debt "debt"
        /// They are forgiven.
        Forgive "forgive"
    }
    /// What becomes of a settling above what is available.
    Overrun {
        /// The shortfall is recorded.
        #[default]
        Deny "deny"
        /// The shortfall is owed.
        Debt "debt"
    }
    /// What a plan's rise within a cycle gives.
    OnUpgrade {
        /// The share of what is left of the cycle.
        #[default]
        Prorated "prorated"
        /// All of it.
        Full "full"
    }
}

/// An operation: what it is called and what it costs.
#[derive(Clone, Copy, Debug)]
pub struct OperationSpec {
    /// The name as declared, such as `process_document`.
    pub name: &'static str,
    /// The asset its costs are in; empty for credits.
    pub asset: &'static str,
    /// What is added up. Every clause but a fixed one takes an input; inputs are in the order of the clauses.
    pub costs: &'static [Clause],
    /// The least it costs, whatever the clauses say.
    pub at_least: Option<i64>,
    /// The most it costs, whatever the clauses say.
    pub at_most: Option<i64>,
    /// How large its quantities may be.
    pub limits: &'static [Limit],
    /// What the application says of it.
    pub meta: &'static [(&'static str, Meta)],
}

/// One term of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// Whole credits, whatever the inputs.
    Fixed(i64),
    /// Credits per batch of units: `3.credits_per(1_000.tokens)`. Its input is a quantity.
    Rate {
        /// Credits for one batch.
        credits: i64,
        /// Units in a batch; 1 unless written.
        batch: u64,
        /// The unit, which names the quantity.
        unit: Unit,
        /// Units that are included and cost nothing.
        after: u64,
    },
    /// Graduated rates: each tier's rate for the units within it. Its input is a quantity.
    Tiers {
        /// Units in a batch, which every rate is for.
        batch: u64,
        /// The unit, which names the quantity.
        unit: Unit,
        /// In ascending order; the last one has no end.
        tiers: &'static [Tier],
    },
    /// One of several amounts: `by quality { standard => 10.credits, hd => 25.credits }`. Its input is a choice.
    Choice {
        /// What is chosen.
        name: &'static str,
        /// The options with their credits, at least one.
        options: &'static [(&'static str, i64)],
    },
    /// Rust over the operation's parameters. Its input is the value.
    Computed {
        /// The source, to show.
        source: &'static str,
    },
}

impl Clause {
    /// The unit of the clause's quantity, if its input is one.
    pub const fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Rate { unit, .. } | Self::Tiers { unit, .. } => Some(unit),
            Self::Fixed(_) | Self::Choice { .. } | Self::Computed { .. } => None,
        }
    }
}

/// Units up to an end, and what a batch of them costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The first unit that is no longer in it, a multiple of the batch; `None` for the last tier.
    pub up_to: Option<u64>,
    /// Credits for one batch.
    pub credits: i64,
}

/// `limit seconds <= 600`: checked before an operation is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Which of the operation's quantities, counted from 0 among the quantities alone.
    pub quantity: usize,
    /// The largest allowed, in the quantity's unit.
    pub max: u64,
}

/// What an application says of an item: shown, never used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// A text.
    Text(&'static str),
    /// A number.
    Integer(i64),
    /// A yes or no.
    Flag(bool),
}

/// A subscription plan.
#[derive(Clone, Copy, Debug)]
pub struct PlanSpec {
    /// The name as declared.
    pub name: &'static str,
    /// Which terms of that name; subscribers keep those of the version they joined. At least 1.
    pub version: u32,
    /// Whether it is no longer sold.
    pub retired: bool,
    /// What one cycle gives; `None` for a plan without credits.
    pub gives: Option<Gives>,
    /// Stripe prices, at least one.
    pub stripe_prices: &'static [StripePrice],
    /// Given with the first paid cycle, and never expiring; 0 for none.
    pub signup_bonus: i64,
    /// Given for a trial; 0 for none.
    pub trial_includes: i64,
    /// What happens to credits unused at the end of a cycle.
    pub unused_credits: UnusedCredits,
    /// How long its credits can be used after the subscription has ended; `None` for as long as they last.
    pub expire_after: Option<Period>,
    /// What a rise within a cycle gives.
    pub on_upgrade: OnUpgrade,
    /// Whether a cycle longer than a billing period is given at its beginning.
    pub in_advance: bool,
    /// What the application says of it.
    pub meta: &'static [(&'static str, Meta)],
}

/// What one cycle of a plan gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gives {
    /// How much.
    pub amount: i64,
    /// Of which asset; empty for credits.
    pub asset: &'static str,
    /// How long a cycle is.
    pub every: Period,
}

/// A price at Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripePrice {
    /// The environment it is for, if the pricing has several.
    pub environment: Option<&'static str>,
    /// The billing period it was declared under (`month: "..."`), if one was written.
    pub period: Option<Period>,
    /// The id, such as `price_xyz`.
    pub id: &'static str,
}

/// What happens to a plan's credits that are unused when their cycle ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum UnusedCredits {
    /// They expire.
    #[default]
    Expire,
    /// They stay.
    Rollover,
    /// They stay up to this many.
    RolloverUpTo(i64),
    /// They stay for this long after their cycle.
    RolloverFor(Period),
}

/// The most that one award gives: a cycle of a plan, a pack with its bonus, a signup bonus, a trial. 2^53, up to which
/// readers of JSON that hold numbers as doubles keep every integer.
pub const AWARD_MAX: i64 = 1 << 53;

/// A credit pack.
#[derive(Clone, Copy, Debug)]
pub struct PackSpec {
    /// The name as declared.
    pub name: &'static str,
    /// What is paid for.
    pub gives: i64,
    /// Of which asset; empty for credits.
    pub asset: &'static str,
    /// Given on top; 0 without a bonus.
    pub bonus: i64,
    /// What it costs: a price for each currency it is sold in, at least one. The first is the default.
    pub costs: &'static [Money],
    /// How long it can be used; `None` for ever.
    pub expires_after: Option<Period>,
    /// Stripe prices; none if the checkout carries the price.
    pub stripe_prices: &'static [StripePrice],
    /// The operations it is for, by their place in the catalogue; none for all.
    pub only_for: &'static [u16],
    /// What the application says of it.
    pub meta: &'static [(&'static str, Meta)],
}

impl PackSpec {
    /// Its prices as people read them: `$9`, or `$9, 8.99 CHF or 1300 PYG`.
    pub fn costs_in_words(&self) -> impl Display + use<> {
        in_words(self.costs)
    }

    /// The price in this currency, by its ISO 4217 code in lower case.
    #[must_use]
    pub fn price_in(&self, currency: &str) -> Option<Money> {
        self.costs.iter().find(|price| price.currency.code == currency).copied()
    }
}

/// Asserts, while compiling, that no two prices at Stripe are one: for prices that are paths to constants, which
/// the macro cannot read.
///
/// # Panics
///
/// If two are the same.
pub const fn assert_unique_prices(prices: &[&str]) {
    let mut rest = prices;
    while let [price, others @ ..] = rest {
        let mut later = others;
        while let [other, following @ ..] = later {
            assert!(
                !same_text(price, other),
                "two items have the same Stripe price: give each of them its own"
            );
            later = following;
        }
        rest = others;
    }
}

/// Whether two texts are equal, while compiling.
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

/// The categories that the ledger has entries of; an application's own have other names.
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
