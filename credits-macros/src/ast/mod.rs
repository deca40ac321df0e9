//! The definition as it was written: words, numbers and texts with their places.
//!
//! It does not know what any of them means.

mod operation;
mod sale;

use std::fmt;

use proc_macro2::Span;

pub(crate) use operation::{
    Choice, ChoiceOption, Clause, Limit, Operation, Param, Per, Rate, RustCode, Tier, TierEnd, Tiers,
    Validation,
};

pub(crate) use sale::{
    Pack, PackCost, Plan, PlanCost, PlanGives, Price, PriceId, ProcessorPrice, RolloverBound, Unlimited,
    UnusedCredits,
};

use crate::diag::{Reported, Result};

/// A whole definition.
#[derive(Debug, Default)]
pub(crate) struct Pricing {
    pub(crate) settings: Vec<Settings>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) packs: Vec<Pack>,
    /// Every keyword of an item or a statement, misspelt ones too, with the item that a statement is in.
    pub(crate) keywords: Vec<(Option<&'static str>, Word)>,
    /// The names of all blocks, those of items that could not be read too.
    pub(crate) names_of_blocks: Vec<Word>,
    /// Set if the kind or the name of an item could not be read.
    pub(crate) unreadable: Option<Reported>,
}

/// A bare word or symbol, without `r#` and without the colon.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A string literal.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// A numeric literal as written.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A path to a crate or module.
#[derive(Clone, Debug)]
pub(crate) struct RustPath {
    pub(crate) leading_colons: bool,
    pub(crate) segments: Vec<proc_macro2::Ident>,
}

impl fmt::Display for RustPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segments: Vec<String> = self.segments.iter().map(ToString::to_string).collect();
        write!(f, "{}{}", if self.leading_colons { "::" } else { "" }, segments.join("::"))
    }
}

/// What every named item has.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) docs: Vec<String>,
    pub(crate) name: Word,
    /// Where something missing is reported: the closing brace.
    pub(crate) end: Span,
    /// Set if a statement was lost, which may be the missing one.
    pub(crate) poisoned: Option<Reported>,
}

/// The keyword of a statement.
#[derive(Debug)]
pub(crate) struct Keyword {
    pub(crate) word: Word,
    /// Set if it was misspelt: whether the statement was meant is not certain.
    pub(crate) misspelt: Option<Reported>,
}

/// A statement: its keyword, and what follows it.
#[derive(Debug)]
pub(crate) struct Stated<T> {
    pub(crate) keyword: Keyword,
    pub(crate) value: Result<T>,
}

/// `settings { .. }`
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// The keyword; none where there is no block.
    pub(crate) keyword: Option<Word>,
    pub(crate) currency: Vec<Stated<Word>>,
    pub(crate) rounding: Vec<Stated<Word>>,
    pub(crate) low_balance_threshold: Vec<Stated<Vec<Amount>>>,
    pub(crate) fulfillment_grace_period: Vec<Stated<Period>>,
    pub(crate) renewal_wait: Vec<Stated<Period>>,
    pub(crate) min_fulfillment_period: Vec<Stated<Period>>,
    pub(crate) allow_negative_balance: Vec<Stated<Amount>>,
    pub(crate) transfer_expiration: Vec<Stated<Word>>,
    pub(crate) upgrades: Vec<Stated<Word>>,
    pub(crate) subscription_refunds: Vec<Stated<Word>>,
    pub(crate) refunded_but_spent: Vec<Stated<Word>>,
    pub(crate) overrun: Vec<Stated<Word>>,
    pub(crate) hold_limit: Vec<Stated<Period>>,
    pub(crate) hold_limit_max: Vec<Stated<Period>>,
    pub(crate) keep_keys: Vec<Stated<Period>>,
    pub(crate) categories: Vec<Stated<Vec<Word>>>,
    pub(crate) environments: Vec<Stated<Vec<Word>>>,
    pub(crate) credits_named: Vec<Stated<(Text, Text)>>,
    pub(crate) runtime: Vec<Stated<RustPath>>,
}

/// `asset gem, gems`
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) docs: Vec<String>,
    pub(crate) name: Word,
    pub(crate) plural: Option<Word>,
    /// `"magic gem", "magic gems"`
    pub(crate) named: Option<(Text, Text)>,
}

/// `50.credits`, `49.99.dollars`, `3.months`
#[derive(Clone, Debug)]
pub(crate) struct Amount {
    pub(crate) minus: Option<Span>,
    pub(crate) number: Number,
    pub(crate) word: Word,
}

/// `10_000.credits` or `10_000.credits.every(month)`
#[derive(Debug)]
pub(crate) struct Gives {
    pub(crate) amount: Amount,
    /// `.every(month)`
    pub(crate) every: Option<Period>,
}

/// `month` or `3.months`
#[derive(Debug)]
pub(crate) enum Period {
    One(Word),
    Several(Amount),
}

impl Period {
    /// The token to edit.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::One(word) => word.span,
            Self::Several(amount) => amount.number.span,
        }
    }
}

/// `category: "ai"`
#[derive(Debug)]
pub(crate) struct MetaEntry {
    pub(crate) key: Word,
    pub(crate) value: MetaValue,
}

/// What an application says of an item.
#[derive(Debug)]
pub(crate) enum MetaValue {
    Text(Text),
    Number { minus: Option<Span>, number: Number },
    Flag(bool),
}
