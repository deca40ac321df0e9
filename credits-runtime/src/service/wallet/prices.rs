//! What needs the application's price list: assets, prices and spends of operations.

use std::borrow::Borrow;

use super::Wallet;
use crate::domain::amount::Amount;
use crate::domain::command::SettleAt;
use crate::domain::cover::CoveredBy;
use crate::domain::explain::{PaidFrom, explain};
use crate::domain::explanation::Explanation;
use crate::domain::ids::HoldId;
use crate::domain::rejection::Rejection;
use crate::error::Error;
use crate::generated::{Asset as _, Pricing, asset, cost, quote, usable_as};
use crate::service::entry::present;
use crate::service::settle::Settle;
use crate::service::spend::Spend;
use crate::service::write::Write;

impl<C: Pricing> Wallet<C> {
    /// The same owner's wallet of another asset: `credits.wallet("user:42").of(Asset::Gems)`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { asset gem operation polish { costs 1.gem } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let gems = user.of(Asset::Gems);
    /// gems.give_credits(3).now().wait()?;
    /// user.spend_credits_on(Operation::polish()).now().wait()?;
    /// assert_eq!((gems.credits()?.get(), user.credits()?.get()), (2, 0));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of(&self, asset: C::Asset) -> Self {
        self.of_asset(asset.name())
    }

    /// The cost of an operation, in the asset that it is priced in.
    ///
    /// Errors in order: a quantity that does not fit, is negative or over its limit; a failure of the
    /// operation's validation; a cost below zero or over 2^63 - 1.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation upscale { costs 5.credits + 2.credits_per(megapixel) limit megapixels <= 40 } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// assert_eq!(user.estimate_credits_to(Operation::upscale(3))?, 11);
    /// let refused = user.estimate_credits_to(Operation::upscale(50)).unwrap_err();
    /// assert_eq!(refused.code(), "quantity_over_limit");
    /// # Ok(())
    /// # }
    /// ```
    pub fn estimate_credits_to(&self, operation: impl Borrow<C::Operation>) -> Result<Amount, Rejection> {
        cost::<C>(operation.borrow())
    }

    /// The cost of an operation as a sum, before it is charged: as the explanation of its entry, without grants. It names
    /// no cover of a plan: [`covered_by`](Self::covered_by) does.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation upscale { costs 5.credits + 2.credits_per(megapixel) } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let user = Credits::in_memory()?.wallet("user:42");
    /// let sum = user.explain_credits_to(Operation::upscale(3))?;
    /// assert_eq!(sum.to_string(), "5 + 2 x 3 megapixels = 11");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Errors: those of [`estimate_credits_to`](Self::estimate_credits_to).
    pub fn explain_credits_to(&self, operation: impl Borrow<C::Operation>) -> Result<Explanation, Rejection> {
        let quote = quote::<C>(operation.borrow(), &self.ledger);
        let charge = quote.charge?;
        let terms = self.ledger.terms(charge.operation.catalogue);
        let explained = terms.and_then(|terms| explain(terms, &charge, PaidFrom::nothing()));
        // A ledger has declared the catalogue of its application.
        explained.ok_or(Rejection::OperationUnknown { operation: quote.operation.to_owned() })
    }

    /// Whether the wallet can pay for an operation now, or a plan covers it.
    ///
    /// Errors: those of [`estimate_credits_to`](Self::estimate_credits_to), then the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// assert!(!user.has_enough_credits_to(Operation::render())?);
    /// user.give_credits(10).now().wait()?;
    /// assert!(user.has_enough_credits_to(Operation::render())?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn has_enough_credits_to(&self, operation: impl Borrow<C::Operation>) -> Result<bool, Error> {
        let operation = operation.borrow();
        let price = self.estimate_credits_to(operation)?;
        let usable_as = usable_as::<C>(operation, &self.ledger);
        let wallet = self.of_asset(asset::<C>(operation));
        wallet.at_now(|wallet, now| {
            wallet.covered_by(usable_as, now).is_some()
                || wallet.affords(price, usable_as, self.ledger.policy())
        })
    }

    /// The plan because of which an operation costs nothing now, with its subscription; `None` if it costs what
    /// [`estimate_credits_to`](Self::estimate_credits_to) returns.
    ///
    /// ```
    /// # credits_runtime::usage_credits! {
    /// #     subscription_plan pro { unlimited draw }
    /// #     operation draw { costs 5.credits }
    /// # }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// assert_eq!(user.covered_by(Operation::draw())?, None);
    /// credits.subscribe("user:42", Plan::Pro).now().wait()?;
    /// assert_eq!(user.covered_by(Operation::draw())?.map(|by| by.plan), Some("pro".to_owned()));
    /// let entry = user.spend_credits_on(Operation::draw()).now().wait()?.entry;
    /// assert_eq!((entry.amount.get(), entry.price.map(|price| price.get())), (0, Some(5)));
    /// assert_eq!(entry.explanation().unwrap().to_string(), "5, covered by pro");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Errors: the ledger's.
    pub fn covered_by(&self, operation: impl Borrow<C::Operation>) -> Result<Option<CoveredBy>, Error> {
        let operation = operation.borrow();
        let usable_as = usable_as::<C>(operation, &self.ledger);
        let wallet = self.of_asset(asset::<C>(operation));
        let by = wallet.at_now(|wallet, now| wallet.covered_by(usable_as, now))?;
        Ok(by.map(|by| present(&self.ledger, &by)))
    }

    /// The credits available for an operation. Credits that are restricted to other operations do not count.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } operation upscale { costs 5.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.give_credits(30).only_for(["render"]).now().wait()?;
    /// assert_eq!(user.credits_for(Operation::render())?, 130);
    /// assert_eq!(user.credits_for(Operation::upscale())?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn credits_for(&self, operation: impl Borrow<C::Operation>) -> Result<Amount, Error> {
        let operation = operation.borrow();
        let usable_as = usable_as::<C>(operation, &self.ledger);
        self.of_asset(asset::<C>(operation)).now(|wallet| wallet.available_for(usable_as))
    }

    /// Settles a hold by its number for the actual cost of the work, like [`Hold::settle_for`](crate::Hold::settle_for). The
    /// hold is one of the owner's wallet of the asset that the operation is priced in.
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was released, those of the operation's cost.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation transcribe { costs 3.credits_per(minute) } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let limit = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::transcribe(10)).hold(limit).wait()?.into_id();
    /// assert_eq!(user.settle_for(hold, Operation::transcribe(7)).wait()?.entry.amount, -21);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle_for(&self, hold: HoldId, operation: impl Borrow<C::Operation>) -> Settle {
        let (operation, ledger) = (operation.borrow(), &self.ledger);
        let quote = Box::new(quote::<C>(operation, ledger));
        Settle::new(ledger, self.of_asset(asset::<C>(operation)).id, hold, SettleAt::Quote(quote))
    }

    /// Spends credits on an operation, from the owner's wallet of the asset that it is priced in: finish with
    /// `.now()`, `.run(..)`, `.run_async(..)` or `.hold(..)`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let receipt = user.spend_credits_on(Operation::render()).key("job-17").now().wait()?;
    /// assert_eq!((receipt.entry.amount.get(), receipt.entry.balance_after.get()), (-10, 90));
    /// # Ok(())
    /// # }
    /// ```
    pub fn spend_credits_on(&self, operation: C::Operation) -> Spend<C> {
        let wallet = self.of_asset(asset::<C>(&operation));
        Spend::new(Write::new(&wallet.ledger, &wallet.id), operation)
    }
}
