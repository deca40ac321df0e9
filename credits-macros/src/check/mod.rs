//! Checking: what was written in, what it means out. It does not know what Rust is generated from it.
//!
//! What is refused is poisoned: `Err(Reported)` in place of a value. Rules skip what is poisoned, so that one
//! cause gives one error.

mod amount;
mod asset;
mod cost;
mod forever;
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

use credits_core::{AssetSpec, Currency, OperationSpec, PackSpec, PlanSpec, Rounding};

pub(crate) use forever::forever;
pub(crate) use unit::Unit;

use crate::ast::{self, PriceId, RustPath, Word};
use crate::diag::{Diagnostics, Reported, Result};
use asset::Assets;
use unit::Plurals;

/// A definition that was checked.
#[derive(Debug)]
pub(crate) struct Pricing {
    pub(crate) settings: Settings,
    pub(crate) assets: Vec<Asset>,
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
    /// What was refused has its default here.
    pub(crate) terms: credits_core::Settings,
    /// Of money that names none.
    pub(crate) currency: Result<Currency>,
    /// Where the runtime is, if not at `::credits_runtime`.
    pub(crate) runtime: Option<RustPath>,
}

/// An asset besides credits.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) name: Word,
    pub(crate) docs: Vec<String>,
    pub(crate) terms: AssetSpec,
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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    /// Rates are in the order of the quantities.
    pub(crate) terms: OperationSpec,
    /// The most it can cost; none if a quantity has no limit.
    pub(crate) cost_max: Option<i64>,
}

/// A plan.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: Word,
    pub(crate) docs: Vec<String>,
    pub(crate) terms: Result<Sale<PlanSpec>>,
}

/// A pack.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) name: Word,
    pub(crate) docs: Vec<String>,
    pub(crate) terms: Result<Sale<PackSpec>>,
}

/// The terms of a plan or a pack.
#[derive(Clone, Debug)]
pub(crate) struct Sale<T> {
    /// An id that was written as a path is that path's text here.
    pub(crate) terms: T,
    /// The ids of its prices as they were written.
    pub(crate) price_ids: Vec<PriceId>,
}

/// What every rule may ask and where it reports.
struct Checker<'d> {
    diagnostics: &'d mut Diagnostics,
    currency: Result<Currency>,
    rounding: Rounding,
    assets: Assets,
    plurals: Plurals,
}

/// Checks a whole definition.
pub(crate) fn pricing(ast: &ast::Pricing, diagnostics: &mut Diagnostics) -> Pricing {
    let settings = settings::check(&ast.settings, diagnostics);
    let plurals = Plurals::collect(&ast.operations, diagnostics);
    let (currency, rounding) = (settings.currency, settings.terms.rounding);
    let assets: Vec<Asset> = ast.assets.iter().map(Checker::asset).collect();
    let known = Assets::of(&assets);
    let mut checker = Checker { diagnostics, currency, rounding, assets: known, plurals };
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
        assets,
        homonyms,
        unreadable: ast.unreadable,
    }
    .without_doubles()
}
