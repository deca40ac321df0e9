//! Moving a ledger from its file into a database, and back.

use std::path::Path;

use crate::engine::postgres::moving::move_from_file;
use crate::engine::postgres::moving_out::Leaving;
use crate::engine::verify::{Verified, VerifyProgress};
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::credits::Credits;
use crate::service::report;

/// A step of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoveStep {
    /// The ledger that is moved is verified.
    VerifySource,
    /// Its facts are moved.
    Move,
    /// The moved ledger is verified.
    VerifyTarget,
}

/// The progress of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MoveProgress {
    /// The present step.
    pub step: MoveStep,
    /// Facts that the step has read.
    pub facts: u64,
    /// Facts of the ledger.
    pub of: u64,
}

/// A moved ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// Its facts.
    pub facts: u64,
    /// Its wallets, each with the balance and the grants that it had.
    pub wallets: u64,
}

impl Credits<()> {
    /// Moves the ledger in a file into a database, whose tables are made or empty: stop the application, move its ledger, and
    /// start it with [`connect`](Self::connect) in place of [`open`](Self::open). Balances, grants, holds, transfers, history,
    /// keys, billing and the positions of subscribers are what they were, and their ids stay good. The file is read only, and
    /// is left as it is: keep it as a backup, and open it no more.
    ///
    /// The file is verified first. The facts then move in transactions of about 2,000, and a move that was interrupted
    /// continues after the last one when it is run again. The moved ledger is verified, and each of its wallets is compared
    /// with the file's, before the move is complete: until then no program opens the database. A head of the file is not one of
    /// the database: take a new one. `progress` is called on this thread.
    ///
    /// Errors: those of [`open_read_only_without_pricing`](Self::open_read_only_without_pricing), such as
    /// [`Locked`](crate::LedgerErrorKind::Locked) while a program has the file open;
    /// [`Damaged`](crate::LedgerErrorKind::Damaged) with the first contradiction of the file or of the moved ledger;
    /// [`NotALedger`](crate::LedgerErrorKind::NotALedger) if the database has entries of another ledger, if this one was moved
    /// into it before, or if the file has changed since an interrupted move began;
    /// [`Locked`](crate::LedgerErrorKind::Locked) if a program has the database open, or another one moves into it;
    /// [`Io`](crate::LedgerErrorKind::Io) if the database cannot be reached or refuses.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), credits_runtime::Error> {
    /// use credits_runtime::Credits;
    ///
    /// let moved = Credits::move_to_database("studio.redb", "postgres://owner@localhost/app", |_| ())?;
    /// println!("{} wallets", moved.wallets);
    /// # Ok(())
    /// # }
    /// ```
    pub fn move_to_database(
        file: impl AsRef<Path>,
        url: impl Into<String>,
        mut progress: impl FnMut(MoveProgress),
    ) -> Result<Moved, Error> {
        let url = url.into();
        let source = Self::open_read_only_without_pricing(file)?;
        let mut report = |step, VerifyProgress { facts, of }| progress(MoveProgress { step, facts, of });
        let before = report::verified(&source.ledger, |it| report(MoveStep::VerifySource, it))?;
        let arriving = move_from_file(source.ledger.core(), &url, &mut |it| report(MoveStep::Move, it))?;
        let target = Self::connect_arriving(&url)?;
        let after = report::verified(&target.ledger, |it| report(MoveStep::VerifyTarget, it))?;
        check_counts(
            ("file", before),
            ("database", after),
            "is opened by no program: empty its schema, and move the ledger again",
        )?;
        let wallets = arriving.compare()?;
        arriving.complete()?;
        Ok(Moved { facts: after.facts, wallets })
    }

    /// Moves the ledger in a database into a new file: stop every program that writes it, move its ledger, and start the
    /// application with [`open`](Self::open) in place of [`connect`](Self::connect). Balances, grants, open holds, history,
    /// keys and billing are what they were. The database is only read, and is left as it is: write to it no more.
    ///
    /// A file numbers its facts without gaps, so that entries, holds and transfers get new ids, greater than all before. An
    /// id that the application stored is unknown in the file, and never another one's: find open holds with
    /// [`open_holds`](crate::Wallet::open_holds), and transfers and charges in the history. Only a ledger that was moved into
    /// the database and not written since keeps its ids. A head of the database is not one of the file: take a new one. A
    /// subscriber continues with the earliest fact that it has not received, so that it receives some events again unless it had
    /// received all.
    ///
    /// The database is verified first. The moved ledger is verified, and each of its wallets is compared with the
    /// database's, before the file gets its name: until then nothing is at the path. `progress` is called on this thread.
    ///
    /// Errors: [`Io`](crate::LedgerErrorKind::Io) if there is a file at the path already, which is left as it is; those of
    /// [`connect_read_only_without_pricing`](Self::connect_read_only_without_pricing);
    /// [`Locked`](crate::LedgerErrorKind::Locked) while a program writes the database, up to a minute after one was killed, and
    /// if one wrote it meanwhile; [`Damaged`](crate::LedgerErrorKind::Damaged) with the first contradiction of the database or
    /// of the moved ledger; [`Io`](crate::LedgerErrorKind::Io) if the file cannot be written, or the database cannot be read.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), credits_runtime::Error> {
    /// use credits_runtime::Credits;
    ///
    /// let moved = Credits::move_to_file("postgres://reader@localhost/app", "studio.redb", |_| ())?;
    /// println!("{} wallets", moved.wallets);
    /// # Ok(())
    /// # }
    /// ```
    pub fn move_to_file(
        url: impl Into<String>,
        path: impl AsRef<Path>,
        mut progress: impl FnMut(MoveProgress),
    ) -> Result<Moved, Error> {
        let (url, path) = (url.into(), path.as_ref());
        if path.symlink_metadata().is_ok() {
            return Err(exists(path).into());
        }
        let source = Self::connect_read_only_without_pricing(&*url)?;
        let mut report = |step, VerifyProgress { facts, of }| progress(MoveProgress { step, facts, of });
        let leaving = Leaving::begin(source.ledger.core(), &url)?;
        let before = report::verified(&source.ledger, |it| report(MoveStep::VerifySource, it))?;
        let moved = leaving.write(path, &mut |it| report(MoveStep::Move, it))?;
        let after = moved.verify(|it| report(MoveStep::VerifyTarget, it))?;
        check_counts(("database", before), ("file", after), "was not made")?;
        let wallets = leaving.compare(&moved)?;
        leaving.finish(moved, path)?;
        Ok(Moved { facts: after.facts, wallets })
    }
}

/// Fails if a moved ledger has other counts. The file also indexes the keys that the database has forgotten.
fn check_counts(
    (from, before): (&str, Verified),
    (to, after): (&str, Verified),
    state: &str,
) -> Result<(), LedgerError> {
    let counts = |Verified { facts, frames, wallets, grants, keys: _ }| {
        format!("{facts} facts in {frames} frames, {wallets} wallets and {grants} grants")
    };
    let (before, after) = (counts(before), counts(after));
    if before == after {
        return Ok(());
    }
    Err(LedgerError::damaged(format!("its {from} has {before}, and the {to}, which {state}, has {after}")))
}

fn exists(path: &Path) -> LedgerError {
    let message =
        format!("there is a file `{}`, which is left as it is: name one that does not exist", path.display());
    LedgerError::new(LedgerErrorKind::Io, message)
}
