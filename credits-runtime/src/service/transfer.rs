//! Transfers of credits to another wallet, and their reversal.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::category::Category;
use crate::domain::command::{Action, Expiry, Missing, Transfer as Asked};
use crate::domain::fact::Scope;
use crate::domain::ids::{Key, TransferId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::engine::request::reply::Reply;
use crate::engine::request::slot::Outcome;
use crate::error::{Error, LedgerError};
use crate::service::entry::Entry;
use crate::service::write::{Write, not_sent, write_options};

/// Builder of a transfer: finish with `.now()`.
#[must_use = "nothing is moved until `.now()`"]
pub struct Transfer {
    write: Write,
    to: Result<WalletId, Rejection>,
    amount: Amount,
    expiry: Option<Expiry>,
    including_promotional: bool,
    category: Option<Category>,
}

/// Result of a transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transferred {
    /// The transfer's number, for [`Wallet::reverse_transfer`](crate::Wallet::reverse_transfer).
    pub id: TransferId,
    /// The sender's entry.
    pub sent: Entry,
    /// The receiver's entries: one for each inbound grant.
    pub received: Vec<Entry>,
    /// Whether an earlier write with the same key made it.
    pub replayed: bool,
}

/// Builder of a transfer's reversal: finish with `.now()`.
#[must_use = "nothing is moved until `.now()`"]
pub struct Reverse {
    write: Write,
    transfer: TransferId,
    missing: Missing,
}

/// Result of reversing a transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reversed {
    /// The entry of the wallet that sent the credits and gets them back.
    pub reclaimed: Entry,
    /// The entry of the wallet that received the credits and returns them.
    pub returned: Entry,
    /// Whether an earlier call reversed the transfer.
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

    /// The credits keep their expiry, the default unless the settings have `transfer_expiration none`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let day = std::time::Duration::from_secs(86_400);
    /// user.give_credits(100).expires_in(day).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// user.transfer_to(&team, 40).preserving_expiry().now().wait()?;
    /// assert_eq!(team.open_grants()?[0].expires_at, user.open_grants()?[0].expires_at);
    /// # Ok(())
    /// # }
    /// ```
    pub fn preserving_expiry(mut self) -> Self {
        self.expiry = None;
        self
    }

    /// The received credits never expire.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let day = std::time::Duration::from_secs(86_400);
    /// user.give_credits(100).expires_in(day).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// user.transfer_to(&team, 40).never_expiring().now().wait()?;
    /// assert_eq!(team.open_grants()?[0].expires_at, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn never_expiring(mut self) -> Self {
        self.expiry = Some(Expiry::Never);
        self
    }

    /// The received credits can be used before this instant, which must be in the future.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let friday = credits.now().after(std::time::Duration::from_secs(3 * 86_400));
    /// let team = credits.wallet("team:7");
    /// user.transfer_to(&team, 40).expires_at(friday).now().wait()?;
    /// assert_eq!(team.open_grants()?[0].expires_at, Some(friday));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_at(mut self, at: impl Into<Timestamp>) -> Self {
        self.expiry = Some(Expiry::At(at.into()));
        self
    }

    /// The received credits expire this long after the transfer.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// user.transfer_to(&team, 40).expires_in(std::time::Duration::from_secs(86_400)).now().wait()?;
    /// assert!(team.open_grants()?[0].expires_at.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.expiry = Some(Expiry::In(duration));
        self
    }

    /// Moves promotional credits too, not only paid ones.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// let team = credits.wallet("team:7");
    /// user.give_credits(40).promotional().now().wait()?;
    /// assert!(user.transfer_to(&team, 40).now().wait().is_err());
    /// user.transfer_to(&team, 40).including_promotional().now().wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn including_promotional(mut self) -> Self {
        self.including_promotional = true;
        self
    }

    /// The category of both entries, instead of `transfer_out` and `transfer_in`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { settings { categories allowance } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let team = credits.wallet("team:7");
    /// user.transfer_to(&team, 40).category("allowance").now().wait()?;
    /// assert_eq!(team.credit_history().page()?.entries[0].category.to_string(), "allowance");
    /// # Ok(())
    /// # }
    /// ```
    pub fn category(mut self, category: impl Into<Category>) -> Self {
        self.category = Some(self.write.category(category));
        self
    }

    /// Moves the amount, all or nothing, from credits that are free and have not expired.
    ///
    /// Rejections in order: `TransferToAnotherLedger`, `OwnerInvalid`, `KeyInvalid`, `IdempotencyKeyReused`,
    /// `AmountOutOfRange`, `CategoryUnknown`, `MetadataTooLarge`, `MetadataTooDeep`, `AmountNotPositive`,
    /// `TransferToSelf`, `TransferBetweenAssets`, `ExpiryInPast`, `ExpiryOutOfRange`, `InsufficientCredits`, `OpenGrantsLimit`
    /// and `BalanceOutOfRange` of the receiver.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let transferred = user.transfer_to(&credits.wallet("team:7"), 40).key("share-1").now().wait()?;
    /// assert_eq!((transferred.sent.amount.get(), transferred.received[0].amount.get()), (-40, 40));
    /// # Ok(())
    /// # }
    /// ```
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

    /// Metadata that is stored with both entries.
    pub fn metadata(mut self, metadata: impl Into<Metadata>) -> Self {
        self.write.metadata(metadata.into());
        self
    }

    /// Allows a partial reversal: moves back the part that is still free.
    pub fn as_far_as_possible(mut self) -> Self {
        self.missing = Missing::Left;
        self
    }

    /// Moves the whole amount back: the part that is no longer free becomes debt of the receiver.
    pub fn with_debt(mut self) -> Self {
        self.missing = Missing::Owed;
        self
    }

    /// Moves the credits back to the grants that they came from. Credits of a grant that has expired in the
    /// meantime expire at once. A transfer is reversed once: another call returns the first outcome.
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
    let booked = &outcome.frame;
    let broken = || LedgerError::damaged(format!("the frame of fact {} has no transfer", booked.first()));
    let (number, _) = booked.outcome().ok_or_else(broken)?;
    let received = booked.numbered().filter(|(_, fact)| matches!(fact.body, Body::Received { .. }));
    Ok(Transferred {
        id: TransferId(number),
        sent: Entry::of(ledger, booked, number).ok_or_else(broken)?,
        received: received.filter_map(|(number, _)| Entry::of(ledger, booked, number)).collect(),
        replayed: outcome.replayed,
    })
}

/// The reversal of a transfer that this wallet sent.
pub(crate) fn reversal(
    ledger: &Core,
    sender: &WalletId,
    transfer: TransferId,
) -> Result<Option<Reversed>, Error> {
    let booked = ledger.keyed(&Scope::Transfers(sender.clone()), &Key::of_transfer(transfer))?;
    booked.map(|booked| of_frame(ledger, &booked, true)).transpose()
}

fn reversed(ledger: &Core, outcome: &Outcome) -> Result<Reversed, Error> {
    of_frame(ledger, &outcome.frame, outcome.replayed)
}

fn of_frame(ledger: &Core, booked: &Booked, replayed: bool) -> Result<Reversed, Error> {
    let broken = || LedgerError::damaged(format!("the frame of fact {} has no reversal", booked.first()));
    let entry = |is: fn(&Body) -> bool| {
        let (number, _) = booked.numbered().find(|(_, fact)| is(&fact.body))?;
        Entry::of(ledger, booked, number)
    };
    Ok(Reversed {
        reclaimed: entry(|body| matches!(body, Body::Reclaimed { .. })).ok_or_else(broken)?,
        returned: entry(|body| matches!(body, Body::Returned { .. })).ok_or_else(broken)?,
        replayed,
    })
}
