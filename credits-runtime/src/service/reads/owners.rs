//! Owners: lists the owners of wallets by name.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{Owner, WalletId};
use crate::domain::limits::OWNERS_PAGE_MAX;
use crate::domain::owner_range::OwnerRange;
use crate::domain::rejection::Rejection;
use crate::engine::ledger::Ledger;
use crate::error::Error;
use crate::service::credits::Credits;

/// Options of a query whose pages list owners, and the range that they name.
macro_rules! owner_options {
    () => {
        /// Returns only owners whose names begin with this text.
        pub fn starting_with(mut self, prefix: impl Into<String>) -> Self {
            self.prefix = prefix.into();
            self
        }

        /// Continues after an owner, which need not have a wallet.
        pub fn after(mut self, owner: impl AsRef<str>) -> Self {
            let name = owner.as_ref();
            // Pages may end at an owner of a name that is no longer valid for new ones.
            self.after = Some(Owner::stored(name).map_or_else(|| Owner::new(name), Ok));
            self
        }

        /// The maximum number of owners on a page, from 1 to 1,000; 50 unless set. Other values are clamped.
        pub fn limit(mut self, owners: usize) -> Self {
            self.limit = owners.clamp(1, OWNERS_PAGE_MAX);
            self
        }

        /// The range of a page, with one owner more, which tells whether another page follows.
        fn range(&mut self) -> Result<OwnerRange, Rejection> {
            let (prefix, after) = (std::mem::take(&mut self.prefix), self.after.take().transpose()?);
            Ok(OwnerRange { prefix, after, max: self.limit.saturating_add(1) })
        }
    };
}
pub(super) use owner_options;

/// A query of the ledger's owners, in the order of the bytes of their names: finish with [`page`](Self::page).
#[must_use = "nothing is read until `.page()`"]
pub struct Owners {
    ledger: Arc<Ledger>,
    prefix: String,
    after: Option<Result<Owner, Rejection>>,
    limit: usize,
}

/// A page of owners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnersPage {
    /// The owners, up to the [`limit`](Owners::limit) of the query.
    pub owners: Vec<Owner>,
    /// The owner to continue [`after`](Owners::after); `None` after the last page.
    pub next: Option<Owner>,
}

impl<C> Credits<C> {
    /// A query of the owners that have had credits of any asset, wallets that were emptied included.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// for owner in ["team:1", "user:1", "user:2"] {
    ///     credits.wallet(owner).give_credits(10).now().wait()?;
    /// }
    /// let page = credits.owners().starting_with("user:").limit(1).page()?;
    /// assert_eq!(page.owners[0].as_str(), "user:1");
    /// let rest = credits.owners().starting_with("user:").after(page.next.unwrap()).page()?;
    /// assert_eq!((rest.owners.len(), rest.next), (1, None));
    /// # Ok(())
    /// # }
    /// ```
    pub fn owners(&self) -> Owners {
        Owners { ledger: Arc::clone(&self.ledger), prefix: String::new(), after: None, limit: 50 }
    }

    /// The names of the assets of which an owner has had any: `credits`, or the names of other ones.
    ///
    /// Errors: `OwnerInvalid`, then the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { asset gem operation polish { costs 1.gem } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.wallet("user:42").of(Asset::Gems).give_credits(3).now().wait()?;
    /// assert_eq!(credits.assets_of("user:42")?, ["gem"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn assets_of(&self, owner: impl AsRef<str>) -> Result<Vec<String>, Error> {
        let owner = Owner::new(owner.as_ref())?;
        let mut held = Vec::new();
        for asset in self.ledger.assets() {
            let id = WalletId::of_asset(asset.clone(), owner.clone());
            if self.ledger.wallet(&id)?.has_entries() {
                held.push(asset.shown());
            }
        }
        Ok(held)
    }
}

impl Owners {
    owner_options!();

    /// Reads the page.
    ///
    /// Errors: `OwnerInvalid` of [`after`](Self::after), then the ledger's.
    pub fn page(mut self) -> Result<OwnersPage, Error> {
        let (range, Self { ledger, limit, .. }) = (self.range()?, self);
        let mut owners = BTreeSet::new();
        for asset in ledger.assets() {
            owners.extend(ledger.owners_of(&asset, &range)?);
        }
        let has_more = owners.len() > limit;
        let owners: Vec<Owner> = owners.into_iter().take(limit).collect();
        let next = owners.last().filter(|_| has_more).cloned();
        Ok(OwnersPage { owners, next })
    }
}
