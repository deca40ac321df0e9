//! Moving a ledger from its file into a database.

use std::path::Path;

use crate::engine::postgres::moving::{compare_wallets, move_from_file};
use crate::engine::verify::VerifyProgress;
use crate::error::Error;
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
    /// continues after the last one when it is run again; until it is complete, no program opens the database. The moved
    /// ledger is verified, and each of its wallets is compared with the file's. `progress` is called on this thread.
    ///
    /// Errors: those of [`open_read_only_without_pricing`](Self::open_read_only_without_pricing), such as
    /// [`Locked`](crate::LedgerErrorKind::Locked) while a program has the file open;
    /// [`Damaged`](crate::LedgerErrorKind::Damaged) with the first contradiction of the file or of the moved ledger;
    /// [`NotALedger`](crate::LedgerErrorKind::NotALedger) if the database has entries already;
    /// [`Locked`](crate::LedgerErrorKind::Locked) if another program moves into it;
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
        report::verified(&source.ledger, |it| report(MoveStep::VerifySource, it))?;
        move_from_file(source.core(), &url, &mut |it| report(MoveStep::Move, it))?;
        let target = Self::connect_read_only_without_pricing(&*url)?;
        let verified = report::verified(&target.ledger, |it| report(MoveStep::VerifyTarget, it))?;
        let wallets = compare_wallets(source.core(), &url)?;
        Ok(Moved { facts: verified.facts, wallets })
    }
}
