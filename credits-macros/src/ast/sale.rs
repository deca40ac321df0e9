//! Plans, packs and their prices as they were written.

use proc_macro2::Span;

use super::{Amount, Gives, Header, MetaEntry, Number, Period, RustPath, Stated, Text, Word};

/// `subscription_plan name { .. }`
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) header: Header,
    pub(crate) stripe_price: Vec<Stated<Vec<Price>>>,
    pub(crate) processor_price: Vec<Stated<Vec<ProcessorPrice>>>,
    pub(crate) gives: Vec<Stated<PlanGives>>,
    pub(crate) signup_bonus: Vec<Stated<Amount>>,
    pub(crate) trial_includes: Vec<Stated<Amount>>,
    pub(crate) unused_credits: Vec<Stated<UnusedCredits>>,
    pub(crate) expire_after: Vec<Stated<Period>>,
    pub(crate) on_upgrade: Vec<Stated<Word>>,
    pub(crate) in_advance: Vec<Stated<()>>,
    pub(crate) unlimited: Vec<Stated<Unlimited>>,
    pub(crate) version: Vec<Stated<Number>>,
    pub(crate) retired: Vec<Stated<()>>,
    pub(crate) costs: Vec<Stated<Vec<PlanCost>>>,
    pub(crate) named: Vec<Stated<Text>>,
    pub(crate) formerly: Vec<Stated<Vec<Word>>>,
    pub(crate) meta: Vec<Stated<Vec<MetaEntry>>>,
}

/// `unlimited generate_image, upscale_image`, or `unlimited`.
#[derive(Debug)]
pub(crate) struct Unlimited {
    /// No names for every operation.
    pub(crate) operations: Vec<Word>,
    /// The word of the statement behind one without names.
    pub(crate) behind: Option<Word>,
}

impl Plan {
    /// One without statements.
    pub(crate) fn new(header: Header) -> Self {
        Self {
            header,
            stripe_price: Vec::new(),
            processor_price: Vec::new(),
            gives: Vec::new(),
            signup_bonus: Vec::new(),
            trial_includes: Vec::new(),
            unused_credits: Vec::new(),
            expire_after: Vec::new(),
            on_upgrade: Vec::new(),
            in_advance: Vec::new(),
            unlimited: Vec::new(),
            version: Vec::new(),
            retired: Vec::new(),
            costs: Vec::new(),
            named: Vec::new(),
            formerly: Vec::new(),
            meta: Vec::new(),
        }
    }

    /// Whether a payment processor has a price of it.
    pub(crate) fn is_priced(&self) -> bool {
        !self.stripe_price.is_empty() || !self.processor_price.is_empty()
    }
}

/// `29.dollars.per(month)`
#[derive(Debug)]
pub(crate) struct PlanCost {
    pub(crate) price: Amount,
    pub(crate) per: Period,
}

/// What a plan gives.
#[derive(Debug)]
pub(crate) enum PlanGives {
    Nothing,
    Something(Box<Gives>),
}

/// `rollover`, `rollover up_to 500.credits`, `rollover for 3.months`
#[derive(Debug)]
pub(crate) struct UnusedCredits {
    pub(crate) policy: Word,
    pub(crate) bound: Option<RolloverBound>,
}

/// How much or how long is kept; the word is its keyword.
#[derive(Debug)]
pub(crate) enum RolloverBound {
    UpTo(Word, Amount),
    For(Word, Period),
}

/// `credit_pack name { .. }`
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) header: Header,
    pub(crate) gives: Vec<Stated<Amount>>,
    pub(crate) bonus: Vec<Stated<Amount>>,
    pub(crate) costs: Vec<Stated<Vec<PackCost>>>,
    pub(crate) currency: Vec<Stated<Word>>,
    pub(crate) expires_after: Vec<Stated<Period>>,
    pub(crate) stripe_price: Vec<Stated<Vec<Price>>>,
    pub(crate) processor_price: Vec<Stated<Vec<ProcessorPrice>>>,
    pub(crate) only_for: Vec<Stated<Vec<Word>>>,
    pub(crate) named: Vec<Stated<Text>>,
    pub(crate) formerly: Vec<Stated<Vec<Word>>>,
    pub(crate) meta: Vec<Stated<Vec<MetaEntry>>>,
}

impl Pack {
    /// One without statements.
    pub(crate) fn new(header: Header) -> Self {
        Self {
            header,
            gives: Vec::new(),
            bonus: Vec::new(),
            costs: Vec::new(),
            currency: Vec::new(),
            expires_after: Vec::new(),
            stripe_price: Vec::new(),
            processor_price: Vec::new(),
            only_for: Vec::new(),
            named: Vec::new(),
            formerly: Vec::new(),
            meta: Vec::new(),
        }
    }
}

/// A price of a pack.
#[derive(Debug)]
pub(crate) enum PackCost {
    /// `9.dollars`
    Amount(Amount),
    /// `9`, whose currency is missing.
    Number(Number),
    /// `unit_amount 900`, in the smallest units of the currency.
    MinorUnits { keyword: Word, written: String, number: Number },
}

/// `"price_xyz"`, `month: "price_xyz"`, `live: "price_xyz"` or one of `live(month: "price_xyz")`
#[derive(Debug)]
pub(crate) struct Price {
    /// The word before the parentheses.
    pub(crate) environment: Option<Word>,
    /// The word before the colon, which may be a period or an environment.
    pub(crate) key: Option<Word>,
    pub(crate) id: PriceId,
}

/// `paddle: "pri_1"`, or one of `paddle(month: "pri_1")`
#[derive(Debug)]
pub(crate) struct ProcessorPrice {
    pub(crate) processor: Word,
    pub(crate) period: Option<Word>,
    pub(crate) id: PriceId,
}

/// The id of a price: as text, or in a constant.
#[derive(Clone, Debug)]
pub(crate) enum PriceId {
    Text(Text),
    Path(RustPath),
}

impl PriceId {
    /// Its first token.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Text(text) => text.span,
            Self::Path(path) => path.segments.first().map_or_else(Span::call_site, proc_macro2::Ident::span),
        }
    }
}
