//! Results of writes: which rows are booked, which were booked before, and which are left out, with those behind them.
//!
//! It does not know how a row is written.

use credits_runtime::{Error, Rejection, Reply};

use super::error::ImportError;
use super::filling::{Booking, Filling};
use super::findings::Finding;
use super::row::Row;
use super::wallets::GemWallet;

impl Filling<'_> {
    /// Waits for a reply and counts it. A row that the ledger refuses ends the import, unless that is no loss.
    pub(super) fn settle<T>(
        &mut self,
        booking: &Booking<'_>,
        reply: Reply<T>,
        replayed: impl Fn(&T) -> bool,
    ) -> Result<(), ImportError> {
        let row = booking.row;
        match reply.wait() {
            Ok(done) if replayed(&done) => self.rows.repeated = self.rows.repeated.saturating_add(1),
            Ok(_) => {
                self.rows.booked = self.rows.booked.saturating_add(1);
                self.booked.extend(row.wallets().map(|wallet| (wallet.to_owned(), row.id.clone())));
            }
            Err(Error::Rejected(Rejection::IdempotencyKeyReused { .. })) => {
                if self.differs(booking)? {
                    self.stopped.extend(row.wallets().map(str::to_owned));
                }
                self.leave_out(row, Finding::RowChanged);
            }
            Err(Error::Rejected(Rejection::ExpiryInPast { .. })) if row.used == 0 => {
                self.leave_out(row, Finding::ExpiredOnArrival);
            }
            Err(error) => return Err(rejected(error, &format!("transaction {}", row.id), booking.wallet)),
        }
        Ok(())
    }

    /// Leaves out a row behind one of its wallet whose amount or expiry changed: what it uses is not in the ledger as it is in
    /// the gem. A transfer takes its other wallet along.
    pub(super) fn leaves_out(&mut self, row: &Row) -> bool {
        let is_behind = row.wallets().any(|wallet| self.stopped.contains(wallet));
        if is_behind {
            self.stopped.extend(row.wallets().map(str::to_owned));
            self.leave_out(row, Finding::RowBehindChanged);
        }
        is_behind
    }

    fn leave_out(&mut self, row: &Row, finding: Finding) {
        self.findings.add(finding, format!("transaction {}", row.id));
        self.rows.left_out = self.rows.left_out.saturating_add(1);
    }

    /// Whether the entry under a key has another amount or expiry than its row has now.
    fn differs(&self, booking: &Booking<'_>) -> Result<bool, ImportError> {
        let history = self.wallet(booking.wallet).credit_history();
        let entries = history.key(booking.key.as_str()).limit(1).page()?.entries;
        let is_same = |amount: i64, expires_at| {
            i128::from(amount) == booking.amount && (amount < 0 || expires_at == booking.row.expires_at)
        };
        Ok(!entries.first().is_some_and(|entry| is_same(entry.amount.get(), entry.expires_at)))
    }
}

/// The error of a row's write.
pub(super) fn rejected(error: Error, row: &str, wallet: &GemWallet) -> ImportError {
    let (row, owner) = (row.to_owned(), wallet.owner.clone());
    match error {
        Error::Rejected(rejection) => ImportError::Rejected { row, owner, rejection: Box::new(rejection) },
        error => error.into(),
    }
}
