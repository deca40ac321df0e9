//! Low balances: lists the owners whose balance is below the highest threshold.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::ids::{self, Owner};
use crate::domain::limits::OWNERS_PAGE_MAX;
use crate::domain::owner_range::OwnerRange;
use crate::domain::rejection::Rejection;
use crate::engine::ledger::Ledger;
use crate::error::Error;
use crate::generated::{Asset as _, Pricing};
use crate::service::credits::Credits;
use crate::service::reads::owners::owner_options;

/// A query of the owners with a low balance, in the order of the bytes of their names: finish with
/// [`page`](Self::page).
#[must_use = "nothing is read until `.page()`"]
pub struct LowBalances<C> {
    ledger: Arc<Ledger>,
    asset: ids::Asset,
    prefix: String,
    after: Option<Result<Owner, Rejection>>,
    limit: usize,
    pricing: PhantomData<fn() -> C>,
}

/// A page of owners with a low balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LowBalancesPage {
    /// The owners with their balances, up to the [`limit`](LowBalances::limit) of the query.
    pub owners: Vec<LowBalance>,
    /// The owner to continue [`after`](LowBalances::after); `None` after the last page.
    pub next: Option<Owner>,
}

/// An owner with a low balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LowBalance {
    /// The owner.
    pub owner: Owner,
    /// The balance, without work that is due and not booked yet, as in [`LowBalanceReached`](crate::events::LowBalanceReached).
    pub balance: Amount,
    /// The highest threshold of the asset.
    pub threshold: Amount,
}

impl<C> Credits<C> {
    /// A query of the owners whose balance is below the highest `low_balance_threshold` of the settings: of credits, or
    /// of another asset with [`of`](LowBalances::of). Empty wallets are listed too, if they ever had an entry; without
    /// a threshold nobody is.
    ///
    /// A page takes about 2 microseconds an owner. When the thresholds of an asset change, the next opening reads
    /// every wallet, in about 3 seconds for a million.
    ///
    /// ```
    /// # credits_runtime::usage_credits! {
    /// settings { low_balance_threshold 50.credits }
    /// # operation step { costs 1.credit }
    /// # }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// credits.wallet("user:1").give_credits(100).now().wait()?;
    /// credits.wallet("user:2").give_credits(20).now().wait()?;
    /// let page = credits.low().page()?;
    /// assert_eq!((page.owners[0].owner.as_str(), page.owners[0].balance.get()), ("user:2", 20));
    /// assert_eq!((page.owners.len(), page.next), (1, None));
    /// # Ok(())
    /// # }
    /// ```
    pub fn low(&self) -> LowBalances<C> {
        LowBalances {
            ledger: Arc::clone(&self.ledger),
            asset: ids::Asset::credits(),
            prefix: String::new(),
            after: None,
            limit: 50,
            pricing: PhantomData,
        }
    }
}

impl<C: Pricing> LowBalances<C> {
    /// Lists balances of this asset.
    pub fn of(mut self, asset: C::Asset) -> Self {
        self.asset = ids::Asset::named(asset.name());
        self
    }
}

impl<C> LowBalances<C> {
    owner_options!();

    /// Lists balances of the asset with this name: `credits`, or that of another one. Of an asset that the pricing does
    /// not declare nobody is listed.
    pub fn asset(mut self, name: &str) -> Self {
        self.asset = ids::Asset::of_shown(name);
        self
    }

    /// Reads the page.
    ///
    /// Errors: `OwnerInvalid` of [`after`](Self::after), then the ledger's.
    pub fn page(mut self) -> Result<LowBalancesPage, Error> {
        let (range, Self { ledger, asset, limit, .. }) = (self.range()?, self);
        let mut owners: Vec<LowBalance> = Vec::new();
        for (id, wallet) in ledger.low(&asset, range)? {
            let Some(threshold) = ledger.low_balance_threshold(&id) else { continue };
            owners.push(LowBalance { owner: id.owner, balance: wallet.balance, threshold });
        }
        let has_more = owners.len() > limit;
        owners.truncate(limit);
        let next = owners.last().filter(|_| has_more).map(|last| last.owner.clone());
        Ok(LowBalancesPage { owners, next })
    }
}
