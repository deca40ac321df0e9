//! The wallet of one owner: its balances, and the builders of its writes.
//!
//! All methods are in this file, because the compiler names those in another one by the path of its module.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use credits_core::TransferExpiration;

use crate::domain;
use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::category::Category;
use crate::domain::command::{Action, Command, SettleAt};
use crate::domain::cover::CoveredBy;
use crate::domain::explain::{PaidFrom, explain};
use crate::domain::explanation::Explanation;
use crate::domain::grant::Class;
use crate::domain::ids::{FactNumber, GivenKey, HoldId, TransferId, WalletId, excerpt};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::engine::ledger::Ledger;
use crate::engine::request::reply::Reply;
use crate::error::Error;
use crate::generated::{Asset as _, Pricing, asset, cost, quote, usable_as};
use crate::service::administer::{Adjust, Deduct, Revoke};
use crate::service::billing::{self, CycleUse, Purchase, Subscription};
use crate::service::entry::{self, Entry, Extended, Released, operation_name, present};
use crate::service::give::Give;
use crate::service::history::{self, History};
use crate::service::reverse::{self, ReverseCharge};
use crate::service::settle::Settle;
use crate::service::spend::Spend;
use crate::service::transfer::{self, Reverse, Reversed, Transfer};
use crate::service::write::Write;

/// One owner's credits: a name and a handle on the ledger, cheap to make and to clone.
pub struct Wallet<C> {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) id: Result<WalletId, Rejection>,
    pricing: PhantomData<fn() -> C>,
}

/// An open hold.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct HoldSummary {
    /// The hold's number, for [`Wallet::settle`] and [`Wallet::release`].
    pub id: HoldId,
    /// The amount set aside; 0 if a plan covers the operation.
    pub amount: Amount,
    /// The plan because of which nothing is set aside, with its subscription.
    pub covered_by: Option<CoveredBy>,
    /// The operation that it is for.
    pub operation: String,
    /// When it lapses.
    pub until: Timestamp,
    /// The metadata for the entry of its charge.
    pub metadata: Metadata,
}

impl HoldSummary {
    fn of(ledger: &Core, hold: &domain::wallet::OpenHold) -> Self {
        Self {
            id: hold.id,
            amount: hold.held.amount(),
            covered_by: hold.held.covered_by.as_ref().map(|by| present(ledger, by)),
            operation: entry::operation_name(ledger, hold.held.charge.operation),
            until: hold.held.until,
            metadata: hold.held.metadata.clone(),
        }
    }
}

/// An open grant.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct GrantSummary {
    /// The grant's number, for [`Wallet::revoke_grant`].
    pub id: FactNumber,
    /// The credits that may be used.
    pub free: Amount,
    /// The credits that holds have set aside.
    pub held: Amount,
    /// What the credits were given for.
    pub category: Category,
    /// When the free credits expire.
    pub expires_at: Option<Timestamp>,
    /// Whether they are promotional; otherwise they were paid for.
    pub is_promotional: bool,
    /// The operations that they can be used for; empty for all.
    pub only_for: Vec<String>,
    /// The priority in the order of use, from 0; lower is used first.
    pub priority: u16,
}

impl GrantSummary {
    fn of(ledger: &Core, grant: &domain::wallet::Grant) -> Self {
        let domain::wallet::Grant { number, free, held, terms, category, .. } = grant;
        Self {
            id: *number,
            free: *free,
            held: *held,
            category: category.clone(),
            expires_at: terms.expires_at,
            is_promotional: terms.class == Class::Promotional,
            only_for: terms.scope.iter().map(|operation| operation_name(ledger, *operation)).collect(),
            priority: terms.priority,
        }
    }
}

/// The state of a wallet at one instant.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct WalletState {
    /// The instant, by the ledger's time.
    pub at: Timestamp,
    /// The available credits: free ones that have not expired, less debt. Negative in debt.
    pub credits: Amount,
    /// The credits that open holds have set aside.
    pub held: Amount,
    /// The debt.
    pub debt: Amount,
    /// The available and the held credits together.
    pub balance: Amount,
    /// The open grants, in the order of their use.
    pub grants: Vec<GrantSummary>,
    /// The open holds, oldest first.
    pub holds: Vec<HoldSummary>,
}

impl<C> Wallet<C> {
    pub(crate) fn new(ledger: Arc<Ledger>, id: Result<WalletId, Rejection>) -> Self {
        Self { ledger, id, pricing: PhantomData }
    }

    /// The available credits: free ones that have not expired, less debt. Negative in debt.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// assert_eq!(user.credits()?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn credits(&self) -> Result<Amount, Error> {
        self.now(domain::wallet::Wallet::available)
    }

    /// The available credits with their unit: `1,250 credits`, or `$12.50` where
    /// [`credits_named`](crate::usage_credits) is an amount of money.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let user = Credits::in_memory()?.wallet("user:42");
    /// user.give_credits(1_250).now().wait()?;
    /// assert_eq!(user.formatted_credits()?, "1,250 credits");
    /// assert_eq!(user.formatted(1)?, "1 credit");
    /// # Ok(())
    /// # }
    /// ```
    pub fn formatted_credits(&self) -> Result<String, Error> {
        self.formatted(self.credits()?)
    }

    /// An amount with the unit of the wallet's asset.
    ///
    /// Rejections: `OwnerInvalid`, `AmountOutOfRange`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// assert_eq!(user.formatted(1_250)?, "1,250 credits");
    /// # Ok(())
    /// # }
    /// ```
    pub fn formatted(&self, amount: impl IntoAmount) -> Result<String, Error> {
        let (id, amount) = (self.id.as_ref().map_err(Clone::clone)?, amount.into_amount()?);
        Ok(self.ledger.wording().amount(amount.get(), id.asset.as_str()).to_string())
    }

    /// The credits that open holds have set aside.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// assert_eq!((user.held()?.get(), user.credits()?.get()), (10, 90));
    /// drop(hold);
    /// # Ok(())
    /// # }
    /// ```
    pub fn held(&self) -> Result<Amount, Error> {
        self.now(domain::wallet::Wallet::held)
    }

    /// The debt, for example from refunded credits that were spent, or from an overdraft where the settings
    /// allow one.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { settings { allow_negative_balance up_to 50.credits } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// assert_eq!((user.debt()?.get(), user.credits()?.get()), (10, -10));
    /// # Ok(())
    /// # }
    /// ```
    pub fn debt(&self) -> Result<Amount, Error> {
        self.now(|wallet| wallet.debt)
    }

    /// The available and the held credits together.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// assert_eq!((user.balance()?.get(), user.credits()?.get()), (100, 90));
    /// drop(hold);
    /// # Ok(())
    /// # }
    /// ```
    pub fn balance(&self) -> Result<Amount, Error> {
        self.now(|wallet| wallet.balance)
    }

    /// The balance at an instant, by the effective time of entries. For an instant in the future it is the
    /// current balance.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let given = user.give_credits(100).now().wait()?.entry.recorded_at;
    /// let earlier = given.before(std::time::Duration::from_secs(60));
    /// assert_eq!((user.balance_at(earlier)?.get(), user.balance_at(given)?.get()), (0, 100));
    /// # Ok(())
    /// # }
    /// ```
    pub fn balance_at(&self, instant: impl Into<Timestamp>) -> Result<Amount, Error> {
        history::balance_at(&self.ledger, self.id.as_ref().map_err(Clone::clone)?, instant.into())
    }

    /// Everything about the wallet at one instant, for figures that must fit each other. The reply is ready at once: a wallet
    /// that is not in memory is read from the file by this call.
    ///
    /// Errors: `OwnerInvalid`, then the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// let state = user.read().wait()?;
    /// assert_eq!(state.balance, state.credits.checked_add(state.held).unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    pub fn read(&self) -> Reply<WalletState> {
        let ledger = &self.ledger;
        Reply::ready(self.at_now(|wallet, at| WalletState {
            at,
            credits: wallet.available(),
            held: wallet.held(),
            debt: wallet.debt,
            balance: wallet.balance,
            grants: wallet.grants.iter().map(|grant| GrantSummary::of(ledger, grant)).collect(),
            holds: wallet.holds.iter().map(|hold| HoldSummary::of(ledger, hold)).collect(),
        }))
    }

    /// The open grants, in the order of their use: what is left of each, until when, and for what.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// user.give_credits(5).expires_in(std::time::Duration::from_secs(60)).promotional().now().wait()?;
    /// let grants = user.open_grants()?;
    /// assert_eq!((grants[0].free.get(), grants[0].is_promotional), (5, true));
    /// assert_eq!((grants[1].free.get(), grants[1].expires_at), (100, None));
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_grants(&self) -> Result<Vec<GrantSummary>, Error> {
        let ledger = &self.ledger;
        self.now(|wallet| wallet.grants.iter().map(|grant| GrantSummary::of(ledger, grant)).collect())
    }

    /// The open holds, oldest first: of work in progress, and of work that was cut off until they lapse.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// let open = user.open_holds()?;
    /// assert_eq!((open[0].operation.as_str(), open[0].until), ("render", hold.until()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_holds(&self) -> Result<Vec<HoldSummary>, Error> {
        let ledger = &self.ledger;
        self.now(|wallet| wallet.holds.iter().map(|hold| HoldSummary::of(ledger, hold)).collect())
    }

    /// The owner's subscriptions.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { subscription_plan free { gives 100.credits.every(month) } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// let subscription = &credits.wallet("user:42").subscriptions()?[0];
    /// assert_eq!(subscription.plan.as_deref(), Some("free"));
    /// assert_eq!(subscription.next_award.unwrap(), 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        billing::subscriptions(&self.ledger, &self.id.clone()?.owner)
    }

    /// The running cycle of the owner's subscriptions in this wallet: what it gave, what is left of it, and when the next
    /// credits come. `None` without paid time, and for a plan that gives nothing here.
    ///
    /// ```
    /// # credits_runtime::usage_credits! {
    /// #     subscription_plan pro { gives 2_000.credits.every(month) }
    /// #     operation step { costs 300.credits }
    /// # }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// credits.subscribe("user:42", Plan::Pro).complimentary().now().wait()?;
    /// let user = credits.wallet("user:42");
    /// user.spend_credits_on(Operation::step()).now().wait()?;
    /// let cycle = user.cycle()?.unwrap();
    /// assert_eq!((cycle.used().get(), cycle.given.get(), cycle.left.get()), (300, 2_000, 1_700));
    /// # Ok(())
    /// # }
    /// ```
    pub fn cycle(&self) -> Result<Option<CycleUse>, Error> {
        billing::running(&self.ledger, self.id.as_ref().map_err(Clone::clone)?)
    }

    /// The highest `low_balance_threshold` of the wallet's asset; `None` without one.
    ///
    /// ```
    /// # credits_runtime::usage_credits! {
    /// settings { low_balance_threshold 50.credits, 100.credits }
    /// # operation step { costs 1.credit }
    /// # }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let user = Credits::in_memory()?.wallet("user:42");
    /// assert_eq!(user.low_balance_threshold()?.unwrap(), 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn low_balance_threshold(&self) -> Result<Option<Amount>, Error> {
        Ok(self.ledger.low_balance_threshold(self.id.as_ref().map_err(Clone::clone)?))
    }

    /// The owner's purchases of packs.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// for purchase in credits.wallet("user:42").purchases()? {
    ///     println!("{:?}: {} credits, {} taken back", purchase.pack, purchase.given, purchase.taken);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn purchases(&self) -> Result<Vec<Purchase>, Error> {
        billing::purchases(&self.ledger, &self.id.clone()?.owner)
    }

    /// A query of the wallet's entries, newest first: finish with `.page()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// let page = user.credit_history().page()?;
    /// let lines: Vec<_> = page.entries.iter().map(|entry| entry.formatted_amount()).collect();
    /// assert_eq!(lines, ["-10 credits", "+100 credits"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn credit_history(&self) -> History {
        History::new(Arc::clone(&self.ledger), self.id.clone())
    }

    /// Gives credits: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let receipt = user.give_credits(100).reason("signup").key("welcome").now().wait()?;
    /// assert_eq!(receipt.entry.balance_after, 100);
    /// assert!(user.give_credits(100).reason("signup").key("welcome").now().wait()?.replayed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn give_credits(&self, amount: impl IntoAmount) -> Give {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Give::new(write, amount)
    }

    /// Takes credits on behalf of an administrator, with a reason: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let entry = user.deduct_credits(30, "given by mistake").now().wait()?.entry;
    /// assert_eq!((entry.amount.get(), entry.reason.as_deref()), (-30, Some("given by mistake")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn deduct_credits(&self, amount: impl IntoAmount, reason: impl Into<String>) -> Deduct {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Deduct::new(write, amount, reason.into())
    }

    /// Corrects the balance up or down on behalf of an administrator, with a reason: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// user.adjust_credits(-30, "counted twice").now().wait()?;
    /// user.adjust_credits(5, "counted once too few").now().wait()?;
    /// assert_eq!(user.credits()?, 75);
    /// # Ok(())
    /// # }
    /// ```
    pub fn adjust_credits(&self, amount: impl IntoAmount, reason: impl Into<String>) -> Adjust {
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Adjust::new(write, amount, reason.into())
    }

    /// Takes the free part of a grant on behalf of an administrator, with a reason: finish with `.now()`. The
    /// grant has the number of its entry.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let grant = user.give_credits(50).now().wait()?.entry.number;
    /// user.revoke_grant(grant, "the offer was withdrawn").now().wait()?;
    /// assert_eq!(user.credits()?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn revoke_grant(&self, grant: FactNumber, reason: impl Into<String>) -> Revoke {
        Revoke::new(Write::new(&self.ledger, &self.id), grant, reason.into())
    }

    /// Moves credits to another wallet of the same asset: finish with `.now()`.
    ///
    /// Idempotency keys are those of the sender's wallet.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// user.transfer_to(&team, 40).key("share-1").now().wait()?;
    /// assert_eq!((user.credits()?.get(), team.credits()?.get()), (60, 40));
    /// # Ok(())
    /// # }
    /// ```
    pub fn transfer_to(&self, receiver: &Self, amount: impl IntoAmount) -> Transfer {
        let of_this_ledger = Arc::ptr_eq(&self.ledger, &receiver.ledger);
        let keeps_expiry = self.ledger.policy().transfer_expiration == TransferExpiration::Preserve;
        let mut write = Write::new(&self.ledger, &self.id);
        let amount = write.amount(amount);
        Transfer::new(write, &receiver.id, amount, (of_this_ledger, keeps_expiry))
    }

    /// Reverses a transfer that this wallet sent: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// let transfer = user.transfer_to(&team, 40).now().wait()?.id;
    /// user.reverse_transfer(transfer).now().wait()?;
    /// assert_eq!((user.credits()?.get(), team.credits()?.get()), (100, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn reverse_transfer(&self, transfer: TransferId) -> Reverse {
        Reverse::new(Write::new(&self.ledger, &self.id), transfer)
    }

    /// The reversal of a transfer that this wallet sent; `None` if it was not reversed.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let (user, team) = (credits.wallet("user:42"), credits.wallet("team:7"));
    /// # user.give_credits(100).now().wait()?;
    /// let transfer = user.transfer_to(&team, 60).now().wait()?.id;
    /// assert_eq!(user.reversal_of_transfer(transfer)?, None);
    /// user.reverse_transfer(transfer).now().wait()?;
    /// assert_eq!(user.reversal_of_transfer(transfer)?.map(|reversed| reversed.reclaimed.amount.get()), Some(60));
    /// # Ok(())
    /// # }
    /// ```
    pub fn reversal_of_transfer(&self, transfer: TransferId) -> Result<Option<Reversed>, Error> {
        transfer::reversal(&self.ledger, self.id.as_ref().map_err(Clone::clone)?, transfer)
    }

    /// Reverses a charge of this wallet by the number of its entry, in whole or in part: finish with `.now()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// let charge = user.spend_credits_on(Operation::render()).now().wait()?.entry.number;
    /// let half = user.reverse_charge(charge).amount(5).reason("blurred").key("ticket-7").now().wait()?;
    /// assert_eq!(half.entry.reverses, Some(charge));
    /// user.reverse_charge(charge).now().wait()?;
    /// assert_eq!(user.credits()?, 100);
    /// assert!(user.reverse_charge(charge).now().wait().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn reverse_charge(&self, charge: FactNumber) -> ReverseCharge {
        ReverseCharge::new(Write::new(&self.ledger, &self.id), charge)
    }

    /// The reversals of a charge of this wallet, by the number of its entry, oldest first; empty if nothing of it was
    /// reversed.
    ///
    /// It reads a frame for each reversal. Errors: `OwnerInvalid`, then the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let charge = user.spend_credits_on(Operation::render()).now().wait()?.entry.number;
    /// user.reverse_charge(charge).amount(4).now().wait()?;
    /// assert_eq!(user.reversals_of(charge)?[0].amount, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn reversals_of(&self, charge: FactNumber) -> Result<Vec<Entry>, Error> {
        reverse::reversals(&self.ledger, self.id.as_ref().map_err(Clone::clone)?, charge)
    }

    /// Settles a hold by its number, from [`Hold::into_id`](crate::Hold::into_id): charges the amount set
    /// aside. Another call returns the first outcome.
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was released, or if `keep_keys` after it was opened its end is not
    /// known any more.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?.into_id();
    /// // Later, or in another process that opens the ledger then:
    /// assert_eq!(user.settle(hold).wait()?.entry.amount, -10);
    /// assert!(user.settle(hold).wait()?.replayed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle(&self, hold: HoldId) -> Settle {
        Settle::new(&self.ledger, self.id.clone(), hold, SettleAt::Held)
    }

    /// Settles a hold by its number for this amount, like
    /// [`Hold::settle_amount`](crate::Hold::settle_amount).
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was released, `AmountOutOfRange`, `AmountNegative`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?.into_id();
    /// assert_eq!(user.settle_amount(hold, 4).wait()?.entry.amount, -4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle_amount(&self, hold: HoldId, amount: impl IntoAmount) -> Settle {
        Settle::new(&self.ledger, self.id.clone(), hold, SettleAt::Amount(amount.into_amount()))
    }

    /// Extends a hold by its number, like [`Hold::extend`](crate::Hold::extend).
    ///
    /// Rejections: `OwnerInvalid`, `HoldUnknown`, `HoldClosed` if it has ended, `HoldLimitInvalid`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// let (until, hold) = (hold.until(), hold.into_id());
    /// assert_eq!(user.extend_hold(hold, minute).wait()?, until.after(minute));
    /// # Ok(())
    /// # }
    /// ```
    pub fn extend_hold(&self, hold: HoldId, by: Duration) -> Reply<Timestamp> {
        Write::new(&self.ledger, &self.id)
            .send(Action::Extend { hold, by }, |_, _, outcome| entry::extended(&outcome))
    }

    /// Extends a hold by its number, once for an idempotency key: another call under the same key returns the first
    /// outcome.
    ///
    /// Rejections: `OwnerInvalid`, `KeyInvalid`, `IdempotencyKeyReused`, `HoldUnknown`, `HoldClosed` if it has ended,
    /// `HoldLimitInvalid`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let minute = Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// let (until, hold) = (hold.until(), hold.into_id());
    /// let extended = user.extend_hold_once(hold, minute, "job-7").wait()?;
    /// let again = user.extend_hold_once(hold, minute, "job-7").wait()?;
    /// assert_eq!((extended.until, again.until), (until.after(minute), until.after(minute)));
    /// assert!(again.replayed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn extend_hold_once(&self, hold: HoldId, by: Duration, key: impl Into<GivenKey>) -> Reply<Extended> {
        let mut write = Write::new(&self.ledger, &self.id);
        write.key(key.into());
        write.send(Action::Extend { hold, by }, |_, _, outcome| {
            Ok(Extended { until: entry::extended(&outcome)?, replayed: outcome.replayed })
        })
    }

    /// Releases a hold by its number, from [`Hold::into_id`](crate::Hold::into_id) or from
    /// [`open_holds`](Self::open_holds) for work that was cut off.
    ///
    /// Rejections: `HoldUnknown`, `HoldClosed` if it was settled or has lapsed.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?.into_id();
    /// user.release(hold).wait()?;
    /// assert_eq!((user.credits()?.get(), user.held()?.get()), (100, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn release(&self, hold: HoldId) -> Reply<Released> {
        match &self.id {
            Err(rejection) => Reply::failed(rejection.clone()),
            Ok(id) => {
                let action = Action::Release(hold);
                let command = Command::closing_hold(id.clone(), hold, action, Metadata::default());
                self.ledger.submit(command, |outcome| entry::released(&outcome))
            }
        }
    }

    /// Reads the wallet as if everything due by now were booked.
    fn now<T>(&self, read: impl FnOnce(&domain::wallet::Wallet) -> T) -> Result<T, Error> {
        self.at_now(|wallet, _| read(wallet))
    }

    /// Reads the wallet in the same way, with the instant.
    fn at_now<T>(&self, read: impl FnOnce(&domain::wallet::Wallet, Timestamp) -> T) -> Result<T, Error> {
        let (wallet, now) = self.ledger.wallet_now(self.id.as_ref().map_err(Clone::clone)?)?;
        Ok(read(&wallet.at(now), now))
    }
}

impl<C> Wallet<C> {
    /// The same owner's wallet of the asset with this name: `credits`, or that of another one. It cannot fail: a name
    /// that the pricing does not declare is rejected as `AssetUnknown` by the first read or write.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { asset gem operation step { costs 1.gem } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.of(Asset::Gems).give_credits(3).now().wait()?;
    /// assert_eq!(user.of_asset_named("gem").credits()?, 3);
    /// assert!(user.of_asset_named("coin").credits().is_err());
    /// assert!(user.of_asset_named("").credits().is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of_asset_named(&self, asset: &str) -> Self {
        let id = self.id.clone().and_then(|id| {
            let found = self.ledger.asset_named(asset);
            let unknown = || Rejection::AssetUnknown { asset: excerpt(asset) };
            found.map(|asset| WalletId { asset, ..id }).ok_or_else(unknown)
        });
        Self::new(Arc::clone(&self.ledger), id)
    }

    fn of_asset(&self, asset: &'static str) -> Self {
        Self::new(Arc::clone(&self.ledger), self.id.as_ref().map(|id| id.of(asset)).map_err(Clone::clone))
    }
}

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
        let explained = terms.and_then(|terms| explain(&terms, &charge, PaidFrom::nothing()));
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
