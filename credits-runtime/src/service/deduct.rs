//! Taking credits, by an administrator.

use crate::domain::amount::Amount;
use crate::domain::command::Action;
use crate::engine::reply::Reply;
use crate::service::entry::{self, Receipt};
use crate::service::write::{Write, write_options};

/// Credits about to be taken.
#[must_use = "nothing is taken until `.now()`"]
pub struct Deduct {
    write: Write,
    amount: Amount,
    reason: String,
    with_debt: bool,
}

impl Deduct {
    pub(crate) fn new(write: Write, amount: Amount, reason: String) -> Self {
        Self { write, amount, reason, with_debt: false }
    }

    write_options!();

    /// Takes more than is available, too: the rest is owed.
    pub fn with_debt(mut self) -> Self {
        self.with_debt = true;
        self
    }

    /// Takes them, at most what is available unless debt is allowed.
    ///
    /// Rejections in order: `IdempotencyKeyReused`, `OwnerInvalid`, `KeyInvalid`, `MetadataTooLarge`,
    /// `MetadataTooDeep`, `ReasonTooLong`, `AmountNotPositive`, `InsufficientCredits`,
    /// `BalanceOutOfRange`.
    pub fn now(self) -> Reply<Receipt> {
        let action = Action::Deduct { amount: self.amount, reason: self.reason, with_debt: self.with_debt };
        self.write.send(action, |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }
}
