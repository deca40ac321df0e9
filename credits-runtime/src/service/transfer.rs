//! Transfers: credits move from one wallet to another, and back.

use std::time::Duration;

use serde::Serialize;

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::command::{Action, Expiry, Missing, Transfer as Asked};
use crate::domain::fact::Body;
use crate::domain::ids::{Key, TransferId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::ledger::Core;
use crate::engine::reply::{Outcome, Reply};
use crate::error::{Error, LedgerError};
use crate::service::entry::Entry;
use crate::service::write::{Write, not_sent, write_options};

/// Credits about to be moved to another wallet.
#[must_use = "nothing is moved until `.now()`"]
pub struct Transfer {
    write: Write,
    to: Result<WalletId, Rejection>,
    amount: Amount,
    expiry: Option<Expiry>,
    including_promotional: bool,
    category: Option<Category>,
}

/// The answer of a transfer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Transferred {
    /// Its number, for [`Wallet::reverse_transfer`](crate::Wallet::reverse_transfer).
    pub id: TransferId,
    /// The sender's entry.
    pub sent: Entry,
    /// The receiver's entries: one for each inbound grant.
    pub received: Vec<Entry>,
    /// Whether an earlier write with the same key made it.
    pub replayed: bool,
}

/// A transfer about to be reversed.
#[must_use = "nothing is moved until `.now()`"]
pub struct Reverse {
    write: Write,
    transfer: TransferId,
    missing: Missing,
}

/// The answer of reversing a transfer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Reversed {
    /// The entry of the wallet that had sent the credits and has them again.
    pub reclaimed: Entry,
    /// The entry of the wallet that had received them.
    pub returned: Entry,
    /// Whether the transfer was reversed before.
    pub replayed: bool,
}

impl Transfer {
    pub(crate) fn new(
        mut write: Write,
        to: &Result<WalletId, Rejection>,
        amount: Amount,
        (of_this_ledger, keeps_expiry): (bool, bool),
    ) -> Self {
        if !of_this_ledger {
            write.refuse(Rejection::TransferToAnotherLedger);
        }
        let expiry = if keeps_expiry { None } else { Some(Expiry::Never) };
        Self { write, to: to.clone(), amount, expiry, including_promotional: false, category: None }
    }

    write_options!();

    /// What is received expires when it would have: the default, unless the settings say
    /// `transfer_expiration none`.
    pub fn preserving_expiry(mut self) -> Self {
        self.expiry = None;
        self
    }

    /// What is received never expires.
    pub fn never_expiring(mut self) -> Self {
        self.expiry = Some(Expiry::Never);
        self
    }

    /// What is received can be used before this instant, which must be in the future.
    pub fn expires_at(mut self, at: impl Into<Timestamp>) -> Self {
        self.expiry = Some(Expiry::At(at.into()));
        self
    }

    /// What is received can be used for this long.
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.expiry = Some(Expiry::In(duration));
        self
    }

    /// Moves promotional credits too.
    pub fn including_promotional(mut self) -> Self {
        self.including_promotional = true;
        self
    }

    /// The category of both entries, instead of `transfer_out` and `transfer_in`.
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.category = Some(self.write.category(category));
        self
    }

    /// Moves them, all or nothing: only what is free and has not expired.
    ///
    /// Rejections in order: `TransferToAnotherLedger`, `OwnerInvalid`, `KeyInvalid`, `IdempotencyKeyReused`,
    /// `AmountOutOfRange`, `CategoryUnknown`, `MetadataTooLarge`, `MetadataTooDeep`, `AmountNotPositive`, `TransferToSelf`,
    /// `TransferBetweenAssets`, `ExpiryInPast`, `InsufficientCredits`, `OpenGrantsLimit` and `BalanceOutOfRange`
    /// of the receiver.
    pub fn now(self) -> Reply<Transferred> {
        let Self { write, to, amount, expiry, including_promotional, category } = self;
        match to {
            Err(rejection) => Reply::failed(rejection),
            Ok(to) => {
                let asked = Asked { to, amount, expiry, including_promotional, category };
                write.send(Action::Transfer(asked), |ledger, _, outcome| transferred(ledger, &outcome))
            }
        }
    }
}

impl Reverse {
    pub(crate) fn new(write: Write, transfer: TransferId) -> Self {
        Self { write, transfer, missing: Missing::Denied }
    }

    /// Written on both entries, for ever.
    pub fn metadata(mut self, metadata: impl Into<Metadata>) -> Self {
        self.write.metadata(metadata.into());
        self
    }

    /// Moves back what is still free, if that is less than was moved.
    pub fn as_far_as_possible(mut self) -> Self {
        self.missing = Missing::Left;
        self
    }

    /// Moves all of it back: what is not free any more is owed by the receiver.
    pub fn with_debt(mut self) -> Self {
        self.missing = Missing::Owed;
        self
    }

    /// Moves them back to the grants that they came from. A transfer is reversed once: done again it is answered
    /// with the first outcome. What comes back to a grant that has expired expires at once.
    ///
    /// Rejections in order: `OwnerInvalid`, `MetadataTooLarge`, `MetadataTooDeep`, `TransferUnknown`,
    /// `InsufficientCredits` if part of it was used, `BalanceOutOfRange`.
    pub fn now(self) -> Reply<Reversed> {
        let action = Action::Reverse { transfer: self.transfer, missing: self.missing };
        let key = Key::of_transfer(self.transfer);
        self.write.send_as(key, action, |ledger, _, outcome| reversed(ledger, &outcome))
    }
}

not_sent!(Transfer => Transferred);
not_sent!(Reverse => Reversed);

pub(crate) fn transferred(ledger: &Core, outcome: &Outcome) -> Result<Transferred, Error> {
    let (first, frame) = &outcome.frame;
    let broken = || LedgerError::damaged(format!("the frame of fact {first} has no transfer"));
    let (place, _) = frame.answer().ok_or_else(broken)?;
    let id = TransferId(first.plus(place));
    let received =
        frame.facts.iter().enumerate().filter(|(_, fact)| matches!(fact.body, Body::Received { .. }));
    Ok(Transferred {
        id,
        sent: Entry::of(ledger, &outcome.frame, place).ok_or_else(broken)?,
        received: received.filter_map(|(place, _)| Entry::of(ledger, &outcome.frame, place)).collect(),
        replayed: outcome.replayed,
    })
}

fn reversed(ledger: &Core, outcome: &Outcome) -> Result<Reversed, Error> {
    let (first, frame) = &outcome.frame;
    let broken = || LedgerError::damaged(format!("the frame of fact {first} has no reversal"));
    let entry = |is: fn(&Body) -> bool| {
        let place = frame.facts.iter().position(|fact| is(&fact.body))?;
        Entry::of(ledger, &outcome.frame, place)
    };
    Ok(Reversed {
        reclaimed: entry(|body| matches!(body, Body::Reclaimed { .. })).ok_or_else(broken)?,
        returned: entry(|body| matches!(body, Body::Returned { .. })).ok_or_else(broken)?,
        replayed: outcome.replayed,
    })
}
