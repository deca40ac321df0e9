//! Plans and packs: what is sold.

use credits_core::{Currency, Money, Period, PeriodUnit, UnusedCredits};

use super::names;
use super::wording::{self, CreditWords};
use crate::ast::Word;
use crate::check;
use crate::model::{Pack, Plan, Variant};

/// The model of a plan. A poisoned one gives nothing.
pub(super) fn plan(plan: &check::Plan, words: &CreditWords) -> Plan {
    let price = wording::or_unknown(&plan.terms, |terms| words.plan(terms));
    let nothing = check::PlanTerms {
        gives: 0,
        every: Period { count: 1, unit: PeriodUnit::Month },
        stripe_prices: Vec::new(),
        unused_credits: UnusedCredits::Expire,
    };
    let check::PlanTerms { gives, every, stripe_prices, unused_credits } =
        plan.terms.clone().unwrap_or(nothing);
    let (variant, spec) = (variant(&plan.name, &plan.docs, &price), names::constant(&plan.name, "SPEC"));
    Plan { variant, spec, gives, every, stripe_prices, unused_credits }
}

/// The model of a pack. A poisoned one gives nothing.
pub(super) fn pack(pack: &check::Pack, words: &CreditWords) -> Pack {
    let price = wording::or_unknown(&pack.terms, |terms| words.pack(terms));
    let nothing = Money { minor: 0, currency: Currency { code: "", exponent: 0, symbol: "" } };
    let nothing = check::PackTerms { gives: 0, bonus: 0, costs: nothing };
    let check::PackTerms { gives, bonus, costs } = pack.terms.unwrap_or(nothing);
    let (variant, spec) = (variant(&pack.name, &pack.docs, &price), names::constant(&pack.name, "SPEC"));
    Pack { variant, spec, gives, bonus, costs }
}

fn variant(name: &Word, docs: &[String], price: &str) -> Variant {
    let mut docs = docs.to_vec();
    separate(&mut docs);
    docs.push(format!("`{}`: {price}.", name.text));
    Variant { name: name.text.clone(), ident: names::variant(name), docs }
}

/// An empty line after the user's documentation, so that the price is a paragraph of its own.
pub(super) fn separate(docs: &mut Vec<String>) {
    if !docs.is_empty() {
        docs.push(String::new());
    }
}
