//! `operation`, as it was written.

use proc_macro2::{Ident, Span, TokenStream};

use super::{Amount, Header, MetaEntry, Number, Stated, Text, Word};
use crate::diag::Result;

/// `operation name { .. }`
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) header: Header,
    pub(crate) costs: Vec<Stated<Vec<Result<Clause>>>>,
    pub(crate) at_least: Vec<Stated<Amount>>,
    pub(crate) at_most: Vec<Stated<Amount>>,
    pub(crate) limits: Vec<Stated<Limit>>,
    pub(crate) params: Vec<Stated<Vec<Param>>>,
    pub(crate) validations: Vec<Stated<Validation>>,
    pub(crate) named: Vec<Stated<Text>>,
    pub(crate) formerly: Vec<Stated<Vec<Word>>>,
    pub(crate) meta: Vec<Stated<Vec<MetaEntry>>>,
}

impl Operation {
    /// With a header alone.
    pub(crate) fn new(header: Header) -> Self {
        Self {
            header,
            costs: Vec::new(),
            at_least: Vec::new(),
            at_most: Vec::new(),
            limits: Vec::new(),
            params: Vec::new(),
            validations: Vec::new(),
            named: Vec::new(),
            formerly: Vec::new(),
            meta: Vec::new(),
        }
    }
}

/// A term of a cost.
#[derive(Debug)]
pub(crate) enum Clause {
    /// `50.credits`
    Fixed(Amount),
    /// `1.credit_per(page)`
    Rate(Rate),
    /// `by quality { .. }`
    Choice(Choice),
    /// `tiers(1_000.tokens) { .. }`
    Tiers(Tiers),
    /// `{ pages * 2 }`
    Rust(RustCode),
}

/// `1.credit_per(minute) after 10.minutes`
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) amount: Amount,
    pub(crate) per: Per,
    pub(crate) after: Option<Amount>,
}

/// The unit or the batch in the parentheses of a rate.
#[derive(Debug)]
pub(crate) enum Per {
    /// `page` or `index, indices`
    Unit { one: Word, many: Option<Word> },
    /// `1_000.tokens`
    Batch(Amount),
}

/// `by quality { standard => 10.credits, hd => 25.credits }`
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: Word,
    /// Poisoned if the name of an option could not be read.
    pub(crate) options: Result<Vec<ChoiceOption>>,
}

/// `hd => 25.credits`
#[derive(Debug)]
pub(crate) struct ChoiceOption {
    pub(crate) name: Word,
    pub(crate) amount: Result<Amount>,
}

/// `tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit }`
#[derive(Debug)]
pub(crate) struct Tiers {
    pub(crate) keyword: Word,
    pub(crate) batch: Amount,
    pub(crate) list: Result<Vec<Tier>>,
    /// The closing brace.
    pub(crate) end: Span,
}

/// `..1_000_000.tokens => 2.credits`
#[derive(Debug)]
pub(crate) struct Tier {
    pub(crate) end: TierEnd,
    pub(crate) amount: Amount,
}

/// Where a tier ends.
#[derive(Debug)]
pub(crate) enum TierEnd {
    /// `..1_000_000.tokens`
    Below(Amount),
    /// `..`, and its place.
    Open(Span),
}

/// Rust that was found to be an expression, or statements that end in one.
#[derive(Clone, Debug)]
pub(crate) struct RustCode {
    pub(crate) tokens: TokenStream,
    /// Its first token.
    pub(crate) span: Span,
}

/// `pages <= 500`
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) field: Word,
    pub(crate) minus: Option<Span>,
    pub(crate) max: Number,
    /// `minutes` of `10.minutes`, which the field says already.
    pub(crate) unit: Option<Word>,
}

/// `prompt: String`
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) name: Word,
    /// With its `r#`.
    pub(crate) ident: Ident,
    pub(crate) ty: syn::Type,
}

/// `prompt.len() <= 1_000, "prompt too long"`
#[derive(Clone, Debug)]
pub(crate) struct Validation {
    pub(crate) condition: RustCode,
    pub(crate) message: Text,
}
