//! The rules of packs.

use credits_core::{AWARD_MAX, Currency, Money, PackSpec};

use super::amount::Counted;
use super::forever::{all_forever, forever};
use super::proof::is_free;
use super::statement::exactly_one;
use super::{Checker, Operation, Pack, Sale};
use crate::ast::{self, Amount, PackCost, Price, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{self, PackWord};

impl Checker<'_> {
    /// Checks a pack.
    pub(super) fn pack(&mut self, pack: &ast::Pack, operations: &[Operation]) -> Pack {
        let header = &pack.header;
        let gives = exactly_one(&pack.gives, header, messages::pack_without_gives, self.diagnostics)
            .and_then(|gives| self.award(gives, PackWord::Gives.word()));
        let asset = gives.map(|gives| gives.asset);
        let gives = gives.and_then(|gives| self.can_be_spent(pack, gives, operations));
        let bonus =
            self.stated(&pack.bonus, |this, bonus| this.award_of_asset(bonus, PackWord::Bonus.word(), asset));
        let bonus = self.fits_with_bonus(pack, gives, bonus);
        let currency = self.stated(&pack.currency, Self::currency);
        let costs = exactly_one(&pack.costs, header, messages::pack_without_costs, self.diagnostics)
            .and_then(|costs| self.pack_prices(costs, currency));
        let expires_after =
            self.stated(&pack.expires_after, |this, period| this.period(period).map(|(period, _)| period));
        let prices = self.stated(&pack.stripe_price, |this, prices| {
            this.paid_once(prices)?;
            this.prices(prices, &header.name)
        });
        let only_for = self.stated(&pack.only_for, |this, names| this.only_for(names, operations, asset));
        let processor_prices =
            self.stated(&pack.processor_price, |this, prices| this.processor_prices(prices));
        let meta = self.meta(&pack.meta);
        let words = self.words(header, &pack.named);
        let formerly = self.formerly(&pack.formerly);
        let terms = || {
            let gives = gives?;
            let terms = PackSpec {
                name: forever(&header.name.text),
                gives: gives.amount,
                asset: gives.asset,
                bonus: bonus?,
                costs: all_forever(costs?),
                expires_after: expires_after?,
                stripe_prices: all_forever(prices?.unwrap_or_default()),
                processor_prices: all_forever(processor_prices?.unwrap_or_default()),
                only_for: all_forever(only_for?.unwrap_or_default()),
                meta: meta?,
                formerly,
                named: words.named,
                docs: words.docs,
            };
            let price_ids = super::price::ids(&pack.stripe_price);
            let processor_ids = super::processor::ids(&pack.processor_price);
            header.poisoned.map_or(Ok(Sale { terms, price_ids, processor_ids }), Err)
        };
        Pack { name: header.name.clone(), docs: header.docs.clone(), terms: terms() }
    }

    /// A pack and its bonus are one award.
    fn fits_with_bonus(
        &mut self,
        pack: &ast::Pack,
        gives: Result<Counted>,
        bonus: Result<Option<i64>>,
    ) -> Result<i64> {
        let bonus = bonus?.unwrap_or(0);
        let written = pack.bonus.first().and_then(|stated| stated.value.as_ref().ok());
        match (gives, written) {
            (Ok(Counted { amount, .. }), Some(written)) if amount.saturating_add(bonus) > AWARD_MAX => {
                let message = messages::pack_gives_too_much(amount, bonus);
                Err(self.diagnostics.report(written.number.span, message))
            }
            _ => Ok(bonus),
        }
    }

    /// The prices, each in another currency. Words such as `cents` mean the pack's own currency if it names one.
    fn pack_prices(&mut self, costs: &[PackCost], currency: Result<Option<Currency>>) -> Result<Vec<Money>> {
        let settings = self.currency;
        let own = currency?;
        if let Some(own) = own {
            self.currency = Ok(own);
        }
        let prices: Vec<Result<(&Amount, Money)>> = costs.iter().map(|cost| self.pack_price(cost)).collect();
        self.currency = settings;
        let mut known: Vec<(&Amount, Money)> = Vec::new();
        let mut refused = Ok(());
        for price in prices {
            match price.and_then(|(amount, price)| self.in_another_currency(amount, price, &known)) {
                Ok(price) => known.push(price),
                Err(reported) => refused = Err(reported),
            }
        }
        refused?;
        match (known.as_slice(), own) {
            ([(amount, price)], Some(own)) if price.currency != own => {
                let message = messages::other_currency(&amount.word.text, price.currency.code, own.code);
                Err(self.diagnostics.report(amount.word.span, message))
            }
            _ => Ok(known.into_iter().map(|(_, price)| price).collect()),
        }
    }

    /// A currency has one price.
    fn in_another_currency<'a>(
        &mut self,
        amount: &'a Amount,
        price: Money,
        known: &[(&Amount, Money)],
    ) -> Result<(&'a Amount, Money)> {
        let first = known.iter().find(|(_, known)| known.currency == price.currency);
        first.map_or(Ok((amount, price)), |(first, _)| {
            let culprit = (amount.word.span, messages::pack_price_twice(price.currency.code));
            let first = (first.word.span, messages::first_item(&first.word.text));
            Err(self.diagnostics.report_pair(culprit, first))
        })
    }

    /// A pack is paid for once: its price has no period.
    fn paid_once(&mut self, prices: &[Price]) -> Result<()> {
        let words = vocab::period_words();
        let period = prices.iter().filter_map(|price| price.key.as_ref()).find(|key| {
            words.contains(&key.text.as_str()) && !self.environments.contains(&key.text.as_str())
        });
        match period {
            Some(period) => {
                Err(self.diagnostics.report(period.span, messages::pack_price_period(&period.text)))
            }
            None => Ok(()),
        }
    }

    /// Something costs what the pack gives. Without operations the application says itself what it takes.
    fn can_be_spent(
        &mut self,
        pack: &ast::Pack,
        gives: Counted,
        operations: &[Operation],
    ) -> Result<Counted> {
        let is_known = self.everything_known.is_ok() && operations.iter().all(|known| known.price.is_ok());
        let prices = operations.iter().flat_map(|known| &known.price);
        let costing: Vec<_> = prices.filter(|price| price.terms.asset == gives.asset).collect();
        if operations.is_empty()
            || !pack.only_for.is_empty()
            || !is_known
            || costing.iter().any(|price| !is_free(&price.terms))
        {
            return Ok(gives);
        }
        let written = pack.gives.first().and_then(|stated| stated.value.as_ref().ok());
        let place = written.map_or(pack.header.name.span, |gives| gives.word.span);
        let asset = self.assets.plural(gives.asset);
        let message = if costing.is_empty() {
            messages::asset_never_spent(asset)
        } else {
            messages::all_is_free(asset)
        };
        Err(self.diagnostics.report(place, message))
    }

    /// A pack for operations that cost nothing is never spent.
    fn costs_something(&mut self, names: &[Word], operations: &[Operation]) -> Result<()> {
        let is_free = |name: &Word| {
            let known = operations.iter().find(|known| known.name.text == name.text);
            known.is_some_and(|known| known.price.as_ref().is_ok_and(|price| is_free(&price.terms)))
        };
        let Some(first) = names.first().filter(|_| names.iter().all(is_free)) else { return Ok(()) };
        let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.text)).collect();
        let verb = if names.len() == 1 { "costs" } else { "cost" };
        let message = messages::only_for_free(&quoted.join(", "), verb);
        Err(self.diagnostics.report(first.span, message))
    }

    /// The places of the operations.
    fn only_for(
        &mut self,
        names: &[Word],
        operations: &[Operation],
        asset: Result<&'static str>,
    ) -> Result<Vec<u16>> {
        let mut places: Vec<u16> = Vec::new();
        for name in names {
            let place = self.is_operation(name, operations)?;
            if places.contains(&place) {
                return Err(self.diagnostics.report(name.span, messages::name_twice(&name.text)));
            }
            let operation = operations.get(usize::from(place));
            if let (Some(Ok(price)), Ok(asset)) = (operation.map(|known| &known.price), asset)
                && price.terms.asset != asset
            {
                let message = messages::only_for_other_asset(
                    &name.text,
                    self.assets.plural(price.terms.asset),
                    self.assets.plural(asset),
                );
                return Err(self.diagnostics.report(name.span, message));
            }
            places.push(place);
        }
        self.costs_something(names, operations)?;
        Ok(places)
    }
}
