//! Holds: credits set aside for work in progress.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::body::Body;
use crate::domain::command::{Action, Command, SettleAt};
use crate::domain::cover::CoveredBy;
use crate::domain::ids::{Asset, HoldId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::ledger::Ledger;
use crate::engine::request::hold_guard::HoldGuard;
use crate::engine::request::reply::Reply;
use crate::engine::request::slot::Outcome;
use crate::error::{Error, LedgerError};
use crate::generated::{Pricing, asset, quote};
use crate::service::entry::{self, Released, present};
use crate::service::settle::Settle;

/// Credits set aside for work in progress: settle the hold when the work is done, release it when the work
/// failed.
///
/// Dropping a hold releases it on a best-effort basis; its limit guarantees that it ends. Settling consumes
/// the hold, so settling twice does not compile.
#[must_use = "a dropped hold is released: settle it when the work is done"]
pub struct Hold<C> {
    // Declared before `ledger` so that it is dropped first: the last handle closes the ledger.
    guard: HoldGuard,
    ledger: Arc<Ledger>,
    id: HoldId,
    wallet: WalletId,
    amount: Amount,
    covered_by: Option<Box<CoveredBy>>,
    until: Timestamp,
    replayed: bool,
    pricing: PhantomData<fn() -> C>,
}

impl<C> Hold<C> {
    pub(crate) fn of(ledger: &Arc<Ledger>, wallet: &WalletId, outcome: Outcome) -> Result<Self, Error> {
        let Outcome { frame, replayed, guard } = outcome;
        let missing = || LedgerError::damaged(format!("the frame of fact {} has no hold", frame.first()));
        let (number, fact) = frame.outcome().ok_or_else(missing)?;
        let Body::Held(held) = &fact.body else { return Err(missing().into()) };
        let id = HoldId(number);
        let guard = guard.unwrap_or_else(|| {
            // A replay: the hold belongs to an earlier handle, so dropping this one releases nothing.
            let mut guard = ledger.guard(wallet, id);
            guard.disarm();
            guard
        });
        Ok(Self {
            guard,
            ledger: Arc::clone(ledger),
            id,
            wallet: wallet.clone(),
            amount: held.amount(),
            covered_by: held.covered_by.as_ref().map(|by| Box::new(present(ledger, by))),
            until: held.until,
            replayed,
            pricing: PhantomData,
        })
    }

    /// The amount set aside; 0 if a plan covers the operation.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// assert_eq!(hold.amount(), 10);
    /// # Ok(())
    /// # }
    /// ```
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// The plan because of which nothing is set aside, with its subscription.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { subscription_plan pro { unlimited render } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// credits.subscribe("user:42", Plan::Pro).now().wait()?;
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// assert_eq!(hold.covered_by().map(|by| by.plan.as_str()), Some("pro"));
    /// assert_eq!(hold.amount(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn covered_by(&self) -> Option<&CoveredBy> {
        self.covered_by.as_deref()
    }

    /// When it lapses, unless it was extended since it was opened.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// assert!(hold.until() > credits.now());
    /// # Ok(())
    /// # }
    /// ```
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether an earlier `.hold(..)` with the same key opened it.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let spend = || user.spend_credits_on(Operation::render()).key("job-17");
    /// let hold = spend().hold(minute).wait()?;
    /// assert!(!hold.replayed() && spend().hold(minute).wait()?.replayed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn replayed(&self) -> bool {
        self.replayed
    }

    /// Charges the amount set aside. If the hold has lapsed, the charge takes the credits that it had set
    /// aside as far as they are left, then other available credits. A missing rest is the entry's shortfall,
    /// or becomes debt if the settings say `overrun debt`.
    ///
    /// Rejections: `HoldClosed` if it was released elsewhere.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let spend = user.spend_credits_on(Operation::render()).metadata(serde_json::json!({ "job": 17 }));
    /// let hold = spend.hold(std::time::Duration::from_secs(60)).wait()?;
    /// let settled = hold.settle().metadata(serde_json::json!({ "video": "v-1" })).wait()?;
    /// assert_eq!(settled.entry.metadata.value(), serde_json::json!({ "job": 17, "video": "v-1" }));
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle(self) -> Settle {
        self.settling(SettleAt::Held)
    }

    /// Charges the actual cost of the work. A cost below the amount set aside frees the rest; a cost above it
    /// takes the difference from available credits. A missing rest is the entry's shortfall, or becomes debt
    /// if the settings say `overrun debt`.
    ///
    /// Rejections: `HoldClosed` if it was released elsewhere, `HoldOfAnotherAsset`, those of the operation's cost.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation transcribe { costs 3.credits_per(minute) } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let limit = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::transcribe(10)).hold(limit).wait()?;
    /// assert_eq!(hold.settle_for(Operation::transcribe(7)).wait()?.entry.amount, -21);
    /// assert_eq!(user.credits()?, 79);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle_for(self, operation: impl Borrow<C::Operation>) -> Settle
    where
        C: Pricing,
    {
        let operation = operation.borrow();
        let mut quote = quote::<C>(operation, &self.ledger);
        let (asset, held) = (Asset::of(asset::<C>(operation)), &self.wallet.asset);
        if asset != *held {
            let (operation, asset, held) = (quote.operation.to_owned(), asset.shown(), held.shown());
            quote.charge = Err(Rejection::HoldOfAnotherAsset { operation, asset, held });
        }
        self.settling(SettleAt::Quote(Box::new(quote)))
    }

    /// Charges this amount, like [`settle_for`](Self::settle_for).
    ///
    /// Rejections: `HoldClosed` if it was released elsewhere, `AmountOutOfRange`, `AmountNegative`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// assert_eq!(hold.settle_amount(4).wait()?.entry.amount, -4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn settle_amount(self, amount: impl IntoAmount) -> Settle {
        self.settling(SettleAt::Amount(amount.into_amount()))
    }

    /// Extends the hold by this duration and returns its new limit. In total a hold can be open for up to
    /// `hold_limit_max` of the settings.
    ///
    /// Rejections: `HoldClosed` if it has ended, `HoldLimitInvalid`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let mut hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// assert_eq!(hold.extend(minute).wait()?, hold.until().after(minute));
    /// # Ok(())
    /// # }
    /// ```
    pub fn extend(&mut self, by: Duration) -> Reply<Timestamp> {
        let key = self.ledger.generated_key();
        let action = Action::Extend { hold: self.id, by };
        let command = Command::new(self.wallet.clone(), key, action, Metadata::default());
        self.ledger.submit(command, |outcome| entry::extended(&outcome))
    }

    /// Releases the hold, so that its credits are free again.
    ///
    /// Rejections: `HoldClosed` if it was settled elsewhere or has lapsed.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// hold.release().wait()?;
    /// assert_eq!((user.credits()?.get(), user.held()?.get()), (100, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn release(mut self) -> Reply<Released> {
        // Disarmed before the command is sent, so that the drop of the guard does not release the hold too.
        self.guard.disarm();
        let action = Action::Release(self.id);
        let command = Command::closing_hold(self.wallet.clone(), self.id, action, Metadata::default());
        self.ledger.submit(command, |outcome| entry::released(&outcome))
    }

    /// The number of the hold.
    pub(crate) fn id(&self) -> HoldId {
        self.id
    }

    /// Returns the number of the hold, to settle or release it elsewhere with
    /// [`Wallet::settle`](crate::Wallet::settle) or [`Wallet::release`](crate::Wallet::release). The hold
    /// stays open until then, or until its limit.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).hold(minute).wait()?;
    /// let id = hold.into_id();
    /// // The hold is open although its handle is gone.
    /// assert_eq!(user.open_holds()?[0].id, id);
    /// user.settle(id).wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_id(mut self) -> HoldId {
        self.guard.disarm();
        self.id
    }

    fn settling(self, at: SettleAt) -> Settle {
        let Self { guard, ledger, id, wallet, .. } = self;
        Settle::new(&ledger, Ok(wallet), id, at).guarded(guard)
    }
}

impl<C> fmt::Debug for Hold<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("id", &self.id)
            .field("amount", &self.amount)
            .field("until", &self.until)
            .field("replayed", &self.replayed)
            .finish_non_exhaustive()
    }
}
