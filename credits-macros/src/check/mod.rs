//! Checking: what was written in, what it means out. It does not know what Rust is generated from it.
//!
//! What is refused is poisoned: `Err(Reported)` in place of a value. Rules skip what is poisoned, so that one
//! cause gives one error.

mod cost;
mod credits;
mod limit;
mod money;
mod names;
mod number;
mod operation;
mod pack;
mod period;
mod plan;
mod rate;
mod settings;
mod statement;
mod unit;

use credits_core::{Currency, Money, Period, Rounding, UnusedCredits};

pub(crate) use unit::Unit;

use crate::ast::{self, RustPath, Word};
use crate::diag::{Diagnostics, Reported, Result};
use unit::Plurals;

/// A definition that was checked.
#[derive(Debug)]
pub(crate) struct Pricing {
    pub(crate) settings: Settings,
    pub(crate) operations: Vec<Operation>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) packs: Vec<Pack>,
    /// Names of operations that share their variant with another one.
    pub(crate) homonyms: Vec<Word>,
    /// Set if an item declares nobody knows what.
    pub(crate) unreadable: Option<Reported>,
}

/// What holds for the whole catalogue.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) currency: Result<Currency>,
    pub(crate) rounding: Rounding,
    /// One credit, several credits.
    pub(crate) credits_named: (String, String),
    /// Where the runtime is, if not at `::credits_runtime`.
    pub(crate) runtime: Option<RustPath>,
}

/// An operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: Word,
    pub(crate) docs: Vec<String>,
    /// What its rates count; poisoned if a rate could not be read, so that there may be more.
    pub(crate) quantities: Result<Vec<Quantity>>,
    /// Poisoned if anything of the operation was refused.
    pub(crate) price: Result<Price>,
}

/// What a rate counts, and where its unit was written.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    pub(crate) unit: Unit,
    pub(crate) span: proc_macro2::Span,
}

/// What an operation costs.
#[derive(Clone, Debug)]
pub(crate) struct Price {
    pub(crate) clauses: Vec<Clause>,
    pub(crate) limits: Vec<Limit>,
    /// The most it can cost; none if a quantity has no limit.
    pub(crate) cost_max: Option<i64>,
}

/// A term of a price. Rates are in the order of the quantities.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clause {
    Fixed(i64),
    Rate { credits: i64, batch: u64 },
}

/// The largest quantity allowed, in its unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) quantity: usize,
    pub(crate) max: u64,
}

/// A plan.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: Word,
    pub(crate) docs: Vec<String>,
    pub(crate) terms: Result<PlanTerms>,
}

/// What a plan gives.
#[derive(Clone, Debug)]
pub(crate) struct PlanTerms {
    pub(crate) gives: i64,
    pub(crate) every: Period,
    pub(crate) stripe_prices: Vec<(Option<Period>, String)>,
    pub(crate) unused_credits: UnusedCredits,
}

/// A pack.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) name: Word,
    pub(crate) docs: Vec<String>,
    pub(crate) terms: Result<PackTerms>,
}

/// What a pack gives, and for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackTerms {
    pub(crate) gives: i64,
    pub(crate) bonus: i64,
    pub(crate) costs: Money,
}

/// What every rule may ask and where it reports.
struct Checker<'d> {
    diagnostics: &'d mut Diagnostics,
    currency: Result<Currency>,
    rounding: Rounding,
    plurals: Plurals,
}

/// Checks a whole definition.
pub(crate) fn pricing(ast: &ast::Pricing, diagnostics: &mut Diagnostics) -> Pricing {
    let settings = settings::check(&ast.settings, diagnostics);
    let plurals = Plurals::collect(&ast.operations, diagnostics);
    let (currency, rounding) = (settings.currency, settings.rounding);
    let mut checker = Checker { diagnostics, currency, rounding, plurals };
    let homonyms = checker.names(ast);
    checker.stripe_ids(&ast.plans);
    let operations: Vec<Operation> =
        ast.operations.iter().map(|operation| checker.operation(operation)).collect();
    checker.markers(&operations);
    Pricing {
        operations,
        plans: ast.plans.iter().map(|plan| checker.plan(plan)).collect(),
        packs: ast.packs.iter().map(|pack| checker.pack(pack)).collect(),
        settings,
        homonyms,
        unreadable: ast.unreadable,
    }
    .without_doubles()
}
