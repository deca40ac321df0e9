//! Checking: the syntax tree in, its meaning out. It does not know what Rust is generated from it.
//!
//! A refused part is poisoned: `Err(Reported)` in place of a value. Rules skip what is poisoned, so that one
//! cause gives one error.

mod amount;
mod asset;
mod charge;
mod choice;
mod cost;
mod currency;
mod denomination;
mod forever;
mod formerly;
mod limit;
mod meta;
mod money;
mod names;
mod number;
mod operation;
mod pack;
mod param;
mod payable;
mod period;
mod plan;
mod price;
mod price_id;
mod processor;
mod proof;
mod rate;
mod rust;
mod settings;
mod statement;
mod tiers;
mod unit;
mod unlimited;
mod words;

use credits_core::{AssetSpec, Currency, OperationSpec, PackSpec, Period, PlanSpec, Rounding};

pub(crate) use forever::forever;
pub(crate) use rust::{Computed, Validation};
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
    /// Every keyword, for editors.
    pub(crate) keywords: Vec<(Option<&'static str>, Word)>,
    /// Names of operations that share their variant with another one.
    pub(crate) homonyms: Vec<Word>,
    /// The names of all blocks, those of items that could not be read too.
    pub(crate) names_of_blocks: Vec<Word>,
    /// Set if an item could not be read.
    pub(crate) unreadable: Option<Reported>,
}

/// What holds for the whole catalogue.
#[derive(Debug)]
pub(crate) struct Settings {
    /// A refused setting has its default here.
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
    /// What it is made of, as far as that was understood.
    pub(crate) fields: Fields,
    /// Poisoned if it may be made of more than was understood.
    pub(crate) complete: Result<()>,
    /// Its choices, as far as they are known.
    pub(crate) choices: Vec<Choice>,
    /// Poisoned if anything of the price was refused.
    pub(crate) price: Result<Price>,
    pub(crate) validations: Vec<Validation>,
}

impl Operation {
    /// What its clauses count.
    pub(crate) fn quantities(&self) -> impl Iterator<Item = &Quantity> {
        self.fields.quantities.iter()
    }
}

/// The fields of an operation, in the order of its constructor's arguments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub(crate) quantities: Vec<Quantity>,
    pub(crate) choices: Vec<Choice>,
    pub(crate) params: Vec<Param>,
}

impl Fields {
    /// The quantity of this name.
    fn quantity(&self, name: &str) -> Option<&Quantity> {
        self.quantities.iter().find(|quantity| quantity.unit.plural == name)
    }
}

/// What a clause counts, and where its unit was written.
#[derive(Clone, Debug)]
pub(crate) struct Quantity {
    pub(crate) unit: Unit,
    pub(crate) span: proc_macro2::Span,
}

/// A choice and its type.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) name: Word,
    /// `GenerateImageQuality`
    pub(crate) ty: String,
    pub(crate) options: Result<Vec<ChoiceOption>>,
    /// What the options cost amounts of; empty for credits.
    pub(crate) asset: &'static str,
}

/// One of several.
#[derive(Clone, Debug)]
pub(crate) struct ChoiceOption {
    pub(crate) name: Word,
    pub(crate) credits: Result<i64>,
}

/// `prompt: String`
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) name: Word,
    /// With its `r#`.
    pub(crate) ident: proc_macro2::Ident,
    pub(crate) ty: syn::Type,
    pub(crate) kind: ParamKind,
    /// Whether it is surely cloned, compared and shown.
    pub(crate) is_comparable: bool,
}

/// How a parameter is taken and seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParamKind {
    /// An integer that `i128` has a `From` for.
    Integer,
    /// An integer that may be converted to `i128`, or is cut to its largest.
    WideInteger,
    /// `i128` itself.
    Widest,
    /// `bool`
    Flag,
    /// `char`, `f32`, `f64`
    Primitive,
    /// `String` or `PathBuf`, made from what becomes one.
    Text,
    /// Anything else, taken as written.
    Other,
}

impl ParamKind {
    /// Whether costs see it as `i128`.
    pub(crate) const fn is_integer(self) -> bool {
        matches!(self, Self::Integer | Self::WideInteger | Self::Widest)
    }

    /// Whether it is seen as a value, and not as a reference.
    pub(crate) const fn is_primitive(self) -> bool {
        self.is_integer() || matches!(self, Self::Flag | Self::Primitive)
    }
}

/// What an operation costs.
#[derive(Clone, Debug)]
pub(crate) struct Price {
    pub(crate) terms: OperationSpec,
    /// Its clauses in braces, in their order.
    pub(crate) computed: Vec<Computed>,
    /// The most it can cost; none if nothing bounds it.
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
    /// The ids of its prices at other processors.
    pub(crate) processor_ids: Vec<PriceId>,
}

/// What every rule may ask and where it reports.
struct Checker<'d> {
    diagnostics: &'d mut Diagnostics,
    currency: Result<Currency>,
    rounding: Rounding,
    period_min: Period,
    environments: &'static [&'static str],
    assets: Assets,
    plurals: Plurals,
    /// Poisoned if there are items that could not be read.
    everything_known: Result<()>,
}

/// Checks a whole definition.
pub(crate) fn pricing(ast: &ast::Pricing, diagnostics: &mut Diagnostics) -> Pricing {
    let plurals = Plurals::collect(&ast.operations, diagnostics);
    let default = credits_core::Settings::DEFAULT;
    let mut checker = Checker {
        diagnostics,
        currency: Ok(default.currency),
        rounding: default.rounding,
        period_min: default.min_fulfillment_period,
        environments: default.environments,
        assets: Assets::default(),
        plurals,
        everything_known: ast.unreadable.map_or(Ok(()), Err),
    };
    let assets: Vec<Asset> = ast
        .assets
        .iter()
        .map(|asset| {
            let named = checker.asset_words(asset);
            Checker::asset(asset, named)
        })
        .collect();
    checker.assets = Assets::of(&assets);
    let settings = checker.settings(&ast.settings);
    checker.currency = settings.currency;
    checker.rounding = settings.terms.rounding;
    checker.period_min = settings.terms.min_fulfillment_period;
    checker.environments = settings.terms.environments;
    checker.asset_names(ast);
    let homonyms = checker.names(ast);
    checker.former_names(ast);
    checker.stripe_ids(ast);
    checker.processor_ids(ast);
    let mut operations: Vec<Operation> =
        ast.operations.iter().map(|operation| checker.operation(operation)).collect();
    checker.markers(&operations);
    checker.choice_types(&mut operations);
    let checked = Pricing {
        plans: ast.plans.iter().map(|plan| checker.plan(plan, &operations)).collect(),
        packs: ast.packs.iter().map(|pack| checker.pack(pack, &operations)).collect(),
        operations,
        settings,
        assets,
        homonyms,
        keywords: ast.keywords.clone(),
        names_of_blocks: ast.names_of_blocks.clone(),
        unreadable: ast.unreadable,
    };
    checker.payable(&checked);
    checked.without_doubles()
}
