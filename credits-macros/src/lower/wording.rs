//! Amounts and prices in words, for the documentation that is generated.
//!
//! It does not know where the words are shown.

use credits_core::{Period, UnusedCredits};

use crate::check::{Clause, Operation, PackTerms, PlanTerms, Price, Quantity};

/// What stands where an error left nothing to show.
const UNKNOWN: &str = "not known yet";

/// How credits are called.
pub(super) struct CreditWords<'a> {
    one: &'a str,
    many: &'a str,
}

impl<'a> CreditWords<'a> {
    /// The words of the settings.
    pub(super) fn new((one, many): &'a (String, String)) -> Self {
        Self { one, many }
    }

    /// The word for several.
    pub(super) fn many(&self) -> &'a str {
        self.many
    }

    /// `1 credit`, `10,000 credits`.
    pub(super) fn amount(&self, credits: i64) -> String {
        let word = if credits == 1 { self.one } else { self.many };
        format!("{} {word}", grouped(credits.unsigned_abs()))
    }

    /// `5 credits + 1 credit per page (at most 500 pages)`.
    pub(super) fn operation(&self, operation: &Operation) -> String {
        match (&operation.price, &operation.quantities) {
            (Ok(price), Ok(quantities)) => self.price(price, quantities),
            _ => UNKNOWN.to_owned(),
        }
    }

    fn price(&self, price: &Price, quantities: &[Quantity]) -> String {
        let mut rates = quantities.iter();
        let terms: Vec<String> = price
            .clauses
            .iter()
            .map(|clause| match clause {
                Clause::Fixed(credits) => self.amount(*credits),
                Clause::Rate { credits, batch } => {
                    let unit = rates.next().map(|quantity| &quantity.unit);
                    let (one, many) = unit.map_or(("", ""), |unit| (&unit.name, &unit.plural));
                    match batch {
                        1 => format!("{} per {one}", self.amount(*credits)),
                        batch => format!("{} per {} {many}", self.amount(*credits), grouped(*batch)),
                    }
                }
            })
            .collect();
        terms.join(" + ") + &limits(price, quantities)
    }

    /// `10,000 credits every month, unused credits roll over`.
    pub(super) fn plan(&self, terms: &PlanTerms) -> String {
        format!("{}, unused {} {}", self.plan_gives(terms), self.many, unused(terms.unused_credits))
    }

    /// `10,000 credits every 3 months`.
    pub(super) fn plan_gives(&self, terms: &PlanTerms) -> String {
        format!("{} every {}", self.amount(terms.gives), terms.every)
    }

    /// `1,000 credits + 100 credits bonus`.
    pub(super) fn pack_gives(&self, terms: &PackTerms) -> String {
        match terms.bonus {
            0 => self.amount(terms.gives),
            bonus => format!("{} + {} bonus", self.amount(terms.gives), self.amount(bonus)),
        }
    }

    /// `1,000 credits + 100 credits bonus for $9`.
    pub(super) fn pack(&self, terms: &PackTerms) -> String {
        format!("{} for {}", self.pack_gives(terms), terms.costs)
    }
}

/// What happens to unused credits, after `unused credits`.
pub(super) fn unused(policy: UnusedCredits) -> &'static str {
    match policy {
        UnusedCredits::Expire => "expire",
        UnusedCredits::Rollover => "roll over",
    }
}

/// The ids of a plan's prices: `price_a` a month, `price_b` a year.
pub(super) fn stripe_prices(prices: &[(Option<Period>, String)]) -> String {
    let prices: Vec<String> = prices
        .iter()
        .map(|(period, id)| match period {
            Some(period) => format!("`{id}` per {period}"),
            None => format!("`{id}`"),
        })
        .collect();
    prices.join(", ")
}

/// What a poisoned item is said to give or cost.
pub(super) fn or_unknown<T, E>(terms: &Result<T, E>, wording: impl FnOnce(&T) -> String) -> String {
    terms.as_ref().map_or_else(|_| UNKNOWN.to_owned(), wording)
}

fn limits(price: &Price, quantities: &[Quantity]) -> String {
    let limits: Vec<String> = price
        .limits
        .iter()
        .filter_map(|limit| {
            let unit = &quantities.get(limit.quantity)?.unit;
            let word = if limit.max == 1 { &unit.name } else { &unit.plural };
            Some(format!("at most {} {word}", grouped(limit.max)))
        })
        .collect();
    if limits.is_empty() { String::new() } else { format!(" ({})", limits.join(", ")) }
}

/// `10,000`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
