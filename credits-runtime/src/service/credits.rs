//! Opening and closing a ledger.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use crate::domain::catalogue::CatalogueData;
use crate::domain::ids::{Owner, WalletId};
use crate::domain::policy::Policy;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::ledger::{Ledger, Place, Statistics};
use crate::error::Error;
use crate::generated::Pricing;
use crate::service::wallet::Wallet;

/// A handle on an open ledger; cheap to clone. The last one dropped closes the file.
///
/// Applications use the alias that `usage_credits!` generates.
///
/// ```
/// use credits_runtime::usage_credits;
///
/// usage_credits! {
///     operation generate_image { costs 50.credits }
/// }
///
/// let credits = Credits::in_memory()?;
/// let user = credits.wallet("user:42");
/// user.give_credits(100).now().wait()?;
/// user.spend_credits_on(Operation::GenerateImage).now().wait()?;
/// assert_eq!(user.credits()?, 50);
/// # Ok::<(), credits_runtime::Error>(())
/// ```
pub struct Credits<C> {
    ledger: Arc<Ledger>,
    pricing: PhantomData<fn() -> C>,
}

/// How to open a ledger, where the defaults are not right.
#[must_use = "nothing is opened until `.open(..)` or `.in_memory()`"]
pub struct CreditsBuilder<C> {
    clock: Arc<dyn Clock>,
    pricing: PhantomData<fn() -> C>,
}

impl<C: Pricing> Credits<C> {
    /// Opens the ledger in this file, or creates it. One handle at a time: clone it, or use
    /// [`shared`](Self::shared).
    ///
    /// Errors: [`Locked`](crate::LedgerErrorKind::Locked), [`Empty`](crate::LedgerErrorKind::Empty),
    /// [`NotALedger`](crate::LedgerErrorKind::NotALedger), [`NewerVersion`](crate::LedgerErrorKind::NewerVersion),
    /// [`Damaged`](crate::LedgerErrorKind::Damaged), [`Io`](crate::LedgerErrorKind::Io).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().open(path)
    }

    /// A ledger that is gone when its last handle is: for tests and previews.
    pub fn in_memory() -> Result<Self, Error> {
        Self::builder().in_memory()
    }

    /// The process-wide handle of this pricing: opened by the first call, the same afterwards. It lives as long
    /// as the process; [`close`](Self::close) it before exiting, so that the next opening is quick.
    ///
    /// Errors: as [`open`](Self::open), then [`SharedElsewhere`](crate::LedgerErrorKind::SharedElsewhere) if it
    /// was opened with another path.
    pub fn shared(path: impl AsRef<Path>) -> Result<&'static Self, Error> {
        C::shared().get_or_open(path.as_ref())
    }

    /// Opening with another clock.
    pub fn builder() -> CreditsBuilder<C> {
        CreditsBuilder { clock: Arc::new(SystemClock), pricing: PhantomData }
    }
}

impl<C> Credits<C> {
    /// The wallet of this owner, which need not have been used before. Cannot fail: an owner that the ledger
    /// cannot name is rejected as `OwnerInvalid` by the first read or write.
    pub fn wallet(&self, owner: impl AsRef<str>) -> Wallet<C> {
        Wallet::new(Arc::clone(&self.ledger), Owner::new(owner.as_ref()).map(WalletId::of_credits))
    }

    /// The id that the ledger was given when it was created, as 32 hexadecimal digits.
    pub fn ledger_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.ledger.id()))
    }

    /// What the writer has done since the ledger was opened.
    pub fn statistics(&self) -> Statistics {
        self.ledger.statistics()
    }

    /// Does what was asked, then closes the file, whoever else has a handle: theirs answer
    /// [`Closed`](crate::LedgerErrorKind::Closed) from then on. Dropping the last handle closes too, but cannot
    /// report an error.
    pub fn close(&self) -> Result<(), Error> {
        Ok(self.ledger.close()?)
    }
}

impl<C: Pricing> CreditsBuilder<C> {
    /// Takes the time from this clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// As [`Credits::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Credits<C>, Error> {
        self.open_at(&Place::File(path.as_ref()))
    }

    /// As [`Credits::in_memory`].
    pub fn in_memory(self) -> Result<Credits<C>, Error> {
        self.open_at(&Place::Memory)
    }

    /// Opens the ledger that this backend keeps, or creates it if the backend is empty: for tests of what
    /// happens when disks fail.
    #[cfg(feature = "testing")]
    pub fn open_on(self, backend: impl crate::testing::Backend) -> Result<Credits<C>, Error> {
        let (terms, policy) = declared::<C>();
        let ledger = Ledger::open_on(backend, self.clock, &terms, policy)?;
        Ok(Credits { ledger, pricing: PhantomData })
    }

    fn open_at(self, place: &Place<'_>) -> Result<Credits<C>, Error> {
        let (terms, policy) = declared::<C>();
        let ledger = Ledger::open(place, self.clock, &terms, policy)?;
        Ok(Credits { ledger, pricing: PhantomData })
    }
}

/// What the application declares.
fn declared<C: Pricing>() -> (CatalogueData, Policy) {
    (CatalogueData::from(C::CATALOGUE).terms(), Policy::of(&C::CATALOGUE.settings))
}

impl<C> Clone for Credits<C> {
    fn clone(&self) -> Self {
        Self { ledger: Arc::clone(&self.ledger), pricing: PhantomData }
    }
}

impl<C> fmt::Debug for Credits<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credits").field("ledger_id", &self.ledger_id()).finish_non_exhaustive()
    }
}
