//! Opening a ledger without its application's pricing: under the newest terms that it was opened with.
//!
//! It does not know operations, which need the application's types.

use std::path::Path;
use std::sync::Arc;

use credits_core::Wording;

use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::kept_settings;
use crate::domain::policy::Policy;
use crate::engine::clock::SystemClock;
use crate::engine::ledger::{Ledger, Location, Opening};
#[cfg(feature = "postgres")]
use crate::engine::postgres::opening::{Connecting, Role, last_terms, migrate};
use crate::engine::request::inbox::Queue;
use crate::engine::store::Locking;
use crate::engine::tuning::Tuning;
use crate::engine::wallets::budget::MemoryBudget;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::credits::Credits;

impl Credits<()> {
    /// Opens an existing ledger without its pricing, for tools that read and administer the ledger of any application: under
    /// the newest terms that it was opened with, which its journal keeps. An application that went back to older terms is not
    /// noticed: open such a ledger with its pricing. It declares no catalogue and creates no file. What
    /// comes due is booked as the application books it; events of billing that wait for a price of the application wait on.
    ///
    /// The words of those terms stay in memory until the process ends.
    ///
    /// Errors: [`Io`](LedgerErrorKind::Io) if there is no file; then as [`open`](Self::open), and
    /// [`NewerVersion`](LedgerErrorKind::NewerVersion) for terms of a later version.
    ///
    /// ```
    /// use credits_runtime::Credits;
    ///
    /// # mod app { credits_runtime::usage_credits! { operation step { costs 1.credit } } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("studio.redb");
    /// let studio = app::Credits::open(&path)?;
    /// studio.wallet("user:42").give_credits(100).now().wait()?;
    /// studio.close()?;
    ///
    /// let credits = Credits::open_without_pricing(&path)?;
    /// credits.wallet("user:42").deduct_credits(30, "given twice").now().wait()?;
    /// assert_eq!(credits.wallet("user:42").credits()?, 70);
    /// assert_eq!(credits.catalogues()?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_without_pricing(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let opening = opening(Ledger::last_terms(path)?, &path.display().to_string())?;
        Ok(Self::of(Ledger::open(&Location::File(path), opening)?))
    }

    /// Opens an existing ledger without its pricing and for reading only, as [`open_read_only`](Self::open_read_only) does.
    ///
    /// Errors: as [`open_without_pricing`](Self::open_without_pricing).
    ///
    /// ```
    /// use credits_runtime::Credits;
    ///
    /// # mod app { credits_runtime::usage_credits! { operation step { costs 1.credit } } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("studio.redb");
    /// let studio = app::Credits::open(&path)?;
    /// studio.wallet("user:42").give_credits(100).now().wait()?;
    /// studio.close()?;
    ///
    /// let credits = Credits::open_read_only_without_pricing(&path)?;
    /// assert_eq!(credits.wallet("user:42").credits()?, 100);
    /// assert!(credits.wallet("user:42").give_credits(1).now().wait().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_read_only_without_pricing(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let opening = opening(Ledger::last_terms(path)?, &path.display().to_string())?;
        Ok(Self::of(Ledger::open_read_only(path, opening)?))
    }
}

#[cfg(feature = "postgres")]
impl Credits<()> {
    /// Opens the ledger in a database without its pricing, with one lane, as
    /// [`open_without_pricing`](Self::open_without_pricing) opens a file: under the terms that the application works with. What
    /// is due is left to the application.
    ///
    /// Errors: those of [`connect`](Self::connect), and [`NewerVersion`](LedgerErrorKind::NewerVersion) for terms of a later
    /// version.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), credits_runtime::Error> {
    /// use credits_runtime::Credits;
    ///
    /// let credits = Credits::connect_without_pricing("postgres://app@localhost/app")?;
    /// credits.wallet("user:42").deduct_credits(30, "given twice").now().wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect_without_pricing(url: impl Into<String>) -> Result<Self, Error> {
        connected(&url.into(), Connecting { lanes: 1, role: Role::Tool, ..Connecting::DEFAULT })
    }

    /// Opens the ledger in a database without its pricing and for reading only, as
    /// [`connect_read_only`](Self::connect_read_only) does.
    ///
    /// Errors: as [`connect_without_pricing`](Self::connect_without_pricing).
    ///
    /// ```no_run
    /// # fn main() -> Result<(), credits_runtime::Error> {
    /// use credits_runtime::Credits;
    ///
    /// let credits = Credits::connect_read_only_without_pricing("postgres://reader@localhost/app")?;
    /// println!("{}", credits.wallet("user:42").credits()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect_read_only_without_pricing(url: impl Into<String>) -> Result<Self, Error> {
        connected(&url.into(), Connecting { role: Role::Reader, ..Connecting::DEFAULT })
    }

    /// Opens a ledger for reading whose move into the database is not complete yet.
    pub(crate) fn connect_arriving(url: &str) -> Result<Self, Error> {
        connected(url, Connecting { role: Role::Reader, is_arriving: true, ..Connecting::DEFAULT })
    }

    /// Makes the tables of a ledger in a database, if they are missing, as [`migrate`](crate::CreditsBuilder::migrate) does
    /// on connecting: for a deployment whose application may not make tables.
    ///
    /// Errors: [`NotALedger`](LedgerErrorKind::NotALedger) if the schema has other tables of their names,
    /// [`NewerVersion`](LedgerErrorKind::NewerVersion), [`Io`](LedgerErrorKind::Io) if the database cannot be reached or
    /// refuses.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), credits_runtime::Error> {
    /// credits_runtime::Credits::make_tables("postgres://owner@localhost/app")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn make_tables(url: impl Into<String>) -> Result<(), Error> {
        Ok(migrate(&url.into())?)
    }
}

/// Opens the ledger of a database under its last terms.
#[cfg(feature = "postgres")]
fn connected(url: &str, connecting: Connecting) -> Result<Credits<()>, Error> {
    let opening = opening(last_terms(url, &connecting)?, "the ledger")?;
    Ok(Credits::of(Ledger::connect(url, &connecting, None, opening)?))
}

/// The options of an opening under the last terms of a ledger, which has a name.
fn opening(terms: CatalogueData, ledger: &str) -> Result<Opening, LedgerError> {
    let settings = kept_settings::settings(&terms).ok_or_else(|| {
        let message = format!(
            "the settings of `{ledger}` have words that this version does not know: use a version as new as the application's"
        );
        LedgerError::new(LedgerErrorKind::NewerVersion, message)
    })?;
    Ok(Opening {
        clock: Arc::new(SystemClock),
        policy: Policy::of(&settings),
        // Records keep the terms of the prices that they name.
        prices: PriceList::default(),
        wording: Wording { credits_named: settings.credits_named, assets: kept_settings::assets(&terms) },
        terms,
        clock_confirmed: false,
        restored_accepted: false,
        locking: Locking::Required,
        tuning: Tuning::DEFAULT,
        memory: MemoryBudget::DEFAULT,
        queue: Queue::DEFAULT,
    })
}
