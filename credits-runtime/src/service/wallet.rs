//! One owner's wallet: what it holds, and where every use of it begins.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use credits_core::TransferExpiration;

use crate::domain;
use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::command::{Action, SettleAt};
use crate::domain::ids::{FactNumber, HoldId, TransferId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::ledger::{Core, Ledger};
use crate::engine::reply::Reply;
use crate::error::Error;
use crate::generated::{Asset as _, Pricing, asset, cost, usable_as};
use crate::service::administer::{Adjust, Deduct, Revoke};
use crate::service::billing::{self, Purchase, Subscription};
use crate::service::entry::{self, Released, Settled};
use crate::service::give::Give;
use crate::service::history::{self, History};
use crate::service::spend::Spend;
use crate::service::transfer::{Reverse, Transfer};
use crate::service::write::Write;

/// One owner's credits. Cheap to make and to clone; it holds nothing but a name and a handle on the ledger.
pub struct Wallet<C> {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) id: Result<WalletId, Rejection>,
    pricing: PhantomData<fn() -> C>,
}

/// A hold that is open.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct HoldSummary {
    /// Its number, for [`Wallet::settle`] and [`Wallet::release`].
    pub id: HoldId,
    /// What it sets aside.
    pub amount: Amount,
    /// What it is to pay for.
    pub operation: String,
    /// When it lapses.
    pub until: Timestamp,
    /// What will be written on the entry.
    pub metadata: Metadata,
}

impl<C> Wallet<C> {
    pub(crate) fn new(ledger: Arc<Ledger>, id: Result<WalletId, Rejection>) -> Self {
        Self { ledger, id, pricing: PhantomData }
    }

    /// What may be spent now: free credits that have not expired, less what is owed; below zero in debt.
    pub fn credits(&self) -> Result<Amount, Error> {
        self.now(domain::wallet::Wallet::available)
    }

    /// What open holds have set aside.
    pub fn held(&self) -> Result<Amount, Error> {
        self.now(domain::wallet::Wallet::held)
    }

    /// What is owed: refunded credits that were spent, or an overdraft where the settings allow one.
    pub fn debt(&self) -> Result<Amount, Error> {
        self.now(|wallet| wallet.debt)
    }

    /// What may be spent and what is set aside, together.
    pub fn balance(&self) -> Result<Amount, Error> {
        self.now(|wallet| wallet.balance)
    }

    /// The balance as of an instant, by when entries took effect: of now for one in the future.
    pub fn balance_at(&self, instant: impl Into<Timestamp>) -> Result<Amount, Error> {
        history::balance_at(&self.ledger, self.id.as_ref().map_err(Clone::clone)?, instant.into())
    }

    /// Holds that are open, oldest first: work under way, or cut off and not yet lapsed.
    pub fn open_holds(&self) -> Result<Vec<HoldSummary>, Error> {
        let ledger = &self.ledger;
        self.now(|wallet| {
            let summary = |hold: &domain::wallet::OpenHold| HoldSummary {
                id: hold.id,
                amount: hold.held.amount(),
                operation: entry::operation_name(ledger, hold.held.charge.operation),
                until: hold.held.until,
                metadata: hold.held.metadata.clone(),
            };
            wallet.holds.iter().map(summary).collect()
        })
    }

    /// The owner's subscriptions.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        billing::subscriptions(&self.ledger, &self.id.clone()?.owner)
    }

    /// What the owner bought once.
    pub fn purchases(&self) -> Result<Vec<Purchase>, Error> {
        billing::purchases(&self.ledger, &self.id.clone()?.owner)
    }

    /// The wallet's entries, newest first.
    pub fn credit_history(&self) -> History {
        History::new(Arc::clone(&self.ledger), self.id.clone())
    }

    /// Gives credits: finish with `.now()`.
    pub fn give_credits(&self, amount: impl IntoAmount) -> Give {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Give::new(write, amount)
    }

    /// Takes credits, by an administrator, for a reason: finish with `.now()`.
    pub fn deduct_credits(&self, amount: impl IntoAmount, reason: impl Into<String>) -> Deduct {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Deduct::new(write, amount, reason.into())
    }

    /// Corrects the balance, up or down, by an administrator, for a reason: finish with `.now()`.
    pub fn adjust_credits(&self, amount: impl IntoAmount, reason: impl Into<String>) -> Adjust {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Adjust::new(write, amount, reason.into())
    }

    /// Takes what is free of one grant, named by its entry's number, by an administrator, for a reason: finish with
    /// `.now()`.
    pub fn revoke_grant(&self, grant: FactNumber, reason: impl Into<String>) -> Revoke {
        Revoke::new(Write::new(&self.ledger, &self.id), grant, reason.into())
    }

    /// Moves credits to another wallet of the same asset: finish with `.now()`.
    ///
    /// Keys are the sender's own.
    pub fn transfer_to(&self, receiver: &Self, amount: impl IntoAmount) -> Transfer {
        let of_this_ledger = Arc::ptr_eq(&self.ledger, &receiver.ledger);
        let keeps_expiry = self.ledger.policy().transfer_expiration == TransferExpiration::Preserve;
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Transfer::new(write, &receiver.id, amount, (of_this_ledger, keeps_expiry))
    }

    /// Moves credits of a transfer that this wallet made back to it: finish with `.now()`.
    pub fn reverse_transfer(&self, transfer: TransferId) -> Reverse {
        Reverse::new(Write::new(&self.ledger, &self.id), transfer)
    }

    /// Charges a hold that was passed on with [`Hold::into_id`](crate::Hold::into_id). Done again it is answered
    /// with the first outcome.
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was released.
    pub fn settle(&self, hold: HoldId) -> Reply<Settled> {
        self.close_hold(hold, Action::Settle { hold, at: SettleAt::Held }, entry::settled)
    }

    /// Charges this much for a hold that was passed on, as [`Hold::settle_amount`](crate::Hold::settle_amount).
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was released, `AmountOutOfRange`, `AmountNegative`.
    pub fn settle_amount(&self, hold: HoldId, amount: impl IntoAmount) -> Reply<Settled> {
        let at = SettleAt::Amount(amount.into_amount());
        self.close_hold(hold, Action::Settle { hold, at }, entry::settled)
    }

    /// Lets a hold that was passed on be open for longer, as [`Hold::extend`](crate::Hold::extend).
    ///
    /// Rejections: `OwnerInvalid`, `HoldUnknown`, `HoldClosed` if it has ended, `HoldLimitInvalid`.
    pub fn extend_hold(&self, hold: HoldId, by: Duration) -> Reply<Timestamp> {
        Write::new(&self.ledger, &self.id)
            .send(Action::Extend { hold, by }, |_, _, outcome| entry::extended(&outcome))
    }

    /// Gives up a hold that was passed on with [`Hold::into_id`](crate::Hold::into_id), or was left by work that
    /// was cut off.
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was settled or has lapsed.
    pub fn release(&self, hold: HoldId) -> Reply<Released> {
        self.close_hold(hold, Action::Release(hold), |_, outcome| entry::released(outcome))
    }

    fn close_hold<T: 'static>(
        &self,
        hold: HoldId,
        action: Action,
        read: fn(&Core, &crate::engine::reply::Outcome) -> Result<T, Error>,
    ) -> Reply<T> {
        match &self.id {
            Err(rejection) => Reply::failed(rejection.clone()),
            Ok(id) => {
                let ledger = Arc::clone(&self.ledger);
                let command = Ledger::close_hold(id.clone(), hold, action);
                self.ledger.submit(command, move |outcome| read(&ledger, &outcome))
            }
        }
    }

    /// Reads the wallet with everything due by now booked.
    fn now<T>(&self, read: impl FnOnce(&domain::wallet::Wallet) -> T) -> Result<T, Error> {
        let wallet = self.ledger.wallet(self.id.as_ref().map_err(Clone::clone)?)?;
        Ok(read(&wallet.at(self.ledger.now())))
    }
}

impl<C: Pricing> Wallet<C> {
    /// The same owner's wallet of another asset: `credits.wallet("user:42").of(Asset::Gems)`.
    #[must_use]
    pub fn of(&self, asset: C::Asset) -> Self {
        self.of_asset(asset.name())
    }

    fn of_asset(&self, asset: &'static str) -> Self {
        Self::new(Arc::clone(&self.ledger), self.id.as_ref().map(|id| id.of(asset)).map_err(Clone::clone))
    }

    /// What an operation costs, in the asset it is priced in. Errors in order: a quantity that does not fit, is
    /// negative or over its limit; what the operation's validation says; a cost below zero or over 2^63 - 1.
    pub fn estimate_credits_to(&self, operation: impl Borrow<C::Operation>) -> Result<Amount, Rejection> {
        cost::<C>(operation.borrow())
    }

    /// Whether an operation could be paid for now. Errors as [`estimate_credits_to`](Self::estimate_credits_to),
    /// then the ledger's.
    pub fn has_enough_credits_to(&self, operation: impl Borrow<C::Operation>) -> Result<bool, Error> {
        let operation = operation.borrow();
        let price = self.estimate_credits_to(operation)?;
        let usable_as = usable_as::<C>(operation, &self.ledger);
        let wallet = self.of_asset(asset::<C>(operation));
        wallet.now(|wallet| wallet.affords(price, usable_as, self.ledger.policy()))
    }

    /// What may be spent now on an operation: of credits for some operations alone, only those for this one count.
    pub fn credits_for(&self, operation: impl Borrow<C::Operation>) -> Result<Amount, Error> {
        let operation = operation.borrow();
        let usable_as = usable_as::<C>(operation, &self.ledger);
        self.of_asset(asset::<C>(operation)).now(|wallet| wallet.available_for(usable_as))
    }

    /// Spends credits on an operation, or the owner's wallet of the asset it is priced in: finish with `.now()`, `.run(..)`, `.run_async(..)` or `.hold(..)`.
    pub fn spend_credits_on(&self, operation: C::Operation) -> Spend<C> {
        let wallet = self.of_asset(asset::<C>(&operation));
        Spend::new(Write::new(&wallet.ledger, &wallet.id), operation)
    }
}

impl<C> Clone for Wallet<C> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.ledger), self.id.clone())
    }
}

impl<C> fmt::Debug for Wallet<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wallet").field("id", &self.id).finish_non_exhaustive()
    }
}
