//! The rules of plans.

use credits_core::{Gives, OnUpgrade, Period, PlanSpec, UnusedCredits};
use proc_macro2::Span;

use super::amount::Counted;
use super::forever::{all_forever, forever};
use super::number::whole;
use super::statement::{at_most_one, exactly_one};
use super::{Checker, Operation, Plan, Sale};
use crate::ast::{self, Amount, Number, PlanGives, RolloverBound, Stated};
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::{self, FOR, PlanWord, PolicyWord, UP_TO, Vocabulary};

impl Checker<'_> {
    /// Checks a plan.
    pub(super) fn plan(&mut self, plan: &ast::Plan, operations: &[Operation]) -> Plan {
        let header = &plan.header;
        let gives = self.what_it_gives(plan);
        let unlimited = self.stated(&plan.unlimited, |this, names| this.unlimited(names, operations));
        let prices = self.stated(&plan.stripe_price, |this, prices| this.prices(prices, &header.name));
        let prices = prices.map(Option::unwrap_or_default);
        let processor_prices =
            self.stated(&plan.processor_price, |this, prices| this.processor_prices(prices));
        let processor_prices = processor_prices.map(Option::unwrap_or_default);
        let asset = gives.map(|gives| gives.map_or("", |gives| gives.asset));
        let signup_bonus = self.extra(&plan.signup_bonus, PlanWord::SignupBonus, asset);
        let trial_includes = self.extra(&plan.trial_includes, PlanWord::TrialIncludes, asset);
        let unused_credits =
            self.stated(&plan.unused_credits, |this, unused| this.unused_credits(unused, asset));
        let expire_after = self.stated(&plan.expire_after, Self::period_or_none);
        let on_upgrade = self.stated(&plan.on_upgrade, |this, word| {
            let all = OnUpgrade::ALL.iter().map(|policy| (policy.word(), *policy));
            this.one_of(word, "what an upgrade gives", all)
        });
        let in_advance = self.stated(&plan.in_advance, |_, ()| Ok(true));
        let version = self.stated(&plan.version, Self::version);
        let retired = self.stated(&plan.retired, |_, ()| Ok(true));
        let meta = self.meta(&plan.meta);
        let words = self.words(header, &plan.named);
        let formerly = self.formerly(&plan.formerly);
        let costs = self.stated(&plan.costs, |this, costs| this.plan_costs(costs));
        let gives = gives.and_then(|gives| self.fits_nothing(plan, gives));
        let in_advance = in_advance.and_then(|in_advance| {
            let (Ok(gives), Ok(prices), Ok(others)) = (&gives, &prices, &processor_prices) else {
                return Ok(false);
            };
            let billed = prices.iter().map(|price| price.period);
            let billed: Vec<_> = billed.chain(others.iter().map(|price| price.period)).collect();
            self.in_advance(plan, *gives, &billed, in_advance.unwrap_or(false))
        });
        let trial_includes = self.has_trials(plan, trial_includes);
        let terms = || {
            let terms = PlanSpec {
                name: forever(&header.name.text),
                version: version?.unwrap_or(1),
                retired: retired?.unwrap_or(false),
                gives: gives?,
                stripe_prices: all_forever(prices?),
                processor_prices: all_forever(processor_prices?),
                signup_bonus: signup_bonus?,
                trial_includes: trial_includes?,
                unused_credits: unused_credits?.unwrap_or_default(),
                expire_after: expire_after?,
                on_upgrade: on_upgrade?.unwrap_or_default(),
                in_advance: in_advance?,
                meta: meta?,
                formerly,
                named: words.named,
                docs: words.docs,
                costs: costs?.unwrap_or_default(),
                unlimited: unlimited?.unwrap_or_default(),
            };
            let price_ids = super::price::ids(&plan.stripe_price);
            let processor_ids = super::processor::ids(&plan.processor_price);
            header.poisoned.map_or(Ok(Sale { terms, price_ids, processor_ids }), Err)
        };
        Plan { name: header.name.clone(), docs: header.docs.clone(), terms: terms() }
    }

    /// What a plan gives. One with unlimited operations need not give anything.
    fn what_it_gives(&mut self, plan: &ast::Plan) -> Result<Option<Gives>> {
        let header = &plan.header;
        if !plan.unlimited.is_empty() {
            let gives = at_most_one(&plan.gives, self.diagnostics)?;
            return gives.map_or(Ok(None), |gives| self.plan_gives(gives, header.poisoned));
        }
        exactly_one(&plan.gives, header, messages::plan_without_gives, self.diagnostics)
            .and_then(|gives| self.plan_gives(gives, header.poisoned))
    }

    fn plan_gives(&mut self, gives: &PlanGives, lost: Option<Reported>) -> Result<Option<Gives>> {
        let PlanGives::Something(gives) = gives else { return Ok(None) };
        let credits = self.award(&gives.amount, PlanWord::Gives.word());
        let Some(every) = &gives.every else {
            credits?;
            // The statement that was lost may be the one that says how often.
            lost.map_or(Ok(()), Err)?;
            let message = messages::gives_once(&gives.amount.number.text, &gives.amount.word.text);
            return Err(self.diagnostics.report(gives.amount.word.span, message));
        };
        let period = self.plan_period(every);
        let (Counted { amount, asset }, every) = (credits?, period?);
        Ok(Some(Gives { amount, asset, every }))
    }

    /// An amount besides what the plan gives, of the same asset.
    fn extra(
        &mut self,
        statements: &[Stated<Amount>],
        word: PlanWord,
        asset: Result<&'static str>,
    ) -> Result<i64> {
        let amount =
            self.stated(statements, |this, amount| this.award_of_asset(amount, word.word(), asset))?;
        Ok(amount.unwrap_or(0))
    }

    fn unused_credits(
        &mut self,
        unused: &ast::UnusedCredits,
        asset: Result<&'static str>,
    ) -> Result<UnusedCredits> {
        let words = PolicyWord::WORDS.iter().copied();
        self.is_bound_of_its_kind(unused.bound.as_ref())?;
        let policy = self.one_of(&unused.policy, "what happens to unused credits", words)?;
        match (policy, &unused.bound) {
            (PolicyWord::Expire, None) => Ok(UnusedCredits::Expire),
            (PolicyWord::Rollover, None) => Ok(UnusedCredits::Rollover),
            (PolicyWord::Expire, Some(RolloverBound::UpTo(word, _) | RolloverBound::For(word, _))) => {
                Err(self.diagnostics.report(word.span, messages::bound_of_expiry(&word.text)))
            }
            (PolicyWord::Rollover, Some(RolloverBound::UpTo(_, amount))) => {
                self.some_of_asset(amount, UP_TO, asset).map(UnusedCredits::RolloverUpTo)
            }
            (PolicyWord::Rollover, Some(RolloverBound::For(_, period))) => {
                self.period(period).map(|(period, _)| UnusedCredits::RolloverFor(period))
            }
        }
    }

    /// `up_to 3.months` and `for 500.credits` have each other's word.
    fn is_bound_of_its_kind(&mut self, bound: Option<&RolloverBound>) -> Result<()> {
        let (word, amount, meant) = match bound {
            Some(RolloverBound::UpTo(word, amount)) if vocab::is_measure(&amount.word.text) => {
                (word, amount, FOR)
            }
            Some(RolloverBound::For(word, ast::Period::Several(amount)))
                if vocab::is_amount_word(&amount.word.text) =>
            {
                (word, amount, UP_TO)
            }
            _ => return Ok(()),
        };
        let written = format!("{}.{}", amount.number.text, amount.word.text);
        let message = messages::other_rollover_bound(&word.text, &written, meant);
        Err(self.diagnostics.report(word.span, message))
    }

    fn version(&mut self, number: &Number) -> Result<u32> {
        match u32::try_from(whole(number, None, self.diagnostics)?) {
            Ok(0) => Err(self.diagnostics.report(number.span, messages::version_zero())),
            Ok(version) => Ok(version),
            Err(_) => Err(self.diagnostics.report(number.span, messages::version_too_large(&number.text))),
        }
    }

    /// A plan without credits has none that could be unused, rise or come in advance.
    fn fits_nothing(&mut self, plan: &ast::Plan, gives: Option<Gives>) -> Result<Option<Gives>> {
        let keyword = |keywords: &[&ast::Keyword]| keywords.first().map(|keyword| keyword.word.clone());
        let written = [
            keyword(&plan.unused_credits.iter().map(|stated| &stated.keyword).collect::<Vec<_>>()),
            keyword(&plan.on_upgrade.iter().map(|stated| &stated.keyword).collect::<Vec<_>>()),
            keyword(&plan.in_advance.iter().map(|stated| &stated.keyword).collect::<Vec<_>>()),
        ];
        let meaningless = written.into_iter().flatten().next();
        match (gives, meaningless) {
            (None, Some(word)) => {
                Err(self.diagnostics.report(word.span, messages::nothing_given(&word.text)))
            }
            (gives, _) => Ok(gives),
        }
    }

    /// A trial is a processor's, so that a plan without a price has none.
    fn has_trials(&mut self, plan: &ast::Plan, trial_includes: Result<i64>) -> Result<i64> {
        match plan.trial_includes.first() {
            Some(stated) if trial_includes.is_ok() && !plan.is_priced() => {
                let message = messages::trial_without_price(&plan.header.name.text);
                Err(plan
                    .header
                    .poisoned
                    .unwrap_or_else(|| self.diagnostics.report(stated.keyword.word.span, message)))
            }
            _ => trial_includes,
        }
    }

    /// A cycle that is longer than a billing period gives credits that are not paid for yet.
    fn in_advance(
        &mut self,
        plan: &ast::Plan,
        gives: Option<Gives>,
        prices: &[Option<Period>],
        written: bool,
    ) -> Result<bool> {
        let Some(Gives { every, .. }) = gives else { return Ok(written) };
        let billed: Vec<Period> = prices.iter().copied().flatten().collect();
        let shorter = billed.iter().find(|period| period.seconds_max() < every.seconds_min());
        let place = |statements: &[Stated<()>]| {
            statements.first().map_or(plan.header.name.span, |stated| stated.keyword.word.span)
        };
        match (shorter, written) {
            (Some(billed), false) => {
                let span: Span = plan
                    .gives
                    .first()
                    .and_then(|stated| match stated.value.as_ref() {
                        Ok(PlanGives::Something(gives)) => gives.every.as_ref(),
                        _ => None,
                    })
                    .map_or(plan.header.name.span, ast::Period::span);
                let message = messages::not_in_advance(&every.to_string(), &billed.to_string());
                Err(self.diagnostics.report(span, message))
            }
            (None, true) if !plan.is_priced() => {
                let message = messages::in_advance_without_price(&plan.header.name.text);
                Err(plan
                    .header
                    .poisoned
                    .unwrap_or_else(|| self.diagnostics.report(place(&plan.in_advance), message)))
            }
            (None, true) if billed.len() == prices.len() => {
                let message = messages::needlessly_in_advance(&every.to_string());
                Err(self.diagnostics.report(place(&plan.in_advance), message))
            }
            (_, written) => Ok(written),
        }
    }
}
