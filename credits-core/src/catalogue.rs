//! The catalogue: what an application declares, as `const` data that the macro writes and the ledger reads.
//!
//! It holds only what was found valid; it does not know the words it was written in.

use crate::{Currency, Money, Period, Rounding, Unit};

/// Everything one `usage_credits!` call declares.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// The currency of money that names none.
    pub currency: Currency,
    /// Applied once to an operation's exact total.
    pub rounding: Rounding,
    /// How amounts are called when shown.
    pub credits_named: CreditsName,
    /// What costs credits, in the order of declaration.
    pub operations: &'static [OperationSpec],
    /// What gives credits again and again, in the order of declaration.
    pub plans: &'static [PlanSpec],
    /// What gives credits once, in the order of declaration.
    pub packs: &'static [PackSpec],
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

/// An operation: what it is called and what it costs.
#[derive(Clone, Copy, Debug)]
pub struct OperationSpec {
    /// The name as declared, such as `process_document`.
    pub name: &'static str,
    /// What is added up; the rates are in the order of the operation's quantities.
    pub costs: &'static [Clause],
    /// How large its quantities may be.
    pub limits: &'static [Limit],
}

/// One term of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// Whole credits, whatever the quantities.
    Fixed(i64),
    /// Credits per batch of units: `3.credits_per(1_000.tokens)`.
    Rate {
        /// Credits for one batch.
        credits: i64,
        /// Units in a batch; 1 unless written.
        batch: u64,
        /// The unit, which names the quantity.
        unit: Unit,
    },
}

/// `limit seconds <= 600`: checked before an operation is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Which of the operation's quantities, counted from 0.
    pub quantity: usize,
    /// The largest allowed, in the quantity's unit.
    pub max: u64,
}

/// A subscription plan.
#[derive(Clone, Copy, Debug)]
pub struct PlanSpec {
    /// The name as declared.
    pub name: &'static str,
    /// Credits of one cycle.
    pub gives: i64,
    /// How long a cycle is.
    pub every: Period,
    /// Stripe prices, at least one.
    pub stripe_prices: &'static [StripePrice],
    /// What happens to credits unused at the end of a cycle.
    pub unused_credits: UnusedCredits,
}

/// A price at Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripePrice {
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
}

/// A credit pack.
#[derive(Clone, Copy, Debug)]
pub struct PackSpec {
    /// The name as declared.
    pub name: &'static str,
    /// Credits paid for.
    pub gives: i64,
    /// Credits given on top; 0 without a bonus.
    pub bonus: i64,
    /// What it costs.
    pub costs: Money,
}
