//! A catalogue's prices in words, for any catalogue that a ledger keeps or an application serialises.
//!
//! The words are those of the price list. It does not know where they are shown.

use std::fmt::{self, Write};

use credits_core::{CostTerm, CreditsName, Inflected, limits_in_words};

use super::catalogue::{CatalogueData, ClauseData, LimitData, OperationData, UnitData};

impl CatalogueData {
    /// An amount with its asset: `1 credit`, `10,000 credits`, `5 gems`. An empty asset means credits.
    ///
    /// ```
    /// # credits_runtime::usage_credits! {
    /// #     asset gem
    /// #     operation step { costs 1.credit }
    /// # }
    /// let catalogue = Pricing::catalog();
    /// assert_eq!(catalogue.amount_in_words(10_000, ""), "10,000 credits");
    /// assert_eq!(catalogue.amount_in_words(1, "gem"), "1 gem");
    /// ```
    pub fn amount_in_words(&self, amount: i64, asset: &str) -> String {
        self.inflected(asset).amount(amount).to_string()
    }

    /// The cost of an operation of this catalogue, as the price list words it.
    ///
    /// ```
    /// # credits_runtime::usage_credits! {
    /// operation scan {
    ///     costs 1.credit + 1.credit_per(page) after 10.pages
    ///     limit pages <= 500
    /// }
    /// # }
    /// let catalogue = Pricing::catalog();
    /// let words = catalogue.cost_in_words(&catalogue.operations[0]);
    /// assert_eq!(words, "1 credit + 1 credit per page after 10 pages (at most 500 pages)");
    /// ```
    pub fn cost_in_words(&self, operation: &OperationData) -> String {
        let words = self.inflected(&operation.asset);
        written(|text| self.write_cost(operation, words, text))
    }

    fn write_cost(&self, operation: &OperationData, words: Inflected<'_>, f: &mut String) -> fmt::Result {
        for (place, clause) in operation.costs.iter().enumerate() {
            f.write_str(if place > 0 { " + " } else { "" })?;
            self.write_clause(clause, words, f)?;
        }
        words.bounds(operation.at_least, operation.at_most, f)?;
        let unit = |limit: &LimitData| {
            let mut units = operation.costs.iter().filter_map(ClauseData::unit);
            units.find(|unit| unit.plural == limit.quantity).map(UnitData::inflected)
        };
        limits_in_words(operation.limits.iter().filter_map(|limit| Some((limit.max, unit(limit)?))), f)
    }

    fn write_clause(&self, clause: &ClauseData, words: Inflected<'_>, f: &mut String) -> fmt::Result {
        let term = match clause {
            ClauseData::Fixed { credits } => CostTerm::Fixed(*credits),
            ClauseData::Rate { credits, batch, unit, after } => {
                CostTerm::Rate { credits: *credits, batch: *batch, unit: unit.inflected(), after: *after }
            }
            ClauseData::Tiers { batch, unit, tiers } => {
                let (unit, tiers) = (unit.inflected(), &mut tiers.iter().copied());
                return words.term(CostTerm::Tiers { batch: *batch, unit, tiers }, f);
            }
            ClauseData::Choice { name, options } => {
                let options = &mut options.iter().map(|(option, credits)| (option.as_str(), *credits));
                return words.term(CostTerm::Choice { name, options }, f);
            }
            ClauseData::Computed { source } => CostTerm::Computed { source, many: self.inflected("").many },
        };
        words.term(term, f)
    }

    /// The words of an asset; those of credits for an empty or unknown one.
    fn inflected(&self, asset: &str) -> Inflected<'_> {
        let (one, many) = &self.settings.credits_named;
        let credits = Inflected { one, many };
        let Some(asset) = self.assets.iter().find(|known| known.name == asset) else {
            return if one.is_empty() { credits_by_default() } else { credits };
        };
        if asset.named.many.is_empty() {
            Inflected { one: &asset.name, many: &asset.plural }
        } else {
            Inflected { one: &asset.named.one, many: &asset.named.many }
        }
    }
}

fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    match write(&mut text) {
        Ok(()) => text,
        Err(error) => panic!("a text is not written: {error}"),
    }
}

fn credits_by_default() -> Inflected<'static> {
    let CreditsName { one, many } = CreditsName::DEFAULT;
    Inflected { one, many }
}

impl UnitData {
    fn inflected(&self) -> Inflected<'_> {
        Inflected { one: &self.name, many: &self.plural }
    }
}

#[cfg(test)]
mod tests {
    use credits_core::{
        BUILT_IN_UNITS, Catalogue, Clause, Limit, OperationSpec, Settings, Tier, Unit, Wording,
    };

    use super::*;

    /// A catalogue read from a ledger has the words of the declared one.
    #[test]
    fn kept_operations_have_the_words_of_the_price_list() {
        let minute: Unit = BUILT_IN_UNITS.iter().find(|known| known.unit.name == "minute").unwrap().unit;
        let tiers = &[Tier { up_to: Some(1_000), credits: 2 }, Tier { up_to: None, credits: 1 }];
        let clauses = [
            Clause::Fixed(10_000),
            Clause::Rate { credits: 1, batch: 1, unit: minute, after: 10 },
            Clause::Tiers { batch: 5, unit: minute, tiers },
            Clause::Choice { name: "quality", options: &[("draft", 1), ("hd", 25)] },
            Clause::Computed { source: "pages * 2" },
        ];
        for clause in clauses {
            let costs: &'static [Clause] = Box::leak(Box::new([Clause::Fixed(1), clause]));
            let limits: &'static [Limit] =
                if clause.unit().is_some() { &[Limit { quantity: 0, max: 500 }] } else { &[] };
            let operation = OperationSpec { costs, limits, at_least: Some(3), ..OperationSpec::NONE };
            let operations: &'static [OperationSpec] = Box::leak(Box::new([operation]));
            let (settings, assets) = (Settings::DEFAULT, &[][..]);
            let catalogue = Catalogue { settings, assets, operations, plans: &[], packs: &[] };
            let data = CatalogueData::from(&catalogue).terms();
            let expected = Wording::of(&catalogue).operation(&operation).to_string();
            assert_eq!(data.cost_in_words(&data.operations[0]), expected);
        }
    }
}
