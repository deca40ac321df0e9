//! Amounts and prices in words, for the documentation that is generated.
//!
//! It does not know where the words are shown.

use credits_core::{Period, UnusedCredits};

use crate::check::{PackTerms, PlanTerms};

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
        _ => "roll over",
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
