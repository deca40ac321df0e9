//! The wallet of one owner, and what it has.

mod prices;
mod state;
mod writes;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::domain;
use crate::domain::amount::{Amount, IntoAmount};
use crate::domain::ids::{WalletId, excerpt};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::ledger::Ledger;
use crate::engine::request::reply::Reply;
use crate::error::Error;
use crate::service::billing::{self, CycleUse, Purchase, Subscription};
use crate::service::history::{self, History};

pub use state::{GrantSummary, HoldSummary, WalletState};

/// One owner's credits: a name and a handle on the ledger, cheap to make and to clone.
pub struct Wallet<C> {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) id: Result<WalletId, Rejection>,
    pricing: PhantomData<fn() -> C>,
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
