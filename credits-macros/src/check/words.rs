//! Words for people: display names, documentation, and the price of a plan, which is shown and never charged.
//!
//! It does not know where they are shown.

use credits_core::{CreditsName, PlanCost};
use heck::ToSnakeCase;

use super::Checker;
use super::forever::{all_forever, forever};
use crate::ast::{self, Header, Stated, Text};
use crate::diag::Result;
use crate::messages;

/// The longest name of a product at Stripe.
const NAME_CHARACTERS_MAX: usize = 250;

/// The words of an item for people.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub(super) named: &'static str,
    pub(super) docs: &'static str,
}

impl Checker<'_> {
    /// The words of an item. A refused name is replaced by the one that the identifier reads as.
    pub(super) fn words(&mut self, header: &Header, named: &[Stated<Text>]) -> Words {
        let named = self.stated(named, Self::display_name).ok().flatten();
        let named = named.unwrap_or_else(|| forever(&readable(&header.name.text)));
        Words { named, docs: forever(&documentation(&header.docs)) }
    }

    /// A name fits in a line, and in what Stripe shows.
    fn display_name(&mut self, text: &Text) -> Result<&'static str> {
        let name = text.value.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX || name.contains(char::is_control) {
            let message = messages::display_name_length(NAME_CHARACTERS_MAX);
            return Err(self.diagnostics.report(text.span, message));
        }
        Ok(forever(name))
    }

    /// The words for one and for several of an asset.
    pub(super) fn asset_words(&mut self, asset: &ast::Asset) -> Option<CreditsName> {
        let (one, many) = asset.named.as_ref()?;
        let (one, many) = (self.display_name(one), self.display_name(many));
        Some(CreditsName { one: one.ok()?, many: many.ok()? })
    }

    /// The prices of a plan: one for each currency and billing period.
    pub(super) fn plan_costs(&mut self, costs: &[ast::PlanCost]) -> Result<&'static [PlanCost]> {
        let mut known: Vec<(PlanCost, &ast::Amount)> = Vec::new();
        let mut refused = Ok(());
        for cost in costs {
            let (price, per) = (self.price(&cost.price), self.period(&cost.per));
            let (Ok(price), Ok((per, _))) = (&price, &per) else {
                refused = refused.and(price.map(drop)).and(per.map(drop));
                continue;
            };
            let (price, per) = (*price, *per);
            let same = |(other, _): &&(PlanCost, &ast::Amount)| {
                other.per == per && other.price.currency == price.currency
            };
            if let Some((_, first)) = known.iter().find(same) {
                let message = messages::plan_cost_twice(price.currency.code, &per.to_string());
                let first = (first.word.span, messages::first_item(&first.word.text));
                refused = Err(self.diagnostics.report_pair((cost.price.word.span, message), first));
                continue;
            }
            known.push((PlanCost { price, per }, &cost.price));
        }
        refused.map(|()| all_forever(known.into_iter().map(|(cost, _)| cost)))
    }
}

/// `Large boost` for `large_boost`.
pub(super) fn readable(name: &str) -> String {
    let words = name.to_snake_case().replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The text of `///` lines without the blank that each begins with.
pub(super) fn documentation(lines: &[String]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{documentation, readable};

    #[test]
    fn identifiers_are_read_as_names() {
        for (name, shown) in [
            ("large_boost", "Large boost"),
            ("genImage", "Gen image"),
            ("scan", "Scan"),
            ("tier_2", "Tier 2"),
            ("\u{fc}ber_plan", "\u{dc}ber plan"),
        ] {
            assert_eq!(readable(name), shown);
        }
    }

    #[test]
    fn documentation_keeps_its_lines_and_loses_its_marks() {
        let lines = [" Reads.".to_owned(), "   - pages".to_owned(), String::new()];
        assert_eq!(documentation(&lines), "Reads.\n  - pages");
    }
}
