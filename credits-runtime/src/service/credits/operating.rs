//! What operators do with a ledger: sums, verification, backups, exports.

use std::path::Path;

use super::Credits;
use crate::engine::core::Statistics;
use crate::engine::verify::{Verified, VerifyProgress};
use crate::error::Error;
use crate::service::export::{self, ExportFormat};
use crate::service::report::{self, AccountTotal, Head};

impl<C> Credits<C> {
    /// Restores a backup: copies it to a path where no file exists, once all of it is
    /// [verified](Self::verify). A log that a former ledger left beside that path is renamed. Writes made
    /// after the backup are lost: send those commands again under their keys.
    ///
    /// Errors: those of [`open`](Self::open) about the backup,
    /// [`LogMissing`](crate::LedgerErrorKind::LogMissing) if it is a ledger that was not closed,
    /// [`Damaged`](crate::LedgerErrorKind::Damaged), [`Io`](crate::LedgerErrorKind::Io), also if `to` exists
    /// already.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::open(&path)?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let (backup, restored) = (folder.path().join("backup.redb"), folder.path().join("restored.redb"));
    /// credits.backup(&backup)?;
    ///
    /// let verified = Credits::restore(&backup, &restored)?;
    /// assert_eq!(verified.wallets, 1);
    /// assert_eq!(Credits::open(&restored)?.wallet("user:42").credits()?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore(backup: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Verified, Error> {
        report::restore(backup.as_ref(), to.as_ref())
    }

    /// The sums of all entries, by asset and counter-account: the charged operation, or the category of the
    /// entries. For each asset they add up to the balances of all wallets, without the accounts of charges that
    /// plans covered (`is_covered`).
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// let outstanding: i128 = credits.totals()?.iter().map(|total| total.amount).sum();
    /// assert_eq!(outstanding.abs(), 90);
    /// # Ok(())
    /// # }
    /// ```
    pub fn totals(&self) -> Result<Vec<AccountTotal>, Error> {
        self.ledger.check_open()?;
        Ok(report::totals(&self.ledger))
    }

    /// Derives every record from the journal again and compares it with the stored one: wallets, keys,
    /// totals, the parts of every grant, every price that needs no Rust expression, and the chain of hashes.
    /// Returns counts of the verified records.
    ///
    /// It takes about a second per million entries, and memory for every wallet. While it runs, freed space
    /// in the file is not reused.
    ///
    /// Errors: [`Damaged`](crate::LedgerErrorKind::Damaged) with the first contradiction, and the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let verified = credits.verify()?;
    /// assert_eq!((verified.wallets, verified.grants), (1, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify(&self) -> Result<Verified, Error> {
        self.verify_with(|_| ())
    }

    /// [`verify`](Self::verify) for a program that shows how far it is: `progress` is called on this thread after each block of
    /// the journal, at most once for each commit.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # credits.wallet("user:42").give_credits(10).now().wait()?;
    /// let verified = credits.verify_with(|progress| eprint!("\r{} of {} facts", progress.facts, progress.of))?;
    /// assert_eq!(verified.wallets, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Errors: those of [`verify`](Self::verify).
    pub fn verify_with(&self, progress: impl FnMut(VerifyProgress)) -> Result<Verified, Error> {
        report::verified(&self.ledger, progress)
    }

    /// Returns the current head of the journal's hash chain. Store it elsewhere, and
    /// [`check_head`](Self::check_head) shows later that no earlier fact was changed.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let head = credits.head()?.to_string(); // keep it where the ledger's machine cannot write
    /// credits.check_head(&head.parse()?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn head(&self) -> Result<Head, Error> {
        Ok(report::head(&self.ledger)?)
    }

    /// Recomputes the hash chain up to a stored head and compares the two.
    ///
    /// Errors: [`HeadDisagrees`](crate::LedgerErrorKind::HeadDisagrees), and the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let head = credits.head()?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// credits.check_head(&head)?; // what was there then is unchanged
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_head(&self, head: &Head) -> Result<(), Error> {
        Ok(report::check_head(&self.ledger, head)?)
    }

    /// Copies the current committed state to a new file, completely or not at all, while the ledger stays in
    /// use. The copy is a ledger itself. While the copy is made, freed space in the file is not reused.
    ///
    /// Errors: [`Io`](crate::LedgerErrorKind::Io), also if `to` exists already.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::open(&path)?;
    /// let backup = folder.path().join("backup.redb");
    /// credits.backup(&backup)?; // other threads go on writing
    /// assert!(backup.exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<(), Error> {
        report::backup(&self.ledger, to.as_ref())
    }

    /// Writes every entry of every wallet, in the order of the journal, and returns their number.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// use credits_runtime::ExportFormat;
    ///
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let mut csv = Vec::new();
    /// assert_eq!(credits.export(ExportFormat::Csv, &mut csv)?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn export(&self, format: ExportFormat, writer: impl std::io::Write) -> Result<u64, Error> {
        export::export(&self.ledger, format, writer)
    }

    /// Counts and sizes of the open ledger, for a page of figures and for metrics.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let statistics = credits.statistics();
    /// assert_eq!((statistics.commits, statistics.queued), (1, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn statistics(&self) -> Statistics {
        self.ledger.statistics()
    }
}
